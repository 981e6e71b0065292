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
  // An agent is named, or told by its place in the list where several have its name.
  const indexOf = (agent) => (typeof agent === 'number' ? agent : told.findIndex(({ name }) => name === agent));
  const nested = below(told, indexOf);
  const agents = told.map((each, index) => agentOf({ run, agent: each.name }, each, nested.has(index)));
  const find = (agent) => agents[indexOf(agent)];
  told.forEach((each, index) => {
    const about = { run, agent: each.name };
    agents[index].tools = (each.tools ?? []).map((tool) => toolOf(about, guarded(tool, each), find));
    agents[index].handoffs = (each.handoffs ?? []).map((handoff) => handoffOf(handoff, find(handoff.agent)));
  });
  return agents[0];
}

/** The places of the agents that run as tools, with those that they hand over to. */
function below(told, indexOf) {
  const found = new Set();
  const named = ({ tools = [] }) => tools.map(({ agent }) => agent).filter((agent) => agent !== undefined);
  const open = told.flatMap(named);
  while (open.length > 0) {
    const index = indexOf(open.pop());
    if (!found.has(index)) open.push(...(told[index].handoffs ?? []).map(({ agent }) => agent));
    found.add(index);
  }
  return found;
}

/** A tool with the guardrails that its agent has for all tools: the SDK has those of single tools alone. */
function guarded(tool, { tool_input_guardrails: before = [], tool_output_guardrails: after = [] }) {
  const { input_guardrails: input = [], output_guardrails: output = [] } = tool;
  return { ...tool, input_guardrails: [...before, ...input], output_guardrails: [...after, ...output] };
}

function agentOf(about, told, isNested) {
  return new sdk.Agent({
    name: told.name,
    instructions: told.instructions ?? '',
    model: modelOf(about, isNested ? told.name : ''),
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

function toolOf(about, told, find) {
  const { name, timeout, strict = false, parameters = EMPTY, on_error: onError } = told;
  const tool = ['function', null, name];
  const rules = { needsApproval: approvalOf(about, told, tool), isEnabled: enabledOf(about, told, tool) };
  if (told.agent !== undefined) return find(told.agent).asTool({ toolName: name, toolDescription: '', ...rules });
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
      resultOf((await asked(about, 'tool', { tool, call_id: callId, arguments: text, key: null })).output),
  });
}

/** A tool's result; the pictures in a list of content are called otherwise here. */
function resultOf(output) {
  if (!Array.isArray(output)) return output;
  return output.map((part) => (part?.type === 'image' ? { type: 'image', image: part.image_url } : part));
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
