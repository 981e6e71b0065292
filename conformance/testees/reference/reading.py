"""What requests say of a state's seal, and what answers say of a state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from serving import content
from timestep.codec.key_ring import KeyRing
from timestep.codec.seal import is_sealed, peek
from timestep.state import RunState


def ring(args: dict[str, Any]) -> KeyRing:
    """Return the keys of a request."""
    return KeyRing.from_json(content(args["keys"]))


def sealing(args: dict[str, Any]) -> dict[str, Any]:
    """Return what a request says of the seal, as `read` takes it."""
    named = {"tenant": args.get("tenant"), "tree": args.get("tree"), "at_least": args.get("revision")}
    moment = datetime.fromisoformat(args["time"]) if "time" in args else None
    return {"keys": ring(args) if "keys" in args else None, **named, "now": moment}


def seal_of(state: RunState, data: bytes) -> dict[str, Any]:
    """Return what the seal of a file says, and whether it holds; nothing of a file without one."""
    return {"seal": {"holds": state.trusted, **peek(data).header.fields()}} if is_sealed(data) else {}


def waits_of(state: RunState) -> list[dict[str, Any]]:
    """Return the calls that wait, and those decided that have not run."""
    keys = {(run.id, call.item): list(call.tool) for run in state.document.runs for call in run.calls}
    return [
        {"path": call.path, "agent": call.agent, "tool": keys[call.run, call.item], "call_id": call.call_id,
         "arguments": call.arguments, "state": call.state}
        for call in state.listed()
    ]  # fmt: skip
