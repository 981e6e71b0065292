"""Tool identities of the Python SDK, byte for byte (`agents/_tool_invocation.py`, `agents/_tool_identity.py`, 0.24.0).

An identity is a SHA-256 over sorted compact JSON. The approval scope says which tool may be called, the fingerprint
says with what. Where the SDK raises instead of answering, the functions here return None.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple, NoReturn, cast

#: A JSON value; `Any` ends at this border.
JSON = Any
LookupKey = tuple[Literal["bare", "deferred_top_level"], str] | tuple[Literal["namespaced"], str, str]

# The member each type must have to be fingerprinted; a patch may carry a list of operations instead.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "function_call": ("arguments",),
    "mcp_approval_request": ("arguments",),
    "custom_tool_call": ("input",),
    "computer_call": ("action",),
    "local_shell_call": ("action",),
    "shell_call": ("action",),
    "apply_patch_call": ("operation", "operations"),
}
_SEMANTIC_FIELDS = (
    "type",
    "name",
    "namespace",
    "server_label",
    "arguments",
    "input",
    "action",
    "actions",
    "pending_safety_checks",
    "operation",
    "operations",
    "environment",
    "caller",
)


class Identity(NamedTuple):
    """What the SDK stores of a call in `context.tool_invocations`."""

    type: str
    call_id: str
    approval_scope: str
    fingerprint: str


def invocation_identity(
    wire_item: Mapping[str, Any],
    *,
    lookup_key: LookupKey | None = None,
    tool_name: str | None = None,
    role: str | None = None,
) -> Identity | None:
    """Return `tool_invocation_identity_and_scope(item, ...)` for an item as a state file holds it.

    Args:
        wire_item: the call, `raw_item` in the file.
        lookup_key: the key of the tool that answers the call; None derives it from name and namespace.
        tool_name: the name of the built-in tool (computer, shell, patch, custom).
        role: `invocation_role`, "handoff" for a handoff call.

    Returns:
        None where the SDK knows no identity, and also where it raises: text with lone surrogates can't be encoded
        as UTF-8 (UnicodeEncodeError) and arguments deeper than the interpreter's stack raise RecursionError.
    """
    try:
        return _identity(wire_item, lookup_key, tool_name, role)
    except (UnicodeEncodeError, RecursionError):
        return None


def lookup_key(name: str | None, namespace: str | None = None) -> LookupKey | None:
    """Return `get_function_tool_lookup_key(name, namespace)`."""
    if not name:
        return None
    if namespace == name:
        return ("deferred_top_level", name)
    if namespace:
        return ("namespaced", namespace, name)
    return ("bare", name)


def _identity(
    wire_item: Mapping[str, Any], key: LookupKey | None, tool_name: str | None, role: str | None
) -> Identity | None:
    call = _unwrapped(wire_item)
    kind = call.get("type")
    if not isinstance(kind, str) or kind not in _REQUIRED:
        return None
    call_id = _filled(call.get("id" if kind == "mcp_approval_request" else "call_id"))
    scope = _approval_scope(call, kind, key, tool_name, role)
    if call_id is None or scope is None:
        return None
    if not any(member in call for member in _REQUIRED[kind]):
        return None
    if kind == "custom_tool_call" and _filled(call.get("name")) is None:
        return None
    return Identity(kind, call_id, scope, _sha256(_semantics(call, kind, scope)))


def _semantics(call: Mapping[str, Any], kind: str, scope: str) -> dict[str, Any]:
    """Collect the members that make two calls the same call; a function's name is in its scope already."""
    payload: dict[str, Any] = {"approval_scope": scope}
    for field in _SEMANTIC_FIELDS:
        value = call.get(field)
        if value is None or (kind == "function_call" and field in {"name", "namespace"}):
            continue
        payload[field] = _arguments(value) if field == "arguments" else _without_nulls(value)
    return payload


def _approval_scope(
    call: Mapping[str, Any], kind: str, key: LookupKey | None, tool_name: str | None, role: str | None
) -> str | None:
    """Return the digest of which tool is called in which role (`tool_invocation_approval_scope`)."""
    payload: dict[str, Any] = {"type": kind} if role is None else {"type": kind, "invocation_role": role}
    if kind == "function_call":
        resolved = key or lookup_key(_filled(call.get("name")), _filled(call.get("namespace")))
        if resolved is None:
            return None
        payload["tool_lookup_key"] = resolved
    elif kind == "mcp_approval_request":
        payload["name"], payload["server_label"] = _filled(call.get("name")), _filled(call.get("server_label"))
        if payload["name"] is None or payload["server_label"] is None:
            return None
    else:
        name = _filled(tool_name or call.get("name"))
        if name is not None:
            payload["name"] = name
    return _scope_digest(tuple(payload.items()))


@lru_cache(maxsize=1024)
def _scope_digest(payload: tuple[tuple[str, Any], ...]) -> str:
    """Hash a scope; a run has few tools and many calls."""
    return _sha256(dict(payload))


def _unwrapped(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Turn a hosted call that wraps an MCP approval request into the request (`_unwrap_hosted_mcp_approval`)."""
    data = item.get("provider_data")
    if item.get("type") != "hosted_tool_call" or not isinstance(data, dict):
        return item
    request = cast("dict[str, Any]", data)
    if request.get("type") != "mcp_approval_request":
        return item
    merged = {**item, **request}
    # A request id that is present but no text is refused, not replaced by the wrapper's id.
    request_id = _filled(request["id"]) if request.get("id") is not None else None
    if request.get("id") is None:
        request_id = _filled(item.get("call_id")) or _filled(item.get("id"))
    merged.pop("id", None)
    if request_id is not None:
        merged["id"] = request_id
    name = _filled(request.get("name")) or _filled(item.get("name"))
    if name is not None:
        merged["name"] = name
    return merged


def _arguments(value: JSON) -> JSON:
    """Return `_normalize_arguments(value)`: parsed JSON, or the text itself when Python can't parse it.

    Python's reading is the definition: 1e999 is Infinity, NaN is refused, the last duplicate key wins, and an
    integer longer than the interpreter's limit (4,300 digits) leaves the whole text unparsed.
    """
    if not isinstance(value, str):
        return value
    try:
        return _DECODER.decode(value)
    except ValueError:
        return value


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"Invalid JSON constant: {constant}")


def _without_nulls(value: JSON) -> JSON:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: _without_nulls(entry) for key, entry in members.items() if entry is not None}
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in cast("list[Any]", value)]
    return value


def _sha256(payload: Mapping[str, Any]) -> str:
    """Return `_fingerprint(payload)`; Infinity is printed as Python prints it, though it is no JSON."""
    # A strict reader may hold a number as Decimal, where the SDK would have read a float.
    return hashlib.sha256(_ENCODER.encode(payload).encode("utf-8")).hexdigest()


# `json.loads` and `json.dumps` would make one of these for each call.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=float)


def _filled(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None
