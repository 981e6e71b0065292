"""What was expected against what came: exact, or a subset where a case asks for less."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, cast

from timestep_conformance.payloads import content, is_payload
from timestep_conformance.pointers import inner, text_of, tokens

_SHOWN = 300  # characters of a value that a person is shown


class Difference(NamedTuple):
    """The first place where two values differ, as a JSON pointer, and what is told of it."""

    pointer: str
    told: str

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"at {self.pointer or 'the top'}: {self.told}"


def difference(expected: Any, actual: Any, *, subset: bool = False, at: str = "") -> Difference | None:  # noqa: ANN401
    """Return the first difference; None where the values match.

    An object of one member whose name starts with `$` is a question: `$any` takes each of a list of values, `$json`
    matches the document in a payload, `$same` demands a document that is equal as JSON to the one it names, `$at`
    matches what stands in a document at some pointers, and `$bytes` takes any payload.
    """
    if isinstance(expected, dict):
        wanted = cast("dict[str, Any]", expected)
        if len(wanted) == 1 and next(iter(wanted)).startswith("$"):
            return _asked(*next(iter(wanted.items())), actual, subset, at)
        return _objects(wanted, actual, subset, at)
    if isinstance(expected, list):
        return _lists(cast("list[Any]", expected), actual, subset, at)
    if _same(expected, actual):
        return None
    return Difference(at, f"expected {shown(expected)}, got {shown(actual)}")


def _objects(expected: Mapping[str, Any], actual: Any, subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    if not isinstance(actual, dict):
        return Difference(at, f"expected an object with {_names(expected)}, got {shown(actual)}")
    given = cast("dict[str, Any]", actual)
    for name, value in expected.items():
        place = text_of(at, name)
        if name not in given:
            return Difference(place, f"is missing; expected {shown(value)}")
        found = difference(value, given[name], subset=subset, at=place)
        if found:
            return found
    extra = sorted(given.keys() - expected.keys())
    if extra and not subset:
        return Difference(text_of(at, extra[0]), f"is not expected; got {shown(given[extra[0]])}")
    return None


def _lists(expected: list[Any], actual: Any, subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    if not isinstance(actual, list):
        return Difference(at, f"expected a list of {len(expected)}, got {shown(actual)}")
    given = cast("list[Any]", actual)
    for index, (value, found) in enumerate(zip(expected, given, strict=False)):
        differs = difference(value, found, subset=subset, at=f"{at}/{index}")
        if differs:
            return differs
    if len(expected) != len(given):
        return Difference(at, f"expected {len(expected)} elements, got {len(given)}")
    return None


def _asked(question: str, wanted: Any, actual: Any, subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    if question == "$any":
        if any(difference(each, actual, subset=subset) is None for each in wanted):
            return None
        return Difference(at, f"expected one of {shown(wanted)}, got {shown(actual)}")
    if not is_payload(actual):
        return Difference(at, f"expected bytes as text or base64, got {shown(actual)}")
    if question == "$bytes":
        return None
    try:
        document = parsed(bytes_of(actual))
        if question == "$same":
            return difference(parsed(content(wanted)), document, at=f"{at} (the document) ")
    except ValueError as error:
        return Difference(at, f"expected a JSON document, got {shown(actual)}: {error}")
    if question == "$at":
        return _places(wanted, document, at)
    return difference(wanted, document, subset=subset, at=f"{at} (the document) ")


def _places(wanted: Mapping[str, Any], document: Any, at: str) -> Difference | None:  # noqa: ANN401
    for pointer, value in wanted.items():
        place, found = f"{at} (the document) {pointer}", document
        try:
            for token in tokens(pointer):
                found = inner(found, token)
        except LookupError:
            return Difference(place, f"is missing; expected {shown(value)}")
        differs = difference(value, found, at=place)
        if differs:
            return differs
    return None


def parsed(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return a JSON document with its numbers exact.

    Raises:
        ValueError: it is none.
    """
    return json.loads(data.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)


def _refuse(name: str) -> Any:  # noqa: ANN401 - never returns
    raise ValueError(f"{name} is no JSON")


def bytes_of(given: Mapping[str, str]) -> bytes:
    """Return the bytes that a payload of an answer stands for.

    Raises:
        ValueError: it is no base64.
    """
    if "text" in given:
        return given["text"].encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(given["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether two plain values are equal in JSON, where true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return type(one) is type(other) and one == other
    return isinstance(other, int | float | Decimal) and one == other


def _names(expected: Mapping[str, Any]) -> str:
    return ", ".join(repr(name) for name in expected) or "nothing in it"


def shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a value as people are shown it, cut off where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
