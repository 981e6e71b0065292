"""Saved runs as the verbs use them: loaded with the file's name on every error, and what waits in them."""

from __future__ import annotations

from typing import Any

from timestep.cli.files import Source
from timestep.cli.output import one_line
from timestep.cli.story import Mask
from timestep.errors import UsageError
from timestep.state import Interruption, RunState, SessionItems, read
from timestep.types.findings import Finding


def load(
    source: Source, dialect: str | None = None, assume: tuple[str, ...] = (), *, trusted: bool = False
) -> RunState | SessionItems:
    """Read a run state or session items; an error names the file."""
    with source.blamed():
        return read(source.data, assume=assume, dialect=dialect, trusted=trusted)


def load_run(source: Source, assume: tuple[str, ...] = (), *, trusted: bool = False) -> RunState:
    """Read a run state.

    Raises:
        UsageError: the file has session items.
    """
    state = load(source, assume=assume, trusted=trusted)
    if isinstance(state, SessionItems):
        raise UsageError("the file has session items; only a run state has decisions", file=source.name)
    return state


def findings(state: RunState | SessionItems, source: Source) -> list[Finding]:
    """List what reading brought up, with line and column; pointers into JSON lines tell no place in the file."""
    if isinstance(state, SessionItems) and state.container == "lines":
        return state.findings
    return [source.located(finding) for finding in state.findings]


def call_fields(item: Interruption, mask: Mask | None) -> dict[str, Any]:
    """Give a waiting call as JSON output has it (cli-pending.schema.json); without a mask, without its arguments."""
    fields = {name: getattr(item, name) for name in ("run", "call_id", "path", "agent", "tool", "state", "kind")}
    return fields if mask is None else {**fields, "arguments": mask(item.arguments)}


def call_line(item: Interruption) -> str:
    """Name a call on one line."""
    return one_line(f"{item.path}  {item.tool}, asked for by {item.agent}")
