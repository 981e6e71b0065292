"""Lists of session items: wire form in Python, protocol form in JavaScript; in an array, in lines, or in our object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import msgspec

from timestep.codec import strict_json
from timestep.codec.document import check_version
from timestep.codec.pointer import join, split
from timestep.dialects.account import Account
from timestep.dialects.openai_js.items import ItemError, to_protocol, to_wire
from timestep.errors import CodecError, ConversionError, StateFormatError
from timestep.types.base import Item
from timestep.types.findings import Finding
from timestep.types.items import call_id_of, is_call, is_output, type_of

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


def is_header(value: Any) -> bool:
    """Tell whether a parsed document is our header of lines: the object, without items."""
    return isinstance(value, dict) and cast("Item", value).get("format") == FORMAT and "items" not in value


def is_row(value: Any) -> bool:
    """Tell whether a parsed line is an item or our header, and no run state."""
    if not isinstance(value, dict) or "$schemaVersion" in value:
        return False
    return "role" in value or "type" in value or looks_like(value)


def parse_lines(data: bytes) -> list[Any]:
    """Read JSON lines; an optional first line is our header.

    Raises:
        CodecError: a line is not strict JSON, or there are too many; its line number is the file's.
    """
    rows: list[Any] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            try:
                rows.append(strict_json.loads(line))
            except CodecError as error:
                error.line = number
                if error.pointer is not None:
                    error.pointer = join([len(rows)]) + error.pointer
                raise
    if len(rows) > strict_json.DEFAULT_LIMITS.max_items:
        most = strict_json.DEFAULT_LIMITS.max_items
        raise CodecError(f"more than {most} lines", code="json-items", pointer="", requirement="TS-CORE-007")
    return rows


def locate(data: bytes, pointer: str) -> tuple[int, int]:
    """Give line and column of the item of JSON lines that a pointer is about; blank lines and a header don't count."""
    tokens = split(pointer)
    wanted = int(tokens[0]) if tokens and tokens[0].isdigit() else 0
    seen = -1
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip() or (seen < 0 and looks_like(strict_json.loads(line))):
            continue
        seen += 1
        if seen == wanted:
            return number, 1
    return 1, 1


def read(value: Any, account: Account, *, container: Container = "array", family: str | None = None) -> Items:
    """Read a list of items, telling its family by all of them together.

    Raises:
        StateFormatError: items of both families, or an item that is none.
    """
    session_id: str | None = None
    rows: Any = value
    base = ""
    if isinstance(value, dict):
        container, base = "timestep", "/items"
        session_id, rows = _header(cast("Item", value)), _listed(cast("Item", value))
    elif value and looks_like(value[0]) and isinstance(value[0], dict):
        session_id, rows = _header(value[0]), value[1:]
    if not isinstance(rows, list):
        raise StateFormatError(
            code="item-shape", message="items stand in an array", pointer=base, requirement="TS-SESS-002"
        )
    items = _objects(cast("list[Any]", rows), base)
    found = family or detect(items, base)
    if found not in {"openai-agents-python", "openai-agents-js", "neutral"}:
        raise StateFormatError(code="family-unknown", message=f"no family of session items is called {found!r}")
    parts = [
        (index, part)
        for index, item in enumerate(items)
        for part in _chat_parts(_wire(item, base, index) if found == "openai-agents-js" else item, base, index)
    ]
    _dangling(parts, base, account)
    return Items(
        items=[part for _, part in parts], family=cast("Family", found), container=container, session_id=session_id
    )


def _listed(document: Item) -> Any:
    if "items" not in document:
        raise StateFormatError(
            code="field-missing",
            message='"items" is missing; a header alone stands on one line, and items follow it line by line',
            pointer="",
            requirement="TS-SESS-002",
        )
    return document["items"]


def _header(header: Item) -> str | None:
    """Check our own header, and return the session's id."""
    check_version(header.get("format_version"))
    session_id = header.get("session_id")
    if session_id is None and "session_id" in header:
        raise StateFormatError(
            code="null-optional",
            message='"session_id" is null; an optional field that has no value is left out',
            pointer="/session_id",
            requirement="TS-CORE-012",
        )
    if session_id is not None and (not isinstance(session_id, str) or not session_id or "\0" in session_id):
        raise StateFormatError(
            code="state-shape",
            message='"session_id" is a text, not empty and without NUL',
            pointer="/session_id",
            requirement="TS-CORE-008",
        )
    return session_id


