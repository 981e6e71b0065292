"""What was expected against what came: exact, or a subset where a case asks for less."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, cast

from timestep_conformance.payloads import content, is_payload
from timestep_conformance.pointers import inner, text_of, tokens

_TEXTS = {
    "$text": re.compile(r"(?s).+"),
    "$time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"),
}
_TOLD = {"$text": "a text that is not empty", "$time": "a time with its distance from UTC"}
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
    matches what stands in a document at some pointers (with `$absent`: that nothing does), `$bytes` takes any payload,
    these very bytes, or bytes that begin and end so (in hexadecimal), `$holds` a text or payload with all of some
    texts, and none of others, `$has` wants a list with an element that matches each of some, `$without` a value in
    which no text stands that has one of these in it, `$takes` wants a JSON Schema that takes
    all of some values and none of others, `$lines` matches the values of JSON Lines, `$text` takes any text
    that is not empty, and `$time` a point in time with its distance from UTC.
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
    if question in _OF_VALUES:
        return _OF_VALUES[question](wanted, actual, subset, at)
    if question in _TEXTS:
        told = isinstance(actual, str) and _TEXTS[question].fullmatch(actual)
        return None if told else Difference(at, f"expected {_TOLD[question]}, got {shown(actual)}")
    given = {"text": actual} if question == "$holds" and isinstance(actual, str) else actual
    if not is_payload(given):
        return Difference(at, f"expected bytes as text or base64, got {shown(given)}")
    return _of_bytes(question, wanted, given, subset, at)


def _of_bytes(question: str, wanted: Any, given: Mapping[str, str], subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    try:
        if question == "$bytes":
            return _told_bytes(wanted, given, at)
        if question == "$holds":
            return _holds(wanted, given, at)
        if question == "$lines":
            return difference(wanted, rows(bytes_of(given)), at=f"{at} (the lines) ")
        document = parsed(bytes_of(given))
        if question == "$same":
            return difference(parsed(content(wanted)), document, at=f"{at} (the document) ")
    except ValueError as error:
        return Difference(at, f"expected a JSON document, got {shown(given)}: {error}")
    if question == "$at":
        return _places(wanted, document, subset, at)
    return difference(wanted, document, subset=subset, at=f"{at} (the document) ")


def _told_bytes(wanted: Mapping[str, Any] | None, actual: Mapping[str, str], at: str) -> Difference | None:
    """Return how bytes differ from what is told of them; null tells nothing."""
    if wanted is None:
        return None
    data = bytes_of(actual)
    if wanted.keys() <= {"begins", "ends"}:
        begins, ends = (bytes.fromhex(wanted.get(name, "")) for name in ("begins", "ends"))
        same = data.startswith(begins) and data.endswith(ends)
    else:
        same = data == content(wanted)
    return None if same else Difference(at, f"expected bytes as {shown(wanted)}, got {shown(actual)}")


def _holds(wanted: Mapping[str, Any], actual: Mapping[str, str], at: str) -> Difference | None:
    """Return which of the texts that are to stand in it is not there, or which of the others is."""
    data = bytes_of(actual)
    for name, there in (("all", True), ("none", False)):
        for text in wanted.get(name, ()):
            if (str(text).encode() in data) is not there:
                return Difference(at, f"expected a text {'with' if there else 'without'} {shown(text)}")
    return None


def _any(wanted: list[Any], actual: Any, subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    """Find that none of some values matches."""
    if any(difference(each, actual, subset=subset) is None for each in wanted):
        return None
    return Difference(at, f"expected one of {shown(wanted)}, got {shown(actual)}")


def _without(wanted: list[str], actual: Any, _: bool, at: str) -> Difference | None:  # noqa: ANN401
    """Find a text that must not stand anywhere in a value."""
    return next((Difference(at, f"{text!r} stands in it") for text in wanted if _stands(text, actual)), None)


def _takes(wanted: Mapping[str, Any], actual: Any, _: bool, at: str) -> Difference | None:  # noqa: ANN401
    """Find a value that a JSON Schema takes or refuses, and should not."""
    from timestep_conformance import schema_answers  # which takes its time to load

    told = schema_answers.fault(wanted, actual)
    return Difference(at, f"{told}: {shown(actual)}") if told else None


def _having(wanted: list[Any], actual: Any, subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    """Find what no element of a list matches."""
    if not isinstance(actual, list):
        return Difference(at, f"expected a list, got {shown(actual)}")
    given = cast("list[Any]", actual)
    for value in wanted:
        if all(difference(value, each, subset=subset) is not None for each in given):
            return Difference(at, f"expected an element {shown(value)}, got {shown(given)}")
    return None


#: Questions about values that need be no bytes.
_OF_VALUES: dict[str, Callable[[Any, Any, bool, str], Difference | None]] = {
    "$any": _any,
    "$has": _having,
    "$without": _without,
    "$takes": _takes,
}


def _stands(text: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Tell whether a text stands in a value, as a part of a text or of a name."""
    if isinstance(value, dict):
        return any(_stands(text, part) for pair in cast("dict[str, Any]", value).items() for part in pair)
    if isinstance(value, list):
        return any(_stands(text, each) for each in cast("list[Any]", value))
    return isinstance(value, str) and text in value


def _places(wanted: Mapping[str, Any], document: Any, subset: bool, at: str) -> Difference | None:  # noqa: ANN401
    for pointer, value in wanted.items():
        place, found, absent = f"{at} (the document) {pointer}", document, value == {"$absent": True}
        try:
            for token in tokens(pointer):
                found = inner(found, token)
        except LookupError:
            if absent:
                continue
            return Difference(place, f"is missing; expected {shown(value)}")
        if absent:
            return Difference(place, f"expected nothing there, got {shown(found)}")
        differs = difference(value, found, subset=subset, at=place)
        if differs:
            return differs
    return None


def rows(data: bytes) -> list[Any]:
    """Return the values of JSON Lines; blank lines are none.

    Raises:
        ValueError: a line is no JSON, or the last one has no line feed.
    """
    *lines, rest = data.split(b"\n")
    if rest:
        raise ValueError("the last line does not end with a line feed")
    return [parsed(line) for line in lines if line.strip()]


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
