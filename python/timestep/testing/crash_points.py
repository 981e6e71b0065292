"""Crashes at every point of a run, to see that it can be gone on with from each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Token
from types import TracebackType
from typing import Any, Self, cast

from timestep.codec import document as codec
from timestep.errors import UserError
from timestep.loop.driver import BOUNDARY
from timestep.loop.tree import Tree, document_of
from timestep.state import RunState, read


class SimulatedCrash(BaseException):
    """The process has died; it is no Exception, so that nothing which handles those can survive it."""


class CrashPoint:
    """One try of a run, as a context manager in which the run is started and dies.

    Attributes:
        number: the boundary at which the run dies, from 0; None in the first try, in which it lives.
        names: the boundaries it has come to: "event" before an event is taken, else the effect that was about to be
            carried out (transitions.md).
        happened: whether the run has died.
    """

    def __init__(self, number: int | None) -> None:
        self.number = number
        self.names: list[str] = []
        self.happened = False
        self._trees: dict[str, Tree] = {}
        self._token: Token[Any] | None = None

    def __repr__(self) -> str:
        if self.number is None:
            return "CrashPoint(none)"
        return f"CrashPoint({self.number}: {self.names[self.number] if self.happened else 'not reached'})"

    @property
    def state(self) -> RunState | None:
        """The state that another process would find: read from bytes, trusted; None where nothing was kept yet.

        Where the run has started others, in its tools, it is the state of the first one.
        """
        tree = next(iter(self._trees.values()), None)
        if tree is None:
            return None
        return cast("RunState", read(codec.encode(document_of(tree)), trusted=True))

    def __enter__(self) -> Self:
        self._token = BOUNDARY.set(self._reached)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._token is not None:
            BOUNDARY.reset(self._token)
        return isinstance(error, SimulatedCrash)

    def _reached(self, where: str, tree: Tree | None) -> None:
        """Note a boundary, and die there if it is the one."""
        if self.happened:
            raise SimulatedCrash  # what still goes on in a dead process does not happen
        if tree is not None:
            self._trees[tree.root.id] = tree
        self.names.append(where)
        if len(self.names) - 1 == self.number:
            self.happened = True
            raise SimulatedCrash(f"at boundary {self.number}, {where}")


def crash_points(limit: int = 10_000) -> Iterator[CrashPoint]:
    """Yield a try in which a run lives, and one for each of its boundaries in which it dies there.

    A boundary is before each event that the run takes and before each effect that is carried out. So a crash before the
    event of a tool that has ended comes after the tool has had its effect, and before anybody knows.

    Args:
        limit: boundaries after which a run is taken for one that does not end.

    Raises:
        UserError: nothing was run within the first try, or it has more boundaries than the limit.

    Example:
        >>> import asyncio
        >>> from timestep import Agent, run_agent
        >>> from timestep.testing import ScriptedModel, crash_points
        >>> async def answers():
        ...     for crash in crash_points():
        ...         agent = Agent(model=ScriptedModel(["Hello."] * 2))
        ...         with crash:
        ...             result = await run_agent(agent, "Hi")
        ...         if crash.happened:
        ...             result = await run_agent(agent, crash.state or "Hi")
        ...         yield result.final_output
        >>> async def different():
        ...     return {answer async for answer in answers()}
        >>> asyncio.run(different())
        {'Hello.'}
    """
    alive = CrashPoint(None)
    yield alive
    if not 0 < len(alive.names) <= limit:
        raise UserError(
            f"the run has {len(alive.names)} boundaries",
            help="start the run within `with crash:`, and await it there",
        )
    for number in range(len(alive.names)):
        yield CrashPoint(number)
