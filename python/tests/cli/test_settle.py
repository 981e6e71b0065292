"""`timestep settle`: what became of calls in files that may have run."""

import asyncio
from pathlib import Path

import pytest

import timestep

DOUBT = "error_after_approval_state"


def calls(path):
    """Return the calls of a file with their states."""
    return {call.call_id: call.state for call in timestep.read(Path(path)).document.runs[0].calls}


@pytest.fixture
def out(tmp_path):
    """Return where the settled run goes."""
    return tmp_path / "settled.json"


@pytest.fixture
def own(saved, tmp_path):
    """Return a call in doubt in a file of our own form."""
    path = tmp_path / "own.json"
    data = timestep.write(timestep.read(saved(DOUBT)), to="timestep", assume=["faithful-error-state"]).data
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("way", "becomes"),
    [
        (["--retry"], ("requested", [])),
        (["--output", "sent, receipt 7"], ("completed", ["sent, receipt 7"])),
        (["--fail", "The server refused."], ("failed", ["The server refused."])),
        (["--fail"], ("failed", ["The tool failed."])),
    ],
    ids=["retry", "output", "fail", "fail-by-default"],
)
def test_what_became_of_a_call_is_written(run, own, printed, way, becomes):
    """TS-APPR-034: that it runs again, its result, or that it failed; with who found out."""
    out = own.with_name("settled.json")
    result = run("settle", own, "call_mail_1", *way, "--by", "ann", "-o", out, "--format", "json")
    assert result.exit_code == 0, result.stderr
    document = printed(result, "settle")
    assert (document["settled"]["path"], document["settled"]["how"]) == ("call_mail_1", way[0][2:])
    assert (document["pending"], document["output"]) == ([], str(out))
    state = timestep.read(out)
    note = state.document.provenance[-1]
    assert (note.subject, note.by) == (f"call_mail_1: {way[0][2:]}", "ann")
    outputs = [entry.item["output"] for entry in state.document.runs[0].log if "output" in entry.item]
    assert (calls(out)["call_mail_1"], outputs) == becomes


def test_a_file_of_an_sdk_stays_one(run, saved, out):
    """TS-APPR-034: it is written in the form it was read in, and the SDK has no place for who found out."""
    result = run("settle", saved(DOUBT), "call_mail_1", "--output", "sent", "--by", "ann", "-o", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        "note: openai-agents-python files have no place for who decided; ann is not in the output",
        "output  call_mail_1  send_email, asked for by Mailer",
    ]
    assert timestep.read(out).dialect == "openai-agents-python"
    assert calls(out) == {"call_mail_1": "completed"}


def test_a_command_that_is_shown_does_what_it_says(run, saved, work):
    """TS-APPR-030: `show` and `resume` suggest to settle a call that may have run, and not the approval of it."""
    (work / "doubt.json").write_bytes(saved(DOUBT).read_bytes())
    told = "  timestep settle doubt.json call_mail_1 -o settled.json --retry, or --output TEXT, or --fail\n"
    shown = run("show", "doubt.json").stdout
    assert told in shown
    assert "--approve" not in shown
    words, _, _ = told.partition(" --retry")
    assert run(*words.split()[1:], "--retry").exit_code == 0
    assert "timestep settle" not in run("show", "settled.json").stdout


def test_a_run_that_is_settled_goes_on(run, agent, work, loaded):
    """TS-APPR-034: with the model told of what was found out; before that `resume` says what to do."""
    pay = "import asyncio\n@function_tool\nasync def pay() -> str:\n    'Pay.'\n    await asyncio.Event().wait()\n"
    target = agent("[tool_call('pay', {}, 'c1')]", pay, tools="[pay]")

    async def stopped():
        from timestep.cli.agents_at import load

        handle = timestep.run_agent(load(target), "Pay.")
        async for event in handle:
            if event["type"] == "tool_call":
                handle.cancel()
        return handle.state

    (work / "stopped.json").write_bytes(timestep.write(asyncio.run(stopped()), to="timestep").data)
    at_once = ["settle", "stopped.json", "c1", "--fail", "-o", "at-once.json"]
    assert (run(*at_once).exit_code, calls("at-once.json")) == (0, {"c1": "failed"})
    result = run("resume", "stopped.json", "--agent", target, "-o", "doubt.json")
    assert result.exit_code == 3
    settle = "  timestep settle doubt.json c1 -o settled.json --retry, or --output TEXT, or --fail\n"
    assert result.stderr.endswith(settle)
    assert run("settle", "doubt.json", "c1", "--output", "paid 5", "-o", "settled.json").exit_code == 0
    result = run("resume", "settled.json", "--agent", agent("['Done.']", pay, tools="[pay]"))
    assert (result.exit_code, result.stdout) == (0, "Done.\n")
    assert [item["output"] for item in loaded().model.requests[0].input if "output" in item] == ["paid 5"]


def test_stdin_and_stdout(program, saved):
    """`-` on both sides is a filter; the report goes to stderr."""
    done = program("settle", "-", "call_mail_1", "--retry", "-o", "-", stdin=saved(DOUBT).read_bytes())
    assert done.returncode == 0
    assert timestep.read(done.stdout).get_interruptions() == []
    assert done.stderr.startswith(b"retry   call_mail_1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["call_mail_1", "-o", "x.json"], "--retry, --output TEXT or --fail [TEXT]"),
        (["call_mail_1", "--retry", "--output", "x.json"], "--retry, --output TEXT or --fail [TEXT]"),
        (["call_mail_1", "--output", "x.json"], "say where with -o OUT"),
        (["call_mail_9", "--retry", "-o", "x.json"], "no call named 'call_mail_9' waits"),
        (["call_mail_1", "--retry", "-o", "-", "--format", "json"], "only one thing can go to stdout"),
    ],
)
def test_what_is_unclear_settles_nothing(run, saved, work, words, told):
    """Exit 2 with what is wrong, and nothing is written; a file name behind --output is taken for no result."""
    result = run("settle", saved(DOUBT), *words)
    assert (result.exit_code, list(work.iterdir())) == (2, [])
    assert told in result.stderr
    assert result.stderr.endswith("Nothing was settled, and nothing was written.\n")


def test_a_call_that_waits_for_a_decision_is_not_settled(run, saved, out):
    """TS-APPR-034: only of a call that may have run something can have become."""
    result = run("settle", saved("one_waiting"), "call_mail_1", "--retry", "-o", out)
    assert (result.exit_code, out.exists()) == (2, False)
    assert "only a call that may have run is settled" in result.stderr
    assert "decide on it with approve or reject" in result.stderr


def test_a_file_is_never_replaced_without_force(run, saved, out):
    """TS-SEC-011: the file that is there stays as it is."""
    out.write_text("the only copy")
    words = ["settle", saved(DOUBT), "call_mail_1", "--retry", "-o", out]
    assert (run(*words).exit_code, out.read_text()) == (2, "the only copy")
    assert run(*words, "--force").exit_code == 0
    assert calls(out) == {"call_mail_1": "requested"}
