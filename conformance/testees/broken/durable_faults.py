"""Faults of durable runs: each changes one thing of the package before anything is served."""

# ruff: noqa: SLF001 - a fault is where nobody is to reach in

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import run_ops
from run_world import AskedKeeper
from timestep.errors import StateNotFoundError
from timestep.loop import driver, in_doubt, perform_calls, resume, start
from timestep.loop.draft import changed
from timestep.saved import RunStateStore
from timestep.types.effects import AppendSession
from timestep.types.state import Step

JSON = dict[str, Any]


def once_again() -> None:
    """Run a call again that may have run, whatever its effect."""
    resume._may_run_again = lambda *_: True


def asked_again() -> None:
    """Ask the model again where its calls were under way."""
    go_on = resume._go_on

    def forgetful(draft: Any, run: Any) -> None:
        if run.calls and run.step.type == "acting":
            run.step = Step(type="run_again")
            start.begin(draft, run)
        else:
            go_on(draft, run)

    resume._go_on = forgetful


def kept_too_late() -> None:
    """Keep a run at its stops alone."""

    async def keep(_: Any) -> None:
        return None

    driver.Driver.keep = keep


def another_key() -> None:
    """Give a call another key in each process."""
    key = perform_calls.idempotency_key
    perform_calls.idempotency_key = lambda *call: f"{key(*call)}-{os.getpid()}"


def over_others() -> None:
    """Go on though somebody else has gone on with the run."""
    put = AskedKeeper.put

    async def careless(self: Any, *given: Any) -> bool:
        await put(self, *given)
        return True

    AskedKeeper.put = careless


def begun_again() -> None:
    """Begin a run that is in its store already."""

    async def nothing(*_: Any) -> Any:
        raise StateNotFoundError("no such run")

    run = run_ops._run

    async def anew(args: JSON) -> JSON:
        load, RunStateStore.load = RunStateStore.load, nothing
        try:
            return await run(args)
        finally:
            RunStateStore.load = load

    run_ops._run = anew


def result_again() -> None:
    """Run a call again whose result is kept, while another one of its turn is open."""
    revive = resume._revive

    def careless(draft: Any, run: Any, call: Any, below: Any) -> None:
        if call.state == "completed" and call.role == "tool":
            changed(run, call, state="requested")
        else:
            revive(draft, run, call, below)

    resume._revive = careless


def session_twice() -> None:
    """Write all of a turn to the session once more where a run is gone on with."""

    async def nothing(*_: Any) -> int:
        return 0

    driver.history.held = nothing


def session_unwritten() -> None:
    """Write nothing of a run to its session that was broken off."""
    append = driver.Driver._append_session

    async def lazy(self: Any, effect: AppendSession) -> None:
        if not self.resumed:
            await append(self, effect)

    driver.Driver._append_session = lazy


def ended_again() -> None:
    """Go on with a run that has ended."""
    go_on = resume._go_on

    def tireless(draft: Any, run: Any) -> None:
        if run.step.type == "finished":
            run.step = Step(type="run_again")
        go_on(draft, run)

    resume._go_on = tireless


def policies_unasked() -> None:
    """Have a person find out what a tool could have said."""
    in_doubt.settleable = lambda _: []


DURABLE: dict[str, Callable[[], None]] = {
    "durable-once-again": once_again,
    "durable-asked-again": asked_again,
    "durable-kept-too-late": kept_too_late,
    "durable-another-key": another_key,
    "durable-over-others": over_others,
    "durable-begun-again": begun_again,
    "durable-result-again": result_again,
    "durable-session-twice": session_twice,
    "durable-session-unwritten": session_unwritten,
    "durable-ended-again": ended_again,
    "durable-policies-unasked": policies_unasked,
}
