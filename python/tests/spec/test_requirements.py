"""The registry of requirements: generated from pages, tests and cases, and checked for what it says and lacks."""

import json
import subprocess
import sys

import pytest

from spec_checks import registry, requirements

from .conftest import PAGE, STATE, TEST


def mark(number, area="CORE"):
    """Return an id as a page writes it before its sentence."""
    return f'<a id="TS-{area}-{number:03}"></a>[TS-{area}-{number:03}]'


def changelog(*versions):
    """Return the change of the changelog to some versions, the newest first."""
    headings = "".join(f"## {version}\n\n- core: TS-CORE-001.\n\n" for version in versions)
    return {"spec/CHANGELOG.md": f"# Changes\n\n{headings}"}


RETIRED = {"id": "TS-CORE-003", "sentence": "It MUST be.", "file": "core.md", "since": "1.0", "retired": "1.1"}
REASON = "It binds later versions of this specification."
UNEXPLAINED = "is excluded without a reason: write a sentence of 20 characters or more"
HOLDER = "python/tests/codec/test_text.py::TestText::test_text"
EMPTY = '{"spec_version": "1.0", "requirements": [], "retired": []}'
NOBODY = "is named by no test and no case: name it in a test's docstring, or say in exclusions.json why that can't be"


def test_the_registry_of_this_repository_is_sound(repo_root, reported):
    """Every MUST is held by a test or a case, or excluded by a reason, and spec/requirements.json says so."""
    assert reported(repo_root, requirements) == []


def test_a_small_sound_specification_has_no_fault(lay, reported):
    """What the planted faults are planted into is sound itself."""
    assert reported(lay(), requirements) == []


PLANTED = {
    "a MUST that nothing names": (
        {"spec/core.md": PAGE + f"- {mark(4)} It MUST be.\n"},
        [f"spec/core.md:11: TS-CORE-004 {NOBODY}"],
    ),
    "a SHALL that nothing names": (
        {"spec/core.md": PAGE + f"- {mark(4)} It SHALL NOT be.\n"},
        [f"spec/core.md:11: TS-CORE-004 {NOBODY}"],
    ),
    "a MUST that only a docstring of no test names": (
        {"python/tests/codec/test_text.py": TEST.replace("test_text", "check_text")},
        [f"spec/core.md:5: TS-CORE-001 {NOBODY}"],
    ),
    "a MUST that only a comment of a test names": (
        {"python/tests/codec/test_text.py": 'def test_text():\n    """It is."""\n    # TS-CORE-001\n'},
        [f"spec/core.md:5: TS-CORE-001 {NOBODY}"],
    ),
    "a test of no requirement": (
        {"python/tests/codec/test_more.py": '\n\nasync def test_more():\n    """TS-CORE-007: it is."""\n'},
        ["python/tests/codec/test_more.py:4: TS-CORE-007 is defined nowhere in spec/"],
    ),
    "a case of no requirement": (
        {"conformance/cases/loop/b.json": '{\n  "requirements": [\n    "TS-CORE-007"\n  ]\n}\n'},
        ["conformance/cases/loop/b.json:3: TS-CORE-007 is defined nowhere in spec/"],
    ),
    "an exclusion without a reason": (
        {"spec/exclusions.json": '{\n  "TS-STATE-001": ""\n}\n'},
        [
            f"spec/exclusions.json:2: TS-STATE-001 {UNEXPLAINED}",
            "spec/requirements.json:6: $.requirements[2].excluded: '' is too short",
        ],
    ),
    "an exclusion whose reason says nothing": (
        {"spec/exclusions.json": '{"TS-STATE-001": "untestable-at-this-point-of-time"}\n'},
        [f"spec/exclusions.json:1: TS-STATE-001 {UNEXPLAINED}"],
    ),
    "an exclusion of what a test holds": (
        {"spec/exclusions.json": json.dumps({"TS-CORE-001": REASON})},
        [f"spec/exclusions.json:1: TS-CORE-001 is excluded, but {HOLDER} names it: take it off the list"],
    ),
    "an exclusion of something else": (
        {"spec/exclusions.json": json.dumps({"CORE-1": REASON})},
        ["spec/exclusions.json:1: 'CORE-1' is not the id of a requirement"],
    ),
    "a changelog without a version": (
        {"spec/CHANGELOG.md": "# Changes\n", "spec/requirements.json": EMPTY},
        ["spec/CHANGELOG.md:1: spec/CHANGELOG.md has no heading with a version, such as '## 1.0'"],
    ),
    "a registry of another shape": (
        {"spec/requirements.json": EMPTY.replace("retired", "gone")},
        [
            "spec/requirements.json:1: $: 'retired' is a required property",
            "spec/requirements.json:1: $: Additional properties are not allowed ('gone' was unexpected)",
        ],
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_fault_is_reported(lay, reported, case):
    """Each kind of fault, planted in a sound specification, is reported and nothing else."""
    changes, expected = PLANTED[case]
    assert sorted(reported(lay(changes), requirements)) == sorted(expected)


def test_an_excluded_requirement_needs_no_test(lay, reported):
    """A MUST that no test can hold is sound with its reason, which the registry carries in place of tests."""
    page = {"spec/core.md": PAGE + f"- {mark(4)} It MUST be.\n"}
    root = lay({**page, "spec/exclusions.json": json.dumps({"TS-CORE-004": REASON})})
    assert reported(root, requirements) == []
    row = rows(root)["TS-CORE-004"]
    assert row["excluded"] == REASON
    assert row.keys().isdisjoint({"tests", "cases"})


def test_a_retired_id_is_never_used_again(lay, reported):
    """An id that stands among the retired and in a page again is told where the page has it."""
    root = lay({"spec/core.md": PAGE.replace("TS-CORE-002", "TS-CORE-003")} | case_of("TS-CORE-003"))
    committed = json.loads((root / "spec/requirements.json").read_text())
    (root / "spec/requirements.json").write_text(registry.text_of({**committed, "retired": [RETIRED]}))
    expected = "spec/core.md:6: TS-CORE-003 was retired in 1.1 and is never used again: take a new number"
    assert reported(root, requirements) == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"spec/core.md": PAGE.replace("not UTF-8", "no UTF-8")}, "4: not what the pages, tests and cases give"),
        ({"python/tests/codec/test_new.py": TEST}, "4: not what the pages, tests and cases give"),
        ({"spec/core.md": PAGE + f"- {mark(4)} It MAY be.\n"}, "6: not what the pages, tests and cases give"),
        (changelog("1.1", "1.0"), "2: not what the pages, tests and cases give"),
    ],
)
def test_a_stale_registry_is_reported(lay, reported, changes, expected):
    """A sentence, a test, an id or a version that the committed file does not have is told with the way to mend it."""
    root = lay()
    for name, text in changes.items():
        (root / name).write_text(text)
    [fault] = reported(root, requirements)
    assert fault.startswith(f"spec/requirements.json:{expected}")
    assert fault.endswith(": run tools/gen_requirements.py --write")


