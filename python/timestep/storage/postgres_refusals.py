"""What PostgreSQL refuses, as errors of ours (D6), and which of its errors say that the connection is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timestep.errors import StorageError

if TYPE_CHECKING:
    import psycopg

# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
_LOST = ("08", "57P01", "57P02", "57P03", "57P05")
_CODES = {
    "storage-denied": ("28", "3D000", "42501", "25006"),
    "storage-full": ("53100",),
    "storage-busy": ("53300", "55P03", "40", "57014"),
    "storage-damaged": ("XX001", "XX002", "42P01", "42703", "3F000"),
}
# While a connection is made libpq gives no code, but only the server's text; in other languages than English the
# error is the general one.
_TEXTS = {
    "storage-denied": ("authentication failed", "does not exist", "pg_hba.conf", "permission denied", "no password"),
    "storage-busy": ("too many c", "remaining connection slots"),
}
_STARTING = ("the database system is", "starting up", "shutting down", "recovery")
_ADVICE = {
    "storage-denied": "check user, password, the database's name, and what the user may do there",
    "storage-full": "make room and try again",
    "storage-busy": "try again; look for a transaction that is left open",
    "storage-damaged": "restore the tables from a copy",
    "storage-io": "see the server's log; try again when the cause is gone",
}


def is_usable(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether a connection is there and in no transaction."""
    from psycopg.pq import ConnStatus, TransactionStatus

    line = connection.pgconn
    return line.status == ConnStatus.OK and line.transaction_status == TransactionStatus.IDLE


def is_loss(error: psycopg.Error) -> bool:
    """Whether an error says that there is no connection, or none any more, and not that something was refused."""
    if error.sqlstate:
        return error.sqlstate.startswith(_LOST)
    from psycopg import OperationalError

    return isinstance(error, OperationalError) and _told(error) == "storage-io"


def is_starting(error: psycopg.Error) -> bool:
    """Whether a server is there that says it is being started or stopped."""
    return any(text in str(error) for text in _STARTING)


def server_refused(error: psycopg.Error, place: str, secret: str | None, *, unknown: bool) -> StorageError:
    """Return the error for what a server refused, or for one that can't be reached.

    Args:
        error: the driver's.
        place: where, without a password.
        secret: what must not be shown.
        unknown: whether it is not known that nothing has changed.
    """
    code = _told(error)
    text = (error.diag.message_primary if error.sqlstate else None) or str(error).partition("\n")[0]
    shown = text.replace(secret, "***") if secret else text
    return StorageError(
        f"can't use {place}: {shown}{f' ({error.sqlstate})' if error.sqlstate else ''}",
        code=code,
        why="the connection was lost: whether the change was made is not known" if unknown else None,
        help=_ADVICE[code],
        requirement="TS-SESS-018",
    )


def _told(error: psycopg.Error) -> str:
    """Return the code of ours for an error."""
    if error.sqlstate:
        return next((code for code, states in _CODES.items() if error.sqlstate.startswith(states)), "storage-io")
    text = str(error)
    if not any(each in text for each in _STARTING):
        return next((code for code, texts in _TEXTS.items() if any(each in text for each in texts)), "storage-io")
    return "storage-io"
