"""Where sessions and saved runs are kept: an address of PostgreSQL, or a SQLite file."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from timestep.errors import UsageError

#: The variable that names the database for whatever is not given a place.
VARIABLE = "PG_CONNECTION_URI"


def place_of(connection: str | Path | None) -> str | Path | None:
    """Return an address of PostgreSQL as a text, a SQLite file as a path, and None for the default file.

    Args:
        connection: `postgresql://...`, `sqlite:///PATH`, or a path; None is what `PG_CONNECTION_URI` names.

    Raises:
        UsageError: a URL of a kind that nothing here opens.
    """
    if connection is None:
        return postgres_from_environment()
    return connection if isinstance(connection, str) and is_postgres(connection) else sqlite_path(connection)


def postgres_from_environment() -> str | None:
    """Return the address that `PG_CONNECTION_URI` names, if it is set.

    Raises:
        UsageError: it is none of PostgreSQL.
    """
    url = os.environ.get(VARIABLE)
    if url and not is_postgres(url):
        raise UsageError(
            f"{VARIABLE} is no address of a PostgreSQL database",
            code="store-unknown",
            why="a place elsewhere would not be the one that other processes find",
            help="set it to postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or unset it",
            requirement="TS-STORE-010",
        )
    return url or None


def is_postgres(url: str) -> bool:
    """Whether a text is an address of PostgreSQL."""
    return url.startswith(("postgresql://", "postgres://"))


def sqlite_path(place: str | Path) -> Path:
    """Return the path of a SQLite file that is given as one or as `sqlite:///PATH`.

    Raises:
        UsageError: it is a URL of another kind.
    """
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    parts = urlsplit(place)
    if parts.scheme == "sqlite" and not parts.netloc:
        # Three slashes and a relative path, four and an absolute one, as elsewhere.
        return Path(unquote(parts.path[1:]))
    raise UsageError(
        f"no store opens a URL of the kind {parts.scheme!r}",
        code="store-unknown",
        help="give a path, sqlite:///PATH, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        requirement="TS-STORE-010",
    )
