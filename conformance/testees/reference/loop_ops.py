"""Operations of the loop: one event, and what follows from it."""

from __future__ import annotations

from typing import Any

import msgspec

from serving import content, operation, payload
from timestep.codec import document
from timestep.loop.advance import advance as advanced
from timestep.loop.manifest import Policy, manifest_of
from timestep.loop.tree import document_of, tree_of
from timestep.types.events import event_from_json

#: The state after the last event, for histories that are not saved between events.
_held: Any = None


@operation
def advance(args: dict[str, Any]) -> dict[str, Any]:
    """Take one event."""
    global _held
    given = args["state"]
    if given is None:
        state = None
    elif given.get("held"):
        state = _held
    else:
        state = tree_of(document.decode(content(given)))
    manifest = manifest_of(args["manifest"], Policy(**args.get("policy", {})))
    _held, effects = advanced(manifest, state, event_from_json(args["event"]))
    return {"effects": msgspec.to_builtins(effects), "state": payload(document.encode(document_of(_held)))}
