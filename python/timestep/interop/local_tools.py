"""Tools of the package that the model knows by their kind and that run here: shells, patches, and custom tools."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from timestep.codec import strict_json
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import LOCAL_TOOL, refuse_unmapped, unsupported
from timestep.interop.contexts import context_of, tool_context_of
from timestep.interop.items import output_models
from timestep.tools.builtin import ApplyPatchTool, BuiltinTool, CustomTool, LocalShellTool, ShellTool
from timestep.tools.tool import Predicate
from timestep.types.base import Item

_LOCAL = {"type": "local"}  # the environment of a shell that runs here, without skills


def local_tool_of(source: Any, agent: Any) -> BuiltinTool | None:  # noqa: ANN401 - a tool and an agent of the package
    """Return a tool of the package as ours; None where it is of another kind.

    Raises:
        UserError: it has what can't be mapped.
    """
    make = next((make for kind, make in _MAKERS.items() if isinstance(source, kind)), None)
    if make is None:
        return None
    owner = f"the tool {source.name} of {agent.name}"
    refuse_unmapped(source, LOCAL_TOOL, owner)
    if getattr(source, "environment", _LOCAL) != _LOCAL:
        raise unsupported("environment", owner)
    made = make(source, agent)
    if made.name != source.name:
        raise unsupported("name", owner, f"it is always {made.name}")
    return made


def _custom(source: Any, agent: Any) -> BuiltinTool:  # noqa: ANN401 - of the package
    async def run(ctx: Any, text: str) -> Any:  # noqa: ANN401 - any context and result
        return await _answered(source.on_invoke_tool(tool_context_of(ctx, agent), text))

    rule = _approval(source, lambda _ctx, text: text)
    return CustomTool(source.name, run, source.description, source.format, needs_approval=rule)


def _local_shell(source: Any, _agent: Any) -> BuiltinTool:  # noqa: ANN401 - of the package
    async def run(ctx: Any, action: Item) -> Any:  # noqa: ANN401 - any context and result
        call = {"type": "local_shell_call", "id": ctx.call_id, "call_id": ctx.call_id, "status": "in_progress"}
        (data,) = output_models([{**call, "action": action}])
        return await _answered(source.executor(sdk.LocalShellCommandRequest(context_of(ctx), data)))

    made = LocalShellTool(run)
    made.on_error = "raise"  # as in the package
    return made


def _shell(source: Any, _agent: Any) -> BuiltinTool:  # noqa: ANN401 - of the package
    async def run(ctx: Any, action: Item) -> Any:  # noqa: ANN401 - any context and result
        call = {"type": "shell_call", "call_id": ctx.call_id, "action": action}
        data = sdk.ShellCallData(call_id=ctx.call_id, action=_shell_action(action), raw=call)
        result = await _answered(source.executor(sdk.ShellCommandRequest(context_of(ctx), data)))
        return _shell_outputs(result) if isinstance(result, sdk.ShellResult) else str(result)

    return ShellTool(run, needs_approval=_approval(source, lambda _ctx, text: _shell_action(_member(text, "action"))))


def _apply_patch(source: Any, _agent: Any) -> BuiltinTool:  # noqa: ANN401 - of the package
    async def run(ctx: Any, operation: Item) -> Any:  # noqa: ANN401 - any context and result
        edit = getattr(source.editor, operation["type"])
        result = await _answered(edit(_patch(ctx, operation)))
        if not isinstance(result, sdk.ApplyPatchResult):
            return result
        return {"status": result.status or "completed", "output": result.output}

    rule = _approval(source, lambda ctx, text: _patch(ctx, _member(text, "operation")))
    return ApplyPatchTool(run, needs_approval=rule)


_MAKERS: dict[type[Any], Callable[[Any, Any], BuiltinTool]] = {
    sdk.CustomTool: _custom,
    sdk.LocalShellTool: _local_shell,
    sdk.ShellTool: _shell,
    sdk.ApplyPatchTool: _apply_patch,
}


def _approval(source: Any, shown: Callable[[Any, str], Any]) -> bool | Predicate:  # noqa: ANN401 - of the package
    """Return `needs_approval` as ours.

    Args:
        source: the tool.
        shown: makes of context and argument string what the predicate is asked about.
    """
    rule = source.needs_approval
    if not callable(rule):
        return rule

    async def ask(ctx: Any, _args: dict[str, Any], call_id: str) -> bool:  # noqa: ANN401 - any context
        return bool(await _answered(rule(context_of(ctx), shown(ctx, ctx.tool_arguments), call_id)))

    return ask


def _member(arguments: str, name: str) -> Item:
    """Return the action or operation of a call, which its argument string is made of."""
    found: Any = strict_json.loads(arguments)
    return found[name]


def _shell_action(action: Item) -> sdk.ShellActionRequest:
    return sdk.ShellActionRequest(
        commands=[str(each) for each in action["commands"]],
        timeout_ms=action.get("timeout_ms") or None,
        max_output_length=action.get("max_output_length"),
    )


def _shell_outputs(result: sdk.ShellResult) -> list[Item]:
    """Return the outputs of commands in wire form, cut to the length the executor asked for, all together."""
    left = max(0, result.max_output_length) if result.max_output_length is not None else None
    found: list[Item] = []
    for each in result.output:
        stdout = each.stdout[:left]
        left = None if left is None else left - len(stdout)
        stderr = each.stderr[:left]
        left = None if left is None else left - len(stderr)
        timed_out = each.outcome.type == "timeout"
        outcome = {"type": "timeout"} if timed_out else {"type": "exit", "exit_code": each.outcome.exit_code or 0}
        found.append({"stdout": stdout, "stderr": stderr, "outcome": outcome})
    return found


def _patch(ctx: Any, operation: Item) -> sdk.ApplyPatchOperation:  # noqa: ANN401 - any context
    return sdk.ApplyPatchOperation(
        type=operation["type"],
        path=operation["path"],
        diff=operation.get("diff"),
        ctx_wrapper=context_of(ctx),
        move_to=operation.get("move_to"),
    )


async def _answered(answer: Any) -> Any:  # noqa: ANN401 - whatever the user's function gives
    return await answer if inspect.isawaitable(answer) else answer
