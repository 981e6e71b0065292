// Loads the SDK under test. Everything comes from one node_modules directory, so that the SDK, its
// OpenAI client and the SDK's item converter share their classes. TIMESTEP_JS_SDK may name another
// directory that holds a node_modules (an older release, an install outside this tree).
import { createRequire } from 'node:module';
import path from 'node:path';
import { existsSync, readFileSync } from 'node:fs';

const here = process.env.TIMESTEP_JS_SDK
  ? createRequire(path.join(path.resolve(process.env.TIMESTEP_JS_SDK), 'load.cjs'))
  : createRequire(import.meta.url);

const entry = here.resolve('@openai/agents');
// From here on names are resolved as the SDK itself would: its dependencies may not be hoisted.
const inside = createRequire(entry);

export const agents = here('@openai/agents');
export const extensions = inside('@openai/agents-core/extensions');
export const { OpenAI } = inside('openai');

const openaiEntry = inside.resolve('@openai/agents-openai');
// The converters between wire items and the SDK's own form are not exported by the package; the
// model module re-exports them for the SDK's tests. Using them keeps this worker from having its
// own opinion on that form.
const modelModule = createRequire(openaiEntry)(path.join(path.dirname(openaiEntry), 'openaiResponsesModel.js'));
export const { convertToOutputItem, getInputItems } = modelModule;

export const sdkName = '@openai/agents';
export const sdkVersion = versionOf(entry);

const coreEntry = inside.resolve('@openai/agents-core');
const core = createRequire(coreEntry);
const { dependencies } = JSON.parse(readFileSync(manifestOf(coreEntry), 'utf8'));
// The first releases have their zod under a name of their own.
const zod = '@openai/zod' in dependencies ? '@openai/zod' : 'zod';
/** The packages beside the SDK that shape what it sends and saves. */
export const packages = { openai: versionOf(inside.resolve('openai')), zod: versionOf(core.resolve(zod)) };

function versionOf(file) {
  return JSON.parse(readFileSync(manifestOf(file), 'utf8')).version;
}

/** The manifest of the package that a file belongs to; folders of one module format have none or a nameless one. */
function manifestOf(file) {
  const folder = path.dirname(file);
  const manifest = path.join(folder, 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version) return manifest;
  return manifestOf(folder);
}

agents.setTracingDisabled(true);
steadyTraceIds(agents.getGlobalTraceProvider());

/** Releases before 0.11.4 save the trace they make even so; its id would be a new one each time. */
function steadyTraceIds(provider) {
  const create = provider.createTrace.bind(provider);
  provider.createTrace = (options) => {
    const trace = create(options);
    if (trace.traceId.startsWith('trace_')) trace.traceId = `trace_${'0'.repeat(32)}`;
    return trace;
  };
}
