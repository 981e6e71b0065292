"""Says what the record types of a checkout look like: `type_shapes.py PYTHON_ROOT`, JSON on stdout.

`records` is class name -> `place`, `unknown` and `fields`, which is name in JSON -> the parts of `shapes.Field`;
`unions` is name -> tag -> class name.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import typing
from typing import Any

#: Values that a type leaves open, so that the reader can refuse others with a code of their own -> the constant's name.
_LISTED = {("Document", "requires"): "FEATURES"}


def shapes() -> dict[str, Any]:
    """Return the shapes of all record types, and of events and effects which class has which tag."""
    from timestep.types.effects import AnyEffect
    from timestep.types.events import AnyEvent

    unions = {"Event": typing.get_args(AnyEvent), "Effect": typing.get_args(AnyEffect)}
    tags = {name: {each.__struct_config__.tag: each.__name__ for each in each_of} for name, each_of in unions.items()}
    return {"records": _records(), "unions": tags}


def _records() -> dict[str, Any]:
    import msgspec

    types = importlib.import_module("timestep.types")
    names = [f"timestep.types.{module.name}" for module in pkgutil.iter_modules(types.__path__)]
    found: dict[str, Any] = {}
    for module in map(importlib.import_module, [*names, "timestep.providers.routing"]):
        for value in list(vars(module).values()):
            if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__:
                found[value.__name__] = _record(value, module)
    return found


def _record(struct: Any, module: Any) -> dict[str, Any]:
    import msgspec

    from timestep.types.base import Record, Sealed

    info: Any = msgspec.inspect.type_info(struct)
    fields = {field.encode_name: _field(field) for field in info.fields if field.name != "unknown"}
    for (name, field), constant in _LISTED.items():
        if name == struct.__name__ and fields[field]["kind"] == "list of string":
            values = [json.dumps(value) for value in getattr(module, constant)]
            fields[field].update(kind="list of enum", values=values)
    refuses = issubclass(struct, Sealed) or info.forbid_unknown_fields
    unknown = "kept" if issubclass(struct, Record) else "refused" if refuses else "ignored"
    place = f"{struct.__module__}.{struct.__name__}"
    return {"place": place, "unknown": unknown, "fields": fields}


def _field(field: Any) -> dict[str, Any]:
    import msgspec
    from msgspec import inspect

    kind, nullable, values = _kind(field.type)
    # None by default is not written; a field that is UNSET by default has no default for msgspec.
    written = field.required or {field.default, field.default_factory} == {msgspec.NODEFAULT}
    presence = ("required" if field.required else "optional") + " or null" * (nullable and written)
    is_container = isinstance(_parts(field.type)[0], inspect.ListType | inspect.DictType) and kind != "object"
    null_by_default = is_container and not field.required and field.default is None
    return {"kind": kind, "presence": presence, "values": values, "null_by_default": null_by_default}


def _parts(told: Any) -> list[Any]:
    from msgspec import inspect

    parts = list(told.types) if isinstance(told, inspect.UnionType) else [told]
    return [part for part in parts if not isinstance(part, inspect.NoneType)]


def _kind(told: Any) -> tuple[str, bool, list[str] | None]:
    """Return the kind of a type, whether it may be null, and the JSON texts of its enumeration's values."""
    from msgspec import inspect

    parts = _parts(told)
    nullable = isinstance(told, inspect.UnionType) and len(parts) < len(told.types)
    literals = [part for part in parts if isinstance(part, inspect.LiteralType)]
    others = [part for part in parts if part not in literals]
    values = [json.dumps(value) for part in literals for value in part.values]
    if literals and [type(part) for part in others] == [inspect.BoolType]:
        return "enum", nullable, [*values, "true", "false"]
    if not literals and len(others) == 1:
        kind, inner = _single(others[0])
        return kind, nullable, inner
    names = sorted(_single(part)[0] for part in others)
    return " or ".join([*names, *["enum"] * bool(literals)]), nullable, values or None


def _single(told: Any) -> tuple[str, list[str] | None]:
    from msgspec import inspect

    if isinstance(told, inspect.ListType):
        kind, nullable, values = _kind(told.item_type)
        return f"list of {kind}{'?' * nullable}", values
    if isinstance(told, inspect.DictType):
        kind, nullable, values = _kind(told.value_type)
        return "object" if kind == "any" else f"map of {kind}{'?' * nullable}", values
    if isinstance(told, inspect.TupleType):
        inner = [_kind(part) for part in told.item_types]
        return f"[{', '.join(kind + '?' * nullable for kind, nullable, _ in inner)}]", None
    if isinstance(told, inspect.StructType):
        return told.cls.__name__, None
    names = {"StrType": "string", "IntType": "integer", "FloatType": "number", "BoolType": "boolean", "AnyType": "any"}
    return names.get(type(told).__name__, type(told).__name__), None


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    json.dump(shapes(), sys.stdout)
