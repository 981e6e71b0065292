"""A tool: what the model is told of it, what it may do, and how a call of it is carried out."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, Protocol, cast, get_args

from timestep.errors import ToolError, ToolTimeoutError, UserError
from timestep.tools import arguments as argument_texts
from timestep.tools import results
from timestep.tools.context import ToolContext
from timestep.tools.schema import Schema, strict
from timestep.tools.settling import RULES, InDoubt, Settled, settled_by
from timestep.types.state import McpRecipient

Effect = Literal["read", "idempotent", "once"]
OnError = Literal["report", "raise"]
Predicate = Callable[[Any, dict[str, Any], str], Awaitable[bool] | bool]
Enabled = Callable[[Any, Any], Awaitable[bool] | bool]
Body = Callable[[Any, str], Awaitable[Any] | Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what the providers take; an OpenAI function name


class Guardrail(Protocol):
    """A tool-level guardrail; the class is the guardrails' own affair."""

    @property
    def name(self) -> str:
        """What it is called in results."""
        ...


class Tool:
    """A function the model may call.

    Args:
        name: letters, digits, `_` and `-`, at most 64.
        description: what the model is told it does.
        params_json_schema: JSON Schema of the arguments.
        on_invoke_tool: the body, `(ctx, arguments) -> result`; the arguments are the model's text.
        strict: whether the provider enforces the schema; it is brought into strict form.
        needs_approval: whether a person is asked first, or a predicate `(ctx, args, call_id) -> bool` that says so.
        effect: what a second run would do: "read" no harm, "idempotent" no harm under the same key, "once" harm.
        in_doubt: what is done about a call of effect "once" that was broken off and may have run: "ask" a person;
            "retry", where a second effect does less harm than none; "fail", so that the model is told; or a function
            `(ctx) -> Settled | None` that finds out, by `ctx.idempotency_key` for instance (durability.md).
        timeout: seconds a call may take; None is no bound. A synchronous function is left running in its thread.
        on_error: "report" a failure to the model, or "raise" it and stop the run.
        is_enabled: whether the model is offered the tool, or a predicate `(ctx, agent) -> bool`.
        input_guardrails: run before the call, after those of the agent.
        output_guardrails: run on the result, before those of the agent.
    """

    role: Literal["tool", "agent", "hosted"] = "tool"
    #: Kind and namespace of the tool's key in the ledger (TS-TOOL-005).
    kind: str = "function"
    mcp: McpRecipient | None = None
    namespace: str | None = None

    def __init__(
        self,
        name: str,
        description: str = "",
        params_json_schema: Schema | None = None,
        on_invoke_tool: Body | None = None,
        *,
        strict: bool = True,
        needs_approval: bool | Predicate = False,
        effect: Effect = "once",
        in_doubt: InDoubt = "ask",
        timeout: float | None = None,
        on_error: OnError = "report",
        is_enabled: bool | Enabled = True,
        input_guardrails: Sequence[Guardrail] = (),
        output_guardrails: Sequence[Guardrail] = (),
    ) -> None:
        _refuse_wrong_options(name, effect, on_error, timeout, in_doubt)
        self.name = name
        self.description = description
        self.strict = strict
        self.params_json_schema = _parameters(params_json_schema, name, closed=strict)
        self.on_invoke_tool = on_invoke_tool
        self.effect: Effect = effect
        self.in_doubt: InDoubt = in_doubt
        self.timeout = timeout
        self.on_error: OnError = on_error
        self.is_enabled = is_enabled
        self.input_guardrails = list(input_guardrails)
        self.output_guardrails = list(output_guardrails)
        self.needs_approval = needs_approval

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def needs_approval(self) -> bool | Predicate:
        """Whether a person is asked before a call, or the predicate that says so; it may be set at any time."""
        return self._needs_approval

    @needs_approval.setter
    def needs_approval(self, value: bool | Predicate) -> None:
        if not isinstance(cast("object", value), bool) and not callable(value):
            raise UserError(
                f"needs_approval of {self.name} must be True, False or a function; got {value!r}",
                help="give a function (ctx, args, call_id) that returns True for calls a person is asked about",
                requirement="TS-TOOL-033",
            )
        self._needs_approval: bool | Predicate = value

    def definition(self) -> dict[str, Any]:
        """Return the tool as the Responses API is told of it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.params_json_schema,
            "strict": self.strict,
        }

    def parse(self, arguments: str) -> dict[str, Any]:
        """Return the arguments as the JSON object they are, for predicates and guardrails.

        Raises:
            ModelBehaviorError: they are none; the message is written for the model.
        """
        return argument_texts.parse(arguments, self.name)

    async def approval_needed(self, ctx: Any, args: dict[str, Any], call_id: str) -> bool:  # noqa: ANN401 - any context
        """Tell whether a person has to be asked about a call (TS-TOOL-033).

        Raises:
            UserError: the predicate's answer is neither True nor False.
        """
        rule = self.needs_approval
        return rule if isinstance(rule, bool) else await _answer(rule(ctx, args, call_id), self, "needs_approval")

    async def enabled(self, ctx: Any, agent: Any) -> bool:  # noqa: ANN401 - any context, any agent
        """Tell whether the model is offered the tool."""
        rule = self.is_enabled
        return rule if isinstance(rule, bool) else await _answer(rule(ctx, agent), self, "is_enabled")

    def check(self, arguments: str) -> None:
        """Refuse arguments that must not reach the body: they are no JSON object, or don't fit the tool's schema.

        Raises:
            ModelBehaviorError: they do not fit (TS-TOOL-031); the message is written for the model.
        """
        if type(self) is Tool:  # the others read their arguments themselves
            argument_texts.parse_by_schema(arguments, self.name, self.params_json_schema)

    async def invoke(self, ctx: Any, arguments: str, call_id: str) -> Any:  # noqa: ANN401 - any context and result
        """Carry out a call and return what the body gives.

        Args:
            ctx: a ToolContext, or any run context, from which one is made.
            arguments: the argument string, byte for byte.
            call_id: the provider's id of the call.

        Raises:
            ModelBehaviorError: the arguments don't fit.
            ToolTimeoutError: the call took too long.
            Exception: whatever the body raised.
        """
        if self.on_invoke_tool is None:
            raise UserError(f"the tool {self.name} has no body", requirement="TS-TOOL-036")
        context = (
            cast("ToolContext[Any]", ctx)
            if isinstance(ctx, ToolContext)
            else _context(ctx, self.name, arguments, call_id)
        )
        scope = asyncio.timeout(self.timeout)
        try:
            async with scope:
                result = self.on_invoke_tool(context, arguments)
                return await result if inspect.isawaitable(result) else result
        except TimeoutError:
            if not scope.expired():
                raise  # the body's own
            raise ToolTimeoutError(
                f"The tool {self.name} took longer than {self.timeout:g} seconds. It may have had an effect.",
                requirement="TS-TOOL-035",
            ) from None

    async def settled(self, ctx: ToolContext[Any]) -> Settled | None:
        """Say what became of a call that may have run; None is that a person has to find out (TS-DUR-020).

        Raises:
            UserError: `in_doubt` gave something else.
            Exception: whatever it raised.
        """
        return await settled_by(self.in_doubt, ctx)

    def output(self, result: Any, *, compat: results.Compat | None = None) -> str | list[dict[str, Any]]:  # noqa: ANN401
        """Return a result as the output the model is sent."""
        return results.output_of(result, compat=compat)

    def report(self, error: Exception, *, compat: results.Compat | None = None) -> str | None:
        """Return the output that tells the model of a failure; None when it has to stop the run (TS-TOOL-032)."""
        if self.on_error == "raise" or isinstance(error, UserError):
            return None
        return results.report_of(error, self.name, compat=compat)

    def failure(self, error: Exception) -> ToolError:
        """Return the error that stops the run, with the cause attached."""
        if isinstance(error, ToolError):
            return error
        text = f"the tool {self.name} failed: {type(error).__name__}: {results.said(error)}"
        failed = ToolError(text, requirement="TS-TOOL-032")
        failed.__cause__ = error
        return failed


async def _answer(answer: Any, tool: Tool, what: str) -> bool:  # noqa: ANN401 - whatever the user's function gives
    """Wait for a predicate's answer; one that forgot to answer must not count as no."""
    found: object = await answer if inspect.isawaitable(answer) else answer
    if not isinstance(found, bool):
        raise UserError(
            f"{what} of {tool.name} answered {found!r}, which is neither True nor False",
            why="read as no, this would let a call pass that a person should have been asked about",
            requirement="TS-TOOL-033",
        )
    return found


