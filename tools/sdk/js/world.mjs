// One op's world: fresh agents, tools, transport and session, so that nothing leaks between ops.
import { agents as sdk, extensions, OpenAI } from './sdk.mjs';
import { Calls } from './calls.mjs';
import { McpDouble } from './builtins.mjs';
import { agentGuardrail } from './guardrails.mjs';
import { toProtocol } from './items.mjs';
import { scriptedSession } from './session.mjs';
import { fill } from './text.mjs';
import { toolsOf } from './tools.mjs';
import { Transport } from './transport.mjs';

export function buildWorld(scenario, { served, sessionItems, failsOnAdd } = {}) {
  const transport = new Transport(scenario, served, { patient: scenario.save_at === 'after_turn' });
  const world = { scenario, transport, calls: new Calls(), agents: {}, keys: new Map() };
  const client = new OpenAI({ apiKey: 'no-key', baseURL: 'https://model.invalid/v1', maxRetries: 0, fetch: transport.fetch });
  world.model = new sdk.OpenAIResponsesModel(client, scenario.model ?? 'gpt-4.1');
  for (const key of Object.keys(scenario.agents)) addAgent(key, world);
  // Tools and handoffs name other agents, so they come once all agents stand.
  for (const key of Object.keys(scenario.agents)) connect(key, world);
  world.start = world.agents[scenario.start];
  world.session = makeSession(scenario, sessionItems, failsOnAdd);
  world.runner = new sdk.Runner({ tracingDisabled: true });
  return world;
}

function addAgent(key, world) {
  const spec = world.scenario.agents[key];
  const guardrails = (keys = []) => keys.map((name) => agentGuardrail(name, world.scenario.guardrails[name]));
  const agent = new sdk.Agent({
    name: spec.name,
    instructions: spec.instructions,
    handoffDescription: spec.handoff_description ?? '',
    model: world.model,
    // Given even when empty: otherwise the SDK puts defaults of its default model here.
    modelSettings: modelSettings(spec.model_settings),
    inputGuardrails: guardrails(spec.input_guardrails),
    outputGuardrails: guardrails(spec.output_guardrails),
    ...(spec.output_schema ? { outputType: outputType(spec.output_schema) } : {}),
    ...(spec.tool_use_behavior ? { toolUseBehavior: toolUseBehavior(spec.tool_use_behavior) } : {}),
    ...(spec.reset_tool_choice !== undefined ? { resetToolChoice: spec.reset_tool_choice } : {}),
  });
  world.agents[key] = agent;
  world.keys.set(agent, key);
  world.calls.watch(agent);
}

function connect(key, world) {
  const spec = world.scenario.agents[key];
  const toolKeys = spec.tools ?? [];
  const agent = world.agents[key];
  agent.tools = toolsOf(toolKeys, world);
  agent.handoffs = (spec.handoffs ?? []).map((entry) => makeHandoff(entry, world));
  const servers = toolKeys.map((name) => world.scenario.tools[name]).filter((tool) => tool.kind === 'local_mcp');
  agent.mcpServers = servers.map((tool) => new McpDouble(tool, world, fill));
  if (servers.some((server) => server.require_approval)) gateMcpTools(agent, servers);
}

/**
 * This SDK has no approval setting for local MCP servers. An application that wants one sets the
 * rule on the function tools the SDK makes of them, and so does this.
 */
function gateMcpTools(agent, servers) {
  const gated = new Set(servers.filter((server) => server.require_approval).flatMap((server) => server.tools.map((tool) => tool.name)));
  const list = agent.getMcpTools.bind(agent);
  agent.getMcpTools = async (...args) => {
    const tools = await list(...args);
    for (const tool of tools) if (gated.has(tool.name)) tool.needsApproval = async () => true;
    return tools;
  };
}

function makeHandoff(entry, world) {
  const { agent, input_filter: filter } = typeof entry === 'string' ? { agent: entry } : entry;
  return sdk.handoff(world.agents[agent], {
    toolNameOverride: handoffName(world.agents[agent].name),
    ...(filter ? { inputFilter: inputFilters[filter] } : {}),
  });
}

/** Python lowers the name, this SDK would not; one model script must serve both. */
const handoffName = (name) => `transfer_to_${name.replace(/[^A-Za-z0-9]/g, '_').toLowerCase()}`;

const inputFilters = {
  remove_all_tools: (data) => extensions.removeAllTools(data),
  keep_last_user: (data) => ({ ...data, inputHistory: lastUser(data.inputHistory), preHandoffItems: [], newItems: [] }),
};

function lastUser(history) {
  if (typeof history === 'string') return history;
  const users = history.filter((item) => item.role === 'user');
  return users.slice(-1);
}

const SETTINGS = {
  temperature: 'temperature',
  top_p: 'topP',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  tool_choice: 'toolChoice',
  parallel_tool_calls: 'parallelToolCalls',
  truncation: 'truncation',
  max_tokens: 'maxTokens',
  store: 'store',
  prompt_cache_retention: 'promptCacheRetention',
  context_management: 'contextManagement',
  reasoning: 'reasoning',
};

/** Python's settings under this SDK's names; what has none here goes on the wire as it is. */
function modelSettings(given = {}) {
  const { verbosity, response_include: include, extra_body: extra, ...rest } = given;
  const out = {};
  const raw = { ...extra, ...(include ? { include } : {}) };
  for (const [key, value] of Object.entries(rest)) {
    if (SETTINGS[key]) out[SETTINGS[key]] = value;
    else raw[key] = value;
  }
  if (verbosity !== undefined) out.text = { verbosity };
  if (Object.keys(raw).length > 0) out.providerData = raw;
  return out;
}

function outputType(schema) {
  return { type: 'json_schema', name: 'final_output', strict: true, schema };
}

function toolUseBehavior(given) {
  return typeof given === 'string' ? given : { stopAtToolNames: given.stop_at_tool_names };
}

function makeSession(scenario, sessionItems, failsOnAdd) {
  if (!scenario.session) return undefined;
  return scriptedSession({
    sessionId: `session_${scenario.name}`,
    initialItems: sessionItems ?? toProtocol(scenario.session.items ?? []),
    failsOnAdd: failsOnAdd ?? [],
  });
}
