"""`timestep runs`: runs that go on in their store, whose they are meanwhile, and what is left of them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from shlex import join

import pytest
from msgspec.structs import replace

from timestep import RunStateStore, run_agent
from timestep.cli import run_rows
from timestep.cli.agents_at import load
from timestep.cli.stored_runs import shown
from timestep.types.state import Context, Step

PAY = """
import asyncio
begun, paid = asyncio.Event(), []

@function_tool
async def pay(amount: int) -> str:
    '''Pay.'''
    paid.append(amount)
    begun.set()
    if len(paid) == 1 and breaks:
        await asyncio.Event().wait()
    return f"paid {amount}"
"""


def kept(words, run):
    """Return a run as its store has it."""
    return asyncio.run(RunStateStore(connection=words[1]).load(run))


def decided(words, run):
    """Return who has decided what on a run, in order."""
    return [(note.subject, note.by) for note in kept(words, run).document.provenance]


@pytest.fixture
def file(work, begin):
    """Return the words that lead to a SQLite store, and a run in it that waits for two decisions."""
    words = ["--store", str(work / "runs.sqlite3")]
    return words, begin(words[1])


@pytest.fixture
def broken_off(place, agent, loaded):
    """Return the words to a store, a run whose payment was broken off, what names its agent, and its module."""

    def target(*answers, breaks=False):
        script = f"[tool_call('pay', {{'amount': 5}}, 'c1'), *{answers!r}]" if breaks else f"{[*answers]!r}"
        return agent(script, f"breaks = {breaks}\n{PAY}", tools="[pay]")

    async def stopped():
        handle = run_agent(load(target(breaks=True)), "Pay.", state_store=RunStateStore(connection=place))
        running = asyncio.ensure_future(handle.result())
        await loaded().begun.wait()
        handle.cancel()
        return (await running).run_id

    return ["--store", place], asyncio.run(stopped()), target, loaded


def test_decisions_may_be_given_on_the_way(run, waiting, agent, loaded, printed):
    """Issue 7: as `resume` takes them; where something is left, exit 3 and the command that goes on."""
    words, name = waiting
    result = run("runs", "resume", name, "--agent", agent("[]"), "--approve", "call_mail_1", "--by", "ann", *words)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("approve call_mail_1  send_email, asked for by Mailer\n")
    target = ["--agent", "mail.py:agent", *words]
    approve = join(["timestep", "runs", "approve", name, "call_mail_2", *words])
    assert result.stderr.endswith(f"\n  {approve} && {join(['timestep', 'runs', 'resume', name, *target])}\n")
    assert loaded().sent == ["ann@example.com"]
    more = ["--reject", "call_mail_2", "--message", "Not Bob.", "--by", "ann", "--format", "json"]
    agent("['Done.']")
    document = printed(run("runs", "resume", name, *target, *more), "runs")
    assert (document["status"], document["final_output"], document["state_file"]) == ("finished", "Done.", None)
    assert [(call["path"], call["decision"]) for call in document["decided"]] == [("call_mail_2", "reject")]
    assert decided(words, name) == [("call_mail_1: approve", "ann"), ("call_mail_2: reject", "ann")]


def test_a_run_that_waits_is_shown_again_and_left_as_it_is(run, file, agent, work):
    """Issue 7: exit 3, no model is asked, and neither the store nor the folder has anything new."""
    words, name = file
    before, version = sorted(path for path in work.iterdir() if path.suffix == ".json"), kept(words, name).version
    result = run("runs", "resume", "--agent", agent("[]"), *words)
    assert result.exit_code == 3
    assert result.stderr.startswith("waits for a decision (2)\n  call_mail_1  send_email")
    assert kept(words, name).version == version
    assert sorted(path for path in work.iterdir() if path.suffix == ".json") == before


def test_answers_given_before_ctrl_c_are_kept(run, file, agent, monkeypatch):
    """Issue 7: --ask asks for one decision after the other, and what was said stays said."""
    words, name = file
    answers = iter(["yes"])

    def answer(_):
        found = next(answers, None)
        if found is None:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr("timestep.cli.asking.read_line", answer)
    result = run("runs", "resume", "--agent", agent("[]"), "--ask", *words)
    assert result.exit_code == 130
    assert decided(words, name) == [("call_mail_1: approve", "terminal")]


def test_answers_to_what_has_moved_on_are_not_kept(run, file, agent, monkeypatch):
    """TS-STORE-003: whoever decided while a person was being asked has decided."""
    words, name = file
    answers = iter(["yes"])

    def answer(_):
        found = next(answers, None)
        if found is None:
            assert run("runs", "reject", "--all", "--by", "eve", *words).exit_code == 0
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr("timestep.cli.asking.read_line", answer)
    result = run("runs", "resume", "--agent", agent("[]"), "--ask", *words)
    assert (result.exit_code, result.stderr.splitlines()[-4][:21]) == (1, "error[state-conflict]")
    assert decided(words, name) == [("call_mail_1: reject", "eve"), ("call_mail_2: reject", "eve")]


def test_a_state_is_written_only_where_it_is_asked_for(run, file, agent, work):
    """Issue 7: the store has it; -o writes it too."""
    words, name = file
    words = ["--agent", agent("[ModelError('overloaded'), 'Done.']"), *words]
    result = run("runs", "resume", "--approve-all", *words)
    assert (result.exit_code, "overloaded" in result.stderr) == (1, True)
    assert f"  timestep runs resume {name} --agent mail.py:agent" in result.stderr
    assert not list((work / "home").glob("*")) if (work / "home").exists() else True
    agent("['Done.']")
    result = run("runs", "resume", "-o", "done.json", *words)
    assert (result.stdout, result.stderr) == ("Done.\n", "state     done.json\n")
    assert (work / "done.json").exists()
    assert run("runs", "resume", name, *words).stdout == "Done.\n"


def test_a_context_that_only_code_can_rebuild_is_asked_for(run, file, agent):
    """TS-STATE-007: the error of `resume`; with --context the run goes on."""
    words, name = file
    state = kept(words, name)
    document = replace(state.document, context=Context(kind="typed", type={"name": "Shop"}))
    asyncio.run(RunStateStore(connection=words[1]).save(document, expected=state.version))
    words = ["--agent", agent("['Done.']"), "--approve-all", *words]
    result = run("runs", "resume", *words)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[2].startswith("error[context-typed]")
    assert run("runs", "resume", "--context", "{}", *words).stdout == "Done.\n"


def test_the_conversation_is_written_where_the_run_goes_on(run, file, agent):
    """Issue 7: --session is the store's, --conversation the one that is remembered, named again in the hint."""
    words, name = file
    result = run("runs", "resume", "--agent", agent("[]"), "--conversation", "trip", *words)
    assert f"{name} --agent mail.py:agent --conversation trip --store" in result.stderr
    run("runs", "resume", "--agent", agent("['Done.']"), "--conversation", "trip", "--approve-all", *words)
    assert "Done." in run("sessions", "show", "trip").stdout


