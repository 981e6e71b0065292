// Lists the calls of saved runs that wait for a decision; made from the prose and the published schemas alone.
// Usage: node pending.mjs STATE.json [...]     Prints a JSON object for each; exit status 1 where a file is refused.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
const known = {};
const load = (name) => (known[name] ??= JSON.parse(readFileSync(new URL(`../schema/v1/${name}`, import.meta.url))));
const refuse = (at, why) => { throw { message: `${at || "the document"}: ${why}` }; };
const kind = (v) => (v === null ? "null" : Array.isArray(v) ? "array" : typeof v);
const names = (v) => (kind(v) === "object" ? Object.keys(v) : []);
const pointer = (at, name) => `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`; // RFC 6901

// Keywords that a value meets or not; of values of other kinds they say nothing.
const PLAIN = {
  type: (v, says) => [says].flat().some((type) => (type === "integer" ? Number.isInteger(v) : kind(v) === type)),
  const: (v, says) => canonical(v) === canonical(says),
  enum: (v, says) => says.some((one) => canonical(v) === canonical(one)),
  minimum: (v, says) => kind(v) !== "number" || v >= says,
  maximum: (v, says) => kind(v) !== "number" || v <= says,
  minLength: (v, says) => kind(v) !== "string" || [...v].length >= says, // code points, not UTF-16 units
  pattern: (v, says) => kind(v) !== "string" || new RegExp(says, "u").test(v),
  minItems: (v, says) => kind(v) !== "array" || v.length >= says,
  maxItems: (v, says) => kind(v) !== "array" || v.length <= says,
  required: (v, says) => kind(v) !== "object" || says.every((name) => Object.hasOwn(v, name)),
  not: (v, says, file) => !meets(v, says, file),
};
// Keywords that hold schemas: what each is for, as [value, schema, pointer, and the schema's file if it is another].
const INNER = {
  $ref: (v, says, at, _, file) => {
    const [name, steps = ""] = says.split("#");
    const found = steps.split("/").slice(1).reduce((part, step) => part[step], load(name || file));
    return [[v, found, at, name || file]];
  },
  allOf: (v, says, at) => says.map((one) => [v, one, at]),
  if: (v, says, at, schema, file) => [[v, (meets(v, says, file) ? schema.then : schema.else) ?? true, at]],
  properties: (v, says, at) =>
    names(v).filter((name) => Object.hasOwn(says, name)).map((name) => [v[name], says[name], pointer(at, name)]),
  additionalProperties: (v, says, at, { properties = {} }) =>
    names(v).filter((name) => !Object.hasOwn(properties, name)).map((name) => [v[name], says, pointer(at, name)]),
  items: (v, says, at, { prefixItems = [] }) =>
    kind(v) === "array" ? v.map((one, i) => [one, prefixItems[i] ?? says, `${at}/${i}`]) : [],
};
const OTHER = ["$schema", "$id", "$defs", "title", "description", "then", "else", "prefixItems"];
function validate(v, schema, file, at) {
  if (schema === false) refuse(at, "nothing may stand here");
  for (const [word, says] of Object.entries(schema)) {
    if (!(word in PLAIN || word in INNER || OTHER.includes(word))) throw new Error(`${file}: keyword ${word}`);
    if (word in PLAIN && !PLAIN[word](v, says, file)) refuse(at, `the schema asks for ${word} ${JSON.stringify(says)}`);
    const inner = word in INNER ? INNER[word](v, says, at, schema, file) : [];
    for (const [one, its, place, where = file] of inner) validate(one, its, where, place);
  }
}
function meets(v, schema, file) {
  try { validate(v, schema, file, ""); return true; } catch (e) { if (e instanceof Error) throw e; return false; }
}
// core.md, "Digests": names by code point, whose order UTF-8 keeps; numbers as plain decimals.
const digest = (told) => `sha256:${createHash("sha256").update(JSON.stringify(told)).digest("hex")}`;
const plain = new Intl.NumberFormat("en", { useGrouping: false, maximumSignificantDigits: 21 });
const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
function canonical(v) {
  if (kind(v) === "array") return `[${v.map(canonical)}]`;
  if (kind(v) === "number") return plain.format(v + 0); // -0 is 0
  if (kind(v) !== "object") return JSON.stringify(v);
  return `{${names(v).sort(byCodePoint).map((name) => `${JSON.stringify(name)}:${canonical(v[name])}`)}}`;
}
function argumentString(call, item) {
  const text = call.arguments ?? [item.arguments, item.input].find((one) => kind(one) === "string");
  const told = ["action", "actions", "operation", "arguments", "input"].filter((name) => Object.hasOwn(item, name));
  return text ?? canonical(Object.fromEntries(told.map((name) => [name, item[name]])));
}
// state.md, "What waits"; approvals.md, "Deciding". A decided call is listed by SDKs, and waits for no decision.
function* waiting(state, run, above) {
  const { from, to } = run.responses.at(-1) ?? { from: 0, to: 0 };
  const place = (call) => (run.asked ?? []).indexOf(call.item) >>> 0; // those that `asked` does not list come last
  const calls = run.step.type === "interrupted" ? run.calls.filter(({ item }) => item >= from && item < to) : [];
  for (const call of calls.toSorted((a, b) => place(a) - place(b))) {
    const path = [...above, call.call_id];
    const nested = state.runs.find(({ parent }) => parent?.run === run.id && parent.item === call.item);
    if (call.state === "suspended" && nested) yield* waiting(state, nested, path);
    const unsure = call.state === "indeterminate" && run.asked?.includes(call.item);
    if (call.state !== "pending" && !unsure) continue;
    const at = `/runs/${state.runs.indexOf(run)}/calls/${run.calls.indexOf(call)}`;
    const { item, agent } = run.log[call.item] ?? refuse(`${at}/item`, "the log has no such entry");
    const args = argumentString(call, item);
    const bound = digest(["timestep-call-1", run.id, agent, call.tool, call.call_id, args]);
    if (call.digest !== bound) refuse(`${at}/digest`, "it is not that of the call in the log");
    const { name } = state.agents.find(({ key }) => key === agent) ?? refuse(at, "its agent is not in the document");
    yield { path: path.join("/"), run: run.id, agent: name, tool: call.tool, arguments: args, state: call.state };
  }
}
for (const file of process.argv.slice(2)) {
  try {
    const state = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file)));
    validate(state, load("run-state.schema.json"), "run-state.schema.json", "");
    for (const call of [...waiting(state, state.runs[0], [])]) console.log(JSON.stringify({ file, ...call }));
  } catch ({ message }) {
    console.error(`${file}: ${message.replace(/\p{Cc}+/gu, " ")}`); // what a file holds must not move a cursor
    process.exitCode = 1;
  }
}
