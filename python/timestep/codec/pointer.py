"""JSON pointers (RFC 6901): their text, what they point at, and where that stands in the bytes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, cast

from timestep.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from timestep.types.base import JSON

_INDEX = re.compile(r"0|[1-9][0-9]*")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_BLANK = re.compile(r"[ \t\n\r]*")
_BLANKS = frozenset(" \t\n\r")
# Values are skipped, not kept: numbers stay text, so that no length limit of `int` is met.
_SKIPPER = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=tuple)


class Location(NamedTuple):
    """A place in a text: 1-based line, 1-based column in code points, 0-based byte offset."""

    line: int
    column: int
    offset: int


class Member(NamedTuple):
    """Where one member of a container stands in a text (character offsets); an array's name is its index."""

    name: str | int
    start: int
    value: int


def escape(token: str) -> str:
    """Write one token for use in a pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Read one token out of a pointer."""
    return token.replace("~1", "/").replace("~0", "~")


def join(tokens: Iterable[str | int], *, base: str = "") -> str:
    """Write a path of member names and indexes as a pointer, on from a base; the tokens are escaped here."""
    return base + "".join(f"/{escape(str(token))}" for token in tokens)


def split(pointer: str) -> list[str]:
    """Give the tokens of a pointer, unescaped.

    Raises:
        CodecError: the text is no pointer (`pointer-syntax`).
    """
    if (pointer and not pointer.startswith("/")) or _BAD_ESCAPE.search(pointer):
        raise CodecError(
            f"a JSON pointer is empty or starts with '/', and has '~' only in '~0' and '~1'; got {pointer[:40]!r}",
            code="pointer-syntax",
            help="write /key/0/key, with ~0 for ~ and ~1 for / inside a key",
            requirement="TS-CORE-016",
        )
    return [unescape(token) for token in pointer.split("/")[1:]]


def resolve(document: JSON, pointer: str) -> JSON:
    """Give the value a pointer names.

    Raises:
        CodecError: nothing is there (`pointer-missing`); its pointer is the deepest place that is.
    """
    value = document
    at = ""
    for token in split(pointer):
        if isinstance(value, dict) and token in value:
            value = cast("dict[str, JSON]", value)[token]
        elif isinstance(value, list) and is_index(token, len(cast("list[JSON]", value))):
            value = cast("list[JSON]", value)[int(token)]
        else:
            raise CodecError(f"nothing at {pointer}", code="pointer-missing", pointer=at)
        at = join([token], base=at)
    return value


def locate(data: bytes, pointer: str) -> Location:
    """Give the place of the value a pointer names in the bytes of a document.

    A token that is missing gives the place of the container it is missing from.

    Args:
        data: UTF-8 JSON that `loads` accepted.
        pointer: where to look.

    Raises:
        CodecError: the pointer is malformed (`pointer-syntax`), or the bytes are no JSON (`json-syntax`).
    """
    try:
        text = data.decode()
        at = skip_blank(text, 0)
        for token in split(pointer):
            member = next((m for m in members(text, at) if str(m.name) == token), None)
            if member is None:
                break
            at = member.value
    except (ValueError, RecursionError) as error:
        raise CodecError("the text around the pointer is not JSON", pointer=pointer) from error
    return place(text, at)


def members(text: str, at: int) -> Iterator[Member]:
    """Give the members of the container that starts at a character offset; a scalar has none.

    Members are found one after the other, so what lies behind the last one taken is never read.

    Raises:
        json.JSONDecodeError: the text is no JSON.
    """
    opener = text[at : at + 1]
    if opener not in ("[", "{"):
        return
    named = opener == "{"
    at = skip_blank(text, at + 1)
    index = 0
    while text[at : at + 1] not in ("]", "}"):
        start, name = at, index
        if named:
            name, at = _SKIPPER.raw_decode(text, at)
            at = skip_blank(text, skip_blank(text, at) + 1)
        yield Member(name, start, at)
        _, at = _SKIPPER.raw_decode(text, at)
        at = skip_blank(text, at)
        at = skip_blank(text, at + 1) if text[at : at + 1] == "," else at
        index += 1


def descend(text: str, ordinals: Iterable[int]) -> int:
    """Give the character offset of the value reached by taking the nth member, level by level."""
    at = skip_blank(text, 0)
    for ordinal in ordinals:
        at = next(m.value for index, m in enumerate(members(text, at)) if index == ordinal)
    return at


def skip_blank(text: str, at: int) -> int:
    """Give the offset of the next character that is no JSON white space."""
    if text[at : at + 1] in _BLANKS:
        return cast("re.Match[str]", _BLANK.match(text, at)).end()
    return at


def place(text: str, at: int) -> Location:
    """Give line, column and byte offset of a character offset; lines end at a line feed."""
    return Location(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), len(text[:at].encode()))


def is_index(token: str, length: int) -> bool:
    """Say whether a token is an index of an array of this length; a long run of digits is never converted."""
    return _INDEX.fullmatch(token) is not None and len(token) <= 18 and int(token) < length