@pytest.fixture
def killed(file):
    """Return the words to a store, and a run in it whose process has died while it sent an e-mail."""
    words, name = file
    state = kept(words, name)
    (root,) = state.document.runs
    started, pending = root.calls
    runs = [replace(root, step=Step(type="acting"), calls=[replace(started, state="started"), pending])]
    asyncio.run(RunStateStore(connection=words[1]).save(replace(state.document, runs=runs), expected=state.version))
    return words, name


def test_a_run_that_has_not_stopped_is_not_decided_on(run, killed):
    """TS-APPR-031: a run whose process has died waits for nothing yet, and what to do is said."""
    words, name = killed
    result = run("runs", "approve", name, "--all", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error[call-unknown]: no call of run '{name}' waits: its step is acting\n")
    assert f"timestep runs resume {name} --agent MODULE:AGENT" in result.stderr
    assert "no call named 'call_mail_9' waits" in run("runs", "settle", "call_mail_9", "--retry", *words).stderr


def test_a_call_that_was_under_way_is_settled_before_the_run_is_gone_on_with(run, killed, agent, loaded):
    """TS-DUR-043, TS-APPR-034: who knows what became of it says so at once, unless somebody holds the run."""
    words, name = killed
    other = RunStateStore(connection=words[1])
    asyncio.run(other.claim(name))
    settle = ["runs", "settle", "call_mail_1", "--output", "sent", "--by", "eve", *words]
    assert "error[run-claimed]" in run(*settle).stderr
    asyncio.run(other.release(name))
    result = run(*settle)
    assert result.stdout.splitlines() == [
        "output  call_mail_1  send_email, asked for by Mailer",
        "waits   call_mail_2  send_email, asked for by Mailer",
    ]
    assert decided(words, name) == [("call_mail_1: output", "eve")]
    result = run("runs", "resume", "--agent", agent("['Done.']"), "--approve-all", *words)
    assert (result.exit_code, result.stdout) == (0, "Done.\n"), result.stderr
    assert loaded().sent == ["bob"]


def test_a_call_that_ctrl_c_has_stopped_is_settled_at_once_too(run, broken_off):
    """TS-APPR-034: the run waits already, and its call was under way."""
    words, name, target, loaded = broken_off
    assert run("runs", "settle", "c1", "--retry", *words).exit_code == 0
    assert run("runs", "resume", name, "--agent", target("Done."), *words).stdout == "Done.\n"
    assert loaded().paid == [5]


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (["--retry"], "paid 5"),
        (["--output", "paid 5, receipt 7"], "paid 5, receipt 7"),
        (["--fail", "The bank refused."], "The bank refused."),
        (["--fail"], "The tool failed."),
    ],
    ids=["retry", "output", "fail", "fail-by-default"],
)
def test_a_call_in_doubt_is_settled(run, broken_off, printed, way, told):
    """TS-APPR-034: listed as in doubt once the run was gone on with, settled by who found out, recorded, and told."""
    words, name, target, loaded = broken_off
    result = run("runs", "resume", "--agent", target(), *words)
    assert result.exit_code == 3
    assert "  timestep runs settle " in run("runs", "show", *words).stdout
    settle = join(["timestep", "runs", "settle", name, "c1", *words])
    assert result.stderr.endswith(f"\n  {settle} --retry, or --output TEXT, or --fail\n")
    assert "  in doubt: pay (c1)" in run("runs", "list", "--waiting", *words).stdout
    refused = run("runs", "approve", "c1", *words)
    assert (refused.exit_code, "error[call-indeterminate]" in refused.stderr) == (1, True)
    document = printed(run("runs", "settle", "c1", "--by", "eve", "--format", "json", *words, *way), "runs")
    assert (document["settled"]["how"], document["pending"]) == (way[0][2:], [])
    assert decided(words, name) == [(f"c1: {way[0][2:]}", "eve")]
    assert run("runs", "resume", "--agent", target("Done."), *words).stdout == "Done.\n"
    assert loaded().paid == ([5] if way == ["--retry"] else [])
    assert [item["output"] for item in loaded().model.requests[0].input if "output" in item] == [told]


