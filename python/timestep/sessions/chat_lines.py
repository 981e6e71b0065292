"""Lines of a session file: plain messages as chat messages, everything else as it is (TS-SESS-021)."""

from __future__ import annotations

from typing import Any, cast

from timestep.codec import strict_json
from timestep.errors import CodecError
from timestep.types.base import JSON, Item

FORMAT = "timestep.session-items"
_ROLES = frozenset({"user", "assistant", "system", "developer"})
_MESSAGE = frozenset({"type", "role", "content", "id", "status"})
_PART = frozenset({"type", "text", "annotations", "logprobs"})
_TEXTS = frozenset({"input_text", "output_text"})


def chat_form(item: Item) -> Item:
    """Return a message that is nothing but text as `{"role", "content"}`, and any other item as it is.

    What such a line leaves out is what a model does not see: the provider's id, that the message is complete, and
    that its text is a list of one part.
    """
    text = _only_text(item.get("content"))
    plain = (
        text is not None
        and item.get("role") in _ROLES
        and item.get("type", "message") == "message"
        and item.get("status", "completed") == "completed"
        and item.keys() <= _MESSAGE
    )
    return {"role": item["role"], "content": text} if plain else item


def header(session_id: str) -> Item:
    """Return the first line of a file whose name can't tell the session."""
    return {"format": FORMAT, "format_version": "1.0", "session_id": session_id}


def is_header(line: bytes) -> bool:
    """Tell whether a line is a header and no item."""
    if FORMAT.encode() not in line:
        return False
    try:
        value: Any = strict_json.loads(line)
    except CodecError:
        return False
    return isinstance(value, dict) and cast("Item", value).get("format") == FORMAT


def _only_text(content: JSON) -> str | None:
    """Return the text of content that is one text, or one part that is nothing but text."""
    if isinstance(content, str):
        return content
    parts = cast("list[Any]", content) if isinstance(content, list) else []
    if len(parts) != 1 or not isinstance(parts[0], dict):
        return None
    members = cast("Item", parts[0])
    noted = members.get("annotations") or members.get("logprobs")
    text = members.get("text")
    if members.get("type") in _TEXTS and members.keys() <= _PART and not noted and isinstance(text, str):
        return text
    return None
