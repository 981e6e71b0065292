// Where a state of the SDK stands, and what waits in it.

const STEPS = {
  next_step_interruption: 'interrupted',
  next_step_final_output: 'finished',
  next_step_run_again: 'run_again',
  next_step_handoff: 'run_again',
};

/** The type of the step; a state without one is about to ask the model. */
export const stepOf = (state) => STEPS[state._currentStep?.type] ?? 'run_again';

/** The calls that wait for a decision, and those decided that have not run: the SDK's interruptions are both. */
export function waitsOf(state) {
  const nested = nestedCalls(state._pendingAgentToolRuns);
  return state.getInterruptions().map((item) => waitOf(item, state, nested));
}

/** The id of the call that an interruption is about. */
export const callIdOf = ({ rawItem }) => rawItem.callId ?? rawItem.providerData?.id ?? rawItem.id ?? null;

function waitOf(item, state, nested) {
  const callId = callIdOf(item);
  const known = nested.findIndex((call) => isSame(call, { callId, agent: item.agent.name }));
  const path = known < 0 ? callId : nested.splice(known, 1)[0].path;
  return {
    path,
    agent: item.agent.name,
    tool: toolKey(item),
    call_id: callId,
    arguments: argumentsOf(item.rawItem),
    state: decisionOn(item, callId, state),
  };
}

/** The calls that wait in nested runs, which the SDK keeps as texts under `KEY_OF_THE_TOOL:CALL_ID`. */
function nestedCalls(runs, above = '') {
  return entriesOf(runs).flatMap(([key, text]) => {
    const run = JSON.parse(text);
    const below = `${above}${key.slice(key.lastIndexOf(':') + 1)}/`;
    const deeper = nestedCalls(run.pendingAgentToolRuns, below);
    const asked = run.currentStep?.data?.interruptions ?? [];
    const calls = asked.map((item) => ({ callId: callIdOf(item), agent: item.agent?.name }));
    const own = calls.filter((call) => !deeper.some((other) => isSame(call, other)));
    return [...deeper, ...own.map((call) => ({ ...call, path: `${below}${call.callId}` }))];
  });
}

const isSame = (one, other) => one.callId === other.callId && one.agent === other.agent;
const entriesOf = (runs) => (runs instanceof Map ? [...runs] : Object.entries(runs ?? {}));

/** The tool key, from the key that the SDK has for function tools, and the type of other calls. */
function toolKey({ rawItem, functionToolStateKey, toolName }) {
  if (rawItem.type === 'function_call') return functionKey(functionToolStateKey, rawItem.name);
  if (rawItem.type === 'hosted_tool_call') return hostedKey(rawItem);
  const kind = rawItem.type.replace(/_call$/, '');
  return [kind, null, toolName ?? kind];
}

function hostedKey({ providerData, name }) {
  return ['hosted_mcp', providerData?.server_label ?? null, providerData?.name ?? name];
}

function functionKey(stateKey, name) {
  const [kind, ...names] = stateKey ? JSON.parse(stateKey) : ['bare', name];
  if (kind === 'namespaced') return ['function', ...names];
  return [kind === 'deferred_top_level' ? 'function_deferred' : 'function', null, ...names];
}

function argumentsOf(raw) {
  if (typeof raw.arguments === 'string') return raw.arguments;
  if (typeof raw.providerData?.arguments === 'string') return raw.providerData.arguments;
  const { action, actions, operation } = raw;
  // With several actions the SDK has the first one twice.
  return JSON.stringify(wireOf(actions ? { actions } : { action, operation }));
}

/** What a built-in tool is to do, with the names of the wire form, in order. */
function wireOf(value) {
  if (Array.isArray(value)) return value.map(wireOf);
  if (value === null || typeof value !== 'object') return value;
  const named = Object.entries(value).map(([name, member]) => [snake(name), wireOf(member)]);
  return Object.fromEntries(named.sort(([one], [other]) => (one < other ? -1 : 1)));
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What the SDK will find that was decided: it looks for a decision that is bound to this very call. */
function decisionOn({ rawItem, agent, functionToolStateKey, toolName }, callId, state) {
  // Such a call it will refuse to run, whatever was decided.
  if (state._ambiguousToolInvocationCallIds.get(agent)?.has(callId)) return 'indeterminate';
  const hosted = rawItem.type === 'hosted_tool_call' ? JSON.stringify(hostedKey(rawItem)) : undefined;
  const key = hosted ?? functionToolStateKey ?? toolName ?? rawItem.name;
  const decision = state._context._resolveToolInvocationApproval(agent, key, rawItem);
  if (decision === undefined) return 'pending';
  return decision ? 'approved' : 'rejected';
}
