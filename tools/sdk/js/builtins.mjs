// Built-in and hosted tools, with in-process doubles behind the ones that run here.
import { need, needs } from './features.mjs';
import { approvalRule } from './guardrails.mjs';
import { compact, pick } from './text.mjs';

/** The `arguments` text of a shell call. */
export const shellText = (action) => JSON.stringify({ commands: action.commands });
/** The `arguments` text of a patch call. */
export const patchText = (operation) => JSON.stringify(pick(operation, ['type', 'path', 'diff']));

function shell(key, spec, world) {
  const run = async (action) => {
    const text = shellText(action);
    world.calls.built('shell', 'shell', text, (entry) => shellText(entry.call.action) === text);
    // Python repeats the limit of the call by itself; here the body reports it.
    return { output: shellOutput(spec.returns), maxOutputLength: action.maxOutputLength };
  };
  return need('shellTool')({ shell: { run }, needsApproval: approvalRule(spec.needs_approval, (action) => action.commands) });
}

function shellOutput(returns = 'ok') {
  const list = Array.isArray(returns) ? returns : [{ stdout: compact(returns) }];
  return list.map(({ stdout = '', stderr = '', exit_code = 0 }) => ({ stdout, stderr, outcome: { type: 'exit', exitCode: exit_code } }));
}

function applyPatch(key, spec, world) {
  const apply = async (operation) => {
    const text = patchText(operation);
    world.calls.built('apply_patch', 'apply_patch', text, (entry) => patchText(entry.call.operation) === text);
    return { status: 'completed', output: spec.returns ?? 'ok' };
  };
  const editor = { createFile: apply, updateFile: apply, deleteFile: apply };
  return need('applyPatchTool')({ editor, needsApproval: approvalRule(spec.needs_approval, (operation) => operation.path) });
}

const EMPTY_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function computer(key, spec, world) {
  const nothing = async () => {};
  // The SDK ends every computer call with one screenshot, so that is where the whole call is
  // written down. A screenshot action has no body of its own.
  const screenshot = async () => {
    const call = world.calls.take('computer');
    const actions = actionsOf(call).filter((action) => action.type !== 'screenshot');
    for (const action of actions) world.calls.exact('computer', call, actionText(action));
    return spec.returns ?? EMPTY_PNG;
  };
  const double = { environment: 'browser', dimensions: [1024, 768], screenshot };
  for (const name of ['click', 'doubleClick', 'scroll', 'type', 'wait', 'move', 'keypress', 'drag']) double[name] = nothing;
  const made = need('computerTool')({ computer: double, needsApproval: approvalRule(spec.needs_approval) });
  if (spec.needs_approval) needs('approval of the computer tool', 'needsApproval' in made);
  return made;
}

/** The `arguments` text of one computer action. */
export const actionText = (action) => JSON.stringify(pick(action, ['type', 'x', 'y', 'button', 'scroll_x', 'scroll_y', 'text', 'keys', 'path']));
export const actionsOf = (call) => call?.actions ?? (call?.action ? [call.action] : []);

function hostedMcp(key, spec) {
  return need('hostedMcpTool')({
    serverLabel: spec.server_label,
    serverUrl: spec.server_url,
    authorization: spec.authorization,
    headers: spec.headers,
    allowedTools: spec.allowed_tools,
    deferLoading: spec.defer_loading,
    requireApproval: requireApproval(spec.require_approval),
    serverDescription: spec.server_description,
  });
}

function requireApproval(rule) {
  if (rule === undefined || typeof rule === 'string') return rule;
  const names = (list) => (list ? { toolNames: list.tool_names } : undefined);
  return { always: names(rule.always), never: names(rule.never) };
}

/** A hosted tool whose wire form is the scenario's own. */
const hosted = (type, defaults = {}) => (key, spec) => ({
  type: 'hosted_tool',
  name: type,
  providerData: { type, name: type, ...defaults, ...spec.config },
});

export const builtins = {
  shell,
  apply_patch: applyPatch,
  computer,
  hosted_mcp: hostedMcp,
  web_search: hosted('web_search', { search_context_size: 'medium' }),
  file_search: hosted('file_search', { vector_store_ids: ['vs_1'] }),
  code_interpreter: hosted('code_interpreter', { container: { type: 'auto' } }),
  image_generation: hosted('image_generation'),
  tool_search: (key, spec) => need('toolSearchTool')(spec.config ?? {}),
  programmatic: () => need('programmaticToolCallingTool')(),
};

/** The double of a local MCP server: lists the scenario's tools and answers from their templates. */
export class McpDouble {
  constructor(spec, world, fillTemplate) {
    this.name = spec.server;
    this.cacheToolsList = false;
    this.spec = spec;
    this.world = world;
    this.fillTemplate = fillTemplate;
  }

  async connect() {}
  async close() {}
  async invalidateToolsCache() {}

  async listTools() {
    return this.spec.tools.map((tool) => ({
      name: tool.name,
      description: tool.description ?? tool.name,
      inputSchema: tool.parameters,
    }));
  }

  async callTool(name, args) {
    const tool = this.spec.tools.find((entry) => entry.name === name);
    this.world.calls.mcp(name, args);
    return [{ type: 'text', text: this.fillTemplate(tool.returns ?? 'ok', args ?? {}) }];
  }
}
