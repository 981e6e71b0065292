// What an op reports: the record of one run, and the pending calls of a state.
import { toWire } from './items.mjs';
import { actionsOf, actionText, patchText, shellText } from './builtins.mjs';

export function pendingOf(state, world) {
  const parents = parentsOf(state._pendingAgentToolRuns);
  return interruptionsOf(state).map((item) => describe(item, world, parents));
}

/** The calls a state waits for; the first releases have no method that tells. */
export function interruptionsOf(state) {
  if (state.getInterruptions) return state.getInterruptions();
  return state._currentStep?.type === 'next_step_interruption' ? state._currentStep.data.interruptions : [];
}

function describe(item, world, parents) {
  const callId = callIdOf(item);
  const parent = parents.get(callId);
  return {
    agent: keyOf(item.agent, world),
    tool: toolName(item),
    call_id: callId,
    arguments: argumentsOf(item.rawItem),
    ...(parent ? { parent } : {}),
  };
}

/** The key of an agent; where a release loads but its name, the key of the one agent so named. */
function keyOf(agent, { keys }) {
  if (!agent || keys.has(agent)) return keys.get(agent) ?? null;
  const named = [...keys].filter(([{ name }]) => name === agent.name);
  return named.length === 1 ? named[0][1] : agent.name;
}

export function callIdOf(item) {
  const raw = item.rawItem;
  return raw.callId ?? raw.providerData?.id ?? raw.id ?? null;
}

/** The name the model used; for a hosted MCP request that of the remote tool. */
export function toolName(item) {
  return item.rawItem.providerData?.name ?? item.rawItem.name ?? item.name ?? item.toolName ?? null;
}

function argumentsOf(raw) {
  if (typeof raw.arguments === 'string') return raw.arguments;
  if (typeof raw.providerData?.arguments === 'string') return raw.providerData.arguments;
  if (raw.type === 'shell_call') return shellText(raw.action);
  if (raw.type === 'apply_patch_call') return patchText(raw.operation);
  if (raw.type === 'computer_call') return actionsOf(raw).map(actionText).join('\n');
  return null;
}

/**
 * Call id of a nested interruption -> call id of the agent tool's call in the run above. Nested
 * runs lie in the state as text, keyed `<tool>:<call id>`; deeper runs lie in those texts.
 */
function parentsOf(runs, found = new Map()) {
  for (const [key, text] of entriesOf(runs)) {
    const child = JSON.parse(text);
    const parent = key.slice(key.lastIndexOf(':') + 1);
    for (const item of child.currentStep?.data?.interruptions ?? []) {
      const id = callIdOf(item);
      // The innermost run is the one that owns the call: deeper levels overwrite below.
      if (id) found.set(id, parent);
    }
    parentsOf(child.pendingAgentToolRuns ?? {}, found);
  }
  return found;
}

const entriesOf = (runs) => (runs instanceof Map ? [...runs] : Object.entries(runs ?? {}));

export async function recordOf(world, { state, pending = [], error = null }) {
  const record = {
    pending,
    requests: world.transport.requests,
    executed: world.calls.executed,
    // A guardrail may refuse an output that the state already holds; then there is none.
    final_output: error ? null : finalOutput(state),
    last_agent: state ? (world.keys.get(state._currentAgent) ?? null) : null,
    next: state ? pendingOf(state, world) : [],
    usage: state ? usageOf(state._context.usage) : null,
    error,
  };
  if (world.session) {
    record.session = await world.session.getItems();
    record.session_wire = wireOrNull(record.session);
  }
  return record;
}

/** The SDK's converter refuses items it does not know; the record must not fail for that. */
function wireOrNull(items) {
  try {
    return toWire(items);
  } catch {
    return null;
  }
}

function finalOutput(state) {
  const step = state?._currentStep;
  if (step?.type !== 'next_step_final_output') return null;
  return state._currentAgent.processFinalOutput(step.output);
}

function usageOf(usage) {
  return {
    requests: usage.requests,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  };
}

export function errorOf(stage, error) {
  const type = error?.name && error.name !== 'Error' ? error.name : (error?.constructor?.name ?? typeof error);
  return { stage, type, message: String(error?.message ?? error) };
}
