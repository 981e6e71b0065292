// The scripted transport: a `fetch` that answers from the scenario and records what was sent.
// No socket is ever opened.

import { events } from './events.mjs';

const CLOCK = 1700000000;

export class Transport {
  constructor(scenario, served = {}, { patient = false } = {}) {
    this.patient = patient;
    this.script = scenario.script ?? {};
    this.agents = Object.entries(scenario.agents);
    this.served = { ...served };
    this.requests = [];
    this.fetch = (url, init) => this.answer(url, init);
  }

  /** The agent that asks: instructions are unique in a scenario, names need not be. */
  keyOf(instructions) {
    const found = this.agents.find(([, agent]) => agent.instructions === instructions);
    return found ? found[0] : null;
  }

  async answer(url, init) {
    if (this.patient) await letTheReaderStop(init.signal);
    const body = JSON.parse(init.body);
    const agent = this.keyOf(body.instructions);
    this.requests.push({ agent, ...body });
    if (agent === null) return httpError(400, 'unknown_agent', 'No agent of the scenario has these instructions.');
    const n = this.served[agent] ?? 0;
    const entry = (this.script[agent] ?? [])[n];
    if (entry === undefined) return httpError(400, 'script_exhausted', `agent '${agent}' has no response ${n}`);
    this.served[agent] = n + 1;
    return respond(Array.isArray(entry) ? { output: entry } : entry, { agent, n, body });
  }
}

/**
 * A run that is to be stopped between two turns is stopped by whoever reads its events. Without
 * this pause the next request could win the race and be counted.
 */
async function letTheReaderStop(signal) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  if (signal?.aborted) throw new DOMException('The run was stopped.', 'AbortError');
}

function respond(entry, { agent, n, body }) {
  const error = entry.error ?? null;
  if (error?.kind === 'http' || (error?.kind === 'event' && !body.stream)) {
    // An error event needs a stream; without one the error is the whole answer.
    return httpError(error.status ?? 500, error.code, error.message);
  }
  const response = responseObject(entry, { agent, n, body });
  const headers = { 'x-request-id': `req_${agent}_${n}` };
  if (!body.stream) {
    return new Response(JSON.stringify(response), { status: 200, headers: { 'content-type': 'application/json', ...headers } });
  }
  return new Response(eventStream(events(response, error)), {
    status: 200,
    headers: { 'content-type': 'text/event-stream', ...headers },
  });
}

function responseObject(entry, { agent, n, body }) {
  const error = entry.error ?? null;
  const kind = error?.kind;
  const status = entry.status ?? (kind === 'failed' || kind === 'incomplete' ? kind : 'completed');
  return {
    id: `resp_${agent}_${n}`,
    object: 'response',
    created_at: CLOCK,
    status,
    error: kind === 'failed' ? { code: error.code ?? 'server_error', message: error.message ?? '' } : null,
    incomplete_details: kind === 'incomplete' ? { reason: error.code ?? 'max_output_tokens' } : null,
    instructions: body.instructions ?? null,
    metadata: {},
    model: body.model ?? null,
    output: entry.output ?? [],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: usageOf(entry.usage),
  };
}

function usageOf(given = {}) {
  const input = given.input_tokens ?? 10;
  const output = given.output_tokens ?? 5;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
    ...given,
  };
}

function httpError(status, code, message) {
  const error = { message: message ?? 'scripted error', type: 'scripted', param: null, code: code ?? null };
  return new Response(JSON.stringify({ error }), { status, headers: { 'content-type': 'application/json' } });
}

function eventStream(list) {
  const encoder = new TextEncoder();
  let next = 0;
  return new ReadableStream({
    // One event a pull: the reader sees a stream, and can leave it in the middle.
    pull(controller) {
      if (next === list.length) return controller.close();
      const event = list[next++];
      controller.enqueue(encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`));
    },
  });
}
