"""Writes the JSON Schema of one number: the plan's shapes, as far as its files have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dialect_schemas.observe import Observed
from dialect_schemas.plan import Kind, Member, Need, Plan, Shape, came
from timestep.dialects.numbers import Number, Path

BASE = "https://timestep-ai.github.io/timestep/spec/v1/dialects/"
SDKS = {"openai-agents-python": "openai-agents", "openai-agents-js": "@openai/agents"}
Json = dict[str, Any]

_RUN = {
    "description": "A nested run, by its own number's schema.",
    "type": "object",
    "properties": {"$schemaVersion": {"type": "string", "pattern": "^1[.][0-9]+$"}},
    "required": ["$schemaVersion"],
}
_PLAIN: dict[str, Any] = {
    "text": {"type": "string"},
    "count": {"type": "integer", "minimum": 0},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "null": {"type": "null"},
    "object": {"type": "object"},
    "any": True,
    "run": {"$ref": "#/$defs/NestedRun"},
    "run text": {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/$defs/NestedRun"},
    },
}


class Builder:
    """Makes the schema of one number of a family."""

    def __init__(self, plan: Plan, seen: Observed, rows: Sequence[Number], row: Number) -> None:
        """Take the plan, what was seen in the number's files, all numbers of the family and the one in question."""
        self._plan, self._seen, self._row = plan, seen, row
        self._brought = set(self._later(rows))

    def schema(self, family: str) -> Json:
        """Return the schema."""
        root, *others = self._plan.values()
        number, packages = self._row.number, _span(self._row.packages)
        body = self._shape(root)
        body["properties"] = {**body["properties"], "$schemaVersion": {"const": number}}
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{BASE}{family}/{number}.schema.json",
            "title": f"{family} {number}",
            "description": f"A run state that {SDKS[family]} {packages} saves (tools/gen_dialect_schemas.py).",
            **{key: value for key, value in body.items() if key != "description"},
        }
        shapes = {shape.name: self._shape(shape) for shape in others} | {"NestedRun": _RUN}
        wanted = _reached(schema, shapes)
        return schema | {"$defs": {name: value for name, value in shapes.items() if name in wanted}}

    def _shape(self, shape: Shape) -> Json:
        """Return the schema of a shape."""
        seen, name = self._seen, shape.name
        members = {key: member for key, member in shape.members.items() if (name, key) in seen.members}
        properties = {key: self._member((name, key), member) for key, member in members.items()}
        properties |= dict.fromkeys(self._absent(shape), False)
        always = [
            key for key, member in members.items() if member.sure and seen.members[name, key] == seen.shapes[name]
        ]
        found: Json = {"description": shape.description, "type": "object"}
        if properties:
            found["properties"] = properties
        if always:
            found["required"] = always
        if shape.either:
            found["anyOf"] = [{"required": [key]} for key in shape.either]
        rules = [_rule(need) for need in shape.needs if self._holds(name, need)]
        if rules:
            found["allOf"] = rules
        return found

    def _absent(self, shape: Shape) -> list[str]:
        """Return the members that no writer of this number writes: what others brought, and sure ones no file has."""
        seen = self._seen.shapes[shape.name] > 0
        others = {
            key
            for key, member in shape.members.items()
            if (member.sure and seen) or not came(member.since, self._row.number)
        } | {key for name, key in self._brought if name == shape.name}
        return sorted(key for key in others if (shape.name, key) not in self._seen.members)

    def _holds(self, name: str, need: Need) -> bool:
        """Tell whether the files show a rule, and none breaks it."""
        return self._seen.needs[name, need, True] > 0 and self._seen.needs[name, need, False] == 0

    def _member(self, place: tuple[str, str], member: Member) -> Any:
        kinds = tuple(kind for kind in member.kinds if came(kind.since, self._row.number))
        if place in self._seen.nulls and not any(kind.name in ("null", "any") for kind in kinds):
            kinds = (*kinds, Kind("null"))
        return self._any_of(place, kinds)

    def _any_of(self, place: tuple[str, str], kinds: tuple[Kind, ...]) -> Any:
        options = [self._kind(place, kind) for kind in kinds]
        if len(options) == 1:
            return options[0]
        if all(isinstance(option.get("type"), str) and set(option) <= {"type", "minimum"} for option in options):
            merged = {key: value for option in options for key, value in option.items()}
            return merged | {"type": [option["type"] for option in options]}
        return {"anyOf": options}

    def _kind(self, place: tuple[str, str], kind: Kind) -> Any:
        if kind.name == "one of":
            return {"enum": self._texts(place, kind)}
        if kind.name == "list":
            return {"type": "array", "items": self._any_of(place, kind.inner)}
        if kind.name == "map":
            return {"type": "object", "additionalProperties": self._any_of(place, kind.inner)}
        return _PLAIN.get(kind.name, {"$ref": f"#/$defs/{kind.name}"})

    def _texts(self, place: tuple[str, str], kind: Kind) -> list[str]:
        """Return the texts that the source allows up to this number, and those that were seen."""
        allowed = [text for since, text in kind.texts if came(since, self._row.number)]
        return allowed + sorted(self._seen.texts.get(place, set()) - set(allowed))

    def _later(self, rows: Sequence[Number]) -> Iterator[tuple[str, str]]:
        """Yield the members that later numbers brought."""
        later = rows[rows.index(self._row) + 1 :]
        for path in (path for row in later for path in row.brought):
            yield from self._places(path)

    def _places(self, path: Path) -> Iterator[tuple[str, str]]:
        """Yield the shape and the member at the end of a path, where the plan leads there."""
        kinds: tuple[Kind, ...] = (Kind(next(iter(self._plan))),)
        for position, key in enumerate(path):
            if key == "*":
                kinds = tuple(inner for kind in kinds for inner in kind.inner)
                continue
            shapes = [self._plan[kind.name] for kind in kinds if kind.name in self._plan]
            if position == len(path) - 1:
                yield from ((shape.name, key) for shape in shapes if not shape.open)
            kinds = tuple(kind for shape in shapes if key in shape.members for kind in shape.members[key].kinds)


def _rule(need: Need) -> Json:
    given: Json = {"properties": {need.member: {"const": need.value}}, "required": [need.member]}
    case: Json = {"not": given} if need.unless else given
    return {"if": case, "then": {"required": list(need.members)}}


def _reached(schema: Any, shapes: dict[str, Json]) -> set[str]:
    """Return the names of the shapes that a schema leads to."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            if name in shapes and name not in found:
                found.add(name)
                waiting.append(shapes[name])
            waiting += value.values()
    return found


def _span(packages: Sequence[str]) -> str:
    return packages[0] if len(packages) == 1 else f"{packages[0]} to {packages[-1]}"
