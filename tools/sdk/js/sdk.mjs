// Loads the SDK under test. Everything comes from one node_modules directory, so that the SDK, its
// OpenAI client and the SDK's item converter share their classes. TIMESTEP_JS_SDK may name another
// directory that holds a node_modules (an older release, an install outside this tree).
import { createRequire } from 'node:module';
import path from 'node:path';
import { readFileSync } from 'node:fs';

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

const manifest = path.join(path.dirname(entry), '..', 'package.json');
export const sdkName = '@openai/agents';
export const sdkVersion = JSON.parse(readFileSync(manifest, 'utf8')).version;

agents.setTracingDisabled(true);
