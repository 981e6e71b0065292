"""The arguments of a call: read from the model's text, checked, and explained to the model where they don't fit."""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

from timestep.codec import strict_json
from timestep.errors import CodecError, ModelBehaviorError
from timestep.tools.fitting import misfit
from timestep.tools.schema import Schema

_PLACE = re.compile(r"(?P<what>.*?) - at `(?:key in )?\$\.?(?P<where>.*)`$", re.DOTALL)


def parse(arguments: str, tool_name: str) -> dict[str, Any]:
    """Read an argument string; an empty one is `{}` (TS-TOOL-031).

    Raises:
        ModelBehaviorError: it is no JSON object; the message is written for the model.
    """
    if not arguments.strip():
        return {}
    try:
        value: object = strict_json.loads(arguments)
    except CodecError as error:
        place = f" (line {error.line}, column {error.column})" if error.line else ""
        raise invalid(tool_name, f"the arguments are not JSON: {error.message}{place}") from None
    if not isinstance(value, dict):
        raise invalid(tool_name, "the arguments must be a JSON object")
    return cast("dict[str, Any]", value)


def parse_by_schema(arguments: str, tool_name: str, schema: Schema) -> dict[str, Any]:
    """Read an argument string that has to fit the schema which was given with its tool (TS-TOOL-031).

    Raises:
        ModelBehaviorError: it is no JSON object, or does not fit; the message is written for the model.
    """
    given = parse(arguments, tool_name)
    problem = misfit(schema, given)
    if problem is not None:
        raise invalid(tool_name, problem, schema)
    return given


class Decoder:
    """Reads arguments as values of a type made by `arguments_type`."""

    def __init__(self, type_: type[Any], schema: Schema, tool_name: str) -> None:
        self.type = type_
        self.schema = schema
        self.tool_name = tool_name
        fields = msgspec.structs.fields(type_)
        self._names = [field.name for field in fields]
        self._required = [field.name for field in fields if field.required]
        self._closed = type_.__struct_config__.forbid_unknown_fields

    def decode(self, arguments: str) -> dict[str, Any]:
        """Read an argument string as Python values, defaults filled in.

        Raises:
            ModelBehaviorError: arguments are missing, unknown or of the wrong type.
        """
        given = parse(arguments, self.tool_name)
        missing = [name for name in self._required if name not in given]
        unknown = [name for name in given if name not in self._names] if self._closed else []
        if missing or unknown:
            problems = [_listed(missing, "missing"), _listed(unknown, "not known to it")]
            raise invalid(self.tool_name, "; ".join(filter(None, problems)), self.schema)
        try:
            value = self._read(arguments if given else "{}", given)
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            raise invalid(self.tool_name, _told(error), self.schema) from None
        return {name: getattr(value, name) for name in self._names}

    def _read(self, arguments: str, given: dict[str, Any]) -> Any:  # noqa: ANN401 - a value of `type`
        """Decode; where that fails, once more with `2.0` written as `2`, which JSON Schema takes for the same."""
        try:
            return msgspec.json.decode(arguments, type=self.type, dec_hook=read_foreign)
        except msgspec.ValidationError:
            whole = strict_json.dumps(_with_whole_numbers(given))
            try:
                return msgspec.json.decode(whole, type=self.type, dec_hook=read_foreign)
            except msgspec.ValidationError:
                pass
            raise


def invalid(tool_name: str, problem: str, schema: Schema | None = None) -> ModelBehaviorError:
    """Make the error for arguments that don't fit; its message tells the model what to do."""
    takes = f" The tool takes {_summary(schema)}." if schema is not None else ""
    return ModelBehaviorError(
        f"Invalid arguments for {tool_name}: {problem}.{takes} Correct them and call the tool again.",
        code="tool-arguments",
        requirement="TS-TOOL-031",
    )


def _with_whole_numbers(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _with_whole_numbers(member) for name, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_with_whole_numbers(member) for member in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _told(error: Exception) -> str:
    """Say what is wrong, and with which argument."""
    text = str(error)
    found = _PLACE.match(text) if isinstance(error, msgspec.ValidationError) else None
    if found is None:
        return text
    what = found["what"].replace("`", "")
    return f"`{found['where']}`: {what[:1].lower()}{what[1:]}" if found["where"] else what


def _listed(names: list[str], what: str) -> str:
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(f'`{name}`' for name in names)} {verb} {what}" if names else ""


def _summary(schema: Schema) -> str:
    """List the parameters of a schema for the model: `city` (string), `days` (integer, optional)."""
    properties = cast("dict[str, Schema]", schema.get("properties", {}))
    optional = {name for name, member in properties.items() if "default" in member}
    optional |= properties.keys() - set(schema.get("required", []))
    told = [
        f"`{name}` ({_kind(member)}{', optional' if name in optional else ''})" for name, member in properties.items()
    ]
    return ", ".join(told) or "no arguments"


def _kind(schema: Schema) -> str:
    """Name the kind of value a schema takes, in a few words."""
    if "enum" in schema:
        return "one of " + ", ".join(strict_json.dumps(value).decode() for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(variant) for variant in schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return str(schema.get("type", "any value"))


def read_foreign(type_: type, value: object) -> object:
    """Let a class of another library (pydantic) read its own value."""
    read = getattr(type_, "model_validate", None)
    if read is None:
        raise TypeError(f"a {type_.__name__} can't be read from JSON")
    return read(value)
