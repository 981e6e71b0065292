"""What a workflow is given and gives: plain JSON, so that any process can go on with it."""

from __future__ import annotations

from typing import Any

import msgspec

from timestep.codec import strict_json
from timestep.errors import CodecError, UserError
from timestep.loop.config import MAX_TURNS, RunOptions, refuse_wrong_options
from timestep.loop.history import input_items
from timestep.types.base import JSON, Item
from timestep.workflows.sessions import Descriptor, describe


class Order(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A run to be made.

    Attributes:
        agent: name of the registered agent.
        input: a text, or items.
        session: what opens its session again.
        max_turns: turns after which it is stopped; None is no bound.
        context: the caller's context value.
    """

    agent: str
    input: str | list[Item]
    session: Descriptor | None = None
    max_turns: int | None = MAX_TURNS
    context: JSON = None


def order_of(agent: str, given: Any, session: Any, context: Any, max_turns: int | None) -> dict[str, Any]:  # noqa: ANN401
    """Return an order as plain JSON.

    Raises:
        UserError: the input can't be an input, the context has no JSON form, or the session can't be kept.
    """
    refuse_wrong_options(RunOptions(session=session), max_turns, None)
    if not isinstance(given, str):
        items, form = input_items(given)
        given = list(items) if form == "items" else given
    try:
        strict_json.dumps(context)
    except (CodecError, TypeError) as error:
        raise UserError(
            f"a workflow can't keep the context: {error}",
            code="context-typed",
            why="another process may have to go on with the run",
            help="give a context that is plain JSON data",
            requirement="TS-DUR-060",
        ) from None
    order = Order(agent=agent, input=given, session=describe(session), context=context, max_turns=max_turns)
    return msgspec.to_builtins(order)
