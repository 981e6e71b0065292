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
  return { ...told, step: stepOf(state), waits: answerTo(() => waitsOf(state)) };
}

/** A document, read and written again. */
export async function save(args) {
  const { state } = await read(args);
  return { state: { text: answerTo(() => state.toString()) } };
}

async function read(args) {
  const text = textOf(args.state);
  const file = parsed(text);
  const told = { kind: 'run-state', dialect: 'openai-agents-js', number: file?.$schemaVersion, warnings: [] };
  const root = graphOf(file);
  try {
    return { state: await sdk.RunState.fromString(root, text), told };
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What a state says; where the SDK refuses to say it, that is the answer. */
function answerTo(question) {
  try {
    return question();
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
