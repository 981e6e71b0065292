"""Mutants: a rule is tested if what breaks it is caught; and which rules have cases at all."""

import dataclasses
import json
import sys

import pytest

from timestep_conformance import cases, cli, killing, places
from timestep_conformance.coverage import rows, table
from timestep_conformance.places import SuiteError
from timestep_conformance.testee import NoTestee

ALL = cases.load()


@pytest.fixture(scope="module")
def mutants(repo_root):
    """Return the command that lists and is the mutants of the reference."""
    return [sys.executable, str(repo_root / "conformance/testees/mutants")]


@pytest.fixture(scope="module")
def listed(mutants):
    """Return the mutants by name."""
    return {mutant.name: mutant for mutant in killing.listed(mutants)}


def test_each_row_and_each_refusal_of_a_rule_has_a_mutant(listed):
    """They come from the table of transitions and the refusals that name a rule, and not from what happens to die."""
    names = {row for mutant in listed.values() if mutant.profile == "loop" for row in [mutant.row]}
    assert names >= {row for case in ALL for row in case.rows}
    rules = {mutant.rule for mutant in listed.values() if mutant.profile == "codec"}
    assert len(rules) > 40
    assert rules <= cases.requirements().keys()


@pytest.mark.parametrize(
    "kind",
    [
        "codec/TS-VERS-001/",
        "codec/TS-VERS-003/",
        "codec/TS-STATE-003/",
        "codec/TS-SESS-004/",
        "router/",
        "loop/T22/",
    ],
)
def test_a_mutant_is_killed_by_a_case_about_what_it_breaks(kind, listed, mutants):
    """TS-CONF-031: it answers the controls, and then fails a case that names its rule or row."""
    name = next(name for name in listed if name.startswith(kind))
    (fate,) = killing.fates([listed[name]], mutants, ALL)
    assert fate.outcome == "killed", fate
    case = cases.named([fate.told])[0]
    wanted = listed[name].rule or listed[name].row
    assert not wanted or wanted in {*case.requirements, *case.rows}


def test_a_mutant_that_changes_nothing_survives(listed, reference):
    """The reference itself, called a mutant, is killed by nothing: what kills is the fault."""
    mutant = dataclasses.replace(listed["codec/TS-VERS-001/codec.document-1"], name="none")
    (fate,) = killing.fates([mutant], reference, ALL)
    assert fate.outcome == "survived"


def test_a_mutant_that_answers_nothing_is_not_killed(listed, mutants):
    """TS-CONF-030: one that does not start, or breaks the protocol, shows nothing about a case."""
    mutant = dataclasses.replace(next(iter(listed.values())), name="no-such-mutant")
    (fate,) = killing.fates([mutant], mutants, ALL)
    assert fate.outcome == "unfit"
    assert "no mutant is called no-such-mutant" in fate.told


def test_a_rule_without_a_case_is_told_as_one(listed, mutants):
    """It is a gap of the cases, and not of one case."""
    fate = killing.fates([listed["codec/TS-VERS-001/codec.document-1"]], mutants, [])[0]
    assert fate.outcome == "no case"


def test_survivors_have_reasons_and_reasons_survivors(listed):
    """One without the other is an error, so that neither grows old."""
    mutant, other = list(listed.values())[:2]
    found = [killing.Fate(mutant, "killed", "codec/a"), killing.Fate(other, "survived", "line 1")]
    assert killing.wrong(found, {other.name: "nothing shows it"}, whole=True) == []
    assert killing.wrong(found, {}, whole=True) == [f"{other.name}: survived: line 1"]
    told = killing.wrong(found, {other.name: "x", mutant.name: "x", "gone": "x"}, whole=True)
    assert told == [
        f"{mutant.name} is killed by codec/a: take it off the list of survivors",
        "gone: no mutant is called so",
    ]
    assert list(killing.table(found))[-1].split() == ["all", "2", "1", "1", "0", "0"]


def test_the_command_tells_survivors_and_ends_with_1(mutants, tmp_path, capsys):
    """A table of fates, and 0 only where each mutant dies or has a reason."""
    file = tmp_path / "survivors.json"
    file.write_text(json.dumps({"survivors": {"codec/TS-SEC-023/codec.seal-1": "refused before"}}), "utf-8")
    words = ["mutants", "-m", "codec/TS-SEC-023/codec.seal-1", "-m", "codec/TS-VERS-002/codec.document-1"]
    assert cli.status([*words, "--", *mutants]) == 1
    assert "codec/TS-SEC-023/codec.seal-1: survived" in capsys.readouterr().out
    assert cli.status([*words, "--survivors", str(file), "--", *mutants]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "2", "1", "1", "0", "0"]
    assert cli.status(["mutants", "-m", "none", "--", *mutants]) == 2
    file.write_text("[]", "utf-8")
    assert cli.status([*words, "--survivors", str(file), "--", *mutants]) == 2
    assert cli.status(["mutants", "--", "cat"]) == 3
    capsys.readouterr()


def test_a_command_without_a_list_has_no_mutants():
    """It is no testee of this kind."""
    with pytest.raises(NoTestee, match="lists no mutants"):
        killing.listed(["echo", "hello"])


def test_coverage_counts_rules_with_cases(capsys):
    """A row for each MUST; a rule is caught by cases, excused with a reason, or missing."""
    found = {row.id: row for row in rows(ALL)}
    assert found["TS-CORE-003"].cases > 3
    assert found["TS-CORE-003"].killed
    assert found["TS-CONF-001"].excuse
    assert not found["TS-CONF-001"].missing
    assert "TS-VERS-047" not in found
    assert next(iter(table(found.values()))).split() == ["area", "MUST", "case", "caught", "excused", "missing"]
    assert cli.status(["coverage", "--missing"]) == 0
    missing = [row.id for row in found.values() if row.missing]
    told = capsys.readouterr().out
    assert all(f"{name}: " in told for name in missing)
    assert cli.status(["coverage", "--strict"]) == (1 if missing else 0)
    capsys.readouterr()


@pytest.mark.parametrize("excused", [{"TS-CORE-003": "x"}, {"TS-NONE": "x"}])
def test_an_excuse_of_nothing_is_an_error(excused, tmp_path, monkeypatch):
    """A rule that has cases needs none, and one that is gone neither."""
    (tmp_path / "excused.json").write_text(json.dumps({"excused": excused}), encoding="utf-8")
    killed = {"killed": {"TS-CORE-003": {"mutant": "codec/m", "case": "codec/core-name-twice"}}}
    (tmp_path / "killed.json").write_text(json.dumps(killed), encoding="utf-8")
    monkeypatch.setattr(places, "SETS", tmp_path)
    with pytest.raises(SuiteError, match="is no rule that nothing holds"):
        rows(ALL)
