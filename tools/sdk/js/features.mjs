// What a scenario asks of the SDK and an older release lacks. An op that meets a gap ends with a
// MissingFeature (stage `request`): the scenario cannot be had of that release.
import { agents as sdk, sdkName, sdkVersion } from './sdk.mjs';

export class MissingFeature extends Error {
  constructor(feature) {
    super(`${sdkName} ${sdkVersion} has no ${feature}.`);
    this.name = 'MissingFeature';
  }
}

/** A function or class of the SDK by its name. */
export function need(name) {
  if (!(name in sdk)) throw new MissingFeature(name);
  return sdk[name];
}

/** Ends the op unless the SDK has the feature. */
export function needs(feature, has) {
  if (!has) throw new MissingFeature(feature);
}

// An option that a release does not know is ignored without a word, so the sources tell.
const speaksOf = (method, word) => String(method).includes(word);

export const has = {
  endOfOpenResume: () => 'getInterruptions' in sdk.RunState.prototype,
  stagedInput: () => 'addInput' in sdk.RunState.prototype,
  rejectionMessages: () => speaksOf(sdk.RunContext.prototype.rejectTool, 'message'),
  agentToolApprovals: () => speaksOf(sdk.Agent.prototype.asTool, 'needsApproval'),
};

/** Whether the first run took the options it was given: a state or a request shows each. */
export function checkFirstRun({ scenario, transport }, { state, error }) {
  const [request] = transport.requests;
  const policy = scenario.reasoning_item_id_policy;
  if (scenario.tool_not_found) needs('answer to calls of unknown tools', error === null);
  if (state && scenario.max_turns === null) needs('runs without a turn limit', state._maxTurns === null);
  if (state && policy) needs('policy for reasoning ids', state._reasoningItemIdPolicy === policy);
  if (state && scenario.save_at === 'after_turn') needs('stop between two turns', state._currentStep?.type !== 'next_step_final_output');
  if (request && scenario.conversation_id) needs('conversations', request.conversation !== undefined);
  if (request && scenario.previous_response_id) needs('previous response ids', request.previous_response_id !== undefined);
}
