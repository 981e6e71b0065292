"""A line of an answer of Ollama's `/api/chat`, read into plain data, and the items that are made of lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

import msgspec

from timestep.providers.failures import no_answer
from timestep.types.base import JSON, Item, is_count
from timestep.types.state import Usage

_NOTHING = msgspec.Raw(b"")
# Text in quotes, kept, or the space between two tokens.
_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*+")|[ \t\r\n]+')
_ENDED: dict[str | None, tuple[Literal["completed", "incomplete"], str | None]] = {
    None: ("completed", None),
    "": ("completed", None),
    "stop": ("completed", None),
    "tool_calls": ("completed", None),
    "length": ("incomplete", "max_output_tokens"),
}


class Function(msgspec.Struct, gc=False):
    """What is called; the arguments stay the bytes they came as."""

    name: str = ""
    arguments: msgspec.Raw = _NOTHING


class ToolCall(msgspec.Struct, gc=False):
    """A call, always whole; older servers give it no id."""

    function: Function
    id: Any = None


class Message(msgspec.Struct):
    """A piece of what the model answers."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[ToolCall] | None = None


class Line(msgspec.Struct):
    """The members of a line that are looked at; a whole answer is one line."""

    message: Message | None = None
    done: bool | None = None
    done_reason: str | None = None
    model: str | None = None
    prompt_eval_count: Any = None
    eval_count: Any = None
    logprobs: list[Any] | None = None
    error: Any = None
    status: Any = None


class Call(NamedTuple):
    """A call under the id it has in the run."""

    id: str
    call_id: str
    name: str
    arguments: str


_LINE = msgspec.json.Decoder(Line)


def read_line(data: bytes, *, provider: str, request_id: str | None = None) -> Line:
    """Read one line.

    Raises:
        ModelError: it is none (`model-answer`).
    """
    try:
        return _LINE.decode(data)
    except msgspec.ValidationError as error:  # tells what is wrong with its shape, and nothing of what it says
        problem = f"a line that is no part of an answer ({error})"
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = "a line that is no JSON, or cut off"
    except RecursionError:
        problem = "a line that is nested too deep"
    raise no_answer(problem, provider=provider, request_id=request_id)


def arguments_of(function: Function) -> str | None:
    """Return arguments as compact JSON text, each number as it was written; None is what is no text.

    Some servers send them as a text already, which is passed on as it is.
    """
    raw = bytes(function.arguments)
    if raw in (b"", b"null", b'""'):
        return "{}"
    try:
        return msgspec.json.decode(raw, type=str) if raw.startswith(b'"') else _SPACE.sub(rb"\1", raw).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def status_of(done_reason: str | None) -> tuple[Literal["completed", "incomplete"], str | None]:
    """Return a response's status, and why it is incomplete; a reason that is not known is passed on as it is."""
    return _ENDED.get(done_reason, ("incomplete", done_reason))


def usage_of(line: Line) -> Usage:
    """Return the token counts of a last line; what it does not tell is 0, and the request itself is counted."""
    read, written = (n if is_count(n) else 0 for n in (line.prompt_eval_count, line.eval_count))
    return Usage(input_tokens=read, output_tokens=written, total_tokens=read + written, requests=1)


def reasoning_item(item_id: str, text: str) -> Item:
    """Return what the model thought as an item."""
    return {"type": "reasoning", "id": item_id, "summary": [], "content": [{"type": "reasoning_text", "text": text}]}


def message_item(item_id: str, text: str, logprobs: Sequence[JSON]) -> Item:
    """Return what the model says as an item."""
    part: Item = {"type": "output_text", "text": text, "annotations": []}
    if logprobs:
        part["logprobs"] = [_logprob(each) for each in logprobs]
    return {"type": "message", "id": item_id, "role": "assistant", "status": "completed", "content": [part]}


def call_item(call: Call) -> Item:
    """Return a call as an item."""
    return {
        "type": "function_call",
        "id": call.id,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
        "status": "completed",
    }


def _logprob(told: JSON) -> JSON:
    """Return a token's probability with the members that the Responses API always has."""
    if not isinstance(told, dict):
        return told
    token = cast("Mapping[str, JSON]", told)
    others = token.get("top_logprobs")
    top = [_with_bytes(each) for each in cast("list[JSON]", others)] if isinstance(others, list) else []
    return {**_with_bytes(token), "top_logprobs": top}


def _with_bytes(told: JSON) -> JSON:
    return {"bytes": [], **cast("Mapping[str, JSON]", told)} if isinstance(told, Mapping) else told
