"""Decisions as a command line gives them: which message belongs to which rejection, and what "all" means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from timestep.cli import states
from timestep.cli.output import Color, paint
from timestep.errors import UsageError
from timestep.state import Interruption, RunState

#: An option of the command line and its value, in the order given.
Ordered = tuple[str, str]
Verdict = Literal["approve", "reject"]


class Wanted(msgspec.Struct):
    """One decision as asked for; without an id it is about all calls that nothing else is said of."""

    verdict: Verdict
    call: str | None
    message: str | None = None


class Decision(msgspec.Struct, frozen=True):
    """One decision that was made."""

    verdict: Verdict
    call: Interruption

    def fields(self) -> dict[str, Any]:
        """Give it as JSON output has it (cli-decide.schema.json)."""
        call = self.call
        named = {"run": call.run, "call_id": call.call_id, "path": call.path, "tool": call.tool}
        return {**named, "decision": self.verdict}


def parse(given: Sequence[Ordered]) -> list[Wanted]:
    """Read the options `--approve`, `--reject`, `--message`, `--approve-all` and `--reject-all` in their order.

    Raises:
        UsageError: they contradict each other, or a message has no rejection it could belong to.
    """
    wanted: list[Wanted] = []
    early: list[str] = []
    for name, value in given:
        if name == "message":
            _give_message(wanted, early, value)
            continue
        verdict: Verdict = "approve" if name.startswith("approve") else "reject"
        wanted.append(Wanted(verdict, None if name.endswith("_all") else value))
    every = [one for one in wanted if one.call is None]
    if len({one.verdict for one in every}) > 1:
        raise UsageError("--approve-all and --reject-all contradict each other")
    if early and (not every or every[0].verdict != "reject" or every[0].message is not None or len(early) > 1):
        raise UsageError("--message belongs after the --reject that it explains", help="--reject ID --message TEXT")
    if early:
        every[0].message = early[0]
    if not wanted:
        raise UsageError("nothing is decided", help="--approve ID, --reject ID, --approve-all or --reject-all")
    return [*(one for one in wanted if one.call is not None), *every[:1]]


def _give_message(wanted: Sequence[Wanted], early: list[str], text: str) -> None:
    """Give a message to the option before it, or keep it for `--reject-all`."""
    if not wanted:
        early.append(text)
        return
    if wanted[-1].verdict != "reject":
        early.append(text)
    elif wanted[-1].message is not None:
        raise UsageError(f"two messages for one rejection: {wanted[-1].message!r} and {text!r}")
    else:
        wanted[-1].message = text


def make(state: RunState, wanted: Sequence[Wanted], *, always: bool, by: str | None) -> list[Decision]:
    """Make the decisions, those on one call first, then those on all others that wait.

    Raises:
        UsageError: one call is named twice, or nothing waits for `--approve-all` and `--reject-all`.
        ApprovalError: no call of a name waits, or several do; the error lists the paths.
    """
    made: list[Decision] = []
    for one in wanted:
        if one.call is not None:
            call = find(state, one.call)
            if any(decision.call.path == call.path for decision in made):
                raise UsageError(f"call {call.path!r} is decided twice")
            made.append(_decide(state, call, one, always=always, by=by))
            continue
        rest = [item for item in state.get_interruptions() if item.state == "pending"]
        if not rest and not made:
            raise UsageError("no call waits for a decision", help="`timestep show` lists what waits")
        # `always` may have decided later ones by an earlier one; each is still written down on its own.
        made.extend(_decide(state, call, one, always=always, by=by) for call in rest)
    return made


def lines(made: Sequence[Decision], *, err: bool = False) -> list[str]:
    """Tell what was decided, a line a call, for stdout or stderr."""
    colors: dict[Verdict, Color] = {"approve": "green", "reject": "red"}
    return [f"{paint(f'{one.verdict:<8}', colors[one.verdict], err=err)}{states.call_line(one.call)}" for one in made]


def find(state: RunState, name: str) -> Interruption:
    """Find the call that an id names, so that the report can tell it.

    Raises:
        ApprovalError: no call of that name waits, or several do; the error lists the paths.
    """
    listed = state.listed()
    found = [call for call in listed if call.path == name] or [call for call in listed if call.call_id == name]
    if len(found) == 1:
        return found[0]
    state.approve(name)  # raises: no such call, or several
    raise AssertionError(name)


def _decide(state: RunState, call: Interruption, wanted: Wanted, *, always: bool, by: str | None) -> Decision:
    if wanted.verdict == "approve":
        state.approve(call, always, by=by)
    else:
        state.reject(call, always, rejection_message=wanted.message, by=by)
    return Decision(wanted.verdict, call)
