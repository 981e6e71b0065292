// The SDK throws errors and has no codes. What its errors tell is named by a code of the registry; all else that it
// refuses is told as `state-inconsistent`, which is what most of its checks are about.
import { Refusal } from './serving.mjs';

const TOLD = [
  [/^Failed to parse run state\. (Unexpected end of JSON input|Unterminated string)/, 'json-truncated'],
  [/^Failed to parse run state\. /, 'json-syntax'],
  [/^Run state is missing schema version/, 'dialect-unknown', ''],
  [/^Run state schema version .* is not supported/s, 'version-unknown', '/$schemaVersion'],
  [/^Run state schema version .* does not support /, 'version-mislabelled', '/$schemaVersion'],
  [/^RunState schema .* requires explicit /, 'field-missing'],
  [/approvals because their structure does not match/, 'approval-shape'],
  [/^Tool call ID .* was reused for a different invocation after an approval decision/s, 'call-changed'],
];

/** The refusal that an error of the SDK is. */
export function refusalOf(error) {
  if (error?.name === 'ZodError') return shapeOf(error);
  const message = String(error?.message ?? error);
  const [, code, place] = TOLD.find(([text]) => text.test(message)) ?? [null, 'state-inconsistent'];
  return new Refusal(code, message, place);
}

/** The first thing that the SDK's schema finds wrong, and where. */
function shapeOf({ issues: [issue] }) {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const place = missing ? issue.path.slice(0, -1) : issue.path;
  return new Refusal(missing ? 'field-missing' : 'state-shape', issue.message, pointer(place));
}

const pointer = (path) => path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
