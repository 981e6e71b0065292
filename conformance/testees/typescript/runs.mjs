// Operations on whole runs: begin one, or go on with a saved one.
import { rootOf } from './agents.mjs';
import { crossed, isOwn } from './crossing.mjs';
import { refusalOf } from './refusals.mjs';
import { sdk } from './sdk.mjs';
import { bytesOf, Refusal, Unsupported } from './serving.mjs';
import { stopOf } from './stops.mjs';
import { stepOf, waitsOf } from './waits.mjs';

/** Carries a run on from its input until it stops. */
export async function run(args) {
  if (args.store || args.session) throw new Unsupported(args.store ? 'checkpoints' : 'session');
  const world = worldOf(args);
  return carried(world, inputOf(args.input), args);
}

/** Carries a saved run on until it stops again. */
export async function resume(args) {
  if (args.store || args.session) throw new Unsupported(args.store ? 'checkpoints' : 'session');
  const bytes = bytesOf(args.state);
  const world = worldOf(args);
  const text = isOwn(bytes) ? bytes.toString() : crossed(bytes, args.agents);
  const state = await sdk.RunState.fromString(world.root, text).catch((error) => Promise.reject(refusalOf(error)));
  world.run.turns.set('', state._currentTurn);
  for (const decision of args.decisions ?? []) decide(state, decision);
  return carried(world, state, args);
}

function worldOf({ run: id, agents }) {
  const run = { id, turns: new Map(), error: null };
  return { run, root: rootOf(run, agents) };
}

/** The input in the SDK's own form of items, which is not that of the wire. */
function inputOf(input) {
  if (typeof input === 'string') return input;
  const names = new Map(input.filter(({ name }) => name).map(({ call_id: id, name }) => [id, name]));
  return input.map((item) => itemOf(item, names.get(item.call_id)));
}

function itemOf({ call_id: callId, ...item }, name) {
  if (item.type === 'function_call') return { status: 'completed', ...item, callId };
  if (item.type === 'function_call_output') {
    const output = { type: 'text', text: item.output };
    return { type: 'function_call_result', name, callId, status: 'completed', output };
  }
  if (item.role !== 'assistant' || typeof item.content !== 'string') return item;
  return { ...item, status: 'completed', content: [{ type: 'output_text', text: item.content }] };
}

function decide(state, { path, how, always = false, ...said }) {
  const item = state.getInterruptions()[indexOf(waitsOf(state), path)];
  if (how === 'approve') state.approve(item, { alwaysApprove: always });
  else if (how === 'reject') state.reject(item, { alwaysReject: always, ...said });
  else throw new Unsupported('in-doubt');
}

/** The place of the call that a path names, or a call id that one call has. */
function indexOf(waits, path) {
  const named = waits.findIndex((wait) => wait.path === path);
  const alike = waits.filter((wait) => wait.call_id === path);
  if (named >= 0) return named;
  if (alike.length > 1) throw new Refusal('call-ambiguous', `${alike.length} calls ${path} wait`);
  if (alike.length === 0) throw new Refusal('call-unknown', `no call ${path} waits`);
  return waits.indexOf(alike[0]);
}

/** Runs until the SDK stops, and says how the run stands. */
async function carried({ run, root }, input, { max_turns: maxTurns }) {
  const runner = new sdk.Runner({ tracingDisabled: true });
  // Streamed, for then there is a state whatever goes wrong; without, only some errors have one.
  // A call of no tool is told to the model (T33), which the SDK does where it is asked to.
  const rules = { stream: true, toolNotFoundBehavior: 'return_error_to_model' };
  const options = { ...rules, ...(maxTurns === undefined ? {} : { maxTurns }) };
  const result = await runner.run(root, input, options).catch((error) => Promise.reject(refusalOf(error)));
  try {
    for await (const _ of result);
    await result.completed;
  } catch (error) {
    return standing(error.state ?? result.state, { step: 'interrupted', ...stopOf(error, run.error) });
  }
  return standing(result.state, { output: stepOf(result.state) === 'finished' ? result.finalOutput : null });
}

function standing(state, { step = stepOf(state), reason, code = null, output = null }) {
  const stopped = reason ?? (step === 'interrupted' ? 'approval' : null);
  try {
    return { step, reason: stopped, code, output, waits: waitsOf(state), state: { text: state.toString() } };
  } catch (error) {
    throw refusalOf(error);
  }
}
