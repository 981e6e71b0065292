"""Known failures: each is told with how, why and until when, and one that is no longer so is an error."""

import json
from datetime import date

import pytest

from timestep_conformance import cases
from timestep_conformance.known import KnownError, KnownFailures, read, text_of
from timestep_conformance.run import FAILED, NO_VERDICT

TODAY = date(2026, 11, 21)
CONTROLS = cases.named(["codec/timestep-taken", "codec/timestep-cut-short"])
#: A testee that takes everything for a state of this specification.
TAKES_ALL = """
def serve(request):
    return {"ok": {"kind": "run-state", "dialect": "timestep", "number": "1.0", "warnings": []}}
"""


def entry(**changes):
    """Return an entry that fits the failure of TAKES_ALL."""
    row = {"cases": "codec/timestep-cut-short", "outcome": "fail", "answer": "ok", "reason": "it has no parser yet",
           "until": "2026-12-31", "link": "https://example.com/issues/1"}  # fmt: skip
    return {name: value for name, value in {**row, **changes}.items() if value is not None}


def known(tmp_path, *rows):
    """Return a list with these entries, read on that day."""
    file = tmp_path / "known.json"
    file.write_text(json.dumps({"known_failing": rows}), encoding="utf-8")
    return read(file, TODAY)


def test_a_known_failure_fails_no_run(tmp_path, small, asked):
    """TS-CONF-032: it is counted as known, with its reason, and nothing passes by it."""
    rows = entry(), entry(cases="*-taken", outcome="unscored", answer=None)
    result = asked(CONTROLS, small(TAKES_ALL), known=known(tmp_path, *rows))
    assert [(verdict.score, verdict.known) for verdict in result.verdicts] == [("known", "it has no parser yet")] * 2
    assert result.stale == []
    assert result.status == NO_VERDICT


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([entry(outcome="timeout")], "known to fail as timeout ok, and ends with fail (ok)"),
        ([entry(answer="err json-syntax")], "known to fail as fail err json-syntax"),
        ([entry(until="2026-11-20")], "until 2026-11-20, which is over: it has no parser yet"),
        ([entry(), entry(cases="codec/no-such-case")], "codec/no-such-case: no case is called so"),
        ([entry(cases=["codec/timestep-cut-*", "codec/no-such-*"])], "codec/no-such-*: no case is called so"),
        ([entry(), entry(answer="err json-syntax")], "codec/timestep-cut-short: no case fails so"),
    ],
)
def test_a_list_that_is_no_longer_right_fails_the_run(rows, told, tmp_path, small, asked):
    """TS-CONF-032: one that fails in another way, is past its day, or is of no case."""
    result = asked(CONTROLS, small(TAKES_ALL), known=known(tmp_path, *rows), whole=True)
    assert any(told in line for line in result.stale), result.stale
    assert result.status == FAILED


def test_one_reason_may_cover_many_cases(tmp_path, small, asked):
    """TS-CONF-032: an entry has a list of ids and globs; of several entries about a case, the one that fits counts."""
    rows = [
        entry(answer="err usage"),
        entry(cases=["codec/timestep-cut-*"]),
        entry(cases=["codec/none", "*-taken"], outcome="unscored", answer=None),
    ]
    result = asked(CONTROLS, small(TAKES_ALL), known=known(tmp_path, *rows))
    assert {verdict.score for verdict in result.verdicts} == {"known"}


def test_a_known_failure_that_passes_fails_the_run(tmp_path, reference, asked):
    """TS-CONF-032: what works now is taken off the list, so that it can't break again unseen."""
    result = asked(CONTROLS, reference, known=known(tmp_path, entry()))
    assert result.stale == ["codec/timestep-cut-short passes: take it off the list of known failures"]
    assert result.status == FAILED


def test_a_part_of_the_cases_makes_no_entry_stale(tmp_path, reference, asked):
    """Only a run over everything can tell that no case is called so."""
    names = known(tmp_path, entry(cases="codec/gone", until="2026-11-21"))
    assert asked(CONTROLS, reference, known=names, whole=False).stale == []


@pytest.mark.parametrize(
    "row",
    [
        {"cases": "x"},
        entry(cases=[]),
        entry(cases=[7]),
        entry(reason=""),
        entry(until="soon"),
        entry(until=None),
        entry(since="2026"),
        "x",
    ],
)
def test_an_entry_says_all_that_is_needed(row, tmp_path):
    """TS-CONF-032: how, why and until when; a name that is not known is an error and no remark."""
    with pytest.raises(KnownError, match=r"known\.json"):
        known(tmp_path, row)


def test_what_fails_now_can_be_written_down(tmp_path, small, asked):
    """A list made of a run knows its failures, in the same way."""
    result = asked(CONTROLS, small(TAKES_ALL))
    file = tmp_path / "known.json"
    file.write_text(text_of(result.verdicts, date(2026, 12, 1)), encoding="utf-8")
    again = asked(CONTROLS, small(TAKES_ALL), known=read(file, TODAY))
    assert {verdict.score for verdict in again.verdicts} == {"known"}
    assert again.stale == []
    assert KnownFailures().stale(CONTROLS, whole=True) == []