def test_a_run_that_somebody_holds_is_left_to_them(run, waiting, agent, printed):
    """TS-DUR-030: exit 1 with who holds it, whatever is asked; --take-over takes it, and the other can't write."""
    words, name = waiting
    other = RunStateStore(connection=words[1])
    state = asyncio.run(other.claim(name))
    assert re.search(r"  held by process \d+ on \S+ until ", run("runs", "list", *words).stdout)
    assert "\nclaim     held by process" in run("runs", "show", *words).stdout
    target = ["--agent", agent("['Done.']")]
    for verb in (["approve", "--all"], ["cancel", "--yes"], ["resume", *target, "--approve-all"]):
        result = run("runs", *verb, "--format", "json", *words)
        assert (result.exit_code, printed(result, "runs")["error"]["code"]) == (1, "run-claimed"), verb
    assert "--take-over" in result.stderr
    assert decided(words, name) == []
    result = run("runs", "resume", *target, "--approve-all", "--take-over", *words)
    assert (result.exit_code, result.stdout) == (0, "Done.\n")
    with pytest.raises(Exception, match="has moved on"):
        asyncio.run(other.save(state))
    assert printed(run("runs", "list", "--all", "--format", "json", *words), "runs")["runs"][0]["claim"] is None


def test_what_was_taken_over_is_let_go_of(run, file, agent):
    """TS-DUR-033: where the agent can't be loaded it is not even taken, and where nothing goes on it is free again."""
    words, name = file
    other = RunStateStore(connection=words[1])
    asyncio.run(other.claim(name))
    assert run("runs", "resume", "--agent", "none.py:agent", "--take-over", *words).exit_code == 2
    assert "held by" in run("runs", "list", *words).stdout
    assert run("runs", "resume", "--agent", agent("[]"), "--take-over", *words).exit_code == 3
    assert "held by" not in run("runs", "list", *words).stdout
    asyncio.run(RunStateStore(connection=words[1]).claim(name))
    assert run("runs", "cancel", "--take-over", "--yes", *words).exit_code == 0
    assert "held by" not in run("runs", "list", "--all", *words).stdout


