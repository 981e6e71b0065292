"""The end of a turn: once nothing of it is under way, its outputs enter the log and the run goes on, waits or stops."""

from __future__ import annotations

from msgspec.structs import replace

from timestep.codec import strict_json
from timestep.loop import ends, handoffs, nested, turn
from timestep.loop.draft import Draft
from timestep.loop.tree import NESTED, RunValue, nested_in, place
from timestep.types.base import Item
from timestep.types.effects import AppendSession
from timestep.types.state import TERMINAL, Call

_STANDSTILL = frozenset({"pending", "indeterminate"})


def settle(draft: Draft, run: RunValue) -> None:
    """Go on if no call of the turn is under way; a run that has stopped only takes the outputs (TS-TRANS-020)."""
    if run.step.type != "acting":
        place(run)
        return
    if any(_moves(draft, run, call) for call in run.calls):
        return
    place(run)
    most = draft.tree.root.limits.max_output
    size = max((_size(run, call) for call in run.calls), default=0)
    if run.stop is not None:
        ends.stop(draft, run, "error", run.stop.code, run.stop.message)
    elif most is not None and size > most:
        ends.stop(draft, run, "limit", "max-output", f"a tool gave {size} characters; allowed are {most}")
    elif any(call.state in _STANDSTILL or call.state == "suspended" for call in run.calls):
        _wait(draft, run)
    elif any(nested.too_deep(draft, run, call) for call in run.calls):
        ends.stop(draft, run, "limit", "max-depth", f"runs are nested {draft.tree.root.limits.max_depth} deep")
    else:
        _go_on(draft, run)


def _moves(draft: Draft, run: RunValue, call: Call) -> bool:
    """Tell whether something of a call is under way."""
    if call.state in TERMINAL or call.state in _STANDSTILL:
        return False
    if call.state == "suspended":
        child = nested_in(draft.tree, run.id, call.item)
        return child is not None and child.step.type != "interrupted"
    return call.item not in run.cleared and not nested.too_deep(draft, run, call)


def _size(run: RunValue, call: Call) -> int:
    """Return the characters of a call's outputs."""
    return sum(_length(run.log[position].item) for position in call.outputs)


def _length(item: Item) -> int:
    output = item.get("output")
    return len(output) if isinstance(output, str) else len(strict_json.dumps(output).decode())


def _wait(draft: Draft, run: RunValue) -> None:
    """Stop until somebody has decided, or found out what became of a call."""
    below = [child.step for call in run.calls if (child := nested_in(draft.tree, run.id, call.item)) is not None]
    states = {call.state for call in run.calls}
    if "pending" in states or any(step.reason == "approval" for step in below):
        ends.stop(draft, run, "approval")
    elif "indeterminate" in states or not below:
        ends.stop(draft, run, "indeterminate", "call-indeterminate", "a call may have run, and its result is not known")
    else:
        step = below[0]
        ends.stop(draft, run, step.reason or "error", step.code, step.message)


def _go_on(draft: Draft, run: RunValue) -> None:
    """Hand over, end with a tool's output, or ask the model again."""
    handoff = next((call for call in run.calls if call.item in run.cleared and call.state == "requested"), None)
    if handoff is not None:
        handoffs.take(draft, run, handoff)
        return
    spec = draft.agent(run.agent)
    for call in run.calls:
        ended = call.state == "completed" and call.role in ("tool", "agent", "delegate") and call.outputs
        if ended and (spec.stop_on_first or call.tool[2] in spec.stop_at):
            ends.accept(draft, run, run.log[call.outputs[0]].item.get("output"), call.outputs[0])
            return
    if draft.policy.structured_ends and spec.output_schema:
        last = run.responses[-1]
        output = [entry.item for entry in run.log[last.start : last.end]]
        text = turn.text_of(output)
        if text is not None:
            ends.accept(draft, run, text, turn.message_position(output, last.start))
            return
    close(draft, run)
    turn.next_turn(draft, run)


def close(draft: Draft, run: RunValue) -> None:
    """End the turn: its calls leave the open ledger, and the session gets its items (TS-TRANS-021)."""
    if run.calls:
        run.settled = run.settled.extend(run.calls)
        run.children += sum(call.role in NESTED for call in run.calls)
        used = [call.tool[2] for call in run.calls]
        run.tool_use = {**run.tool_use, run.agent: list(dict.fromkeys([*run.tool_use.get(run.agent, ()), *used]))}
        run.calls = ()
    run.turn = replace(run.turn, open=False)
    write_session(draft, run)


def write_session(draft: Draft, run: RunValue) -> None:
    """Have the session get what it does not have yet."""
    if run.session is not None and run.session.through < len(run.log):
        draft.effect(AppendSession(run=run.id, start=run.session.through, end=len(run.log)))
