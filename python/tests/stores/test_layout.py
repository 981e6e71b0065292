"""The tables that saved runs and sessions stand in: those of the page, made alone and as a whole (stores.md)."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from timestep import errors
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.sqlite import SQLiteSession
from timestep.stores.run_states import DocumentStore as RunStateStore

pytestmark = pytest.mark.timeout(20)
PAGE = Path(__file__).resolve().parents[3] / "spec" / "stores.md"
HELLO = {"role": "user", "content": "Hello!"}


def told(column):
    """Return what the page tells of one database: table, column, type; all that is there."""
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| ([\w ]*?) ?\| ([\w ]*?) ?\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {(row[0], row[1], row[2 + column]) for row in rows if row[2 + column]}


def version(layout):
    """Return the version that the page tells."""
    return int(re.search(rf"(\d+) for `{layout}`, the table", PAGE.read_text(encoding="utf-8"))[1])


def rows_of(url, query):
    """Return what a database in PostgreSQL answers."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


async def used(url, run):
    """Save a run and add an item."""
    await RunStateStore(connection=url).save(run())
    await PostgresSession("s", url).add_items([HELLO])


async def test_the_tables_in_sqlite_are_those_of_the_page(tmp_path, run):
    """TS-STORE-012: names, types, no column null, the indexes, and the version."""
    await RunStateStore(connection=tmp_path / "runs").save(run())
    await SQLiteSession(path=tmp_path / "items").add_items([HELLO])
    found, indexes = set(), {}
    tables = [("runs", "runs"), ("runs", "changes"), ("runs", "history"), ("runs", "claims"), ("items", "items")]
    for file, table in tables:
        with closing(sqlite3.connect(tmp_path / file)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (version(file),)
            for _, name, kind, filled, _, key in connection.execute(f"PRAGMA table_info({table})"):
                found.add((table, name, kind))
                assert filled or key
            for _, name, unique, *_ in connection.execute(f"PRAGMA index_list({table})"):
                indexes[name] = unique, [row[2] for row in connection.execute(f"PRAGMA index_info({name})")]
    assert found == told(0)
    assert indexes == {
        "sqlite_autoindex_runs_1": (1, ["session", "run"]),
        "sqlite_autoindex_history_1": (1, ["id", "version"]),
        "runs_open": (0, ["session", "ended", "id"]),
        "items_by_session": (0, ["session", "id"]),
    }


async def test_the_tables_in_postgresql_are_those_of_the_page(database, run):
    """TS-STORE-012: names, types, no column null, the indexes, and the versions."""
    await used(database, run)
    columns = rows_of(
        database,
        "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'timestep'",
    )
    assert {row[:3] for row in columns} == told(1)
    assert {row[3] for row in columns} == {"NO"}
    assert dict(rows_of(database, "SELECT name, version FROM timestep.layouts")) == {
        name: version(name) for name in ("runs", "items")
    }
    indexes = rows_of(database, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'timestep'")
    found = sorted(
        re.sub(r"CREATE (UNIQUE )?INDEX \w+ ON timestep\.(\w+) USING btree", r"\1\2", row[0]) for row in indexes
    )
    assert found == [
        "UNIQUE changes (id, version)",
        "UNIQUE claims (id)",
        "UNIQUE history (id, version)",
        "UNIQUE items (addition, place)",
        "UNIQUE items (id)",
        "UNIQUE layouts (name)",
        "UNIQUE runs (id)",
        "UNIQUE runs (session, run)",
        "items (session, id)",
        "runs (session, ended, id)",
    ]


async def test_what_stands_in_the_tables_is_what_the_page_tells(database, tmp_path, run):
    """TS-STORE-012: another language reads a run of this one by SQL alone, from either database."""
    place = tmp_path / "runs"
    for connection in (place, database):
        store = RunStateStore(session_id="s", connection=connection)
        await store.save(run())
        await store.save(run(revision=7, step="finished"))
    query = "SELECT id, session, run, version, revision, ended, step, agent, document FROM {}runs"
    with closing(sqlite3.connect(place)) as connection:
        (in_sqlite,) = connection.execute(query.format("")).fetchall()
        ((created_at, saved_at),) = connection.execute("SELECT created_at, saved_at FROM runs")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", created_at) and created_at <= saved_at  # noqa: PT018
    (in_postgres,) = rows_of(database, query.format("timestep."))
    assert in_sqlite == in_postgres
    assert in_sqlite[1:8] == ("s", "r1", 2, 7, True, "finished", "Assistant")
    await PostgresSession("s", database).add_items([HELLO, HELLO])
    items = rows_of(database, "SELECT session, item, place FROM timestep.items ORDER BY id")
    assert items == [("s", b'{"role":"user","content":"Hello!"}', place) for place in (1, 2)]


@pytest.mark.parametrize("layout", ["runs", "items"])
async def test_a_later_layout_is_refused_and_stays_as_it_is(database, run, layout):
    """TS-STORE-014: in PostgreSQL, each layout by itself."""
    await used(database, run)
    rows_of(database, f"UPDATE timestep.layouts SET version = version + 1 WHERE name = '{layout}'")
    use = {
        "runs": lambda: RunStateStore(connection=database).save(run("other")),
        "items": lambda: PostgresSession("s", database).add_items([HELLO]),
    }
    with pytest.raises(errors.StorageError) as caught:
        await use.pop(layout)()
    assert (caught.value.code, caught.value.requirement) == ("storage-version", "TS-STORE-014")
    await use.popitem()[1]()
    assert rows_of(database, f"SELECT version FROM timestep.layouts WHERE name = '{layout}'") == [
        (version(layout) + 1,)
    ]
    assert rows_of(database, f"SELECT count(*) FROM timestep.{layout}") == [(1,)]


@pytest.mark.parametrize("kind", [RunStateStore, SQLiteSession])
async def test_a_later_layout_in_sqlite_is_refused_and_stays_as_it_is(tmp_path, run, kind):
    """TS-STORE-014: of a file."""
    place = tmp_path / "a"
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(errors.StorageError) as caught:
        await (RunStateStore(connection=place).save(run()) if kind is RunStateStore else kind(path=place).get_items())
    assert (caught.value.code, caught.value.requirement) == ("storage-version", "TS-STORE-014")
    with closing(sqlite3.connect(place)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)
        assert connection.execute("SELECT * FROM sqlite_master").fetchall() == []


async def test_an_earlier_layout_is_extended(database, run):
    """TS-STORE-014, TS-STORE-017: by the statements that it lacks, and what it holds stays."""
    await used(database, run)
    taken = "DROP INDEX timestep.runs_open; DROP TABLE timestep.changes, timestep.history, timestep.claims"
    rows_of(database, f"{taken}; UPDATE timestep.layouts SET version = 1 WHERE name = 'runs'")
    assert await RunStateStore(connection=database).load() == run()
    assert rows_of(database, "SELECT version FROM timestep.layouts ORDER BY name") == [(2,), (5,)]
    assert rows_of(database, "SELECT indexname FROM pg_indexes WHERE indexname = 'runs_open'") == [("runs_open",)]


async def test_many_who_come_first_make_the_tables_once(database, run):
    """TS-STORE-017: thirty stores and sessions over connections of their own."""
    stores = [RunStateStore(connection=f"{database}&application_name=a{number}") for number in range(15)]
    sessions = [PostgresSession("s", f"{database}&application_name=a{number}") for number in range(15)]
    await asyncio.gather(
        *(store.save(run(f"r{number}")) for number, store in enumerate(stores)),
        *(session.add_items([HELLO]) for session in sessions),
    )
    assert len(await stores[0].list()) == len(await sessions[0].get_items()) == 15


async def test_whoever_makes_the_tables_waits_for_who_is_making_them(database, run):
    """TS-STORE-017: the lock of the page, held by another program, keeps the tables from being made."""
    number = re.search(r"advisory lock (\d{10,})", PAGE.read_text(encoding="utf-8"))[1]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as other:
        await other.execute(f"SELECT pg_advisory_lock({number})")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(RunStateStore(connection=database).save(run()), 0.3)
        assert rows_of(database, "SELECT to_regnamespace('timestep')") == [(None,)]
    await RunStateStore(connection=database).save(run())
