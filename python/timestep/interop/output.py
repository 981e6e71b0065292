"""Output types of the package: its schema is what the model is held to, and it reads the answer itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from timestep.errors import ModelBehaviorError
from timestep.interop import agents_sdk as sdk
from timestep.tools.output_type import OutputType

_NAME = "final_output"  # the schema's name in the package's requests


@dataclass(frozen=True)
class SdkOutput(OutputType):
    """What the final output of an agent of the package has to be.

    Attributes:
        source: the package's schema.
        strict: whether the provider enforces the schema.
    """

    source: Any = None
    strict: bool = True

    def parse(self, text: str) -> Any:  # noqa: ANN401 - a value of the user's type
        """Read the model's final message as the package does.

        Raises:
            ModelBehaviorError: it does not fit.
        """
        try:
            return self.source.validate_json(text)
        except sdk.ModelBehaviorError as error:
            raise ModelBehaviorError(
                f"the final output is no {self.source.name()}: {error}", code="output-type", requirement="TS-TOOL-037"
            ) from None


def output_of(output_type: Any) -> SdkOutput | None:  # noqa: ANN401 - a type form, or the package's schema
    """Return an `output_type` of the package as ours; None for text."""
    if output_type is None:
        return None
    source = output_type if isinstance(output_type, sdk.AgentOutputSchemaBase) else sdk.AgentOutputSchema(output_type)
    if source.is_plain_text():
        return None
    strict = source.is_strict_json_schema()
    return SdkOutput(output_type, _NAME, source.json_schema(), wrapped=False, source=source, strict=strict)
