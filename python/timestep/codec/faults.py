"""Why a text is no strict JSON: the slow half of `strict_json.loads`, run only once something is wrong.

Nothing here walks a text byte by byte in Python.  Each question is put to C: a regular expression finds
the first thing that is no token, `json` the first token out of place, and the path to a place is read
off the text before it, closed by hand and parsed.  So the answer takes time linear in the size.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate, islice
from typing import TYPE_CHECKING, NamedTuple, cast

from timestep.codec.pointer import descend, join, members, place
from timestep.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timestep.types.base import JSON

_STRING = (
    rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u(?:[0-9A-Ca-cEFef][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}'
    rb"|[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2})))*+"
)
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_TOKENS = re.compile(rb"(?:[ \t\n\r\[\]{},:]++|" + _STRING + rb'"|true|false|null|' + _NUMBER + rb")*+")
_STRING_START = re.compile(_STRING)
#: What a literal or a number begins with that ends there, from the byte on that no token can have.
_CUT_SHORT = re.compile(rb"-|nu?l?|tr?u?|fa?l?s?|(?<=[0-9])\.|(?<=[0-9])[eE][+-]?")
_ESCAPE_START = re.compile(
    rb"\\(?:u(?:[0-9A-Fa-f]{0,4}|[Dd][89ABab][0-9A-Fa-f]{2}\\(?:u(?:[Dd](?:[C-Fc-f][0-9A-Fa-f]?)?)?)?))?\Z"
)
_HALF_PAIR = re.compile(rb"\\u[Dd][89A-Fa-f][0-9A-Fa-f]{2}")
_ANY_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
# After a text that ends inside a string, the quote closes it and the mark stays outside; else both are a string.
_PROBE = b'"\x01'
_TO_CLOSER = re.compile(rb'[^"}]*+(?:"(?:[^"\\]++|\\.)*+"[^"}]*+)*+\}', re.DOTALL)
_TO_OPENER = re.compile(rb'[^"\[{\]}]*+(?:"(?:[^"\\]++|\\.)*+"[^"\[{\]}]*+)*+[\[{\]}]', re.DOTALL)
_HALF_MESSAGE = "half of a surrogate pair is no character"
_HALF_HELP = "write both halves of the pair, or U+FFFD"
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CHUNK = 1 << 16  # bytes
_STEP = [0] * 256
for _bracket in b"[{":
    _STEP[_bracket] = 1
for _bracket in b"]}":
    _STEP[_bracket] = -1


class Step(NamedTuple):
    """One step into a container: the member's name or index, and how many members come before it."""

    token: str | int
    ordinal: int


class _LastMember:
    """All that is kept of an object on the way to a place: its last member."""

    __slots__ = ("name", "ordinal", "value")

    def __init__(self, pairs: list[tuple[str, JSON]]) -> None:
        self.ordinal = len(pairs) - 1
        self.name, self.value = pairs[-1] if pairs else ("", None)


class _DuplicateNameError(Exception):
    """A finished object has a name twice."""


def refusal(
    data: bytes, offset: int, code: str, message: str, help_text: str | None = None, **more: str | None
) -> CodecError:
    """Make the error for a place in the bytes, with line, column and, where it can be told, the pointer."""
    if "pointer" not in more:
        steps = path_to(data[:offset])
        more["pointer"] = None if steps is None else join(step.token for step in steps)
    line_start = data.rfind(b"\n", 0, offset) + 1
    column = len(data[line_start:offset].decode(errors="replace")) + 1
    return CodecError(message, code=code, line=data.count(b"\n", 0, offset) + 1, column=column, help=help_text, **more)


def explain(data: bytes, max_depth: int) -> CodecError:
    """Say why a parser refused some bytes."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return _bad_encoding(data, error)
    end = _end_of_tokens(data)
    chunks = list[bytes]()
    deep = _deep_opener(data[:end], max_depth, chunks)
    if deep is not None:
        return too_deep(data, deep, max_depth)
    brackets = b"".join(chunks)
    steps = _path(data[:end], brackets)
    if steps is None:
        return refusal(data, *_out_of_place(data[:end].decode()))
    if end == len(data) and data.strip() and not _open_brackets(brackets):
        return no_stack()  # nothing is wrong with the text itself
    return refusal(data, *_bad_token(data, end), pointer=join(step.token for step in steps))


def no_stack() -> CodecError:
    """Make the error for a text within the limits that is read or written deep inside the caller's own recursion."""
    return CodecError("too little stack is left for the nesting of this value", code="json-depth")


def too_deep(data: bytes, offset: int, max_depth: int) -> CodecError:
    """Make the error for the bracket that opens one level too many."""
    message = f"nested more than {max_depth} levels deep"
    return refusal(data, offset, "json-depth", message, why="deep nesting exhausts the stack of common readers")


