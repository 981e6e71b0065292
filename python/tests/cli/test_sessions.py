"""`timestep sessions`: what conversations are kept, in SQLite and in folders."""

import asyncio
import re

import pytest

import timestep

KEPT = ["Hi", "Hello."]


@pytest.fixture
def kept(run, agent, work):
    """Keep two sessions in the default file, and one conversation in a folder."""
    for name in ("default", "trip", "conversations/Mailer_trip.jsonl"):
        run("run", agent("['Hello.']"), "Hi", "--session", name)
    run("run", agent("['Hello again.']"), "Hi, my key is sk-abcdefghijklmnop", "--session", "default")
    return work


def test_sessions_are_listed_newest_first(run, kept, printed):
    """How many items each has, in the order in which they were written to."""
    result = run("sessions", "list")
    assert (result.exit_code, result.stdout) == (0, "     4  default\n     2  trip\n")
    document = printed(run("sessions", "list", "--format", "json"), "sessions")
    assert document["place"] == str(kept / "home" / "sessions.sqlite3")
    assert document["sessions"] == [{"session_id": "default", "items": 4}, {"session_id": "trip", "items": 2}]
    assert run("sessions", "list", "--file", kept / "home" / "sessions.sqlite3").stdout == result.stdout


@pytest.fixture
def environment_url(database, monkeypatch):
    """Have the environment name an empty database."""
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    return database


def test_sessions_in_postgresql_are_listed_shown_and_cleared(run, agent, work, environment_url, printed):
    """TS-SESS-023, TS-STORE-015: those that `run --session` has kept there; the address is shown without its user."""
    for name in ("default", "trip"):
        run("run", agent("['Hello.']"), "Hi", "--session", name)
    document = printed(run("sessions", "list", "--format", "json"), "sessions")
    assert document["place"] == re.sub(r"postgres@/(\w+)\?host=(.*)", r"\2/\1", environment_url)
    assert document["sessions"] == [{"session_id": "trip", "items": 2}, {"session_id": "default", "items": 2}]
    assert "user         Hi" in run("sessions", "show", "trip").stdout
    assert run("sessions", "clear", "trip", "--yes").stdout == "2 item(s) of trip removed\n"
    assert run("sessions", "list").stdout == "     2  default\n"
    assert run("sessions", "list", "--file", "none.sqlite3").stdout == ""
    assert not (work / "home").exists()


def test_conversations_of_a_folder_are_listed(run, kept, printed):
    """Each file is the conversation of an agent."""
    (kept / "conversations" / "notes.jsonl").write_text("{}\n")
    document = printed(run("sessions", "list", "--dir", "conversations", "--format", "json"), "sessions")
    assert document["sessions"] == [
        {"session_id": "Mailer_trip", "items": 2, "agent": "Mailer", "conversation_id": "trip"}
    ]


def test_a_long_id_is_told_by_its_header(run, work, printed):
    """TS-SESS-020: a name that holds only a digest is listed under the ids that its first line tells."""
    session = timestep.FileSession("Mailer", "x" * 300, storage_dir=work / "long")
    asyncio.run(session.add_items([{"role": "user", "content": "Hi"}]))
    (found,) = printed(run("sessions", "list", "--dir", "long", "--format", "json"), "sessions")["sessions"]
    assert (found["agent"], found["conversation_id"], found["items"]) == ("Mailer", "x" * 300, 1)
    assert "user         Hi" in run("sessions", "show", "x" * 300, "--dir", "long").stdout


