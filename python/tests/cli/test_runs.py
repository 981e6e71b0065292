"""`timestep runs`: what people see of the runs that a store keeps, and what they decide there."""

import asyncio
import re
from shlex import join

import pytest

import timestep
from timestep import RunStateStore


def kept(words, run, session="default"):
    """Return a run as its store has it."""
    return asyncio.run(RunStateStore(session_id=session, connection=words[1]).load(run))


def decided(state):
    """Return who has decided what on a state, in order."""
    return [(note.subject, note.by) for note in state.document.provenance]


def test_runs_are_listed_with_what_they_wait_for(run, waiting, begin, printed):
    """Issue 7: a line a run, the newest first: id, step, agent, when, and the calls."""
    words, first = waiting
    second = begin(words[1], "trip")
    result = run("runs", "list", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    pattern = rf"{first}  interrupted     Mailer  \d+ (s|min) ago  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d  "
    assert re.fullmatch(pattern + r"waits: send_email \(call_mail_1\), send_email \(call_mail_2\)\n", result.stdout)
    every = run("runs", "list", "--every-session", *words).stdout.splitlines()
    assert [line.split()[:2] for line in every] == [["trip", second], ["default", first]]
    document = printed(run("runs", "list", "--session", "trip", "--format", "json", *words), "runs")
    assert [(row["run"], row["session"]) for row in document["runs"]] == [(second, "trip")]
    assert [wait["path"] for wait in document["runs"][0]["waits"]] == ["call_mail_1", "call_mail_2"]


def test_runs_are_chosen_by_where_they_stand(run, waiting, begin, agent):
    """Issue 7: those that have ended only with --all or by their step, and those that wait with --waiting."""
    words, paused = waiting
    ended = begin(words[1], target=agent("['Hello.']"))
    with pytest.raises(timestep.ModelError):
        begin(words[1], target=agent("[ModelError('overloaded')]"))
    (broken,) = run("runs", "list", *words).stdout.split("\n")[0].split()[:1]
    for chosen, found in (
        ([], [broken, paused]),
        (["--all"], [broken, ended, paused]),
        (["--waiting"], [paused]),
        (["--step", "finished"], [ended]),
        (["--step", "failed"], []),
    ):
        assert [line.split()[0] for line in run("runs", "list", *chosen, *words).stdout.splitlines()] == found, chosen


def test_nothing_is_made_by_looking(run, work):
    """Where no store is, nothing is listed, nothing is found, and no file appears."""
    result = run("runs", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"no such runs of session default in {work / 'home' / 'runs.sqlite3'}\n"
    for verb in (["show"], ["approve", "--all"], ["cancel", "run_1", "--yes"], ["resume", "--agent", "x:y"]):
        result = run("runs", *verb, "--store", "none.sqlite3")
        assert result.exit_code == 2
        assert result.stderr.startswith("error[state-not-found]"), verb
    assert list(work.iterdir()) == []


def test_a_run_is_shown_as_a_file_is(run, waiting, printed):
    """TS-SEC-005, N4: the story, what the store knows, and what waits; secrets are masked."""
    words, name = waiting
    result = run("runs", "show", *words)
    lines = result.stdout.splitlines()
    assert lines[0] == f"{name}: timestep 1.0"
    assert lines[1].endswith(", session default")
    assert re.fullmatch(r"saved     .* ago  .*, version \d+, revision 5", lines[2])
    assert "waits for a decision (2)" in lines
    assert lines[-3] == "  " + join(["timestep", "runs", "approve", name, "call_mail_1", *words])
    assert "sk-abc" not in result.stdout
    assert "sk-abc" in run("runs", "show", "--no-mask", *words).stdout
    document = printed(run("runs", "show", name, "--format", "json", *words), "runs")
    assert [call["path"] for call in document["state"]["pending"]] == ["call_mail_1", "call_mail_2"]
    assert (document["saved"]["run"], document["state"]["agents"]) == (name, ["Mailer"])


def test_a_run_is_written_to_a_file(run, waiting, work, printed):
    """Issue 7: `show -o` exports the state, which `check` takes and `resume` goes on with."""
    words, name = waiting
    result = run("runs", "show", name, "-o", "paused.json", *words)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "state     paused.json\n")
    assert timestep.read(work / "paused.json").document.id == name
    assert "output-exists" in run("runs", "show", "-o", "paused.json", *words).stderr
    told = printed(run("runs", "show", "-o", "b.json", "--format", "json", *words), "runs")
    assert (told["state_file"], "state" in told) == ("b.json", False)
    assert timestep.read(run("runs", "show", "-o", "-", *words).stdout.encode()).document.id == name
    assert run("runs", "show", "-o", "-", "--format", "json", *words).exit_code == 2


def test_calls_are_decided_on_in_the_store(run, waiting, agent, loaded, printed):
    """Issue 7: approve and reject, by name, one after the other; then the run goes on from the store."""
    words, name = waiting
    result = run("runs", "approve", name, "call_mail_1", "--by", "ann", *words)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "approve call_mail_1  send_email, asked for by Mailer",
        "waits   call_mail_2  send_email, asked for by Mailer",
    ]
    told = ["--message", "Bob is away.", "--by", "eve", "--format", "json"]
    document = printed(run("runs", "reject", "call_mail_2", *told, *words), "runs")
    assert ([call["decision"] for call in document["decided"]], document["pending"]) == (["reject"], [])
    assert decided(kept(words, name)) == [("call_mail_1: approve", "ann"), ("call_mail_2: reject", "eve")]
    result = run("runs", "resume", "--agent", agent("['Done.']"), *words)
    assert (result.exit_code, result.stdout) == (0, "Done.\n"), result.stderr
    assert loaded().sent == ["ann@example.com"]
    outputs = [item["output"] for item in loaded().model.requests[0].input if "output" in item]
    assert outputs == ["sent to ann@example.com", "Bob is away."]
    assert kept(words, name).document.runs[0].step.type == "finished"


