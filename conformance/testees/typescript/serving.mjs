// The protocol: requests come in lines on stdin, answers and callbacks go out in lines on stdout.

/** An answer that is an `err` with a code of the registry. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} [pointer]
   */
  constructor(code, message, pointer) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

/** An answer that says what the SDK does not have. */
export class Unsupported extends Error {}

/** What the world said went wrong: an `err` that answers a callback. */
export class WorldError extends Error {
  /** @param {{code: string, message?: string}} told */
  constructor({ code, message }) {
    super(message ?? code);
    this.code = code;
  }
}

/** The bytes of a payload. */
export const bytesOf = ({ text, base64 }) => (text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text));

/** The text of a payload, as Node reads a file: what is no UTF-8 becomes U+FFFD. */
export const textOf = (payload) => payload.text ?? bytesOf(payload).toString();

const waiting = new Map();
let calls = 0;

/**
 * Asks the suite for something of the world.
 *
 * @param {string} name the callback
 * @param {object} args
 * @returns {Promise<any>} its answer
 * @throws {WorldError} where that is an error
 */
export function ask(name, args) {
  const call = ++calls;
  send({ call, do: name, args });
  return new Promise((resolve, reject) => waiting.set(call, { resolve, reject }));
}

/** Answers requests, one after the other, until stdin ends. */
export async function serve(operations) {
  // stdout belongs to the frames; what a library prints goes to stderr.
  for (const name of ['log', 'info', 'debug', 'warn']) console[name] = console.error;
  let last = Promise.resolve();
  for await (const line of lines(process.stdin)) {
    const frame = JSON.parse(line);
    if ('call' in frame) take(frame);
    // Not awaited: the answers to its callbacks come in by this loop.
    else last = last.then(() => answer(operations, frame)).then((told) => send({ id: frame.id, ...told }));
  }
  // What still asks the suite would wait for ever.
  if (waiting.size === 0) await last;
  process.exit();
}

function take({ call, ok, err }) {
  const { resolve, reject } = waiting.get(call);
  waiting.delete(call);
  if (err) reject(new WorldError(err));
  else resolve(ok);
}

async function answer(operations, { op, args }) {
  if (!Object.hasOwn(operations, op)) return { unsupported: { feature: op } };
  try {
    return { ok: await operations[op](args) };
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: { feature: error.message } };
    if (!(error instanceof Refusal)) return { internal: { message: `${error?.stack ?? error}` } };
    const { code, message, pointer } = error;
    return { err: { code, message, ...(pointer === undefined ? {} : { pointer }) } };
  }
}

const send = (frame) => process.stdout.write(`${JSON.stringify(frame)}\n`);

/** Lines as the protocol means them: Node's own reader of lines would break them at U+2028, too. */
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
}
