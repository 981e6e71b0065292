"""Durable agent runs: read, check, decide, convert and resume saved runs of several agent SDKs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timestep.agent import Agent
    from timestep.approving import request_approval
    from timestep.codec.key_ring import KeyRing
    from timestep.errors import (
        AgentsException,
        ApprovalError,
        CodecError,
        ConversionError,
        InputGuardrailTripwireTriggered,
        MaxTurnsExceeded,
        ModelBehaviorError,
        ModelError,
        OutputGuardrailTripwireTriggered,
        RunLimitExceeded,
        SealError,
        SessionError,
        StateConflictError,
        StateError,
        StateFormatError,
        StateNotFoundError,
        StorageError,
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
    from timestep.interruptions import Interruption
    from timestep.loop.config import RunConfig
    from timestep.loop.handle import RunHandle, default_result_processor, run_agent
    from timestep.loop.result import RunResult
    from timestep.model_providers import MultiModelProvider, OllamaModelProvider, OpenAIModelProvider
    from timestep.providers.protocol import Model, ModelProvider
    from timestep.providers.provider_map import MultiModelProviderMap
    from timestep.providers.routing import Retry, RoutingRules
    from timestep.saved import RunStateStore
    from timestep.sealing import seal, unseal
    from timestep.sessions.conversations import OpenAIConversationsSession
    from timestep.sessions.file import FileSession
    from timestep.sessions.memory import MemorySession
    from timestep.sessions.protocol import Session
    from timestep.sessions.sqlite import SQLiteSession
    from timestep.state import Conversion, Finding, RunState, check, read, write
    from timestep.tools.builtin import ApplyPatchTool, CustomTool, LocalShellTool, ShellTool
    from timestep.tools.builtin_computer import ComputerTool
    from timestep.tools.builtin_mcp import HostedMCPTool, MCPTool, mcp_tools
    from timestep.tools.builtin_offer import OfferedTool
    from timestep.tools.context import RunContextWrapper, ToolContext
    from timestep.tools.function_tool import function_tool
    from timestep.tools.hosted import HostedTool
    from timestep.tools.settling import Settled
    from timestep.tools.tool import Tool
    from timestep.tools.web_search import web_search, web_search_tool
    from timestep.types.items import ChatMessage
    from timestep.types.model_settings import ModelSettings
    from timestep.workflows.launching import cleanup_dbos, configure_dbos, ensure_dbos_launched
    from timestep.workflows.registry import register_agent
    from timestep.workflows.schedules import create_scheduled_agent_workflow
    from timestep.workflows.sessions import register_session
    from timestep.workflows.starting import WorkflowHandle, queue_agent_workflow, run_agent_workflow

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "AgentsException",
    "ApplyPatchTool",
    "ApprovalError",
    "ChatMessage",
    "CodecError",
    "ComputerTool",
    "Conversion",
    "ConversionError",
    "CustomTool",
    "FileSession",
    "Finding",
    "GuardrailFunctionOutput",
    "GuardrailInterrupt",
    "GuardrailResult",
    "Handoff",
    "HandoffInputData",
    "HostedMCPTool",
    "HostedTool",
    "InputGuardrail",
    "InputGuardrailTripwireTriggered",
    "Interruption",
    "KeyRing",
    "LocalShellTool",
    "MCPTool",
    "MaxTurnsExceeded",
    "MemorySession",
    "Model",
    "ModelBehaviorError",
    "ModelError",
    "ModelProvider",
    "ModelSettings",
    "MultiModelProvider",
    "MultiModelProviderMap",
    "OfferedTool",
    "OllamaModelProvider",
    "OpenAIConversationsSession",
    "OpenAIModelProvider",
    "OutputGuardrail",
    "OutputGuardrailTripwireTriggered",
    "Retry",
    "RoutingRules",
    "RunConfig",
    "RunContextWrapper",
    "RunHandle",
    "RunLimitExceeded",
    "RunResult",
    "RunState",
    "RunStateStore",
    "SQLiteSession",
    "SealError",
    "Session",
    "SessionError",
    "Settled",
    "ShellTool",
    "StateConflictError",
    "StateError",
    "StateFormatError",
    "StateNotFoundError",
    "StorageError",
    "TimestepError",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolTimeoutError",
    "UsageError",
    "UserError",
    "VersionError",
    "WorkflowHandle",
    "__version__",
    "check",
    "cleanup_dbos",
    "configure_dbos",
    "create_scheduled_agent_workflow",
    "default_result_processor",
    "ensure_dbos_launched",
    "function_tool",
    "handoff",
    "input_guardrail",
    "mcp_tools",
    "output_guardrail",
    "queue_agent_workflow",
    "read",
    "register_agent",
    "register_session",
    "remove_all_tools",
    "request_approval",
    "run_agent",
    "run_agent_workflow",
    "seal",
    "unseal",
    "web_search",
    "web_search_tool",
    "write",
]

# Where each public name lives. Its module is loaded at first use, so that `import timestep` costs next to nothing.
_HOMES = {
    "Agent": "timestep.agent",
    "AgentsException": "timestep.errors",
    "ApplyPatchTool": "timestep.tools.builtin",
    "ApprovalError": "timestep.errors",
    "ChatMessage": "timestep.types.items",
    "CodecError": "timestep.errors",
    "ComputerTool": "timestep.tools.builtin_computer",
    "Conversion": "timestep.state",
    "ConversionError": "timestep.errors",
    "CustomTool": "timestep.tools.builtin",
    "FileSession": "timestep.sessions.file",
    "Finding": "timestep.state",
    "GuardrailFunctionOutput": "timestep.guardrails.run_level",
    "GuardrailInterrupt": "timestep.guardrails.tool_level",
    "GuardrailResult": "timestep.guardrails.tool_level",
    "Handoff": "timestep.handoffs.handoff",
    "HandoffInputData": "timestep.handoffs.filters",
    "HostedMCPTool": "timestep.tools.builtin_mcp",
    "HostedTool": "timestep.tools.hosted",
    "InputGuardrail": "timestep.guardrails.tool_level",
    "InputGuardrailTripwireTriggered": "timestep.errors",
    "Interruption": "timestep.interruptions",
    "KeyRing": "timestep.codec.key_ring",
    "LocalShellTool": "timestep.tools.builtin",
    "MCPTool": "timestep.tools.builtin_mcp",
    "MaxTurnsExceeded": "timestep.errors",
    "MemorySession": "timestep.sessions.memory",
    "Model": "timestep.providers.protocol",
    "ModelBehaviorError": "timestep.errors",
    "ModelError": "timestep.errors",
    "ModelProvider": "timestep.providers.protocol",
    "ModelSettings": "timestep.types.model_settings",
    "MultiModelProvider": "timestep.model_providers",
    "MultiModelProviderMap": "timestep.providers.provider_map",
    "OfferedTool": "timestep.tools.builtin_offer",
    "OllamaModelProvider": "timestep.model_providers",
    "OpenAIConversationsSession": "timestep.sessions.conversations",
    "OpenAIModelProvider": "timestep.model_providers",
    "OutputGuardrail": "timestep.guardrails.tool_level",
    "OutputGuardrailTripwireTriggered": "timestep.errors",
    "Retry": "timestep.providers.routing",
    "RoutingRules": "timestep.providers.routing",
    "RunConfig": "timestep.loop.config",
    "RunContextWrapper": "timestep.tools.context",
    "RunHandle": "timestep.loop.handle",
    "RunLimitExceeded": "timestep.errors",
    "RunResult": "timestep.loop.result",
    "RunState": "timestep.state",
    "RunStateStore": "timestep.saved",
    "SQLiteSession": "timestep.sessions.sqlite",
    "SealError": "timestep.errors",
    "Session": "timestep.sessions.protocol",
    "SessionError": "timestep.errors",
    "Settled": "timestep.tools.settling",
    "ShellTool": "timestep.tools.builtin",
    "StateConflictError": "timestep.errors",
    "StateError": "timestep.errors",
    "StateFormatError": "timestep.errors",
    "StateNotFoundError": "timestep.errors",
    "StorageError": "timestep.errors",
    "TimestepError": "timestep.errors",
    "Tool": "timestep.tools.tool",
    "ToolContext": "timestep.tools.context",
    "ToolError": "timestep.errors",
    "ToolTimeoutError": "timestep.errors",
    "UsageError": "timestep.errors",
    "UserError": "timestep.errors",
    "VersionError": "timestep.errors",
    "WorkflowHandle": "timestep.workflows.starting",
    "check": "timestep.state",
    "cleanup_dbos": "timestep.workflows.launching",
    "configure_dbos": "timestep.workflows.launching",
    "create_scheduled_agent_workflow": "timestep.workflows.schedules",
    "default_result_processor": "timestep.loop.handle",
    "ensure_dbos_launched": "timestep.workflows.launching",
    "function_tool": "timestep.tools.function_tool",
    "handoff": "timestep.handoffs.handoff",
    "input_guardrail": "timestep.guardrails.run_level",
    "mcp_tools": "timestep.tools.builtin_mcp",
    "output_guardrail": "timestep.guardrails.run_level",
    "queue_agent_workflow": "timestep.workflows.starting",
    "read": "timestep.state",
    "register_agent": "timestep.workflows.registry",
    "register_session": "timestep.workflows.sessions",
    "remove_all_tools": "timestep.handoffs.filters",
    "request_approval": "timestep.approving",
    "run_agent": "timestep.loop.handle",
    "run_agent_workflow": "timestep.workflows.starting",
    "seal": "timestep.sealing",
    "unseal": "timestep.sealing",
    "web_search": "timestep.tools.web_search",
    "web_search_tool": "timestep.tools.web_search",
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
