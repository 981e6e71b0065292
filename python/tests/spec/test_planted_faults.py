"""`tools/check_spec.py` on a copy of this specification: silent as it is, red for every kind of fault planted in it."""

import json
import re
import subprocess
import sys

import pytest

import check_spec
from spec_checks.registry import text_of

from .copies import copy, planted, swapped

CHANGED = ("spec", "proto", "python/timestep")  # what faults are planted in; the rest of the copy leads to the original
REST = ("README.md", "conformance", "fixtures", "python/tests", "tools")


@pytest.fixture(scope="module")
def copied(tmp_path_factory, repo_root):
    """Return the root of a copy of this repository as far as the checks look at it."""
    root = copy(repo_root, tmp_path_factory.mktemp("checkout"), *CHANGED)
    for name in REST:
        (root / name).symlink_to(repo_root / name)
    return root


@pytest.fixture
def check(copied, capsys):
    """Return what gives the exit code and faults of the script, called here: its start costs more than most checks."""

    def checked():
        return check_spec.main([str(copied)]), capsys.readouterr().err.splitlines()

    return checked


def mark(name):
    """Return an id as a page writes it before its sentence."""
    return f'<a id="{name}"></a>[{name}]'


def appended(line):
    """Return a change that adds a line to a page."""
    return lambda text: f"{text}\n{line}\n"


def retired(text):
    """Retire an id of the core in the registry, as if its sentence had once been there."""
    row = {"id": "TS-CORE-099", "sentence": "It MAY be.", "file": "core.md", "since": "1.0", "retired": "1.0"}
    return text_of({**json.loads(text), "retired": [row]})


ORIGIN = "    package_version: str | None = None\n\n\nclass Provenance"
#: Fault -> the changes of files, and what is reported.
FAULTS = {
    "a MUST without an id": (
        {"spec/core.md": appended("A reader MUST be careful.")},
        r"spec/core\.md:\d+: MUST stands outside a sentence with an id",
    ),
    "an id that is used twice": (
        {"spec/core.md": appended(f"- {mark('TS-CORE-001')} A reader MUST be careful.")},
        r"spec/core\.md:\d+: TS-CORE-001 is defined twice; first at core\.md:\d+",
    ),
    "an id that was retired": (
        {"spec/requirements.json": retired, "spec/core.md": appended(f"- {mark('TS-CORE-099')} It MAY be.")},
        r"spec/core\.md:\d+: TS-CORE-099 was retired in 1\.0 and is never used again: take a new number",
    ),
    "a dead link": (
        {"spec/core.md": appended("See [there](there.md).")},
        r"spec/core\.md:\d+: there\.md: there is no such file",
    ),
    "an invalid example that passes": (
        {"spec/schema/v1/examples/Step/invalid/type-unknown.json": lambda _: '{"type": "run_again"}'},
        r"spec/schema/v1/examples/Step/invalid/type-unknown\.json:1: Step takes this invalid example",
    ),
    "a field that drifted in the schema": (
        {"spec/schema/v1/origin.schema.json": swapped('"package_version"', '"package"')},
        r"spec/schema/v1/origin\.schema\.json:\d+: Origin\.package: .*",
    ),
    "a field that drifted in the type": (
        {"python/timestep/types/state.py": swapped(ORIGIN, ORIGIN.replace("_version", ""))},
        r"spec/schema/v1/origin\.schema\.json:\d+: Origin\.package: .*",
    ),
    "a field that drifted in the protobuf source": (
        {"proto/timestep/v1/run_state.proto": swapped("string package_version = 4", "string package = 4")},
        r"spec/schema/v1/origin\.schema\.json:\d+: Origin\.package: .*",
    ),
    "a schema outside the portable subset": (
        {
            "spec/schema/v1/origin.schema.json": swapped(
                '"Version of the', r'"", "pattern": "^\\p{L}", "title": "Version of the'
            )
        },
        r"spec/schema/v1/origin\.schema\.json:\d+: .*outside the portable subset.*",
    ),
    "an exclusion without a reason": (
        {"spec/exclusions.json": lambda _: '{"TS-CORE-001": ""}'},
        r"spec/exclusions\.json:1: TS-CORE-001 is excluded without a reason: .*",
    ),
    "a code that is not registered": (
        {"python/timestep/errors.py": appended('LOST = TimestepError("lost", code="lost-code")')},
        r"python/timestep/errors\.py:\d+: the error code 'lost-code' is not in spec/errors\.json",
    ),
    "a MUST that no test names": (
        {"spec/core.md": appended(f"- {mark('TS-CORE-099')} A reader MUST be careful.")},
        r"spec/core\.md:\d+: TS-CORE-099 is named by no test and no case: .*",
    ),
    "a registry that is not up to date": (
        {"spec/core.md": swapped("A reader MUST refuse bytes", "A reader MUST always refuse bytes")},
        r"spec/requirements\.json:4: not what the pages, tests and cases give \(first at TS-CORE-001\): run .*",
    ),
}


def test_the_specification_as_it_is_has_no_fault(repo_root, copied):
    """The script is green on the copy before anything is planted in it, so what turns it red is what was planted."""
    command = [sys.executable, str(repo_root / "tools/check_spec.py"), str(copied)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.splitlines() == [f"check_spec: 0 faults in {len(list((copied / 'spec').rglob('*.md')))} pages"]
    assert done.returncode == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_turns_the_script_red(copied, check, fault):
    """Each fault ends the script with 1 and a line that names the file and says what is wrong."""
    changes, expected = FAULTS[fault]
    with planted(copied, changes):
        code, report = check()
    assert [line for line in report if re.fullmatch(expected, line)] != []
    assert code == 1
