"""Where DBOS keeps its tables: the PostgreSQL database that runs are in too, else a SQLite file beside them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from timestep.errors import StorageError, UsageError
from timestep.storage.alive import Alive, AliveInFolder, AliveInPostgres
from timestep.storage.folders import data_folder, make_folder
from timestep.storage.places import place_of
from timestep.storage.refusals import refused

#: Name of the file in the data folder.
FILE = "workflows.sqlite3"
#: The oldest SQLite that DBOS's statements work in.
OLDEST = (3, 42, 0)


class Place(NamedTuple):
    """A database of DBOS's: an address of PostgreSQL, or the path of a SQLite file."""

    at: str | Path

    @property
    def url(self) -> str:
        """The address, as SQLAlchemy takes it."""
        if isinstance(self.at, Path):
            return f"sqlite:///{self.at}"
        return f"postgresql://{self.at.split('://', 1)[1]}"

    def engine(self) -> dict[str, Any]:
        """Return what the engine has to know besides, and make the file, which only its owner can read.

        Raises:
            StorageError: there is no SQLite that is new enough, or the system refused.
        """
        if not isinstance(self.at, Path):
            return {}
        module = sqlite_module()
        try:
            make_folder(self.at.parent)
            os.close(os.open(self.at, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise refused(error, self.at, "make") from error
        return {} if module is sqlite3 else {"module": module}

    def alive(self, name: str) -> Alive:
        """Return the lock that tells others that the process of that name is alive."""
        if isinstance(self.at, Path):
            return AliveInFolder(self.at.with_name(f"{self.at.name}-processes"), name)
        return AliveInPostgres(self.at, name)


def find_place(connection: str | Path | None) -> Place:
    """Return the place that is given, else the one that `PG_CONNECTION_URI` names, else the file in the data folder.

    Raises:
        UsageError: it is no place, or a package is missing.
    """
    if importlib.util.find_spec("dbos") is None:
        raise UsageError(
            "workflows need the package dbos, which is not installed",
            code="dbos-missing",
            help="pip install 'dbos>=3.4,<3.5'",
            requirement="TS-DUR-061",
        )
    found = place_of(connection)
    return Place((data_folder() / FILE if found is None else Path(found).absolute()) if _is_file(found) else str(found))


def _is_file(found: str | Path | None) -> bool:
    return found is None or isinstance(found, Path)


def sqlite_module() -> Any:  # noqa: ANN401 - a module
    """Return a module for SQLite that is new enough for DBOS: Python's own, else pysqlite3.

    Raises:
        StorageError: there is none.
    """
    if sqlite3.sqlite_version_info >= OLDEST:
        return sqlite3
    found = sqlite3.sqlite_version
    with suppress(ImportError):
        other: Any = importlib.import_module("pysqlite3.dbapi2")
        if other.sqlite_version_info >= OLDEST:
            return other
    raise StorageError(
        f"workflows in SQLite need SQLite {OLDEST[0]}.{OLDEST[1]} or newer; this Python has {found}",
        code="sqlite-old",
        why="DBOS's statements do not work in older ones",
        help="pip install pysqlite3-binary, or set PG_CONNECTION_URI to a PostgreSQL database",
        requirement="TS-DUR-061",
    )
