"""What a run of our own loop has that no SDK's file has a place for: written in their words, or refused by name."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from timestep.dialects.account import Account
from timestep.types import state

#: Reasons to stop after which both SDKs write a run that asks the model next.
_AGAIN = frozenset({"limit", "error", "cancelled"})


def exported(document: state.Document, account: Account) -> state.Document:
    """Return a document that has nothing which only this format knows (RULINGS R9).

    Raises:
        ConversionError: it has what matters and can't cross.
    """
    for run in document.runs:
        _refuse(run, account)
    return replace(document, runs=[_exported(run, account) for run in document.runs])


def _refuse(run: state.Run, account: Account) -> None:
    subject = f"run {run.id}"
    if run.waiting or run.stop is not None:
        account.refuse(subject, "it was saved while calls of a turn were under way; go on with it first")
    if run.step.type == "interrupted" and run.step.output is not UNSET:
        account.refuse(subject, "it was stopped before its output was checked; go on with it first")
    for call in run.calls:
        if call.outputs or call.state in state.TERMINAL:
            continue
        if call.arguments is not None:
            account.refuse(
                f"call {call.call_id}", "a guardrail has changed its arguments, and an SDK would run the model's"
            )
        if call.role == "delegate":
            account.refuse(f"call {call.call_id}", "no SDK has runs with a conversation of their own below a call")


def _exported(run: state.Run, account: Account) -> state.Run:
    asked = [result for result in run.guardrails.results if result.behavior == "ask"]
    if asked:
        account.note("dropped", "questions of guardrails", "no SDK keeps them", count=len(asked))
        results = [result for result in run.guardrails.results if result.behavior != "ask"]
        run = replace(run, guardrails=replace(run.guardrails, results=results))
    waits = any(
        call.state in ("pending", "suspended") or (call.state == "approved" and not call.outputs) for call in run.calls
    )
    if run.step.type == "interrupted" and run.step.reason in _AGAIN and not waits:
        run = replace(run, step=state.Step(type="run_again"))
    return run