def test_a_missing_registry_is_reported(lay, reported):
    """Without spec/requirements.json the way to make it is told."""
    expected = "spec/requirements.json:1: there is none: run tools/gen_requirements.py --write"
    assert reported(lay(generated=False), requirements) == [expected]


# --- what the generator makes


def rows(root):
    """Return the rows of the registry as the generator would write it, by id."""
    return {row["id"]: row for row in registry.document(root, registry.read(root))["requirements"]}


def case_of(*names):
    """Return the change of the conformance case to one of some requirements."""
    return {"conformance/cases/loop/a.json": json.dumps({"requirements": names})}


def test_a_row_has_all_that_is_known_of_a_requirement(lay):
    """Id, level, sentence, page and version of each requirement, and the tests and cases that name it, sorted."""
    more = {
        "python/tests/codec/test_b.py": 'async def test_b():\n    """It is so (TS-CORE-001, TS-CORE-001)."""\n',
        "python/tests/codec/helper.py": TEST,
    }
    root = lay({**more, **case_of("TS-CORE-002", "TS-CORE-001")})
    registered = registry.document(root, registry.read(root))
    assert registered["spec_version"] == "1.0"
    assert registered["retired"] == []
    assert registered["requirements"][0] == {
        "id": "TS-CORE-001",
        "level": "MUST",
        "sentence": "A reader MUST refuse text that is not UTF-8.",
        "file": "core.md",
        "since": "1.0",
        "tests": ["python/tests/codec/test_b.py::test_b", "python/tests/codec/test_text.py::TestText::test_text"],
        "cases": ["conformance/cases/loop/a.json"],
    }


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("It MUST be: see [there](state.md) and `a[b](c) *d*`. More.", "It MUST be: see there and `a[b](c) *d*`."),
        ("A *reader* MUST\n  take **all** of `it`. More.", "A reader MUST take all of `it`."),
        ('It MUST name the run "*": all. It is so.', 'It MUST name the run "*": all.'),
        ("It MUST be 2 * 3 or\n  [`a`](state.md#steps)", "It MUST be 2 * 3 or `a`"),
        ("It MUST hold one of these:\n  - a\n  - b.", "It MUST hold one of these:"),
    ],
)
def test_a_sentence_is_given_in_plain_text(lay, written, plain):
    """Links, anchors and stars go, code keeps its backticks, and the sentence ends where it does."""
    assert rows(lay({"spec/core.md": f"- {mark(1)} {written}\n"}))["TS-CORE-001"]["sentence"] == plain


