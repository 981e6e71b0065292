// The ops of the worker protocol.
import { agents as sdk, packages, sdkName, sdkVersion } from './sdk.mjs';
import { checkFirstRun, has, MissingFeature, needs } from './features.mjs';
import { toProtocol } from './items.mjs';
import { callIdOf, errorOf, interruptionsOf, pendingOf, recordOf, toolName } from './record.mjs';
import { buildWorld } from './world.mjs';

/** An error that ends an op, with the stage it happened in and what is known so far. */
export class OpError extends Error {
  constructor(stage, cause, known = {}) {
    super(cause.message);
    this.detail = errorOf(stage, cause);
    this.known = known;
  }
}

async function at(stage, action, known) {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof OpError) throw cause;
    throw new OpError(cause instanceof MissingFeature ? 'request' : stage, cause, known);
  }
}

async function hello() {
  const agent = new sdk.Agent({ name: 'version', instructions: '' });
  const state = new sdk.RunState(new sdk.RunContext(), '', agent, 1);
  return { sdk: sdkName, version: sdkVersion, schema_version: state.toJSON().$schemaVersion, packages };
}

async function save({ scenario }) {
  if (scenario.pending_input !== undefined) needs('staged input', has.stagedInput());
  const world = buildWorld(scenario, { failsOnAdd: scenario.session?.fails_on_add });
  const first = await firstRun(world);
  checkFirstRun(world, first);
  const soFar = { served: world.transport.served, record: await recordOf(world, first) };
  const { state, error } = await at('save', () => goOn(world, first), soFar);
  const record = await recordOf(world, { state, error });
  const served = world.transport.served;
  const known = { served, record };
  if (!state) throw new OpError('save', new Error('The failed run leaves no state.'), known);
  const undecided = await at('save', () => {
    if (scenario.pending_input !== undefined) state.addInput(toProtocol(scenario.pending_input));
    return state.toString();
  }, known);
  const decided = scenario.decisions?.length ? await decide(scenario, undecided, { ...known, undecided }) : null;
  return { undecided, decided, served, record };
}

/** Goes on in memory after the first run: decides and resumes once for each list of decisions. */
async function goOn(world, first) {
  let last = first;
  for (const decisions of world.scenario.before ?? []) {
    if (!last.state) throw new Error('The run before leaves no state to go on with.');
    applyDecisions(last.state, decisions);
    last = await drive(world, last.state, optionsOf(world), false);
  }
  return last;
}

async function decide(scenario, text, known) {
  const world = buildWorld(scenario);
  const state = await at('load', () => load(world, text), known);
  await at('decide', () => applyDecisions(state, scenario.decisions), known);
  return at('save', () => state.toString(), known);
}

async function firstRun(world) {
  const { scenario } = world;
  const options = optionsOf(world);
  if (scenario.context !== undefined && scenario.context !== null) options.context = structuredClone(scenario.context);
  if (scenario.max_turns !== undefined) options.maxTurns = scenario.max_turns;
  if (scenario.reasoning_item_id_policy) options.reasoningItemIdPolicy = scenario.reasoning_item_id_policy;
  if (scenario.conversation_id) options.conversationId = scenario.conversation_id;
  if (scenario.previous_response_id) options.previousResponseId = scenario.previous_response_id;
  return drive(world, toProtocol(scenario.input), options, true);
}

function optionsOf(world) {
  const { scenario, session } = world;
  return {
    stream: scenario.stream === true,
    ...(session ? { session } : {}),
    ...(scenario.tool_not_found ? { toolNotFoundBehavior: scenario.tool_not_found } : {}),
  };
}

/** Runs to the end; a failed run gives the state its error carries. */
async function drive(world, input, options, first) {
  const stop = new AbortController();
  let result;
  try {
    if (!options.stream) {
      result = await world.runner.run(world.start, input, options);
      return { state: result.state, error: null };
    }
    result = await world.runner.run(world.start, input, { ...options, signal: stop.signal });
    await consume(result, first && world.scenario.save_at === 'after_turn' ? stop : null);
    return { state: result.state, error: null };
  } catch (failure) {
    // The SDK resumes a state in place, so one that was given still tells how far the run came.
    const given = input instanceof sdk.RunState ? input : null;
    return { state: failure?.state ?? result?.state ?? given, error: errorOf('resume', failure) };
  }
}

const TURN_ENDS = new Set(['tool_output', 'handoff_occurred']);

async function consume(result, stop) {
  for await (const event of result) {
    // A tool result or a handoff ends the first turn; the next one must not start.
    if (stop && TURN_ENDS.has(event.name)) stop.abort();
  }
  if (!stop) await result.completed;
}

function load(world, text) {
  return sdk.RunState.fromString(world.start, text);
}

async function resume({ scenario, state: text, served, decide: deciding, round = 0, session_items: own, session_wire: wire }) {
  const world = buildWorld(scenario, { served, sessionItems: own ?? (wire ? toProtocol(wire) : undefined) });
  const known = async (pending) => ({ record: await recordOf(world, { state: null, pending }), state: null, served: world.transport.served });
  const loaded = await at('load', () => load(world, text), await known([]));
  const pending = pendingOf(loaded, world);
  const soFar = await known(pending);
  if (deciding) {
    const list = round === 0 ? scenario.decisions : scenario.rounds?.[round - 1];
    await at('decide', () => applyDecisions(loaded, list ?? []), soFar);
  }
  // Such a release goes round and round in one run, and nothing could stop it.
  await at('resume', () => needs('end to a resume with an open call', has.endOfOpenResume() || !hasOpenCall(loaded)), soFar);
  const { state, error } = await drive(world, loaded, optionsOf(world), false);
  const end = state ?? loaded;
  const record = await recordOf(world, { state: end, pending, error });
  const answer = { record, state: null, served: world.transport.served };
  answer.state = await at('save', () => end.toString(), answer);
  return answer;
}

function applyDecisions(state, decisions) {
  const open = interruptionsOf(state);
  for (const { call, decision, always, message } of decisions) {
    const item = find(open, call);
    if (!item) throw new Error(`No pending call ${JSON.stringify(call)}.`);
    if (message !== undefined) needs('rejection messages', has.rejectionMessages());
    if (decision === 'approve') state.approve(item, { alwaysApprove: always === true });
    else state.reject(item, { alwaysReject: always === true, ...(message !== undefined ? { message } : {}) });
  }
}

/** Of a release that knows function calls only. */
function hasOpenCall(state) {
  const decisionOn = ({ name: toolName, callId }) => state._context.isToolApproved({ toolName, callId });
  return interruptionsOf(state).some((item) => decisionOn(item.rawItem) === undefined);
}

function find(open, call) {
  if (typeof call === 'string') return open.find((item) => callIdOf(item) === call);
  return open.filter((item) => toolName(item) === call.name)[call.index ?? 0];
}

async function roundtrip({ scenario, state }) {
  const world = buildWorld(scenario);
  const loaded = await at('load', () => load(world, state));
  return { state: await at('save', () => loaded.toString()) };
}

async function items({ scenario }) {
  const world = buildWorld(scenario, { failsOnAdd: scenario.session?.fails_on_add });
  if (!world.session) throw new OpError('save', new Error('The scenario has no session.'));
  const record = await recordOf(world, await firstRun(world));
  return { items: record.session, record };
}

export const ops = { hello, save, resume, roundtrip, items };
