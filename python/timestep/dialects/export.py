"""What a run of our own loop has that no SDK's file has a place for: written in their words, or refused by name."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from timestep.dialects.account import Account
from timestep.types import state
from timestep.types.base import Item

#: Reasons to stop after which both SDKs write a run that asks the model next.
_AGAIN = frozenset({"limit", "error", "cancelled"})
#: States in which a call without an output will never have one; a rejected one is answered when its run goes on.
_SILENT = state.TERMINAL - {"rejected"}
#: States of a call that an SDK lists as waiting, as long as it has no output.
_WAITS = frozenset({"pending", "approved", "rejected", "suspended"})


def exported(document: state.Document, account: Account) -> state.Document:
    """Return a document that has nothing which only this format knows.

    Raises:
        ConversionError: it has what matters and can't cross.
    """
    for run in document.runs:
        _refuse(run, account)
    lacking = len(unwritten(document))
    account.note("dropped", "items that the session has not got yet", "add them before the SDK goes on", count=lacking)
    runs = [_exported(run, account) for run in document.runs]
    return replace(document, runs=[_caught_up(runs[0]), *runs[1:]] if lacking else runs)


def unwritten(document: state.Document) -> list[Item]:
    """Return the items that the session of a run lacks, in wire form and oldest first.

    The session of a run that waits gets the items of its turn when that has ended. An SDK has written them by then, and
    on resume adds only what is new. A document that no run of ours has moved lacks nothing.
    """
    run = document.runs[0]
    if run.session is None or document.revision == 0:
        return []
    silent = {call.item for call in run.calls if call.state in _SILENT and not call.outputs}
    start = run.session.through
    return [
        entry.item
        for position, entry in enumerate(run.log[start:], start)
        if entry.source != "filter" and position not in silent
    ]


def _refuse(run: state.Run, account: Account) -> None:
    subject = f"run {run.id}"
    if run.waiting or run.stop is not None:
        account.refuse(subject, "it was saved while calls of a turn were under way; go on with it first")
    if run.step.type == "interrupted" and run.step.output is not UNSET:
        account.refuse(subject, "it was stopped before its output was checked; go on with it first")
    if _goes_on(run) and run.parent is not None:
        account.refuse(subject, "a nested run was stopped between its turns; go on with it first")
    for call in run.calls:
        if not call.outputs and call.state not in state.TERMINAL:
            _refuse_call(run, call, account)


def _refuse_call(run: state.Run, call: state.Call, account: Account) -> None:
    subject = f"call {call.call_id}"
    if call.arguments is not None:
        account.refuse(subject, "a guardrail has changed its arguments, and an SDK would run the model's")
    if call.role == "delegate":
        account.refuse(subject, "no SDK has runs with a conversation of their own below a call")
    if call.state == "requested" and _goes_on(run):
        account.refuse(subject, "the run was stopped before it was carried out; go on with it first")


def _goes_on(run: state.Run) -> bool:
    """Tell whether the SDKs would write a run that has stopped as one that asks the model next."""
    waits = any(call.state in _WAITS and not call.outputs for call in run.calls)
    return run.step.type == "interrupted" and run.step.reason in _AGAIN and not waits


def _exported(run: state.Run, account: Account) -> state.Run:
    asked = [result for result in run.guardrails.results if result.behavior == "ask"]
    account.note("dropped", "questions of guardrails", "no SDK keeps them", count=len(asked))
    results = [result for result in run.guardrails.results if result not in asked]
    limits = (run.limits.max_tokens, run.limits.max_seconds, run.limits.max_output)
    bounds = sum(limit is not None for limit in limits)
    account.note("dropped", "limits on tokens, seconds and outputs", "the SDKs bound turns alone", count=bounds)
    told = sum(response.answered_by is not None for response in run.responses)
    account.note("dropped", "which models answered", "no SDK keeps it", count=told)
    step = state.Step(type="run_again") if _goes_on(run) else run.step
    return replace(run, step=step, guardrails=replace(run.guardrails, results=results))


def _caught_up(run: state.Run) -> state.Run:
    """Return a run whose session has all of its log."""
    mark = run.session or state.SessionMark()
    return replace(run, session=replace(mark, through=len(run.log)))
