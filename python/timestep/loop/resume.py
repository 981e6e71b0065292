"""Decisions on a run that waits, and going on with it (approvals.md, state.md)."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from timestep.codec.calls import settled
from timestep.loop import calls, ends, handoffs, nested, settle, start, turn
from timestep.loop.draft import Draft, IllegalEvent, changed, illegal
from timestep.loop.log import Log
from timestep.loop.tree import NESTED, Decisions, RunValue, append, is_open, nested_in, place, show
from timestep.types.effects import Finish
from timestep.types.events import ApprovalDecided, CallSettled, RunResumed
from timestep.types.items import is_output
from timestep.types.state import Approval, Call, CallState, Entry, GuardrailResult, Provenance, Step


def approval_decided(draft: Draft, event: ApprovalDecided) -> None:
    """Record a decision, and let it hold for every call that waits (TS-APPR-010, TS-APPR-032)."""
    new = event.approval
    if draft.tree.root.step.type != "interrupted":
        raise illegal("a decision on a run that does not wait")
    path = _decided_on(draft, new)
    kept = [old for old in draft.tree.decisions.approvals if not replaced(old, new)]
    draft.tree.decisions = Decisions([*kept, new])
    _record(draft, f"{path}: {new.decision}", new.by, event.at or new.at)
    for known in list(draft.tree.runs.values()):
        run = draft.run(known.id)
        for call in run.calls:
            decided = settled(call, calls.decision_on(draft, run, call))
            if decided is not call:
                changed(run, call, state=decided.state)


def _record(draft: Draft, subject: str, by: str | None, at: str | None) -> None:
    """Keep for good who decided what (TS-APPR-032, TS-APPR-034)."""
    row = Provenance(action="decided", subject=subject, by=by, at=at)
    draft.tree.base = replace(draft.tree.base, provenance=[*draft.tree.base.provenance, row])


def _decided_on(draft: Draft, new: Approval) -> str:
    """Return what a decision is about; one that names no call that waits is refused (TS-APPR-014, TS-APPR-030)."""
    if new.item == "*":
        return f"{new.tool[2]} (always)"
    run = draft.tree.runs.get(new.run)
    call = run.call(new.item) if run is not None and new.item is not None else None
    if run is None or call is None or call.outputs or call.state not in ("pending", "approved", "rejected"):
        raise illegal("a decision on a call that does not wait for one")
    if (new.digest, new.call_id, new.tool) != (call.digest, call.call_id, call.tool):
        raise illegal("a decision that is on another call than the one at its place")
    return _path(draft, run, call)


def _path(draft: Draft, run: RunValue, call: Call) -> str:
    """Return the path of a call (approvals.md)."""
    path = [call.call_id]
    while run.parent is not None:
        above = draft.tree.runs[run.parent.run]
        path.insert(0, next(each.call_id for each in above.calls if each.item == run.parent.item))
        run = above
    return "/".join(path)


def replaced(old: Approval, new: Approval) -> bool:
    """Tell whether a decision takes the place of an older one: on the same call, or the same standing decision."""
    if old.tool != new.tool or old.agent != new.agent or old.run != new.run:
        return False
    return old.item == new.item


def call_settled(draft: Draft, event: CallSettled) -> None:
    """Note what became of a call that may have run, and who says so (tools.md, TS-APPR-034)."""
    run = draft.run(event.run)
    if draft.tree.root.step.type != "interrupted":
        raise illegal("a call is settled while the run waits")
    call = run.call(event.item)
    if call is None:
        call = _settle_forgotten(run, event)
    else:
        _settle_open(run, call, event)
    calls.note(run, event.results)
    _record(draft, f"{_path(draft, run, call)}: {event.how}", event.by, event.at)


def _settle_open(run: RunValue, call: Call, event: CallSettled) -> None:
    """Settle a call of the open turn."""
    if call.state != "indeterminate":
        raise _not_in_doubt(event)
    if event.how == "retry":
        changed(run, call, state="requested", attempt=call.attempt + 1)
    else:
        calls.refuse_silence(event.outputs)
        calls.finish(run, call, "completed" if event.how == "output" else "failed", event.outputs)
        place(run)
    run.rest = {**run.rest, "asked": ends.asked(run)}


def _settle_forgotten(run: RunValue, event: CallSettled) -> Call:
    """Settle a call of an earlier turn, which an SDK has forgotten: the model sees it again, with its output."""
    place_ = next((place for place, call in enumerate(run.settled) if call.item == event.item), None)
    call = run.settled[place_] if place_ is not None else None
    if call is None or call.state not in ("indeterminate", "started") or event.how == "retry":
        raise _not_in_doubt(event)
    calls.refuse_silence(event.outputs)
    if not any(start <= call.item < end for start, end in run.view):
        show(run, call.item, call.item + 1)
    first = len(run.log)
    append(run, [Entry(item=item, source="tool", agent=run.agent) for item in event.outputs])
    state: CallState = "completed" if event.how == "output" else "failed"
    places = [first + index for index, item in enumerate(event.outputs) if is_output(item)]
    ended = replace(call, state=state, outputs=[*call.outputs, *places])
    run.settled = Log(ended if other is call else other for other in run.settled)
    return call


def _not_in_doubt(event: CallSettled) -> IllegalEvent:
    return illegal(f"the item at {event.item} of run {event.run} is no call that may have run, or can't run again")


def run_resumed(draft: Draft, event: RunResumed) -> None:
    """Go on with a saved run; one that has ended gives its stored result again (TS-STATE-026)."""
    run = draft.run(event.run)
    if run.parent is not None:
        raise illegal(f"{event.run} is nested; its root is resumed")
    if event.limits is not None:
        run.limits = event.limits
    go_on(draft, run)


def go_on(draft: Draft, run: RunValue) -> None:
    """Go on with one run of a tree; one that a guardrail has stopped stops again (TS-GUARD-003)."""
    tripped = _tripped(run)
    if tripped is None:
        _go_on(draft, run)
        return
    kind = "input" if tripped.position == "input" else "output"
    ends.fail(draft, run, f"{kind}-tripwire", f"the {kind} guardrail {tripped.name} stopped the run")


def _go_on(draft: Draft, run: RunValue) -> None:
    if not is_open(run):
        _tell_again(draft, run)
        return
    step = run.step
    draft.agent(run.agent)
    if draft.policy.compaction == "trim":
        turn.trim(run, 0)
    run.rest = {**run.rest, "asked": _asked(run)}
    if step.type == "handoff":
        handoffs.again(draft, run)
    elif step.type == "accepted" or step.output is not UNSET:
        run.step = Step(type="accepted", output=step.output, seq=step.seq)
        if not _gated(draft, run):
            ends.check_output(draft, run)
    elif run.calls and step.type != "awaiting_model":
        _act(draft, run)
    elif unsure := _forgotten(draft, run):
        ends.stop(draft, run, "indeterminate", "call-indeterminate", "a call may have run, and its result is not known")
        run.rest = {**run.rest, "asked": unsure}
    else:
        attempt = (step.attempt or 0) + 1 if step.type == "awaiting_model" else step.attempt
        run.step = Step(type="run_again", attempt=attempt)
        start.begin(draft, run)


def _asked(run: RunValue) -> list[int]:
    """Return the order in which decisions were asked for, as far as they still are."""
    waiting = {call.item for call in run.calls if call.state == "pending"}
    return [item for item in run.rest.get("asked", ()) if item in waiting]


def _tell_again(draft: Draft, run: RunValue) -> None:
    """Give the stored result of a run that has ended."""
    if run.step.type == "finished":
        settle.write_session(draft, run)  # nothing, unless a write has failed before
    if not nested.ended(draft, run):
        draft.effect(Finish(run=run.id))


def _tripped(run: RunValue) -> GuardrailResult | None:
    """Return the tripwire that has stopped the run before it was saved."""
    found = [result for result in run.results if result.behavior == "tripwire"]
    if not found or run.step.type == "failed":
        return None
    last = found[-1]
    if last.position == "input" and run.input_done is False:
        return last
    return last if last.position == "output" and run.step.type in ("accepted", "finished") else None


def _gated(draft: Draft, run: RunValue) -> bool:
    """Have input guardrails asked that have not answered; return whether the run has to wait for them."""
    if run.input_done is not False:
        return False
    return start.ask(draft, run) is not None


def _act(draft: Draft, run: RunValue) -> None:
    """Go on with the calls of the open turn."""
    run.step = Step(type="acting")
    if not _gated(draft, run):
        act(draft, run)


def act(draft: Draft, run: RunValue) -> None:
    """Bring the calls of the turn to where they can go on from, those of nested runs too, and go on."""
    below: list[RunValue] = []
    for call in run.calls:
        _revive(draft, run, call, below)
    for child in below:
        child.step = _moving(child)  # so that none of them counts as waiting before all have gone on
    for child in below:
        go_on(draft, child)
    if run.step.type == "acting":
        calls.act(draft, run)


def _moving(child: RunValue) -> Step:
    """Return the step from which a nested run that waits goes on."""
    step = child.step
    if step.type != "interrupted":
        return step
    if step.output is not UNSET:
        return Step(type="accepted", output=step.output, seq=step.seq)
    return Step(type="acting") if child.calls else Step(type="run_again", attempt=step.attempt)


def _revive(draft: Draft, run: RunValue, call: Call, below: list[RunValue]) -> None:
    """Bring a call to where it can go on from."""
    if call.state == "rejected" and not call.outputs:
        calls.reject(draft, run, call, calls.decision_on(draft, run, call))
    elif call.state in ("started", "suspended"):
        child = nested_in(draft.tree, run.id, call.item) if call.role in NESTED else None
        if child is not None:
            changed(run, call, state="suspended")
            below.append(draft.run(child.id))
        elif call.role in NESTED or _may_run_again(draft, run, call):
            # Its run never began, or may begin again; whether it still may is asked by the rules as they are now.
            changed(run, call, state="requested", attempt=call.attempt + 1)
        else:
            changed(run, call, state="indeterminate")


def _may_run_again(draft: Draft, run: RunValue, call: Call) -> bool:
    """Tell whether a call that was broken off may run again, by its ledger entry and by its tool as it is now."""
    tool = calls.spec_of(draft, draft.agent(run.agent), run, call)
    return call.effect != "once" and (tool is None or tool.effect != "once")


def _forgotten(draft: Draft, run: RunValue) -> list[int]:
    """Return the calls that may have run and that the model would be asked without (TS-TOOL-010)."""
    if draft.policy.forgotten == "pass":
        return []
    return [call.item for call in run.settled if call.state in ("indeterminate", "started")]
