"""The run state that users hold: listing, deciding, checking, writing (approvals.md, TS-APPR-001 to TS-APPR-032)."""

import json
import os

import pytest

from timestep.codec.digest import call_digest
from timestep.errors import ApprovalError, ConversionError, TimestepError, UsageError
from timestep.state import RunState, check, read, write

PYTHON, JS, OWN = "openai-agents-python", "openai-agents-js", "timestep"
FOLDERS = {PYTHON: "openai-agents-python/0.24.0", JS: "openai-agents-js/0.20.0"}
BOTH = pytest.mark.parametrize("family", FOLDERS)


@pytest.fixture
def saved(repo_root):
    """Return a function that reads a saved state of a family."""

    def load(family: str, name: str, **options) -> RunState:
        found = read(repo_root / "fixtures" / FOLDERS[family] / f"{name}.json", **options)
        assert isinstance(found, RunState)
        return found

    return load


def standing(state: RunState) -> dict[str, str]:
    """Return how each listed call stands, by path."""
    return {item.path: item.state for item in state.listed()}


def again(state: RunState, to: str | None = None, **options) -> RunState:
    """Return a state that was written, in its own dialect or another, and read again."""
    found = read(write(state, to or state.dialect, **options).data)
    assert isinstance(found, RunState)
    return found


@BOTH
def test_an_interruption_shows_what_is_decided_on(saved, family):
    """Agent, tool, call id, path and the exact argument text (TS-APPR-001, TS-ITEM-003)."""
    (item,) = saved(family, "one_waiting.undecided").get_interruptions()
    assert (item.agent, item.tool, item.kind) == ("Mailer", "send_email", "function")
    assert (item.call_id, item.path, item.state) == ("call_mail_1", "call_mail_1", "pending")
    assert item.arguments == '{"to":"ann@example.com","subject":"Hello"}'


@BOTH
@pytest.mark.parametrize("by", ["item", "path"])
def test_approve_and_reject(saved, family, by):
    """A decision holds for its call and is exact, bound by digest (TS-APPR-001, TS-APPR-002)."""
    for verb, word in (("approve", "approved"), ("reject", "rejected")):
        state = saved(family, "one_waiting.undecided")
        (item,) = state.get_interruptions()
        getattr(state, verb)(item if by == "item" else item.path)
        assert standing(state) == {"call_mail_1": word}
        (approval,) = state.document.approvals
        call = state.document.runs[0].calls[0]
        assert (approval.item, approval.call_id, approval.digest) == (call.item, "call_mail_1", call.digest)
        assert standing(again(state)) == standing(state)
        assert state.get_interruptions() == []


@BOTH
def test_messages_and_names_of_deciders_are_kept(saved, family):
    """The message crosses into the file; who decided, and when, stands in the record (TS-APPR-032, BARS T3)."""
    state = saved(family, "one_waiting.undecided")
    state.reject("call_mail_1", rejection_message="Not before Monday.", by="ann@example.com")
    (approval,) = state.document.approvals
    assert (approval.message, approval.by) == ("Not before Monday.", "ann@example.com")
    assert approval.at is not None
    note = state.document.provenance[-1]
    assert (note.action, note.subject, note.by) == ("decided", "call_mail_1: reject", "ann@example.com")
    assert again(state).document.approvals[0].message == "Not before Monday."


@BOTH
def test_deciding_again_replaces(saved, family):
    """The last word on a call counts; every decision stays on record (TS-APPR-003, TS-APPR-032)."""
    state = saved(family, "one_waiting.undecided")
    for number in range(3):
        state.approve("call_mail_1", by=f"p{number}")
        state.reject("call_mail_1", by=f"q{number}")
    assert standing(state) == {"call_mail_1": "rejected"}
    assert [approval.decision for approval in state.document.approvals] == ["reject"]
    assert [note.subject[-7:] for note in state.document.provenance if note.action == "decided"] == [
        "approve", " reject",
    ] * 3  # fmt: skip
    assert standing(again(state)) == {"call_mail_1": "rejected"}


