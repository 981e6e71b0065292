"""What a tool gives back, as the output that the model is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from timestep.codec import strict_json
from timestep.codec.redact import redact_text
from timestep.errors import CodecError, ModelBehaviorError, TimestepError, ToolError
from timestep.types.base import JSON, Item

Compat = Literal["openai-agents-python"]

LONGEST_REPORT = 2000  # characters of an error message; a model needs the problem and not a trace

_PLAIN = 1 << 53  # integers below need no look at their digits

#: Kind of a structured item -> its members, of which one of the first group has to be there.
_STRUCTURED = {
    "text": (("text",), ()),
    "image": (("image_url", "file_id"), ("detail",)),
    "file": (("file_data", "file_url", "file_id"), ("filename",)),
}


def output_of(value: Any, *, compat: Compat | None = None) -> str | list[Item]:  # noqa: ANN401 - whatever tools give
    """Return the output of a tool in wire form (TS-TOOL-030).

    A string stays as it is. Structured items (`{"type": "text" | "image" | "file", ...}`), alone or in a list, become
    content items. All else becomes compact JSON with its non-ASCII characters kept.

    Args:
        value: what the tool gave.
        compat: an SDK whose text is wanted instead of JSON: "openai-agents-python" writes `str(value)`.

    Raises:
        ToolError: the value has no JSON form.
    """
    if isinstance(value, str):
        return _text(value)
    items = _structured(value)
    if items is not None:
        return items
    if compat is not None:
        return _text(str(value))
    if value.__class__ is int and -_PLAIN < value < _PLAIN:
        return str(value)
    plain = plain_json(value)
    try:
        return strict_json.dumps(plain).decode()
    except CodecError as error:
        raise _no_form(error) from None


def plain_json(value: Any) -> JSON:  # noqa: ANN401 - whatever tools give
    """Return a result as plain JSON data, as output guardrails are shown it.

    Raises:
        ToolError: it has no JSON form.
    """
    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=_foreign)
    except (TypeError, ValueError, RecursionError) as error:
        raise _no_form(error) from None


def report_of(error: Exception, tool_name: str, *, compat: Compat | None = None) -> str:
    """Return the text that tells the model of a failure (TS-TOOL-032).

    The message of a `ToolError` and of an argument error is written for the model and stays as it is; of any other
    exception the model is told class and message, without what looks like a secret.
    """
    if isinstance(error, ModelBehaviorError | ToolError):
        return error.message
    if compat is not None:
        return "An error occurred while running the tool. Please try again."
    text, kind = said(error), type(error).__name__
    return f"The tool {tool_name} failed: {f'{kind}: {text}' if text else kind}"


def said(error: Exception) -> str:
    """Return what an exception says, as it may be told and kept: not endless, and without what looks like a secret."""
    try:
        text = error.message if isinstance(error, TimestepError) else str(error)
    except Exception:  # noqa: BLE001 - an exception of the user's whose own `__str__` fails
        return ""
    text = redact_text(text).encode(errors="replace").decode()
    return text if len(text) <= LONGEST_REPORT else text[:LONGEST_REPORT] + " ..."


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _no_form(error) from None
    return value


def _no_form(error: Exception) -> ToolError:
    pointer = error.pointer if isinstance(error, CodecError) else None
    return ToolError(
        f"The tool has run, but its result can't be passed on: {error}",
        code="tool-result",
        pointer=pointer,
        help="return a string, JSON data, or dataclasses of such",
        requirement="TS-TOOL-030",
    )


def _foreign(value: Any) -> Any:  # noqa: ANN401 - any object of the user's
    """Ask an object of another library (pydantic) for its own JSON form."""
    dump = getattr(value, "model_dump", None)
    if dump is None or isinstance(value, type):
        raise TypeError(f"a {type(value).__name__} has no JSON form")
    return dump(mode="json")


def _structured(value: Any) -> list[Item] | None:  # noqa: ANN401 - whatever tools give
    """Return the content items a value stands for, if it is made of structured items only."""
    members = cast("list[Any] | tuple[Any, ...]", value) if isinstance(value, list | tuple) else (value,)
    items = [_content(member) for member in members]
    found = [item for item in items if item is not None]
    return found if found and len(found) == len(items) else None


def _content(value: Any) -> Item | None:  # noqa: ANN401 - whatever tools give
    """Return the content item that one structured item stands for; None for anything else."""
    fields = cast("Mapping[Any, Any]", value) if isinstance(value, Mapping) else _dumped(value)
    kind: object = fields.get("type") if fields is not None else None
    if fields is None or not isinstance(kind, str):
        return None
    given = {str(name): member for name, member in fields.items() if member is not None}
    one_of, others = _STRUCTURED.get(kind.removeprefix("input_"), ((), ()))
    if not any(isinstance(given.get(name), str) for name in one_of) or given.keys() - {"type", *one_of, *others}:
        return None
    return {**given, "type": f"input_{kind.removeprefix('input_')}"}


def _dumped(value: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - any object of the user's
    dump = getattr(value, "model_dump", None)
    if dump is None or isinstance(value, type) or not isinstance(getattr(value, "type", None), str):
        return None
    found: object = dump(mode="json")
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else None
