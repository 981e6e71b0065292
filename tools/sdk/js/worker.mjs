// The worker: one JSON object a line on stdin, one answer a line on stdout. See ../README.md.
const KEYS = ['OPENAI_API_KEY', 'OPENAI_ADMIN_KEY', 'ANTHROPIC_API_KEY', 'OLLAMA_API_KEY'];
const found = KEYS.filter((name) => process.env[name]);
if (found.length > 0) {
  // Nothing here may reach a network; a key in reach would be a mistake waiting to happen.
  process.stderr.write(`refusing to start: ${found.join(', ')} is set\n`);
  process.exit(2);
}

// stdout belongs to the protocol; whatever a library prints goes to stderr.
for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error;

const { ops, OpError } = await import('./ops.mjs');
const { MissingFeature } = await import('./features.mjs');
const { errorOf } = await import('./record.mjs');

// A library's stray rejection or error (a stream left in the middle) must not end the worker.
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (reason) => process.stderr.write(`worker: ${event}: ${reason?.stack ?? reason}\n`));
}

async function answer(line) {
  let request;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { id: null, error: errorOf('request', error) };
  }
  const { id = null, op } = request;
  try {
    if (!Object.hasOwn(ops, op)) throw new Error(`Unknown op ${op}.`);
    return { id, ...(await ops[op](request)) };
  } catch (error) {
    if (error instanceof OpError) return { id, ...error.known, error: error.detail };
    if (!(error instanceof MissingFeature)) process.stderr.write(`worker: ${op}: ${error?.stack ?? error}\n`);
    return { id, error: errorOf('request', error) };
  }
}

/** Lines as the protocol means them: node's readline would also break at U+2028, which JSON may hold. */
async function* lines(input) {
  let rest = [];
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
      rest = [];
      from = end + 1;
    }
    rest.push(chunk.subarray(from));
  }
  yield Buffer.concat(rest).toString('utf8');
}

for await (const line of lines(process.stdin)) {
  if (line.trim() === '') continue;
  const text = JSON.stringify(await answer(line));
  if (!process.stdout.write(`${text}\n`)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
