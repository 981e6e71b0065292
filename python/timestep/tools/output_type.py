"""The type of an agent's final output: the schema the model is held to, and the way back to a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from timestep.codec import strict_json
from timestep.errors import CodecError, ModelBehaviorError
from timestep.tools.arguments import read_foreign
from timestep.tools.schema import Schema, schema_of, strict

_WRAPPER = "response"  # the member that holds an output which is no object; providers take objects only


@dataclass(frozen=True)
class OutputType:
    """What an agent's final output has to be.

    Attributes:
        type: the Python type.
        name: of the schema, as the provider is told.
        schema: JSON Schema of an object.
        wrapped: whether the output is the member `response` of that object.
        strict: whether the provider is to hold the model to the schema.
    """

    type: Any
    name: str
    schema: Schema
    wrapped: bool
    strict: bool = True

    def parse(self, text: str) -> Any:  # noqa: ANN401 - a value of `type`
        """Read the model's final message as a value of the type.

        Raises:
            ModelBehaviorError: it is none.
        """
        read = msgspec.defstruct("Output", [(_WRAPPER, self.type)]) if self.wrapped else self.type
        try:
            strict_json.loads(text)
            value = msgspec.json.decode(text, type=read, dec_hook=read_foreign)
        except (CodecError, msgspec.DecodeError, ValueError, TypeError) as error:
            raise ModelBehaviorError(
                f"the final output is no {self.name}: {error}", code="output-type", requirement="TS-TOOL-037"
            ) from None
        return getattr(value, _WRAPPER) if self.wrapped else value

    def revive(self, value: Any) -> Any:  # noqa: ANN401 - JSON in, a value of `type` out
        """Return a stored output as a value of the type; as it is where it no longer is one."""
        try:
            return msgspec.convert(value, self.type, dec_hook=read_foreign)
        except (msgspec.ValidationError, ValueError, TypeError):
            return value


def output_type_of(type_: Any) -> OutputType | None:  # noqa: ANN401 - a type form
    """Return what an agent's `output_type` asks for; None for text.

    Raises:
        UserError: the type has no strict schema.
    """
    if type_ is None or type_ is str:
        return None
    name = getattr(type_, "__name__", "output")
    schema = schema_of(type_, name)
    wrapped = schema.get("type") != "object"
    if wrapped:
        definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
        schema = {"type": "object", "properties": {_WRAPPER: schema}, **definitions}
    return OutputType(type_, name, strict(schema, name), wrapped)