@BOTH
@pytest.mark.parametrize("order", ["sticky-first", "exact-first"])
@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_exact_beats_sticky_whatever_the_order(saved, family, order, verdict):
    """A standing decision never changes what was decided on one call (TS-APPR-010)."""
    state = saved(family, "parallel_both_waiting.undecided")
    first, second = state.get_interruptions()
    assert first.tool == second.tool
    opposite = "reject" if verdict == "approve" else "approve"
    steps = [
        lambda: getattr(state, opposite)(first.path, True),
        lambda: getattr(state, verdict)(second.path),
    ]
    for step in steps if order == "sticky-first" else reversed(steps):
        step()
    words = {"approve": "approved", "reject": "rejected"}
    expected = {first.path: words[opposite], second.path: words[verdict]}
    assert standing(state) == expected
    assert standing(again(state)) == expected
    assert standing(again(state, OWN)) == expected


@BOTH
def test_always_holds_for_calls_of_that_tool_and_agent(saved, family):
    """A standing decision decides the other waiting calls of the tool as well (TS-APPR-002)."""
    state = saved(family, "parallel_both_waiting.undecided")
    first, second = state.get_interruptions()
    state.approve(first, always_approve=True)
    assert standing(state) == {first.path: "approved", second.path: "approved"}
    (approval,) = state.document.approvals
    assert (approval.item, approval.digest, approval.call_id) == ("*", None, first.call_id)
    assert approval.run == ("*" if family == JS else state.document.runs[0].id)
    assert "sticky" in state.document.requires
    state.reject(first, always_reject=True)
    assert standing(state) == {first.path: "rejected", second.path: "rejected"}
    assert len(state.document.approvals) == 1


@BOTH
def test_a_later_standing_decision_wins_over_one_without_agent(saved, family):
    """Standing decisions on tools that the SDKs keep without an agent give way to later ones (TS-APPR-012)."""
    state = saved(family, "shell_sticky.decided")
    (item,) = state.listed()
    assert item.state == "approved"
    state.reject(item, always_reject=True)
    assert standing(state) == {item.path: "rejected"}
    assert standing(again(state)) == {item.path: "rejected"}


@BOTH
def test_nested_calls_are_decided_by_path(saved, family):
    """A nested call is named by the calls above it; its decision stays with its run (TS-APPR-031, TS-PY-005)."""
    state = saved(family, "nested_agent_tool.undecided")
    (item,) = state.get_interruptions()
    assert item.path == "call_agent_1/call_pub_1"
    state.approve(item.path)
    (approval,) = state.document.approvals
    assert approval.run == state.document.runs[1].id
    assert standing(again(state)) == {item.path: "approved"}
    short = saved(family, "nested_agent_tool.undecided")
    short.reject("call_pub_1")
    assert standing(short) == {item.path: "rejected"}


@BOTH
def test_unknown_and_ambiguous_names_are_refused(saved, family):
    """A decision names exactly one waiting call; a refusal changes nothing (TS-APPR-031)."""
    state = saved(family, "nested_parallel_same_agent.undecided")
    paths = [item.path for item in state.get_interruptions()]
    before = state.document
    for name in ("", "call_ghost", "call_agent_1/call_ghost", paths[0] + "/x", "*"):
        with pytest.raises(ApprovalError) as raised:
            state.approve(name)
        assert raised.value.code == "call-unknown"
        assert paths[0] in (raised.value.help or "")
    assert state.document is before


def test_one_call_id_in_two_nested_runs_is_ambiguous(saved):
    """Two nested calls of one id are told apart by their paths alone (TS-APPR-031)."""
    state = saved(PYTHON, "nested_parallel_same_agent.undecided")
    ids = sorted({item.call_id for item in state.get_interruptions()})
    assert len(ids) == 2
    text = json.dumps(json.loads((write(state, OWN)).data))
    document = json.loads(text)
    document.pop("ext", None)
    child = document["runs"][2]
    for call in child["calls"]:
        if call["call_id"] == ids[1]:
            call["call_id"] = child["log"][call["item"]]["item"]["call_id"] = ids[0]
            entry = child["log"][call["item"]]
            call["digest"] = call_digest(child["id"], entry["agent"], call["tool"], ids[0], entry["item"]["arguments"])
    both = read(json.dumps(document))
    assert isinstance(both, RunState)
    with pytest.raises(ApprovalError) as raised:
        both.approve(ids[0])
    assert raised.value.code == "call-ambiguous"
    first, second = both.get_interruptions()
    both.approve(first.path)
    both.reject(second.path)
    assert standing(both) == {first.path: "approved", second.path: "rejected"}
    both.approve(second.path)
    assert len(both.document.approvals) == 2


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_calls_that_may_have_run_are_not_decided(saved, verb):
    """A decision on a call that may have run could run it twice (TS-APPR-030, TS-TOOL-011)."""
    data = json.loads(write(saved(PYTHON, "one_waiting.undecided"), PYTHON).data)
    data["context"]["tool_invocations"]["call_mail_1"]["executed"] = True
    state = read(json.dumps(data))
    assert isinstance(state, RunState)
    assert standing(state) == {"call_mail_1": "indeterminate"}
    with pytest.raises(ApprovalError) as raised:
        getattr(state, verb)("call_mail_1")
    assert raised.value.code == "call-indeterminate"
    with pytest.raises(ConversionError) as refused:
        write(state, PYTHON)
    assert "faithful-error-state" in (refused.value.help or "")


