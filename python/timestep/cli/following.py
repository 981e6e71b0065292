"""One run from its input or its saved state to its end, as `run` and `resume` have it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from typing import Any

import msgspec

from timestep.cli.agents_at import load
from timestep.cli.asking import Asked
from timestep.cli.conversation import Printer, Told
from timestep.cli.run_options import run_options, session_at
from timestep.cli.runs import Runs
from timestep.cli.stops import Ending
from timestep.state import RunState


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is to go, in the words of the command line."""

    asked: Asked
    form: str
    stream: bool | None
    session: str | None
    model: str | None
    max_turns: int | None
    context: str | None
    rules: str | None = None
    more: dict[str, Any] = {}


def follow(given: str | RunState | Callable[[], RunState], ending: Ending, wish: Wish) -> int:
    """Run the agent that the ending names, tell what happens, and give the exit status.

    Args:
        given: an input, a state to go on with, or what gives one once the agent is there.
        ending: tells how the run has ended.
        wish: how the run is to go.

    Raises:
        TimestepError: the agent, the session or an option can't be used.
    """
    text = wish.form == "text"
    pieces = text and (sys.stdout.isatty() if wish.stream is None else wish.stream)
    printer = Printer(pieces=pieces)
    # Programs read the JSON on stdout; what the user's own code prints there would spoil it.
    with nullcontext() if text else redirect_stdout(sys.stderr):
        agent = load(ending.target)
        options = run_options(wish.model, wish.max_turns, wish.context, wish.rules) | wish.more
        session = session_at(wish.session) if wish.session is not None else None
        watch = printer.event if text else _ignore
        with Runs(watch, wish.asked, session=session, stream=pieces, **options) as runs:
            outcome = runs.run(agent, given() if callable(given) else given)
    return ending.text(outcome, printer) if text else ending.json(outcome)


def _ignore(event: Told) -> None:
    """Take note of an event and forget it."""
