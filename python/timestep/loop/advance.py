"""`advance`: the whole loop as one function (transitions.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from timestep.loop import calls, ends, handoffs, resume, start, turn
from timestep.loop.draft import Draft, illegal
from timestep.loop.manifest import Manifest
from timestep.loop.tree import Tree
from timestep.types import events
from timestep.types.effects import AnyEffect
from timestep.types.events import AnyEvent, RunStarted

_TRANSITIONS: dict[type[Any], Callable[[Draft, Any], None]] = {
    events.InputChecked: start.input_checked,
    events.TurnPrepared: turn.turn_prepared,
    events.ModelResponded: turn.model_responded,
    events.ModelFailed: turn.model_failed,
    events.CallChecked: calls.call_checked,
    events.ToolStarting: calls.tool_starting,
    events.ToolFinished: calls.tool_finished,
    events.ToolFailed: calls.tool_failed,
    events.HandoffPrepared: handoffs.handoff_prepared,
    events.OutputChecked: ends.output_checked,
    events.ApprovalDecided: resume.approval_decided,
    events.CallSettled: resume.call_settled,
    events.InputAdded: turn.input_added,
    events.SessionWritten: ends.session_written,
    events.RunResumed: resume.run_resumed,
    events.LimitReached: ends.limit_reached,
    events.RunCancelled: ends.run_cancelled,
}


def advance(manifest: Manifest, state: Tree | None, event: AnyEvent) -> tuple[Tree, list[AnyEffect]]:
    """Return the state after an event, and what has to happen next (TS-TRANS-001).

    The state that is given stays as it is and can be gone on with again.

    Args:
        manifest: the agents as data, and the rules.
        state: where the run stands; None before it has started.
        event: what has happened.

    Raises:
        IllegalEvent: it can't happen to a run where it stands; the state is unchanged (TS-TRANS-002).
    """
    if isinstance(event, RunStarted):
        draft = start.run_started(manifest, state, event)
    elif state is None:
        raise illegal(f"{type(event).__struct_config__.tag} before the run has started")
    else:
        draft = Draft(manifest, state)
        _TRANSITIONS[type(event)](draft, event)
    draft.tree.revision += 1
    return draft.tree, draft.effects
