"""Saved runs in PostgreSQL, which several machines may share (stores.md, "The layout in SQL")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from timestep.storage.lock import PATIENCE
from timestep.storage.postgres import open_server
from timestep.stores.protocol import (
    FINISHED,
    NOBODY,
    Claim,
    Hold,
    Record,
    SavedRun,
    SavedVersion,
    version_of,
    waits_from_json,
    waits_to_json,
)

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
    (
        "CREATE TABLE timestep.history ("
        " id bigint NOT NULL REFERENCES timestep.runs ON DELETE CASCADE, version bigint NOT NULL,"
        " revision bigint NOT NULL, step text NOT NULL, agent text NOT NULL, saved_at timestamptz NOT NULL,"
        " waits text NOT NULL, PRIMARY KEY (id, version))"
    ),
    (
        "CREATE TABLE timestep.claims ("
        " id bigint PRIMARY KEY REFERENCES timestep.runs ON DELETE CASCADE, holder text NOT NULL,"
        " until timestamptz NOT NULL)"
    ),
)
_ENTRY = "id, version, revision, step, agent, saved_at, waits"
_NEW = "%(expected)s + 1, %(revision)s, %(step)s, %(agent)s, %(saved_at)s, %(waits)s"
# What a save brings besides the row of its run, `fit`: its place in the history, and what becomes of the claim.
_BESIDES = (
    f" told AS (INSERT INTO timestep.history ({_ENTRY}) SELECT id, {_NEW} FROM fit ON CONFLICT DO NOTHING),"  # noqa: S608 - constants only
    " claimed AS (INSERT INTO timestep.claims (id, holder, until)"
    " SELECT id, %(holder)s, now() + make_interval(secs => %(seconds)s) FROM fit WHERE %(seconds)s > 0"
    " ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until),"
    " freed AS (DELETE FROM timestep.claims USING fit"
    " WHERE claims.id = fit.id AND %(seconds)s = 0 AND holder = %(holder)s)"
    " SELECT id FROM fit"
)
# A save has a name of its own. Where its answer was lost it is made again, and finds itself by the name.
_INSERT = (
    "WITH fit AS (INSERT INTO timestep.runs AS stored"  # noqa: S608 - likewise
    " (session, run, version, revision, ended, step, agent, created_at, saved_at, save, document)"
    " VALUES (%(session)s, %(run)s, 1, %(revision)s, %(ended)s, %(step)s, %(agent)s, %(created_at)s, %(saved_at)s,"
    " %(save)s, %(document)s)"
    " ON CONFLICT (session, run) DO UPDATE SET save = excluded.save"
    f" WHERE stored.version = 1 AND stored.save = excluded.save RETURNING id),{_BESIDES}"
)
_FITS = (
    " WHERE session = %(session)s AND run = %(run)s AND revision <= %(revision)s"
    " AND (version = %(expected)s OR (version = %(expected)s + 1 AND save = %(save)s))"
)
_SET = (
    "UPDATE timestep.runs SET version = %(expected)s + 1, revision = %(revision)s, step = %(step)s, agent = %(agent)s,"
    " saved_at = %(saved_at)s, save = %(save)s"
)
_HELD = "EXISTS (SELECT 1 FROM timestep.claims WHERE claims.id = runs.id AND until > now(){0})"
_UPDATE = (
    f"WITH fit AS ({_SET}, ended = %(ended)s, document = %(document)s{_FITS}"  # noqa: S608 - constants only
    f" AND NOT {_HELD.format(' AND holder NOT IN (%(holder)s, %(over)s)')} RETURNING id),"
    " gone AS (DELETE FROM timestep.changes WHERE id IN (SELECT id FROM fit)),"
    f"{_BESIDES}"
)
_APPEND = (
    f"WITH fit AS ({_SET}{_FITS} RETURNING id),"  # noqa: S608 - likewise
    f" told AS (INSERT INTO timestep.history ({_ENTRY}) SELECT id, {_NEW} FROM fit ON CONFLICT DO NOTHING),"
    " added AS (INSERT INTO timestep.changes (id, version, change)"
    " SELECT id, %(expected)s + 1, %(document)s FROM fit ON CONFLICT DO NOTHING)"
    " SELECT id FROM fit"
)
_CLAIMED = "(SELECT {0} FROM timestep.claims WHERE claims.id = runs.id AND until > now())"
_ABOUT = (
    "session, run, version, revision, step, agent, created_at, saved_at, coalesce("  # noqa: S608 - likewise
    "(SELECT waits FROM timestep.history WHERE history.id = runs.id AND history.version = runs.version), '[]'),"
    f" {_CLAIMED.format('holder')}, {_CLAIMED.format('until')}"
)
_SAVED = (
    f"{_ABOUT}, document, (SELECT array_agg(change ORDER BY changes.version) FROM timestep.changes"  # noqa: S608
    " WHERE changes.id = runs.id)"
)
_ONE = f"SELECT {_SAVED} FROM timestep.runs WHERE session = %s AND run = %s"  # noqa: S608 - constants only
_NEWEST = f"SELECT {_SAVED} FROM timestep.runs WHERE session = %s AND NOT ended ORDER BY id DESC LIMIT 1"  # noqa: S608
_ROWS = f"SELECT {_ABOUT} FROM timestep.runs WHERE %(session)s::text IS NULL OR session = %(session)s ORDER BY id DESC"  # noqa: S608
_OF_THESE = "SELECT run, version FROM timestep.runs WHERE session = %(session)s AND run = ANY(%(runs)s)"
_RENEW = (
    "UPDATE timestep.claims SET until = now() + make_interval(secs => %(seconds)s) FROM timestep.runs"
    " WHERE claims.id = runs.id AND session = %(session)s AND run = %(run)s AND holder = %(holder)s"
)
_FREE = (
    "DELETE FROM timestep.claims USING timestep.runs"
    " WHERE claims.id = runs.id AND session = %(session)s AND run = %(run)s AND holder = %(holder)s"
)
_HISTORY = (
    "SELECT history.version, history.revision, history.step, history.agent, history.saved_at, waits"
    " FROM timestep.history JOIN timestep.runs USING (id) WHERE session = %(session)s AND run = %(run)s"
    " ORDER BY history.version"
)
_PRUNE = (
    "DELETE FROM timestep.runs WHERE (%(session)s::text IS NULL OR session = %(session)s) AND saved_at < %(before)s"  # noqa: S608
    f" AND (ended OR %(unfinished)s) AND NOT {_HELD.format('')}"
)
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

    async def put(self, record: Record, expected: int, hold: Hold = NOBODY) -> bool:
        """Replace a record, and the changes made to it, if its version is the expected one and nobody else holds it."""
        values = {**_values(record, expected), "holder": hold.holder, "over": hold.over}
        values["seconds"] = -1.0 if hold.seconds is None else float(hold.seconds)
        return await self._count(_UPDATE if expected else _INSERT, values) == 1

    async def append(self, record: Record, expected: int) -> bool:
        """Add a change to those of a run if its version is the expected one, in one statement."""
        return await self._count(_APPEND, _values(record, expected)) == 1

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        query, values = (_ONE, (session, run)) if run is not None else (_NEWEST, (session,))
        rows = await self._fetched(query, values)
        return Record(_about(rows[0]), rows[0][-2], rows[0][-1] or []) if rows else None

    async def renew(self, session: str, run: str, holder: str, seconds: float) -> bool:
        """Have a claim last for some seconds from now; 0 gives it up."""
        values = {"session": session, "run": run, "holder": holder, "seconds": float(seconds)}
        return await self._count(_RENEW if seconds else _FREE, values) == 1

    async def versions(self, session: str, run: str) -> list[SavedVersion]:
        """List the saves of a run, the oldest first."""
        rows = await self._fetched(_HISTORY, {"session": session, "run": run})
        return [version_of((*row[:4], _told(row[4]), row[5])) for row in rows]

    async def prune(self, before: str, session: str | None = None, *, unfinished: bool = False) -> int:
        """Remove runs saved last before a time, finished ones or all, but none that is held."""
        values = {"before": datetime.fromisoformat(before), "session": session, "unfinished": unfinished}
        return await self._count(_PRUNE, values)

    async def newest(self, session: str, runs: Sequence[str]) -> dict[str, int]:
        """Give the version of each of these runs that there is."""
        return dict(await self._fetched(_OF_THESE, {"session": session, "runs": [*runs]}))

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
        "waits": waits_to_json(about.waits),
        "expected": expected,
    }


def _about(row: tuple[Any, ...]) -> SavedRun:
    session, run, version, revision, step, agent, created_at, saved_at, waits, holder, until = row[:11]
    return SavedRun(
        session=session,
        run=run,
        version=version,
        revision=revision,
        step=step,
        agent=agent,
        created_at=_told(created_at),
        saved_at=_told(saved_at),
        waits=waits_from_json(waits),
        claim=Claim(holder, _told(until)) if holder is not None else None,
    )


def _told(moment: datetime) -> str:
    """Return a time as every store tells it, whatever the server's zone is."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