def detect(items: Sequence[Item], base: str = "") -> Family:
    """Name the family that the items' keys and types belong to; plain role and content belongs to both."""
    js = next((i for i, item in enumerate(items) if _is_js(item)), None)
    wire = next((i for i, item in enumerate(items) if _is_wire(item)), None)
    if js is not None and wire is not None:
        raise StateFormatError(
            code="items-mixed",
            message=f"item {wire} has the wire form and item {js} the JavaScript form",
            pointer=join([max(js, wire)], base=base),
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
    rows: list[Any] = _protocol(items.items) if to == "openai-agents-js" else list(items.items)
    account.note("carried", "session items", count=len(rows))
    kind = container or ("timestep" if to == "timestep" else items.container)
    if kind == "timestep" and to != "timestep":
        kind = "array"
    document: dict[str, Any] = {"format": FORMAT, "format_version": "1.0"}
    if items.session_id is not None:
        document["session_id"] = items.session_id
    if kind == "lines":
        head = [document] if items.session_id is not None else []
        return b"".join(strict_json.dumps(row) + b"\n" for row in [*head, *rows])
    if kind == "array":
        return strict_json.dumps(rows, indent=2) + b"\n"
    return strict_json.dumps({**document, "items": rows}, indent=2) + b"\n"


def _objects(rows: Sequence[Any], base: str) -> list[Item]:
    for index, row in enumerate(rows):
        item = cast("Item", row) if isinstance(row, dict) else {}
        if not isinstance(item.get("type"), str) and not isinstance(item.get("role"), str):
            raise StateFormatError(
                code="item-shape",
                message="a session item is an object with a type or a role",
                pointer=join([index], base=base),
                requirement="TS-SESS-002",
            )
    return [cast("Item", row) for row in rows]


def _is_js(item: Item) -> bool:
    return type_of(item) in _JS_TYPES or any(key in item for key in _JS_KEYS)


def _is_wire(item: Item) -> bool:
    if any(key in item for key in _WIRE_KEYS) or is_output(item):
        return True
    kind = item.get("type")
    return isinstance(kind, str) and kind.endswith(("_call", "_call_output")) and not _is_js(item)


def _wire(item: Item, base: str, index: int) -> Item:
    try:
        return to_wire(item)
    except ItemError as error:
        raise StateFormatError(
            code="item-shape", message=str(error), pointer=join([index], base=base), requirement="TS-ITEM-001"
        ) from None


def _protocol(items: Sequence[Item]) -> list[Item]:
    names: dict[str, tuple[str, str | None]] = {}
    for call in items:
        name, namespace = call.get("name"), call.get("namespace")
        if is_call(call) and isinstance(name, str):
            names[str(call.get("call_id"))] = (name, namespace if isinstance(namespace, str) else None)
    rows: list[Item] = []
    for index, item in enumerate(items):
        try:
            rows.append(to_protocol(item, names=names))
        except ItemError as error:
            raise ConversionError(
                code="cannot-cross", message=f"item {index}: {error}", pointer=join([index]), requirement="TS-VERS-033"
            ) from None
    return rows


def _chat_parts(item: Item, base: str, index: int) -> list[Item]:
    """Expand Chat Completions messages, which hold calls inside messages, into items (TS-SESS-006)."""
    if item.get("role") == "tool" and "tool_call_id" in item:
        call_id = _text(item, "tool_call_id", join([index], base=base))
        return [{"type": "function_call_output", "call_id": call_id, "output": item.get("content", "")}]
    calls = item.get("tool_calls")
    if item.get("role") != "assistant" or calls is None:
        return [item]
    at = join([index, "tool_calls"], base=base)
    if not isinstance(calls, list):
        raise _misshaped('"tool_calls" is an array', at)
    parts: list[Item] = []
    if item.get("content"):
        parts.append({key: value for key, value in item.items() if key != "tool_calls"})
    for number, call in enumerate(cast("list[Any]", calls)):
        function: Any = cast("Item", call).get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise _misshaped("a tool call is an object with an id and a function", join([number], base=at))
        asked, place = cast("Item", function), join([number], base=at)
        call_id = _text(cast("Item", call), "id", place)
        parts.append(
            {
                "type": "function_call",
                "call_id": call_id,
                "name": _text(asked, "name", join(["function"], base=place)),
                "arguments": _text({"arguments": "", **asked}, "arguments", join(["function"], base=place), empty=True),
            }
        )
    return parts


def _text(members: Mapping[str, Any], key: str, pointer: str, *, empty: bool = False) -> str:
    value = members.get(key)
    if not isinstance(value, str) or not (value or empty):
        raise _misshaped(f'"{key}" is a text', join([key], base=pointer))
    return value


def _misshaped(message: str, pointer: str) -> StateFormatError:
    return StateFormatError(code="item-shape", message=message, pointer=pointer, requirement="TS-SESS-006")


def _dangling(parts: Sequence[tuple[int, Item]], base: str, account: Account) -> None:
    done = {call_id_of(item) for _, item in parts if is_output(item)}
    for index, item in parts:
        if is_call(item) and call_id_of(item) not in done:
            account.findings.append(
                Finding(
                    code="call-dangling",
                    severity="warning",
                    message=f"call {call_id_of(item)!r} has no output",
                    pointer=join([index], base=base),
                    why="model APIs refuse a history with an unanswered call",
                    requirement="TS-SESS-005",
                )
            )