def explain_depth(data: bytes, max_depth: int) -> CodecError:
    """Say where a well-formed text goes too deep."""
    return too_deep(data, _deep_opener(data, max_depth, []) or 0, max_depth)


def find_number(data: bytes, token: str) -> int:
    """Give the offset of the first number written exactly so."""
    text = re.escape(token.encode())
    others = rb"(?!%s(?![0-9.eE+-]))-?[0-9][0-9.eE+-]*+" % text
    return _skip(rb'(?:[^"0-9-]++|%s"|%s)*+' % (_STRING, others), data)


def find_long_number(data: bytes, digits: int) -> int | None:
    """Give the offset of a run of more digits than allowed, outside strings; None when there is none."""
    end = _skip(rb'(?:[^"0-9]++|%s"|[0-9]{1,%d}+(?![0-9]))*+' % (_STRING, digits), data)
    return end if data[end : end + 1].isdigit() else None


def find_duplicate(data: bytes) -> CodecError | None:
    """Say which object of a well-formed text has a name twice, and where both stand."""
    closed = 0

    def watch(pairs: list[tuple[str, JSON]]) -> None:
        nonlocal closed
        closed += 1
        if len(dict(pairs)) < len(pairs):
            raise _DuplicateNameError

    text = data.decode()
    try:
        json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=watch).decode(text)
    except _DuplicateNameError:
        closer = next(islice(_TO_CLOSER.finditer(data), closed - 1, None))
        return _duplicate(data, text, path_to(data[: closer.end() - 1]) or [])
    return None


def _duplicate(data: bytes, text: str, steps: list[Step]) -> CodecError:
    """Make the error for the object at the end of a path."""
    starts: dict[str | int, list[int]] = {}
    for name, start, _ in members(text, descend(text, (step.ordinal for step in steps))):
        starts.setdefault(name, []).append(start)
    name, places = next(item for item in starts.items() if len(item[1]) > 1)
    first, second = place(text, places[0]), place(text, places[1])
    return refusal(
        data,
        second.offset,
        "json-duplicate",
        f"the name {_quoted(str(name))} stands twice in one object; first at {first.line}:{first.column}",
        pointer=join([*(step.token for step in steps), name]),
        why="readers differ in which of the two they take",
        help_text="remove one of them",
    )


def path_to(prefix: bytes) -> list[Step] | None:
    """Give the path to the place where a well-formed beginning of a text ends; None when it can't be told.

    The beginning is closed by hand, `[1,{"a":` becoming `[1,{"a":null}]`, and parsed; the path then leads
    along the last members.
    """
    prefix = prefix[: _end_of_tokens(prefix)]  # not into a string
    return _path(prefix, b"".join(_brackets(prefix)))


def _path(prefix: bytes, brackets: bytes) -> list[Step] | None:
    """Give the path to the end of a beginning that ends outside strings, given its brackets."""
    prefix = prefix.rstrip(b" \t\n\r")
    if not prefix:
        return []
    openers = _open_brackets(brackets)
    closers = openers[::-1].translate(bytes.maketrans(b"[{", b"]}")).decode()
    reader = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=_LastMember)
    last, inside = prefix[-1:], openers[-1:]
    fillers = ["null"] if last == b":" or (last, inside) == (b",", b"[") else ["", ":null", '"":null']
    for filler in fillers:
        try:
            return _last_members(reader.decode(prefix.decode() + filler + closers), openers, last)
        except ValueError:
            continue
    return None


def _last_members(value: JSON, openers: bytes, last: bytes) -> list[Step]:
    """Follow the last member of each open container."""
    steps: list[Step] = []
    for level in range(len(openers)):
        innermost = level == len(openers) - 1
        if innermost and last == b"[":
            steps.append(Step(0, 0))
        elif innermost and last != b":" and (last != b"," or openers[level : level + 1] == b"{"):
            break
        elif isinstance(value, _LastMember):
            steps.append(Step(value.name, value.ordinal))
            value = value.value
        else:
            array = cast("list[JSON]", value)
            steps.append(Step(len(array) - 1, len(array) - 1))
            value = array[-1]
    return steps


def _out_of_place(text: str) -> tuple[int, str, str, str | None]:
    """Describe the first token of a text that may not stand where it does."""
    at = 0
    try:
        json.JSONDecoder(parse_int=str, parse_float=str).decode(text)
    except json.JSONDecodeError as error:
        # From Python 3.13 on `json` points at the comma of "[1,]", before that at the bracket.
        at = error.pos + 1 if "trailing comma" in error.msg else error.pos
    at += len(text[at:]) - len(text[at:].lstrip(" \t\n\r"))
    sort = {'"': "a string", "[": "an array", "{": "an object"}.get(text[at])
    what = sort or (f"'{text[at]}'" if text[at] in ",:]}" else "a value")
    hint = "JSON has no trailing commas" if text[at] in "]}" and text[:at].rstrip().endswith(",") else None
    return len(text[:at].encode()), "json-syntax", f"{what} can't stand here", hint