def _parameters(schema: Schema | None, name: str, *, closed: bool) -> Schema:
    if schema is None:
        schema = {"type": "object", "properties": {}}
    return strict(schema, name) if closed else schema


def _context(ctx: Any, name: str, arguments: str, call_id: str) -> ToolContext[Any]:  # noqa: ANN401 - any context
    return ToolContext(
        context=getattr(ctx, "context", ctx),
        call_id=call_id,
        tool_name=name,
        tool_arguments=arguments,
        **({"usage": ctx.usage} if hasattr(ctx, "usage") else {}),
    )


_NAMING = "use letters, digits, _ and -, at most 64; a function is given such a name with @function_tool(name=...)"


_DOUBT = "use ask, retry, fail, or a function (ctx) -> Settled | None"


def _refuse_wrong_options(name: str, effect: str, on_error: str, timeout: float | None, in_doubt: object) -> None:
    problems = (
        (bool(_NAME.fullmatch(name)), f"{name!r} is no tool name", _NAMING),
        (effect in get_args(Effect), f"effect {effect!r} of {name}", "use read, idempotent or once"),
        (on_error in get_args(OnError), f"on_error {on_error!r} of {name}", "use report or raise"),
        (in_doubt in RULES or callable(in_doubt), f"in_doubt {in_doubt!r} of {name}", _DOUBT),
        (timeout is None or timeout > 0, f"timeout {timeout!r} of {name}", "give seconds, more than 0"),
    )
    for fine, problem, help_ in problems:
        if not fine:
            raise UserError(problem, help=help_, requirement="TS-TOOL-036")
