"""Saved states of both SDKs: as values to change, as run states, and as what a conversion makes of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from timestep.state import RunState, read, write
from timestep.types.findings import LossReport

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
PYTHON, JS, OWN = "openai-agents-python", "openai-agents-js", "timestep"
FOLDERS = {PYTHON: FIXTURES / PYTHON / "0.24.0", JS: FIXTURES / JS / "0.20.0"}
BOTH = pytest.mark.parametrize("family", FOLDERS)
OTHER = {PYTHON: JS, JS: PYTHON}


def values(family: str, name: str) -> dict[str, Any]:
    """Return a state that an SDK saved, as values that may be changed."""
    return json.loads((FOLDERS[family] / f"{name}.json").read_bytes())


def state_of(given: dict[str, Any] | bytes) -> RunState:
    """Read a state from values or bytes."""
    found = read(json.dumps(given).encode() if isinstance(given, dict) else given)
    assert isinstance(found, RunState)
    return found


def saved(family: str, name: str) -> RunState:
    """Read a state that an SDK saved."""
    return state_of((FOLDERS[family] / f"{name}.json").read_bytes())


def stored(state: RunState) -> RunState:
    """Return a state after a stay in our own form: nothing of the file that it came from is at hand."""
    return state_of(write(state, OWN).data)


def written(state: RunState, target: str, *assume: str, **options: Any) -> tuple[dict[str, Any], LossReport]:
    """Write a state for an SDK; return the file's values, nested runs as text where they are, and the account."""
    found = write(state, target, assume=assume, **options)
    return json.loads(found.data), found.report


def notes(report: LossReport, action: str) -> dict[str, str | None]:
    """Return what an account says of an action, by subject."""
    return {row.subject: row.note for row in report.rows if row.action == action}


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a value, those inside the JSON text of nested runs included as copies."""
    if isinstance(value, dict):
        yield value
        for key, member in value.items():
            nested = key == "pendingAgentToolRuns"
            yield from objects([json.loads(text) for text in member.values()] if nested else member)
    elif isinstance(value, list):
        for member in value:
            yield from objects(member)


def without(value: Any, gone: Any) -> Any:
    """Return a copy of a value without the members of lists for which `gone` is true."""
    if isinstance(value, dict):
        return {key: without(member, gone) for key, member in value.items()}
    if isinstance(value, list):
        return [without(member, gone) for member in value if not gone(member)]
    return value
