// Operations of the codec: what the SDK itself makes of a state.
import { graphOf } from './graph.mjs';
import { refusalOf } from './refusals.mjs';
import { sdk } from './sdk.mjs';
import { textOf } from './serving.mjs';
import { stepOf, waitsOf } from './waits.mjs';

/** What a document is. The SDK tells no number of a state that it has read, and has no warnings. */
export async function validate(args) {
  return (await read(args)).told;
}

/** What a document is, and what waits in it. */
export async function load(args) {
  const { state, told } = await read(args);
  return { ...told, step: stepOf(state), waits: waitsOf(state) };
}

/** A document, read and written again. */
export async function save(args) {
  const { state } = await read(args);
  return { state: { text: written(state) } };
}

async function read(args) {
  const text = textOf(args.state);
  const file = parsed(text);
  const told = { kind: 'run-state', dialect: 'openai-agents-js', number: file?.$schemaVersion, warnings: [] };
  try {
    return { state: await sdk.RunState.fromString(graphOf(file), text), told };
  } catch (error) {
    throw refusalOf(error);
  }
}

function written(state) {
  try {
    return state.toString();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What the text holds, for the agents that it names; what is wrong with it, the SDK is to say. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
