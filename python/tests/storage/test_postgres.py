"""PostgreSQL databases that are shared: connections, event loops, forks, versions, typed errors (D6, D7)."""

import asyncio
import gc
import os
import sys

import psycopg
import pytest

from timestep.errors import StorageError, UsageError
from timestep.storage import postgres as storage
from timestep.storage.postgres import CONNECTIONS, Server, open_server, place_of, settings_of

pytestmark = pytest.mark.timeout(20)
STEPS = ("CREATE TABLE timestep.notes (text text NOT NULL)",)


@pytest.fixture
def notes(database):
    """Return a database for notes."""
    return open_server(database, "notes", STEPS)


async def add(connection):
    """Add a note."""
    await connection.execute("INSERT INTO timestep.notes VALUES ('x')")


async def count(connection):
    """Count the notes."""
    return (await (await connection.execute("SELECT count(*) FROM timestep.notes")).fetchone())[0]


def connections(postgres, server):
    """Count the connections that a database has."""
    name = server.place.rpartition("/")[2]
    return postgres.do(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'")[0][0]


async def test_one_database_is_one_object(notes, database):
    """Whoever opens the same address shares its connections; another layout, or patience, is another object."""
    assert open_server(database, "notes", STEPS) is notes
    assert open_server(database, "other", STEPS) is not notes
    assert repr(notes) == f"Server({notes.place!r}, 'notes')"
    await notes.run(add)
    assert await notes.run(count) == 1


async def test_many_at_once_share_a_few_connections(postgres, notes):
    """A hundred tasks do not exhaust the server, and one after the other they use one."""
    for _ in range(5):
        await notes.run(add)
    assert connections(postgres, notes) == 1
    await asyncio.gather(*(notes.run(add) for _ in range(100)))
    assert await notes.run(count) == 105
    assert 1 < connections(postgres, notes) <= CONNECTIONS


def test_each_event_loop_has_connections_of_its_own(notes):
    """Those of a loop that has ended are ended at the next use."""
    for number in range(4):
        asyncio.run(notes.run(add))
        assert asyncio.run(notes.run(count)) == number + 1
    assert len(notes._lines) == 1
    before = [connection for lines in notes._lines.values() for connection in lines.idle]
    notes.close()
    assert [connection.closed for connection in before] == [True]
    assert asyncio.run(notes.run(count)) == 4


async def test_connections_end_with_the_last_who_uses_them(database):
    """Also where it is part of a circle, whatever of that goes first."""
    notes = open_server(database, "notes", STEPS)
    await notes.run(add)
    (connection,) = next(iter(notes._lines.values())).idle
    notes.circle = notes
    del notes
    gc.collect()
    assert connection.closed


async def test_a_child_connects_anew_and_leaves_the_parents_connection_alone(notes, monkeypatch):
    """A connection that was inherited by a fork is neither used nor ended."""
    await notes.run(add)
    (before,) = next(iter(notes._lines.values())).idle
    with monkeypatch.context() as forked:
        forked.setattr(os, "getpid", lambda: 1)
        await notes.run(add)
        assert storage._INHERITED[-1] is before
        assert not before.closed
        notes.close()
    assert await count(before) == 2
    await storage._INHERITED.pop().close()


@pytest.mark.parametrize("again", [True, False])
async def test_a_server_that_was_started_again_is_used_on(postgres, notes, again):
    """D7: what has not begun is begun on a new connection, also what must not be done twice."""
    await notes.run(add)
    postgres.kill()
    postgres.start()
    await notes.run(add, again=again)
    assert await notes.run(count) == 2


@pytest.mark.parametrize("again", [True, False])
async def test_what_is_lost_while_it_is_done_is_done_again_or_told(proxy, database, again):
    """D6: what must not be done twice is an error that says that nobody knows."""
    notes = open_server(proxy.through(database), "notes", STEPS)
    await notes.run(count)
    proxy.lose("answer", after=b"INSERT INTO timestep.notes")
    if again:
        await notes.run(add)
    else:
        with pytest.raises(StorageError) as caught:
            await notes.run(add, again=False)
        assert (caught.value.code, "not known" in caught.value.why) == ("storage-io", True)
    assert await notes.run(count) == 1 + again


async def test_a_server_that_stays_away_is_told_after_the_patience(postgres, database):
    """D6: typed, and whether the outcome is known: it is where nothing was begun; back again, it is found."""
    notes, told = open_server(database, "notes", STEPS, patience=0.5), []
    await notes.run(add)
    postgres.kill()
    try:
        for _ in range(2):
            with pytest.raises(StorageError) as caught:
                await notes.run(add)
            told.append((caught.value.code, bool(caught.value.why)))
    finally:
        postgres.start()
    assert told == [("storage-io", True), ("storage-io", False)]
    assert await notes.run(count) == 1


async def test_who_has_never_met_the_server_waits_only_for_one_that_is_starting(notes, monkeypatch):
    """A wrong address is told at once; a server that says it is being started is waited for."""
    connect, said = psycopg.AsyncConnection.connect, ["FATAL:  the database system is starting up"] * 2

    async def not_yet(*arguments, **options):
        if said:
            raise psycopg.OperationalError(said.pop())
        return await connect(*arguments, **options)

    with monkeypatch.context() as slow:
        slow.setattr(psycopg.AsyncConnection, "connect", not_yet)
        await notes.run(add)
    assert said == []
    with pytest.raises(StorageError) as caught:
        await Server("postgresql://localhost:1/x", "notes", STEPS, 3600).run(count)
    assert caught.value.code == "storage-io"


async def test_a_later_layout_is_refused(notes, database):
    """TS-STORE-014: and its connection is ended."""
    await notes.run(add)
    newer = open_server(f"{database}&application_name=newer", "notes", (*STEPS, "CREATE TABLE timestep.more ()"))
    assert await newer.run(count) == 1
    notes.close()
    with pytest.raises(StorageError) as caught:
        await notes.run(count)
    assert caught.value.code == "storage-version"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.DiskFull, "storage-full"),
        (psycopg.errors.IoError, "storage-io"),
        (psycopg.errors.InsufficientPrivilege, "storage-denied"),
        (psycopg.errors.ReadOnlySqlTransaction, "storage-denied"),
        (psycopg.errors.InvalidPassword, "storage-denied"),
        (psycopg.errors.TooManyConnections, "storage-busy"),
        (psycopg.errors.DeadlockDetected, "storage-busy"),
        (psycopg.errors.DataCorrupted, "storage-damaged"),
        (psycopg.errors.UndefinedTable, "storage-damaged"),
        (psycopg.errors.UntranslatableCharacter, "storage-io"),
    ],
)
async def test_what_the_server_refuses_is_a_typed_error(notes, error, code):
    """D6: the code of the server stands in the message, and what it refused is not tried again."""
    tried = []

    async def refuse(_connection):
        tried.append(1)
        raise error("refused")

    with pytest.raises(StorageError) as caught:
        await notes.run(refuse)
    assert (caught.value.code, error.sqlstate in caught.value.message, tried) == (code, True, [1])
    assert caught.value.why is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('FATAL:  password authentication failed for user "ann"', "storage-denied"),
        ('FATAL:  database "x" does not exist', "storage-denied"),
        ("FATAL:  sorry, too many clients already", "storage-busy"),
        ("Connection refused\n\tIs the server running?", "storage-io"),
        ("hunter2 is in here", "storage-io"),
    ],
)
async def test_what_keeps_from_connecting_is_a_typed_error_without_the_password(monkeypatch, text, code):
    """TS-STORE-015, D6: told by the server's text, of which the first line is shown."""

    async def refuse(*_arguments, **_options):
        raise psycopg.OperationalError(text)

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", refuse)
    with pytest.raises(StorageError) as caught:
        await open_server("postgresql://ann:hunter2@db/x", "notes", STEPS).run(count)
    assert caught.value.code == code
    told = caught.value.render()
    assert ("hunter2" in told, "running" in told, "postgresql://db/x" in told) == (False, False, True)
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_an_address_is_shown_without_user_and_password():
    """TS-STORE-015: where it is, and which database."""
    url = "postgres://ann:hunter2@db:5433/x?sslmode=require&password=hunter3"
    assert place_of(settings_of(url)) == "postgresql://db:5433/x"
    assert place_of(settings_of("postgresql://")) == "postgresql:///"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2%zz@host/d",
        "postgresql://ann:hun@hunter2@host:1/d",
        "postgresql://ann@host/d?passwort=hunter2",
        "host=x password=hunter2",
        "",
    ],
)
def test_an_address_that_can_not_be_read_is_refused_and_not_shown(url):
    """TS-STORE-010, TS-STORE-015: parts of a password may stand anywhere in it."""
    with pytest.raises(UsageError) as caught:
        settings_of(url)
    assert (caught.value.code, caught.value.__cause__, caught.value.__suppress_context__) == (
        "store-unknown",
        None,
        True,
    )
    assert "hunter" not in caught.value.render()


def test_without_the_driver_the_error_says_what_to_install(monkeypatch):
    """TS-STORE-010: the package is an extra; nothing else is used in its place."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError) as caught:
        open_server("postgresql:///x", "notes", STEPS)
    assert (caught.value.code, "psycopg[binary]" in caught.value.help) == ("postgres-missing", True)
