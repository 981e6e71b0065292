"""Mutated fixtures: nothing but a TimestepError, and nothing that lets more run than the fixture does (BARS H9)."""

import json
import os
import random
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from timestep.dialects import invariants
from timestep.errors import TimestepError
from timestep.state import RunState, SessionItems, check, read, write

from . import mutations
from .mutate import FIXTURES

#: In CI; more with TIMESTEP_FUZZ=1000000.
TRIALS = int(os.environ.get("TIMESTEP_FUZZ", "3200"))
SEED = int(os.environ.get("TIMESTEP_FUZZ_SEED", "20261120"))
BATCHES = 8
LONGEST = 1.0  # seconds for one input, BARS H9
FLAGS = ("faithful-error-state", "finished-calls-model", "input-guardrails-completed")
STATES = sorted(
    path for path in FIXTURES.glob("openai-agents-*/*/*.json") if path.suffixes[0] in {".undecided", ".decided"}
)


@lru_cache(maxsize=1024)
def source(path: Path) -> tuple[bytes, frozenset[Any], str]:
    """Return a fixture's bytes, what may run in it, and its decisions."""
    data = path.read_bytes()
    state = read(data)
    assert isinstance(state, RunState)
    return data, may_run(state), decisions(data)


def may_run(state: RunState) -> frozenset[Any]:
    """Return the calls that a resume would start without asking: approved ones, and those that need no approval."""
    found: set[Any] = set()
    for run in state.document.runs:
        last = run.responses[-1] if run.responses else None
        for call in run.calls:
            open_call = last is not None and last.start <= call.item < last.end and run.step.type != "finished"
            if call.state == "approved" or (call.state == "requested" and open_call):
                item = {key: run.log[call.item].item.get(key) for key in ("arguments", "input", "action", "operation")}
                found.add((call.call_id, call.tool, json.dumps(item, sort_keys=True, default=str)))
    return frozenset(found)


def decisions(data: bytes) -> str:
    """Return all parts of a file that record decisions and executions, nested runs included, as text."""
    found: list[Any] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if "pproval" in key or "tool_invocations" in key or "Invocation" in key:
                    found.append((key, inner))
                elif isinstance(inner, str) and inner.startswith('{"$schemaVersion"'):
                    try:
                        walk(json.loads(inner))
                    except ValueError:
                        found.append(inner)
                else:
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads(data))
    return json.dumps(found, sort_keys=True)


def taken_or_refused(data: bytes) -> RunState | SessionItems | TimestepError:
    """Read a file; return the refusal if there is one."""
    try:
        return read(data)
    except TimestepError as error:
        return error


def tried(data: bytes) -> RunState | None:
    """Read, check and write a mutated file; return the state if there is one to be had."""
    begun = time.perf_counter()
    findings = check(data)
    assert all(finding.code and finding.message for finding in findings)
    state = taken_or_refused(data)
    if isinstance(state, TimestepError):
        assert state.render()
        assert [finding.code for finding in findings] == [state.code]
    if not isinstance(state, RunState):
        return None
    invariants.check(state.document)
    for target in ("openai-agents-python", "openai-agents-js", "timestep"):
        try:
            written = write(state, target, assume=FLAGS).data
        except TimestepError:
            continue
        if target in {state.dialect, "timestep"}:
            again = read(written)
            assert isinstance(again, RunState)
            assert may_run(again) <= may_run(state), "what is written lets more run than what was read"
    assert time.perf_counter() - begun < LONGEST
    return state


@pytest.mark.parametrize("batch", range(BATCHES))
def test_mutated_states_are_refused_or_let_no_more_run(batch):
    """A mutated fixture is refused by a TimestepError, or lets nothing run that the fixture would not (BARS H9)."""
    rng = random.Random(f"{SEED}/{batch}")
    taken = 0
    for number in range(TRIALS // BATCHES):
        path = rng.choice(STATES)
        original, allowed, decided = source(path)
        mutate = mutations.raw if rng.random() < 0.25 else mutations.structure
        data = mutate(original, rng)
        try:
            state = tried(data)
            if state is not None:
                taken += 1
                if decisions(data) == decided:
                    assert may_run(state) <= allowed
        except Exception as error:
            keep = os.environ.get("TIMESTEP_FUZZ_KEEP")
            if keep:
                Path(keep, f"{SEED}-{batch}-{number}.json").write_bytes(data)
            raise AssertionError(f"{path.name}, seed {SEED}, batch {batch}, number {number}: {error!r}") from error
    assert taken > TRIALS // BATCHES // 20  # else every mutation would be refused at the door


def test_mutated_canonical_documents_are_refused_or_let_no_more_run():
    """The same for canonical documents, whose digests and ledger have to fit (BARS H9, TS-CORE-022)."""
    rng = random.Random(f"{SEED}/own")
    for number in range(TRIALS // 10):
        original, allowed, _ = source(rng.choice(STATES))
        own = write(read(original), "timestep").data
        data = (mutations.raw if rng.random() < 0.2 else mutations.structure)(own, rng)
        state = tried(data)
        if state is not None and json.loads(data).get("approvals") == json.loads(own).get("approvals"):
            assert may_run(state) <= allowed, number


def test_mutated_session_items_raise_nothing_else():
    """Lists of session items, as array and as lines, are refused by TimestepErrors alone (BARS H9)."""
    rng = random.Random(f"{SEED}/items")
    lists = sorted(FIXTURES.glob("openai-agents-*/*/*.session.json"))
    for _ in range(TRIALS // 10):
        items = json.loads(rng.choice(lists).read_bytes())
        data = mutations.structure(json.dumps(items).encode(), rng)
        if rng.random() < 0.5:
            rows = json.loads(data)
            data = b"\n".join(json.dumps(row).encode() for row in (rows if isinstance(rows, list) else [rows]))
        if rng.random() < 0.2:
            data = mutations.raw(data or b"[]", rng)
        check(data)
        try:
            found = read(data)
            for target in ("openai-agents-python", "openai-agents-js", "timestep"):
                write(found, target)
        except TimestepError:
            continue