@pytest.mark.parametrize(
    ("sentence", "level"),
    [
        ("It MAY be, and MUST NOT be.", "MUST"),
        ("It SHALL be.", "MUST"),
        ("It is REQUIRED.", "MUST"),
        ("It SHOULD be, and MAY be.", "SHOULD"),
        ("It is NOT RECOMMENDED.", "SHOULD"),
        ("It is OPTIONAL, like `MUST`.", "MAY"),
    ],
)
def test_the_level_is_that_of_the_strongest_word(lay, sentence, level):
    """The words of RFC 2119 fall into three levels; words in code don't count."""
    assert rows(lay({"spec/core.md": f"- {mark(1)} {sentence}\n"}))["TS-CORE-001"]["level"] == level


def test_rows_stand_in_the_order_of_documents_and_numbers(lay):
    """Core before state before routing, whatever the order of the files, and numbers ascend."""
    changes = {
        "spec/core.md": f"- {mark(2)} It MAY be.\n- {mark(1)} It MAY be.\n",
        "spec/state.md": STATE,
        "spec/approvals.md": f"- {mark(1, 'APPR')} It MAY be.\n",
    }
    assert list(rows(lay(changes))) == ["TS-CORE-001", "TS-CORE-002", "TS-STATE-001", "TS-APPR-001"]


def test_the_version_that_brought_a_requirement_is_kept(lay):
    """A new id gets the newest version of the changelog, an old one keeps its own."""
    root = lay()
    for name, text in (changelog("1.1, not yet released", "1.0") | {"spec/core.md": PAGE + more()}).items():
        (root / name).write_text(text)
    assert {name: row["since"] for name, row in rows(root).items()} == {
        "TS-CORE-001": "1.0",
        "TS-CORE-002": "1.0",
        "TS-CORE-009": "1.1",
        "TS-STATE-001": "1.0",
    }


def more():
    """Return one requirement more for a page."""
    return f"- {mark(9)} It MAY be.\n"


def test_what_no_page_has_any_more_is_retired_for_ever(lay):
    """A sentence that is gone keeps its id, words and version among the retired, through every later run."""
    root = lay({"spec/core.md": PAGE + more()})
    (root / "spec/core.md").write_text(PAGE)
    (root / "spec/CHANGELOG.md").write_text(changelog("1.1", "1.0")["spec/CHANGELOG.md"])
    gone = {"id": "TS-CORE-009", "sentence": "It MAY be.", "file": "core.md", "since": "1.0", "retired": "1.1"}
    for _ in range(2):
        registered = registry.document(root, registry.read(root))
        assert registered["retired"] == [gone]
        (root / "spec/requirements.json").write_text(registry.text_of(registered))


def test_the_file_has_one_row_a_line(lay):
    """A change of one requirement is a change of one line, and the text is JSON."""
    root = lay({"spec/core.md": PAGE.replace("not UTF-8", "not “UTF-8”")})
    registered = registry.document(root, registry.read(root)) | {"retired": [RETIRED]}
    text = registry.text_of(registered)
    assert json.loads(text) == registered
    lines = text.splitlines()
    assert [json.loads(line.rstrip(","))["id"] for line in lines[3:6]] == ["TS-CORE-001", "TS-CORE-002", "TS-STATE-001"]
    assert [lines[2], lines[6], lines[7]] == ['  "requirements": [', "  ],", '  "retired": [']
    assert "“UTF-8”" in text


def generate(repo_root, *arguments):
    """Return exit code and output of the generator."""
    command = [sys.executable, str(repo_root / "tools/gen_requirements.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_the_generator_tells_a_change_and_writes_it_if_asked_to(repo_root, lay, reported):
    """Without --write the change is shown and 1 tells of it; with it the file is written, and then nothing changes."""
    root = lay()
    (root / "spec/core.md").write_text(PAGE.replace("not UTF-8", "no UTF-8"))
    before = (root / "spec/requirements.json").read_text()
    code, shown, _ = generate(repo_root, root)
    assert code == 1
    assert "\n-" in shown
    assert "that is no UTF-8." in shown
    assert (root / "spec/requirements.json").read_text() == before
    assert generate(repo_root, "--write", root) == (0, "", "gen_requirements: requirements.json written\n")
    assert generate(repo_root, root) == (0, "", "gen_requirements: requirements.json is up to date\n")
    assert reported(root, requirements) == []


def test_the_generator_tells_what_it_cannot_go_by(repo_root, lay):
    """A changelog without a version is refused with a message and no traceback."""
    code, shown, told = generate(repo_root, lay({"spec/CHANGELOG.md": "# Changes\n"}, generated=False))
    assert (code, shown) == (1, "")
    assert told == "gen_requirements: spec/CHANGELOG.md has no heading with a version, such as '## 1.0'\n"
