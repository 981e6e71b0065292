// The SDK under test. It is taken from the node_modules beside this file (`npm ci`), or from those of the folder that
// TIMESTEP_SDK_JS names.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const { TIMESTEP_SDK_JS: elsewhere } = process.env;
const load = elsewhere ? createRequire(path.join(path.resolve(elsewhere), 'load.cjs')) : createRequire(import.meta.url);

const entry = load.resolve('@openai/agents');
// The client is resolved as the SDK resolves it: there may be another one beside it.
const inside = createRequire(entry);

/** Everything that `@openai/agents` exports. */
export const sdk = load('@openai/agents');
export const { OpenAI } = inside('openai');

const manifest = path.join(entry.slice(0, entry.lastIndexOf(`${path.sep}dist${path.sep}`)), 'package.json');
export const { version } = JSON.parse(readFileSync(manifest, 'utf8'));

sdk.setTracingDisabled(true);
