"""What a tool says of a call of it that was broken off, so that no person has to find out (durability.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from timestep.errors import UserError
from timestep.tools.calling import carried_out
from timestep.tools.context import ToolContext

How = Literal["retry", "output", "fail"]


@dataclass(frozen=True)
class Settled:
    """What became of a call that may have run; made by one of its three class methods."""

    how: How
    result: Any = None
    text: str = ""

    @classmethod
    def output(cls, result: Any) -> Settled:  # noqa: ANN401 - whatever tools give
        """It has run, and this is its result; it goes to the model as the tool's own would (TS-DUR-023)."""
        return cls("output", result=result)

    @classmethod
    def retry(cls) -> Settled:
        """It has not run, or may run once more: it is run again, under the same idempotency key."""
        return cls("retry")

    @classmethod
    def fail(cls, text: str) -> Settled:
        """It has failed, or is given up; the text is told to the model."""
        return cls("fail", text=text)


Finder = Callable[[ToolContext[Any]], Awaitable[Settled | None] | Settled | None]
Rule = Literal["ask", "retry", "fail"]
InDoubt = Rule | Finder
RULES = get_args(Rule)


async def settled_by(rule: InDoubt, ctx: ToolContext[Any]) -> Settled | None:
    """Ask a tool's rule what became of a call; None is that a person has to find out (TS-DUR-020).

    Raises:
        UserError: the user's function answered something else.
        Exception: whatever it raised.
    """
    if rule == "ask":
        return None
    if rule == "retry":
        return Settled.retry()
    if rule == "fail":
        return Settled.fail(f"The tool {ctx.tool_name} was broken off. It may have had an effect; nobody knows.")
    found: object = await carried_out(rule, ctx)
    if found is None or (isinstance(found, Settled) and isinstance(cast("object", found.text), str)):
        return found
    raise UserError(
        f"in_doubt of {ctx.tool_name} answered {found!r} about the call {ctx.call_id}",
        code="settle-answer",
        why="an answer that can't be read must not decide whether the call runs again",
        help="return Settled.output(result), .retry() or .fail(text), or None to have a person asked",
        requirement="TS-DUR-022",
    )
