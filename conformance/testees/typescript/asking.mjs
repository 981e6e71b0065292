// Questions to the suite about one agent of a run.
import { ask } from './serving.mjs';

/**
 * What all agents of a request share.
 *
 * @typedef {object} Run
 * @property {string} id the id of the root run, which callbacks name
 * @property {Map<string, number>} turns how often models were asked: `''` for those of the root run, else by agent
 * @property {import('./serving.mjs').WorldError | null} error what the world said when something last went wrong
 *
 * @typedef {{run: Run, agent: string}} About the run and the agent of a question
 */

/**
 * Asks the suite about an agent. What it says went wrong is kept, for the SDK's errors have no codes.
 *
 * @param {About} about
 * @param {string} name the callback
 * @param {object} more its arguments
 */
export async function asked({ run, agent }, name, more) {
  try {
    return await ask(name, { run: run.id, agent, ...more });
  } catch (error) {
    run.error = error;
    throw error;
  }
}
