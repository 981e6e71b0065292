"""The parts inside items that the JavaScript protocol spells differently: callers, shell and patch actions, tools."""

from collections.abc import Collection, Mapping
from typing import Any, cast

#: A JSON value; `Any` ends at this border.
JSON = Any
Json = dict[str, Any]
#: camelCase keys the SDK itself writes into `providerData`, and their wire names (getInputItems reads both).
PROVIDER_ALIASES = {
    "acknowledgedSafetyChecks": "acknowledged_safety_checks",
    "approvalRequestId": "approval_request_id",
    "containerId": "container_id",
    "encryptedContent": "encrypted_content",
    "pendingSafetyChecks": "pending_safety_checks",
    "serverLabel": "server_label",
}
_TOOL_KEYS = {"deferLoading": "defer_loading", "allowedCallers": "allowed_callers", "outputSchema": "output_schema"}
_TOOL_KEYS_BACK = {wire: key for key, wire in _TOOL_KEYS.items()}


class ItemError(ValueError):
    """An item has no form on the other side; `reason` is a short stable word.

    Reasons: `no-js-form` (a known type JavaScript lacks), `no-wire-form`, `run-item` (only allowed outside run items),
    `type`, `role`, `content`, `caller`, `status`, `field` (missing or of the wrong type).
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def record(value: JSON) -> Json:
    """Return the value if it is an object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def entries(value: JSON, what: str) -> list[JSON]:
    """Return the value if it is an array, or refuse it by name."""
    if not isinstance(value, list):
        raise ItemError("field", f"{what} must be an array")
    return cast("list[JSON]", value)


def present(members: Mapping[str, JSON]) -> Json:
    """Return the members that are not null."""
    return {key: value for key, value in members.items() if value is not None}


def without(members: Mapping[str, JSON], keys: Collection[str]) -> Json:
    """Return the members except the named ones."""
    return {key: value for key, value in members.items() if key not in keys}


def text(members: Mapping[str, JSON], key: str) -> str:
    """Return a member that must be a string."""
    value = members.get(key)
    if not isinstance(value, str):
        raise ItemError("field", f"{members.get('type') or 'the item'}: {key!r} must be a string")
    return value


def text_or_none(members: Mapping[str, JSON], key: str) -> str | None:
    """Return a member that may be absent or null, but is a string otherwise."""
    return None if members.get(key) is None else text(members, key)


def first(*values: JSON) -> JSON:
    """Return the first value that is not null, as `??` does."""
    return next((value for value in values if value is not None), None)


def string(value: JSON) -> str | None:
    """Return the value if it is a string."""
    return value if isinstance(value, str) else None


def status_in(members: Mapping[str, JSON], allowed: Collection[str], default: str | None) -> str | None:
    """Return the status, or the default if there is none; another status would make a JavaScript state unreadable."""
    status = members.get("status")
    if status is None:
        return default
    if status not in allowed:
        raise ItemError("status", f"{members.get('type')}: JavaScript knows no status {status!r} here")
    return cast("str", status)


def caller_to_wire(caller: JSON) -> Json | None:
    """Return `toOpenAIToolCaller(caller)`; an unknown caller is refused, for it would count as a direct one."""
    if caller is None:
        return None
    kind = record(caller).get("type")
    if kind == "direct":
        return {"type": "direct"}
    if kind == "program":
        return {"type": "program", "caller_id": text(caller, "callerId")}
    raise ItemError("caller", f"the wire form knows no caller {kind!r}")


def caller_to_protocol(caller: JSON) -> Json | None:
    """Return `fromOpenAIToolCaller(caller)`; an unknown caller is refused, for it would count as a direct one."""
    if caller is None:
        return None
    kind = record(caller).get("type")
    if kind == "direct":
        return {"type": "direct"}
    if kind == "program":
        return {"type": "program", "callerId": text(caller, "caller_id")}
    raise ItemError("caller", f"JavaScript knows no caller {kind!r}")


def search_tool_to_wire(tool: JSON) -> JSON:
    """Return a tool of a tool search output in wire spelling (`toOpenAIToolSearchOutputToolPayload`)."""
    return _search_tool(tool, _TOOL_KEYS, ("functionName", "function_name"))


