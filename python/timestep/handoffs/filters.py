"""What the agent that takes over gets to see of the conversation so far."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from timestep.errors import UserError
from timestep.types.base import Item
from timestep.types.items import is_call, is_output, type_of

#: What an item is made of that a tool, and not a person or agent, has said, besides calls and their outputs.
_OF_TOOLS = frozenset({"reasoning", "mcp_list_tools", "tool_search_output", "program", "program_output"})


@dataclass(frozen=True)
class HandoffInputData:
    """The conversation at a handoff, as wire items.

    Attributes:
        input_history: the input of the run; a string where it was given as one.
        pre_handoff_items: what came after it, up to the turn of the handoff.
        new_items: the turn of the handoff, with the handoff's call and output.
        run_context: the context of the run.
    """

    input_history: str | tuple[Item, ...]
    pre_handoff_items: tuple[Item, ...] = ()
    new_items: tuple[Item, ...] = ()
    run_context: Any = None

    def clone(self, **changes: Any) -> HandoffInputData:  # noqa: ANN401 - values of the fields
        """Return a copy with other values in some fields."""
        return replace(self, **changes)


InputFilter = Callable[[HandoffInputData], "Awaitable[HandoffInputData] | HandoffInputData"]


async def filtered(input_filter: InputFilter, data: HandoffInputData) -> HandoffInputData:
    """Apply a filter.

    Raises:
        UserError: it gave something else than a `HandoffInputData`.
    """
    answer = input_filter(data)
    found = cast("object", await answer if inspect.isawaitable(answer) else answer)
    if not isinstance(found, HandoffInputData):
        raise UserError(
            f"the input filter {getattr(input_filter, '__name__', input_filter)!s} gave {found!r}",
            help="return the HandoffInputData it was given, or a clone with changes",
            requirement="TS-HAND-007",
        )
    return found


def remove_all_tools(data: HandoffInputData) -> HandoffInputData:
    """Leave out all calls and outputs of tools and handoffs, and the reasoning that belongs to them."""
    history = data.input_history
    return data.clone(
        input_history=history if isinstance(history, str) else _without_tools(history),
        pre_handoff_items=_without_tools(data.pre_handoff_items),
        new_items=_without_tools(data.new_items),
    )


def _without_tools(items: tuple[Item, ...]) -> tuple[Item, ...]:
    return tuple(item for item in items if not _is_of_tools(item))


def _is_of_tools(item: Item) -> bool:
    kind = type_of(item)
    return is_call(item) or is_output(item) or kind.endswith(("_call", "_call_output")) or kind in _OF_TOOLS
