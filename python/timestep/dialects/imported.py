"""Makes a canonical document of a run tree that was read from a foreign file."""

from __future__ import annotations

from collections.abc import Sequence

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
        provenance=[imported, *tree.provenance],
        trace=trace,
    )


def root_id(sha256: str) -> str:
    """Return the id of an imported tree; the same bytes always give the same id (TS-STATE-003)."""
    return "imp_" + sha256.removeprefix("sha256:")[:32]


def features(runs: Sequence[state.Run], approvals: Sequence[state.Approval]) -> list[str]:
    """List the must-understand features that a document uses (TS-VERS-003)."""
    calls = [call for run in runs for call in run.calls]
    used = {
        "nested": len(runs) > 1,
        "delegate": any(call.role == "delegate" for call in calls),
        "indeterminate": any(call.state in {"indeterminate", "started"} for call in calls),
        "hosted_approval": any(call.role == "hosted" for call in calls),
        "sticky": any(approval.item == "*" for approval in approvals),
    }
    return [name for name, present in used.items() if present]
