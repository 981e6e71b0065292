"""The examples of the schemas: each is taken, or refused, as it says, by the schema and by the reader."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from spec_checks import examples
from timestep.codec import document, strict_json
from timestep.dialects import invariants
from timestep.types import effects, events

from .copies import copy, planted, swapped

ROOT = Path(__file__).resolve().parents[3]
FOLDER = "spec/schema/v1/examples"
STEP, STATE = f"{FOLDER}/Step", f"{FOLDER}/RunState"


def valid(*titles):
    """Return the valid examples of schemas, each as a parameter that has its name."""
    files = [file for title in titles for file in sorted((ROOT / FOLDER / title / "valid").glob("*.json"))]
    return [pytest.param(file, id=f"{file.parent.parent.name}-{file.stem}") for file in files]


def test_every_example_is_taken_or_refused_as_it_says(repo_root):
    """TS-STATE-001: schema and reader refuse the same states, at the pointer and with the code told beside them."""
    assert [f"{fault.file.name}: {fault.message}" for fault in examples.faults(repo_root)] == []


@pytest.mark.parametrize("file", valid("RunState"))
def test_a_valid_state_is_consistent_and_written_back_whole(file):
    """TS-VERS-004: the reader takes every valid state, finds nothing to remark, and loses nothing of it."""
    state = document.decode(file.read_bytes())
    assert invariants.check(state) == []
    assert strict_json.loads(document.encode(state)) == strict_json.loads(file.read_bytes())


@pytest.mark.parametrize("file", valid("Event", "Effect"))
def test_a_valid_event_or_effect_is_read_and_written_back_whole(file):
    """TS-TRANS-010: every example of an event or effect becomes a value of its type, and the same JSON again."""
    value = json.loads(file.read_bytes())
    read = events.AnyEvent if file.parent.parent.name == "Event" else effects.AnyEffect
    assert json.loads(msgspec.json.encode(msgspec.convert(value, read))) == value


@pytest.fixture(scope="module")
def copied(tmp_path_factory, repo_root):
    """Return the root of a copy of a schema, its examples, two states, and what reads them."""
    schemas = sorted(file.relative_to(repo_root).as_posix() for file in repo_root.glob("spec/schema/v1/*.schema.json"))
    states = [
        f"{STATE}/{name}"
        for name in (
            "valid/finished.json",
            "invalid/runs-empty.json",
            "invalid/runs-empty.expect.json",
            "inconsistent/view-beyond-the-log.json",
            "inconsistent/view-beyond-the-log.expect.json",
        )
    ]
    root = tmp_path_factory.mktemp("examples")
    return copy(repo_root, root, *schemas, *states, STEP, "spec/errors.json", "python/timestep")


#: Fault -> the changes of files, and what is reported.
PLANTED = {
    "valid, but refused": (
        {f"{STEP}/valid/planted.json": lambda _: '{"type": "acting", "to": 1}'},
        f"{STEP}/valid/planted.json:1: Step refuses this valid example at '/to'",
    ),
    "invalid, but taken": (
        {f"{STEP}/invalid/type-unknown.json": lambda _: '{"type": "run_again"}'},
        f"{STEP}/invalid/type-unknown.json:1: Step takes this invalid example",
    ),
    "refused at another place": (
        {f"{STEP}/invalid/type-unknown.expect.json": lambda _: '{"pointer": "/reason"}'},
        f"{STEP}/invalid/type-unknown.json:1: refused at '/type', not at '/reason'",
    ),
    "a valid state that the reader refuses": (
        {f"{STATE}/valid/finished.json": lambda text: re.sub(r'("view": \[\s*\[\s*0,\s*)[0-9]+', r"\g<1>99", text)},
        f"{STATE}/valid/finished.json:1: the reader refuses it with {{'code': ",
    ),
    "an invalid state that the reader refuses with another code": (
        {f"{STATE}/invalid/runs-empty.expect.json": lambda _: '{"pointer": "/runs", "code": "state-range"}'},
        f"{STATE}/invalid/runs-empty.json:1: the reader refuses it with {{'code': ",
    ),
    "an inconsistent state that the reader takes": (
        {f"{STATE}/inconsistent/view-beyond-the-log.json": lambda _: FINISHED},
        f"{STATE}/inconsistent/view-beyond-the-log.json:1: the reader takes it; expected: {{'code': ",
    ),
    "an inconsistent state that the schema refuses": (
        {f"{STATE}/inconsistent/view-beyond-the-log.json": swapped('"timestep.run-state"', '"timestep.state"')},
        f"{STATE}/inconsistent/view-beyond-the-log.json:1: RunState refuses this inconsistent example at '/format'",
    ),
    "inconsistent, of what no reader is asked about": (
        {f"{STEP}/inconsistent/a.json": lambda _: "{}"},
        f"{STEP}/inconsistent:1: the reader is asked about RunState only",
    ),
    "of a kind that there is not": (
        {f"{STEP}/wrong/a.json": lambda _: "{}"},
        f"{STEP}/wrong:1: examples are valid, invalid, inconsistent",
    ),
    "of a schema that there is not": (
        {f"{FOLDER}/Stop/valid/a.json": lambda _: "{}"},
        f"{FOLDER}/Stop:1: no schema has the title 'Stop'",
    ),
    "without an expectation": (
        {f"{STEP}/invalid/type-unknown.expect.json": None},
        f"{STEP}/invalid/type-unknown.json:1: type-unknown.expect.json is missing: it tells what refuses the example",
    ),
    "with an expectation that tells no place": (
        {f"{STEP}/invalid/type-unknown.expect.json": lambda _: "{}"},
        f"{STEP}/invalid/type-unknown.expect.json:1: it does not tell the pointer of what is refused",
    ),
    "that is no JSON": (
        {f"{STEP}/invalid/type-unknown.json": lambda _: "{"},
        f"{STEP}/invalid/type-unknown.json:1: it, or its .expect.json, is no JSON",
    ),
    "an expectation of nothing": (
        {f"{STEP}/invalid/type-unknown.json": None},
        f"{STEP}/invalid/type-unknown.expect.json:1: the example that it belongs to is missing",
    ),
    "an expectation of a valid one": (
        {f"{STEP}/valid/finished.expect.json": lambda _: '{"pointer": ""}'},
        f"{STEP}/valid/finished.expect.json:1: nothing refuses a valid example",
    ),
    "a code that is not registered": (
        {f"{STEP}/invalid/type-unknown.expect.json": lambda _: '{"pointer": "/type", "code": "step-lost"}'},
        f"{STEP}/invalid/type-unknown.expect.json:1: the error code 'step-lost' is not in spec/errors.json",
    ),
    "fewer than a main type needs": (
        {f"{STEP}/valid/{file.name}": None for file in sorted((ROOT / STEP / "valid").glob("*.json"))[2:]},
        "spec/schema/v1/step.schema.json:1: Step has 2 valid examples, and needs 3",
    ),
    "none of a type": ({}, "spec/schema/v1/cli-show.schema.json:1: CliShow has 0 valid examples, and needs 1"),
    "a reader that can't be asked": (
        {"python/timestep/codec/document.py": lambda text: text + "\nimport nothing_of_this_name\n"},
        "python/timestep:1: the reader can't be asked about the examples: ModuleNotFoundError: No module named",
    ),
}
FINISHED = (ROOT / STATE / "valid/finished.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_fault_in_an_example_is_found(copied, reported, case):
    """Each kind of example that is not what it says is reported."""
    changes, expected = PLANTED[case]
    with planted(copied, changes):
        assert [line for line in reported(copied, examples) if line.startswith(expected)] != []


def test_what_is_planted_is_the_only_fault(copied, reported):
    """But for types whose examples are not in the copy, nothing is reported before something is planted."""
    too_few = re.compile(r".*: \w+ has [01] (in)?valid examples, and needs [0-9]")
    assert [line for line in reported(copied, examples) if not too_few.fullmatch(line)] == []
