"""A state whose number was changed is told, or it is one that the two numbers write in one way (TS-VERS-014, -047)."""

import msgspec
import pytest
from msgspec.structs import replace

from timestep.dialects import convert, detect
from timestep.dialects.account import FLAGS
from timestep.errors import TimestepError

from .harness import FAMILIES
from .old import CURRENT, current_cases, listed, old_cases, releases

NUMBERS = [
    pytest.param(family, number, id=f"{family.removeprefix('openai-agents-')}-{number}")
    for family in FAMILIES
    for number in detect.RELEASED[family]
]


def states(family, number):
    """List the states that the releases of a number have saved."""
    if number == detect.CURRENT[family]:
        return current_cases(family)
    of_number = [release for release in releases() if (release.family, release.number) == (family, number)]
    return [case for release in of_number for case in old_cases(release)]


def read_as(data, number):
    """Read a state under a label: (what it tells but for its origin, the code of what is said about it)."""
    value = msgspec.json.decode(data)  # it is strict JSON, as other tests show
    value["$schemaVersion"] = number
    try:
        # Without the file's own bytes, which name its runs: they differ in the label alone.
        found = convert.load(value, b"", assume=FLAGS)
    except TimestepError as error:
        return None, error.code
    doubts = [finding.code for finding in found.account.findings if finding.code == "version-doubtful"]
    return replace(found.document, origin=None, provenance=[]), doubts[0] if doubts else None


@pytest.mark.parametrize(("family", "number"), NUMBERS)
def test_another_label_is_told(family, number):
    """Under each other released number a state is refused or doubted, or it reads the same and the pair is listed.

    A refusal may be about what is wrong with the state under that number; then it is not the label that is named.
    """
    same = set()
    for case in states(family, number):
        as_saved, _ = read_as(case.data, number)
        for label in detect.RELEASED[family]:
            got, told = read_as(case.data, label)
            if told is None and label != number:
                same.add(label)
                assert got == as_saved, f"{case.name}.{case.kind} reads otherwise as {label}, and nothing is said"
    assert same == set(listed()["same_shape"][family].get(number, []))


@pytest.mark.parametrize("family", FAMILIES)
def test_there_are_states_of_every_number(family):
    """Without states, nothing above would be tried, and all would pass."""
    assert all(states(family, number) for number in detect.RELEASED[family])
    assert len(current_cases(family)) >= 100
    assert CURRENT[family].number == detect.CURRENT[family]
