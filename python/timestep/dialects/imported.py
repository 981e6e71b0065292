"""Makes a canonical document of a run tree that was read from a foreign file."""

from __future__ import annotations

from timestep.codec.calls import features
from timestep.dialects.tree import Tree
from timestep.types import state


def document(
    tree: Tree,
    *,
    root_id: str,
    origin: state.Origin,
    context: state.Context,
    usage: state.Usage,
    trace: state.Trace | None,
) -> state.Document:
    """Put a read tree into an envelope."""
    for run in tree.runs:
        for identity in run.tool_use:
            tree.mention(identity)
    imported = state.Provenance(action="imported", subject=f"{origin.dialect}@{origin.schema_version}")
    return state.Document(
        format=state.FORMAT,
        format_version=state.FORMAT_VERSION,
        requires=features(tree.runs, tree.approvals),
        id=root_id,
        revision=0,
        agents=[state.Agent(key=key, name=name) for key, name in tree.agents.items()],
        context=context,
        usage=usage,
        approvals=tree.approvals,
        runs=tree.runs,
        origin=origin,
        provenance=[imported],
        trace=trace,
    )


def root_id(sha256: str) -> str:
    """Return the id of an imported tree; the same bytes always give the same id (TS-STATE-003)."""
    return "imp_" + sha256.removeprefix("sha256:")[:32]
