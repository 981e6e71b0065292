"""Transfers: another agent goes on with the conversation (handoffs.md)."""

from __future__ import annotations

from collections.abc import Sequence

from timestep.codec import strict_json
from timestep.loop import calls, settle, turn
from timestep.loop.draft import Draft, changed, illegal
from timestep.loop.manifest import Compat
from timestep.loop.tree import RunValue, append
from timestep.types.base import Item
from timestep.types.effects import PrepareHandoff
from timestep.types.events import HandoffPrepared
from timestep.types.outputs import result_output
from timestep.types.state import Call, Entry, Range, Step


def take(draft: Draft, run: RunValue, call: Call) -> None:
    """Begin to hand over: user code is asked first where the handoff has some."""
    tool = calls.tool_for(draft.agent(run.agent), run.log[call.item].item)
    if tool is None or tool.agent is None:
        raise illegal(f"the call at {call.item} is no handoff of {run.agent}")
    run.step = Step(type="handoff", item=call.item, to=draft.key_of(tool.agent))
    if tool.callback or draft.manifest.filters:
        draft.effect(PrepareHandoff(run=run.id, item=call.item, to=run.step.to or ""))
    else:
        _complete(draft, run, call, (), None)


def again(draft: Draft, run: RunValue) -> None:
    """Go on with a handoff that was begun when the run was saved."""
    call = run.call(run.step.item) if run.step.item is not None else None
    if call is None or call.outputs:
        hand_over(draft, run)
    else:
        take(draft, run, call)


def handoff_prepared(draft: Draft, event: HandoffPrepared) -> None:
    """Hand over, with what user code has made of the conversation."""
    run = draft.run(event.run)
    call = run.call(event.item)
    if run.step.type != "handoff" or run.step.item != event.item or call is None:
        raise illegal(f"no handoff at {event.item} of run {run.id} has begun")
    _complete(draft, run, call, event.entries, event.view)


def _complete(draft: Draft, run: RunValue, call: Call, entries: Sequence[Item], view: list[Range] | None) -> None:
    """Answer the call, change what is seen where a filter did, and hand over (TS-HAND-005, TS-HAND-007)."""
    name = draft.tree.name(run.step.to or "")
    output = result_output(run.log[call.item].item, transfer_text(name, draft.policy.compat))
    append(run, [Entry(item=output, source="tool", agent=run.agent)])
    changed(run, call, state="completed", outputs=[*call.outputs, len(run.log) - 1])
    seen = run.view
    append(run, [Entry(item=item, source="filter", agent=run.agent) for item in entries])
    if view is not None:
        _refuse_wrong_view(view, len(run.log))
    run.view = seen if view is None else tuple(view)
    hand_over(draft, run)


def _refuse_wrong_view(view: list[Range], end: int) -> None:
    """Refuse a view that is none of the log (TS-STATE-011)."""
    taken: set[int] = set()
    for first, last in view:
        positions = range(first, min(last, end + 1))
        if not 0 <= first < last <= end or not taken.isdisjoint(positions):
            raise illegal(f"[{first}, {last}) can't be seen: the log has {end} entries, and none is seen twice")
        taken.update(positions)


def hand_over(draft: Draft, run: RunValue) -> None:
    """Let the other agent go on."""
    to = run.step.to or run.agent
    settle.close(draft, run)
    run.agent = to
    turn.next_turn(draft, run)


def transfer_text(name: str, compat: Compat | None) -> str:
    """Return the output of a handoff that was taken, as compact JSON, or as the Python SDK writes it."""
    text = strict_json.dumps({"assistant": name}).decode()
    return text.replace('{"assistant":', '{"assistant": ', 1) if compat == "openai-agents-python" else text