def test_nothing_is_made_by_looking(run, work):
    """Where nothing is kept, nothing is listed and no file appears."""
    result = run("sessions", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"no sessions in {work / 'home' / 'sessions.sqlite3'}\n"
    assert run("sessions", "list", "--dir", "none").exit_code == 0
    assert list(work.iterdir()) == []


@pytest.mark.usefixtures("kept")
def test_a_conversation_is_shown_with_its_secrets_masked(run, printed):
    """TS-SEC-005: as `show` has it; --no-mask shows them."""
    result = run("sessions", "show", "default")
    assert result.stdout.splitlines()[:3] == [
        "default: 4 item(s)",
        "    0  user         Hi",
        "    1  assistant    Hello.",
    ]
    assert "sk-abc" not in result.stdout
    assert "[redacted]" in result.stdout
    assert "sk-abc" in run("sessions", "show", "default", "--no-mask").stdout
    document = printed(run("sessions", "show", "trip", "--format", "json"), "sessions")
    assert [item["text"] for item in document["items"]] == KEPT
    assert document["session"] == {"session_id": "trip", "items": 2}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", ["Mailer_trip", "Mailer_trip.jsonl", "trip"])
def test_a_conversation_in_a_folder_is_named_by_file_or_id(run, name):
    """The file's name with or without its ending, or the conversation's id."""
    assert "assistant    Hello." in run("sessions", "show", name, "--dir", "conversations").stdout


@pytest.mark.usefixtures("kept")
def test_an_id_that_two_agents_share_is_refused(run, agent):
    """Both files are named."""
    run("run", agent("['Hello.']"), "Hi", "--session", "conversations/Other_trip.jsonl")
    result = run("sessions", "show", "trip", "--dir", "conversations")
    assert result.exit_code == 2
    assert "2 agents have a conversation 'trip'" in result.stderr
    assert "Mailer_trip, Other_trip" in result.stderr


@pytest.mark.usefixtures("kept")
def test_an_unknown_id_is_refused_with_the_nearest(run):
    """Exit 2, for show and clear alike."""
    for verb in (["show"], ["clear", "--yes"]):
        result = run("sessions", *verb, "tirp")
        assert result.exit_code == 2
        assert "no session 'tirp' is kept in" in result.stderr
        assert "did you mean trip?" in result.stderr


def test_a_session_is_cleared(run, kept, printed):
    """With --yes at once; the others stay."""
    document = printed(run("sessions", "clear", "trip", "--yes", "--format", "json"), "sessions")
    assert (document["cleared"], document["session"]["session_id"]) == (2, "trip")
    assert run("sessions", "list").stdout == "     4  default\n"
    result = run("sessions", "clear", "trip", "--dir", "conversations", "--yes")
    assert result.stdout == "2 item(s) of Mailer_trip removed\n"
    assert (kept / "conversations" / "Mailer_trip.jsonl").read_bytes() == b""


@pytest.mark.usefixtures("kept")
def test_nothing_is_cleared_unasked(run, monkeypatch):
    """Without --yes a person is asked; where there is none, or none that says yes, all stays."""
    assert "nobody can be asked here" in run("sessions", "clear", "trip").stderr
    monkeypatch.setattr("timestep.cli.terminal.is_there", lambda: True)
    for answer, code in (("n\n", 1), ("", 1), ("yes\n", 0)):
        assert "     2  trip\n" in run("sessions", "list").stdout
        assert run("sessions", "clear", "trip", stdin=answer).exit_code == code
    assert "trip" not in run("sessions", "list").stdout


def test_a_file_that_is_no_database_is_refused(run, work):
    """With the code for damage, and without a traceback."""
    (work / "odd.sqlite3").write_bytes(b"no database at all, whatever its name says" * 100)
    result = run("sessions", "list", "--file", "odd.sqlite3")
    assert result.exit_code == 1
    assert result.stderr.startswith("error[storage-damaged]")
    (work / "odd.jsonl").mkdir()
    assert run("sessions", "list", "--dir", ".").stderr.startswith("error[storage-")
    assert "two places" in run("sessions", "list", "--file", "a", "--dir", "b").stderr


def test_each_part_has_help_with_an_example(run):
    """U2: for the verbs below the verb too."""
    for verb in ("list", "show", "clear"):
        assert f"Example:\n    timestep sessions {verb}" in run("sessions", verb, "--help").stdout
