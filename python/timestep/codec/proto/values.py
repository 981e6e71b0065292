"""Single values of messages and of JSON documents: enumerations, JSON text, numbers (protobuf.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any

import msgspec
from google.protobuf.descriptor import EnumDescriptor

from timestep.codec.faults import explain
from timestep.codec.pointer import split
from timestep.codec.strict_json import DEFAULT_LIMITS
from timestep.errors import CodecError
from timestep.types.base import JSON

#: Enums whose values are no texts in JSON, or are spelled with hyphens there.
_SPELLED: dict[str, Callable[[str], JSON]] = {
    "InputDone": lambda word: {"true": True, "false": False}.get(word, word),
    "RouteRule": lambda word: word.replace("_", "-"),
}
#: Codes of texts that are not one value; others are of one that is refused for what is in it.
_NO_VALUE = frozenset({"json-syntax", "json-truncated", "json-encoding"})
_ONE_VALUE = msgspec.json.Decoder(msgspec.Raw)


class MismatchError(Exception):
    """A message that stands for no JSON document; `path` leads to the place, `code` is that of JSON text there."""

    def __init__(
        self, problem: str, *path: str | int, code: str | None = None, requirement: str | None = "TS-PROTO-001"
    ) -> None:
        super().__init__(problem)
        self.problem, self.path, self.code, self.requirement = problem, [*path], code, requirement


@cache
def spelling(enum: EnumDescriptor) -> dict[int, JSON]:
    """Return the values of an enum as JSON has them, by number; without the first, which says nothing."""
    prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", enum.name).upper() + "_"
    spelled = _SPELLED.get(enum.name, str)
    return {value.number: spelled(value.name.removeprefix(prefix).lower()) for value in enum.values if value.number}


def word(words: dict[int, JSON], number: int) -> JSON:
    """Return what a number of an enumeration stands for."""
    if number not in words:
        raise MismatchError(f"{number} is no value of this enumeration", requirement="TS-PROTO-004")
    return words[number]


def json_text(value: bytes) -> msgspec.Raw:
    """Return JSON text to be put into a larger one; it has to be one value, and not the end of one and more."""
    try:
        return _ONE_VALUE.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refused = explain(value, DEFAULT_LIMITS.max_depth)
    raise _mismatch(refused)


def _mismatch(refused: CodecError) -> MismatchError:
    """Return why a text is not put into a larger one; where it is JSON, as it would be refused there (TS-PROTO-007)."""
    if refused.code in _NO_VALUE:
        return MismatchError(f"not one JSON value: {refused.message}", requirement="TS-PROTO-004")
    path = split(refused.pointer or "")
    return MismatchError(refused.message, *path, code=refused.code, requirement=refused.requirement)


def double(value: float | Decimal) -> float:
    """Return a number of JSON as a double that has its decimal value (TS-PROTO-011)."""
    found = float(value)
    if Decimal(repr(found)) != Decimal(str(value)):
        raise ValueError(f"{value} has more digits than a double")
    return found


def finite(value: float) -> float:
    """Return a number that JSON has."""
    if not isfinite(value):
        raise MismatchError(f"{value} has no JSON form", requirement="TS-CORE-004")
    return value


def same(value: Any) -> Any:
    """Return a value that is the same on both sides: a text, a whole number, true or false."""
    return value


def each_of(convert: Callable[[Any], Any], values: Iterable[Any]) -> list[JSON]:
    """Convert the members of a list."""
    return [at(convert, place, value) for place, value in enumerate(values)]


def at(convert: Callable[[Any], Any], place: str | int, value: Any) -> JSON:
    """Convert what stands at a place; a refusal names the place."""
    try:
        return convert(value)
    except MismatchError as error:
        error.path.insert(0, place)
        raise
