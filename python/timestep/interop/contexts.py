"""The contexts that functions written for the package are called with: its own classes, with the caller's value."""

from __future__ import annotations

from typing import Any, cast

from timestep.agent import Agent
from timestep.interop import agents_sdk as sdk
from timestep.interop.items import output_models
from timestep.tools.context import ToolContext
from timestep.tools.tool import Tool
from timestep.types.state import Usage


def context_of(ctx: Any, kind: type[Any] | None = None) -> Any:  # noqa: ANN401 - the package's generic class
    """Return a context of ours as the package's `RunContextWrapper`; one for a tool as its `ToolContext`.

    Its `usage` is what the run has used so far. Its `turn_input` is empty and it knows of no approvals.

    Args:
        ctx: a context of ours, or the caller's bare value.
        kind: a subclass to make instead.
    """
    if kind is None and type(ctx) is ToolContext:
        return tool_context_of(cast("ToolContext[Any]", ctx), None)
    return (kind or sdk.RunContextWrapper)(context=getattr(ctx, "context", ctx), usage=usage_of(ctx))


def tool_context_of(ctx: ToolContext[Any], agent: Any) -> sdk.ToolContext[Any]:  # noqa: ANN401 - an agent of the package
    """Return the context of a call as the package's.

    Args:
        ctx: ours.
        agent: the package's agent whose tool is called.
    """
    call = {"type": "function_call", "call_id": ctx.call_id, "name": ctx.tool_name, "arguments": ctx.tool_arguments}
    return sdk.ToolContext(
        context=ctx.context,
        usage=usage_of(ctx),
        tool_name=ctx.tool_name,
        tool_call_id=ctx.call_id,
        tool_arguments=ctx.tool_arguments,
        tool_call=output_models([call])[0],
        agent=agent,
    )


def usage_of(ctx: Any) -> sdk.Usage:  # noqa: ANN401 - any context
    """Return what a run has used as the package's `Usage`."""
    return as_usage(getattr(ctx, "usage", None))


def as_usage(usage: Usage | None) -> sdk.Usage:
    """Return token counts of ours as the package's."""
    if usage is None:
        return sdk.Usage()
    made = sdk.Usage(
        requests=usage.requests or 0,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.total_tokens,
    )
    for name in ("input_tokens_details", "output_tokens_details"):
        if found := getattr(usage, name):
            setattr(made, name, getattr(made, name).model_copy(update=found))
    return made


def source_of(value: Any) -> Any:  # noqa: ANN401 - an agent or tool
    """Return the package's object that an agent or tool of ours was mapped from; any other value as it is."""
    return getattr(value, "source", value) if isinstance(value, Agent | Tool) else value
