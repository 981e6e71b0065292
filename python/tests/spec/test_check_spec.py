"""The checks of pages and error codes: silent on this repository, and able to report every kind of fault."""

import json
import subprocess
import sys

import pytest

from spec_checks import codes, prose
from spec_checks.marks import DOCUMENTS
from timestep.errors import SPEC_DOCUMENTS

from .conftest import CODE, ERRORS, PAGE, STATE

PLANTED = {
    "id twice": (
        {"spec/core.md": PAGE.replace("TS-CORE-002", "TS-CORE-001")},
        "spec/core.md:6: TS-CORE-001 is defined twice; first at core.md:5",
    ),
    "id twice, in two pages": (
        {"spec/other.md": '- <a id="TS-CORE-002"></a>[TS-CORE-002] It MAY.\n'},
        "spec/other.md:1: TS-CORE-002 belongs into core.md",
    ),
    "id without anchor": (
        {"spec/state.md": STATE.replace('<a id="TS-STATE-001"></a>', "")},
        'spec/state.md:5: write <a id="TS-STATE-001"></a>[TS-STATE-001] and a space',
    ),
    "anchor of another id": (
        {"spec/state.md": STATE.replace('<a id="TS-STATE-001">', '<a id="TS-STATE-002">')},
        "spec/state.md:5: the anchor TS-STATE-002 stands before TS-STATE-001",
    ),
    "normative word without id": (
        {"spec/core.md": PAGE.replace("A reader is strict.", "A reader MUST be strict.")},
        "spec/core.md:3: MUST stands outside a sentence with an id",
    ),
    "normative word in the next sentence": (
        {"spec/state.md": STATE.replace("It follows", "It MAY follow")},
        "spec/state.md:5: MAY stands outside a sentence with an id",
    ),
    "normative word in a table": (
        {"spec/core.md": PAGE + "\n| a | b |\n| --- | --- |\n| x | SHOULD |\n"},
        "spec/core.md:14: SHOULD stands outside a sentence with an id",
    ),
    "id without normative word": (
        {"spec/state.md": STATE.replace("SHOULD be", "is")},
        "spec/state.md:5: TS-STATE-001 marks a sentence without MUST, SHOULD or MAY",
    ),
    "dead link": (
        {"spec/core.md": PAGE.replace("state.md#steps", "states.md")},
        "spec/core.md:6: states.md: there is no such file",
    ),
    "dead anchor": (
        {"spec/core.md": PAGE.replace("state.md#steps", "state.md#step")},
        "spec/core.md:6: state.md#step: there is no such heading or id",
    ),
    "example that does not parse": (
        {"spec/core.md": PAGE.replace("null]", "null,]")},
        "spec/core.md:8: the JSON below does not parse",
    ),
    "example with a name twice": (
        {"spec/core.md": PAGE.replace('{"a"', '{"a": 1, "a"')},
        "spec/core.md:8: the JSON below does not parse: a name stands twice in one object",
    ),
    "example with NaN": (
        {"spec/core.md": PAGE.replace("null]", "NaN]")},
        "spec/core.md:8: the JSON below does not parse: NaN",
    ),
    "reference to nothing, in the prose": (
        {"spec/state.md": STATE.replace("follows TS-CORE-001", "follows TS-CORE-009")},
        "spec/state.md:5: TS-CORE-009 is defined nowhere in spec/",
    ),
    "reference to nothing, in the code": (
        {"python/timestep/codec.py": CODE.replace("TS-CORE-001", "TS-CORE-008")},
        "python/timestep/codec.py:1: TS-CORE-008 is defined nowhere in spec/",
    ),
    "reference to nothing, in a schema": (
        {"spec/schema/v1/a.schema.json": '{"description": "TS-CORE-007"}'},
        "spec/schema/v1/a.schema.json:1: TS-CORE-007 is defined nowhere in spec/",
    ),
    "code by keyword": (
        {"python/timestep/a.py": 'f(code="lost")'},
        "python/timestep/a.py:1: the error code 'lost' is not in",
    ),
    "code by condition": (
        {"python/timestep/a.py": 'f(code="json-encoding" if x else "lost")'},
        "python/timestep/a.py:1: the error code 'lost' is not in",
    ),
    "code by default": (
        {"python/timestep/a.py": 'class E:\n    default_code = "lost"'},
        "python/timestep/a.py:2: the error code 'lost' is not in",
    ),
    "code by position": (
        {"python/timestep/a.py": 'refuse(data, 3, "json-lost")'},
        "python/timestep/a.py:1: the error code 'json-lost' is not in",
    ),
    "code of a warning": (
        {"python/timestep/a.py": 'tree.warn("lost", "x")'},
        "python/timestep/a.py:1: the error code 'lost'",
    ),
    "code that nothing uses": (
        {"python/timestep/codec.py": ""},
        "spec/errors.json:1: json-encoding is used nowhere in python/timestep",
    ),
    "code without requirement": (
        {"spec/errors.json": json.dumps(ERRORS).replace('"requirement"', '"rule"')},
        "spec/errors.json:1: $.codes['json-encoding']: 'requirement' is a required property",
    ),
    "code of a requirement that is none": (
        {"spec/errors.json": json.dumps(ERRORS).replace("TS-CORE-001", "TS-CORE-006")},
        "spec/errors.json:1: TS-CORE-006 is defined nowhere in spec/",
    ),
    "code without help": (
        {"spec/errors.json": json.dumps(ERRORS).replace('"help"', '"hint"')},
        "spec/errors.json:1: $.codes['json-encoding']: 'help' is a required property",
    ),
}


