"""Tools of the package as ours: functions, agents as tools, and those that the model's host carries out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

from timestep.agent import Agent, AgentTool
from timestep.codec import strict_json
from timestep.errors import ModelBehaviorError, ToolError, ToolTimeoutError
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import FUNCTION_TOOL, refuse_unmapped, unsupported
from timestep.interop.contexts import context_of, source_of, tool_context_of
from timestep.interop.guardrails import rejection
from timestep.interop.items import output_models
from timestep.interop.local_tools import local_tool_of
from timestep.tools.builtin_mcp import HostedMCPTool, OnApprovalRequest
from timestep.tools.context import ToolContext
from timestep.tools.hosted import HostedTool
from timestep.tools.results import Compat
from timestep.tools.tool import Enabled, OnError, Predicate, Tool
from timestep.types.base import Item

#: What `Agent.as_tool` of the package keeps to itself, and each time it is set changes what the nested run does.
_AGENT_TOOL_OPTIONS = (
    "custom_output_extractor", "on_stream", "run_config", "hooks", "previous_response_id",
    "conversation_id", "session", "input_builder", "failure_error_function",
)  # fmt: skip
_HOSTED = (
    sdk.WebSearchTool, sdk.FileSearchTool, sdk.CodeInterpreterTool, sdk.ImageGenerationTool, sdk.HostedMCPTool,
)  # fmt: skip
_MAX_TURNS = 10  # of a nested run unless told otherwise; the package's DEFAULT_MAX_TURNS
#: Fields of a function tool that an agent as a tool can't have: it has no body, and the model always sees it.
_OF_BODIES = (
    "tool_input_guardrails", "tool_output_guardrails", "timeout_seconds", "defer_loading", "allowed_callers",
    "_tool_namespace",
)  # fmt: skip


class SdkTool(Tool):
    """A function tool of the package: its guardrails, timeout and error handling are the package's own.

    Attributes:
        source: the package's tool.
    """

    def __init__(self, source: Any, agent: Any) -> None:  # noqa: ANN401 - a tool and an agent of the package
        super().__init__(
            source.name,
            source.description,
            on_invoke_tool=self._run,
            strict=False,  # it is in the package's own strict form already
            needs_approval=_approval(source),
            on_error=_on_error(source),
            is_enabled=enabled(source.is_enabled),
        )
        self.strict = bool(source.strict_json_schema)
        self.params_json_schema = source.params_json_schema
        self.namespace = getattr(source, "_tool_namespace", None)
        if source.defer_loading and self.namespace is None:
            self.kind = "function_deferred"  # TS-TOOL-006
        self.source = source
        self._agent = agent

    def definition(self) -> dict[str, Any]:
        """Return the tool as the package sends it, in its namespace where it has one."""
        told = super().definition()
        if self.source.defer_loading:
            told["defer_loading"] = True
        if self.source.allowed_callers is not None:
            told["allowed_callers"] = self.source.allowed_callers
        if self.namespace is None:
            return told
        described = getattr(self.source, "_tool_namespace_description", None) or ""
        return {"type": "namespace", "name": self.namespace, "description": described, "tools": [told]}

    def output(self, result: Any, *, compat: Compat | None = None) -> str | list[dict[str, Any]]:  # noqa: ANN401
        """Return a result as the model is sent it; one that is no text as its `str()`, as in the package."""
        return super().output(result, compat=compat or "openai-agents-python")

    def report(self, error: Exception, *, compat: Compat | None = None) -> str | None:
        """Return what the model is told of arguments that are no JSON object.

        An error that comes out of the tool has passed `failure_error_function` already, and stops the run.
        """
        return super().report(error, compat=compat) if isinstance(error, ModelBehaviorError) else None

    def failure(self, error: Exception) -> ToolError:
        """Return the error that stops the run; the package's timeout as ours of that name."""
        if not isinstance(error, sdk.ToolTimeoutError):
            return super().failure(error)
        stopped = ToolTimeoutError(str(error), requirement="TS-TOOL-035")
        stopped.__cause__ = error
        return stopped

    async def _run(self, ctx: ToolContext[Any], arguments: str) -> Any:  # noqa: ANN401 - any result
        theirs = tool_context_of(ctx, self._agent)
        data = sdk.ToolInputGuardrailData(context=theirs, agent=self._agent)
        refused = await rejection(self.source.tool_input_guardrails or (), data)
        if refused is not None:
            return refused
        with sdk.function_span(self.name, disabled=True):  # the package logs a failure outside of any span
            result = await sdk.invoke_function_tool(function_tool=self.source, context=theirs, arguments=arguments)
        done = sdk.ToolOutputGuardrailData(context=theirs, agent=self._agent, output=result)
        withheld = await rejection(self.source.tool_output_guardrails or (), done)
        return result if withheld is None else withheld


class SdkAgentTool(AgentTool):
    """An agent of the package as a tool of another: it runs nested, so that its interruptions reach the caller.

    Attributes:
        source: the package's tool.
    """

    def __init__(self, source: Any, agent: Agent, max_turns: int) -> None:  # noqa: ANN401 - a tool of the package
        super().__init__(
            agent,
            source.name,
            source.description,
            needs_approval=_approval(source),
            is_enabled=enabled(source.is_enabled),
            max_turns=max_turns,
        )
        self.params_json_schema = source.params_json_schema
        self.on_error = _on_error(source)
        self.source = source


