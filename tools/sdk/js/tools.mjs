// Tools of a scenario as real SDK tools. Each maker gets (key, spec, world); `world` holds the
// scenario, the agents under construction and the record of executed calls.
import { agents as sdk } from './sdk.mjs';
import { has, MissingFeature, need, needs } from './features.mjs';
import { builtins } from './builtins.mjs';
import { approvalRule, toolGuardrail } from './guardrails.mjs';
import { fill, parsed, sortedJson } from './text.mjs';

/** The SDK tools of an agent, in order; namespaced ones grouped as the SDK wants them. */
export function toolsOf(keys, world) {
  return keys.filter((key) => world.scenario.tools[key].kind !== 'local_mcp').map((key) => makeTool(key, world));
}

function makeTool(key, world) {
  const spec = world.scenario.tools[key];
  const make = makers[spec.kind];
  if (!make) throw new MissingFeature(`tool of kind ${spec.kind}`);
  return make(key, spec, world);
}

const makers = { function: functionTool, agent: agentTool, ...builtins };

function functionTool(key, spec, world) {
  const name = spec.name ?? key;
  const made = sdk.tool({
    name,
    description: spec.description ?? name,
    parameters: spec.parameters ?? { type: 'object', properties: {} },
    strict: spec.strict ?? true,
    deferLoading: spec.defer_loading,
    allowedCallers: spec.allowed_callers,
    outputSchema: spec.output_schema,
    needsApproval: approvalRule(spec.needs_approval),
    // Off, so that a body that raises ends the run in both languages.
    errorFunction: null,
    inputGuardrails: guardrailsOf(spec.input_guardrails, world),
    outputGuardrails: guardrailsOf(spec.output_guardrails, world),
    execute: (args, _context, details) => runBody(name, spec, world, details?.toolCall ?? scriptedCall(name, args, world)),
  });
  return spec.namespace ? inNamespace(made, spec.namespace) : made;
}

function inNamespace(made, namespace) {
  const given = typeof namespace === 'string' ? { name: namespace } : namespace;
  return need('toolNamespace')({ description: `Tools of ${given.name}.`, ...given, tools: [made] })[0];
}

/** Releases before 0.1.3 do not tell a body its call: it is the one of the script that has these arguments. */
function scriptedCall(name, args, world) {
  const wanted = sortedJson(args);
  const outputs = Object.values(world.scenario.script).flat().flatMap((response) => response.output ?? response);
  const calls = outputs.filter((item) => item.type === 'function_call' && item.name === name);
  const same = calls.filter((item) => sortedJson(parsed(item.arguments)) === wanted);
  return { callId: same.length === 1 ? same[0].call_id : null, arguments: same[0]?.arguments ?? wanted };
}

function runBody(name, spec, world, call) {
  world.calls.exact(name, call, call.arguments);
  if (spec.raises !== undefined) throw new Error(spec.raises);
  if (spec.returns_items !== undefined) return spec.returns_items.map(outputPart);
  return fill(spec.returns === undefined ? 'ok' : spec.returns, parsed(call.arguments));
}

/** Content of a tool result, given in the fields Python uses, as a tool of this SDK returns it. */
function outputPart(item) {
  if (item.type === 'text') return { type: 'text', text: item.text };
  if (item.type === 'image') {
    const image = item.image_url ?? { fileId: item.file_id };
    return { type: 'image', image, ...(item.detail ? { detail: item.detail } : {}) };
  }
  const file = item.file_data ?? (item.file_url ? { url: item.file_url } : { id: item.file_id });
  return { type: 'file', file, ...(item.filename ? { filename: item.filename } : {}) };
}

function guardrailsOf(keys = [], world) {
  return keys.map((key) => toolGuardrail(key, world.scenario.guardrails[key]));
}

/** The schema Python gives an agent tool. It says the same as this SDK's own, in other words. */
const AGENT_TOOL_SCHEMA = {
  type: 'object',
  title: 'AgentAsToolInput',
  description: 'Default input schema for agent-as-tool calls.',
  properties: { input: { type: 'string', title: 'Input' } },
  required: ['input'],
  additionalProperties: false,
};

function agentTool(key, spec, world) {
  if (spec.needs_approval) needs('approval of agent tools', has.agentToolApprovals());
  const made = world.agents[spec.agent].asTool({
    toolName: spec.name ?? key,
    toolDescription: spec.description ?? spec.name ?? key,
    needsApproval: approvalRule(spec.needs_approval),
  });
  // Only what the model is shown changes: the SDK's parser stays bound to its own schema, and
  // giving `parameters` above would switch on the SDK's structured input.
  made.parameters = structuredClone(AGENT_TOOL_SCHEMA);
  return made;
}
