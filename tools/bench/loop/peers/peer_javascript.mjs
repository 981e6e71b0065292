// Drives the `@openai/agents` package for the loop's bench.
//
// Serves one JSON object a line and measures as clock.py does; the operations are told there.
import { createInterface } from 'node:readline';
import { agents as sdk, sdkName, sdkVersion } from '../../../sdk/js/sdk.mjs';

for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error;

const QUESTION = 'The weather, please.';
const SPAN = 20;
const SHALLOW = 20;
const WARM_TURNS = 50; // more than in Python: what runs often is compiled only then
const BATCH_TURNS = 100;

/** Seconds of CPU this process has used. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** What a model double does in one run: a tool call a turn, then an answer. */
class Script {
  marks = [];
  ran = 0;
  passed = false;

  constructor(turns, { delay = 0, stopAt = Infinity } = {}) {
    Object.assign(this, { turns, delay, stopAt });
  }

  step() {
    const now = cpu();
    if (now > this.stopAt) {
      this.passed = true;
      throw new Error('the limit is passed');
    }
    const number = this.marks.push(now) - 1;
    return number < this.turns ? number : undefined;
  }

  get complete() {
    return this.marks.length === this.turns + 1 && this.ran === this.turns;
  }

  between(first, last) {
    const there = first >= 0 && last > first && last < this.marks.length;
    return there ? (this.marks[last] - this.marks[first]) / (last - first) : null;
  }
}

/** A model that follows a script. */
function scripted(script) {
  return {
    async getResponse() {
      if (script.delay) await sleep(script.delay);
      const number = script.step();
      const content = [{ type: 'output_text', text: 'It is sunny.' }];
      const item =
        number === undefined
          ? { type: 'message', id: 'msg', role: 'assistant', status: 'completed', content }
          : {
              type: 'function_call',
              id: `fc_${number}`,
              callId: `call_${number}`,
              name: 'get_weather',
              arguments: '{"city":"Berkeley"}',
              status: 'completed',
            };
      return { output: [item], usage: new sdk.Usage(), responseId: `resp_${number}` };
    },
    getStreamedResponse() {
      throw new Error('Nothing here streams.');
    },
  };
}

/** An agent for one run: making one costs nothing that is measured. */
function prepare(script) {
  const properties = { city: { type: 'string' } };
  const weather = sdk.tool({
    name: 'get_weather',
    description: 'Look up the weather.',
    parameters: { type: 'object', properties, required: ['city'], additionalProperties: false },
    strict: true,
    execute: async ({ city }) => {
      script.ran++;
      return `sunny in ${city}`;
    },
  });
  return new sdk.Agent({ name: 'Weather', model: scripted(script), tools: [weather] });
}

const runner = new sdk.Runner({ tracingDisabled: true });

/** Runs a script to its end or its limit. */
async function follow(script, agent) {
  try {
    await runner.run(agent, QUESTION, { maxTurns: script.turns + 1 });
  } catch (error) {
    if (!script.passed) throw error;
  }
  if (!script.passed && !script.complete) throw new Error(`${script.marks.length} model calls, ${script.ran} tool runs`);
}

/** Makes a script and its agent, then runs it. */
async function warmUp() {
  const script = new Script(WARM_TURNS);
  await follow(script, prepare(script));
}

async function turns({ turns: count, budget_s: budget, limit_s: limit }) {
  await warmUp();
  let spent = 0;
  let taken = 0;
  while (taken === 0 || spent < budget) {
    const stopAt = cpu() + limit;
    const scripts = Array.from({ length: Math.max(1, Math.floor(BATCH_TURNS / count)) }, () => new Script(count, { stopAt }));
    const agents = scripts.map(prepare);
    const started = cpu();
    for (const [index, script] of scripts.entries()) await follow(script, agents[index]);
    spent += cpu() - started;
    taken += scripts.length * count;
    if (scripts.some((script) => script.passed)) return { passed: true };
  }
  return { passed: false, seconds: spent / taken };
}

async function depth({ turns: count, limit_s: limit }) {
  await warmUp();
  const script = new Script(count, { stopAt: cpu() + limit });
  const agent = prepare(script);
  const started = cpu();
  await follow(script, agent);
  const last = script.marks.length - 1;
  return {
    passed: script.passed,
    seconds: cpu() - started,
    reached: last,
    shallow: script.between(SHALLOW - SPAN / 2, SHALLOW + SPAN / 2),
    deep: script.between(last - SPAN, last),
  };
}

async function together({ runs, turns: count, delay_s: delay, limit_s: limit }) {
  await warmUp();
  const stopAt = cpu() + limit;
  const scripts = Array.from({ length: runs }, () => new Script(count, { delay, stopAt }));
  const agents = scripts.map(prepare);
  const memory = process.resourceUsage().maxRSS;
  const [started, wall] = [cpu(), performance.now()];
  await Promise.all(scripts.map((script, index) => follow(script, agents[index])));
  const took = { wall: (performance.now() - wall) / 1000, seconds: cpu() - started };
  if (scripts.some((script) => script.passed)) return { passed: true, wall: took.wall };
  return { passed: false, ...took, bytes: (process.resourceUsage().maxRSS - memory) * 1024 };
}

const operations = { hello: async () => ({ name: sdkName, version: sdkVersion }), turns, depth, together };

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
