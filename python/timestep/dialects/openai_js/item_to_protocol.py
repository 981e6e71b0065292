"""Responses wire items to JavaScript protocol items.

Model outputs become what `convertToOutputItem` (agents-openai) makes of them, tool outputs what the runner stores
(agents-core `toolExecution.mjs`, `mcpApprovals.mjs`). Members those would lose stay in `providerData`, only where the
SDK doesn't send them on.
"""

from collections.abc import Callable, Mapping
from typing import cast

from .item_parts import input_part_to_protocol, output_part_to_protocol, system_text, tool_output_to_protocol
from .item_shapes import (
    JSON,
    ItemError,
    Json,
    caller_to_protocol,
    entries,
    is_count,
    patch_to_protocol,
    present,
    record,
    search_tool_to_protocol,
    shell_action_to_protocol,
    shell_output_to_protocol,
    status_in,
    string,
    text,
    text_or_none,
    without,
)

Names = Mapping[str, tuple[str, str | None]]
_PROGRESS = ("in_progress", "completed", "incomplete")
_PHASES = ("commentary", "final_answer")
# Known to the Responses API and to the Python SDK, but no item, or no input, of the JavaScript protocol.
_NO_JS_FORM = frozenset(
    ("local_shell_call", "local_shell_call_output", "custom_tool_call", "custom_tool_call_output", "item_reference")
)


def to_protocol(item: Mapping[str, JSON], *, names: Names | None = None, run_item: bool = False) -> Json:
    """Return the JavaScript protocol item for a Responses wire item.

    Args:
        item: the wire item. Nested values are shared with the result, not copied.
        names: (name, namespace) of each call id; a wire output doesn't name its tool.
        run_item: the result is to stand in a run item (`generatedItems`, `newItems`), where `unknown` is not accepted.

    Raises:
        ItemError: JavaScript has no form for the item, and keeping it as another would change what it means.
    """
    kind = item.get("type")
    if kind is None and isinstance(item.get("role"), str):
        kind = "message"
    if not isinstance(kind, str) or not kind:
        raise ItemError("type", "the item has neither type nor role")
    if kind in _NO_JS_FORM:
        raise ItemError("no-js-form", f"{kind} has no JavaScript form")
    if kind == "function_call_output":
        return _function_output(item, names or {})
    protocol = _BY_TYPE.get(kind, _unknown)(item)
    if run_item and protocol.get("type") == "unknown":
        raise ItemError("run-item", f"JavaScript has no run item for {kind}")
    return protocol


def to_approval(item: Mapping[str, JSON]) -> Json:
    """Return the `rawItem` of the approval placeholder for a call that waits.

    It is the call itself, except that the runner names a hosted MCP request by its tool (`modelOutputs.mjs`).
    """
    protocol = to_protocol(item, run_item=True)
    if item.get("type") != "mcp_approval_request":
        return protocol
    return {**protocol, "name": text(item, "name"), "status": "in_progress"}


def _typed(item: Mapping[str, JSON], typed: Json, provider: Json | None) -> Json:
    """Add the caller and `providerData` to the typed members that have a value."""
    caller = caller_to_protocol(item.get("caller"))
    tail = present({"caller": caller, "providerData": provider})
    return {**present(typed), **tail}


def _unknown(item: Mapping[str, JSON]) -> Json:
    """Carry an item JavaScript has no type for; it sends `providerData` as it is."""
    return {"type": "unknown", **present({"id": string(item.get("id"))}), "providerData": dict(item)}


def _message(item: Mapping[str, JSON]) -> Json:
    role = item.get("role")
    known = {"user": _user, "system": _system, "assistant": _assistant, "developer": _unknown}
    convert = known.get(string(role) or "")
    if convert is None:
        raise ItemError("role", f"no JavaScript message has the role {role!r}")
    return convert(item)


def _user(item: Mapping[str, JSON]) -> Json:
    content = item.get("content")
    if not isinstance(content, str):
        parts = entries(content, "a user message's 'content'")
        content = [input_part_to_protocol(part, output=False) for part in parts]
    rest = without(item, ("type", "id", "role", "content"))
    return _typed({}, {**_head(item), "content": content}, rest or None)


def _system(item: Mapping[str, JSON]) -> Json:
    content = item.get("content")
    rest = without(item, ("type", "id", "role", "content"))
    if not isinstance(content, str):
        # JavaScript holds text only. It never sends `providerData.content`, so the list can wait there.
        rest["content"] = entries(content, "a system message's 'content'")
        content = system_text(rest["content"])
        if content is None:
            raise ItemError("content", "a JavaScript system message holds text only")
    return _typed({}, {**_head(item), "content": content}, rest or None)


def _head(item: Mapping[str, JSON]) -> Json:
    return {"type": item.get("type"), "id": text_or_none(item, "id"), "role": item["role"]}


