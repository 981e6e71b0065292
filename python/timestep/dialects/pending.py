"""What the files of the SDKs say about calls that wait, and what they can't say (TS-STATE-017)."""

from __future__ import annotations

from collections.abc import Sequence

from timestep.codec.calls import InForce
from timestep.codec.pending import interruptions
from timestep.dialects.account import Account
from timestep.types.state import Approval, Call, Document, Run


def resumed_in_turn(document: Document, run: Run) -> bool:
    """Tell whether a paused run has gone on since its last response: a call of it, or below it, ran on a decision."""
    if not run.responses:
        return False
    exact = {(approval.run, approval.item) for approval in document.approvals if approval.item != "*"}
    within = {run.id}
    for other in document.runs:  # parents stand before their children
        if other.parent is not None and other.parent.run in within:
            within.add(other.id)
        for call in other.calls if other.id in within else ():
            gone_on = bool(call.outputs) or call.state == "suspended"
            in_turn = other is not run or call.item >= run.responses[-1].start
            if gone_on and in_turn and (other.id, call.item) in exact:
                return True
    return False


def order(calls: Sequence[Call], listed: Sequence[int]) -> list[int]:
    """Return the value of `Run.asked` for the calls a file lists: nothing where the ledger alone tells the same."""
    once = list(dict.fromkeys(listed))
    settled = {call.item for call in calls if call.state in {"indeterminate", "completed"}}
    return once if once != sorted(once) or settled & set(once) else []


def refuse_bound(document: Document, dialect: str, account: Account) -> None:
    """Refuse to write what only another dialect's runtime can finish (TS-VERS-033)."""
    for run in document.runs:
        for part in run.bound:
            if not part.startswith(dialect + ":"):
                account.refuse(f"run {run.id}", f"{part} can only be finished by the SDK that wrote it")


def refuse_approved(runs: Sequence[Run], written: Sequence[Approval], account: Account) -> None:
    """Refuse decisions that, in the scope in which they are written, would approve a call that waits (TS-APPR-004)."""
    decisions = InForce(written)
    for run in runs:
        for call in run.calls:
            found = decisions.on(call, run.id, run.log[call.item].agent or run.agent)
            waits = call.state in {"pending", "rejected"} and not call.outputs
            if waits and found is not None and found.decision == "approve":
                message = f"a standing approval of {call.tool[2]} for another run or agent would approve it"
                account.refuse(f"call {call.call_id!r}", message, hint="decide the call first")


def tell_wider(document: Document, given: Sequence[Approval], written: Sequence[Approval], account: Account) -> None:
    """Report standing decisions that the target can only keep for more runs or agents than they were given for."""
    root = document.runs[0].id
    for before, after in zip(given, written, strict=True):
        if before.agent != after.agent:
            note = f"it was given for {before.agent}; holds for every agent there"
        elif before.run == root and after.run == "*":
            note = "it was given for the root run; holds for every run of that agent there"
        else:
            continue
        verdict = "approval" if before.decision == "approve" else "rejection"
        account.note("derived", f"standing {verdict} of {before.tool[2]}", note)


def undecided(document: Document) -> list[tuple[Run, Call]]:
    """List the calls that wait for a decision or for a settlement."""
    root = document.runs[0]
    return [(run, call) for run, call in interruptions(document, root) if call.state == "pending"]


def refuse_indeterminate(run: Run, account: Account) -> None:
    """Refuse to hand over calls that may have run, unless the operator wants the SDK's own behaviour (state.md)."""
    unsure = [call for call in run.calls if call.state in {"indeterminate", "started"}]
    if unsure:
        account.require(
            "faithful-error-state",
            f"run {run.id}",
            f"call {unsure[0].call_id!r} may have run, and its result is not known; the SDK would ask the model again",
        )
