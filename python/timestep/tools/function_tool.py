"""Functions as tools: `@function_tool`, and plain functions in an agent's list."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict, Unpack, overload

from timestep.errors import UserError
from timestep.tools import signature as signatures
from timestep.tools.arguments import Decoder, invalid, parse_by_schema
from timestep.tools.context import ToolContext
from timestep.tools.docstring import documentation
from timestep.tools.hosted import HostedTool
from timestep.tools.schema import Schema, schema_of
from timestep.tools.schema import strict as strict_form
from timestep.tools.settling import InDoubt
from timestep.tools.tool import Effect, Enabled, Guardrail, OnError, Predicate, Tool

Function = Callable[..., Any]
ToolLike = Tool | HostedTool | Function


class Options(TypedDict, total=False):
    """What `function_tool` may be told; see `Tool`."""

    name: str | None
    description: str | None
    needs_approval: bool | Predicate
    effect: Effect
    in_doubt: InDoubt
    timeout: float | None
    strict: bool
    on_error: OnError
    is_enabled: bool | Enabled
    input_guardrails: Sequence[Guardrail]
    output_guardrails: Sequence[Guardrail]
    params_json_schema: Schema | None
    name_override: str | None
    description_override: str | None
    strict_mode: bool


class FunctionTool(Tool):
    """A tool whose body is a Python function; it can still be called as one.

    Attributes:
        function: the function it was made of.
    """

    def __init__(self, function: Function, **options: Unpack[Options]) -> None:
        self.function = function
        self._signature = signatures.signature_of(function)
        told = documentation(function)
        name = options.get("name") or options.get("name_override") or getattr(function, "__name__", "")
        description = options.get("description") or options.get("description_override") or told.description
        closed = options.get("strict", options.get("strict_mode", True))
        schema, self._decoder = self._derived(name, told.parameters, options, closed=closed)
        super().__init__(
            name,
            description,
            schema,
            self._run,
            strict=closed and self._decoder is not None,
            needs_approval=options.get("needs_approval", False),
            effect=options.get("effect", "once"),
            in_doubt=options.get("in_doubt", "ask"),
            timeout=options.get("timeout"),
            on_error=options.get("on_error", "report"),
            is_enabled=options.get("is_enabled", True),
            input_guardrails=options.get("input_guardrails", ()),
            output_guardrails=options.get("output_guardrails", ()),
        )
        self._rule_is_set = "needs_approval" in options
        own = getattr(self.function, "__call__", None)  # noqa: B004 - not whether it is callable, but how
        self._asynchronous = inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(own)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the function's own
        """Call the function itself."""
        return self.function(*args, **kwargs)

    @property
    def needs_approval(self) -> bool | Predicate:
        """Whether a person is asked first; also where it was set on the function and not on the tool."""
        told = getattr(self.function, "needs_approval", None)
        return self._needs_approval if self._rule_is_set or told is None else told

    @needs_approval.setter
    def needs_approval(self, value: bool | Predicate) -> None:
        Tool.needs_approval.__set__(self, value)
        self._rule_is_set = True

    def _derived(
        self, name: str, descriptions: dict[str, str], options: Options, *, closed: bool
    ) -> tuple[Schema, Decoder | None]:
        """Return the schema, and what reads the arguments by it; None when they are passed on as they are."""
        given = options.get("params_json_schema")
        if self._signature.takes_dict:
            return given or {"type": "object", "properties": {}, "additionalProperties": True}, None
        if given is not None:
            raise UserError(
                f"the schema of {name} comes from its signature, and one was given too",
                help="let the function take `args: dict` to give a schema of your own",
                requirement="TS-TOOL-020",
            )
        type_ = signatures.arguments_type(self._signature, name or "tool", descriptions, closed=closed)
        schema = {key: value for key, value in schema_of(type_, name).items() if key != "title"}
        schema = strict_form(schema, name) if closed else schema
        return schema, Decoder(type_, schema, name)

    async def _run(self, ctx: ToolContext[Any], arguments: str) -> Any:  # noqa: ANN401 - any result
        positional, keywords = self._call(arguments)
        given = [ctx, *positional] if self._signature.takes_context else positional
        if self._asynchronous:
            return await self.function(*given, **keywords)
        result = await asyncio.to_thread(self._called, given, keywords)
        return await result if inspect.isawaitable(result) else result

    def _called(self, given: list[Any], keywords: dict[str, Any]) -> Any:  # noqa: ANN401 - any result
        try:
            return self.function(*given, **keywords)
        except StopIteration as error:  # which no future can hold: whoever waits for it would wait for ever
            raise RuntimeError(f"{self.name} raised StopIteration") from error

    def _call(self, arguments: str) -> tuple[list[Any], dict[str, Any]]:
        if self._decoder is None:
            return [parse_by_schema(arguments, self.name, self.params_json_schema)], {}
        try:
            return signatures.call(self._signature, self._decoder.decode(arguments))
        except ValueError as error:
            raise invalid(self.name, str(error), self.params_json_schema) from None


@overload
def function_tool(function: Function, /, **options: Unpack[Options]) -> FunctionTool: ...
@overload
def function_tool(function: None = None, /, **options: Unpack[Options]) -> Callable[[Function], FunctionTool]: ...
def function_tool(
    function: Function | None = None, /, **options: Unpack[Options]
) -> FunctionTool | Callable[[Function], FunctionTool]:
    """Make a tool of a function, as `@function_tool` or `@function_tool(needs_approval=True, ...)`.

    The schema comes from the signature, the descriptions from the docstring (Google, NumPy or Sphinx style). A first
    parameter annotated as `ToolContext` or `RunContextWrapper` gets the context. A function of one `args: dict` gets
    all arguments as they are. Synchronous functions run in a thread.

    Raises:
        UserError: no schema can be derived, or no strict one and strict was not turned off.
    """
    if function is not None:
        return FunctionTool(function, **options)

    def decorate(later: Function) -> FunctionTool:
        return FunctionTool(later, **options)

    return decorate


def as_tool(value: ToolLike) -> Tool | HostedTool:
    """Return the tool that an entry of an agent's list stands for.

    Raises:
        UserError: it is neither a tool nor a function.
    """
    if isinstance(value, Tool | HostedTool):
        return value
    if callable(value) and not isinstance(value, type):
        return FunctionTool(value)
    raise UserError(
        f"{value!r} is no tool",
        help="give a function, a function under @function_tool, or a Tool",
        requirement="TS-TOOL-036",
    )


Approval = Literal["never", "always", "ask"]


def approval_of(tool: Tool) -> Approval:
    """Tell what a manifest says of a tool's approval: a predicate has to be asked for each call."""
    rule = tool.needs_approval
    return "ask" if not isinstance(rule, bool) else "always" if rule else "never"
