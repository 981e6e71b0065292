"""Sessions in SQLite: one file for many sessions, and the default of `Session()` (TS-SESS-023)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from timestep.sessions.protocol import Session, checked_limit, from_text, from_texts, to_text
from timestep.storage.append_log import Sync
from timestep.storage.database import open_database, transaction
from timestep.storage.folders import data_folder
from timestep.storage.lock import patiently
from timestep.storage.places import sqlite_path
from timestep.types.base import Item

#: Name of the file in the data folder.
FILE = "sessions.sqlite3"
_SCHEMA = (
    "CREATE TABLE items (id INTEGER PRIMARY KEY, session TEXT NOT NULL, item BLOB NOT NULL)",
    "CREATE INDEX items_by_session ON items (session, id)",
)
_ADD = "INSERT INTO items (session, item) VALUES (?, ?)"
_ALL = "SELECT item FROM items WHERE session = ? ORDER BY id"
_LAST = "SELECT item FROM items WHERE session = ? ORDER BY id DESC LIMIT ?"
_POP = "DELETE FROM items WHERE id = (SELECT max(id) FROM items WHERE session = ?) RETURNING item"
_CLEAR = "DELETE FROM items WHERE session = ?"


class SQLiteSession(Session):
    """Items in a SQLite file; processes and sessions share it.

    Args:
        session_id: the id; sessions of one id in one file are the same session.
        path: the file; by default `sessions.sqlite3` under `TIMESTEP_HOME`, else in the platform's data folder.
        sync: what `add_items` waits for: "os", the items survive the death of the process; "disk", of the machine.
        connection: the file by the name it has in `Session(connection=...)`: a path, or `sqlite:///PATH`.

    Raises:
        UsageError: a URL of another kind.
    """

    def __init__(
        self,
        session_id: str = "default",
        path: str | Path | None = None,
        *,
        sync: Sync = "os",
        connection: str | Path | None = None,
    ) -> None:
        super().__init__(session_id)
        place = connection if path is None else path
        self._database = open_database(
            data_folder() / FILE if place is None else sqlite_path(place), _SCHEMA, sync=sync
        )

    @property
    def path(self) -> Path:
        """The file, which may not be there yet."""
        return self._database.path

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first."""
        limit = checked_limit(limit)

        def read(connection: sqlite3.Connection) -> list[tuple[bytes]]:
            if limit is None:
                return connection.execute(_ALL, (self.session_id,)).fetchall()
            # SQLite counts in 64 bits.
            found = connection.execute(_LAST, (self.session_id, min(limit, (1 << 63) - 1))).fetchall()
            return found[::-1]

        rows = await patiently(lambda wait: self._database.run(read, wait))
        return from_texts([line for (line,) in rows])

    async def add_items(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end in one transaction; when this returns, they are kept (TS-SESS-014)."""
        rows = [(self.session_id, line) for line in to_text(items)]

        def add(connection: sqlite3.Connection) -> None:
            if len(rows) == 1:
                connection.execute(_ADD, rows[0])
                return
            with transaction(connection):
                connection.executemany(_ADD, rows)

        if rows:
            await patiently(lambda wait: self._database.run(add, wait))

    async def pop_item(self) -> Item | None:
        """Remove the last item and give it."""

        def pop(connection: sqlite3.Connection) -> list[tuple[bytes]]:
            return connection.execute(_POP, (self.session_id,)).fetchall()

        rows = await patiently(lambda wait: self._database.run(pop, wait))
        return from_text(rows[0][0]) if rows else None

    async def clear_session(self) -> None:
        """Remove all items of this session."""

        def clear(connection: sqlite3.Connection) -> None:
            connection.execute(_CLEAR, (self.session_id,))

        await patiently(lambda wait: self._database.run(clear, wait))
