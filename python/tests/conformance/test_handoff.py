"""Hand-off: what one testee has saved another one goes on with."""

import dataclasses
import json
import shlex
from datetime import date

import pytest

from timestep_conformance import cases
from timestep_conformance.cli import status
from timestep_conformance.handoff import handed_over
from timestep_conformance.known import Entry, KnownFailures
from timestep_conformance.run import FAILED, NO_VERDICT, OK, USAGE

from .whole_cases import approved, pays, small_testee

RIGHT = small_testee()


def outcomes(result):
    """Return what became of each case."""
    return {verdict.case.id: verdict.outcome for verdict in result.verdicts}


def test_all_ordered_pairs_play_each_case():
    """TS-CONF-031: each of three goes on with what each other one has saved, under a name of its own."""
    result = handed_over([approved(handoff=True)], [RIGHT, RIGHT, RIGHT], timeout=5)
    assert result.status == OK
    names = ("small", "small#2", "small#3")
    pairs = {f"durable/pays@{one}>{other}" for one in names for other in names if one != other}
    assert outcomes(result) == dict.fromkeys(pairs, "pass")
    assert {verdict.schedules for verdict in result.verdicts} == {13}  # one interruption, and twelve kills


def test_one_that_pays_again_is_caught_where_it_goes_on():
    """TS-DUR-043: the ledger goes on over both."""
    result = handed_over([pays("c1", handoff=True)], [RIGHT, small_testee("pays-again")], timeout=5)
    found = outcomes(result)
    assert found == {"durable/pays@small#2>small": "pass", "durable/pays@small>small#2": "fail"}
    why = next(verdict.why for verdict in result.verdicts if verdict.outcome == "fail")
    assert "TS-DUR-043" in why
    assert "killed after callback" in why
    assert result.status == FAILED


def test_what_one_of_two_does_not_declare_is_not_played():
    """TS-CONF-011: nothing was handed over, and that is no success."""
    case = dataclasses.replace(approved(handoff=True), features=("handoffs",))
    result = handed_over([case], [RIGHT, RIGHT], timeout=5)
    assert set(outcomes(result).values()) == {"undeclared"}
    assert result.status == NO_VERDICT


def test_a_pair_that_fails_can_be_known():
    """TS-CONF-032: under the id of the case with the pair behind it; one that passes is stale."""
    entry = Entry(("durable/pays@*>small#2",), "fail", "law", "it pays twice", None, date(2999, 1, 1))
    entries = KnownFailures([entry])
    result = handed_over(
        [pays("c1", handoff=True)], [RIGHT, small_testee("pays-again")], timeout=5, known=entries, whole=True
    )
    assert result.status == OK
    assert [verdict.score for verdict in result.verdicts] == ["passed", "known"]


@pytest.fixture
def words():
    """Return the words of a command with two testees."""
    return ["--", *RIGHT, "----", *RIGHT]


def test_the_command_reports_as_a_run_does(words, tmp_path, capsys):
    """The command hands over each case that says so, and writes the reports of a run."""
    files = {name: tmp_path / name for name in ("jsonl", "junit", "markdown")}
    options = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    assert status(["handoff", "-k", "durable/approved-call-runs", "--timeout", "5", *options, *words]) == OK
    assert "small, small#2 1: 2 passed" in capsys.readouterr().out
    rows = [json.loads(line) for line in files["jsonl"].read_text(encoding="utf-8").splitlines()]
    assert rows[0]["command"] == words[1:]
    assert "durable/approved-call-runs@small&gt;small#2" in files["junit"].read_text(encoding="utf-8")


def test_a_failure_is_reproduced_by_a_command_that_works(capsys):
    """The line at the end of a failure hands the same case over again."""
    wrong = ["--", *RIGHT, "----", *small_testee("begins-again")]
    assert status(["handoff", "-k", "durable/crash-plain-answer", "--timeout", "5", *wrong]) == FAILED
    told = next(line for line in capsys.readouterr().out.splitlines() if "Reproduce: " in line)
    program, *again = shlex.split(told.partition("Reproduce: ")[2])
    assert program == "timestep-conformance"
    assert status(again) == FAILED


@pytest.mark.parametrize("words", [["--", *RIGHT], ["-k", "durable/plain-answer", "--", *RIGHT, "----", *RIGHT]])
def test_it_takes_two_testees_and_a_case_that_is_handed_over(words, capsys):
    """Wrong usage is told as such."""
    assert status(["handoff", *words]) == USAGE
    assert "it takes two testees" in capsys.readouterr().err


def test_the_cases_that_are_handed_over_need_little():
    """What stops for a person is played by whoever can run and resume, with no store of its own."""
    simple = [case for case in cases.load() if case.handoff and set(case.features) == {"run", "resume"}]
    assert len(simple) >= 6
    assert not any("store" in case.args for case in simple)
