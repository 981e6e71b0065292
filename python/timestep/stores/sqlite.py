"""Saved runs in SQLite: the default of `RunStateStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from timestep.storage.append_log import Sync
from timestep.storage.database import open_database, transaction
from timestep.storage.folders import data_folder
from timestep.storage.lock import patiently
from timestep.stores.protocol import FINISHED, Record, SavedRun

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
    # What has changed since `runs.document`: a change costs its own size, and the document's row is left alone.
    (
        "CREATE TABLE changes ("
        " id INTEGER NOT NULL, version INTEGER NOT NULL, revision INTEGER NOT NULL, step TEXT NOT NULL,"
        " agent TEXT NOT NULL, saved_at TEXT NOT NULL, change BLOB NOT NULL, PRIMARY KEY (id, version))"
    ),
)
_INSERT = (
    "INSERT INTO runs (session, run, version, revision, ended, step, agent, created_at, saved_at, document)"
    " VALUES (:session, :run, 1, :revision, :ended, :step, :agent, :created_at, :saved_at, :document)"
    " ON CONFLICT DO NOTHING"
)
# The newest change of a run, or the run as it was saved last.
_NEWEST_CHANGE = "(SELECT {0} FROM changes WHERE changes.id = runs.id ORDER BY changes.version DESC LIMIT 1)"
_VERSION, _REVISION = (
    f"coalesce({_NEWEST_CHANGE.format(f'changes.{name}')}, runs.{name})" for name in ("version", "revision")
)
_FITS = f"session = :session AND run = :run AND {_VERSION} = :expected AND {_REVISION} <= :revision"
_UPDATE = (
    "UPDATE runs SET version = :expected + 1, revision = :revision, ended = :ended, step = :step, agent = :agent,"  # noqa: S608 - constants only
    f" saved_at = :saved_at, document = :document WHERE {_FITS}"
)
_COMPACT = "DELETE FROM changes WHERE id = (SELECT id FROM runs WHERE session = :session AND run = :run)"
_APPEND = (
    "INSERT INTO changes (id, version, revision, step, agent, saved_at, change)"  # noqa: S608 - likewise
    f" SELECT id, :expected + 1, :revision, :step, :agent, :saved_at, :document FROM runs WHERE {_FITS}"
)
_ABOUT = "session, run, version, revision, step, agent, created_at, saved_at"
_ONE = f"SELECT {_ABOUT}, id, document FROM runs WHERE session = ? AND run = ?"  # noqa: S608
_NEWEST = f"SELECT {_ABOUT}, id, document FROM runs WHERE session = ? AND ended = 0 ORDER BY id DESC LIMIT 1"  # noqa: S608
_CHANGES = "SELECT version, revision, step, agent, saved_at, change FROM changes WHERE id = ? ORDER BY version"
_ROWS = (
    "SELECT session, run, coalesce(last.version, runs.version), coalesce(last.revision, runs.revision),"  # noqa: S608
    " coalesce(last.step, runs.step), coalesce(last.agent, runs.agent), created_at,"
    " coalesce(last.saved_at, runs.saved_at) FROM runs LEFT JOIN changes AS last ON last.id = runs.id"
    f" AND last.version = {_NEWEST_CHANGE.format('changes.version')}"
    " WHERE :session IS NULL OR session = :session ORDER BY runs.id DESC"
)
_GONE = "session = :session AND (:run IS NULL OR run = :run)"
_DROP_CHANGES = f"DELETE FROM changes WHERE id IN (SELECT id FROM runs WHERE {_GONE})"  # noqa: S608
_DROP = f"DELETE FROM runs WHERE {_GONE}"  # noqa: S608


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

    async def put(self, record: Record, expected: int) -> bool:
        """Replace a record, and the changes made to it, if its version is the expected one."""
        values = _values(record, expected)
        if not expected:
            return await self._run(lambda connection: connection.execute(_INSERT, values).rowcount == 1)

        def work(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                done = connection.execute(_UPDATE, values).rowcount == 1
                if done:
                    connection.execute(_COMPACT, values)
                return done

        return await self._run(work)

    async def append(self, record: Record, expected: int) -> bool:
        """Add a change to those of a run if its version is the expected one; one statement, so nobody comes between."""
        values = _values(record, expected)
        return await self._run(lambda connection: connection.execute(_APPEND, values).rowcount == 1)

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        query, values = (_ONE, (session, run)) if run is not None else (_NEWEST, (session,))

        def work(connection: sqlite3.Connection) -> Record | None:
            with transaction(connection, "DEFERRED"):
                row = connection.execute(query, values).fetchone()
                if row is None:
                    return None
                *about, number, document = row
                since = connection.execute(_CHANGES, (number,)).fetchall()
            if since:
                about[2:5], about[5:6], about[7:8] = since[-1][:3], since[-1][3:4], since[-1][4:5]
            return Record(_about(about), document, [change for *_, change in since])

        return await self._run(work)

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        rows = await self._run(lambda connection: connection.execute(_ROWS, {"session": session}).fetchall())
        return [_about(row) for row in rows]

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session."""
        values = {"session": session, "run": run}

        def work(connection: sqlite3.Connection) -> int:
            with transaction(connection):
                connection.execute(_DROP_CHANGES, values)
                return connection.execute(_DROP, values).rowcount

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
        "expected": expected,
    }


def _about(row: Sequence[Any]) -> SavedRun:
    session, run, version, revision, step, agent, created_at, saved_at = row
    return SavedRun(
        session=session,
        run=run,
        version=version,
        revision=revision,
        step=step,
        agent=agent,
        created_at=created_at,
        saved_at=saved_at,
    )
