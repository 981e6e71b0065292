"""Saved runs in SQLite: the default of `RunStateStore`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from timestep.storage.append_log import Sync
from timestep.storage.database import open_database, transaction
from timestep.storage.folders import data_folder
from timestep.storage.lock import patiently
from timestep.stores.protocol import (
    FINISHED,
    NOBODY,
    Claim,
    Hold,
    Record,
    SavedRun,
    SavedVersion,
    version_of,
    waits_from_json,
    waits_to_json,
)

_T = TypeVar("_T")
#: Name of the file in the data folder.
FILE = "runs.sqlite3"
_SCHEMA = (
    (
        "CREATE TABLE runs ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, run TEXT NOT NULL, version INTEGER NOT NULL,"
        " revision INTEGER NOT NULL, ended INTEGER NOT NULL, step TEXT NOT NULL, agent TEXT NOT NULL,"
        " created_at TEXT NOT NULL, saved_at TEXT NOT NULL, document BLOB NOT NULL, UNIQUE (session, run))"
    ),
    "CREATE INDEX runs_open ON runs (session, ended, id)",
    # What has changed since `runs.document`: a change costs its own size, and the document's row is left alone. Its key
    # is the run's id and, in the lower 32 bits, the version: a second index would be a second page for each change.
    (
        "CREATE TABLE changes ("
        " key INTEGER PRIMARY KEY, revision INTEGER NOT NULL, step TEXT NOT NULL, agent TEXT NOT NULL,"
        " saved_at TEXT NOT NULL, change BLOB NOT NULL)"
    ),
    # The versions that are told of neither by `runs` nor by `changes` any more, and that of the document in `runs`.
    (
        "CREATE TABLE history ("
        " id INTEGER NOT NULL, version INTEGER NOT NULL, revision INTEGER NOT NULL, step TEXT NOT NULL,"
        " agent TEXT NOT NULL, saved_at TEXT NOT NULL, waits TEXT NOT NULL, PRIMARY KEY (id, version))"
    ),
    "CREATE TABLE claims (id INTEGER PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL)",
)
_INSERT = (
    "INSERT INTO runs (session, run, version, revision, ended, step, agent, created_at, saved_at, document)"
    " VALUES (:session, :run, 1, :revision, :ended, :step, :agent, :created_at, :saved_at, :document)"
    " ON CONFLICT DO NOTHING"
)
_OF = "key BETWEEN {0} << 32 AND {0} << 32 | 4294967295"
_AT = "key & 4294967295"
# The newest change of a run, or the run as it was saved last.
_NEWEST_CHANGE = f"(SELECT {{0}} FROM changes WHERE {_OF.format('runs.id')} ORDER BY key DESC LIMIT 1)"  # noqa: S608 - constants only
_VERSION = f"coalesce({_NEWEST_CHANGE.format(_AT)}, runs.version)"
_REVISION = f"coalesce({_NEWEST_CHANGE.format('changes.revision')}, runs.revision)"
_FITS = f"session = :session AND run = :run AND {_VERSION} = :expected AND {_REVISION} <= :revision"
_HELD = "EXISTS (SELECT 1 FROM claims WHERE claims.id = runs.id AND until > {0})"
_MAY = f"SELECT 1 FROM runs WHERE {_FITS} AND NOT {_HELD.format(':saved_at AND holder NOT IN (:holder, :over)')}"  # noqa: S608
_UPDATE = (
    "UPDATE runs SET version = :expected + 1, revision = :revision, ended = :ended, step = :step, agent = :agent,"
    " saved_at = :saved_at, document = :document WHERE session = :session AND run = :run"
)
_ID = "(SELECT id FROM runs WHERE session = :session AND run = :run)"
_MOVE = (
    f"INSERT INTO history SELECT key >> 32, {_AT}, revision, step, agent, saved_at, '[]' FROM changes"  # noqa: S608
    f" WHERE {_OF.format(_ID)}"
)
_COMPACT = f"DELETE FROM changes WHERE {_OF.format(_ID)}"  # noqa: S608
_NOTE = f"INSERT INTO history SELECT id, version, revision, step, agent, saved_at, :waits FROM runs WHERE id = {_ID}"  # noqa: S608
_CLAIM = f"INSERT OR REPLACE INTO claims (id, holder, until) VALUES ({_ID}, :holder, :until)"  # noqa: S608
_FREE = f"DELETE FROM claims WHERE id = {_ID} AND holder = :holder"  # noqa: S608
_RENEW = f"UPDATE claims SET until = :until WHERE id = {_ID} AND holder = :holder"  # noqa: S608
# The version before it is there, and the next one is not: two look-ups by key, and a third by session and run.
_APPEND = (
    "INSERT INTO changes (key, revision, step, agent, saved_at, change)"
    " SELECT (id << 32) + ?3 + 1, ?4, ?5, ?6, ?7, ?8 FROM runs WHERE session = ?1 AND run = ?2"
    " AND (EXISTS (SELECT 1 FROM changes WHERE key = (id << 32) + ?3 AND revision <= ?4)"
    " OR (version = ?3 AND revision <= ?4)) ON CONFLICT DO NOTHING"
)
# The calls that a run waited for as it was saved last, and who holds it.
_WAITS = "coalesce((SELECT waits FROM history WHERE history.id = runs.id AND history.version = runs.version), '[]')"
_CLAIMED = "(SELECT {0} FROM claims WHERE claims.id = runs.id AND until > :now)"
_CLAIM_OF = f"{_CLAIMED.format('holder')}, {_CLAIMED.format('until')}"
_ABOUT = f"session, run, version, revision, step, agent, created_at, saved_at, {_WAITS}, {_CLAIM_OF}"
_ONE = f"SELECT {_ABOUT}, id, document FROM runs WHERE session = :session AND run = :run"  # noqa: S608
_NEWEST = f"SELECT {_ABOUT}, id, document FROM runs WHERE session = :session AND ended = 0 ORDER BY id DESC LIMIT 1"  # noqa: S608
_CHANGES = f"SELECT {_AT}, revision, step, agent, saved_at, change FROM changes WHERE {_OF.format('?1')} ORDER BY key"  # noqa: S608
_ROWS = (
    f"SELECT session, run, coalesce(last.{_AT}, runs.version), coalesce(last.revision, runs.revision),"  # noqa: S608
    " coalesce(last.step, runs.step), coalesce(last.agent, runs.agent), created_at,"
    f" coalesce(last.saved_at, runs.saved_at), CASE WHEN last.key IS NULL THEN {_WAITS} ELSE '[]' END, {_CLAIM_OF}"
    f" FROM runs LEFT JOIN changes AS last ON last.key = {_NEWEST_CHANGE.format('key')}"
    " WHERE :session IS NULL OR session = :session ORDER BY runs.id DESC"
)
_OF_THESE = f"SELECT run, {_VERSION} FROM runs WHERE session = ?1 AND run IN (SELECT value FROM json_each(?2))"  # noqa: S608
_HISTORY = (
    f"SELECT version, revision, step, agent, saved_at, waits FROM history WHERE id = {_ID}"  # noqa: S608
    f" UNION ALL SELECT {_AT}, revision, step, agent, saved_at, '[]' FROM changes WHERE {_OF.format(_ID)}"
    " ORDER BY version"
)
_OF_SESSION = "session = :session AND (:run IS NULL OR run = :run)"
_OLD = (
    "(:session IS NULL OR session = :session) AND (ended OR :unfinished)"
    f" AND coalesce({_NEWEST_CHANGE.format('changes.saved_at')}, saved_at) < :before AND NOT {_HELD.format(':now')}"
)
_REMOVALS = (
    f"DELETE FROM changes WHERE {_OF.format('?1')}",  # noqa: S608
    *(f"DELETE FROM {table} WHERE id = ?1" for table in ("history", "claims", "runs")),  # noqa: S608
)


class SQLiteKeeper:
    """Records in a SQLite file, which several processes may share.

    Args:
        path: the file; by default `runs.sqlite3` under `TIMESTEP_HOME`, else in the platform's data folder.
        sync: what a save waits for: "os", the record survives the death of the process; "disk", of the machine.
    """

    def __init__(self, path: str | Path | None = None, *, sync: Sync = "os") -> None:
        self._database = open_database(Path(path) if path is not None else data_folder() / FILE, _SCHEMA, sync=sync)

    @property
    def path(self) -> Path:
        """The file, which may not be there yet."""
        return self._database.path

    async def put(self, record: Record, expected: int, hold: Hold = NOBODY) -> bool:
        """Replace a record, and the changes made to it, if its version is the expected one and nobody else holds it."""
        values = {**_values(record, expected), "holder": hold.holder, "over": hold.over}

        def work(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                if expected and connection.execute(_MAY, values).fetchone() is None:
                    return False
                if expected:  # the changes go first: the document finds room where they were
                    connection.execute(_MOVE, values)
                    connection.execute(_COMPACT, values)
                if connection.execute(_UPDATE if expected else _INSERT, values).rowcount != 1:
                    return False
                connection.execute(_NOTE, values)
                if hold.seconds is not None:
                    connection.execute(_CLAIM if hold.seconds else _FREE, {**values, "until": _later(hold.seconds)})
                return True

        return await self._run(work)

    async def append(self, record: Record, expected: int) -> bool:
        """Add a change to those of a run if its version is the expected one; one statement, so nobody comes between."""
        about = record.about
        told = (about.revision, about.step, about.agent, about.saved_at)
        values = (about.session, about.run, expected, *told, record.data)
        return await self._run(lambda connection: connection.execute(_APPEND, values).rowcount == 1)

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        values = {"session": session, "run": run, "now": _later(0)}

        def work(connection: sqlite3.Connection) -> Record | None:
            with transaction(connection, "DEFERRED"):
                row = connection.execute(_NEWEST if run is None else _ONE, values).fetchone()
                if row is None:
                    return None
                *about, number, document = row
                since = connection.execute(_CHANGES, (number,)).fetchall()
            if since:
                about[2:6], about[7:9] = since[-1][:4], [since[-1][4], b"[]"]
            return Record(_about(about), document, [change for *_, change in since])

        return await self._run(work)

    async def renew(self, session: str, run: str, holder: str, seconds: float) -> bool:
        """Have a claim last for some seconds from now; 0 gives it up."""
        values = {"session": session, "run": run, "holder": holder, "until": _later(seconds)}
        statement = _RENEW if seconds else _FREE
        return await self._run(lambda connection: connection.execute(statement, values).rowcount == 1)

    async def versions(self, session: str, run: str) -> list[SavedVersion]:
        """List the saves of a run, the oldest first."""
        values = {"session": session, "run": run}
        rows = await self._run(lambda connection: connection.execute(_HISTORY, values).fetchall())
        return [version_of(row) for row in rows]

    async def newest(self, session: str, runs: Sequence[str]) -> dict[str, int]:
        """Give the version of each of these runs that there is."""
        values = (session, json.dumps([*runs]))

        def work(connection: sqlite3.Connection) -> dict[str, int]:
            return dict(connection.execute(_OF_THESE, values).fetchall())

        return await patiently(lambda wait: self._database.run(work, wait))

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        values = {"session": session, "now": _later(0)}
        rows = await self._run(lambda connection: connection.execute(_ROWS, values).fetchall())
        return [_about(row) for row in rows]

    async def prune(self, before: str, session: str | None = None, *, unfinished: bool = False) -> int:
        """Remove runs saved last before a time, finished ones or all, but none that is held."""
        values = {"before": before, "session": session, "unfinished": unfinished, "now": _later(0)}
        return await self._remove(_OLD, values)

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session."""
        return await self._remove(_OF_SESSION, {"session": session, "run": run})

    async def _remove(self, which: str, values: dict[str, Any]) -> int:
        """Remove runs, and say how many."""

        def work(connection: sqlite3.Connection) -> int:
            with transaction(connection):
                found = connection.execute(f"SELECT id FROM runs WHERE {which}", values).fetchall()  # noqa: S608 - constants only
                for statement in _REMOVALS:
                    connection.executemany(statement, found)
            return len(found)

        return await self._run(work)

    async def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await patiently(lambda wait: self._database.run(work, wait))


def _values(record: Record, expected: int) -> dict[str, Any]:
    about = record.about
    return {
        "session": about.session,
        "run": about.run,
        "revision": about.revision,
        "ended": about.step in FINISHED,
        "step": about.step,
        "agent": about.agent,
        "created_at": about.created_at,
        "saved_at": about.saved_at,
        "document": record.data,
        "waits": waits_to_json(about.waits),
        "expected": expected,
    }


def _about(row: Sequence[Any]) -> SavedRun:
    session, run, version, revision, step, agent, created_at, saved_at, waits, holder, until = row
    return SavedRun(
        session=session,
        run=run,
        version=version,
        revision=revision,
        step=step,
        agent=agent,
        created_at=created_at,
        saved_at=saved_at,
        waits=waits_from_json(waits),
        claim=Claim(holder, until) if holder is not None else None,
    )


def _later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
