"""Frozen sets: what is in them stays as it is, and a claim names them."""

import importlib.util
import json

import pytest

from timestep_conformance import cases, claims, cli, places, report, sets
from timestep_conformance.places import SuiteError

CONTROLS = cases.named(
    ["codec/timestep-cut-short", "codec/timestep-taken", "router/bare-name", "router/refused-empty-prefix"]
)


@pytest.fixture
def gen_sets(repo_root):
    """Return the tool that freezes sets."""
    spec = importlib.util.spec_from_file_location("gen_sets", repo_root / "tools/gen_sets.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder of sets in the place of that of the suite, with a set "1.0" of some cases."""
    for file in places.SETS.glob("*.json"):
        if file.stem not in {"1.0", "next"}:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "1.0.json").write_text(sets.of_cases("1.0", CONTROLS).text(), encoding="utf-8")
    monkeypatch.setattr(places, "SETS", tmp_path)
    return tmp_path


def test_the_sets_of_the_suite_are_up_to_date(gen_sets, capsys):
    """TS-CONF-031: each case is in a frozen set or in the next one, and none of a frozen set has changed."""
    assert gen_sets.main([]) == 0, capsys.readouterr().err
    for found in sets.frozen():
        assert found.of(cases.load())


def test_what_is_told_of_a_case_may_change_and_what_it_asks_may_not(tmp_path):
    """The digest is of what is asked of whom and expected."""
    value = json.loads((places.CASES / "codec/timestep-taken.json").read_text("utf-8"))

    def digest(**changes):
        path = tmp_path / "codec" / "timestep-taken.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**value, **changes}), encoding="utf-8")
        return cases.read(path).sha256

    same = digest()
    assert digest(title="Another title", origin={"kind": "bug"}, requirements=["TS-CORE-001"]) == same
    others = [digest(op="load"), digest(features=["json"]), digest(expect={"ok": {}}), digest(world={"model": []})]
    assert len({same, *others}) == 5


@pytest.mark.parametrize("change", ["missing", "changed"])
def test_a_frozen_case_that_is_not_as_it_was_is_a_fault_of_the_suite(folder, change, capsys):
    """TS-CONF-031: with it there is no verdict on anybody: status 4."""
    file = folder / "1.0.json"
    text = file.read_text("utf-8")
    old = '"codec/timestep-taken"' if change == "missing" else CONTROLS[0].sha256
    file.write_text(text.replace(old, '"codec/gone"' if change == "missing" else "0" * 64), encoding="utf-8")
    assert cli.status(["run", "--", "true"]) == 4
    assert "of the set 1.0" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_run_asks_the_cases_of_a_set_and_ends_with_the_claim(reference, capsys):
    """TS-CONF-031: the last line names the version, the profiles, and by that the set."""
    assert cli.status(["run", "--set", "1.0", "--", *reference]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].endswith(": 4 passed")
    assert lines[-1] == "Timestep 1.0: codec, router"


@pytest.mark.usefixtures("folder")
def test_a_run_of_less_than_the_set_claims_nothing(reference, capsys):
    """TS-CONF-031: a part of a set is no claim; a set that is not there is the caller's mistake."""
    assert cli.status(["run", "--set", "1.0", "-k", "codec/timestep-taken", "--", *reference]) == 0
    assert "Timestep 1.0" not in capsys.readouterr().out
    assert cli.status(["run", "--set", "2.0", "--", *reference]) == 2


@pytest.mark.parametrize(
    ("row", "hello", "word"),
    [
        ({}, {}, claims.CONFORMS),
        ({"score": "failed"}, {}, claims.FAILS),
        ({"score": "known"}, {}, claims.FAILS),
        ({"score": "undeclared"}, {}, claims.NO_CLAIM),
        ({"level": "SHOULD", "score": "warned"}, {}, claims.NO_CLAIM),  # then a MUST of the set is missing
        ({"sets": []}, {}, claims.NO_CLAIM),
        ({}, {"spec": ["0.9"]}, claims.NO_CLAIM),
        ({}, {"profiles": []}, claims.ABSENT),
    ],
)
def test_a_claim_needs_each_must_of_the_set(row, hello, word):
    """TS-CONF-031: known failures, cases that were not asked, and another version count against it."""
    testee = {"name": "x", "version": "1", "spec": ["1.0"], "profiles": ["codec"], **hello}
    rows = [{"case": f"codec/{name}", "score": "passed", "level": "MUST", "sets": ["1.0"]} for name in "ab"]
    found = report.Report({"testee": testee, "sets": {"1.0": {"codec": 2}}}, [rows[0], {**rows[1], **row}], {})
    assert claims.standing(found, "1.0", "codec").word == word
    assert claims.claims(found) == (["Timestep 1.0: codec"] if word == claims.CONFORMS else [])


def test_a_set_is_frozen_once(gen_sets, tmp_path, monkeypatch):
    """It has all cases by level; what comes later is in the next set, and writing it again is refused."""
    few = CONTROLS[:2]
    monkeypatch.setattr(gen_sets.cases, "load", lambda: few)
    assert "1.0.json has 2 cases" in gen_sets.freeze("1.0", tmp_path)
    assert gen_sets.refresh(write=True, folder=tmp_path)
    assert json.loads((tmp_path / "next.json").read_text("utf-8"))["cases"]["MUST"] == {}
    few = CONTROLS
    assert not gen_sets.refresh(write=False, folder=tmp_path)
    assert gen_sets.refresh(write=True, folder=tmp_path)
    assert list(json.loads((tmp_path / "next.json").read_text("utf-8"))["cases"]["MUST"]) == [
        "router/bare-name",
        "router/refused-empty-prefix",
    ]
    for version in ("1.0", "next"):
        with pytest.raises(ValueError, match=r"frozen|no version"):
            gen_sets.freeze(version, tmp_path)


def test_a_list_that_is_no_set_is_a_fault_of_the_suite(tmp_path):
    """A damaged list does not shrink what has to pass."""
    for text in ("", "{}", '{"set": "2.0", "cases": {}}', '{"set": "1.0", "cases": {"MUST": []}}'):
        (tmp_path / "1.0.json").write_text(text, encoding="utf-8")
        with pytest.raises(SuiteError):
            sets.frozen(tmp_path)
