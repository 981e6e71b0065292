"""The operation of decisions: what people say of calls that wait, or that may have run."""

from __future__ import annotations

from typing import Any

from reading import sealing, waits_of
from serving import content, operation, payload
from timestep.errors import ApprovalError
from timestep.state import RunState, native, read, write


@operation
def decide(args: dict[str, Any]) -> dict[str, Any]:
    """Decide, and say what waits then, and of what a runtime that goes on asks a person."""
    state = decided(args)
    asked = [call.path for call in native(state.resumable()).listed() if call.state in {"pending", "indeterminate"}]
    return {"state": payload(write(state, "timestep").data), "waits": waits_of(state), "asked": asked}


def decided(args: dict[str, Any]) -> RunState:
    """Return the state of a request after its decisions."""
    state = read(
        content(args["state"]), assume=args.get("assume", ()), trusted=args.get("trusted", False), **sealing(args)
    )
    for decision in args["decisions"]:
        settle(state, decision)
    return state


def settle(state: RunState, decision: dict[str, Any]) -> None:
    """Make one decision, or say what became of a call."""
    path, how, always, by = decision["path"], decision["how"], decision.get("always", False), decision.get("by")
    if how == "approve":
        state.approve(path, always, by=by)
    elif how == "reject":
        state.reject(path, always, rejection_message=decision.get("message"), by=by)
    elif how in {"retry", "output", "fail"}:
        state.settle(path, how, decision.get("output"), by=by)
    else:
        raise ApprovalError(f"{how!r} is no decision", code="approval", requirement="TS-APPR-033")
