"""Saved runs in PostgreSQL, which several machines may share (stores.md, "The layout in SQL")."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from timestep.storage.lock import PATIENCE
from timestep.storage.postgres import open_server
from timestep.stores.protocol import FINISHED, Record, SavedRun

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_STEPS = (
    (
        "CREATE TABLE timestep.runs ("
        " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session text NOT NULL, run text NOT NULL,"
        " version bigint NOT NULL, revision bigint NOT NULL, ended boolean NOT NULL, step text NOT NULL,"
        " agent text NOT NULL, created_at timestamptz NOT NULL, saved_at timestamptz NOT NULL, save uuid NOT NULL,"
        " document bytea NOT NULL, UNIQUE (session, run))"
    ),
    "CREATE INDEX runs_open ON timestep.runs (session, ended, id)",
    # What has changed since `runs.document`, which is stored out of line and left alone by an update of the row.
    (
        "CREATE TABLE timestep.changes ("
        " id bigint NOT NULL REFERENCES timestep.runs ON DELETE CASCADE, version bigint NOT NULL,"
        " change bytea NOT NULL, PRIMARY KEY (id, version))"
    ),
)
# A save has a name of its own. Where its answer was lost it is made again, and finds itself by the name.
_INSERT = (
    "INSERT INTO timestep.runs AS stored"
    " (session, run, version, revision, ended, step, agent, created_at, saved_at, save, document)"
    " VALUES (%(session)s, %(run)s, 1, %(revision)s, %(ended)s, %(step)s, %(agent)s, %(created_at)s, %(saved_at)s,"
    " %(save)s, %(document)s)"
    " ON CONFLICT (session, run) DO UPDATE SET save = excluded.save"
    " WHERE stored.version = 1 AND stored.save = excluded.save"
)
_FITS = (
    " WHERE session = %(session)s AND run = %(run)s AND revision <= %(revision)s"
    " AND (version = %(expected)s OR (version = %(expected)s + 1 AND save = %(save)s))"
)
_SET = (
    "UPDATE timestep.runs SET version = %(expected)s + 1, revision = %(revision)s, step = %(step)s, agent = %(agent)s,"
    " saved_at = %(saved_at)s, save = %(save)s"
)
_UPDATE = (
    f"WITH fit AS ({_SET}, ended = %(ended)s, document = %(document)s{_FITS} RETURNING id),"  # noqa: S608 - constants only
    " gone AS (DELETE FROM timestep.changes WHERE id IN (SELECT id FROM fit))"
    " SELECT id FROM fit"
)
_APPEND = (
    f"WITH fit AS ({_SET}{_FITS} RETURNING id),"  # noqa: S608 - likewise
    " added AS (INSERT INTO timestep.changes (id, version, change)"
    " SELECT id, %(expected)s + 1, %(document)s FROM fit ON CONFLICT DO NOTHING)"
    " SELECT id FROM fit"
)
_ABOUT = "session, run, version, revision, step, agent, created_at, saved_at"
_SAVED = (
    f"{_ABOUT}, document, (SELECT array_agg(change ORDER BY changes.version) FROM timestep.changes"  # noqa: S608
    " WHERE changes.id = runs.id)"
)
_ONE = f"SELECT {_SAVED} FROM timestep.runs WHERE session = %s AND run = %s"  # noqa: S608 - constants only
_NEWEST = f"SELECT {_SAVED} FROM timestep.runs WHERE session = %s AND NOT ended ORDER BY id DESC LIMIT 1"  # noqa: S608
_ROWS = f"SELECT {_ABOUT} FROM timestep.runs WHERE %(session)s::text IS NULL OR session = %(session)s ORDER BY id DESC"  # noqa: S608
_DROP = "DELETE FROM timestep.runs WHERE session = %(session)s AND (%(run)s::text IS NULL OR run = %(run)s)"


class PostgresKeeper:
    """Records in a PostgreSQL database.

    Args:
        url: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, as libpq takes it.
        patience: seconds to wait for a server that is being restarted, and for the locks of others.

    Raises:
        UsageError: this is no such address, or psycopg is not installed.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self._server = open_server(url, "runs", _STEPS, patience=patience)

    def __repr__(self) -> str:
        return f"PostgresKeeper({self._server.place!r})"

    async def put(self, record: Record, expected: int) -> bool:
        """Replace a record, and the changes made to it, if its version is the expected one, in one statement."""
        return await self._count(_UPDATE if expected else _INSERT, _values(record, expected)) == 1

    async def append(self, record: Record, expected: int) -> bool:
        """Add a change to those of a run if its version is the expected one, in one statement."""
        return await self._count(_APPEND, _values(record, expected)) == 1

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        query, values = (_ONE, (session, run)) if run is not None else (_NEWEST, (session,))
        rows = await self._fetched(query, values)
        return Record(_about(rows[0]), rows[0][-2], rows[0][-1] or []) if rows else None

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        return [_about(row) for row in await self._fetched(_ROWS, {"session": session})]

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session; after a lost connection those are not counted that were gone already."""
        return await self._count(_DROP, {"session": session, "run": run})

    async def _count(self, statement: str, values: dict[str, Any]) -> int:
        """Do a statement, and say how many rows it was about."""

        async def work(connection: AsyncConnection[Any]) -> int:
            return (await connection.execute(statement.encode(), values)).rowcount

        return await self._server.run(work)

    async def _fetched(self, query: str, values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - as the driver has it
        """Return the rows of a query."""

        async def work(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
            # Binary: a document comes as its bytes, and not as twice as many digits.
            return await (await connection.execute(query.encode(), values, binary=True)).fetchall()

        return await self._server.run(work)


def _values(record: Record, expected: int) -> dict[str, Any]:
    about = record.about
    return {
        "session": about.session,
        "run": about.run,
        "revision": about.revision,
        "ended": about.step in FINISHED,
        "step": about.step,
        "agent": about.agent.replace("\0", "\ufffd"),  # told to people; the document has it as it is
        "created_at": datetime.fromisoformat(about.created_at),
        "saved_at": datetime.fromisoformat(about.saved_at),
        "save": uuid4(),
        "document": record.data,
        "expected": expected,
    }


def _about(row: tuple[Any, ...]) -> SavedRun:
    session, run, version, revision, step, agent, created_at, saved_at = row[:8]
    return SavedRun(
        session=session,
        run=run,
        version=version,
        revision=revision,
        step=step,
        agent=agent,
        created_at=_told(created_at),
        saved_at=_told(saved_at),
    )


def _told(moment: datetime) -> str:
    """Return a time as every store tells it, whatever the server's zone is."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
