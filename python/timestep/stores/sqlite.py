"""Saved runs in SQLite: the default of `RunStateStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from timestep.storage.append_log import Sync
from timestep.storage.database import open_database
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
)
_INSERT = (
    "INSERT INTO runs (session, run, version, revision, ended, step, agent, created_at, saved_at, document)"
    " VALUES (:session, :run, 1, :revision, :ended, :step, :agent, :created_at, :saved_at, :document)"
    " ON CONFLICT DO NOTHING"
)
_UPDATE = (
    "UPDATE runs SET version = version + 1, revision = :revision, ended = :ended, step = :step, agent = :agent,"
    " saved_at = :saved_at, document = :document"
    " WHERE session = :session AND run = :run AND version = :expected AND revision <= :revision"
)
_ABOUT = "session, run, version, revision, step, agent, created_at, saved_at"
_ONE = f"SELECT {_ABOUT}, document FROM runs WHERE session = ? AND run = ?"  # noqa: S608 - constants only
_NEWEST = f"SELECT {_ABOUT}, document FROM runs WHERE session = ? AND ended = 0 ORDER BY id DESC LIMIT 1"  # noqa: S608
_ROWS = f"SELECT {_ABOUT} FROM runs WHERE :session IS NULL OR session = :session ORDER BY id DESC"  # noqa: S608
_DROP = "DELETE FROM runs WHERE session = :session AND (:run IS NULL OR run = :run)"


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
        """Replace a record if its version is the expected one; one statement, so nobody comes between."""
        about = record.about
        values: dict[str, Any] = {
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
        statement = _UPDATE if expected else _INSERT
        return await self._run(lambda connection: connection.execute(statement, values).rowcount == 1)

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        query, values = (_ONE, (session, run)) if run is not None else (_NEWEST, (session,))
        row = await self._run(lambda connection: connection.execute(query, values).fetchone())
        return None if row is None else Record(_about(row), row[-1])

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        rows = await self._run(lambda connection: connection.execute(_ROWS, {"session": session}).fetchall())
        return [_about(row) for row in rows]

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session."""
        values = {"session": session, "run": run}
        return await self._run(lambda connection: connection.execute(_DROP, values).rowcount)

    async def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await patiently(lambda wait: self._database.run(work, wait))


def _about(row: tuple[Any, ...]) -> SavedRun:
    session, run, version, revision, step, agent, created_at, saved_at = row[:8]
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
