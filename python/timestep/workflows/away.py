"""DBOS's database that is away: DBOS asks again in some cases alone, and lets its driver's errors through in others."""

from __future__ import annotations

from timestep.errors import StorageError


def is_away(error: BaseException) -> bool:
    """Tell whether an error is of DBOS's database, which may come back."""
    from sqlalchemy.exc import DBAPIError

    return isinstance(error, DBAPIError)


def away(error: BaseException) -> StorageError:
    """Return the error of ours for one of DBOS's database; the statement and its values are not told."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return StorageError(
        f"DBOS can't use its database: {said}",
        code="storage-io",
        help="see the server's log; try again when the cause is gone",
        requirement="TS-DUR-067",
    )
