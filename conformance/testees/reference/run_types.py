"""Types of Python for what a case says of a value in JSON Schema, and functions that take such values."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from timestep.tools.context import ToolContext

Schema = dict[str, Any]

_PLAIN: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}


class Opaque:
    """What has no form in JSON."""


def type_of(schema: Schema, name: str = "Output") -> Any:
    """Return the type that a plain schema describes; a schema that says nothing is any value.

    Raises:
        ValueError: a schema that no type here has.
    """
    kind = schema.get("type")
    if kind is None and not schema:
        return Any
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "array":
        return list[type_of(schema.get("items", {}), f"{name}Item")]
    if kind == "object" and "properties" not in schema:
        return dict[str, type_of(schema.get("additionalProperties", {}), f"{name}Value")]
    if kind == "object":
        needed = schema.get("required", ())
        members = schema["properties"].items()
        types = [(each, type_of(inner, f"{name}_{each}"), each in needed) for each, inner in members]
        fields = [(each, found) if must else (each, found, None) for each, found, must in types]
        return msgspec.defstruct(name, fields, kw_only=True)
    raise ValueError(f"no type here is {schema!r}")


def function_of(name: str, parameters: list[dict[str, Any]], body: Callable[[ToolContext], Awaitable[Any]]) -> Any:
    """Return a function with these parameters, whose body is asked with the context alone."""

    async def function(*given: Any, **_named: Any) -> Any:
        return await body(given[0])

    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_ONLY, annotation=ToolContext)
    signature = inspect.Signature([context, *(_parameter(name, each) for each in parameters)])
    function.__name__ = name
    function.__annotations__ = {
        each.name: each.annotation for each in signature.parameters.values() if each.annotation is not each.empty
    }
    function.__signature__ = signature
    return function


def _parameter(tool: str, told: dict[str, Any]) -> inspect.Parameter:
    default = told.get("default", inspect.Parameter.empty)
    kind = inspect.Parameter.KEYWORD_ONLY
    if told.get("opaque"):
        return inspect.Parameter(told["name"], kind, default=default, annotation=Opaque)
    if "type" not in told:
        return inspect.Parameter(told["name"], kind, default=default)
    hint = type_of(told["type"], f"{tool}_{told['name']}")
    return inspect.Parameter(told["name"], kind, default=default, annotation=hint)
