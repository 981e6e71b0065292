"""Requests to answers: what the package `timestep` says to what the suite asks (spec/conformance.md)."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

import timestep
from timestep.codec import document
from timestep.errors import TimestepError
from timestep.loop.advance import advance
from timestep.loop.manifest import Policy, manifest_of
from timestep.loop.tree import document_of, tree_of
from timestep.providers import routing
from timestep.providers.routing_rules import environment_rules, read_rules
from timestep.state import RunState, SessionItems, read, write
from timestep.types.events import event_from_json

HELLO = {
    "name": "reference",
    "language": "python",
    "version": timestep.__version__,
    "spec": ["1.0"],
    "profiles": ["codec", "router", "loop"],
    "features": [],
}
Op = Callable[[dict[str, Any]], Any]


def content(payload: dict[str, str]) -> bytes:
    """Return the bytes of a payload."""
    return payload["text"].encode() if "text" in payload else base64.b64decode(payload["base64"])


def payload(data: bytes) -> dict[str, str]:
    """Return bytes as a payload."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


class Reference:
    """The operations; `held` is the state after the last event, for histories that are not saved between events."""

    def __init__(self) -> None:
        self.held: Any = None

    def validate(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say what a document is, and what is doubtful about it."""
        return what_it_is(self._read(args))

    def load(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say what a document is and what is in it: for a state what waits, for a session its items."""
        found = self._read(args)
        if isinstance(found, SessionItems):
            return {**what_it_is(found), "container": found.container, "items": found.items}
        keys = {(run.id, call.item): list(call.tool) for run in found.document.runs for call in run.calls}
        waits = [
            {"path": call.path, "agent": call.agent, "tool": keys[call.run, call.item], "call_id": call.call_id,
             "arguments": call.arguments, "state": call.state}
            for call in found.listed()
        ]  # fmt: skip
        return {**what_it_is(found), "step": found.document.runs[0].step.type, "waits": waits}

    def save(self, args: dict[str, Any]) -> dict[str, Any]:
        """Read a document and write it in its own form."""
        found = self._read(args)
        target = found.form if isinstance(found, RunState) else found.dialect
        if isinstance(found, SessionItems) and (found.container == "timestep" or target == "neutral"):
            target = "timestep"
        return {"state": payload(write(found, target, assume=args.get("assume", ())).data)}

    def convert(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write a document in another form, with the account."""
        done = write(self._read(args), args["to"], assume=args.get("assume", ()))
        return {"state": payload(done.data), "report": msgspec.to_builtins(done.report)}

    def route_model(self, args: dict[str, Any]) -> Any:
        """Say which model a name leads to."""
        rules = routing.RoutingRules()
        if "raw" in args or "rules" in args:
            rules = read_rules(args["raw"] if "raw" in args else json.dumps(args["rules"]))
        if "environ" in args:
            rules = environment_rules(args["environ"], rules)
        asked = routing.route_with_fallbacks if args.get("chain") else routing.route
        return msgspec.to_builtins(asked(rules, args["name"], args["keys"]))

    def advance(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take one event."""
        given = args["state"]
        if given is None:
            state = None
        elif given.get("held"):
            state = self.held
        else:
            state = tree_of(document.decode(content(given)))
        manifest = manifest_of(args["manifest"], Policy(**args.get("policy", {})))
        self.held, effects = advance(manifest, state, event_from_json(args["event"]))
        return {"effects": msgspec.to_builtins(effects), "state": payload(document.encode(document_of(self.held)))}

    def _read(self, args: dict[str, Any]) -> RunState | SessionItems:
        return read(content(args["state"]), assume=args.get("assume", ()), dialect=args.get("family"))


def what_it_is(found: RunState | SessionItems) -> dict[str, Any]:
    """Return kind, dialect, number and warnings of what was read."""
    warnings = sorted({finding.code for finding in found.findings if finding.severity == "warning"})
    if isinstance(found, RunState):
        return {"kind": "run-state", "dialect": found.dialect, "number": found.schema_version, "warnings": warnings}
    return {"kind": "session-items", "dialect": found.dialect, "number": "1.0", "warnings": warnings}


def operations() -> dict[str, Op]:
    """Return the operations of one process by name."""
    reference = Reference()
    names = ("validate", "load", "save", "convert", "route_model", "advance")
    return {"hello": lambda _: HELLO, **{name: getattr(reference, name) for name in names}}


def answer(ops: dict[str, Op], request: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a request."""
    if request["op"] not in ops:
        return {"unsupported": {"feature": request["op"]}}
    try:
        return {"ok": ops[request["op"]](request["args"])}
    except TimestepError as error:
        if error.code == "internal":
            return {"internal": {"message": error.message}}
        return {"err": {"code": error.code, **({"pointer": error.pointer} if error.pointer is not None else {})}}
    except Exception as error:  # noqa: BLE001 - a defect is answered as one
        return {"internal": {"message": f"{type(error).__name__}: {error}"}}


def serve(ops: dict[str, Op] | None = None, lines: Iterable[bytes] | None = None) -> None:
    """Answer requests until stdin ends."""
    ops = ops or operations()
    for line in lines if lines is not None else sys.stdin.buffer:
        request = json.loads(line)
        text = json.dumps({"id": request["id"], **answer(ops, request)}, separators=(",", ":"))
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
