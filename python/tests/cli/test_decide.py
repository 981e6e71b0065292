"""`timestep decide`: who may run, told in whichever order, written whole or not at all."""

import json
import os
import stat

import pytest

import timestep
from timestep.cli.decisions import parse
from timestep.errors import UsageError


def decided(path):
    """Return the state and message of each listed call, by path."""
    state = timestep.read(path.read_bytes())
    messages = {approval.call_id: approval.message for approval in state.document.approvals}
    return {item.path: (item.state, messages.get(item.call_id)) for item in state.listed()}


@pytest.fixture
def out(tmp_path):
    """Return where to write."""
    return tmp_path / "decided.json"


@pytest.mark.parametrize("writer", ["python", "js"])
def test_a_call_is_approved_in_the_dialect_it_was_read_in(run, saved, out, writer):
    """N4: the output is of the same SDK, and the call is approved."""
    result = run("decide", saved("one_waiting", writer=writer), "--approve", "call_mail_1", "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "approve call_mail_1  send_email, asked for by Mailer\n"
    assert timestep.read(out.read_bytes()).dialect == f"openai-agents-{writer}"
    assert decided(out) == {"call_mail_1": ("approved", None)}


def test_the_decided_file_says_what_the_sdk_itself_would_have_said(run, saved, out):
    """The decision is written where and as the SDK writes it."""
    run("decide", saved("one_waiting"), "--approve", "call_mail_1", "-o", out)
    theirs = json.loads(saved("one_waiting", "decided").read_text())
    assert json.loads(out.read_text()) == theirs


def test_a_nested_call_is_named_by_its_path(run, saved, out):
    """N4: `PARENT/CALL` names a call in a nested run."""
    path = "call_chief_1/call_agent_1/call_pub_1"
    assert run("decide", saved("nested_in_nested"), "--approve", path, "-o", out).exit_code == 0
    assert decided(out) == {path: ("approved", None)}


def test_each_message_belongs_to_the_rejection_before_it(run, saved, out):
    """N4: `--reject ID --message TEXT`, and other options between two rejections change nothing."""
    first, second = decided(saved("parallel_both_waiting"))
    words = ["--reject", second, "--message", "late", "--by", "Ann", "--reject", first]
    assert run("decide", saved("parallel_both_waiting"), *words, "-o", out).exit_code == 0
    assert decided(out) == {first: ("rejected", None), second: ("rejected", "late")}


def test_one_message_for_all_rejections(run, saved, out):
    """`--reject-all` gives its message to every call it rejects, before it or after it on the line."""
    calls = decided(saved("parallel_both_waiting"))
    for words in (["--reject-all", "--message", "no"], ["--message", "no", "--reject-all"]):
        assert run("decide", saved("parallel_both_waiting"), *words, "-o", out, "--force").exit_code == 0
        assert decided(out) == dict.fromkeys(calls, ("rejected", "no"))


def test_all_others(run, saved, out):
    """`--approve-all` is about the calls that nothing else is said of."""
    first, second = decided(saved("parallel_both_waiting"))
    assert run("decide", saved("parallel_both_waiting"), "--approve-all", "--reject", second, "-o", out).exit_code == 0
    assert decided(out) == {first: ("approved", None), second: ("rejected", None)}


def test_always_decides_on_later_calls_too(run, saved, out):
    """`--always` writes a standing decision."""
    run("decide", saved("one_waiting"), "--approve-all", "--always", "-o", out)
    (approval,) = timestep.read(out.read_bytes()).document.approvals
    assert (approval.item, approval.decision) == ("*", "approve")


def test_what_still_waits_is_told(run, saved, out, printed):
    """Deciding on one of two calls is fine; the other is named."""
    first, second = decided(saved("parallel_both_waiting"))
    result = run("decide", saved("parallel_both_waiting"), "--approve", first, "-o", out, "--format", "json")
    assert result.exit_code == 0
    document = printed(result, "decide")
    assert [(call["path"], call["decision"]) for call in document["decided"]] == [(first, "approve")]
    assert [call["path"] for call in document["pending"]] == [second]
    assert document["output"] == str(out)
    assert f"waits   {second}" in run("decide", saved("parallel_both_waiting"), "--approve", first, "-o", "-").stderr


def test_an_unknown_id_lists_those_that_wait_and_writes_nothing(run, saved, out):
    """A misspelled id is refused, also beside a good one."""
    result = run("decide", saved("one_waiting"), "--approve", "call_mail_1", "--reject", "call_mial_1", "-o", out)
    assert (result.exit_code, out.exists()) == (2, False)
    assert "error[call-unknown]: no call named 'call_mial_1' waits for a decision" in result.stderr
    assert f"  --> {saved('one_waiting')}" in result.stderr
    assert "   = help: waiting: call_mail_1" in result.stderr
    assert result.stderr.endswith("Nothing was decided, and nothing was written.\n")


def test_a_call_of_a_finished_run_is_unknown(run, saved, out):
    """Nothing waits, so nothing can be decided."""
    assert run("decide", saved("finished"), "--approve", "call_mail_1", "-o", out).exit_code == 2
    result = run("decide", saved("finished"), "--approve-all", "-o", out)
    assert (result.exit_code, out.exists()) == (2, False)
    assert "no call waits for a decision" in result.stderr


def test_without_an_output_it_is_wrong_usage(run, saved):
    """N4: `-o` is required, and the refusal says so."""
    result = run("decide", saved("one_waiting"), "--approve-all")
    assert result.exit_code == 2
    assert "say where with -o OUT" in result.stderr


def test_a_file_is_never_replaced_without_force(run, saved, out):
    """TS-SEC-011: the file that is there stays as it is, byte for byte; `--force` replaces it."""
    out.write_text("the only copy")
    words = ["decide", saved("one_waiting"), "--approve-all", "-o", out]
    result = run(*words)
    assert (result.exit_code, out.read_text()) == (2, "the only copy")
    assert "error[output-exists]" in result.stderr
    assert "--force" in result.stderr
    assert run(*words, "--force").exit_code == 0
    assert decided(out)


def test_the_input_can_be_replaced_with_force_only(run, saved, out):
    """Deciding in place is a wish that must be spoken."""
    out.write_bytes(saved("one_waiting").read_bytes())
    assert run("decide", out, "--approve-all", "-o", out).exit_code == 2
    assert run("decide", out, "--approve-all", "-o", out, "--force").exit_code == 0
    assert decided(out) == {"call_mail_1": ("approved", None)}


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_the_output_is_private_and_nothing_else_is_left(run, saved, out):
    """TS-SEC-009, S3: states are 0600; no temporary file stays behind."""
    run("decide", saved("one_waiting"), "--approve-all", "-o", out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(out.parent.iterdir()) == [out]


def test_a_missing_folder_is_an_io_error_and_leaves_nothing(run, saved, tmp_path):
    """Whole or not at all, also where nothing can be written."""
    result = run("decide", saved("one_waiting"), "--approve-all", "-o", tmp_path / "none" / "x.json")
    assert result.exit_code == 2
    assert "error[io]" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_stdin_and_stdout(program, saved):
    """`-` on both sides is a filter; the report goes to stderr."""
    done = program("decide", "-", "--approve-all", "-o", "-", stdin=saved("one_waiting").read_bytes())
    assert done.returncode == 0
    assert timestep.read(done.stdout).listed()[0].state == "approved"
    assert b"approve call_mail_1" in done.stderr


def test_json_and_the_run_cannot_share_stdout(run, saved):
    """Two documents on one stream would be none."""
    assert run("decide", saved("one_waiting"), "--approve-all", "-o", "-", "--format", "json").exit_code == 2


def test_who_decided_is_kept_where_there_is_a_place_for_it(run, saved, tmp_path, out):
    """`--by` stands in a canonical state with the time; an SDK's file can't hold it, and that is said."""
    own = tmp_path / "own.json"
    run("convert", saved("one_waiting"), "--to", "timestep", "-o", own)
    assert run("decide", own, "--approve-all", "--by", "Ann", "-o", out).exit_code == 0
    (approval,) = timestep.read(out.read_bytes()).document.approvals
    assert approval.by == "Ann"
    assert approval.at.endswith("+00:00")
    result = run("decide", saved("one_waiting"), "--approve-all", "--by", "Ann", "-o", "-")
    assert "openai-agents-python files have no place for who decided" in result.stderr


def test_session_items_have_nothing_to_decide(run, saved, out):
    """A list of items is refused by name."""
    result = run("decide", saved("session", "session"), "--approve-all", "-o", out)
    assert result.exit_code == 2
    assert "only a run state has decisions" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing is decided"),
        (["--approve-all", "--reject-all"], "contradict each other"),
        (["--approve", "call_mail_1", "--reject", "call_mail_1"], "decided twice"),
        (["--approve", "call_mail_1", "--approve", "call_mail_1"], "decided twice"),
        (["--approve", "call_mail_1", "--message", "x"], "--message belongs after the --reject"),
        (["--message", "x", "--reject", "call_mail_1"], "--message belongs after the --reject"),
        (["--message", "x", "--message", "y", "--reject-all"], "--message belongs after the --reject"),
        (["--reject", "call_mail_1", "--message", "x", "--message", "y"], "two messages for one rejection"),
    ],
)
def test_what_contradicts_itself_is_wrong_usage(run, saved, out, words, message):
    """An unclear command decides nothing."""
    result = run("decide", saved("one_waiting"), *words, "-o", out)
    assert (result.exit_code, out.exists()) == (2, False)
    assert message in result.stderr


def test_a_message_that_looks_like_an_option_is_a_message(run, saved, out):
    """What follows `--message` is text, whatever it looks like."""
    assert run("decide", saved("one_waiting"), "--reject", "call_mail_1", "--message", "-h", "-o", out).exit_code == 0
    assert decided(out) == {"call_mail_1": ("rejected", "-h")}


def test_messages_are_paired_in_the_order_given():
    """The pairing alone: the message of a single rejection stays there, though `--reject-all` stands on the line."""
    given = [("reject", "a"), ("message", "m"), ("reject_all", ""), ("reject", "b")]
    assert [(one.call, one.message) for one in parse(given)] == [("a", "m"), ("b", None), (None, None)]
    with pytest.raises(UsageError):
        parse([("message", "m"), ("reject_all", ""), ("message", "n")])
