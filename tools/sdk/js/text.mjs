// Text forms that both workers share: compact JSON, templates, and what a guardrail looks at.

/** Compact JSON, keys as they come; a string stays as it is. */
export function compact(value) {
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? 'null';
}

/** Compact JSON with sorted keys. */
export function sortedJson(value) {
  return JSON.stringify(sorted(value)) ?? 'null';
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/** The parsed value of an argument string; the string itself where it is not JSON. */
export function parsed(text) {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Fills `{name}` with the argument of that name; other text stays, and so does a result that is no text. */
export function fill(returns, args) {
  if (typeof returns !== 'string' || !isObject(args)) return returns;
  let text = returns;
  // A function as replacement: `$` in an argument must stay a `$`.
  for (const [name, value] of Object.entries(args)) text = text.replaceAll(`{${name}}`, () => compact(value));
  return text;
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** The fields of `value` named in `keys`, in that order, without absent ones. */
export function pick(value, keys) {
  const out = {};
  for (const key of keys) {
    if (value?.[key] !== undefined && value[key] !== null) out[key] = value[key];
  }
  return out;
}
