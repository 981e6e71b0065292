// A state that another implementation has saved becomes one of this SDK by the command `timestep convert`.
import { spawnSync } from 'node:child_process';
import { Refusal } from './serving.mjs';

/** The words of the command; from a clone it is `python -m timestep`. A word with blanks stands in quotes. */
const COMMAND = (process.env.TIMESTEP_COMMAND ?? 'timestep').match(/"[^"]*"|'[^']*'|\S+/g).map(unquoted);

function unquoted(word) {
  return /^["']/.test(word) ? word.slice(1, -1) : word;
}

/** Whether a document is one that this SDK reads without help. */
export function isOwn(bytes) {
  try {
    return 'currentAgent' in JSON.parse(bytes);
  } catch {
    return false;
  }
}

/**
 * The state in the form of this SDK. What the file itself does not prove is vouched for where the agents of the request
 * prove it, and nothing else.
 *
 * @param {Buffer} bytes
 * @param {any[]} agents those of the request
 */
export function crossed(bytes, agents) {
  const [program, ...words] = COMMAND;
  const asked = ['convert', '-', '--to', 'openai-agents-js', '-o', '-', ...claims(agents)];
  const done = spawnSync(program, [...words, ...asked], { input: bytes, maxBuffer: 64 << 20 });
  if (done.error) throw new Error(`${COMMAND.join(' ')} can't be run (set TIMESTEP_COMMAND): ${done.error.message}`);
  if (done.status !== 0) throw refusal(done.stderr.toString());
  return done.stdout.toString();
}

function claims(agents) {
  // No agent of a request has an MCP server, and no run of one has a context.
  const assumed = ['mcp-recipients', 'context-as-json'];
  if (!agents.some((agent) => agent.input_guardrails?.length)) assumed.push('input-guardrails-completed');
  const named = agents.flatMap(({ handoffs = [] }) => handoffs.filter(({ tool }) => tool));
  const targets = named.flatMap(({ tool, agent }) => ['--handoff', `${tool}=${agent}`]);
  return [...assumed.flatMap((flag) => ['--assume', flag]), ...targets];
}

function refusal(told) {
  const found = /^error\[([a-z-]+)\]: (.*)$/m.exec(told);
  return found ? new Refusal(found[1], found[2]) : new Error(`timestep convert failed: ${told}`);
}
