"""Compares what the schema, the type and the message of one record say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from spec_checks.shapes import Field, Record, enum_name, rename

#: What a language has no word for -> what it says instead.
_TYPE_WORDS = {"item": "object"}
_PROTO_WORDS = {"any": "bytes", "object": "bytes"}


class Difference(NamedTuple):
    """What a side says otherwise than the schema: of which field ("" for all), in what; all sides' words and places."""

    field: str
    aspect: str
    off: list[str]
    words: dict[str, str]
    places: dict[str, str]

    def __str__(self) -> str:
        """Return what all sides say, each with its place."""
        return ", ".join(f"{word} in the {side} ({self.places[side]})" for side, word in self.words.items())


def differences(schema: Record, others: dict[str, Record]) -> Iterator[Difference]:
    """Yield what the sides of a record, "type" and "proto", say otherwise than its schema."""
    sides = {"schema": schema, **others}
    for name in dict.fromkeys(name for record in sides.values() for name in record.fields):
        off = [side for side, record in others.items() if (name in record.fields) != (name in schema.fields)]
        if off:
            yield _difference(sides, name, "name", off)
        for aspect in ("kind", "presence", "values", "absence"):
            off = [side for side in others if _differs(aspect, sides, side, name)]
            if off:
                yield _difference(sides, name, aspect, off)
    off = [side for side, record in others.items() if record.unknown != schema.unknown]
    if off:
        words = {side: record.unknown for side, record in sides.items()}
        yield Difference("", "unknown fields", off, words, {side: record.place for side, record in sides.items()})


def _differs(aspect: str, sides: dict[str, Record], side: str, name: str) -> bool:
    """Tell whether a side says something else of a field than the schema; not, where one of the two lacks the field."""
    ours, theirs = sides["schema"].fields.get(name), sides[side].fields.get(name)
    if ours is None or theirs is None:
        return False
    if aspect == "absence":  # only the type tells whether absent is another thing than empty
        type_ = sides["type"].fields.get(name) if "type" in sides else None
        return side == "proto" and theirs.bare_list and type_ is not None and type_.null_by_default
    expected = _as_proto(ours) if side == "proto" else ours._replace(kind=rename(ours.kind, _TYPE_WORDS))
    if aspect == "kind":
        return theirs.kind != expected.kind
    if aspect == "presence":
        return theirs.presence not in (None, expected.presence)
    return theirs.kind == expected.kind and theirs.values != expected.values


def _as_proto(field: Field) -> Field:
    """Return a field as a message says it: a constant is text, and an enumeration's values are names."""
    if field.kind == "enum" and field.values is not None and len(field.values) == 1:
        return field._replace(kind="string", values=None)
    names = None if field.values is None else frozenset(enum_name(value) for value in field.values)
    return field._replace(kind=rename(field.kind, _PROTO_WORDS), values=names)


def _difference(sides: dict[str, Record], name: str, aspect: str, off: list[str]) -> Difference:
    words = {side: _word(record.fields.get(name), aspect) for side, record in sides.items()}
    places = {side: f"{record.place}.{name}" for side, record in sides.items()}
    return Difference(name, aspect, off, words, places | {"schema": f"{sides['schema'].place}/properties/{name}"})


def _word(field: Field | None, aspect: str) -> str:
    if field is None:
        return "missing"
    if aspect == "name":
        return "there"
    if aspect == "absence":
        return "empty when absent" if field.bare_list else "absent or empty"
    if aspect == "values":
        return " ".join(sorted(field.values or ())) or "no enumeration"
    return (field.kind if aspect == "kind" else field.presence) or "not told"