def test_the_history_tells_versions_and_decisions(run, waiting, agent, printed):
    """TS-STORE-019, TS-APPR-032: when the run was saved and where it stood, and who decided what, and when."""
    words, name = waiting
    run("runs", "approve", "--all", "--by", "ann", *words)
    run("runs", "resume", "--agent", agent("['Done.']"), *words)
    result = run("runs", "history", name, *words)
    lines = result.stdout.splitlines()
    middle = lines.index("decisions")
    assert re.fullmatch(r"version    1  revision    \d  \w+ +Mailer  \d{4}-\d\d-\d\d .*[+-]\d\d:\d\d", lines[0])
    assert "  finished        Mailer  " in lines[middle - 1]
    assert re.fullmatch(r"  call_mail_1: approve by ann at \d{4}-\d\d-\d\d .*[+-]\d\d:\d\d", lines[middle + 1])
    document = printed(run("runs", "history", name, "--format", "json", *words), "runs")
    versions = [version["version"] for version in document["versions"]]
    assert versions == [*range(1, document["saved"]["version"] + 1)]
    assert [row["subject"] for row in document["decisions"]] == ["call_mail_1: approve", "call_mail_2: approve"]
    assert run("runs", "history", *words).exit_code == 2  # it has ended, and none is left to be meant


@pytest.fixture
def ended(begin, agent):
    """Return a function that has a run in a store that has ended, and gives its id."""
    return lambda place, session="default": begin(place, session, agent("['Hello.']"))


@pytest.fixture
def later(monkeypatch):
    """Return a function that lets time pass for who asks how old a run is."""
    from timestep.cli.run_verbs import ending
    from timestep.stores import run_states

    def pass_by(**how):
        class Later(datetime):
            @classmethod
            def now(cls, zone=None):
                return datetime.now(zone) + timedelta(**how)

        monkeypatch.setattr(ending, "datetime", Later)
        monkeypatch.setattr(run_states, "datetime", Later)

    return pass_by


def test_old_runs_are_removed(run, waiting, ended, printed, later):
    """TS-STORE-020: those that have ended and are old enough; first said with --dry-run, then done."""
    words, paused = waiting
    prune = ["runs", "prune", "--older-than", "30d", *words]
    first, other = ended(words[1]), ended(words[1], "trip")
    assert run(*prune, "--yes").stdout.startswith("0 run(s) removed from ")
    later(days=31)
    result = run(*prune, "--dry-run", "--every-session")
    lines = result.stdout.splitlines()
    assert [line.split()[1] for line in lines[:2]] == [other, first]
    assert lines[2].startswith("2 run(s) would be removed from ")
    assert "nobody can be asked here" in run(*prune).stderr
    document = printed(run(*prune, "--yes", "--format", "json"), "runs")
    assert (document["removed"], [row["run"] for row in document["runs"]]) == (1, [first])
    left = run("runs", "list", "--all", "--every-session", *words).stdout.splitlines()
    assert [line.split()[1] for line in left] == [other, paused]
    assert run(*prune, "--every-session", "--unfinished", "--yes").stdout.startswith("2 run(s) removed")
    assert run("runs", "list", "--all", "--every-session", *words).stdout == ""


