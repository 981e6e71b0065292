"""Runs nested in a call: agents as tools, and delegations (tools.md, handoffs.md)."""

from __future__ import annotations

from timestep.loop.draft import Draft, changed, illegal
from timestep.loop.tree import NESTED, Decisions, RunValue, depth_of, nested_in
from timestep.types.effects import FinishNested, StartNested
from timestep.types.events import RunStarted
from timestep.types.state import Call


def too_deep(draft: Draft, run: RunValue, call: Call) -> bool:
    """Tell whether a call may not start because its run would be nested too deep (BARS L1)."""
    most = draft.tree.root.limits.max_depth
    waits = call.role in NESTED and call.state in ("requested", "approved")
    return waits and most is not None and depth_of(draft.tree, run) >= most


def start(draft: Draft, run: RunValue, call: Call) -> None:
    """Have the nested run of a call started, under an id of its own."""
    item = run.log[call.item]
    spec = draft.agent(item.agent or run.agent)
    alike = (tool for key, tool in spec.tools.items() if key[2] == call.tool[2] and tool.role == call.role)
    tool = next(alike, None)
    if tool is None:
        raise illegal(f"{call.tool[2]} of {spec.name} leads to no agent, as it did when the run was saved")
    agent = draft.key_of(tool.agent or tool.name)
    number = run.children + sum(other.role in NESTED for other in run.calls if other.item < call.item)
    while f"{run.id}.{number}" in draft.tree.runs:  # an imported file numbers those that were open alone
        number += 1
    child = f"{run.id}.{number}"
    role = "agent" if call.role == "agent" else "delegate"
    draft.effect(StartNested(run=run.id, item=call.item, child=child, agent=agent, role=role))


def refuse_wrong_child(draft: Draft, event: RunStarted) -> None:
    """Refuse a run that no started call of the tree asked for (TS-STATE-016)."""
    parent = draft.tree.runs.get(event.parent.run) if event.parent is not None else None
    if parent is not None and event.parent is not None and event.run not in draft.tree.runs:
        call = parent.call(event.parent.item)
        started = call is not None and call.state == "started" and call.role in NESTED
        if started and nested_in(draft.tree, parent.id, event.parent.item) is None:
            return
    raise illegal(f"no call of the tree has started the run {event.run}")


def ended(draft: Draft, child: RunValue) -> bool:
    """Have the call of a nested run that has ended answered; return whether the run is one."""
    if child.parent is None:
        return False
    draft.effect(FinishNested(run=child.parent.run, item=child.parent.item, child=child.id))
    return True


def paused(draft: Draft, child: RunValue) -> RunValue | None:
    """Note at the call above that a nested run waits; return the run above."""
    if child.parent is None:
        return None
    run = draft.run(child.parent.run)
    call = run.call(child.parent.item)
    if call is not None and call.state == "started":
        changed(run, call, state="suspended")
    return run


def drop(draft: Draft, run: RunValue, call: Call) -> None:
    """Let go of the nested run of a call that is answered."""
    child = nested_in(draft.tree, run.id, call.item) if call.role in NESTED else None
    if child is not None:
        remove(draft, child)


def remove(draft: Draft, run: RunValue) -> None:
    """Remove a nested run and those in it, with the decisions that held for them alone."""
    for inner in [other for other in draft.tree.runs.values() if other.parent and other.parent.run == run.id]:
        remove(draft, inner)
    draft.remove(run.id)
    approvals = draft.tree.decisions.approvals
    if any(approval.run == run.id for approval in approvals):
        draft.tree.decisions = Decisions([approval for approval in approvals if approval.run != run.id])
