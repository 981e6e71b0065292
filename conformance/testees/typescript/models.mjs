// Models of agents: the SDK's own model for the Responses API, whose requests are callbacks.
import { asked } from './asking.mjs';
import { OpenAI, sdk } from './sdk.mjs';
import { WorldError } from './serving.mjs';

/**
 * The model of an agent.
 *
 * @param {import('./asking.mjs').About} about
 * @param {string} counter where its turns are counted
 */
export function modelOf(about, counter) {
  const answer = async (_url, { body }) => {
    const { input, tools = [], stream } = JSON.parse(body);
    const { turns } = about.run;
    turns.set(counter, (turns.get(counter) ?? 0) + 1);
    const offered = tools.map(({ name, parameters }) => ({ name, parameters }));
    const more = { turn: turns.get(counter), input: itemsOf(input), key: null, model: null, tools: offered };
    return responseTo(await asked(about, 'model', more), stream);
  };
  // What the world says went wrong goes to the SDK as a host would tell it: in an answer with an error's status.
  const fetch = (url, init) => Promise.race([answer(url, init).catch(failure), aborted(init.signal)]);
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

/** Rejects when the SDK no longer waits for an answer, as a request over the network does. */
function aborted(signal) {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

function failure(error) {
  if (!(error instanceof WorldError)) throw error;
  const body = { error: { message: error.message, code: error.code, type: 'scripted', param: null } };
  return answered(JSON.stringify(body), 'application/json', 500);
}

const answered = (text, type, status = 200) => new Response(text, { status, headers: { 'content-type': type } });
