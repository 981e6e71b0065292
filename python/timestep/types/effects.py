"""Effects of the loop: what has to happen next, for a driver to carry out and answer with an event (transitions.md)."""

from __future__ import annotations

from typing import Literal

import msgspec


class Effect(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", forbid_unknown_fields=True
):
    """Something to do for a run."""

    run: str


class CheckInput(Effect, frozen=True, kw_only=True, tag="check_input"):
    """Ask these input guardrails; answered by `input.checked`."""

    agent: str
    blocking: bool
    names: list[str]


class PrepareTurn(Effect, frozen=True, kw_only=True, tag="prepare_turn"):
    """Find out instructions and tools of the agent; answered by `turn.prepared`."""

    agent: str


class CallModel(Effect, frozen=True, kw_only=True, tag="call_model"):
    """Ask the model about the view from log position `since` on; answered by `model.responded` or `model.failed`."""

    agent: str
    turn: int
    since: int = 0
    attempt: int = 0


class CheckCall(Effect, frozen=True, kw_only=True, tag="check_call"):
    """Ask guardrails and the approval rule about a call; `approved` when a person has approved it as it is.

    Answered by `call.checked`, or by `tool.failed` where its arguments can't be read.
    """

    item: int
    approved: bool = False


class StartTools(Effect, frozen=True, kw_only=True, tag="start_tools"):
    """These calls may start; answered by `tool.starting` for those that are really begun."""

    items: list[int]


class RunTool(Effect, frozen=True, kw_only=True, tag="run_tool"):
    """Carry out a call; answered by `tool.finished` or `tool.failed`."""

    item: int
    attempt: int = 0


class StartNested(Effect, frozen=True, kw_only=True, tag="start_nested"):
    """Start the nested run of a call; answered by `run.started` of the run `child`."""

    item: int
    child: str
    agent: str
    role: Literal["agent", "delegate"]


class FinishNested(Effect, frozen=True, kw_only=True, tag="finish_nested"):
    """Make the output of a call out of its nested run, which has ended; answered as `run_tool` is."""

    item: int
    child: str


class PrepareHandoff(Effect, frozen=True, kw_only=True, tag="prepare_handoff"):
    """Tell the user's code of a transfer and filter what the next agent sees; answered by `handoff.prepared`."""

    item: int
    to: str


class CheckOutput(Effect, frozen=True, kw_only=True, tag="check_output"):
    """Read the final output and ask the output guardrails; answered by `output.checked`."""

    agent: str


class AppendSession(Effect, frozen=True, kw_only=True, tag="append_session"):
    """Add the log from `start` up to `end` to the session; answered by `session.written`."""

    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")


class AskApproval(Effect, frozen=True, kw_only=True, tag="ask_approval"):
    """A person has to decide on the calls that wait."""


class CancelWork(Effect, frozen=True, kw_only=True, tag="cancel_work"):
    """Stop what is under way for this run and those nested in it; nothing of it is waited for any more."""


class Finish(Effect, frozen=True, kw_only=True, tag="finish"):
    """The run goes no further by itself: it waits, or has ended; its step says which."""


AnyEffect = (
    CheckInput | PrepareTurn | CallModel | CheckCall | StartTools | RunTool | StartNested | FinishNested
    | PrepareHandoff | CheckOutput | AppendSession | AskApproval | CancelWork | Finish
)  # fmt: skip
