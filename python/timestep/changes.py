"""Changes of a saved run, by the same transitions as in a run that goes on (transitions.md)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from msgspec.structs import replace

from timestep.codec.calls import InForce, decide
from timestep.errors import ApprovalError
from timestep.types import state
from timestep.types.base import Item
from timestep.types.events import AnyEvent, CallSettled, InputAdded, RunCancelled
from timestep.types.outputs import text_output


def settled_call(
    document: state.Document,
    run: str,
    item: int,
    how: Literal["retry", "output", "fail"],
    output: str | None,
    *,
    by: str | None,
    at: str | None,
) -> state.Document:
    """Return a document after somebody has found out what became of a call, with the record of it."""
    call = next(each for each in document.runs if each.id == run).log[item].item
    text = output if output is not None else "The tool failed."
    outputs = [] if how == "retry" else [text_output(call, text, failed=how == "fail")]
    return _after(document, CallSettled(run=run, item=item, how=how, outputs=outputs, by=by, at=at))


def with_input(document: state.Document, items: list[Item]) -> state.Document:
    """Return a document with items that the model sees when it is asked next."""
    for item in items:
        document = _after(document, InputAdded(run=document.runs[0].id, item=item))
    return document


def cancelled(document: state.Document) -> state.Document:
    """Return a document whose run has been ended for good; what was under way in it is closed."""
    return _after(document, RunCancelled(run=document.runs[0].id, final=True))


def broken_off(document: state.Document) -> state.Document:
    """Return a document after its process has died: calls under way that may not run twice are in doubt (TS-DUR-043).

    Whether another call may run again is known when the run is gone on with, by its tool as it is then.
    """
    # Not above: checking and showing files has no use for the loop.
    from timestep.loop.draft import Draft, changed
    from timestep.loop.ends import asked
    from timestep.loop.manifest import Manifest, Policy
    from timestep.loop.tree import document_of, tree_of

    root = document.runs[0]
    over = root.step.type in ("finished", "failed")
    if over or not any(_may_have_run(call) for run in document.runs for call in run.calls):
        return document
    waits = root.step.type == "interrupted"
    stopped = document if waits else _after(document, RunCancelled(run=root.id, final=False))
    draft = Draft(Manifest(root="", agents={}, policy=Policy()), tree_of(stopped))
    for known in list(draft.tree.runs.values()):
        run = draft.run(known.id)
        for call in run.calls:
            if _may_have_run(call):
                changed(run, call, state="indeterminate")
        run.rest = {**run.rest, "asked": asked(run)}
    return document_of(draft.tree)


def _may_have_run(call: state.Call) -> bool:
    """Tell whether a call was under way, and may not run again."""
    return call.state == "started" and call.effect == "once" and call.role not in ("agent", "delegate")


def settled(document: state.Document) -> state.Document:
    """Give all calls the states that the decisions now in force give them."""
    runs: list[state.Run] = []
    decisions = InForce(document.approvals)
    for run in document.runs:
        owners = {call.item: run.log[call.item].agent or run.agent for call in run.calls}
        calls = decide(run.calls, decisions, run.id, owners)
        runs.append(replace(run, calls=calls))
    return replace(document, runs=runs)


def replaced(old: state.Approval, new: state.Approval, run: state.Run, call: state.Call) -> bool:
    """Tell whether a new decision takes the place of an old one: the same call, or the same standing decision."""
    if old.tool != new.tool or old.agent != new.agent:
        return False
    if new.item == "*" and old.item == "*":
        return old.run == new.run
    return old.run == run.id and old.item == call.item


def undecided(run: state.Run, decisions: InForce, nested: Collection[tuple[str, int]]) -> state.Run:
    """Have calls that are to run without a decision looked at again, and a handoff that is under way."""
    calls: list[state.Call] = []
    for call in run.calls:
        owner = run.log[call.item].agent or run.agent
        again = (run.id, call.item) not in nested and (call.role in ("agent", "delegate") or call.effect != "once")
        if call.state == "approved" and decisions.on(call, run.id, owner) is None:
            calls.append(replace(call, state="requested"))
        elif call.state == "started" and again:  # going on would run it again
            calls.append(replace(call, state="requested", attempt=call.attempt + 1))
        else:
            calls.append(call)
    taken = run.step.type == "handoff" and any(call.item == run.step.item and not call.outputs for call in calls)
    return replace(run, calls=calls, step=state.Step(type="acting") if taken else run.step)


def refuse_unsent_approvals(run: state.Run) -> None:
    """Refuse a run that would send a host an approval which nobody vouches for (TS-SEC-002).

    Raises:
        ApprovalError: the answer to a hosted call stands behind the last response, or is staged.
    """
    end = run.responses[-1].end if run.responses else 0
    unsent = [entry.item for entry in run.log[end:] if entry.source != "input"]
    unsent += [item for each in run.waiting for item in each.outputs] + [staged.item for staged in run.pending_input]
    if any(item.get("type") == "mcp_approval_response" and item.get("approve") is not False for item in unsent):
        raise ApprovalError(
            code="decisions-unverified",
            message=f"run {run.id} holds an approval that its host has not been sent, and the file carries no seal",
            why="the host would carry the call out, though nobody who can be asked has approved it",
            help="if you know where the file is from: read(..., trusted=True), or --trust",
            requirement="TS-SEC-002",
        )


def _after(document: state.Document, event: AnyEvent) -> state.Document:
    # Not above: checking and showing files has no use for the loop.
    from timestep.loop.advance import advance
    from timestep.loop.manifest import Manifest, Policy
    from timestep.loop.tree import document_of, tree_of

    tree, _ = advance(Manifest(root="", agents={}, policy=Policy()), tree_of(document), event)
    return document_of(tree)
