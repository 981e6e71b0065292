"""Guardrails of a scenario as SDK guardrail objects."""

from __future__ import annotations

from typing import Any

from agents import (
    GuardrailFunctionOutput,
    InputGuardrail,
    OutputGuardrail,
    ToolGuardrailFunctionOutput,
    ToolInputGuardrail,
    ToolOutputGuardrail,
)

from .templates import holds

JSON = dict[str, Any]


def input_guardrail(key: str, spec: JSON) -> InputGuardrail[Any]:
    """Build an agent's input guardrail."""

    async def check(_context: Any, _agent: Any, value: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(spec.get("info"), holds(spec.get("trips_on"), value))

    parallel = not spec.get("blocking", False)
    return InputGuardrail(guardrail_function=check, name=key, run_in_parallel=parallel)


def output_guardrail(key: str, spec: JSON) -> OutputGuardrail[Any]:
    """Build an agent's output guardrail."""

    async def check(_context: Any, _agent: Any, value: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(spec.get("info"), holds(spec.get("trips_on"), value))

    return OutputGuardrail(guardrail_function=check, name=key)


def tool_input_guardrail(key: str, spec: JSON) -> ToolInputGuardrail[Any]:
    """Build a tool's input guardrail, which looks at the argument string."""

    async def check(data: Any) -> ToolGuardrailFunctionOutput:
        return _tool_verdict(spec, data.context.tool_arguments)

    return ToolInputGuardrail(guardrail_function=check, name=key)


def tool_output_guardrail(key: str, spec: JSON) -> ToolOutputGuardrail[Any]:
    """Build a tool's output guardrail, which looks at the result."""

    async def check(data: Any) -> ToolGuardrailFunctionOutput:
        return _tool_verdict(spec, data.output)

    return ToolOutputGuardrail(guardrail_function=check, name=key)


def _tool_verdict(spec: JSON, value: Any) -> ToolGuardrailFunctionOutput:
    """Decide about one tool call or result as the scenario says."""
    info = spec.get("info")
    if holds(spec.get("trips_on"), value):
        return ToolGuardrailFunctionOutput.raise_exception(info)
    if holds(spec.get("rejects_on"), value):
        return ToolGuardrailFunctionOutput.reject_content(spec["message"], info)
    return ToolGuardrailFunctionOutput.allow(info)
