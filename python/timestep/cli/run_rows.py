"""What a store tells of a run, on one line and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import msgspec

from timestep.cli.output import one_line, paint
from timestep.storage.holders import told

if TYPE_CHECKING:
    from timestep.stores.protocol import SavedRun, SavedVersion

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def fields(row: SavedRun | SavedVersion) -> dict[str, Any]:
    """Give a run, or one of its versions, as JSON output has it (cli-runs.schema.json)."""
    return cast("dict[str, Any]", msgspec.to_builtins(row))


def line(row: SavedRun, *, session: bool = False) -> str:
    """Tell a run on one line: where it stands, since when, what it waits for, and who holds it."""
    words = [f"{row.run}  {row.step:<14}  {row.agent}  {saved(row)}"]
    if session:
        words.insert(0, row.session)
    waits = [f"{wait.tool} ({wait.path})" for wait in row.waits if wait.state == "pending"]
    doubts = [f"{wait.tool} ({wait.path})" for wait in row.waits if wait.state == "indeterminate"]
    text = one_line("  ".join(words))
    text += paint(f"  waits: {one_line(', '.join(waits))}", "yellow") if waits else ""
    text += paint(f"  in doubt: {one_line(', '.join(doubts))}", "red") if doubts else ""
    return text + (f"  {held(row)}" if row.claim is not None else "")


def saved(row: SavedRun) -> str:
    """Say when a run was saved last: how long ago, and the time with its zone."""
    return f"{age(row.saved_at)} ago  {moment(row.saved_at)}"


def moment(text: str) -> str:
    """Write a time for people: in the zone of this machine, which it names."""
    return datetime.fromisoformat(text).astimezone().isoformat(" ", timespec="seconds")


def age(text: str) -> str:
    """Say how long ago a time was, in its largest unit."""
    seconds = max(0, int((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds()))
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds // size} {unit}"


def held(row: SavedRun) -> str:
    """Say who holds a run."""
    claim = row.claim
    return (
        one_line(f"held by {told(claim.holder)} until {moment(claim.until)}") if claim is not None else "held by nobody"
    )
