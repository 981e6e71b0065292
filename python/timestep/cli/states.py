"""Saved runs as the verbs use them: loaded with the file's name on every error, and what waits in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from timestep.cli.files import Source
from timestep.cli.output import command_line, one_line, say
from timestep.cli.story import Mask
from timestep.codec.key_ring import KeyRing
from timestep.errors import UsageError
from timestep.state import Interruption, RunState, SessionItems, read
from timestep.types.findings import Finding


class Seal(TypedDict, total=False):
    """What the seal of a file has to say: the options of `timestep.read` that are about it."""

    keys: KeyRing | None
    tenant: str | None
    tree: str | None
    at_least: int | None


def seal(key_file: str | None, tenant: str | None = None, tree: str | None = None, at_least: int | None = None) -> Seal:
    """Read a key file, and keep what a seal has to say.

    Raises:
        UsageError: the key file is none, or is missing where something is expected of a seal.
    """
    keys = KeyRing.from_file(key_file) if key_file is not None else None
    if keys is None and (tenant, tree, at_least) != (None, None, None):
        raise UsageError("--tenant, --tree and --at-least are about a seal", help="give --key-file, too")
    return Seal(keys=keys, tenant=tenant, tree=tree, at_least=at_least)


def load(
    source: Source,
    dialect: str | None = None,
    assume: tuple[str, ...] = (),
    *,
    trusted: bool = False,
    seal: Seal | None = None,
) -> RunState | SessionItems:
    """Read a run state or session items; an error names the file."""
    with source.blamed():
        return read(source.data, assume=assume, dialect=dialect, trusted=trusted, **(seal or Seal()))


def load_run(
    source: Source, assume: tuple[str, ...] = (), *, trusted: bool = False, seal: Seal | None = None
) -> RunState:
    """Read a run state.

    Raises:
        UsageError: the file has session items.
    """
    state = load(source, assume=assume, trusted=trusted, seal=seal)
    if isinstance(state, SessionItems):
        raise UsageError("the file has session items; only a run state has decisions", file=source.name)
    return state


def tell_lost_seal(state: RunState | SessionItems) -> None:
    """Say of a sealed state that is about to be written again that what is written has no seal."""
    if any(finding.code == "seal-unverified" for finding in state.findings):
        say("note: the file is sealed, which was not verified; what is written carries no seal", err=True)


def tell_lost_name(state: RunState, by: str | None) -> None:
    """Say that a file has no place for who decided."""
    if by is not None and state.dialect != "timestep":
        note = f"note: {state.dialect} files have no place for who decided; {one_line(by)} is not in the output"
        say(note, err=True)


def findings(state: RunState | SessionItems, source: Source) -> list[Finding]:
    """List what reading brought up, with line and column; pointers into JSON lines tell no place in the file."""
    if isinstance(state, SessionItems) and state.container == "lines":
        return state.findings
    return [source.located(finding) for finding in state.findings]


def call_fields(item: Interruption, mask: Mask | None) -> dict[str, Any]:
    """Give a waiting call as JSON output has it (cli-pending.schema.json); without a mask, without its arguments."""
    fields = {name: getattr(item, name) for name in ("run", "call_id", "path", "agent", "tool", "state", "kind")}
    return fields if mask is None else {**fields, "arguments": mask(item.arguments)}


def pending_fields(waiting: Sequence[Interruption]) -> list[dict[str, Any]]:
    """Give the calls that wait as JSON output has them, without their arguments."""
    return [call_fields(item, None) for item in waiting]


def settled_fields(call: Interruption, how: str) -> dict[str, str]:
    """Give what became of a call as JSON output has it (cli-settle.schema.json)."""
    return {"run": call.run, "call_id": call.call_id, "path": call.path, "tool": call.tool, "how": how}


def call_line(item: Interruption) -> str:
    """Name a call on one line."""
    return one_line(f"{item.path}  {item.tool}, asked for by {item.agent}")


def deciding(place: str, state: RunState, call: Interruption) -> str:
    """Write the command that decides on a call of a file, or says what became of it."""
    ending = "binpb" if state.form == "timestep+proto" else "json"
    if call.state == "indeterminate":
        words = command_line(["timestep", "settle", place, call.path, "-o", f"settled.{ending}"])
        return f"{words} --retry, or --output TEXT, or --fail"
    return command_line(["timestep", "decide", place, "--approve", call.path, "-o", f"decided.{ending}"])