def search_tool_to_protocol(tool: JSON) -> JSON:
    """Return a tool of a tool search output in protocol spelling (`fromOpenAIToolSearchOutputToolPayload`)."""
    return _search_tool(tool, _TOOL_KEYS_BACK, ("function_name", "functionName"))


def _search_tool(tool: JSON, keys: Mapping[str, str], reference: tuple[str, str]) -> JSON:
    members = record(tool)
    kind = members.get("type")
    if kind == "tool_reference":
        return {reference[1] if key == reference[0] else key: value for key, value in members.items()}
    if kind == "namespace" and isinstance(members.get("tools"), list):
        return {**members, "tools": [_search_tool(entry, keys, reference) for entry in members["tools"]]}
    if kind == "function":
        # The SDK drops a null here; kept under another name it would fail nowhere and mean the same.
        return {keys.get(key, key): value for key, value in members.items() if key not in keys or value is not None}
    return tool


def shell_action_to_wire(action: JSON) -> Json:
    """Return a shell action with `timeout_ms` and `max_output_length`; absent limits stay absent, as null means."""
    members = record(action)
    limits = present({"timeout_ms": members.get("timeoutMs"), "max_output_length": members.get("maxOutputLength")})
    return {"commands": entries(members.get("commands"), "shell_call: 'commands'"), **limits}


def shell_action_to_protocol(action: JSON) -> Json:
    """Return a shell action as `convertToOutputItem` builds it: commands, and limits that are counts."""
    members = record(action)
    commands = members.get("commands")
    result: Json = {"commands": commands if isinstance(commands, list) else []}
    for wire, key in (("timeout_ms", "timeoutMs"), ("max_output_length", "maxOutputLength")):
        if is_count(members.get(wire)):
            result[key] = members[wire]
    return result


def is_count(value: JSON) -> bool:
    """Tell whether the value is what zod accepts as `number().int().min(0)`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def shell_output_to_wire(entry: JSON) -> Json:
    """Return one command's output; an unknown exit code becomes 0, as `getInputItems` sends it."""
    members = record(entry)
    outcome = record(members.get("outcome"))
    exit_code = outcome.get("exitCode")
    return {
        "stdout": string(members.get("stdout")) or "",
        "stderr": string(members.get("stderr")) or "",
        "outcome": (
            {"type": "timeout"}
            if outcome.get("type") == "timeout"
            else {"type": "exit", "exit_code": 0 if exit_code is None else exit_code}
        ),
        **without(members, ("stdout", "stderr", "outcome")),
    }


def shell_output_to_protocol(entry: JSON) -> Json:
    """Return one command's output as `convertToOutputItem` builds it; what it drops beside is kept."""
    members = record(entry)
    outcome = record(members.get("outcome"))
    code = outcome.get("exit_code")
    return {
        "stdout": string(members.get("stdout")) or "",
        "stderr": string(members.get("stderr")) or "",
        "outcome": (
            {"type": "timeout"}
            if outcome.get("type") == "timeout"
            else {"type": "exit", "exitCode": code if isinstance(code, int) and not isinstance(code, bool) else None}
        ),
        **without(members, ("stdout", "stderr", "outcome")),
    }


def patch_to_wire(operation: JSON) -> Json:
    """Return a patch operation with `move_to` (`serializeApplyPatchOperationForResponses`)."""
    members = record(operation)
    if "type" not in members:
        raise ItemError("field", "apply_patch_call: 'operation' is missing")
    return {"move_to" if key == "moveTo" else key: value for key, value in members.items()}


_PATCH_MEMBERS = {"create_file": ("path", "diff"), "update_file": ("path", "diff"), "delete_file": ("path",)}


def patch_to_protocol(operation: JSON) -> Json:
    """Return a patch operation as `convertToOutputItem` builds it; what it throws on is refused."""
    members = record(operation)
    kind = members.get("type")
    if not isinstance(kind, str) or kind not in _PATCH_MEMBERS:
        raise ItemError("field", f"apply_patch_call: JavaScript knows no operation {kind!r}")
    result: Json = {"type": kind, **{key: text(members, key) for key in _PATCH_MEMBERS[kind]}}
    if kind == "update_file" and members.get("move_to") is not None:
        if not text(members, "move_to"):
            raise ItemError("field", "apply_patch_call: 'move_to' must not be empty")
        result["moveTo"] = members["move_to"]
    return result
