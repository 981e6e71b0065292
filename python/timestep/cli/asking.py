"""Calls that wait, decided on while a run is watched: by who sits at the terminal, or all of them beforehand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from timestep.cli.conversation import shown
from timestep.cli.output import one_line, paint, say
from timestep.cli.terminal import read_line
from timestep.state import Interruption, RunState

#: Who decides: the person at the terminal, nobody now, or the command line for all calls.
Asked = Literal["ask", "none", "all"]

_QUESTION = "  [y]es, [n]o and why, [l]ater? "
_BY = {"ask": "terminal", "all": "--approve all"}


def decide(state: RunState, asked: Asked, left: Collection[str]) -> list[str]:
    """Decide on the calls of a state that wait.

    Args:
        state: takes the decisions.
        asked: who decides.
        left: paths of calls that are not to be asked about again.

    Returns:
        The paths of calls that were left to wait.

    Raises:
        KeyboardInterrupt: Ctrl-C at a question; what was decided before stands in the state.
    """
    later: list[str] = []
    for call in state.get_interruptions():
        if call.state != "pending" or call.path in left:
            continue
        answer = "y" if asked == "all" else _answer(call)
        if answer is None or answer[:1].lower() == "l":
            later.append(call.path)
        elif answer[:1].lower() == "y":
            state.approve(call, by=_BY[asked])
        else:
            reason = answer.partition(" ")[2].strip(" ,:") or None
            state.reject(call, rejection_message=reason, by=_BY[asked])
    return later


def _answer(call: Interruption) -> str | None:
    """Ask until the answer is one; None at the end of the input."""
    say(paint(f"{one_line(call.agent)} wants to run {one_line(call.tool)}", "yellow", err=True), err=True)
    # Whole and unmasked: who decides must see what would run.
    for line in [*call.prompts, call.arguments]:
        say("\n".join(f"  {part}" for part in shown(line).split("\n")), err=True)
    while True:
        answer = read_line(_QUESTION)
        if answer is None:
            say(err=True)
            return None
        word = answer.strip().partition(" ")[0].lower().rstrip(",:.")
        if word in ("y", "yes", "n", "no", "l", "later"):
            return answer.strip()
