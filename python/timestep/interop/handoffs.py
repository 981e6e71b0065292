"""Handoffs of the package as ours, and filters of what the other agent gets to see."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from timestep.agent import Agent
from timestep.errors import UserError
from timestep.handoffs.filters import HandoffInputData, InputFilter
from timestep.handoffs.handoff import Handoff, OnHandoff
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import HANDOFF, refuse_unmapped, unsupported
from timestep.interop.contexts import context_of
from timestep.interop.items import RunItems
from timestep.interop.tools import enabled


class SdkHandoff(Handoff):
    """A handoff of the package.

    Attributes:
        source: the package's handoff.
    """

    source: Any


def handoff_of(
    entry: Any,  # noqa: ANN401 - an agent or handoff of the package
    agent: Any,  # noqa: ANN401 - an agent of the package
    mapped: Callable[[Any], Agent],
    targets: Mapping[str, Any],
) -> SdkHandoff:
    """Return a handoff of the package as ours: always a transfer.

    Args:
        entry: a `Handoff`, or an agent that is handed over to as the package does by default.
        agent: the package's agent that hands over.
        mapped: gives the agent of ours for one of the package's.
        targets: tool name of each handoff in the graph -> the package's agent; it may be filled later.

    Raises:
        UserError: it has what can't be mapped.
    """
    source = cast("Any", entry if isinstance(entry, sdk.Handoff) else sdk.handoff(entry))
    owner = f"the handoff {source.tool_name} of {agent.name}"
    refuse_unmapped(source, HANDOFF, owner)
    target = target_of(source, owner)
    made = SdkHandoff(
        mapped(target),
        "transfer",
        source.tool_name,
        source.tool_description,
        None if source.input_filter is None else filter_of(source.input_filter, agent, targets),
        is_enabled=enabled(source.is_enabled),
        on_handoff=_taken(source, target, owner),
        input_json_schema=source.input_json_schema,
    )
    made.source = source
    return made


def target_of(source: Any, owner: str) -> Any:  # noqa: ANN401 - a handoff and an agent of the package
    """Return the package's agent that a handoff leads to.

    Raises:
        UserError: it is chosen only when the handoff is taken.
    """
    reference = getattr(source, "_agent_ref", None)
    target = reference() if reference is not None else None
    if target is None:
        raise unsupported("on_invoke_handoff without a fixed agent", owner, "make it with handoff(agent, ...)")
    return target


def filter_of(rule: Any, agent: Any, targets: Mapping[str, Any]) -> InputFilter:  # noqa: ANN401 - of the package
    """Return an input filter of the package as ours.

    Args:
        rule: the filter, on the package's `HandoffInputData`.
        agent: the package's agent that is named as the one the items come from.
        targets: tool name of each handoff -> the package's agent.
    """

    async def filtered(data: HandoffInputData) -> HandoffInputData:
        items = RunItems(agent, targets)
        theirs = sdk.HandoffInputData(
            input_history=data.input_history,  # pyright: ignore[reportArgumentType] - wire items on both sides
            pre_handoff_items=items.wrapped(data.pre_handoff_items),
            new_items=items.wrapped(data.new_items),
            run_context=context_of(data.run_context),
        )
        answer = rule(theirs)
        found = await answer if inspect.isawaitable(answer) else answer
        if not isinstance(found, sdk.HandoffInputData):
            return found  # which whoever asked refuses
        history = found.input_history
        shown = found.new_items if found.input_items is None else found.input_items
        return data.clone(
            input_history=history if isinstance(history, str) else tuple(history),
            pre_handoff_items=items.unwrapped(found.pre_handoff_items),
            new_items=items.unwrapped(shown),
        )

    filtered.__name__ = getattr(rule, "__name__", type(rule).__name__)
    return filtered


def _taken(source: Any, target: Any, owner: str) -> OnHandoff:  # noqa: ANN401 - of the package
    async def taken(ctx: Any, arguments: str) -> None:  # noqa: ANN401 - any context
        found = await source.on_invoke_handoff(context_of(ctx), arguments)
        if found is not target:
            raise UserError(
                f"{owner} gave {getattr(found, 'name', found)!r}, and not {target.name!r}",
                code="interop-unsupported",
                help="make one handoff for each agent",
            )

    return taken