def tool_of(source: Any, agent: Any, mapped: Callable[[Any], Agent]) -> Tool | HostedTool:  # noqa: ANN401 - theirs
    """Return a tool of the package as ours.

    Args:
        source: the tool.
        agent: the package's agent that has it.
        mapped: gives the agent of ours for one of the package's.

    Raises:
        UserError: it has what can't be mapped.
    """
    if isinstance(source, Tool | HostedTool):  # one of ours, which the package's Agent takes as it is
        return source
    if not isinstance(source, sdk.FunctionTool):
        hosted = _is_hosted(source)
        return (None if hosted else local_tool_of(source, agent)) or _hosted(source, agent.name)
    owner = f"the tool {source.name} of {agent.name}"
    refuse_unmapped(source, FUNCTION_TOOL, owner)
    nested = getattr(source, "_agent_instance", None)
    if nested is None:
        return SdkTool(source, agent)
    options = _agent_tool_options(source, owner)
    return SdkAgentTool(source, mapped(nested), options.get("max_turns") or _MAX_TURNS)


def includes_of(tools: list[Any], owner: str) -> list[str]:
    """Return what the hosted ones among an agent's tools ask each response to include."""
    hosted = [tool for tool in tools if _is_hosted(tool)]
    return [each for tool in hosted for each in _converted(tool, owner)[1]]


def enabled(rule: Any) -> bool | Enabled:  # noqa: ANN401 - a flag or predicate of the package
    """Return an `is_enabled` of the package as ours; what a predicate answers is read as true or false."""
    if isinstance(rule, bool):
        return rule

    async def ask(ctx: Any, agent: Any) -> bool:  # noqa: ANN401 - any context, any agent
        answer = rule(context_of(ctx), source_of(agent))
        return bool(await answer if inspect.isawaitable(answer) else answer)

    return ask


def _approval(source: Any) -> bool | Predicate:  # noqa: ANN401 - a tool of the package
    """Return `needs_approval` as ours.

    As in the package, a person is asked where the predicate can't tell: the function would not get the arguments as
    the model wrote them, but with defaults filled in or values converted.
    """
    rule = source.needs_approval
    if not callable(rule):
        return rule
    prepare = getattr(source.on_invoke_tool, "prepare_arguments", None)  # only in versions that look at it

    async def ask(ctx: Any, args: dict[str, Any], call_id: str) -> bool:  # noqa: ANN401 - any context
        prepared = prepare(strict_json.dumps(args).decode(), source.name) if prepare is not None else None
        if prepared is not None and not prepared.unchanged:
            return True
        answer = rule(context_of(ctx), args, call_id)
        return bool(await answer if inspect.isawaitable(answer) else answer)

    return ask


def _on_error(source: Any) -> OnError:  # noqa: ANN401 - a tool of the package
    return "raise" if sdk.resolve_function_tool_failure_error_function(source) is None else "report"


def _hosted(source: Any, owner: str) -> Tool | HostedTool:  # noqa: ANN401 - a tool of the package
    definition = _converted(source, owner)[0]
    if not isinstance(source, sdk.HostedMCPTool):
        return HostedTool(source.name, **definition)
    settings = {name: value for name, value in definition.items() if name != "type"}
    return HostedMCPTool(**settings, on_approval_request=_approver(source.on_approval_request))


def _is_hosted(source: Any) -> bool:  # noqa: ANN401 - a tool of the package
    """Tell whether the model's host carries a tool out."""
    if isinstance(source, sdk.ShellTool):
        return source.executor is None
    if isinstance(source, sdk.ToolSearchTool):
        return source.execution != "client"
    return isinstance(source, _HOSTED)


def _converted(source: Any, owner: str) -> tuple[dict[str, Any], list[str]]:  # noqa: ANN401 - a tool of the package
    """Return the definition of a hosted tool, and what it asks a response to include, as the package sends them."""
    if not _is_hosted(source):
        help_ = "give the agent a function tool that does the same"
        raise unsupported(f"the tool {type(source).__name__}", owner, help_)
    told = getattr(source, "tool_config", None)
    if told is not None:
        return dict(told), []
    found = sdk.Converter.convert_tools([source], [], allow_opaque_tool_search_surface=True)
    return cast("dict[str, Any]", dict(found.tools[0])), list(found.includes)


def _approver(rule: Any) -> OnApprovalRequest | None:  # noqa: ANN401 - a function for the package
    """Return what decides about an MCP server's calls as ours."""
    if rule is None:
        return None

    async def decide(ctx: Any, request: Item) -> Any:  # noqa: ANN401 - any context
        answer = rule(sdk.MCPToolApprovalRequest(context_of(ctx), output_models([request])[0]))
        return await answer if inspect.isawaitable(answer) else answer

    return decide


def _agent_tool_options(source: Any, owner: str) -> dict[str, Any]:  # noqa: ANN401 - a tool of the package
    """Return what an agent as a tool was told, if all of it has a counterpart; only its function knows."""
    function = getattr(source.on_invoke_tool, "_invoke_tool_impl", None)
    options: dict[str, Any] = dict(inspect.getclosurevars(function).nonlocals) if inspect.isfunction(function) else {}
    handler = sdk.resolve_function_tool_failure_error_function(source)
    options["failure_error_function"] = None if handler is sdk.default_tool_error_function else handler
    options |= {name: getattr(source, name) or None for name in _OF_BODIES}
    for name in (*_AGENT_TOOL_OPTIONS, *_OF_BODIES):
        if options.get(name, source) is not None:  # nor may a version keep it elsewhere
            raise unsupported(name, owner)
    if options["should_capture_tool_input"]:
        raise unsupported("parameters", owner, "let the tool take one input text")
    return options
