// Agents as a request describes them: all that they would ask of a model or of user code is asked of the suite.
import { OpenAI, sdk } from './sdk.mjs';
import { ask, WorldError } from './serving.mjs';

/**
 * What all agents of a request share.
 *
 * @typedef {object} Run
 * @property {string} id the id of the root run, which callbacks name
 * @property {Map<string, number>} turns how often each agent's model was asked, `''` for those of the root run
 * @property {WorldError | null} error what the world said when it last failed
 */

/**
 * The agents of a request by name; the first one is the root.
 *
 * @param {Run} run
 * @param {any[]} told
 * @returns {Map<string, any>}
 */
export function agentsOf(run, told) {
  const nested = below(told);
  const agents = new Map(told.map((each) => [each.name, agentOf(run, each, nested.has(each.name) ? each.name : '')]));
  for (const each of told) {
    const agent = agents.get(each.name);
    agent.tools = (each.tools ?? []).map((tool) => toolOf({ run, agent: each.name }, tool, agents));
    agent.handoffs = (each.handoffs ?? []).map((handoff) => handoffOf(handoff, agents.get(handoff.agent)));
  }
  return agents;
}

/** The names of the agents that run as tools, with those that they hand over to. */
function below(told) {
  const ways = new Map(told.map(({ name, handoffs = [] }) => [name, handoffs.map(({ agent }) => agent)]));
  const found = new Set();
  const open = told.flatMap(({ tools = [] }) => tools.map(({ agent }) => agent).filter(Boolean));
  while (open.length > 0) {
    const name = open.pop();
    if (!found.has(name)) open.push(...(ways.get(name) ?? []));
    found.add(name);
  }
  return found;
}

function agentOf(run, told, counter) {
  const about = { run, agent: told.name };
  return new sdk.Agent({
    name: told.name,
    instructions: told.instructions ?? '',
    model: modelOf(about, counter),
    // Given even when empty: otherwise the SDK puts defaults of its default model here.
    modelSettings: {},
    inputGuardrails: (told.input_guardrails ?? []).map(({ name, parallel = true }) => ({
      name,
      runInParallel: parallel,
      execute: async ({ input }) => checked(about, 'input', name, input),
    })),
    outputGuardrails: (told.output_guardrails ?? []).map((name) => ({
      name,
      execute: async ({ agentOutput }) => checked(about, 'output', name, agentOutput),
    })),
    ...(told.tool_use ? { toolUseBehavior: behaviourOf(told.tool_use) } : {}),
    ...(told.output_schema ? { outputType: outputOf(told.output_schema) } : {}),
  });
}

const outputOf = (schema) => ({ type: 'json_schema', name: 'final_output', strict: false, schema });
const behaviourOf = (told) => (typeof told === 'string' ? told : { stopAtToolNames: told.stop_at_tool_names });

/** The SDK's own model for the Responses API, whose requests are callbacks. */
function modelOf(about, counter) {
  const answer = async (_url, { body }) => {
    const { input, tools = [], stream } = JSON.parse(body);
    const { turns } = about.run;
    turns.set(counter, (turns.get(counter) ?? 0) + 1);
    const offered = tools.map(({ name, parameters }) => ({ name, parameters }));
    const more = { turn: turns.get(counter), input: itemsOf(input), key: null, tools: offered };
    return responseTo(await asked(about, 'model', more), stream);
  };
  // What the world says went wrong goes to the SDK as a host would tell it: in an answer with an error's status.
  const fetch = (url, init) => answer(url, init).catch((error) => failure(error));
  const client = new OpenAI({ apiKey: 'none', baseURL: 'https://model.invalid/v1', maxRetries: 0, fetch });
  return new sdk.OpenAIResponsesModel(client, 'scripted');
}

const itemsOf = (input) => (typeof input === 'string' ? [{ role: 'user', content: input }] : input);

