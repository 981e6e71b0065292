"""`timestep run` and `timestep chat` with --store: runs that `timestep runs` goes on with, whatever stopped them."""

import asyncio
import os
import re
import shlex

import pytest

from timestep import RunStateStore

ONE = "[['Let me look.', MAIL], 'Done.']"


def begun(result):
    """Return the id of the run that was told at its beginning."""
    return re.match(r"run       (run_\w+) in ", result.stderr)[1]


def kept(place, run, session="default"):
    """Return a run as its store has it."""
    return asyncio.run(RunStateStore(session_id=session, connection=place).load(run))


def told(result):
    """Return the commands that go on with a run, as they were told."""
    *_, last = result.stderr.splitlines()
    return [shlex.split(command)[1:] for command in last.strip().split(" && ")]


def test_a_run_is_gone_on_with_as_it_says(run, agent, work, place, loaded):
    """Issue 7: it is in the store and in no file, and the commands that are told decide on it and end it."""
    words = ["--store", place]
    result = run("run", agent(ONE), "Mail Ann.", *words)
    name = begun(result)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "waits for a decision (1)" in result.stderr
    approve = ["runs", "approve", name, "call_mail_1", *words]
    assert told(result) == [approve, ["runs", "resume", name, "--agent", "mail.py:agent", *words]]
    assert not list(work.glob("**/run_*.json"))
    assert run(*told(result)[0]).exit_code == 0
    agent("['Done.']")
    assert run(*told(result)[1]).stdout == "Done.\n"
    assert loaded().sent == ["ann@example.com"]
    assert kept(place, name).document.runs[0].step.type == "finished"


def test_the_store_is_the_default_one_unless_it_is_named(run, agent, work):
    """Issue 7: --store alone is where `timestep runs` looks, --store-session its session; --session is as ever."""
    result = run("run", agent(ONE), "Mail Ann.", "--store", "--store-session", "trip", "--session", "ann")
    assert f" in {work / 'home' / 'runs.sqlite3'}\n" in result.stderr
    name = begun(result)
    assert told(result)[0] == ["runs", "approve", name, "call_mail_1", "--session", "trip"]
    target = ["--agent", "mail.py:agent", "--conversation", "ann"]
    assert told(result)[1] == ["runs", "resume", name, *target, "--session", "trip"]
    for option in ("--session", "--store-session"):
        assert run("runs", "list", option, "trip").stdout.startswith(name)
    assert run("runs", "list").stdout == ""


def test_a_conversation_has_one_name_with_every_verb(run, agent):
    """Issue 7: --conversation is taken by `run`, `resume` and `chat` too, where --session means it as ever."""
    run("run", agent(ONE), "Mail Ann.", "--conversation", "trip", "--save", "paused.json")
    assert run("resume", "paused.json", "--agent", agent("['Done.']"), "--approve-all", "--conversation", "trip").stdout
    run("chat", agent("['Hello.']"), "--conversation", "trip", stdin="Hi.\n")
    texts = run("sessions", "show", "trip").stdout
    assert all(text in texts for text in ("Mail Ann.", "Done.", "Hi.", "Hello."))


def test_decisions_on_the_way_are_kept_too(run, agent, place, loaded):
    """Issue 7: --approve all goes on in the same process; the store has the end, and the call ran once."""
    result = run("run", agent(ONE), "Mail Ann.", "--store", place, "--approve", "all")
    assert (result.exit_code, result.stdout) == (0, "Done.\n")
    assert loaded().sent == ["ann@example.com"]
    assert kept(place, begun(result)).document.runs[0].step.output == "Done."


def test_json_says_where_the_run_is(run, agent, work, printed):
    """Issue 7: its place and its id; nothing is written beside it but what --save names."""
    store = ["--store", "runs.sqlite3", "--format", "json"]
    document = printed(run("run", agent(ONE), "Mail Ann.", *store), "run")
    assert (document["status"], document["place"], document["state_file"]) == (
        "waiting",
        str(work / "runs.sqlite3"),
        None,
    )
    assert kept("runs.sqlite3", document["run"]).version
    document = printed(run("run", agent(ONE), "Mail Ann.", "--save", "a.json", *store), "run")
    assert (document["state_file"], (work / "a.json").exists()) == ("a.json", True)


def test_what_an_error_has_stopped_is_in_the_store(run, agent, work):
    """Issue 7: no file is written for it, and the command that goes on is told."""
    result = run("run", agent("[[WEATHER], ModelError('overloaded')]"), "Hi.", "--store")
    assert result.exit_code == 1
    assert told(result) == [["runs", "resume", begun(result), "--agent", "mail.py:agent"]]
    assert not list(work.glob("**/run_*.json"))
    agent("['Done.']")
    assert run(*told(result)[0]).stdout == "Done.\n"


def test_what_is_not_in_the_store_is_not_gone_on_with(run, agent, work):
    """TS-STORE-008: where the store refuses the first step nothing is done, and nothing is suggested."""
    (work / "runs.sqlite3").mkdir()
    result = run("run", agent(ONE), "Mail Ann.", "--store", "runs.sqlite3")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[storage-" in result.stderr
    assert not re.search("timestep runs|run_", result.stderr)


KILLED = """
import os
from pathlib import Path

@function_tool(effect="read")
def look() -> str:
    '''Look.'''
    seen = Path("seen")
    seen.write_text(seen.read_text() + "x" if seen.exists() else "x")
    if len(seen.read_text()) == 1:
        os.kill(os.getpid(), 9)
    return "found"
"""


@pytest.mark.skipif(os.name != "posix", reason="the signal is a matter of POSIX")
def test_a_run_that_was_killed_is_gone_on_with(program, run, agent, work):
    """TS-DUR-043, Issue 7: the id was told as it began, and `runs resume` without it finds the run as well."""
    target = agent("[[tool_call('look', {}, 'c1')], 'Never.']", KILLED, tools="[look]")
    done = program("run", target, "Look.", "--store", env={"TIMESTEP_HOME": str(work / "home")})
    assert done.returncode == -9
    name = re.match(rb"run       (run_\w+) in ", done.stderr)[1].decode()
    assert run("runs", "list").stdout.startswith(name)
    result = run("runs", "resume", "--agent", agent("['Done.']", KILLED, tools="[look]"))
    assert (result.exit_code, result.stdout) == (0, "Done.\n"), result.stderr
    assert (work / "seen").read_text() == "xx"


def test_a_session_of_no_store_is_wrong_usage(run, agent):
    """--store-session says which runs of a store; what was meant may be --session."""
    for verb in (["run", agent("[]"), "Hi."], ["chat", agent("[]")]):
        result = run(*verb, "--store-session", "trip")
        assert result.exit_code == 2
        assert "give --store, too; --session is the conversation" in result.stderr


def test_each_answer_of_a_conversation_is_a_run(run, agent, place):
    """Issue 7: `chat --store` keeps them all; the one that is left to wait is gone on with in the store."""
    words = ["--store", place]
    target = agent("['Hello.', [MAIL], 'Done.']")
    result = run("chat", target, "--approve", "none", *words, stdin="Hi.\nMail Ann.\n")
    assert (result.exit_code, result.stdout) == (3, "Hello.\n")
    steps = [line.split()[1] for line in run("runs", "list", "--all", *words).stdout.splitlines()]
    assert steps == ["interrupted", "finished"]
    approve, resume = told(result)
    assert resume[3:] == ["--agent", "mail.py:agent", "--conversation", "default", *words]
    assert run(*approve).exit_code == 0
    agent("['Done.']")
    assert run(*resume).stdout == "Done.\n"
    assert "Done." in run("sessions", "show", "default").stdout
