"""JSON Schemas of Python types, and the strict form that model providers enforce."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import msgspec

from timestep.errors import UserError

Schema = dict[str, Any]

_REF = "#/$defs/"
_TYPE_NAMES: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def schema_of(type_: Any, name: str = "the type") -> Schema:  # noqa: ANN401 - a type form
    """Derive the JSON Schema of a type; the type itself stands at the top, what it refers to in `$defs`.

    Raises:
        UserError: the type, or one inside it, has no JSON form.
    """
    try:
        (top,), components = msgspec.json.schema_components([type_], ref_template=_REF + "{name}", schema_hook=_foreign)
    except (TypeError, NotImplementedError, RuntimeError) as error:
        raise UserError(
            f"{name} has no JSON Schema: {error}",
            code="tool-schema",
            help="use types that JSON has, dataclasses, TypedDicts, enums, msgspec Structs or pydantic models",
            requirement="TS-TOOL-020",
        ) from None
    named: dict[str, Schema] = dict(components)
    top = dict(top)
    if set(top) == {"$ref"} and not _refers_to(named, top["$ref"]):
        top = named.pop(top["$ref"].removeprefix(_REF))
    schema = {**top, "$defs": named} if named else top
    return _typed_enums(_hoisted(schema))


def strict(schema: Schema, name: str = "the schema") -> Schema:
    """Give the strict form: every object closed, every member required, no null defaults, no `$ref` with siblings.

    Raises:
        UserError: an object is open, so that it has no strict form (TS-TOOL-021).
    """
    root = deepcopy(schema)
    return _strict(root, root, name)


def _strict(schema: Schema, root: Schema, name: str) -> Schema:
    if "$ref" in schema and len(schema) > 1:  # providers take no sibling of a `$ref`
        target = _resolve(root, schema.pop("$ref"))
        schema = {**deepcopy(target), **schema}
    for group in ("$defs", "definitions", "properties"):
        if isinstance(schema.get(group), dict):
            members = cast("dict[str, Schema]", schema[group])
            members.update({key: _strict(member, root, f"{name}.{key}") for key, member in members.items()})
    if isinstance(schema.get("items"), dict):
        schema["items"] = _strict(schema["items"], root, name)
    variants: list[Schema] = [*schema.pop("oneOf", []), *schema.pop("anyOf", [])]
    if variants:
        schema["anyOf"] = [_strict(variant, root, name) for variant in variants]
    for group in ("allOf", "prefixItems"):
        if group in schema:
            schema[group] = [_strict(member, root, name) for member in schema[group]]
    if schema.get("default", 0) is None:
        del schema["default"]
    return _closed(schema, name)


def _closed(schema: Schema, name: str) -> Schema:
    """Close an object, and require all its members."""
    kind = schema.get("type")
    if kind != "object" and "properties" not in schema and not (isinstance(kind, list) and "object" in kind):
        return schema
    unnamed = "properties" not in schema and "additionalProperties" not in schema
    if schema.get("additionalProperties", False) is not False or unnamed:
        raise UserError(
            f"{name} is an open object, which has no strict schema",
            code="tool-schema",
            why="a provider that enforces a strict schema needs every member named",
            help="name the members in a dataclass or TypedDict, or turn strict off (strict=False)",
            requirement="TS-TOOL-021",
        )
    schema["additionalProperties"] = False
    schema["required"] = list(schema.setdefault("properties", {}))
    return schema


def _resolve(root: Schema, ref: str) -> Schema:
    found: Any = root
    for part in ref.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def _refers_to(value: object, ref: str) -> bool:
    """Tell whether a reference stands anywhere in a value, as it does for a type that contains itself."""
    if isinstance(value, dict):
        return any(member == ref or _refers_to(member, ref) for member in cast("Schema", value).values())
    return isinstance(value, list) and any(_refers_to(member, ref) for member in cast("list[object]", value))


def _foreign(type_: Any) -> Schema:  # noqa: ANN401 - any class of the user's
    """Ask a class of another library (pydantic) for its own schema."""
    derive = getattr(type_, "model_json_schema", None)
    if derive is None:
        raise TypeError(f"the type {getattr(type_, '__name__', type_)!r} has no JSON form")
    return derive()


def _hoisted(schema: Schema) -> Schema:
    """Move definitions that stand inside to the top, where the references to them look."""
    found: dict[str, Schema] = {}
    schema = {key: _without_definitions(value, found) for key, value in schema.items() if key != "$defs"} | {
        "$defs": {key: _without_definitions(value, found) for key, value in schema.get("$defs", {}).items()}
    }
    schema["$defs"] |= found
    return schema if schema["$defs"] else {key: value for key, value in schema.items() if key != "$defs"}


def _without_definitions(value: Any, found: dict[str, Schema]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_without_definitions(member, found) for member in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("Schema", value)
    inner = cast("dict[str, Schema]", members.get("$defs", {}))
    found |= {key: _without_definitions(member, found) for key, member in inner.items()}
    return {key: _without_definitions(member, found) for key, member in members.items() if key != "$defs"}


def _typed_enums(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Give each enumeration of one type that type, which some providers ask for."""
    if isinstance(value, list):
        return [_typed_enums(member) for member in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("Schema", value)
    schema = {key: _typed_enums(member) for key, member in members.items()}
    values = members.get("enum")
    kinds = {type(item) for item in cast("list[object]", values)} if isinstance(values, list) else set[type]()
    if len(kinds) == 1 and "type" not in schema:
        kind = _TYPE_NAMES.get(kinds.pop())
        schema |= {"type": kind} if kind else {}
    return schema