def test_all_calls_are_decided_on_at_once(run, waiting, monkeypatch):
    """Issue 7: --all, with one message; --by is the user of this machine unless it is given."""
    words, name = waiting
    monkeypatch.setenv("LOGNAME", "dora")
    result = run("runs", "reject", "--all", "--always", "--message", "No mail.", *words)
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.strip() == join(["timestep", "runs", "resume", name, "--agent", "MODULE:AGENT", *words])
    approvals = kept(words, name).document.approvals
    assert {(approval.by, approval.message, approval.item) for approval in approvals} == {("dora", "No mail.", "*")}


def test_a_decision_on_a_run_that_has_moved_on_is_refused(run, waiting, monkeypatch, printed):
    """TS-STORE-003: exit 1, and what the other has saved stays."""
    words, name = waiting
    load_version = RunStateStore.load_version

    async def overtaken(self, run=None):
        found = await load_version(self, run)
        monkeypatch.setattr(RunStateStore, "load_version", load_version)
        other = RunStateStore(connection=words[1])
        state = await other.load(name)
        state.reject("call_mail_1", by="first")
        await other.save(state)
        return found

    monkeypatch.setattr(RunStateStore, "load_version", overtaken)
    result = run("runs", "approve", name, "--all", "--format", "json", *words)
    assert result.exit_code == 1
    assert printed(result, "runs")["error"]["code"] == "state-conflict"
    assert decided(kept(words, name)) == [("call_mail_1: reject", "first")]


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (["approve"], "or --all"),
        (["approve", "call_mail_1", "--all"], "or --all"),
        (["approve", "call_mail_9"], "no call named 'call_mail_9' waits"),
        (["approve", "call_mail_1", "call_mail_1"], "decided twice"),
        (["settle", "call_mail_1"], "--retry, --output TEXT or --fail"),
        (["settle", "call_mail_1", "--retry", "--fail"], "--retry, --output TEXT or --fail"),
        (["settle", "call_mail_1", "call_mail_2", "--retry"], "one CALL"),
        (["settle", "call_mail_1", "--retry"], "only a call that may have run is settled"),
        (["resume", "--agent", "mail.py:agent", "--by", "ann"], "none is given"),
        (["resume", "--agent", "mail.py:agent", "--compat", "x"], "--compat takes"),
        (["resume", "--agent", "mail.py:none"], "has no 'none'"),
        (["show", "--store", "mysql://ann:SECRET@db/runs"], "no store opens a URL of the kind 'mysql'"),
        (["prune", "--older-than", "x"], "--older-than takes 30m, 12h or 30d"),
        (["prune", "--older-than", "999999d"], "100 years"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(run, work, begin, verb, told):
    """Exit 2 with what is wrong, and the store is as it was."""
    place = ["--store", str(work / "runs.sqlite3")]
    name = begin(place[1])
    words = [] if "--store" in verb else place
    result = run("runs", *verb, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert "SECRET" not in result.stderr
    assert decided(kept(place, name)) == []


def test_an_unknown_run_is_refused_with_the_nearest(run, waiting, begin):
    """Issue 7: did you mean, where else it is, and which there are, where several are meant."""
    words, name = waiting
    for verb in (["show"], ["approve"], ["cancel", "--yes"], ["resume", "--agent", "x:y"], ["history"]):
        result = run("runs", verb[0], name[:-1], *verb[1:], *words)
        assert result.exit_code == 2
        assert f"did you mean {name}?" in result.stderr
    other = begin(words[1], "trip")
    assert "--session trip has it" in run("runs", "show", other, *words).stderr
    assert "--session trip or default has it" in run("runs", "show", "--session", "none", *words).stderr
    second = begin(words[1])
    result = run("runs", "approve", "--all", *words)
    assert result.exit_code == 2
    assert f"2 unfinished runs\n   = help: name one, newest first: {second}, {name}" in result.stderr
    assert run("runs", "show", *words).stdout.startswith(second)


def test_a_run_is_cancelled_for_good(run, waiting, agent, printed):
    """TS-TRANS-041: it has failed, its calls are closed, the record says who did it, and nothing goes on with it."""
    words, name = waiting
    assert run("runs", "cancel", "--yes", "--by", "ann", *words).stdout == f"cancelled  {name}  Mailer\n"
    state = kept(words, name)
    assert (state.document.runs[0].step.type, state.document.runs[0].step.code) == ("failed", "cancelled")
    assert decided(state) == [(f"{name}: cancel", "ann")]
    outputs = [entry.item for entry in state.document.runs[0].log if "output" in entry.item]
    assert [output["call_id"] for output in outputs] == ["call_mail_1", "call_mail_2"]
    result = run("runs", "resume", name, "--agent", agent("[]"), *words)
    assert (result.exit_code, "cancelled" in result.stderr) == (1, True)
    result = run("runs", "cancel", name, "--yes", "--format", "json", *words)
    assert result.exit_code == 1
    assert printed(result, "runs")["error"]["code"] == "event-illegal"


def test_what_a_conversation_lacks_of_a_cancelled_run_is_told(run, work, begin):
    """TS-TRANS-021: nobody is there who writes it, so a person is told how much it is."""
    words = ["--store", str(work / "runs.sqlite3")]
    begin(words[1], conversation=timestep.Session("trip"))
    result = run("runs", "cancel", "--yes", *words)
    assert result.stderr == "note: 5 item(s) of the run are not in its conversation\n"


def test_nothing_is_cancelled_unasked(run, work, begin, monkeypatch):
    """Without --yes a person is asked; where there is none, or none that says yes, the run stays."""
    place = ["--store", str(work / "runs.sqlite3")]
    name = begin(place[1])
    assert "--yes cancels without asking" in run("runs", "cancel", *place).stderr
    monkeypatch.setattr("timestep.cli.terminal.is_there", lambda: True)
    for answer, code in (("n\n", 1), ("", 1), ("yes\n", 0)):
        assert kept(place, name).document.runs[0].step.type == "interrupted"
        assert run("runs", "cancel", *place, stdin=answer).exit_code == code
    assert kept(place, name).document.runs[0].step.type == "failed"


@pytest.fixture
def offered(program, work):
    """Return a function that gives what the shell offers at the end of words."""

    def ask(*words):
        line = join(["timestep", "runs", *words])
        env = {"_TIMESTEP_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) + 1)}
        told = program(env={**env, "TIMESTEP_HOME": str(work / "home")}).stdout.decode().split()
        return [word.removeprefix("plain,") for word in told]

    return ask


def test_completion_offers_runs_and_calls(work, begin, agent, offered):
    """U2: those of the store that the words lead to; a run that has ended once a part of its id is typed."""
    words = ["--store", str(work / "runs.sqlite3")]
    ended, paused = begin(words[1], target=agent("['Hello.']")), begin(words[1])
    assert offered("show", *words, "") == [paused]
    assert offered("history", *words, ended[:-1]) == [ended]
    assert offered("approve", *words, "") == [paused, "call_mail_1", "call_mail_2"]
    assert offered("settle", *words, paused, "") == ["call_mail_1", "call_mail_2"]
    assert offered("reject", *words, paused, "call_mail_1", "") == ["call_mail_2"]
    assert offered("show", *words, "--session", "trip", "") == []
    assert offered("show", "--store", "none.sqlite3", "") == offered("show", "--store", "mysql://a", "") == []
    assert not (work / "none.sqlite3").exists()


def test_each_verb_has_help_with_an_example(run):
    """U2: for the verbs below the verb too."""
    for verb in ("list", "show", "approve", "reject", "resume", "settle", "cancel", "history", "prune"):
        result = run("runs", verb, "--help")
        assert f"Example:\n    timestep runs {verb}" in result.stdout
        assert "--store URL" in result.stdout
