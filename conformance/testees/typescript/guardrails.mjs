// Guardrails: the suite is asked in the place of user code.
import { asked } from './asking.mjs';
import { sdk } from './sdk.mjs';

/** An input guardrail of an agent. */
export const inputGuardrail = (about, { name, parallel = true }) => ({
  name,
  runInParallel: parallel,
  execute: async ({ input }) => tripwire(about, 'input', name, input),
});

/** An output guardrail of an agent. */
export const outputGuardrail = (about, name) => ({
  name,
  execute: async ({ agentOutput }) => tripwire(about, 'output', name, agentOutput),
});

/** An input guardrail of a tool. */
export function toolInputGuardrail(about, name) {
  const run = ({ toolCall }) => verdict(about, 'tool_input', name, toolCall, parsed(toolCall.arguments));
  return sdk.defineToolInputGuardrail({ name, run });
}

/** An output guardrail of a tool. */
export function toolOutputGuardrail(about, name) {
  const run = ({ toolCall, output }) => verdict(about, 'tool_output', name, toolCall, output);
  return sdk.defineToolOutputGuardrail({ name, run });
}

async function tripwire(about, kind, name, value) {
  const { answer } = await asked(about, 'guardrail', { kind, name, value });
  return { tripwireTriggered: answer === 'trip', outputInfo: null };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The SDK's tool guardrails can let pass, stop the run, or say something to the model; they can't change or ask. */
async function verdict(about, kind, name, { name: tool, callId }, value) {
  const question = { kind, name, tool: ['function', null, tool], value, call_id: callId };
  const { answer, message = '' } = await asked(about, 'guardrail', question);
  const make = sdk.ToolGuardrailFunctionOutputFactory;
  if (answer === 'pass') return make.allow();
  if (answer === 'block') return make.rejectContent(message);
  if (answer === 'trip') return make.throwException();
  throw new Error(`a tool guardrail of @openai/agents can't ${answer}`);
}
