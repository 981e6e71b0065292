"""Runs from a command line: one event loop, decisions between two stretches of a run, and how each has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

from timestep.agent import Agent
from timestep.cli.asking import Asked, decide
from timestep.cli.conversation import Told
from timestep.cli.own_code import own_code
from timestep.errors import AgentsException, TimestepError
from timestep.loop.handle import RunHandle, run_agent
from timestep.loop.result import RunResult
from timestep.state import RunState


class Outcome(NamedTuple):
    """How a run stands when it has stopped.

    Attributes:
        state: the run; None where it has not begun.
        result: what it has come to; None where an error or Ctrl-C stopped it.
        error: what stopped it.
        interrupted: whether Ctrl-C did.
        moved: whether the state is another one than the run was given.
    """

    state: RunState | None
    result: RunResult | None = None
    error: TimestepError | None = None
    interrupted: bool = False
    moved: bool = True

    @property
    def waits(self) -> bool:
        """Whether a person has to decide, or to settle a call that may have run."""
        step = self.state.document.runs[0].step if self.state is not None else None
        return step is not None and step.type == "interrupted" and step.reason in ("approval", "indeterminate")


class Runs:
    """Runs agents one after the other on one event loop, so that models and sessions keep their connections.

    Args:
        watch: is told every event.
        asked: who decides on calls that wait.
        options: options of `run_agent` that hold for all runs.
    """

    def __init__(self, watch: Callable[[Told], None], asked: Asked, **options: Any) -> None:  # noqa: ANN401
        self._watch = watch
        self._asked: Asked = asked
        self._options = options
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.close()

    def run(self, agent: Agent, given: str | RunState) -> Outcome:
        """Run an agent, or go on with a saved run, until it has ended or waits for what nobody here decides."""
        left: set[str] = set()
        outcome = self._stretch(agent, given)
        while outcome.waits and outcome.state is not None and not outcome.error and self._asked != "none":
            state = outcome.state
            before = state.document.approvals
            try:
                left.update(decide(state, self._asked, left))
            except KeyboardInterrupt:
                return outcome._replace(interrupted=True)
            if state.document.approvals == before:
                return outcome
            after = self._stretch(agent, state)
            outcome = after._replace(state=after.state or state, moved=True)
        return outcome

    def do(self, work: Any) -> Any:  # noqa: ANN401 - a coroutine, and what it gives
        """Do something else on the event loop, such as clearing a session."""
        return self._loop.run(work)

    def _stretch(self, agent: Agent, given: str | RunState) -> Outcome:
        """Run to the next stop; what stops it is told, never raised, so that nothing of the run is lost."""
        handle = run_agent(agent, given, **self._options)
        result: RunResult | None = None
        error: TimestepError | None = None
        interrupted = False
        try:
            with own_code("the run was stopped by its own code"):
                result = self._loop.run(_watched(handle, self._watch))
        except KeyboardInterrupt:
            interrupted = True
        except TimestepError as raised:
            error = raised
        told = error.state if isinstance(error, AgentsException) else None
        state = told if told is not None else handle.state
        if interrupted and state is None:
            error = TimestepError("the run was stopped before it began", code="cancelled")
        moved = given.spent if isinstance(given, RunState) else True
        return Outcome(state, result, error, interrupted, moved)


async def _watched(handle: RunHandle, watch: Callable[[Told], None]) -> RunResult:
    """Follow a run to its stop; whoever is cancelled on the way stops it where it stands."""
    try:
        async for event in handle:
            watch(event)
    except asyncio.CancelledError:
        if handle.state is not None:
            handle.cancel()
            with suppress(TimestepError):
                await handle.result()
        raise
    return await handle.result()
