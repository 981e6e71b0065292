// Answers single questions with the real JavaScript SDK's internal functions: one JSON question a line, one answer a line.
//
// question  {"op": ..., ...}             see OPS
// answer    {"value": ...} | {"error": message}      no "value" where the SDK answers undefined
//
// The modules are not exported, so they are imported by path from $TIMESTEP_SDK_JS/node_modules (a folder with
// @openai/agents). They read and log nothing here; whatever is printed goes to stderr.
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = process.env.TIMESTEP_SDK_JS;
if (!root) {
  process.stderr.write('set TIMESTEP_SDK_JS to the folder whose node_modules holds @openai/agents\n');
  process.exit(2);
}
const load = (path) => import(pathToFileURL(join(root, 'node_modules', '@openai', path)).href);
const converter = await load('agents-openai/dist/openaiResponsesConverter.mjs');
const invocation = await load('agents-core/dist/toolInvocation.mjs');
const identity = await load('agents-core/dist/toolIdentity.mjs');
const execution = await load('agents-core/dist/runner/toolExecution.mjs');
const protocol = await load('agents-core/dist/types/protocol.mjs');

// What a saved state would hold: a schema strips the members it does not know, and JSON drops undefined ones.
const parse = ({ item, schema }) => {
  const result = protocol[schema ?? 'ModelItem'].safeParse(item);
  if (!result.success) {
    throw new Error(JSON.stringify(result.error.issues));
  }
  return result.data;
};

const OPS = {
  fingerprint: ({ tool_name, item }) => invocation.getToolInvocationFingerprint(tool_name, item),
  call_id: ({ item }) => invocation.getToolInvocationCallId(item),
  handoff_name: ({ name }) => invocation.getHandoffToolInvocationName(name),
  function_key: ({ name, namespace }) => identity.getFunctionToolLookupKey(name, namespace ?? undefined),
  hosted_mcp_key: ({ server_label, tool_name }) =>
    identity.getHostedMcpApprovalStateKey({ serverLabel: server_label, toolName: tool_name }),
  number: ({ text }) => JSON.stringify(JSON.parse(text)),
  to_wire: ({ item }) => converter.getInputItems([item])[0],
  to_protocol: ({ item }) => converter.convertToOutputItem([item])[0],
  function_result: ({ call, output }) => execution.getToolCallOutputItem(call, output),
  parse,
};

function answer(line) {
  try {
    const question = JSON.parse(line);
    return { value: OPS[question.op](question) };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(line))}\n`);
}
