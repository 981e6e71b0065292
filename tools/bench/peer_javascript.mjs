// Drives the `@openai/agents` package for the bench: makes a paused run of N turns, loads it, saves it.
//
// Serves one JSON object a line, as tools/sdk/client.py asks for. The model is a scripted one without latency, so that
// what is measured is the SDK itself.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { agents as sdk, sdkName, sdkVersion } from '../sdk/js/sdk.mjs';

for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error;

const SPARE_TURNS = 2; // the turn that waits, and one to finish

/** Seconds of CPU this process has used. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A model that looks up the weather once a turn, and then asks to send an e-mail. */
function makeModel(turns) {
  let served = 0;
  return {
    async getResponse() {
      const number = served++;
      const mail = number >= turns;
      const call = {
        type: 'function_call',
        id: `fc_${number}`,
        callId: `call_${number}`,
        name: mail ? 'send_email' : 'get_weather',
        arguments: mail ? '{"to":"ann@example.com"}' : `{"city":"City ${number}"}`,
        status: 'completed',
      };
      const usage = new sdk.Usage({ requests: 1, inputTokens: 10, outputTokens: 5, totalTokens: 15 });
      return { output: [call], usage, responseId: `resp_${number}` };
    },
    getStreamedResponse() {
      throw new Error('Nothing here streams.');
    },
  };
}

function makeTool(name, argument, execute, needsApproval = false) {
  const properties = { [argument]: { type: 'string' } };
  const parameters = { type: 'object', properties, required: [argument], additionalProperties: false };
  return sdk.tool({ name, description: name, parameters, strict: true, needsApproval, execute });
}

function makeAgent(turns) {
  return new sdk.Agent({
    name: 'Mailer',
    instructions: 'You send e-mails.',
    model: makeModel(turns),
    tools: [
      makeTool('get_weather', 'city', async ({ city }) => `sunny in ${city}`),
      makeTool('send_email', 'to', async ({ to }) => `sent to ${to}`, true),
    ],
  });
}

/** Runs N turns up to the call that waits, and keeps the saved state in a file. */
async function make({ turns, file }) {
  const started = cpu();
  const runner = new sdk.Runner({ tracingDisabled: true });
  const result = await runner.run(makeAgent(turns), 'Many cities, then mail.', { maxTurns: turns + SPARE_TURNS });
  if (result.interruptions.length !== 1) throw new Error('the run did not stop at the call that waits');
  const ran = cpu();
  writeFileSync(file, result.state.toString());
  return { seconds: { run: ran - started, save: cpu() - ran } };
}

/** Loads a state, and saves it again unless only the load is asked for; once each. */
async function measure({ turns, file, save = true }) {
  const text = readFileSync(file, 'utf8');
  const agent = makeAgent(turns);
  const started = cpu();
  const state = await sdk.RunState.fromString(agent, text);
  const loaded = cpu();
  if (!save) return { seconds: { load: loaded - started } };
  state.toString();
  return { seconds: { load: loaded - started, save: cpu() - loaded } };
}

const operations = { hello: async () => ({ name: sdkName, version: sdkVersion }), make, measure };

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = await operations[request.op](request);
  } catch (error) {
    answer = { error: `${error?.name}: ${error?.message}` };
  }
  process.stdout.write(`${JSON.stringify({ id: request.id, ...answer })}\n`);
}
