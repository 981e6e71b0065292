// Server-sent events of a scripted response, in the order the Responses API sends them.

/** All events of one response; an `event` error stands after the output items. */
export function events(response, error) {
  const list = [...walk(response, error)];
  return list.map((event, index) => ({ ...event, sequence_number: index }));
}

function* walk(response, error) {
  const unfinished = { ...response, status: 'in_progress', output: [], usage: null, error: null };
  yield { type: 'response.created', response: unfinished };
  yield { type: 'response.in_progress', response: unfinished };
  for (const [index, item] of response.output.entries()) yield* itemEvents(index, item);
  if (error?.kind === 'event') {
    yield { type: 'error', code: error.code, message: error.message, param: null };
    return;
  }
  yield { type: `response.${response.status}`, response };
}

/** The events of one output item, with deltas for text and arguments. */
function* itemEvents(index, item) {
  yield { type: 'response.output_item.added', output_index: index, item: opened(item) };
  const place = { item_id: item.id ?? '', output_index: index };
  if (item.type === 'message') yield* messageEvents(place, item);
  if (item.type === 'function_call') {
    const kind = 'response.function_call_arguments';
    yield { type: `${kind}.delta`, ...place, delta: item.arguments };
    yield { type: `${kind}.done`, ...place, name: item.name, arguments: item.arguments };
  }
  yield { type: 'response.output_item.done', output_index: index, item };
}

/** An item as it stands when it is announced: without its content. */
function opened(item) {
  if (item.type === 'message') return { ...item, content: [], status: 'in_progress' };
  if (item.type === 'function_call') return { ...item, arguments: '', status: 'in_progress' };
  return item;
}

function* messageEvents(place, item) {
  for (const [index, part] of item.content.entries()) {
    const where = { ...place, content_index: index };
    yield { type: 'response.content_part.added', ...where, part: { ...part, ...blank(part) } };
    if (part.type === 'output_text') {
      yield { type: 'response.output_text.delta', ...where, delta: part.text, logprobs: [] };
      yield { type: 'response.output_text.done', ...where, text: part.text, logprobs: [] };
    }
    yield { type: 'response.content_part.done', ...where, part };
  }
}

const blank = (part) => (part.type === 'output_text' ? { text: '' } : { refusal: '' });
