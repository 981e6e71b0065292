"""SQLite files that many sessions, stores and processes share: WAL, short transactions, errors of ours.

A commit survives the death of the process; with `sync="disk"` the loss of power too. Statements run on the caller's
thread, because they take microseconds; who has to wait for another process does so in a thread (`lock.patiently`).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, TypeVar
from weakref import WeakValueDictionary

from timestep.errors import StorageError
from timestep.storage.append_log import Sync
from timestep.storage.folders import make_folder
from timestep.storage.lock import Busy
from timestep.storage.refusals import busy, database_refused, refused

_T = TypeVar("_T")
_OPEN: WeakValueDictionary[tuple[str, str], Database] = WeakValueDictionary()
_OPENING = threading.RLock()
# Connections of a parent process. Closing one here would take the parent's log for abandoned and remove it.
_INHERITED: list[sqlite3.Connection] = []


def open_database(path: Path, schema: Sequence[str], *, sync: Sync = "os") -> Database:
    """Return the database of a file, one for all who use it in this process; nothing is opened yet.

    Args:
        path: the file; it and its folder are made at first use.
        schema: statements for a new file; their number, kept in `user_version`, tells an old file from a new one.
        sync: what a commit waits for.
    """
    key = (os.path.abspath(path), sync)  # noqa: PTH100 - links stay as they are
    with _OPENING:
        found = _OPEN.get(key)
        if found is None:
            found = _OPEN[key] = Database(Path(key[0]), tuple(schema), sync)
        return found


class Database:
    """One SQLite file."""

    def __init__(self, path: Path, schema: tuple[str, ...], sync: Sync) -> None:
        self.path = path
        self._schema = schema
        self._sync = sync
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0

    def run(self, work: Callable[[sqlite3.Connection], _T], wait: float = 0.0) -> _T:
        """Do one piece of work on the connection, alone in this process.

        Raises:
            Busy: somebody else is writing and `wait` is 0.
            StorageError: the system refused, or somebody else wrote for all of `wait`.
        """
        if not self._lock.acquire(timeout=wait) if wait else not self._lock.acquire(blocking=False):
            raise busy(self.path, wait) if wait else Busy
        try:
            return self._done(work, wait)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._process == os.getpid():
            connection.close()
        else:
            _INHERITED.append(connection)

    def __del__(self) -> None:
        self.close()

    def _done(self, work: Callable[[sqlite3.Connection], _T], wait: float) -> _T:
        """Do the work, again and again while others are writing; what they keep from being done was not begun."""
        # SQLite's own waiting is not enough: it does not wait while a new file is switched to its log.
        deadline = time.monotonic() + wait
        pause = 0.0005
        while True:
            try:
                return work(self._connected())
            except sqlite3.Error as error:
                if not _is_busy(error):
                    raise database_refused(error, self.path) from error
                if not wait:
                    raise Busy from error
                if time.monotonic() > deadline:
                    raise busy(self.path, wait) from error
            time.sleep(pause)
            pause = min(pause * 2, 0.01)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and self._process == os.getpid():
            return self._connection
        self.close()
        with _OPENING:
            connection = self._opened()
        self._connection, self._process = connection, os.getpid()
        return connection

    def _opened(self) -> sqlite3.Connection:
        try:
            make_folder(self.path.parent)
            # SQLite gives its log the permissions of the file. A file that is there is not opened here: closing it
            # would give up the locks that other connections of this process hold on it.
            if not self.path.exists():
                with suppress(FileExistsError):
                    os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise refused(error, self.path, "open") from error
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._sync == 'disk' else 'NORMAL'}")
        if self._version(connection) == len(self._schema):
            return
        with transaction(connection):
            done = self._version(connection)
            if done > len(self._schema):
                raise StorageError(
                    f"{self.path} was written by a later version",
                    code="storage-version",
                    file=str(self.path),
                    help="upgrade timestep, or choose another file",
                    requirement="TS-STORE-014",
                )
            for statement in self._schema[done:]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._schema)}")

    def _version(self, connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_busy(error: sqlite3.Error) -> bool:
    # The lower eight bits are the primary code: https://www.sqlite.org/rescode.html
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def transaction(
    connection: sqlite3.Connection, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE"
) -> Generator[None]:
    """Keep all of what is done, or nothing; whoever else writes has to wait.

    Args:
        connection: the database.
        kind: "DEFERRED" only reads, all of it as it was at one moment, and keeps nobody waiting.
    """
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some errors have ended the transaction already
            connection.execute("ROLLBACK")
        raise
