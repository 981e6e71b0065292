"""JavaScript protocol items to Responses wire items: `getInputItems` of agents-openai, but keeping what that drops."""

from collections.abc import Callable, Mapping
from typing import cast

from .item_parts import input_part_to_wire, output_part_to_wire, system_text, tool_output_to_wire
from .item_shapes import (
    JSON,
    PROVIDER_ALIASES,
    ItemError,
    Json,
    caller_to_wire,
    entries,
    first,
    patch_to_wire,
    present,
    record,
    search_tool_to_wire,
    shell_action_to_wire,
    shell_output_to_wire,
    string,
    text,
    without,
)

# What other model adapters of the SDK write for "no id"; the Responses adapter strips it.
_FAKE_ID = "FAKE_ID"
_PHASES = ("commentary", "final_answer")
_SEARCH_STATUS_DEFAULT = "failed"  # what getInputItems sends for a hosted call without status
# Hosted types by providerData.type, the names of early releases included.
_HOSTED_SEARCHES = {
    "web_search_call": "web_search_call",
    "web_search": "web_search_call",
    "file_search_call": "file_search_call",
    "file_search": "file_search_call",
    "code_interpreter_call": "code_interpreter_call",
    "code_interpreter": "code_interpreter_call",
    "image_generation_call": "image_generation_call",
    "image_generation": "image_generation_call",
}
_HOSTED_MCP = ("mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "mcp_call")


def to_wire(item: Mapping[str, JSON]) -> Json:
    """Return the Responses wire item that a JavaScript protocol item stands for.

    Typed keys win over `providerData`, which is spread into the item verbatim. Nested values are shared with the
    argument, not copied.

    Raises:
        ItemError: the item has no wire form (unknown type, missing member, content the wire form lacks).
    """
    kind = item.get("type")
    if kind is None and isinstance(item.get("role"), str):
        kind = "message"
    convert = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if convert is None:
        raise ItemError("type", f"no JavaScript item has the type {kind!r}")
    return convert(item)


def _assemble(item: Mapping[str, JSON], typed: Json, provider: Mapping[str, JSON] | None = None) -> Json:
    """Add the caller and the provider's own members to the typed ones; a typed null reserves its name."""
    caller = caller_to_wire(item.get("caller"))
    wire = present(typed)
    if caller is not None:
        wire["caller"] = caller
    extra = record(item.get("providerData")) if provider is None else provider
    for key, value in extra.items():
        name = PROVIDER_ALIASES.get(key, key)
        if name not in typed and name not in ("id", "type"):
            wire.setdefault(name, value)
    return wire


def _real_id(item: Mapping[str, JSON]) -> JSON:
    return None if item.get("id") == _FAKE_ID else item.get("id")


def _message(item: Mapping[str, JSON]) -> Json:
    convert = {"user": _user, "system": _system, "assistant": _assistant}.get(string(item.get("role")) or "")
    if convert is None:
        raise ItemError("role", f"no JavaScript message has the role {item.get('role')!r}")
    return convert(item)


def _user(item: Mapping[str, JSON]) -> Json:
    content = item.get("content")
    if not isinstance(content, str):
        content = [input_part_to_wire(part, output=False) for part in entries(content, "a user message's 'content'")]
    return _assemble(item, {"type": item.get("type"), "id": item.get("id"), "role": "user", "content": content})


def _system(item: Mapping[str, JSON]) -> Json:
    content: JSON = text(item, "content")
    # JavaScript holds a system message as text only; `to_protocol` keeps a list it came from beside it.
    stashed = record(item.get("providerData")).get("content")
    if isinstance(stashed, list) and system_text(cast("list[JSON]", stashed)) == content:
        content = cast("list[JSON]", stashed)
    return _assemble(item, {"type": item.get("type"), "id": item.get("id"), "role": "system", "content": content})


def _assistant(item: Mapping[str, JSON]) -> Json:
    phase = first(item.get("phase"), record(item.get("providerData")).get("phase"))
    if phase is not None and phase not in _PHASES:
        raise ItemError("field", f"no assistant message has the phase {phase!r}")
    typed: Json = {
        "type": "message",
        "id": _real_id(item),
        "role": "assistant",
        "content": [output_part_to_wire(part) for part in entries(item.get("content"), "an assistant's 'content'")],
        "status": item.get("status"),
        "phase": phase,
    }
    return _assemble(item, typed)


def _function_call(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "function_call",
        "id": _real_id(item),
        "call_id": text(item, "callId"),
        "name": text(item, "name"),
        "namespace": item.get("namespace"),
        "arguments": text(item, "arguments"),
        "status": item.get("status"),
    }
    return _assemble(item, typed, without(record(item.get("providerData")), ("caller",)))


def _function_result(item: Mapping[str, JSON]) -> Json:
    # The wire form names no tool, and every finished output is "completed": both are found again by `to_protocol`.
    status = item.get("status")
    typed = {
        "type": "function_call_output",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "output": tool_output_to_wire(item.get("output")),
        "status": None if status == "completed" else status,
    }
    return _assemble(item, typed, without(record(item.get("providerData")), ("caller", "namespace")))


def _reasoning(item: Mapping[str, JSON]) -> Json:
    provider = record(item.get("providerData"))
    typed: Json = {
        "type": "reasoning",
        "id": item.get("id"),
        "summary": [_text_part(part, "summary_text") for part in entries(item.get("content"), "reasoning: 'content'")],
        "encrypted_content": string(first(provider.get("encryptedContent"), provider.get("encrypted_content"))),
    }
    if isinstance(item.get("rawContent"), list):
        typed["content"] = [_text_part(part, "reasoning_text") for part in item["rawContent"]]
    return _assemble(item, typed)


def _text_part(part: JSON, kind: str) -> Json:
    members = record(part)
    extra = without(record(members.get("providerData")), ("type", "text"))
    return {"type": kind, "text": text(members, "text"), **extra}


def _program(item: Mapping[str, JSON]) -> Json:
    members = {key: text(item, key) for key in ("code", "fingerprint")}
    return _assemble(item, {"type": "program", "id": item.get("id"), "call_id": text(item, "callId"), **members})


def _program_output(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "program_output",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "result": text(item, "output"),
        "status": item.get("status"),
    }
    return _assemble(item, typed)


def _tool_search_call(item: Mapping[str, JSON]) -> Json:
    return _tool_search(item, {"arguments": item.get("arguments")})


def _tool_search_output(item: Mapping[str, JSON]) -> Json:
    tools = entries(item.get("tools"), "tool_search_output: 'tools'")
    return _tool_search(item, {"tools": [search_tool_to_wire(tool) for tool in tools]})


def _tool_search(item: Mapping[str, JSON], payload: Json) -> Json:
    provider = record(item.get("providerData"))
    # The provider's call id comes first, and an empty one counts as none (agents-core `tooling.mjs`).
    own = first(provider.get("call_id"), provider.get("callId"))
    call_id = next((found for found in (own, item.get("call_id"), item.get("callId")) if string(found)), None)
    typed = {
        "type": item["type"],
        "id": item.get("id"),
        "call_id": call_id,
        "execution": first(item.get("execution"), provider.get("execution")),
        "status": item.get("status"),
        **payload,
    }
    return _assemble(item, typed, without(provider, ("callId",)))


def _computer_call(item: Mapping[str, JSON]) -> Json:
    provider = record(item.get("providerData"))
    action, actions = item.get("action"), item.get("actions")
    # The SDK copies the first of several actions; only `to_protocol` notes that the wire item had both.
    if isinstance(actions, list) and actions and action == actions[0] and "action" not in provider:
        action = None
    typed: Json = {
        "type": "computer_call",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "status": item.get("status"),
        "action": action,
        "actions": actions,
    }
    return _assemble(item, typed)


def _computer_result(item: Mapping[str, JSON]) -> Json:
    output = record(item.get("output"))
    screenshot: Json = {"type": "computer_screenshot", "image_url": text(output, "data")}
    beside = record(output.get("providerData"))
    if beside.get("type") == "computer_screenshot":
        screenshot |= without(beside, screenshot)
    typed = {"type": "computer_call_output", "id": item.get("id"), "call_id": text(item, "callId")}
    return _assemble(item, {**typed, "output": screenshot})


def _shell_call(item: Mapping[str, JSON]) -> Json:
    provider = record(item.get("providerData"))
    action = shell_action_to_wire(item.get("action"))
    typed = {
        "type": "shell_call",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "status": item.get("status"),
        "action": {**action, **without(record(provider.get("action")), action)},
    }
    return _assemble(item, typed)


def _shell_output(item: Mapping[str, JSON]) -> Json:
    outputs = entries(item.get("output"), "shell_call_output: 'output'")
    typed = {
        "type": "shell_call_output",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "output": [shell_output_to_wire(entry) for entry in outputs],
    }
    typed |= present({"status": item.get("status"), "max_output_length": item.get("maxOutputLength")})
    # A local shell tool may put anything there; the SDK never sends it. The provider's own names the item type.
    provider = record(item.get("providerData"))
    return _assemble(item, typed, provider if provider.get("type") == "shell_call_output" else {})


def _patch_call(item: Mapping[str, JSON]) -> Json:
    operation = patch_to_wire(item.get("operation"))
    beside = record(record(item.get("providerData")).get("operation"))
    typed = {
        "type": "apply_patch_call",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "status": item.get("status"),
        "operation": {**operation, **without(beside, operation)},
    }
    return _assemble(item, typed)


def _patch_output(item: Mapping[str, JSON]) -> Json:
    typed = {
        "type": "apply_patch_call_output",
        "id": item.get("id"),
        "call_id": text(item, "callId"),
        "status": item.get("status"),
        "output": item.get("output"),
    }
    return _assemble(item, typed)


def _hosted(item: Mapping[str, JSON]) -> Json:
    provider = record(item.get("providerData"))
    search = _HOSTED_SEARCHES.get(string(provider.get("type")) or "")
    if search is not None:
        return _hosted_search(item, provider, search)
    names = (provider.get("type"), item.get("name"))
    kind = next((kind for kind in _HOSTED_MCP if kind in names), None)
    if kind is None:
        raise ItemError("no-wire-form", f"a hosted call of the type {names[0]!r} named {names[1]!r} has no wire form")
    return _hosted_mcp(item, provider, kind)


def _hosted_search(item: Mapping[str, JSON], provider: Json, kind: str) -> Json:
    typed = {"type": kind, "id": item.get("id"), "status": first(item.get("status"), _SEARCH_STATUS_DEFAULT)}
    if item.get("output") is not None:
        typed["result"] = item["output"]
    if kind == "code_interpreter_call" and "outputs" not in provider and "results" in provider:
        typed["outputs"] = provider["results"]
        provider = without(provider, ("results",))
    if kind == "file_search_call" and "queries" not in provider:
        typed["queries"] = []
    return _assemble(item, typed, provider)


def _hosted_mcp(item: Mapping[str, JSON], provider: Json, kind: str) -> Json:
    own_id = provider.get("id")
    typed: Json = {"type": kind, "id": own_id}
    if kind == "mcp_list_tools":
        typed["id"] = item.get("id")
    elif kind == "mcp_call":
        typed |= {"id": first(own_id, item.get("id")), **present({"output": item.get("output")})}
    elif kind == "mcp_approval_request":
        typed["id"] = first(own_id, provider.get("itemId"), item.get("id"))
        name = None if item.get("name") == kind else item.get("name")
        typed |= present({"name": first(provider.get("name"), name)})
        typed |= present({"arguments": provider.get("arguments", item.get("arguments"))})
        provider = without(provider, ("itemId",))
    return _assemble(item, typed, provider)


def _compaction(item: Mapping[str, JSON]) -> Json:
    encrypted = first(item.get("encrypted_content"), item.get("encryptedContent"))
    if not isinstance(encrypted, str):
        raise ItemError("field", "compaction: 'encrypted_content' must be a string")
    typed = {
        "type": "compaction",
        "id": item.get("id"),
        "encrypted_content": encrypted,
        "created_by": item.get("created_by"),
    }
    return _assemble(item, typed)


def _unknown(item: Mapping[str, JSON]) -> Json:
    wire = dict(record(item.get("providerData")))
    kind = wire.get("type")
    if not isinstance(kind, str) and not (kind is None and isinstance(wire.get("role"), str)):
        raise ItemError("no-wire-form", "an unknown item names its type in 'providerData'; this one has none")
    # Wrapped so, the runner can't see a call; unwrapped it would be one that nobody answered for.
    if kind in _NEVER_UNKNOWN or (kind in (None, "message") and wire.get("role") in ("user", "system", "assistant")):
        raise ItemError("no-wire-form", f"JavaScript has an item of its own for {kind or 'messages'}")
    return {**wire, **present({"id": item.get("id")})}


_NEVER_UNKNOWN = frozenset(
    (
        *("function_call", "function_call_output", "reasoning", "computer_call", "shell_call", "shell_call_output"),
        *("apply_patch_call", "apply_patch_call_output", "program", "program_output", "compaction"),
        *("tool_search_call", "tool_search_output", "mcp_list_tools", "mcp_approval_request", "mcp_call"),
        *("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call"),
    )
)
_BY_TYPE: dict[str, Callable[[Mapping[str, JSON]], Json]] = {
    "message": _message,
    "function_call": _function_call,
    "function_call_result": _function_result,
    "reasoning": _reasoning,
    "program": _program,
    "program_output": _program_output,
    "tool_search_call": _tool_search_call,
    "tool_search_output": _tool_search_output,
    "computer_call": _computer_call,
    "computer_call_result": _computer_result,
    "shell_call": _shell_call,
    "shell_call_output": _shell_output,
    "apply_patch_call": _patch_call,
    "apply_patch_call_output": _patch_output,
    "hosted_tool_call": _hosted,
    "compaction": _compaction,
    "unknown": _unknown,
}
