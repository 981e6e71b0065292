"""How a run stops and ends: waiting, finished, failed, out of its limits, cancelled."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from timestep.loop import calls, nested, settle
from timestep.loop.draft import Draft, changed, illegal
from timestep.loop.tree import RunValue, is_open, place
from timestep.types.base import JSON
from timestep.types.effects import AskApproval, CancelWork, CheckOutput, Finish
from timestep.types.events import LimitReached, OutputChecked, RunCancelled, SessionWritten
from timestep.types.state import Call, Step

Reason = Literal["approval", "indeterminate", "limit", "cancelled", "error"]
_CANCELLED = "The run was cancelled before this call was carried out."
_BROKEN_OFF = "The run was cancelled while this call was carried out. It may have had an effect."


def stop(draft: Draft, run: RunValue, reason: Reason, code: str | None = None, message: str | None = None) -> None:
    """Let a run wait; a nested run that can't go on fails instead, and the agent above is told (TS-TRANS-040)."""
    place(run)
    run.stop = None
    if run.parent is not None and (reason == "error" or code == "max-turns"):
        fail(draft, run, code or reason, message or reason)
        return
    attempt = run.step.attempt if run.step.type == "run_again" else None
    run.step = Step(type="interrupted", reason=reason, code=code, message=message, attempt=attempt)
    run.rest = {**run.rest, "asked": asked(run)}
    if draft.policy.session_at_pause and run.turn.open:
        settle.write_session(draft, run)
    above = nested.paused(draft, run)
    if above is not None:
        settle.settle(draft, above)
        return
    if reason == "approval":
        draft.effect(AskApproval(run=run.id))
    draft.effect(Finish(run=run.id))


def asked(run: RunValue) -> list[int]:
    """Return the calls that somebody is asked about, where the ledger alone does not tell (TS-STATE-018)."""
    waiting = [call.item for call in run.calls if call.state in ("pending", "indeterminate", "suspended")]
    before = [item for item in run.rest.get("asked", ()) if item in waiting]  # the order of the pause before (R11)
    unsure = any(call.state == "indeterminate" for call in run.calls)
    return [*before, *(item for item in waiting if item not in before)] if before or unsure else []


def fail(draft: Draft, run: RunValue, code: str, message: str) -> None:
    """End a run without a result (TS-TRANS-041)."""
    place(run)
    under_way = run.step.type in ("run_again", "awaiting_model", "acting")
    run.step, run.stop = Step(type="failed", code=code, message=message), None
    if under_way:
        draft.effect(CancelWork(run=run.id))
    if not nested.ended(draft, run):
        draft.effect(Finish(run=run.id))


def accept(draft: Draft, run: RunValue, output: JSON, seq: int | None) -> None:
    """Take an output for the final one, if its checks pass."""
    run.step = Step(type="accepted", output=output, seq=seq)
    if run.input_done is not False:
        check_output(draft, run)


def check_output(draft: Draft, run: RunValue) -> None:
    """Have the final output read and its guardrails asked, where there is anything to do."""
    if draft.agent(run.agent).output_checked or draft.manifest.output_checked:
        draft.effect(CheckOutput(run=run.id, agent=run.agent))
    else:
        _finish(draft, run, run.step.output)


def output_checked(draft: Draft, event: OutputChecked) -> None:
    """End the run, or stop it where the output is refused (TS-GUARD-003, TS-TOOL-037)."""
    run = draft.run(event.run)
    if run.step.type != "accepted":
        raise illegal(f"an output was checked in the step {run.step.type}")
    run.results = run.results.extend(event.results)
    tripped = next((result for result in event.results if result.behavior == "tripwire"), None)
    if tripped is not None:
        fail(draft, run, "output-tripwire", f"the output guardrail {tripped.name} stopped the run")
    elif event.code is not None:
        settle.close(draft, run)
        stop(draft, run, "error", event.code, event.message)
    else:
        _finish(draft, run, run.step.output if event.output is msgspec.UNSET else event.output)


def _finish(draft: Draft, run: RunValue, output: JSON) -> None:
    seq = run.step.seq
    settle.close(draft, run)
    run.step = Step(type="finished", output=output, seq=seq)
    if not nested.ended(draft, run):
        draft.effect(Finish(run=run.id))


def session_written(draft: Draft, event: SessionWritten) -> None:
    """Note how far the session has the log."""
    run = draft.run(event.run)
    mark = run.session
    if mark is None or not mark.through <= event.through <= len(run.log):
        raise illegal(f"the session of run {run.id} can't have the log up to {event.through}")
    run.session = replace(mark, through=event.through)


def limit_reached(draft: Draft, event: LimitReached) -> None:
    """Stop the tree where it stands, so that it can be gone on with (BARS L1)."""
    _halt(draft, event.run, "limit", event.name, event.message)


def run_cancelled(draft: Draft, event: RunCancelled) -> None:
    """Stop the tree where it stands; for good, if so asked."""
    if not event.final:
        _halt(draft, event.run, "cancelled", "cancelled", "the run was cancelled")
        return
    root = _open_root(draft, event.run)
    for run in list(draft.tree.runs.values()):
        if run.parent is not None and run.parent.run == root.id:
            nested.remove(draft, run)
    draft.effect(CancelWork(run=root.id))
    for call in root.calls:
        if call.state in ("requested", "pending", "approved"):
            calls.finish(root, call, "cancelled", _told(draft, root, call, _CANCELLED))
        elif call.state == "rejected" and not call.outputs:
            calls.reject(draft, root, call, calls.decision_on(draft, root, call))
        elif call.state in ("started", "suspended", "indeterminate"):
            calls.finish(root, call, "failed", _told(draft, root, call, _BROKEN_OFF))
    place(root)
    root.rest = {**root.rest, "asked": []}
    if root.step.type != "accepted":  # what no output guardrail has passed stays out of the session
        settle.close(draft, root)
    root.step, root.stop = Step(type="failed", code="cancelled", message="the run was cancelled"), None
    draft.effect(Finish(run=root.id))


def _told(draft: Draft, run: RunValue, call: Call, text: str) -> list[dict[str, JSON]]:
    return calls.told(run.log[call.item].item, text, draft.policy.compat)


def _halt(draft: Draft, run_id: str, reason: Reason, code: str, message: str) -> None:
    root = _open_root(draft, run_id)
    for known in list(draft.tree.runs.values()):
        if is_open(known) and known.step.type != "interrupted":
            run = draft.run(known.id)
            place(run)
            for call in run.calls:
                if call.state == "approved" and calls.decision_on(draft, run, call) is None:
                    changed(run, call, state="requested")  # nobody but a policy has let it run; that is asked again
            run.step = _halted(run, reason, code, message)
            nested.paused(draft, run)
    if root.step.reason != reason:
        root.step = _halted(root, reason, code, message)
    draft.effect(CancelWork(run=root.id))
    draft.effect(Finish(run=root.id))


def _halted(run: RunValue, reason: Reason, code: str, message: str) -> Step:
    """Return the step of a run that is stopped; an output that waits for its checks is kept."""
    waits = Step(type="interrupted", reason=reason, code=code, message=message, attempt=run.step.attempt)
    if run.step.type == "awaiting_model":
        return replace(waits, attempt=(run.step.attempt or 0) + 1)
    return replace(waits, output=run.step.output, seq=run.step.seq) if run.step.type == "accepted" else waits


def _open_root(draft: Draft, run_id: str) -> RunValue:
    root = draft.run(run_id)
    if root.parent is not None or not is_open(root):
        raise illegal(f"{run_id} is no run that can be stopped")
    return root
