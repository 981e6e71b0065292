"""What has changed between two states of the loop, found at the cost of what has changed (durability.md)."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from msgspec import UNSET

from timestep.loop.tree import RunValue, Tree, record
from timestep.types.journal import Change, LedgerTail, RunChange
from timestep.types.state import Waiting

#: Members of a run that a change gives as they are afterwards, and that both sides have alike.
_ALIKE = ("agent", "step", "turn", "limits", "input", "server", "settings", "session", "stop")

_alike = attrgetter(*_ALIKE)


def change_between(before: Tree, after: Tree) -> Change:
    """Return the change that leads from one state to a later one of the same run.

    States share what they have in common, so a run, a log or a member that is the same object has not changed.
    """
    old, new = before.base, after.base
    known = before.runs
    return Change(
        revision=after.revision,
        told=UNSET if before.told == after.told else after.told,
        usage=UNSET if before.usage is after.usage else after.usage,
        agents=UNSET if old.agents is new.agents else new.agents,
        approvals=UNSET if before.decisions is after.decisions else list(after.decisions.approvals),
        provenance=new.provenance[len(old.provenance) :],
        ended=[run for run in known if run not in after.runs],
        runs=[_run(known[key], run) for key, run in after.runs.items() if known.get(key, run) is not run],
        started=[record(run) for key, run in after.runs.items() if key not in known],
    )


def _run(old: RunValue, new: RunValue) -> RunChange:
    changed: dict[str, Any] = {
        name: value for name, value, before in zip(_ALIKE, _alike(new), _alike(old), strict=True) if value is not before
    }
    if old.tool_use != new.tool_use:
        changed["tool_use"] = new.tool_use
    if old.view != new.view:
        changed["view"] = list(new.view)
    if old.rest is not new.rest and old.rest.get("asked") != new.rest["asked"]:
        changed["asked"] = new.rest["asked"]
    if old.pending_input is not new.pending_input:
        changed["pending_input"] = list(new.pending_input)
    if old.input_done != new.input_done:
        changed["input_done"] = new.input_done
    if old.waiting != new.waiting:
        changed["waiting"] = [Waiting(item=item, outputs=outputs) for item, outputs in sorted(new.waiting.items())]
    if old.calls is not new.calls or old.settled is not new.settled:
        start = len(old.settled) if new.settled.extends(old.settled) else 0  # a settled call was changed
        changed["calls"] = LedgerTail(start=start, entries=[*new.settled[start:], *new.calls])
    return RunChange(
        id=new.id,
        log=new.log.since(old.log),
        responses=new.responses.since(old.responses),
        results=new.results.since(old.results),
        **changed,
    )
