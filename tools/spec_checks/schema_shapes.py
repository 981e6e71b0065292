"""Reads the shapes of records out of JSON Schemas."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from spec_checks.schema_files import Place, SchemaFiles
from spec_checks.shapes import KEPT, REFUSED, Field, Record, presence

_SCALARS = ("string", "integer", "number", "boolean")


class _Kind(NamedTuple):
    name: str
    nullable: bool = False
    values: frozenset[str] | None = None

    def __str__(self) -> str:
        return self.name + "?" * self.nullable


class SchemaShapes:
    """The records of the schemas.

    Args:
        files: The schemas.
        names: Place of each record -> its name.
    """

    def __init__(self, files: SchemaFiles, names: dict[Place, str]) -> None:
        self._files = files
        self._names = {**names, Place("item.schema.json"): "item"}

    def record(self, place: Place) -> Record:
        """Return the record at a place, without the `type` that an event or effect is told by.

        Raises:
            KeyError: There is none.
        """
        schema = self._files.at(place)
        properties = dict(schema["properties"])
        if len(place.path) == 2 and properties.get("type") == {"const": place.path[1]}:
            del properties["type"]
        required = schema.get("required", ())
        fields = {name: self._field(place.file, part, name in required) for name, part in properties.items()}
        return Record(str(place), fields, REFUSED if schema.get("additionalProperties") is False else KEPT)

    def _field(self, file: str, schema: Any, required: bool) -> Field:
        kind = self._kind(file, schema)
        return Field(kind.name, presence(required, kind.nullable), kind.values)

    def _kind(self, file: str, schema: Any) -> _Kind:
        if "$ref" in schema:
            place = self._files.target(file, schema["$ref"])
            named = self._names.get(place)
            return _Kind(named) if named else self._kind(place.file, self._files.at(place))
        if "const" in schema or "enum" in schema:
            return _enumeration(schema.get("enum", [schema.get("const")]))
        if "if" in schema and "else" in schema:
            return self._either(file, schema)
        told = schema.get("type")
        types = [told] if isinstance(told, str) else list(told or ())
        kinds = [each for each in types if each != "null"]
        kind = self._typed(file, schema, kinds[0]) if len(kinds) == 1 else _Kind("any")
        return kind._replace(nullable="null" in types)

    def _either(self, file: str, schema: Any) -> _Kind:
        """Return the kind of a value that is null or something, or one of some texts or something."""
        kind = self._kind(file, schema["else"])
        if schema["if"] == {"type": "null"}:
            return kind._replace(nullable=True)
        return _Kind(f"{kind} or enum", kind.nullable, _enumeration(schema["then"]["enum"]).values)

    def _typed(self, file: str, schema: Any, told: str) -> _Kind:
        if told in _SCALARS:
            return _Kind(told)
        if told == "array":
            return self._array(file, schema)
        members = schema.get("additionalProperties")
        if isinstance(members, dict):
            inner = self._kind(file, members)
            return _Kind(f"map of {inner}", values=inner.values)
        return _Kind("object")

    def _array(self, file: str, schema: Any) -> _Kind:
        items = schema.get("items", {})
        if items is False:
            return _Kind(f"[{', '.join(str(self._kind(file, part)) for part in schema['prefixItems'])}]")
        inner = self._kind(file, items)
        if schema.get("minItems") is not None and schema["minItems"] == schema.get("maxItems"):
            return _Kind(f"[{', '.join([str(inner)] * schema['minItems'])}]")
        return _Kind(f"list of {inner}", values=inner.values)


def _enumeration(values: list[Any]) -> _Kind:
    return _Kind("enum", None in values, frozenset(json.dumps(value) for value in values if value is not None))
