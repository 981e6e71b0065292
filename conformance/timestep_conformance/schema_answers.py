"""What is asked of a JSON Schema that a testee gives: which values it takes, and whether it has the strict form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError


def fault(wanted: Mapping[str, Any], schema: Any) -> str | None:  # noqa: ANN401 - any JSON
    """Return what is wrong with a schema: it does not take `all` of some values, or takes one that it is to refuse.

    Args:
        wanted: `all`, the values that it has to take; `none`, those that it may not; `strict`, whether it has to be so.
        schema: what the testee gave.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"is no JSON Schema: {error.message}"
    validator: Any = Draft202012Validator(schema)
    for name, fine in (("all", True), ("none", False)):
        for value in wanted.get(name, ()):
            if validator.is_valid(value) is not fine:
                return f"{'refuses' if fine else 'takes'} {value!r}"
    return next(_loose(schema), None) if wanted.get("strict") else None


def _loose(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield what keeps a schema from being strict (TS-TOOL-021)."""
    if isinstance(schema, list):
        for each in cast("list[Any]", schema):
            yield from _loose(each)
    if not isinstance(schema, dict):
        return
    members = cast("dict[str, Any]", schema)
    if "$ref" in members and len(members) > 1:
        yield "has a reference with siblings"
    if members.get("type") == "object" or isinstance(members.get("properties"), dict):
        if members.get("additionalProperties") is not False:
            yield "has an object that is not closed"
        if {*members.get("required", ())} != {*members.get("properties", {})}:
            yield "has an object of which not all members are required"
    for each in members.values():
        yield from _loose(each)
