"""Changes of a run as bytes, and what does not go with its snapshot (durability.md)."""

import json
from pathlib import Path

import pytest

from timestep.codec import document, journal
from timestep.errors import CodecError, StateFormatError
from timestep.types.journal import Change

EXAMPLES = Path(__file__).resolve().parents[3] / "spec/schema/v1/examples/RunState/valid"
PAUSED = document.decode((EXAMPLES / "parallel-one-executed.json").read_bytes())


def change(**members):
    """Return a change, read from its JSON."""
    return journal.decode(json.dumps({"revision": 7, **members}).encode())


def test_a_change_replaces_and_adds():
    """TS-DUR-002: what is absent stays, what is told is what is now, and lists that only grow get what is new."""
    item = {"source": "staged", "item": {"role": "user", "content": "More"}}
    found = journal.applied(
        PAUSED, [change(told=9, runs=[{"id": "r1", "log": [item], "view": [[0, 5]], "server": None, "asked": [2]}])]
    )
    (run,) = found.runs
    assert (found.revision, found.told, run.view, run.asked, run.server) == (7, 9, [(0, 5)], [2], None)
    assert run.log[:4] == PAUSED.runs[0].log
    assert run.log[4].item == item["item"]
    assert run.calls == PAUSED.runs[0].calls


def test_the_end_of_a_ledger_is_replaced_from_where_the_change_says():
    """TS-DUR-002: entries before it stay, whatever stood after it goes."""
    entry = document.to_json(PAUSED)["runs"][0]["calls"][1]
    found = journal.applied(
        PAUSED, [change(runs=[{"id": "r1", "calls": {"from": 1, "entries": [{**entry, "state": "approved"}]}}])]
    )
    assert [call.state for call in found.runs[0].calls] == ["completed", "approved"]


def test_guardrails_and_envelope_are_told_too():
    """TS-DUR-002: results are added, the mark of the input guardrails is replaced, provenance grows."""
    result = {"position": "input", "name": "g", "behavior": "allow"}
    note = {"action": "decided", "subject": "c2: approve"}
    given = {"usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}, "agents": [{"key": "A", "name": "A"}]}
    found = journal.applied(
        PAUSED,
        [
            change(
                **given,
                approvals=[],
                provenance=[note],
                runs=[{"id": "r1", "results": [result], "input_done": "unknown"}],
            )
        ],
    )
    assert found.runs[0].guardrails.input_done == "unknown"
    assert [each.name for each in found.runs[0].guardrails.results] == ["g"]
    assert (found.usage.total_tokens, found.agents[0].key, found.provenance[-1].subject) == (2, "A", "c2: approve")


ASTRAY = {
    "an older revision": {"revision": 5},
    "a run that is not there": {"runs": [{"id": "r9"}]},
    "the end of a run that is not there": {"ended": ["r9"]},
    "a ledger with a gap": {"runs": [{"id": "r1", "calls": {"from": 3, "entries": []}}]},
}


@pytest.mark.parametrize("case", ASTRAY)
def test_a_change_that_does_not_follow_is_refused(case):
    """TS-DUR-003: it is of another run, or changes before it are missing; nothing is guessed."""
    with pytest.raises(StateFormatError, match="does not go with its snapshot") as raised:
        journal.applied(PAUSED, [change(**ASTRAY[case])])
    assert raised.value.code == "state-inconsistent"


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        (b"[]", "state-shape", ""),
        (b'{"revision": "x"}', "state-shape", "/revision"),
        (b'{"revision": 1, "later": 2}', "unknown-field", "/later"),
        (b'{"revision": 1, "runs": [{"id": "r1", "calls": null}]}', "null-optional", "/runs/0/calls"),
        (b'{"revision": 1, "revision": 2}', "json-duplicate", "/revision"),
    ],
)
def test_what_is_no_change_is_refused_at_its_place(text, code, pointer):
    """TS-DUR-003: a journal is read as strictly as a document."""
    with pytest.raises((CodecError, StateFormatError)) as raised:
        journal.decode(text)
    assert (raised.value.code, raised.value.pointer) == (code, pointer)


def test_a_value_without_a_json_form_is_not_written():
    """TS-CORE-014: nothing that could not be read again gets into a journal."""
    bad = document.from_json(json.loads((EXAMPLES / "finished.json").read_bytes())).runs[0]
    entry = bad.log[0].__class__(source="input", item={"role": "user", "content": float("nan")})
    with pytest.raises(CodecError):
        journal.encode(Change(revision=1, runs=[], started=[bad.__class__(**{**_fields(bad), "log": [entry]})]))


def _fields(record):
    return {name: getattr(record, name) for name in record.__struct_fields__}


def test_unknown_fields_inside_a_change_are_kept():
    """TS-VERS-004: records that keep what they do not know keep it in the journal too."""
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, "later": {"a": [1]}}
    found = journal.decode(journal.encode(change(usage=usage)))
    assert found.usage.unknown == {"later": {"a": [1]}}
