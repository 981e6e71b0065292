"""What the system refuses, as errors of ours (D6)."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from timestep.errors import StorageError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# ELOOP is what a symbolic link answers that is not to be followed.
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.EISDIR, errno.ENOTDIR})


def refused(error: OSError, path: Path, doing: str) -> StorageError:
    """Return the error for a file operation that the system refused, such as `doing="append to"`."""
    message = f"can't {doing} {path}: {error.strerror or error}"
    if error.errno in _FULL:
        return full(message, path)
    if error.errno in _DENIED:
        return denied(message, path)
    return StorageError(message, code="storage-io", file=str(path), requirement="TS-SESS-018")


def full(message: str, path: Path) -> StorageError:
    """Return the error for a disk or quota that is full."""
    return StorageError(
        message,
        code="storage-full",
        file=str(path),
        why="what was stored before is unharmed; this was not stored",
        help="make room and try again",
        requirement="TS-SESS-018",
    )


def denied(message: str, path: Path) -> StorageError:
    """Return the error for a place that can't be used with these permissions."""
    return StorageError(
        message,
        code="storage-denied",
        file=str(path),
        help="check owner and permissions; links are not followed",
        requirement="TS-SESS-018",
    )


def busy(path: Path, seconds: float) -> StorageError:
    """Return the error for a lock that others held all the time."""
    return StorageError(
        f"{path} was in use by another process for {seconds:g} s",
        code="storage-busy",
        file=str(path),
        help="try again, or look for a process that was stopped while it held the lock",
    )


def database_refused(error: sqlite3.Error, path: Path) -> StorageError:
    """Return the error for a statement that SQLite refused."""
    message = f"can't use {path}: {error}"
    # The lower eight bits are the primary code: https://www.sqlite.org/rescode.html
    number = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if number == sqlite3.SQLITE_FULL:
        return full(message, path)
    if number in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return denied(message, path)
    if number in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageError(message, code="storage-damaged", file=str(path), help="restore the file from a copy")
    return StorageError(message, code="storage-io", file=str(path), requirement="TS-SESS-018")
