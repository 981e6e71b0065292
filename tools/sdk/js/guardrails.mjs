// What stands between the model and an effect: approval rules, and guardrails for the four positions.
import { need } from './features.mjs';
import { compact } from './text.mjs';

const hits = (needle, text) => needle !== undefined && needle !== null && text.includes(needle);

/** An agent guardrail of position `input` or `output`. */
export function agentGuardrail(key, spec) {
  const judge = (value) => ({ tripwireTriggered: hits(spec.trips_on, compact(value)), outputInfo: spec.info ?? null });
  const name = spec.name ?? key;
  if (spec.position === 'input') {
    return { name, runInParallel: spec.blocking !== true, execute: async ({ input }) => judge(input) };
  }
  return { name, execute: async ({ agentOutput }) => judge(agentOutput) };
}

/** A tool guardrail of position `tool_input` or `tool_output`. */
export function toolGuardrail(key, spec) {
  const name = spec.name ?? key;
  if (spec.position === 'tool_input') {
    return need('defineToolInputGuardrail')({ name, run: async ({ toolCall }) => verdict(spec, toolCall.arguments) });
  }
  return need('defineToolOutputGuardrail')({ name, run: async ({ output }) => verdict(spec, compact(output)) });
}

function verdict(spec, text) {
  const make = need('ToolGuardrailFunctionOutputFactory');
  const info = spec.info ?? null;
  if (hits(spec.trips_on, text)) return make.throwException(info);
  if (hits(spec.rejects_on, text)) return make.rejectContent(spec.message ?? '', info);
  return make.allow(info);
}

/** `needs_approval` of a scenario as the SDK takes it; `seen` makes the value that is looked at. */
export function approvalRule(rule, seen = (value) => value) {
  if (rule === undefined || typeof rule === 'boolean') return rule ?? false;
  return async (_context, value) => hits(rule.when_arguments_contain, compact(seen(value)));
}