def test_a_run_that_is_held_is_not_among_the_old(run, file, later):
    """TS-STORE-020: a dry run says what would go, and no more."""
    words, name = file
    prune = ["runs", "prune", "--older-than", "30d", "--unfinished", "--dry-run", *words]
    later(days=31)
    assert run(*prune).stdout.split()[0] == name
    later()
    holder = RunStateStore(connection=words[1], lease=90 * 86_400)
    asyncio.run(holder.claim(name))
    later(days=31)
    assert run(*prune).stdout.startswith("0 run(s) would be removed")


def test_nothing_is_removed_unasked(run, file, monkeypatch, later):
    """Issue 7: without --yes a person sees which, and says so."""
    words, name = file
    later(days=31)
    prune = ["runs", "prune", "--older-than", "30d", "--unfinished", *words]
    monkeypatch.setattr("timestep.cli.terminal.is_there", lambda: True)
    for answer, code in (("n\n", 1), ("", 1), ("y\n", 0)):
        assert name in run("runs", "list", *words).stdout
        result = run(*prune, stdin=answer)
        assert (result.exit_code, result.stdout.split()[0]) == (code, name)
    assert run("runs", "list", *words).stdout == ""


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ann:SECRET@db:5432/runs", "postgresql://ann:***@db:5432/runs"),
        ("postgresql://ann:SE@CRET:x@db/runs", "postgresql://ann:***@db/runs"),
        ("postgresql://ann@db/runs?password=SECRET&a=b", "postgresql://ann@db/runs?password=***&a=b"),
        ("postgresql://ann@db/runs?sslpassword=SECRET", "postgresql://ann@db/runs?sslpassword=***"),
        ("postgresql://ann@db/runs", "postgresql://ann@db/runs"),
        ("sqlite:///runs.sqlite3", "sqlite:///runs.sqlite3"),
    ],
)
def test_an_address_is_told_without_its_password(url, told):
    """TS-STORE-015: wherever in it the password stands."""
    assert shown(url) == told


def test_no_password_of_a_store_is_shown(run, database, begin, agent):
    """TS-STORE-015: neither where the run is kept, nor in the command that goes on, nor in an error."""
    name = begin(database)
    words = ["--store", database.replace("postgres@", "postgres:SECRET@")]
    for verb in (["list"], ["show"], ["approve", "call_mail_1"], ["resume", "--agent", agent("[]")], ["history"]):
        for form in ("text", "json"):
            result = run("runs", *verb, *words, "--format", form)
            assert result.exit_code in (0, 2, 3), result.stderr
            assert "SECRET" not in result.stdout + result.stderr, verb
    assert "postgres:***@" in run("runs", "show", name, *words).stdout
    nowhere = run("runs", "list", "--store", "postgresql://ann:SECRET@127.0.0.1:1/runs")
    assert (nowhere.exit_code, "SECRET" in nowhere.stderr) == (1, False)


def test_the_store_of_the_environment_is_the_default(run, database, begin, monkeypatch, work):
    """TS-STORE-016: the database that PG_CONNECTION_URI names, and no file is made."""
    name = begin(database)
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    assert name in run("runs", "list").stdout
    assert not (work / "home").exists()


@pytest.mark.parametrize(("seconds", "told"), [(5, "5 s"), (61, "1 min"), (7200, "2 h"), (200_000, "2 d"), (-9, "0 s")])
def test_an_age_is_told_in_its_largest_unit(seconds, told):
    """A clock that is behind makes nothing negative."""
    assert run_rows.age((datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()) == told