function responseTo({ output, usage = {}, id = 'resp_none' }, stream) {
  const { input_tokens = 0, output_tokens = 0, total_tokens = input_tokens + output_tokens } = usage;
  const details = { input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } };
  const counted = { ...details, ...usage, input_tokens, output_tokens, total_tokens };
  const response = { id, object: 'response', status: 'completed', output, usage: counted };
  if (!stream) return answered(JSON.stringify(response), 'application/json');
  const event = { type: 'response.completed', sequence_number: 0, response };
  return answered(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`, 'text/event-stream');
}

const answered = (text, type, status = 200) => new Response(text, { status, headers: { 'content-type': type } });

function failure(error) {
  if (!(error instanceof WorldError)) throw error;
  const body = { error: { message: error.message, code: error.code, type: 'scripted', param: null } };
  return answered(JSON.stringify(body), 'application/json', 500);
}

/** Asks the suite about an agent; what it says went wrong is kept, for the SDK tells no codes. */
async function asked({ run, agent }, name, more) {
  try {
    return await ask(name, { run: run.id, agent, ...more });
  } catch (error) {
    run.error = error;
    throw error;
  }
}

function toolOf(about, told, agents) {
  const tool = ['function', null, told.name];
  const rules = { needsApproval: ruleOf(about, 'approval', told.approval ?? 'never', tool), isEnabled: ruleOf(about, 'enabled', told.enabled ?? 'always', tool) };
  if (told.agent) return agents.get(told.agent).asTool({ toolName: told.name, toolDescription: '', ...rules });
  return sdk.tool({
    name: told.name,
    description: '',
    parameters: told.parameters ?? { type: 'object', properties: {} },
    strict: false,
    ...rules,
    ...(told.timeout === undefined ? {} : { timeoutMs: told.timeout * 1000 }),
    // Left out, the SDK tells the model what went wrong; without it, the error ends the run.
    ...(told.on_error === 'raise' ? { errorFunction: null } : {}),
    inputGuardrails: (told.input_guardrails ?? []).map((name) => inputGuardrail(about, name)),
    outputGuardrails: (told.output_guardrails ?? []).map((name) => outputGuardrail(about, name)),
    execute: async (_args, _context, details) => {
      const { callId, arguments: text } = details.toolCall;
      return (await asked(about, 'tool', { tool, call_id: callId, arguments: text, key: null })).output;
    },
  });
}

/** A rule of a tool: it always holds, never, or the suite is asked in place of user code. */
function ruleOf(about, what, rule, tool) {
  if (rule !== 'ask') return rule === 'always';
  if (what === 'enabled') return async () => (await asked(about, 'ask', { what, tool })).answer;
  return async (_context, args, callId) => (await asked(about, 'ask', { what, tool, call_id: callId, arguments: JSON.stringify(args) })).answer;
}

const checked = async (about, kind, name, value) => {
  const { answer } = await asked(about, 'guardrail', { kind, name, value });
  return { tripwireTriggered: answer === 'trip', outputInfo: null };
};

const inputGuardrail = (about, name) =>
  sdk.defineToolInputGuardrail({ name, run: async ({ toolCall }) => verdict(about, 'tool_input', name, toolCall, toolCall.arguments) });
const outputGuardrail = (about, name) =>
  sdk.defineToolOutputGuardrail({ name, run: async ({ toolCall, output }) => verdict(about, 'tool_output', name, toolCall, output) });

/** The SDK's tool guardrails can let pass, stop the run, or say something to the model; they can't change or ask. */
async function verdict(about, kind, name, toolCall, value) {
  const told = await asked(about, 'guardrail', { kind, name, value, call_id: toolCall.callId });
  const make = sdk.ToolGuardrailFunctionOutputFactory;
  if (told.answer === 'pass') return make.allow();
  if (told.answer === 'block') return make.rejectContent(told.message ?? '');
  if (told.answer === 'trip') return make.throwException();
  throw new Error(`a tool guardrail of @openai/agents can't ${told.answer}`);
}

function handoffOf(told, agent) {
  // The SDK would keep capitals; the scripts of models, and states of others, have the name as TS-HAND-001 says.
  const toolNameOverride = told.tool ?? `transfer_to_${agent.name.toLowerCase().replace(/[^a-z0-9_]+/g, '_')}`.slice(0, 64);
  const taken = told.parameters ? { inputType: told.parameters, onHandoff: () => {} } : {};
  return sdk.handoff(agent, { toolNameOverride, ...taken });
}
