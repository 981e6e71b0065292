// Why a run of the SDK stopped: the SDK throws an error of some class, and the state that the error has can be resumed.
import { sdk } from './sdk.mjs';

const TOLD = [
  [sdk.MaxTurnsExceededError, 'limit', 'max-turns'],
  [sdk.InputGuardrailTripwireTriggered, 'error', 'input-tripwire'],
  [sdk.OutputGuardrailTripwireTriggered, 'error', 'output-tripwire'],
  [sdk.ToolInputGuardrailTripwireTriggered, 'error', 'tripwire'],
  [sdk.ToolOutputGuardrailTripwireTriggered, 'error', 'tripwire'],
  [sdk.ToolTimeoutError, 'error', 'tool-timeout'],
  [sdk.ModelRefusalError, 'error', 'model-refusal'],
  [sdk.ModelBehaviorError, 'error', 'model-behavior'],
];

/**
 * The reason and the code of a stop.
 *
 * @param {Error} error what the SDK threw
 * @param {import('./serving.mjs').WorldError | null} cause what the world last said went wrong
 */
export function stopOf(error, cause) {
  // An error below a call comes wrapped, under a name of its own.
  const [, reason, code] = TOLD.find(([type]) => error instanceof type || error.error instanceof type) ?? [];
  if (code) return { reason, code };
  const told = cause && error.message.includes(cause.message) ? cause.code : null;
  return { reason: 'error', code: told ?? (error instanceof sdk.ToolCallError ? 'tool-failed' : 'run-stopped') };
}