def _assistant(item: Mapping[str, JSON]) -> Json:
    content = item.get("content")
    if isinstance(content, str):
        parts = [{"type": "output_text", "text": content}]
    else:
        parts = [output_part_to_protocol(part) for part in entries(content, "an assistant's 'content'")]
    phase = {"phase": item["phase"]} if item.get("phase") in _PHASES else {}
    typed = {**_head(item), "content": parts, "status": status_in(item, _PROGRESS, "completed"), **phase}
    provider = {**without(item, ("id", "type", "role", "content", "status", "phase")), **phase}
    # A model's message always has an id, and then the SDK writes providerData even if it is empty.
    return _typed({}, typed, provider if provider or item.get("id") is not None else None)


def _function_call(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "function_call",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "name": text(item, "name"),
        "namespace": text_or_none(item, "namespace"),
        "status": status_in(item, _PROGRESS, None),
        "arguments": text(item, "arguments"),
    }
    used = ("call_id", "name", "namespace", "caller", "status", "arguments")
    return _typed(item, typed, without(item, used))


def _function_output(item: Mapping[str, JSON], names: Names) -> Json:
    call_id = text(item, "call_id")
    # Without the call, the name is what the SDK makes of it itself: one the item brings, else the call id.
    own_name = text_or_none(item, "name") or text_or_none(item, "function_name") or call_id
    name, namespace = names.get(call_id) or (own_name, text_or_none(item, "namespace"))
    typed = {
        "type": "function_call_result",
        "id": text_or_none(item, "id"),
        "name": name,
        "namespace": namespace,
        "callId": call_id,
        "status": status_in(item, _PROGRESS, "completed"),
        "output": tool_output_to_protocol(item.get("output")),
    }
    used = ("type", "id", "call_id", "status", "output", "name", "function_name", "namespace", "caller")
    return _typed(item, typed, without(item, used) or None)


def _reasoning(item: Mapping[str, JSON]) -> Json:
    summary = [record(part) for part in entries(item.get("summary", []), "reasoning: 'summary'")]
    content = [
        {"type": "input_text", "text": text(part, "text"), "providerData": without(part, ("text",))} for part in summary
    ]
    typed = {"type": "reasoning", "id": text_or_none(item, "id"), "content": content}
    return _typed({}, typed, without(item, ("summary",)))


def _program(item: Mapping[str, JSON]) -> Json:
    members = {key: text(item, key) for key in ("code", "fingerprint")}
    typed = {"type": "program", "id": text_or_none(item, "id"), "callId": text(item, "call_id"), **members}
    return _typed({}, typed, without(item, ("id", "call_id", "code", "fingerprint", "type")))


def _program_output(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "program_output",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "output": text(item, "result"),
        "status": status_in(item, ("completed", "incomplete"), "completed"),
    }
    return _typed({}, typed, without(item, ("id", "call_id", "result", "status", "type")))


def _tool_search_call(item: Mapping[str, JSON]) -> Json:
    return _tool_search(item, "arguments", item.get("arguments"))


def _tool_search_output(item: Mapping[str, JSON]) -> Json:
    tools = entries(item.get("tools", []), "tool_search_output: 'tools'")
    if not all(isinstance(tool, dict) for tool in tools):
        raise ItemError("field", "tool_search_output: every tool must be an object")
    return _tool_search(item, "tools", [search_tool_to_protocol(tool) for tool in tools])


def _tool_search(item: Mapping[str, JSON], key: str, payload: JSON) -> Json:
    typed = {"type": item["type"], "id": text_or_none(item, "id"), "status": text_or_none(item, "status")}
    # The schema wants the arguments there, be they null.
    return {**present(typed), key: payload, "providerData": without(item, ("id", "type", "status", key))}


def _computer_call(item: Mapping[str, JSON]) -> Json:
    action = item.get("action")
    actions = item.get("actions") or None
    if action is None and not isinstance(actions, list):
        raise ItemError("field", "computer_call: neither 'action' nor 'actions'")
    provider = without(item, ("call_id", "status", "action", "actions"))
    if action is not None and actions is not None:
        provider["action"] = action  # never sent; tells `to_wire` that the wire item had both
    typed: Json = {
        "type": "computer_call",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "status": status_in(item, _PROGRESS, "completed"),
        "action": cast("list[JSON]", actions)[0] if action is None else action,
        "actions": actions,
    }
    return _typed({}, typed, provider)


def _computer_output(item: Mapping[str, JSON]) -> Json:
    screenshot = record(item.get("output"))
    if string(screenshot.get("image_url")) is None:
        raise ItemError("field", "computer_call_output: JavaScript holds a screenshot by 'image_url' only")
    output: Json = {"type": "computer_screenshot", "data": screenshot["image_url"]}
    beside = without(screenshot, ("type", "image_url"))
    if present(beside):
        output["providerData"] = {"type": "computer_screenshot", **beside}
    provider = without(item, ("type", "id", "call_id", "output", "acknowledged_safety_checks"))
    provider |= present({"acknowledgedSafetyChecks": item.get("acknowledged_safety_checks")})
    typed = {"type": "computer_call_result", "id": text_or_none(item, "id"), "callId": text(item, "call_id")}
    return _typed({}, {**typed, "output": output}, provider or None)


