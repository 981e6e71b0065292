"""Telling dialect and number of a run state (versioning.md, TS-VERS-010 to TS-VERS-014)."""

import json

import pytest

from timestep.dialects import detect
from timestep.errors import StateFormatError, TimestepError, VersionError

FAMILIES = {detect.PYTHON: "1.21", detect.JS: "1.22"}
#: The current number, and the one before it whose files of this run look the same.
ALIKE = {detect.PYTHON: ["1.18", "1.21"], detect.JS: ["1.21", "1.22"]}


@pytest.fixture(scope="module")
def states(repo_root):
    """Return one saved state of each family, parsed anew on each call."""
    paths = {
        detect.PYTHON: "openai-agents-python/0.24.0/one_waiting.decided.json",
        detect.JS: "openai-agents-js/0.20.0/one_waiting.decided.json",
    }
    texts = {family: (repo_root / "fixtures" / path).read_bytes() for family, path in paths.items()}
    return lambda family: json.loads(texts[family])


def test_every_fixture_is_told_by_its_names(repo_root):
    """Each state that an SDK wrote is of that SDK's family and number; no other file is a state (TS-VERS-011)."""
    entries = json.loads((repo_root / "fixtures" / "sources.json").read_text(encoding="utf-8"))
    told = 0
    for entry in entries:
        if entry["kind"] == "archive":
            continue  # python/tests/resume looks into those
        value = json.loads((repo_root / "fixtures" / entry["file"]).read_bytes())
        if entry["kind"] == "state":
            assert detect.detect(value) == (entry["writer"], entry["schema_version"])
            told += 1
        else:
            with pytest.raises(TimestepError):
                detect.detect(value)
    assert told > 500


@pytest.mark.parametrize("value", [None, 1, 1.5, True, "text", [], {}, {"a": 1}], ids=repr)
def test_what_is_no_state_is_refused(value):
    """Without a format and a version nothing says what a document is (TS-VERS-011)."""
    with pytest.raises(StateFormatError) as raised:
        detect.detect(value)
    assert (raised.value.code, raised.value.pointer) == ("dialect-unknown", "")


@pytest.mark.parametrize("name", ["other", "timestep.run", None, 1], ids=repr)
def test_a_format_of_another_is_refused_by_its_name(name):
    """TS-VERS-011: what names a format is no state of an SDK, and of ours only under our name."""
    with pytest.raises(StateFormatError) as raised:
        detect.detect({"format": name, "format_version": "1.0"})
    assert (raised.value.code, raised.value.pointer) == ("state-format", "/format")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "version",
    [
        1,
        1.21,
        None,
        [],
        {},
        "",
        "1",
        "1.",
        ".1",
        "1.21.0",
        " 1.21",
        "1.021",
        "1.21\n",
        "\u0661.\u0662",
        "2.0",
        "1.99999",
    ],
)
def test_other_versions_than_1_n_are_refused(states, family, version):
    """`$schemaVersion` is a text of the form 1.N (TS-VERS-010)."""
    with pytest.raises(VersionError) as raised:
        detect.detect({**states(family), "$schemaVersion": version})
    assert (raised.value.code, raised.value.pointer) == ("version-shape", "/$schemaVersion")


def outcome(value):
    """Return what a document is, or why it is refused."""
    try:
        return detect.detect(value)
    except VersionError as error:
        return error


@pytest.mark.parametrize("family", FAMILIES)
def test_a_label_that_was_changed_is_told(states, family):
    """TS-VERS-012, TS-VERS-013, TS-VERS-014: a file goes with no number that differs from its own in any part."""
    taken: list[str] = []
    for minor in range(40):
        version = f"1.{minor}"
        found = outcome({**states(family), "$schemaVersion": version})
        if isinstance(found, VersionError):
            assert found.pointer == "/$schemaVersion"
            assert (found.code != "version-unknown") == (version in detect.RELEASED[family])
            if found.code == "version-mislabelled":
                assert f"its parts go with {' to '.join(ALIKE[family])}" in found.help
        else:
            taken.append(version)
    assert taken == ALIKE[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_missing_and_mixed_names_are_refused(states, family):
    """All names of one row and none of the other, or the file is refused (TS-VERS-011)."""
    own, other = (detect._SNAKE, detect._CAMEL) if family == detect.PYTHON else (detect._CAMEL, detect._SNAKE)
    for name in own:
        value = states(family)
        del value[name]
        with pytest.raises(StateFormatError) as raised:
            detect.detect(value)
        assert raised.value.code == "field-missing"
        assert name in raised.value.message
    for name in other:
        with pytest.raises(StateFormatError) as raised:
            detect.detect({**states(family), name: []})
        assert raised.value.code == "dialect-unknown"


PLACES = [
    (family, row.number, place) for family, rows in detect.NUMBERS.items() for row in rows for place in row.always
]


@pytest.mark.parametrize(("family", "number", "place"), PLACES, ids=str)
def test_parts_that_a_number_always_has_are_missed(states, family, number, place):
    """A file without a part that every file has since an older number is refused (TS-VERS-014)."""
    value = states(family)
    owners = [value]
    for key in place[:-1]:
        below = [owner[key] if key != "*" else list(owner) for owner in owners]
        owners = [one for found in below for one in (found if key == "*" else [found])]
    for owner in owners:
        del owner[place[-1]]
    with pytest.raises((VersionError, StateFormatError)) as raised:
        detect.detect(value)
    assert raised.value.code in {"version-mislabelled", "field-missing"}
    assert f"is missing, which every file has since {number}" in raised.value.message


def test_nested_runs_are_of_their_parents_family(states):
    """TS-VERS-042: a nested run has a family and number of its own; both are checked, with the pointer in the file."""
    detect.nested(states(detect.JS), detect.JS, "/x")
    with pytest.raises(StateFormatError) as raised:
        detect.nested(states(detect.PYTHON), detect.JS, "/x")
    assert (raised.value.code, raised.value.pointer) == ("nested-shape", "/x")
    with pytest.raises(VersionError) as other:
        detect.nested({**states(detect.JS), "$schemaVersion": "1.0"}, detect.JS, "/x")
    assert other.value.pointer == "/x/$schemaVersion"


def test_our_own_format_is_told_by_its_name():
    """`format` decides, whatever else stands there (TS-VERS-011)."""
    own = {"format": "timestep.run-state", "format_version": "1.0", "$schemaVersion": "1.21"}
    assert detect.detect(own) == (detect.OWN, "1.0")
