// The agents that a state was saved with, as far as the file tells: the SDK reads a state only for given agents, so
// that names, tools and handoffs that stand in the file have to be there.
import { sdk } from './sdk.mjs';

/** Members that hold an agent, `{name, identity?}`, and texts that are an agent's identity. */
const AGENTS = new Set(['agent', 'currentAgent', 'sourceAgent', 'targetAgent', 'newAgent']);
const NAMES = new Set(['agentIdentity', 'agentName']);
/** Members in which an agent is not looked for: what the user and the model's provider said. */
const OPAQUE = new Set(['context', 'providerData', 'modelResponses', 'lastModelResponse', 'originalInput', 'rawItem']);

/**
 * The agent that a run starts with, from which all others of a file are reached.
 *
 * @param {any} file a state, parsed; or anything else
 */
export function graphOf(file) {
  const names = new Set();
  collectNames(file, names);
  collectNames(file?.context?.functionApprovals, names);
  collectNames(file?.context?.approvalInvocations, names);
  const agents = agentsOf([...names, 'Agent']);
  const current = nameOf(file?.currentAgent) ?? 'Agent';
  const root = agents.find(({ name }) => name === current.replace(/#\d+$/, '')) ?? agents[0];
  const { tools, handoffs } = capabilities(file, agents);
  for (const agent of agents) {
    agent.tools = tools;
    agent.handoffs = [...handoffs];
  }
  root.handoffs.push(...agents.filter((agent) => agent !== root).map(reach));
  return root;
}

const nameOf = (agent) => (typeof agent?.name === 'string' ? (agent.identity ?? agent.name) : null);
const reach = (agent, index) => sdk.handoff(agent, { toolNameOverride: `reach_${index}` });

function collectNames(value, names) {
  if (value === null || typeof value !== 'object') return;
  for (const [name, member] of Object.entries(value)) {
    if (AGENTS.has(name) && nameOf(member) !== null) names.add(nameOf(member));
    else if (NAMES.has(name) && typeof member === 'string') names.add(member);
    else if (name === 'toolUseTracker') Object.keys(member ?? {}).forEach((agent) => names.add(agent));
    else if (name === 'pendingAgentToolRuns') collectNames(Object.values(member ?? {}).map(nested), names);
    else if (!OPAQUE.has(name)) collectNames(member, names);
  }
}

function nested(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One agent for each identity; `NAME#2` is the SDK's for the second agent of a name. */
function agentsOf(identities) {
  const counts = new Map();
  for (const identity of identities) {
    const [, name, number = '1'] = /^(.*?)(?:#(\d{1,2}))?$/s.exec(identity);
    counts.set(name, Math.max(counts.get(name) ?? 1, Number(number)));
  }
  const alike = ([name, count]) => Array.from({ length: count }, () => new sdk.Agent({ name: name || 'Agent' }));
  return [...counts].flatMap(alike);
}

/** The tools and handoffs of the last response that was processed. */
function capabilities(file, agents) {
  const last = file?.lastProcessedResponse ?? {};
  const list = (name, key, make) => once(Array.isArray(last[name]) ? last[name] : [], key).map(make).filter(Boolean);
  const one = () => '';
  const functions = list('functions', ({ tool, toolCall }) => `${toolCall?.namespace}.${tool?.name}`, functionTool);
  const tools = [
    ...functions,
    ...searches(file, functions),
    ...list('computerActions', one, () => sdk.computerTool({ computer: COMPUTER })),
    ...list('shellActions', one, () => sdk.shellTool({ shell: { run: nothing } })),
    ...list('applyPatchActions', one, () => sdk.applyPatchTool({ editor: EDITOR })),
    ...list('mcpApprovalRequests', ({ mcpTool }) => mcpTool?.providerData?.server_label, hostedTool),
  ];
  return { tools, handoffs: list('handoffs', ({ handoff }) => handoff?.toolName, (told) => handoffTo(told, agents)) };
}

/** One entry for each key: a response may call a tool several times. */
const once = (entries, key) => [...new Map(entries.map((entry) => [key(entry ?? {}), entry ?? {}])).values()];
const nothing = async () => ({});
const EMPTY = { type: 'object', properties: {} };
const EDITOR = { createFile: nothing, updateFile: nothing, deleteFile: nothing };
const COMPUTER = { environment: 'browser', dimensions: [1024, 768], screenshot: async () => '' };

function functionTool({ tool: told, toolCall }) {
  if (typeof told?.name !== 'string') return null;
  const { name, description = '', parameters = EMPTY, deferLoading, allowedCallers } = told;
  const rule = { strict: false, needsApproval: true, deferLoading, allowedCallers };
  const tool = sdk.tool({ name, description, parameters, ...rule, execute: nothing });
  const { namespace } = toolCall ?? {};
  // A namespace that is called as the tool marks one that was loaded later.
  if (typeof namespace !== 'string' || namespace === name) return tool;
  return sdk.toolNamespace({ name: namespace, description: namespace, tools: [tool] })[0];
}

/** A search for tools, where the file has one; one of the client's finds what the file says it has found. */
function searches(file, functions) {
  const items = Array.isArray(file?.generatedItems) ? file.generatedItems : [];
  const calls = items.filter((item) => item?.type === 'tool_search_call_item');
  if (calls.length === 0) return [];
  const client = calls.some(({ rawItem }) => rawItem?.providerData?.execution === 'client');
  return [sdk.toolSearchTool(client ? { execution: 'client', execute: async () => functions } : {})];
}

function hostedTool({ mcpTool }) {
  const label = mcpTool?.providerData?.server_label;
  const server = { serverLabel: label, serverUrl: 'https://mcp.invalid' };
  return label && sdk.hostedMcpTool({ ...server, requireApproval: 'always' });
}

function handoffTo({ handoff }, agents) {
  const agent = agents.find(({ name }) => name === handoff?.agentName);
  return agent && sdk.handoff(agent, { toolNameOverride: handoff.toolName });
}
