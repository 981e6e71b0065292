"""Sessions in PostgreSQL: what `Session()` is where `PG_CONNECTION_URI` is set (TS-SESS-023)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from timestep.sessions.protocol import Session, checked_id, checked_limit, from_text, from_texts, to_text
from timestep.storage.lock import PATIENCE
from timestep.storage.places import postgres_from_environment
from timestep.storage.postgres import open_server
from timestep.types.base import Item

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_STEPS = (
    (
        "CREATE TABLE timestep.items ("
        " id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session text NOT NULL, item bytea NOT NULL,"
        " addition uuid NOT NULL, place integer NOT NULL, UNIQUE (addition, place))"
    ),
    "CREATE INDEX items_by_session ON timestep.items (session, id)",
)
# Who adds to one session waits for who adds before, so that the items of an addition stand together; 29811 is "ts" in
# ASCII, and keeps these locks apart from those of others. An addition has a name of its own: where its answer was lost
# it is made again, and adds only what is not there.
_ADD = (
    "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(29811, hashtext(%(session)s)))"
    " INSERT INTO timestep.items (session, item, addition, place)"
    " SELECT %(session)s, line, %(addition)s, place FROM turn, unnest(%(lines)s::bytea[]) WITH ORDINALITY"
    " AS added (line, place) ORDER BY place ON CONFLICT (addition, place) DO NOTHING"
)
_LAST = "SELECT item FROM timestep.items WHERE session = %s ORDER BY id DESC LIMIT %s"
# Two who remove at once remove two: who finds the last one taken takes the one before.
_POP = (
    "DELETE FROM timestep.items WHERE id ="
    " (SELECT id FROM timestep.items WHERE session = %s ORDER BY id DESC LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING item"
)
_CLEAR = "DELETE FROM timestep.items WHERE session = %s"
_COUNTS = "SELECT session, count(*) FROM timestep.items GROUP BY session ORDER BY max(id) DESC"


class PostgresSession(Session):
    """Items in a PostgreSQL database; processes, machines and sessions share it.

    Args:
        session_id: the id; sessions of one id in one database are the same session.
        connection: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; by default what `PG_CONNECTION_URI` says.
        patience: seconds to wait for a server that is being restarted, and for the locks of others.

    Raises:
        UsageError: there is no such address, or psycopg is not installed.
    """

    def __init__(
        self, session_id: str = "default", connection: str | None = None, *, patience: float = PATIENCE
    ) -> None:
        super().__init__(session_id)
        url = connection or postgres_from_environment() or ""
        self._server = open_server(url, "items", _STEPS, patience=patience)

    @property
    def place(self) -> str:
        """The database's address, without user and password."""
        return self._server.place

    def beside(self, session_id: str) -> Self:
        """Return another session of the same database."""
        other = copy(self)
        other.session_id = checked_id(session_id)
        return other

    async def counts(self) -> list[tuple[str, int]]:
        """List the sessions of the database and how many items each has, the one written to last first."""
        return [(name, count) for name, count in await self._fetched(_COUNTS, ())]

    async def get_items(self, limit: int | None = None) -> list[Item]:
        """Give the last `limit` items, or all of them, oldest first."""
        limit = checked_limit(limit)
        # The server counts in 64 bits, and takes NULL for no limit.
        values = (self.session_id, None if limit is None else min(limit, (1 << 63) - 1))
        rows = await self._fetched(_LAST, values)
        return from_texts([line for (line,) in reversed(rows)])

    async def add_items(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items at the end in one statement; when this returns, they are kept (TS-SESS-014)."""
        lines = to_text(items)
        values = {"session": self.session_id, "addition": uuid4(), "lines": lines}
        if lines:
            await self._server.run(lambda connection: connection.execute(_ADD.encode(), values))

    async def pop_item(self) -> Item | None:
        """Remove the last item and give it; it is not tried again where the connection was lost meanwhile."""
        rows = await self._fetched(_POP, (self.session_id,), again=False)
        return from_text(rows[0][0]) if rows else None

    async def clear_session(self) -> None:
        """Remove all items of this session."""
        await self._server.run(lambda connection: connection.execute(_CLEAR.encode(), (self.session_id,)))

    async def _fetched(self, query: str, values: tuple[Any, ...], *, again: bool = True) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""

        async def work(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
            return await (await connection.execute(query.encode(), values, binary=True)).fetchall()

        return await self._server.run(work, again=again)
