"""The cases as files: what each has, which are selected, and that they belong to their sources."""

import importlib.util
import json
import sys

import jsonschema_rs
import pytest

from timestep_conformance import cases, payloads, places
from timestep_conformance.places import SuiteError

ALL = cases.load()
BY_ID = {case.id: case for case in ALL}


def schemas(repo_root):
    """Return a validator for cases."""
    found = [json.loads(path.read_text("utf-8")) for path in (repo_root / "spec/schema/v1").glob("*.schema.json")]
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in found])
    schema = next(schema for schema in found if schema["title"] == "Case")
    return jsonschema_rs.Draft202012Validator(schema, registry=registry)


def test_each_case_fits_its_schema(repo_root):
    """A case that a tool or a person wrote wrongly is found before it is asked."""
    validator = schemas(repo_root)
    for path in sorted((repo_root / "conformance/cases").glob("*/*.json")):
        assert [error.message for error in validator.iter_errors(json.loads(path.read_text("utf-8")))] == [], path


def test_there_are_enough_cases():
    """Each profile that has cases has hundreds; ids are those of the files, so that none stands twice."""
    count = {profile: sum(case.profile == profile for case in ALL) for profile in cases.PROFILES}
    assert count["codec"] > 1500
    assert min(count["router"], count["loop"]) > 200
    assert count["durable"] > 80
    assert len(BY_ID) == len(ALL)
    assert all(case.id.partition("/")[0] == case.profile for case in ALL)


def test_each_rule_that_a_case_names_is_in_the_specification():
    """A case of a rule that is gone would hold nothing; the level of a case is that of its strongest rule."""
    known = cases.requirements()
    assert {name for case in ALL for name in case.requirements} <= known.keys()
    assert BY_ID["codec/timestep-cut-short"].level == "MUST"
    doubtful = [case for case in ALL if case.requirements == ("TS-VERS-047",)]
    assert {case.level for case in doubtful} <= {"SHOULD"}


def test_a_control_accepts_and_a_control_refuses():
    """TS-CONF-030: each profile with cases has controls, among them one of each kind."""
    assert cases.controls().keys() == {case.profile for case in ALL}
    for names in cases.controls().values():
        controls = cases.named(names)
        told = [[case.expect, *case.steps, *(act.get("expect", {}) for act in case.sequence)] for case in controls]
        refused = [any({"err", "error"} & each.keys() for each in expected) for expected in told]
        assert set(refused) == {True, False}


def test_cases_are_selected_by_glob_profile_and_rule():
    """Options of one kind add up, those of different kinds narrow down; an area stands for its rules."""
    assert [case.id for case in cases.select(ALL, ["loop/answer-t*", "loop/no-*"])] == [
        "loop/answer-text",
        "loop/answer-text-before-another-item",
        "loop/answer-to-nothing",
        "loop/no-turns-at-all",
    ]
    assert {case.profile for case in cases.select(ALL, profiles=["router"])} == {"router"}
    by_rule = cases.select(ALL, requirements=["TS-CORE-003"])
    assert by_rule
    assert len(by_rule) < len(cases.select(ALL, requirements=["TS-CORE"]))
    assert cases.select(ALL, profiles=["loop"], requirements=["TS-CORE-003"]) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"id": "codec/other"}', "is called"), ("{}", "it is no case"), ("[", "Expecting"), ("[]", "it is no case")],
)
def test_a_file_that_is_no_case_is_named(tmp_path, text, told):
    """It is a fault of the suite, told with the file, and never a verdict on a testee."""
    (tmp_path / "codec").mkdir()
    (tmp_path / "codec" / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError, match=told) as raised:
        cases.load(tmp_path)
    assert "a.json" in str(raised.value)


def test_a_fixture_of_which_one_byte_has_changed_is_noticed(tmp_path, monkeypatch):
    """What a case was written for is what is sent, or nothing is."""
    source = BY_ID["codec/js-refusal-undecided-load"].args["state"]
    data = payloads.content(source)
    place = tmp_path / source["file"].partition("/")[2]
    place.parent.mkdir(parents=True)
    monkeypatch.setitem(places.FOLDERS, "fixtures", tmp_path)
    place.write_bytes(data)
    assert payloads.content(source) == data
    place.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    with pytest.raises(SuiteError, match="has changed"):
        payloads.content(source)
    place.unlink()
    with pytest.raises(SuiteError, match="can't be read"):
        payloads.content(source)


def test_a_file_in_an_archive_is_told_by_its_own_digest(tmp_path, monkeypatch):
    """Its digest is compared as that of any file; no such file in it, and an archive that is none, are faults."""
    source = BY_ID["codec/js-0-0-1-one-waiting-load"].args["state"]
    assert json.loads(payloads.content(source))["$schemaVersion"] == "1.0"
    with pytest.raises(SuiteError, match=r"one_waiting\.undecided\.json of fixtures/.* has changed"):
        payloads.content({**source, "sha256": "0" * 64})
    with pytest.raises(SuiteError, match=r"has no member elsewhere\.json"):
        payloads.content({**source, "member": "elsewhere.json"})
    monkeypatch.setitem(places.FOLDERS, "fixtures", tmp_path)
    place = tmp_path / source["file"].partition("/")[2]
    with pytest.raises(SuiteError, match="can't be read"):
        payloads.content(source)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"none")
    with pytest.raises(SuiteError, match="can't be read"):
        payloads.content(source)


@pytest.mark.parametrize("name", ["elsewhere/a.json", "fixtures/../a.json"])
def test_a_file_outside_the_folders_is_refused(name):
    """A case names files of the suite and no other."""
    with pytest.raises(SuiteError):
        payloads.content({"file": name, "sha256": "0" * 64})


def test_bytes_are_sent_as_they_are():
    """TS-CONF-003: text where they are UTF-8, base64 where not, and nothing in between is lost."""
    for data in (b"", b"{}\r\n", "Zo\u00eb \U0001f41d".encode(), b"\xff\x00", b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}"):
        sent = json.loads(json.dumps(payloads.payload(data)))
        assert payloads.is_payload(sent)
        assert payloads.content(sent) == data
    assert payloads.payload(b"\xff") == {"base64": "/w=="}


@pytest.mark.parametrize("name", ["codec", "keep", "durable", "run"])
def test_the_cases_are_those_of_their_sources(name, repo_root, monkeypatch, capsys):
    """The generators make every file as it is, and none is left over."""
    monkeypatch.syspath_prepend(str(repo_root / "tools"))
    before = set(sys.modules)
    try:
        spec = importlib.util.spec_from_file_location(f"gen_{name}_cases", repo_root / f"tools/gen_{name}_cases.py")
        generator = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(generator)
        assert generator.main([]) == 0, capsys.readouterr().out
    finally:
        ours = (str(repo_root / "tools"), str(repo_root / "conformance/testees"))  # whose names others have, too
        for module in set(sys.modules) - before:
            if (getattr(sys.modules[module], "__file__", None) or "").startswith(ours):
                del sys.modules[module]
