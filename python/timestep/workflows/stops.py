"""Where a saved run stands: whether it has ended, waits for a person, or can be gone on with."""

from __future__ import annotations

from timestep.errors import StateNotFoundError
from timestep.saved import RunStateStore
from timestep.state import RunState


async def loaded(store: RunStateStore, run: str) -> RunState | None:
    """Return a saved run; None where it has not begun."""
    try:
        return await store.load(run)
    except StateNotFoundError:
        return None


def is_waiting(state: RunState) -> bool:
    """Tell whether nothing can be done before a person has decided on a call, or has found out what became of it."""
    step = state.document.runs[0].step
    if step.type != "interrupted" or step.reason not in _PEOPLE or not state.get_interruptions():
        return False
    return not any(each.state in ("approved", "rejected") for each in state.listed())


def has_ended(state: RunState) -> bool:
    """Tell whether a run has ended, with a result or without."""
    return state.document.runs[0].step.type in ("finished", "failed")


#: Reasons for which a run waits for people.
_PEOPLE = ("approval", "indeterminate")