def _bad_encoding(data: bytes, error: UnicodeDecodeError) -> CodecError:
    """Describe the first bytes that are no UTF-8; a surrogate is named as such."""
    if b"\xed\xa0" <= data[error.start : error.start + 2] <= b"\xed\xbf":
        return refusal(data, error.start, "json-surrogate", _HALF_MESSAGE, _HALF_HELP)
    return refusal(data, error.start, "json-encoding", f"not UTF-8: {error.reason}", "save the file as UTF-8")


def _bad_token(data: bytes, at: int) -> tuple[int, str, str, str | None]:
    """Describe the first bytes that form no token."""
    rest = data[at : at + 16]
    if not rest:
        return at, "json-truncated", "the text ends too early", "the file may have been cut off; use a whole copy"
    if rest.startswith(b'"'):
        return _bad_string(data, at)
    if rest.startswith((b"NaN", b"Infinity", b"-Infinity")):
        return at, "json-constant", "NaN and Infinity are no JSON", "write null, or the number as a string"
    if _CUT_SHORT.fullmatch(data, at):
        return at, "json-truncated", "the text ends inside a value", "the file may have been cut off; use a whole copy"
    if rest[:1] in b"-+." or (rest[:1] in b"eE" and data[at - 1 : at].isdigit()):
        return at, "json-syntax", "a malformed number", None
    if data[:at].strip() == b"" and rest.startswith(b"\xef\xbb\xbf"):
        return at, "json-encoding", "the text starts with a byte order mark", "save the file as UTF-8 without BOM"
    character = data[at : at + 4].decode(errors="ignore")[0]
    return at, "json-syntax", f"the character {_quoted(character)} can't stand here", None


def _bad_string(data: bytes, start: int) -> tuple[int, str, str, str | None]:
    """Describe what is wrong inside the string that starts here."""
    at = cast("re.Match[bytes]", _STRING_START.match(data, start)).end()
    if at == len(data) or _ESCAPE_START.match(data, at):
        return at, "json-truncated", "the text ends inside a string", "the file may have been cut off; use a whole copy"
    if data[at] != ord("\\"):
        hint = "write it as an escape such as \\n or \\u0001"
        return at, "json-syntax", f"the control character U+{data[at]:04X} stands bare in a string", hint
    if _HALF_PAIR.match(data, at):
        return at, "json-surrogate", _HALF_MESSAGE, _HALF_HELP
    return at, "json-syntax", "a malformed escape in a string", 'escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX'


def _deep_opener(data: bytes, max_depth: int, chunks: list[bytes]) -> int | None:
    """Give the offset of the first bracket that opens more levels than allowed; collects the brackets it meets."""
    depth = before = 0
    for chunk in _brackets(data):
        chunks.append(chunk)
        if depth + chunk.count(b"[") + chunk.count(b"{") > max_depth:
            depths = list(accumulate(map(_STEP.__getitem__, chunk), initial=depth))
            if max(depths) > max_depth:
                ordinal = before + depths.index(max_depth + 1) - 1
                return next(islice(_TO_OPENER.finditer(data), ordinal, None)).end() - 1
        before += len(chunk)
        depth += 2 * (chunk.count(b"[") + chunk.count(b"{")) - len(chunk)
    return None


def _open_brackets(brackets: bytes) -> bytes:
    """Give the brackets that are still open at the end, outermost first."""
    for repeat in (16, 4, 1):  # whole nests first, so that a deep text takes few passes
        size = -1
        while size != len(brackets):
            size = len(brackets)
            for pair in (b"[]", b"{}"):
                brackets = brackets.replace(pair[:1] * repeat + pair[1:] * repeat, b"")
    return brackets


def _brackets(data: bytes) -> Iterator[bytes]:
    """Give the brackets outside strings, chunk by chunk, so that little of a large text is copied at once."""
    start, inside = 0, b""
    while start < len(data):
        end = start + _CHUNK
        backslashes = end - len(data[start:end].rstrip(b"\\")) - start
        end += backslashes % 2  # never between a backslash and what it escapes
        outside = _ANY_STRING.sub(b"", inside + data[start:end] + _PROBE)
        inside = b'"' if outside.endswith(_PROBE[1:]) else b""
        yield outside.translate(None, _NOT_BRACKETS)
        start = end


def _end_of_tokens(data: bytes) -> int:
    """Give the offset of the first thing that is no token."""
    return cast("re.Match[bytes]", _TOKENS.match(data)).end()


def _skip(pattern: bytes, data: bytes) -> int:
    """Give the offset where a pattern that takes all it can stops."""
    return cast("re.Match[bytes]", re.match(pattern, data)).end()


def _quoted(text: str) -> str:
    """Write a piece of input for a message: escaped, and never long."""
    return json.dumps(text if len(text) <= 60 else text[:59] + "\u2026", ensure_ascii=not text.isprintable())
