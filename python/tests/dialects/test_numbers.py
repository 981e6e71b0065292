"""Numbers of the SDKs' files: each run is read by its own, and a file of one has nothing of a later one."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from timestep.dialects import convert, detect
from timestep.dialects.account import FLAGS
from timestep.dialects.numbers import contradiction
from timestep.errors import ConversionError, TimestepError
from timestep.state import read, write

from .older import older
from .saved import BOTH, FIXTURES, FOLDERS, JS, PYTHON, state_of, values

DIALECTS = Path(__file__).resolve().parents[3] / "spec" / "dialects"

# --- read


@BOTH
def test_the_origin_is_what_the_file_said(family):
    """TS-VERS-043: the number that the file stated, though it was read as one of the current number."""
    numbers = []
    for number, data in older(family):
        origin = state_of(data).document.origin
        assert (origin.dialect, origin.schema_version) == (family, number)
        numbers.append(number)
    assert len(set(numbers)) > 12


def below(family, value):
    """Return the place of the run nested in a state: its owner, and its key there."""
    if family == PYTHON:
        return value["last_processed_response"]["functions"][0], "agent_run_state"
    runs = value["pendingAgentToolRuns"]
    return runs, next(iter(runs))


@BOTH
def test_a_nested_run_is_read_by_its_own_number(family):
    """TS-VERS-042: one of an older number in a file of the current one is what it was in the file of that number."""
    mixed = 0
    for number, data in older(family, "nested_agent_tool.undecided"):
        if number in {"1.0", "1.1"}:
            continue  # nested runs were not saved yet
        old, value = json.loads(data), values(family, "nested_agent_tool.undecided")
        (owner, key), (target, place) = below(family, old), below(family, value)
        target[place] = owner[key]
        alone, within = (state_of(one).document.runs[1] for one in (data, value))
        assert story(alone) == story(within), number
        mixed += 1
    assert mixed > 5


@BOTH
@pytest.mark.parametrize(("number", "code"), [("1.99", "version-unknown"), ("1.5", "version-mislabelled")])
def test_a_nested_run_has_to_go_with_its_own_number(family, number, code):
    """TS-VERS-042: that the root's number is right says nothing of the run below; its number is at fault."""
    value = values(family, "nested_agent_tool.undecided")
    owner, key = below(family, value)
    nested = json.loads(owner[key]) if family == JS else owner[key]
    nested["$schemaVersion"] = number
    owner[key] = json.dumps(nested) if family == JS else nested
    with pytest.raises(TimestepError) as refused:
        state_of(value)
    assert refused.value.code == code
    assert refused.value.pointer.endswith("/$schemaVersion")
    assert refused.value.pointer.startswith(
        f"/{'last_processed_response' if family == PYTHON else 'pendingAgentToolRuns'}/"
    )


def story(run):
    """Return what a run tells, but for ids that go by the file."""
    calls = [replace(call, digest="") for call in run.calls]
    return replace(run, id="", parent=None, calls=calls, identities={})


@BOTH
@pytest.mark.parametrize("minor", [99, 1])
def test_a_number_that_is_not_read_is_refused(family, minor):
    """TS-VERS-013: a later one is not taken for the newest that is known, nor a doubtful one for its neighbour."""
    value = values(family, "one_waiting.undecided")
    value["$schemaVersion"] = f"1.{minor}"
    with pytest.raises(TimestepError) as refused:
        read(json.dumps(value))
    assert (refused.value.code[:8], refused.value.pointer) == ("version-", "/$schemaVersion")


# --- written


@BOTH
def test_no_member_of_a_later_number_is_written(family):
    """TS-VERS-044: whatever the state, what is written for a number has nothing that a later one brought."""
    tried = 0
    for path in sorted(FOLDERS[family].glob("*_*decided.json"))[::12]:
        state = read(path)
        for row in detect.NUMBERS[family]:
            try:
                data = write(state, f"{family}@{row.number}", assume=FLAGS).data
            except ConversionError:
                continue
            found = json.loads(data)
            assert (found["$schemaVersion"], contradiction(detect.NUMBERS[family], row.number, found)) == (
                row.number,
                None,
            )
            assert faults(family, row.number, found) == [], (path.name, row.number)
            tried += 1
    assert tried > 150


def faults(family, number, state):
    """List what the number's published schema says against a state."""
    path = DIALECTS / family / f"{number}.schema.json"
    return [error.json_path for error in Draft202012Validator(json.loads(path.read_bytes())).iter_errors(state)]


PACKAGES = [
    (family, row.number, package) for family, rows in detect.NUMBERS.items() for row in rows for package in row.packages
]


def test_a_package_version_stands_for_the_number_that_it_writes():
    """TS-VERS-046: each published version leads to the number that the table gives it, and no version to two."""
    assert len({(family, package) for family, _, package in PACKAGES}) == len(PACKAGES) > 100
    for family, number, package in PACKAGES:
        assert convert.target(f"{family}=={package}") == (family, number)


def test_the_packages_that_we_have_files_of_wrote_their_number():
    """TS-VERS-046: the table says what the files say."""
    entries = json.loads((FIXTURES / "sources.json").read_bytes())
    told = {(one["writer"], one["version"], one["schema_version"]) for one in entries if one.get("schema_version")}
    assert len(told) > 40
    for family, package, number in told:
        assert convert.target(f"{family}=={package}") == (family, number)
