"""Wire items in the words of a person: what kind of item it is, and the text to read in it."""

from __future__ import annotations

from typing import Any, Literal, cast

from timestep.codec.strict_json import dumps
from timestep.dialects.ledger import arguments_of
from timestep.types.base import JSON, Item
from timestep.types.items import CALL_OF, OUTPUT_OF, type_of

Kind = Literal["message", "reasoning", "call", "output", "hosted", "compaction", "other"]

# Bookkeeping of the provider and what nobody can read.
_UNTOLD = frozenset({"type", "id", "status", "encrypted_content", "fingerprint", "agent"})


def kind_of(item: Item) -> Kind:
    """Tell what an item is to a person."""
    kind = type_of(item)
    if kind in {"message", "reasoning", "compaction"}:
        return cast("Kind", kind)
    if kind in OUTPUT_OF:
        return "call"
    if kind in CALL_OF:
        return "output"
    return "hosted" if kind.endswith("_call") or kind.startswith("mcp_") else "other"


def text_of(item: Item) -> str:
    """Give what a person reads in an item: a message's words, a call's argument string, an output's text."""
    kind = kind_of(item)
    if kind == "message":
        return content_text(item.get("content"))
    if kind == "reasoning":
        return content_text(item.get("summary")) or content_text(item.get("content"))
    if kind == "call":
        return arguments_of(item)
    if kind == "compaction":
        return ""
    if kind == "output" and "output" in item:
        return content_text(item["output"])
    return _rest(item)


def content_text(content: JSON) -> str:
    """Give the text of a message's or output's content; parts that are no text stand in brackets."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    parts = cast("list[Any]", content) if isinstance(content, list) else None
    if parts is None or not all(isinstance(part, dict) and "type" in part for part in parts):
        return compact(content)
    return "\n".join(_part_text(cast("dict[str, Any]", part)) for part in parts)


def compact(value: JSON) -> str:
    """Write a value as JSON on one line."""
    return dumps(value).decode()


def _part_text(part: dict[str, Any]) -> str:
    for name in ("text", "refusal", "transcript"):
        if isinstance(part.get(name), str):
            return cast("str", part[name])
    kind = str(part["type"])
    if kind in {"input_image", "input_file"}:
        named = next((part[name] for name in ("filename", "file_id", "detail") if isinstance(part.get(name), str)), "")
        return f"[{kind} {named}]".replace(" ]", "]")
    return compact(part)


def _rest(item: Item) -> str:
    """Give the members of an item that nobody made a sentence for."""
    told = {name: value for name, value in item.items() if name not in _UNTOLD and value is not None}
    if type_of(item) == "mcp_list_tools" and isinstance(told.get("tools"), list):
        told["tools"] = [tool.get("name") for tool in cast("list[Any]", told["tools"]) if isinstance(tool, dict)]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return compact(told) if told else ""
