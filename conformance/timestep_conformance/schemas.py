"""JSON Schemas by file name, in the portable subset of the specification, and a plain check of values against them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Schema: TypeAlias = "dict[str, Json]"

#: The kinds of values; "number" is one with a fraction here.
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")
_NOTES = {"$schema", "$id", "$defs", "$comment", "title", "description", "default", "examples", "deprecated"}
_COMPOSED = {"$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"}
_PLAIN = {
    "type", "enum", "const", "minLength", "maxLength", "pattern", "minimum", "maximum", "properties", "required",
    "additionalProperties", "propertyNames", "minProperties", "maxProperties", "items", "prefixItems", "minItems",
    "maxItems", "uniqueItems",
}  # fmt: skip


class SchemaError(ValueError):
    """A schema says something that no value can be made for; the message names it."""


#: What the schemas `true` and `false` stand for.
_ANY: Schema = {}
_NOTHING: Schema = {"not": {}}


class Part(NamedTuple):
    """A schema, and the file that its references start from."""

    schema: Schema
    file: str

    def inner(self, schema: Json) -> Part:
        """Return a schema that stands inside this one."""
        if isinstance(schema, bool):
            return Part(_ANY if schema else _NOTHING, self.file)
        return Part(cast("Schema", schema), self.file)

    def at(self, name: str) -> Part:
        """Return the schema under a keyword; any value where it is missing."""
        return self.inner(self.schema.get(name, True))

    def all(self, name: str) -> list[Part]:
        """Return the schemas of a keyword that holds a list of them."""
        return [self.inner(schema) for schema in cast("list[Json]", self.schema.get(name, []))]

    def names(self, name: str) -> list[str]:
        """Return a keyword that holds a list of names."""
        return cast("list[str]", self.schema.get(name, []))

    def members(self) -> dict[str, Json]:
        """Return the members of an object that are named."""
        return cast("dict[str, Json]", self.schema.get("properties", {}))

    def member(self, name: str) -> Part:
        """Return what is said of one member of an object."""
        named = self.members()
        return self.inner(named[name]) if name in named else self.at("additionalProperties")

    def item(self, place: int) -> Part:
        """Return what is said of the item at a place of a list."""
        prefix = self.all("prefixItems")
        return prefix[place] if place < len(prefix) else self.at("items")

    def never(self) -> bool:
        """Tell whether nothing may stand here."""
        return self.schema.get("not") in ({}, True)


class Condition(NamedTuple):
    """An `if` with its branches."""

    test: Part
    then: Part
    other: Part

    def branch(self, holds: bool) -> Part:
        """Return the branch that is taken."""
        return self.then if holds else self.other

    def names(self) -> list[str]:
        """List the members of an object that decide it.

        Raises:
            SchemaError: it asks for something else too.
        """
        found: list[str] = []
        tests = [self.test]
        while tests:
            test = tests.pop()
            if test.schema.keys() - {"properties", "required", "not", "type"}:
                raise SchemaError(f"{test.file}: a condition on more than members of an object: {test.schema}")
            found += [*test.members(), *test.names("required")]
            tests += [test.at("not")] if "not" in test.schema else []
        return list(dict.fromkeys(found))


class Schemas:
    """The schemas of a specification by file name, with their references."""

    def __init__(self, files: Mapping[str, dict[str, Json]]) -> None:
        self._files = files

    def part(self, reference: str, file: str = "") -> Part:
        """Return what a reference leads to.

        Raises:
            SchemaError: it leads nowhere.
        """
        name, _, pointer = reference.partition("#")
        name = name or file
        found: Json = self._files.get(name)
        for step in pointer.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same step, read
            found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            raise SchemaError(f"{file or 'the caller'}: {reference!r} leads nowhere")
        return Part(cast("Schema", found), name)

    def flat(self, parts: Iterable[Part]) -> list[Part]:
        """Return all parts that hold together with these: targets of references and members of `allOf`.

        Raises:
            SchemaError: a keyword is not known.
        """
        found: list[Part] = []
        todo = list(parts)
        while todo:
            part = todo.pop(0)
            found.append(part)
            unknown = part.schema.keys() - _NOTES - _COMPOSED - _PLAIN
            if unknown:
                raise SchemaError(f"{part.file}: the keyword {min(unknown)!r} is not known")
            if "$ref" in part.schema:
                todo.append(self.part(str(part.schema["$ref"]), part.file))
            todo += part.all("allOf")
        return found

    def conforms(self, value: Json, part: Part) -> bool:
        """Tell whether a value is valid."""
        return all(self._plain(value, flat) and self._composed(value, flat) for flat in self.flat([part]))

    def _composed(self, value: Json, part: Part) -> bool:
        if "not" in part.schema and self.conforms(value, part.at("not")):
            return False
        if "anyOf" in part.schema and not any(self.conforms(value, one) for one in part.all("anyOf")):
            return False
        if "oneOf" in part.schema and sum(self.conforms(value, one) for one in part.all("oneOf")) != 1:
            return False
        return "if" not in part.schema or self.conforms(
            value, part.at("then" if self.conforms(value, part.at("if")) else "else")
        )

    def _plain(self, value: Json, part: Part) -> bool:
        schema = part.schema
        if "type" in schema and kind_of(value) not in kinds_of(schema["type"]):
            return False
        if "const" in schema and not same(value, schema["const"]):
            return False
        if "enum" in schema and not any(same(value, one) for one in cast("list[Json]", schema["enum"])):
            return False
        if isinstance(value, str):
            fits = _within(len(value), schema, "minLength", "maxLength")
            return fits and ("pattern" not in schema or re.search(_ecma(str(schema["pattern"])), value) is not None)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _within(value, schema, "minimum", "maximum")
        if isinstance(value, list):
            return self._list(value, part)
        return not isinstance(value, dict) or self._members(value, part)

    def _list(self, value: list[Json], part: Part) -> bool:
        pairs = ((one, other) for place, one in enumerate(value) for other in value[:place])
        return (
            _within(len(value), part.schema, "minItems", "maxItems")
            and not (part.schema.get("uniqueItems") and any(same(*pair) for pair in pairs))
            and all(self.conforms(inner, part.item(place)) for place, inner in enumerate(value))
        )

    def _members(self, value: dict[str, Json], part: Part) -> bool:
        return (
            _within(len(value), part.schema, "minProperties", "maxProperties")
            and all(name in value for name in part.names("required"))
            and all(self.conforms(inner, part.member(name)) for name, inner in value.items())
            and all(self.conforms(name, part.at("propertyNames")) for name in value)
        )


def kind_of(value: Json) -> str:
    """Return the kind of a value; 1.0 is an integer to a schema."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def sample(kind: str) -> Json:
    """Return a value of a kind."""
    found: dict[str, Json] = {"boolean": True, "integer": 0, "number": 0.5, "string": "", "array": [], "object": {}}
    return found.get(kind)


def kinds_of(types: Json) -> set[str]:
    """Return the kinds that a `type` allows."""
    names = {str(name) for name in (types if isinstance(types, list) else [types])}
    return names | ({"integer"} if "number" in names else set[str]())


def same(one: Json, other: Json) -> bool:
    """Tell whether two values are equal in JSON, where true is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(inner, other[name]) for name, inner in one.items())
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _within(size: float, schema: dict[str, Json], least: str, most: str) -> bool:
    return cast("float", schema.get(least, size)) <= size <= cast("float", schema.get(most, size))


def _ecma(pattern: str) -> str:
    """Return a pattern as Python reads it: there `$` also stands before a last line end."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern
