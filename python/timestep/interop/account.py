"""The account of each class of the package: what becomes of every one of its fields, so that nothing gets lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, cast

from timestep.errors import UserError

#: The package whose objects are mapped; fields that a subclass of the user's adds are for the user's own code.
PACKAGE = "agents"


@dataclass(frozen=True)
class Account:
    """What becomes of the fields of one class.

    Attributes:
        mapped: names of the fields that have a counterpart.
        ignored: name of a field without one -> why nothing is lost.
        refused: name of a field without one -> what to do instead. It may keep its default.
    """

    mapped: frozenset[str]
    ignored: Mapping[str, str]
    refused: Mapping[str, str]


_BOOKKEEPING = "the package's own bookkeeping"
_TRACING = "it is about the package's traces, which are not written here"

AGENT = Account(
    mapped=frozenset({
        "name", "handoff_description", "tools", "instructions", "handoffs", "model", "model_settings",
        "input_guardrails", "output_guardrails", "output_type", "hooks", "tool_use_behavior", "reset_tool_choice",
    }),
    ignored={},
    refused={
        "mcp_servers": "give it the server's tools as function tools, or a HostedMCPTool",
        "mcp_config": "it is for mcp_servers",
        "prompt": "give it instructions",
    },
)  # fmt: skip
FUNCTION_TOOL = Account(
    mapped=frozenset({
        "name", "description", "params_json_schema", "on_invoke_tool", "strict_json_schema", "is_enabled",
        "tool_input_guardrails", "tool_output_guardrails", "needs_approval", "timeout_seconds", "timeout_behavior",
        "timeout_error_function", "defer_loading", "allowed_callers", "_failure_error_function",
        "_use_default_failure_error_function", "_is_agent_tool", "_agent_instance", "_tool_namespace",
        "_tool_namespace_description",
    }),
    ignored={
        "_agent_tool_default_identity": _BOOKKEEPING,
        "_tool_origin": _BOOKKEEPING,
        "_emit_tool_origin": _BOOKKEEPING,
        "_output_type_adapter": "it goes with output_json_schema",
    },
    refused={
        "custom_data_extractor": "keep the data in the context",
        "output_json_schema": "it is for programs that call the tool",
        "_is_codex_tool": "run it with the package itself",
        "_mcp_title": "tools of MCP servers have no counterpart",
        "_mcp_tool_binding": "tools of MCP servers have no counterpart",
        "_mcp_annotations": "tools of MCP servers have no counterpart",
    },
)  # fmt: skip
LOCAL_TOOL = Account(
    mapped=frozenset({
        "name", "description", "on_invoke_tool", "executor", "editor", "format", "needs_approval", "environment",
        "tool_config",
    }),
    ignored={},
    refused={
        "on_approval": "leave it out: the run pauses for each approval, or give the run an approver",
        "defer_loading": "let the model see the tool from the start",
        "custom_data_extractor": "keep the data in the context",
        "allowed_callers": "let the model call the tool itself",
    },
)  # fmt: skip
HANDOFF = Account(
    mapped=frozenset({
        "tool_name", "tool_description", "input_json_schema", "on_invoke_handoff", "agent_name", "input_filter",
        "is_enabled", "_agent_ref",
    }),
    ignored={"_default_tool_identity": _BOOKKEEPING},
    refused={
        "nest_handoff_history": "leave it out: the other agent sees the conversation as it was",
        "strict_json_schema": "a handoff's schema is strict",
    },
)  # fmt: skip
MODEL_SETTINGS = Account(
    mapped=frozenset({
        "temperature", "top_p", "frequency_penalty", "presence_penalty", "tool_choice", "parallel_tool_calls",
        "truncation", "max_tokens", "reasoning", "verbosity", "metadata", "store", "include_usage", "response_include",
        "top_logprobs", "timeout", "extra_query", "extra_body", "extra_headers", "extra_args",
    }),
    ignored={},
    refused={
        "prompt_cache_retention": "extra_body={'prompt_cache_retention': ...}",
        "prompt_cache_options": "extra_body={'prompt_cache_options': ...}",
        "context_management": "extra_body={'context_management': ...}",
        "retry": "retries are told to the model provider",
        "preserve_raw_usage": "read the usage of the result",
    },
)  # fmt: skip
RUN_CONFIG = Account(
    mapped=frozenset({
        "model", "model_provider", "model_settings", "handoff_input_filter", "input_guardrails", "output_guardrails",
        "call_model_input_filter", "tool_not_found_behavior",
    }),
    ignored={
        "tracing_disabled": _TRACING,
        "tracing": _TRACING,
        "trace_include_sensitive_data": _TRACING,
        "workflow_name": _TRACING,
        "trace_id": _TRACING,
        "group_id": _TRACING,
        "trace_metadata": _TRACING,
        "tool_name_collision_policy": "two tools of one name are always an error",
        "handoff_history_mapper": "it is for nest_handoff_history",
    },
    refused={
        "nest_handoff_history": "leave it out: the other agent sees the conversation as it was",
        "session_input_callback": "give the run the items it is to see",
        "tool_error_formatter": "let the tools word their errors: failure_error_function",
        "session_settings": "give the run a session that limits what it gives out",
        "reasoning_item_id_policy": "ids are kept",
        "sandbox": "run it with the package itself",
        "tool_execution": "run it with the package itself",
        "output_guardrail_blocked_message": "leave it out",
    },
)  # fmt: skip


def refuse_unmapped(value: object, account: Account, owner: str) -> None:
    """Refuse a value with a field that has no counterpart and is not at its default.

    A field that the account does not know, of another version of the package, counts as one without a counterpart.

    Args:
        value: an object of the package.
        account: of its class.
        owner: what the object is called in the error.

    Raises:
        UserError: names the field, code "interop-unsupported".
    """
    for field in fields_of(value):
        known = field.name in account.mapped or field.name in account.ignored
        if not known and not _is_default(field, getattr(value, field.name)):
            raise unsupported(field.name, owner, account.refused.get(field.name))


def fields_of(value: object) -> Iterator[Field[Any]]:
    """Yield the fields that the package itself gives an object or class."""
    classes = (value if isinstance(value, type) else type(value)).__mro__
    for each in classes:
        if each.__module__.partition(".")[0] == PACKAGE and is_dataclass(each):
            yield from fields(each)
            return


def unsupported(what: str, owner: str, help_: str | None = None) -> UserError:
    """Make the error for what can't be mapped."""
    return UserError(
        f"{what} of {owner} has no counterpart in Timestep",
        code="interop-unsupported",
        why="left out, it would make the run another one than was asked for",
        help=help_ or "leave it out, or run this agent with the openai-agents package itself",
    )


def _is_default(field: Field[Any], value: object) -> bool:
    if field.default is not MISSING:
        default: object = field.default
    elif field.default_factory is not MISSING:
        default = cast("Any", field.default_factory)()
    else:
        return False
    return value is default or bool(value == default)