@BOTH
def test_decisions_are_marked_unverified_unless_trusted(saved, family):
    """Decisions in a file without a seal are kept and flagged (TS-SEC-001, RULINGS N1)."""
    untrusted = saved(family, "one_waiting.decided")
    assert [finding.code for finding in untrusted.findings] == ["decisions-unverified"]
    assert saved(family, "one_waiting.decided", trusted=True).findings == []
    assert saved(family, "one_waiting.undecided").findings == []
    assert standing(untrusted) == {"call_mail_1": "approved"}


@BOTH
def test_deciding_gives_what_the_sdk_would_have_saved(saved, repo_root, family):
    """Approve in our hands, then write: the decisions are those of the SDK's own decided file (TS-APPR-001)."""
    ours = saved(family, "one_waiting.undecided")
    ours.approve("call_mail_1")
    theirs = json.loads((repo_root / "fixtures" / FOLDERS[family] / "one_waiting.decided.json").read_bytes())
    written = json.loads(write(ours, family).data)["context"]
    assert {key: value for key, value in written.items() if "pproval" in key} == {
        key: value for key, value in theirs["context"].items() if "pproval" in key
    }


@BOTH
def test_a_state_is_replaced_and_never_changed(saved, family):
    """The document is frozen; a decision makes a new one (RULINGS N3)."""
    state = saved(family, "one_waiting.undecided")
    before, bytes_before = state.document, write(state, OWN).data
    state.approve("call_mail_1")
    assert state.document is not before
    assert before.approvals == []
    assert write(saved(family, "one_waiting.undecided"), OWN).data == bytes_before
    with pytest.raises(AttributeError):
        before.id = "x"  # pyright: ignore[reportAttributeAccessIssue]


def test_check_raises_for_nothing_that_stands_in_a_file():
    """Whatever the bytes are, `check` gives findings (RULINGS N9)."""
    for data in (
        b"",
        b"\x00",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[1]",
        b"{}",
        b'{"format":1}',
        os.urandom(200),
        "{",
        "\ud800",
        "[" * 5000,
    ):
        findings = check(data)
        assert all(finding.code and finding.severity for finding in findings)
        assert findings or data == b"[]"


def test_check_and_read_say_which_file(tmp_path):
    """A missing file is the caller's fault; a bad one is named in the error (TS-CORE-015)."""
    missing, bad = tmp_path / "none.json", tmp_path / "bad.json"
    with pytest.raises(UsageError) as raised:
        check(missing)
    assert raised.value.code == "io"
    bad.write_text('{"$schemaVersion":\n 7}', encoding="utf-8")
    with pytest.raises(TimestepError) as refused:
        read(bad)
    assert (refused.value.file, refused.value.line, refused.value.column) == (str(bad), 2, 2)
    (finding,) = check(bad)
    assert (finding.code, finding.pointer, finding.line) == ("version-shape", "/$schemaVersion", 2)


def test_findings_have_a_place(repo_root):
    """A warning on a file names its line and column (TS-CORE-015, TS-APPR-020)."""
    path = repo_root / "fixtures" / FOLDERS[PYTHON] / "one_waiting.decided.json"
    value = json.loads(path.read_bytes())
    del value["context"]["tool_invocations"]["call_mail_1"]
    text = json.dumps(value, indent=1)
    (finding,) = check(text)
    assert (finding.code, finding.pointer) == ("approval-unbound", "/context/function_tool_approvals/0/decision")
    assert finding.line is not None
    assert '"decision": {' in text.splitlines()[finding.line - 1]
