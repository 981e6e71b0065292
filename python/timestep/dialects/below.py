"""The calls that wait below a run, in the runs that its agent tools started, and the agents that own them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from timestep.dialects.rename import rebound, renamed_run
from timestep.dialects.tree import Tree
from timestep.types import state


class Below(NamedTuple):
    """A call in a nested run: the call of the upper run it stands under, its own run's slot, its agent's key there."""

    under: int
    slot: int
    agent: str


def pending_below(tree: Tree, children: Iterable[state.Run]) -> dict[tuple[str, str], Below]:
    """Map (agent name, call id) of the calls in the given runs, and in all below them, to where they are.

    Names, because a nested run numbers agents of one name within its own graph.
    """
    found: dict[tuple[str, str], Below] = {}
    under = {child.id: child.parent.item for child in children if child.parent is not None}
    for slot, run in enumerate(tree.runs):  # parents stand before their children
        if run.id not in under and run.parent is not None and run.parent.run in under:
            under[run.id] = under[run.parent.run]
        for call in run.calls if run.id in under else ():
            owner = run.log[call.item].agent or run.agent
            found[tree.agents[owner], call.call_id] = Below(under[run.id], slot, owner)
    return found


def adopt(tree: Tree, below: Below, agent: str, upper: str) -> None:
    """Let a nested run's agent have the key that the upper run gives it; the nested code's own name is kept beside.

    `agent` is the key in the graph of the run whose id is `upper`.
    """
    if below.agent == agent:
        return
    run: state.Run | None = tree.runs[below.slot]
    slots = {known.id: slot for slot, known in enumerate(tree.runs)}
    while run is not None and run.id != upper:
        slot = slots[run.id]
        identities = {key: name for key, name in run.identities.items() if key != below.agent}
        identities[agent] = run.identities.get(below.agent, below.agent)
        tree.runs[slot] = replace(renamed_run(run, {below.agent: agent}), identities=identities)
        run = tree.runs[slots[run.parent.run]] if run.parent is not None else None
    tree.approvals[:] = [
        rebound(replace(approval, agent=agent), tree.runs)
        if approval.agent == below.agent and approval.run == tree.runs[below.slot].id
        else approval
        for approval in tree.approvals
    ]
