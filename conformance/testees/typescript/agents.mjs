// Agents as a request describes them: all that they would ask of a model or of user code is asked of the suite.
import { asked } from './asking.mjs';
import { inputGuardrail, outputGuardrail, toolInputGuardrail, toolOutputGuardrail } from './guardrails.mjs';
import { modelOf } from './models.mjs';
import { sdk } from './sdk.mjs';

/**
 * The root of a request's agents.
 *
 * @param {import('./asking.mjs').Run} run
 * @param {any[]} told the agents, the root first
 */
export function rootOf(run, told) {
  const nested = below(told);
  const agents = new Map(told.map((each) => [each.name, agentOf({ run, agent: each.name }, each, nested)]));
  for (const each of told) {
    const agent = agents.get(each.name);
    agent.tools = (each.tools ?? []).map((tool) => toolOf({ run, agent: each.name }, guarded(tool, each), agents));
    agent.handoffs = (each.handoffs ?? []).map((handoff) => handoffOf(handoff, agents.get(handoff.agent)));
  }
  return agents.get(told[0].name);
}

/** The names of the agents that run as tools, with those that they hand over to. */
function below(told) {
  const ways = new Map(told.map(({ name, handoffs = [] }) => [name, handoffs.map(({ agent }) => agent)]));
  const found = new Set();
  const open = told.flatMap(({ tools = [] }) => tools.map(({ agent }) => agent).filter(Boolean));
  while (open.length > 0) {
    const name = open.pop();
    if (!found.has(name)) open.push(...(ways.get(name) ?? []));
    found.add(name);
  }
  return found;
}

/** A tool with the guardrails that its agent has for all tools: the SDK has those of single tools alone. */
function guarded(tool, { tool_input_guardrails: before = [], tool_output_guardrails: after = [] }) {
  const { input_guardrails: input = [], output_guardrails: output = [] } = tool;
  return { ...tool, input_guardrails: [...before, ...input], output_guardrails: [...after, ...output] };
}

function agentOf(about, told, nested) {
  return new sdk.Agent({
    name: told.name,
    instructions: told.instructions ?? '',
    model: modelOf(about, nested.has(told.name) ? told.name : ''),
    // Given even when empty: otherwise the SDK puts defaults of its default model here.
    modelSettings: {},
    inputGuardrails: (told.input_guardrails ?? []).map((each) => inputGuardrail(about, each)),
    outputGuardrails: (told.output_guardrails ?? []).map((name) => outputGuardrail(about, name)),
    ...(told.tool_use ? { toolUseBehavior: behaviourOf(told.tool_use) } : {}),
    ...(told.output_schema ? { outputType: outputOf(told.output_schema) } : {}),
  });
}

const outputOf = (schema) => ({ type: 'json_schema', name: 'final_output', strict: false, schema });
const behaviourOf = (told) => (typeof told === 'string' ? told : { stopAtToolNames: told.stop_at_tool_names });
const EMPTY = { type: 'object', properties: {} };

function toolOf(about, told, agents) {
  const { name, timeout, strict = false, parameters = EMPTY, on_error: onError } = told;
  const tool = ['function', null, name];
  const rules = { needsApproval: approvalOf(about, told, tool), isEnabled: enabledOf(about, told, tool) };
  if (told.agent) return agents.get(told.agent).asTool({ toolName: name, toolDescription: '', ...rules });
  return sdk.tool({
    name,
    description: '',
    parameters,
    strict,
    ...rules,
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    // Left out, the SDK tells the model what went wrong; without it, the error ends the run.
    ...(onError === 'raise' ? { errorFunction: null } : {}),
    inputGuardrails: told.input_guardrails.map((each) => toolInputGuardrail(about, each)),
    outputGuardrails: told.output_guardrails.map((each) => toolOutputGuardrail(about, each)),
    execute: async (_args, _context, { toolCall: { callId, arguments: text } }) =>
      (await asked(about, 'tool', { tool, call_id: callId, arguments: text, key: null })).output,
  });
}

function approvalOf(about, { approval = 'never' }, tool) {
  if (approval !== 'ask') return approval === 'always';
  return async (_context, args, callId) => {
    const call = { tool, call_id: callId, arguments: JSON.stringify(args) };
    return (await asked(about, 'ask', { what: 'approval', ...call })).answer;
  };
}

function enabledOf(about, { enabled = 'always' }, tool) {
  if (enabled !== 'ask') return enabled === 'always';
  return async () => (await asked(about, 'ask', { what: 'enabled', tool })).answer;
}

function handoffOf({ tool, parameters }, agent) {
  const taken = parameters ? { inputType: parameters, onHandoff: () => {} } : {};
  return sdk.handoff(agent, { toolNameOverride: tool ?? toolNameOf(agent), ...taken });
}

/** The SDK would keep capitals; the scripts of models, and states of others, have the name as TS-HAND-001 says. */
function toolNameOf({ name }) {
  return `transfer_to_${name.toLowerCase().replace(/[^a-z0-9_]+/g, '_')}`.slice(0, 64);
}
