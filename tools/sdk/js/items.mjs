// Items: scenarios speak the Responses wire form, this SDK its own "protocol" form.
import { convertToOutputItem, getInputItems } from './sdk.mjs';

/** Wire items (or a string) as the SDK's input. */
export function toProtocol(input) {
  if (!Array.isArray(input)) return input;
  const names = new Map(input.filter((item) => item.type === 'function_call').map((item) => [item.call_id, item.name]));
  return input.map((item) => one(item, names));
}

/** The SDK's items in wire form, by the SDK's own converter. */
export function toWire(items) {
  return getInputItems(items);
}

function one(item, names) {
  if (item.type === 'message' || (item.type === undefined && item.role)) return message(item);
  if (item.type === 'function_call_output') {
    // Only the call knows the name; without it the converter would put the call id there.
    return clean(convertToOutputItem([{ name: names.get(item.call_id), ...item }])[0]);
  }
  if (item.type === 'computer_call_output') return screenshot(item);
  if (item.type === 'mcp_approval_response') {
    return clean({ type: 'hosted_tool_call', id: item.id, name: item.type, status: 'completed', providerData: item });
  }
  return clean(convertToOutputItem([item])[0]);
}

function message(item) {
  if (item.role === 'assistant') return assistant(item);
  const content = typeof item.content === 'string' ? item.content : item.content.map(part);
  return clean({ type: 'message', id: item.id, role: item.role === 'developer' ? 'system' : item.role, content });
}

function assistant(item) {
  const content = typeof item.content === 'string' ? [{ type: 'output_text', text: item.content }] : item.content;
  return clean(convertToOutputItem([{ type: 'message', status: 'completed', ...item, content }])[0]);
}

function part(content) {
  const { type, image_url, file_id, file_url, file_data, filename, detail, text } = content;
  if (type === 'input_image') {
    return clean({ type, image: image_url ?? (file_id ? { id: file_id } : undefined), detail });
  }
  if (type === 'input_file') {
    const file = file_data ?? (file_url ? { url: file_url } : file_id ? { id: file_id } : undefined);
    return clean({ type, file, filename });
  }
  return clean({ type, text });
}

function screenshot(item) {
  const { call_id, id, output, status, acknowledged_safety_checks } = item;
  const providerData = clean({ status, acknowledged_safety_checks });
  return clean({
    type: 'computer_call_result',
    id,
    callId: call_id,
    output: { type: 'computer_screenshot', data: output?.image_url ?? '' },
    providerData: Object.keys(providerData).length > 0 ? providerData : undefined,
  });
}

function clean(value) {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
