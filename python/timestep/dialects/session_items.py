"""Lists of session items: wire form in Python, protocol form in JavaScript; in an array, in lines, or in our object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec

from timestep.codec import strict_json
from timestep.codec.pointer import join
from timestep.dialects.account import Account
from timestep.dialects.openai_js.items import ItemError, to_protocol, to_wire
from timestep.errors import CodecError, ConversionError, StateFormatError
from timestep.types.base import Item
from timestep.types.findings import Finding
from timestep.types.items import call_id_of, is_call, is_output

FORMAT = "timestep.session-items"
Container = Literal["array", "lines", "timestep"]
Family = Literal["openai-agents-python", "openai-agents-js", "neutral"]

_WIRE_KEYS = ("call_id", "approval_request_id", "encrypted_content", "server_label", "tool_calls", "tool_call_id")
_JS_KEYS = ("callId", "providerData", "rawContent")
_JS_TYPES = frozenset({"function_call_result", "computer_call_result", "hosted_tool_call"})


class Items(msgspec.Struct, frozen=True):
    """A list of session items in wire form, and what it was read from."""

    items: list[Item]
    family: Family
    container: Container
    session_id: str | None = None


def looks_like(value: Any) -> bool:
    """Tell whether a parsed document is a list of session items and no run state."""
    return isinstance(value, list) or (isinstance(value, dict) and cast("Item", value).get("format") == FORMAT)


def parse_lines(data: bytes) -> list[Any]:
    """Read JSON lines; an optional first line is our header.

    Raises:
        CodecError: a line is not strict JSON; its line number is the file's.
    """
    rows: list[Any] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                rows.append(strict_json.loads(line))
            except CodecError as error:
                error.line = number
                raise
    return rows


def read(value: Any, account: Account, *, container: Container = "array", family: str | None = None) -> Items:
    """Read a list of items, telling its family by all of them together.

    Raises:
        StateFormatError: items of both families, or an item that is none.
    """
    session_id: str | None = None
    rows: list[Any] = []
    if isinstance(value, dict):
        header = cast("Item", value)
        container, session_id, rows = "timestep", header.get("session_id"), header.get("items", [])
    else:
        rows = list(cast("list[Any]", value))
        if rows and looks_like(rows[0]) and isinstance(rows[0], dict):
            session_id = cast("Item", rows.pop(0)).get("session_id")
    items = _objects(rows)
    found = family or detect(items)
    if found not in {"openai-agents-python", "openai-agents-js", "neutral"}:
        raise StateFormatError(code="family-unknown", message=f"no family of session items is called {found!r}")
    wired = [_wire(item, index) for index, item in enumerate(items)] if found == "openai-agents-js" else items
    expanded = [part for item in wired for part in _chat_parts(item)]
    _dangling(expanded, account)
    return Items(items=expanded, family=cast("Family", found), container=container, session_id=session_id)


def detect(items: Sequence[Item]) -> Family:
    """Name the family that the items' keys and types belong to; plain role and content belongs to both."""
    js = next((i for i, item in enumerate(items) if _is_js(item)), None)
    wire = next((i for i, item in enumerate(items) if _is_wire(item)), None)
    if js is not None and wire is not None:
        raise StateFormatError(
            code="items-mixed",
            message=f"item {wire} has the wire form and item {js} the JavaScript form",
            pointer=join([max(js, wire)]),
            why="a list is of one form; mixed, ids would be read under two names",
            requirement="TS-SESS-004",
        )
    if js is not None:
        return "openai-agents-js"
    return "openai-agents-python" if wire is not None else "neutral"


def write(items: Items, to: str, account: Account, *, container: Container | None = None) -> bytes:
    """Write the items in a family's form, in the container they came in unless told otherwise.

    Raises:
        ConversionError: an item has no form in that family.
    """
    rows: list[Any] = [_protocol(item, index, items.items) for index, item in enumerate(items.items)]
    if to != "openai-agents-js":
        rows = list(items.items)
    account.note("carried", "session items", count=len(rows))
    kind = container or ("timestep" if to == "timestep" else items.container)
    if kind == "timestep" and to != "timestep":
        kind = "array"
    if kind == "lines":
        return b"".join(strict_json.dumps(row) + b"\n" for row in rows)
    if kind == "array":
        return strict_json.dumps(rows, indent=2) + b"\n"
    document: dict[str, Any] = {"format": FORMAT, "format_version": "1.0"}
    if items.session_id is not None:
        document["session_id"] = items.session_id
    return strict_json.dumps({**document, "items": rows}, indent=2) + b"\n"


def _objects(rows: Sequence[Any]) -> list[Item]:
    for index, row in enumerate(rows):
        if not isinstance(row, dict) or not ("type" in row or "role" in row):
            raise StateFormatError(
                code="item-shape",
                message="a session item is an object with a type or a role",
                pointer=join([index]),
                requirement="TS-SESS-002",
            )
    return [cast("Item", row) for row in rows]


def _is_js(item: Item) -> bool:
    return item.get("type") in _JS_TYPES or any(key in item for key in _JS_KEYS)


def _is_wire(item: Item) -> bool:
    if any(key in item for key in _WIRE_KEYS) or is_output(item):
        return True
    kind = item.get("type")
    return isinstance(kind, str) and kind.endswith(("_call", "_call_output")) and not _is_js(item)


def _wire(item: Item, index: int) -> Item:
    try:
        return to_wire(item)
    except ItemError as error:
        raise StateFormatError(
            code="item-shape", message=str(error), pointer=join([index]), requirement="TS-ITEM-001"
        ) from None


def _protocol(item: Item, index: int, items: Sequence[Item]) -> Item:
    names = {
        str(call.get("call_id")): (str(call["name"]), cast("str | None", call.get("namespace")))
        for call in items
        if is_call(call) and isinstance(call.get("name"), str)
    }
    try:
        return to_protocol(item, names=names)
    except ItemError as error:
        raise ConversionError(
            code="cannot-cross", message=f"item {index}: {error}", pointer=join([index]), requirement="TS-VERS-033"
        ) from None


def _chat_parts(item: Item) -> list[Item]:
    """Expand Chat Completions messages, which hold calls inside messages, into items (TS-SESS-006)."""
    if item.get("role") == "tool" and "tool_call_id" in item:
        return [{"type": "function_call_output", "call_id": item["tool_call_id"], "output": item.get("content", "")}]
    calls = item.get("tool_calls")
    if item.get("role") != "assistant" or not isinstance(calls, list):
        return [item]
    parts: list[Item] = []
    if item.get("content"):
        parts.append({key: value for key, value in item.items() if key != "tool_calls"})
    for call in cast("list[Item]", calls):
        function = cast("Mapping[str, Any]", call.get("function", {}))
        parts.append(
            {
                "type": "function_call",
                "call_id": call.get("id"),
                "name": function.get("name"),
                "arguments": function.get("arguments", ""),
            }
        )
    return parts


def _dangling(items: Sequence[Item], account: Account) -> None:
    done = {call_id_of(item) for item in items if is_output(item)}
    for index, item in enumerate(items):
        if is_call(item) and call_id_of(item) not in done:
            account.findings.append(
                Finding(
                    code="call-dangling",
                    severity="warning",
                    message=f"call {call_id_of(item)!r} has no output",
                    pointer=join([index]),
                    why="model APIs refuse a history with an unanswered call",
                    requirement="TS-SESS-005",
                )
            )