@pytest.mark.parametrize("check", [prose, codes], ids=lambda check: check.__name__)
def test_this_repository_is_sound(repo_root, reported, check):
    """The pages and error codes of this repository have no fault."""
    assert reported(repo_root, check) == []


def test_a_small_sound_specification_has_no_fault(lay, reported):
    """What the planted faults are planted into is sound itself."""
    assert reported(lay(), prose, codes) == []


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_fault_is_reported(lay, reported, case):
    """Each kind of fault, planted in a sound specification, is reported: the check is able to fail."""
    changes, expected = PLANTED[case]
    assert [line for line in reported(lay(changes), prose, codes) if line.startswith(expected)] != []


@pytest.mark.parametrize(
    "sound",
    [
        '"MUST", "SHOULD NOT" and "MAY" are words.',
        "A must in small letters is a word like any other.",
        "```text\nMUST\n```",
        "A second line of a paragraph\nthat has `MUST` in code.",
        "## The `text` of it\n\nSee [above](#the-text-of-it).",
    ],
)
def test_what_is_no_fault_is_not_reported(lay, reported, sound):
    """Quoted words, small letters and code are not normative; headings with code are linked as GitHub spells them."""
    assert reported(lay({"spec/core.md": f"{PAGE}\n{sound}\n"}), prose, codes) == []


def test_the_changelog_alone_may_name_what_is_retired(lay, reported):
    """What a retired id stood for is told in the changelog; whoever still goes by it is reported."""
    row = {"id": "TS-CORE-003", "sentence": "It MUST.", "file": "core.md", "since": "1.0", "retired": "1.1"}
    changes = {
        "spec/requirements.json": json.dumps({"spec_version": "1.1", "requirements": [], "retired": [row]}),
        "spec/CHANGELOG.md": "# Changes\n\n## 1.1\n\n- TS-CORE-003 is gone.\n",
        "spec/state.md": STATE.replace("follows TS-CORE-001", "follows TS-CORE-003"),
    }
    assert reported(lay(changes), prose) == ["spec/state.md:5: TS-CORE-003 is defined nowhere in spec/"]


def test_errors_lead_to_the_documents_that_the_pages_are_checked_by():
    """The package and the linter agree where the rules of an area stand."""
    assert SPEC_DOCUMENTS.items() <= DOCUMENTS.items()


def run(repo_root, root):
    """Return exit code and report of the script for a checkout."""
    command = [sys.executable, str(repo_root / "tools/check_spec.py"), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_the_command_tells_faults_and_ends_with_1(repo_root, lay):
    """`python3 tools/check_spec.py` prints each fault on stderr and its exit status tells."""
    code, report = run(repo_root, lay({"spec/core.md": PAGE.replace("strict", "REQUIRED")}))
    assert code == 1
    assert "spec/core.md:3: REQUIRED stands outside a sentence with an id" in report


@pytest.mark.parametrize("name", ["errors.json", "exclusions.json", "requirements.json"])
@pytest.mark.parametrize(("text", "expected"), [("{", "is no JSON: "), ("[]", "is no JSON object")])
def test_a_registry_that_is_no_json_is_told_and_not_gone_by(repo_root, lay, name, text, expected):
    """A file that can't be read is one fault with its name and no traceback."""
    code, report = run(repo_root, lay({f"spec/{name}": text}, generated=False))
    assert (code, report.count("\n")) == (1, 2)
    assert report.startswith(f"spec/{name}:1: {name} {expected}")
