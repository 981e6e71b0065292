"""JSON as it is written, for documents that are changed at random: a name may stand twice, a number is its digits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias, cast


class Number(str):
    """A number, as it is written."""

    __slots__ = ()


class Members(list[tuple[str, "Node"]]):
    """The members of an object, in their order."""

    __slots__ = ()


Node: TypeAlias = "Members | list[Node] | Number | str | bool | None"
#: Where a value stands: the list or object, and the index in it.
Place: TypeAlias = "tuple[Members | list[Node], int]"


def parse(data: bytes) -> Node:
    """Return the value of a text.

    Raises:
        ValueError: it is no JSON; NaN and the like are taken for numbers.
        RecursionError: it is nested too deeply.
    """
    return json.loads(
        data.decode("utf-8"), object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=Number
    )


def text_of(node: Node, *, ascii_only: bool = False) -> str:
    """Return the text of a value."""
    if isinstance(node, Number):
        return str(node)
    if isinstance(node, Members):
        named = (f"{_string(name, ascii_only)}:{text_of(value, ascii_only=ascii_only)}" for name, value in node)
        return f"{{{','.join(named)}}}"
    if isinstance(node, list):
        return f"[{','.join(text_of(each, ascii_only=ascii_only) for each in node)}]"
    return _string(node, ascii_only) if isinstance(node, str) else json.dumps(node)


def data_of(node: Node, *, ascii_only: bool = False) -> bytes:
    """Return the bytes of a value; half of a surrogate pair is written as an escape."""
    return text_of(node, ascii_only=ascii_only).encode("utf-8")


def places(node: Node) -> Iterator[Place]:
    """Yield where each value below this one stands, the outer ones first."""
    if isinstance(node, list):
        for index in range(len(node)):
            yield node, index
            yield from places(at((node, index)))


def at(place: Place) -> Node:
    """Return what stands at a place."""
    owner, index = place
    return owner[index][1] if isinstance(owner, Members) else owner[index]


def put(place: Place, value: Node) -> None:
    """Put something else there."""
    owner, index = place
    if isinstance(owner, Members):
        owner[index] = (owner[index][0], value)
    else:
        cast("list[Any]", owner)[index] = value


def _string(text: str, ascii_only: bool) -> str:
    written = json.dumps(text, ensure_ascii=ascii_only)
    return written if ascii_only or not any("\ud800" <= each <= "\udfff" for each in written) else json.dumps(text)
