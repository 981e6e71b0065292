"""Guardrails of the package: those of a run as ours, those of a tool run around its body."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from timestep.errors import ToolError
from timestep.guardrails.run_level import GuardrailFunctionOutput, RunInputGuardrail, RunOutputGuardrail
from timestep.interop import agents_sdk as sdk
from timestep.interop.contexts import context_of, source_of
from timestep.tools.results import plain_json
from timestep.types.base import JSON


def input_guardrail_of(guardrail: Any) -> RunInputGuardrail:  # noqa: ANN401 - the package's generic class
    """Return a guardrail on a run's input as ours."""
    return RunInputGuardrail(_check(guardrail), guardrail.get_name(), guardrail.run_in_parallel)


def output_guardrail_of(guardrail: Any) -> RunOutputGuardrail:  # noqa: ANN401 - the package's generic class
    """Return a guardrail on a final output as ours."""
    return RunOutputGuardrail(_check(guardrail), guardrail.get_name())


async def rejection(guardrails: Sequence[Any], data: Any) -> str | None:  # noqa: ANN401 - the package's classes
    """Run the guardrails of a tool in order; return what the model is told instead, None when all let it pass.

    Args:
        guardrails: of the package, on a tool's input or output.
        data: the package's data for them.

    Raises:
        ToolInputGuardrailTripwireTriggered: one of them on the input stops the run.
        ToolOutputGuardrailTripwireTriggered: one of them on the output stops the run.
    """
    for guardrail in guardrails:
        answer = await guardrail.run(data)
        behavior = answer.behavior["type"]
        if behavior == "raise_exception":
            at_output = isinstance(data, sdk.ToolOutputGuardrailData)
            raise (ToolOutputGuardrailTripwireTriggered if at_output else ToolInputGuardrailTripwireTriggered).of(
                guardrail, answer
            )
        if behavior == "reject_content":
            return str(answer.behavior["message"])
    return None


class _ToolTripwire(ToolError):
    """A guardrail of a tool stopped the run, in a way that the package's own class catches.

    Attributes:
        guardrail: the package's guardrail that tripped.
        output: what it said.
    """

    default_code = "tripwire"
    guardrail: Any
    output: Any

    @classmethod
    def of(cls, guardrail: Any, output: Any) -> _ToolTripwire:  # noqa: ANN401 - the package's classes
        """Make the error for a guardrail's answer."""
        made = cls(f"the tool guardrail {guardrail.get_name()} stopped the run", requirement="TS-GUARD-003")
        made.guardrail, made.output = guardrail, output
        return made


class ToolInputGuardrailTripwireTriggered(_ToolTripwire):
    """A guardrail on a tool's input stopped the run."""


class ToolOutputGuardrailTripwireTriggered(_ToolTripwire):
    """A guardrail on a tool's output stopped the run."""


def _check(guardrail: Any) -> Any:  # noqa: ANN401 - a check of any signature
    async def check(ctx: Any, agent: Any, subject: Any) -> Any:  # noqa: ANN401 - as a Check
        answer = guardrail.guardrail_function(context_of(ctx), source_of(agent), subject)
        found = await answer if inspect.isawaitable(answer) else answer
        if not isinstance(found, sdk.GuardrailFunctionOutput):
            return found  # which whoever asked refuses
        return GuardrailFunctionOutput(_json(found.output_info), found.tripwire_triggered)

    return check


def _json(info: object) -> JSON:
    """Return what a guardrail found as JSON, which a run keeps; what has no such form as its text."""
    try:
        return plain_json(info)
    except ToolError:
        return str(info)
