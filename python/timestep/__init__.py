"""Durable agent runs: read, check, decide, convert and resume saved runs of several agent SDKs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timestep.agent import Agent
    from timestep.errors import (
        AgentsException,
        ApprovalError,
        CodecError,
        ConversionError,
        InputGuardrailTripwireTriggered,
        MaxTurnsExceeded,
        ModelBehaviorError,
        OutputGuardrailTripwireTriggered,
        StateError,
        StateFormatError,
        TimestepError,
        ToolError,
        ToolTimeoutError,
        UsageError,
        UserError,
        VersionError,
    )
    from timestep.guardrails.run_level import GuardrailFunctionOutput, input_guardrail, output_guardrail
    from timestep.guardrails.tool_level import GuardrailInterrupt, GuardrailResult, InputGuardrail, OutputGuardrail
    from timestep.handoffs.filters import HandoffInputData, remove_all_tools
    from timestep.handoffs.handoff import Handoff, handoff
    from timestep.state import Conversion, Finding, RunState, check, read, write
    from timestep.tools.context import RunContextWrapper, ToolContext
    from timestep.tools.function_tool import function_tool
    from timestep.tools.hosted import web_search
    from timestep.tools.tool import Tool
    from timestep.types.model_settings import ModelSettings

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "AgentsException",
    "ApprovalError",
    "CodecError",
    "Conversion",
    "ConversionError",
    "Finding",
    "GuardrailFunctionOutput",
    "GuardrailInterrupt",
    "GuardrailResult",
    "Handoff",
    "HandoffInputData",
    "InputGuardrail",
    "InputGuardrailTripwireTriggered",
    "MaxTurnsExceeded",
    "ModelBehaviorError",
    "ModelSettings",
    "OutputGuardrail",
    "OutputGuardrailTripwireTriggered",
    "RunContextWrapper",
    "RunState",
    "StateError",
    "StateFormatError",
    "TimestepError",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolTimeoutError",
    "UsageError",
    "UserError",
    "VersionError",
    "__version__",
    "check",
    "function_tool",
    "handoff",
    "input_guardrail",
    "output_guardrail",
    "read",
    "remove_all_tools",
    "web_search",
    "write",
]

# Where each public name lives. Its module is loaded at first use, so that `import timestep` costs next to nothing.
_HOMES = {
    "Agent": "timestep.agent",
    "AgentsException": "timestep.errors",
    "ApprovalError": "timestep.errors",
    "CodecError": "timestep.errors",
    "Conversion": "timestep.state",
    "ConversionError": "timestep.errors",
    "Finding": "timestep.state",
    "GuardrailFunctionOutput": "timestep.guardrails.run_level",
    "GuardrailInterrupt": "timestep.guardrails.tool_level",
    "GuardrailResult": "timestep.guardrails.tool_level",
    "Handoff": "timestep.handoffs.handoff",
    "HandoffInputData": "timestep.handoffs.filters",
    "InputGuardrail": "timestep.guardrails.tool_level",
    "InputGuardrailTripwireTriggered": "timestep.errors",
    "MaxTurnsExceeded": "timestep.errors",
    "ModelBehaviorError": "timestep.errors",
    "ModelSettings": "timestep.types.model_settings",
    "OutputGuardrail": "timestep.guardrails.tool_level",
    "OutputGuardrailTripwireTriggered": "timestep.errors",
    "RunContextWrapper": "timestep.tools.context",
    "RunState": "timestep.state",
    "StateError": "timestep.errors",
    "StateFormatError": "timestep.errors",
    "TimestepError": "timestep.errors",
    "Tool": "timestep.tools.tool",
    "ToolContext": "timestep.tools.context",
    "ToolError": "timestep.errors",
    "ToolTimeoutError": "timestep.errors",
    "UsageError": "timestep.errors",
    "UserError": "timestep.errors",
    "VersionError": "timestep.errors",
    "check": "timestep.state",
    "function_tool": "timestep.tools.function_tool",
    "handoff": "timestep.handoffs.handoff",
    "input_guardrail": "timestep.guardrails.run_level",
    "output_guardrail": "timestep.guardrails.run_level",
    "read": "timestep.state",
    "remove_all_tools": "timestep.handoffs.filters",
    "web_search": "timestep.tools.hosted",
    "write": "timestep.state",
}


def __getattr__(name: str) -> object:
    """Load a public name from its module at first use and keep it."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, those not yet loaded too."""
    return sorted({*globals(), *__all__})