def _shell_call(item: Mapping[str, JSON]) -> Json:
    action = shell_action_to_protocol(item.get("action"))
    provider = without(item, ("call_id", "status", "action", "caller"))
    if len(present(record(item.get("action")))) > len(action):
        provider["action"] = item["action"]  # never sent; holds what the SDK drops
    typed = {
        "type": "shell_call",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "status": status_in(item, _PROGRESS, None),
        "action": action,
    }
    return _typed(item, typed, provider)


def _shell_output(item: Mapping[str, JSON]) -> Json:
    outputs = entries(item.get("output"), "shell_call_output: 'output'")
    typed = {
        "type": "shell_call_output",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "output": [shell_output_to_protocol(entry) for entry in outputs],
    }
    used = {"call_id", "output", "caller"}
    # Python writes the status "failed", which would make a JavaScript state unreadable.
    for key, name, fits in (
        ("status", "status", item.get("status") in _PROGRESS),
        ("max_output_length", "maxOutputLength", is_count(item.get("max_output_length"))),
    ):
        if fits or item.get(key) is None:
            typed[name] = item.get(key)
            used.add(key)
    return _typed(item, typed, _provider_of_output(item, used))


def _provider_of_output(item: Mapping[str, JSON], used: set[str]) -> Json | None:
    """Return nothing for an output the runner made, which has no id, and the provider's members otherwise."""
    rest = without(item, used)
    return rest if present(without(rest, ("type",))) else None


def _patch_call(item: Mapping[str, JSON]) -> Json:
    operation = patch_to_protocol(item.get("operation"))
    provider = without(item, ("call_id", "status", "operation", "caller"))
    if len(present(record(item.get("operation")))) > len(operation):
        provider["operation"] = item["operation"]  # never sent; holds what the SDK drops
    typed = {
        "type": "apply_patch_call",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "status": status_in(item, ("in_progress", "completed"), "in_progress"),
        "operation": operation,
    }
    return _typed(item, typed, provider)


def _patch_output(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "apply_patch_call_output",
        "id": text_or_none(item, "id"),
        "callId": text(item, "call_id"),
        "status": status_in(item, ("completed", "failed"), "completed"),
        "output": text_or_none(item, "output"),
    }
    return _typed(item, typed, _provider_of_output(item, {"call_id", "status", "output", "caller"}))


def _hosted_search(item: Mapping[str, JSON]) -> Json:
    provider = without(item, ("status",))
    output = string(provider.get("result"))
    if output is not None:
        del provider["result"]
    return _hosted(item, {"status": text_or_none(item, "status"), "output": output}, provider)


def _mcp_call(item: Mapping[str, JSON]) -> Json:
    output = string(item.get("output"))
    provider = dict(item) if output is None and item.get("output") is not None else without(item, ("output",))
    return _hosted(item, {"status": "completed", "output": output}, provider)


def _mcp_request(item: Mapping[str, JSON]) -> Json:
    return _hosted(item, {"status": "completed"}, dict(item))


def _hosted(item: Mapping[str, JSON], members: Json, provider: Json) -> Json:
    caller = caller_to_protocol(item.get("caller"))
    if caller is not None:
        del provider["caller"]
    typed = {"type": "hosted_tool_call", "id": text_or_none(item, "id"), "name": item["type"], **members}
    return {**present(typed), **present({"caller": caller}), "providerData": provider}


def _mcp_response(item: Mapping[str, JSON]) -> Json:
    typed = {"type": "hosted_tool_call", "name": "mcp_approval_response"}
    return _typed(item, typed, without(item, ("type", "caller")))


def _compaction(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "compaction",
        "id": text_or_none(item, "id"),
        "encrypted_content": text(item, "encrypted_content"),
        "created_by": text_or_none(item, "created_by"),
    }
    return _typed({}, typed, without(item, ("encrypted_content", "created_by")))


_BY_TYPE: dict[str, Callable[[Mapping[str, JSON]], Json]] = {
    "message": _message,
    "function_call": _function_call,
    "reasoning": _reasoning,
    "program": _program,
    "program_output": _program_output,
    "tool_search_call": _tool_search_call,
    "tool_search_output": _tool_search_output,
    "computer_call": _computer_call,
    "computer_call_output": _computer_output,
    "shell_call": _shell_call,
    "shell_call_output": _shell_output,
    "apply_patch_call": _patch_call,
    "apply_patch_call_output": _patch_output,
    **dict.fromkeys(
        ("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call"), _hosted_search
    ),
    "mcp_call": _mcp_call,
    "mcp_list_tools": _mcp_request,
    "mcp_approval_request": _mcp_request,
    "mcp_approval_response": _mcp_response,
    "compaction": _compaction,
}
