"""Mutated states of older releases: nothing but a TimestepError, and nothing that lets more run (BARS H9)."""

import json
import os
import random
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from timestep.errors import TimestepError
from timestep.state import RunState, read

from . import mutations
from .mutate import FIXTURES
from .test_fuzz import BATCHES, SEED, TRIALS, decisions, may_run, tried

sys.path.insert(0, str(FIXTURES.parent / "tools" / "sdk"))

from archives import unpack

#: Half as many as of states of the current releases.
BATCH = TRIALS // BATCHES // 2
ARCHIVES = sorted(FIXTURES.glob("openai-agents-*/*.tar.xz"))


@lru_cache(maxsize=len(ARCHIVES))
def states(archive: Path) -> list[tuple[str, bytes]]:
    """Return the states of an archive, with their names."""
    return [(name, data) for name, data in sorted(unpack(archive).items()) if name.endswith("decided.json")]


@lru_cache(maxsize=8192)
def source(data: bytes) -> tuple[frozenset[Any], str] | None:
    """Return what may run in a state, and what it records; None where it is refused as it is."""
    try:
        state = read(data)
    except TimestepError:
        return None
    assert isinstance(state, RunState)
    return by_name(state), recorded(data)


def by_name(state: RunState) -> frozenset[Any]:
    """Return what a resume would start without asking, by the names of the tools, as old numbers file decisions."""
    return frozenset((call_id, tool[-1], arguments) for call_id, tool, arguments in may_run(state))


def recorded(data: bytes) -> str:
    """Return what a file tells of decisions and executions: before the ledgers came, outputs were all there was."""
    outputs: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str) and value.startswith('{"$schemaVersion"'):
            try:
                value = json.loads(value)
            except ValueError:
                outputs.append(value)
        if isinstance(value, dict) and str(value.get("type")).endswith(("_output", "_result")):
            outputs.append(f"{value['type']} {value.get('callId')} {value.get('call_id')}")
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    walk(json.loads(data))
    return f"{decisions(data)} {outputs}"


def drawn(rng: random.Random) -> tuple[str, bytes, frozenset[Any], str]:
    """Draw a state that is read: its place, its bytes, what may run in it, and what it records."""
    archive = rng.choice(ARCHIVES)
    name, data = rng.choice(states(archive))
    found = source(data)
    return (f"{archive.parent.name}/{archive.name}: {name}", data, *found) if found else drawn(rng)


def test_there_are_archives_of_both_families_to_mutate():
    """The archives have not gone missing, and most of what they hold is read."""
    assert {path.parent.name for path in ARCHIVES} == {"openai-agents-js", "openai-agents-python"}
    assert len(ARCHIVES) >= 40
    assert all(sum(source(data) is not None for _, data in states(path)) > 20 for path in ARCHIVES[::10])


@pytest.mark.parametrize("batch", range(BATCHES))
def test_mutated_old_states_are_refused_or_let_no_more_run(batch):
    """A mutated state of any number is refused, or lets nothing run that it would not (BARS H9, TS-VERS-040)."""
    rng = random.Random(f"{SEED}/old/{batch}")
    taken = 0
    for number in range(BATCH):
        place, original, allowed, known = drawn(rng)
        data = (mutations.raw if rng.random() < 0.25 else mutations.structure)(original, rng)
        try:
            state = tried(data)
            if state is not None:
                taken += 1
                if recorded(data) == known:
                    assert by_name(state) <= allowed
        except Exception as error:
            keep = os.environ.get("TIMESTEP_FUZZ_KEEP")
            if keep:
                Path(keep, f"{SEED}-old-{batch}-{number}.json").write_bytes(data)
            raise AssertionError(f"{place}, seed {SEED}, batch {batch}, number {number}: {error!r}") from error
    assert taken > BATCH // 20  # else every mutation would be refused at the door
