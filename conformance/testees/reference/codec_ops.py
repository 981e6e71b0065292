"""Operations of the codec: what a document is, what is in it, and writing it again."""

from __future__ import annotations

from typing import Any

import msgspec

from reading import seal_of, sealing, waits_of
from serving import content, operation, payload
from timestep.codec import document, journal
from timestep.state import RunState, SessionItems, read, write
from timestep.storage.atomic import write_whole


@operation
def validate(args: dict[str, Any]) -> dict[str, Any]:
    """Say what a document is, and what is doubtful about it."""
    return what_it_is(_read(args))


@operation
def load(args: dict[str, Any]) -> dict[str, Any]:
    """Say what a document is and what is in it: for a state what waits, for a session its items."""
    found = _read(args)
    if isinstance(found, SessionItems):
        return {**what_it_is(found), "container": found.container, "items": found.items}
    seal = seal_of(found, content(args["state"]))
    return {**what_it_is(found), **seal, "step": found.document.runs[0].step.type, "waits": waits_of(found)}


@operation
def save(args: dict[str, Any]) -> dict[str, Any]:
    """Read a document and write it in its own form."""
    found = _read(args)
    target = found.form if isinstance(found, RunState) else _family(found)
    return {"state": payload(write(found, target, assume=args.get("assume", ())).data)}


def _family(found: SessionItems) -> str:
    """Return where a list goes as it came: our object to us, one of no family to the wire."""
    if found.container == "timestep":
        return "timestep"
    return "openai-agents-python" if found.dialect == "neutral" else found.dialect


@operation
def convert(args: dict[str, Any]) -> dict[str, Any]:
    """Write a document in another form, with the account."""
    done = write(_read(args), args["to"], assume=args.get("assume", ()))
    return {"state": payload(done.data), "report": msgspec.to_builtins(done.report)}


@operation
def apply(args: dict[str, Any]) -> dict[str, Any]:
    """Give the document that a snapshot and changes stand for."""
    snapshot = document.decode(content(args["state"]))
    changes = [journal.decode(content(change)) for change in args["changes"]]
    return {"state": payload(document.encode(journal.applied(snapshot, changes)))}


@operation
def write_file(args: dict[str, Any]) -> dict[str, Any]:
    """Write a state to a file."""
    write_whole(args["path"], content(save(args)["state"]), overwrite=args.get("replace", False))
    return {}


def _read(args: dict[str, Any]) -> RunState | SessionItems:
    return read(content(args["state"]), assume=args.get("assume", ()), dialect=args.get("family"), **sealing(args))


def what_it_is(found: RunState | SessionItems) -> dict[str, Any]:
    """Return kind, dialect, number and warnings of what was read."""
    warnings = sorted({finding.code for finding in found.findings if finding.severity == "warning"})
    if isinstance(found, RunState):
        return {"kind": "run-state", "dialect": found.dialect, "number": found.schema_version, "warnings": warnings}
    return {"kind": "session-items", "dialect": found.dialect, "number": "1.0", "warnings": warnings}
