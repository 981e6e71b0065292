"""DBOS in this process, configured, launched and cleaned up by plain calls (RULINGS R22)."""

from __future__ import annotations

import threading
from pathlib import Path

from timestep.errors import UserError
from timestep.saved import RunStateStore
from timestep.workflows.apart import Done, apart
from timestep.workflows.place import find_place
from timestep.workflows.process import APPLICATION_VERSION, Process

_current: Process | None = None  # DBOS is one for a process
_CHANGING = threading.RLock()


def configure_dbos(
    connection: str | Path | None = None,
    *,
    state_store: RunStateStore | None = None,
    name: str = "timestep",
    application_version: str = APPLICATION_VERSION,
) -> Done:
    """Configure DBOS for this process; a plain call, which may be awaited too.

    Args:
        connection: where DBOS keeps its tables: `postgresql://...`, or the path of a SQLite file. By default the
            database that `PG_CONNECTION_URI` names, else `workflows.sqlite3` under `TIMESTEP_HOME`, else in the
            platform's data folder.
        state_store: where the runs are kept; by default the same database of PostgreSQL, else the default place of
            `RunStateStore`.
        name: the application's name in DBOS; programs that share a database and not their workflows have their own.
        application_version: DBOS recovers the workflows of its own version alone; this one stays as your code changes.

    Raises:
        UsageError: the package dbos or the driver of the database is missing, or there is no such place.
        UserError: DBOS is launched with other settings already.
    """
    global _current  # noqa: PLW0603 - one for a process
    with _CHANGING:
        made = Process(find_place(connection), state_store, name, application_version)
        if _current is None or not _current.launched:
            made.schedules = {} if _current is None else _current.schedules
            _current = made
        elif _current.settings != made.settings:
            raise UserError(
                "DBOS is launched already, with other settings",
                code="dbos-configured",
                help="call cleanup_dbos() before you configure it anew",
                requirement="TS-DUR-061",
            )
    return Done()


def ensure_dbos_launched() -> Done:
    """Launch DBOS, if it is not yet; workflows that a process left behind when it died are gone on with from here on.

    A plain call, which may be awaited too.

    Raises:
        StorageError: SQLite is too old ("sqlite-old"), or the system refused.
        UserError: other code has configured DBOS.
    """
    launched()
    return Done()


def cleanup_dbos(wait: int = 0) -> Done:
    """End DBOS in this process; its workflows stay, and are gone on with after the next launch, here or elsewhere.

    A plain call, which may be awaited too.

    Args:
        wait: seconds to wait for workflows that are under way.
    """
    global _current
    with _CHANGING:
        process, _current = _current, None
        if process is not None:
            apart(lambda: process.destroy(wait))
    return Done()


def configured() -> Process:
    """Return DBOS as configured, by default where nobody has."""
    with _CHANGING:
        if _current is None:
            configure_dbos()
        return current()


def launched() -> Process:
    """Return DBOS, launched."""
    with _CHANGING:
        process = configured()
        if not process.launched:
            apart(process.launch)
            from timestep.workflows.schedules import apply

            apply(process)
        return process


def current() -> Process:
    """Return DBOS as it is configured.

    Raises:
        UserError: it is not.
    """
    if _current is None:
        raise UserError("DBOS is not configured", help="call configure_dbos()", requirement="TS-DUR-061")
    return _current
