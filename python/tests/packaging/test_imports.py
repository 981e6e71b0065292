"""What `import timestep` loads, and which names it offers."""

import subprocess
import sys

import pytest

import timestep

HEAVY = ("openai", "ollama", "grpc", "dbos", "pydantic", "jsonschema", "agents", "rich", "click")
# A change here is a change of the public interface, and belongs into the changelog.
PUBLIC = [
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


def loaded_by(code: str) -> set[str]:
    """Return the heavy packages a fresh interpreter has loaded after running this."""
    program = f"import sys\n{code}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


def test_import_timestep_loads_nothing_heavy():
    """Bar U1: a plain import loads none of the packages that cost tens of milliseconds."""
    assert loaded_by("import timestep") == set()


def test_every_public_name_is_there_and_loads_nothing_heavy():
    """Bar U1: nor does using a public name; each one is found at its home."""
    assert loaded_by(f"import timestep\nfor name in {PUBLIC!r}: getattr(timestep, name)") == set()


def test_the_check_for_heavy_packages_is_able_to_fail():
    """A package that is loaded is reported."""
    assert loaded_by("import click") == {"click"}


def test_the_public_names_are_frozen():
    """The public names are these and no others."""
    assert timestep.__all__ == PUBLIC
    assert sorted(timestep._HOMES) == [name for name in PUBLIC if name != "__version__"]


def test_dir_lists_names_that_are_not_loaded_yet():
    """Completion in a shell offers every public name."""
    assert set(PUBLIC) <= set(dir(timestep))


def test_an_unknown_name_is_an_attribute_error():
    """A wrong name is refused as in any module, and `hasattr` works."""
    with pytest.raises(AttributeError, match="has no attribute 'rum'"):
        timestep.rum  # noqa: B018
    assert not hasattr(timestep, "rum")
