"""PostgreSQL databases that many sessions, stores and processes share: short transactions, errors of ours.

A server that is restarted is waited for: what was under way is done again on a new connection, which is why work has to
be such that twice is once. Connections belong to the event loop that opened them; at most `CONNECTIONS` for each.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary, finalize

from timestep.errors import StorageError, UsageError
from timestep.storage import postgres_refusals as refusals
from timestep.storage.lock import PATIENCE

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_T = TypeVar("_T")
Work = Callable[["AsyncConnection[tuple[Any, ...]]"], Awaitable[_T]]
#: Connections for each event loop: enough for the server to write several commits to its disk at once.
CONNECTIONS = 4
_LAYOUTS = (
    "CREATE SCHEMA IF NOT EXISTS timestep",
    "CREATE TABLE IF NOT EXISTS timestep.layouts (name text PRIMARY KEY, version integer NOT NULL)",
)
_KNOWN = "SELECT to_regclass('timestep.layouts') IS NOT NULL"
_VERSION = "SELECT version FROM timestep.layouts WHERE name = %s"
_SET_VERSION = (
    "INSERT INTO timestep.layouts (name, version) VALUES (%s, %s)"
    " ON CONFLICT (name) DO UPDATE SET version = excluded.version"
)
# Anybody's number would do; it is "timestep" in ASCII, so that it meets no other program's.
_MIGRATING = "SELECT pg_advisory_xact_lock(8388356063450391920)"
_OPEN: WeakValueDictionary[tuple[str, str, float], Server] = WeakValueDictionary()
_OPENING = threading.Lock()
# Connections of a parent process.
_INHERITED: list[object] = []


def open_server(url: str, layout: str, steps: Sequence[str], *, patience: float = PATIENCE) -> Server:
    """Return the database at an address, one for all who use it in this process; nothing is opened yet.

    Args:
        url: `postgresql://...`, as libpq takes it.
        layout: name of the tables that are used, and
        steps: the statements that make them; their number, kept in `timestep.layouts`, tells an old layout from a new.
        patience: seconds to wait for a server that is being restarted, and for the locks of others.

    Raises:
        UsageError: this is no such address, or psycopg is not installed.
    """
    key = (url, layout, patience)
    with _OPENING:
        found = _OPEN.get(key)
        if found is None:
            found = _OPEN[key] = Server(url, layout, tuple(steps), patience)
        return found


class Server:
    """The tables of one layout in one database. Its text form tells no password."""

    def __init__(self, url: str, layout: str, steps: tuple[str, ...], patience: float) -> None:
        self._settings = settings_of(url)
        self.place = place_of(self._settings)
        self._layout = layout
        self._steps = steps
        self._patience = patience
        self._lock = threading.Lock()
        self._lines: dict[asyncio.AbstractEventLoop, _Lines] = {}
        self._process = os.getpid()
        self._met = False

    def __repr__(self) -> str:
        return f"Server({self.place!r}, {self._layout!r})"

    async def run(self, work: Work[_T], *, again: bool = True) -> _T:
        """Do one piece of work on a connection; where that is lost, again on a new one.

        Args:
            work: is begun from the start on the new connection; nothing tells whether the first time had its effect.
            again: whether it may be. Otherwise the connection is tried first, and its loss is an error that says so.

        Raises:
            StorageError: the server refused, or could not be reached for all of the patience.
        """
        import psycopg

        deadline = time.monotonic() + self._patience
        pause = 0.02
        unknown = False
        while True:
            begun = False
            try:
                async with self._connection(probe=not again) as connection:
                    begun = True
                    return await work(connection)
            except psycopg.Error as error:
                lost = refusals.is_loss(error)
                unknown |= begun and lost
                waits = lost and (self._met or refusals.is_starting(error)) and (again or not begun)
                if not waits or time.monotonic() > deadline:
                    # Without its cause: the driver's text is in the message, but for what is secret.
                    secret = self._settings.get("password")
                    raise refusals.server_refused(error, self.place, secret, unknown=unknown) from None
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)

    def close(self) -> None:
        """End all connections; the next use opens new ones."""
        lines, self._lines = self._lines, {}
        for each in lines.values():
            each.close()
        self._process = os.getpid()

    @asynccontextmanager
    async def _connection(self, *, probe: bool) -> AsyncGenerator[AsyncConnection[tuple[Any, ...]]]:
        """Give a connection that nobody else uses; it is kept for the next if it is in order afterwards."""
        lines = self._own_lines()
        async with lines.gate:
            connection = lines.idle.pop() if lines.idle else await self._opened()
            try:
                if probe:
                    await connection.execute("SELECT 1")
                yield connection
            except BaseException:
                if refusals.is_usable(connection):
                    lines.idle.append(connection)
                else:
                    # What is as old is as dead: the server was restarted.
                    await connection.close()
                    lines.close()
                raise
            lines.idle.append(connection)

    def _own_lines(self) -> _Lines:
        """Return the connections of this event loop, and end those of loops that are no more."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._process != os.getpid():
                self.close()
            for other in [known for known in self._lines if known.is_closed()]:
                self._lines.pop(other).close()
            return self._lines.setdefault(loop, _Lines())

    async def _opened(self) -> AsyncConnection[tuple[Any, ...]]:
        import psycopg
        from psycopg.conninfo import make_conninfo

        # 2 seconds are the least that libpq knows. Statements are not prepared: poolers on the way lose them.
        settings = {"connect_timeout": str(max(2, int(self._patience))), **self._settings, "client_encoding": "utf8"}
        address = make_conninfo("", **settings)
        connection = await psycopg.AsyncConnection.connect(address, autocommit=True, prepare_threshold=None)
        self._met = True
        try:
            await connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{int(self._patience * 1000)}",))
            await self._lay_out(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _lay_out(self, connection: AsyncConnection[tuple[Any, ...]]) -> None:
        """Make the tables, or those that a later version has added; who comes meanwhile waits."""
        if await self._version(connection) == len(self._steps):
            return
        async with connection.transaction():
            await connection.execute(_MIGRATING)
            if await self._version(connection) is None:
                for statement in _LAYOUTS:
                    await connection.execute(statement)
            # Asked again, because the server may not have noticed at once what others made while we waited.
            done = await self._version(connection) or 0
            if done > len(self._steps):
                raise StorageError(
                    f"the tables {self._layout!r} of {self.place} were laid out by a later version",
                    code="storage-version",
                    help="upgrade timestep, or choose another database",
                    requirement="TS-STORE-014",
                )
            for statement in self._steps[done:]:
                await connection.execute(statement.encode())
            await connection.execute(_SET_VERSION, (self._layout, len(self._steps)))

    async def _version(self, connection: AsyncConnection[tuple[Any, ...]]) -> int | None:
        """Return the version of the layout, 0 where it is new, and nothing where no layout is known here."""
        known = await (await connection.execute(_KNOWN)).fetchone()
        if not known or not known[0]:
            return None
        row = await (await connection.execute(_VERSION, (self._layout,))).fetchone()
        return row[0] if row else 0


class _Lines:
    """The connections of one event loop that wait for work; they end with this object."""

    def __init__(self) -> None:
        self.gate = asyncio.Semaphore(CONNECTIONS)
        self.idle: list[AsyncConnection[tuple[Any, ...]]] = []
        self._process = os.getpid()
        # Not `__del__`: of objects that go together, the connections might go first, and complain.
        finalize(self, _end, self.idle, self._process)

    def close(self) -> None:
        """End them, at once and without the event loop, which may be gone."""
        _end(self.idle, self._process)


def _end(connections: list[AsyncConnection[tuple[Any, ...]]], process: int) -> None:
    """End connections, but for those that a fork has inherited: that would end the parent's."""
    if process != os.getpid():
        _INHERITED.extend(connections)
    else:
        for connection in connections:
            connection.pgconn.finish()
    connections.clear()


def settings_of(url: str) -> dict[str, str]:
    """Return the parts of an address by libpq's names.

    Raises:
        UsageError: it is no address, or psycopg is not installed.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise UsageError(
            f"PostgreSQL needs the package psycopg: {error}",
            code="postgres-missing",
            help="pip install 'psycopg[binary]>=3.2'",
            requirement="TS-STORE-010",
        ) from None
    try:
        settings = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        settings = {"host": "@"}
    # A password with an "@" that is not written as %40 has its end taken for the host.
    if not url.startswith(("postgresql://", "postgres://")) or "@" in settings.get("host", ""):
        raise UsageError(
            "the address of the PostgreSQL database can't be read",
            code="store-unknown",
            why="it is not shown here, because a password may stand in it",
            help="postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with other characters of a password than letters and "
            "digits written as %XX",
            requirement="TS-STORE-010",
        ) from None  # libpq's message cites what it could not read
    return settings


def place_of(settings: Mapping[str, str]) -> str:
    """Return an address without user and password, for messages."""
    port = settings.get("port")
    return f"postgresql://{settings.get('host', '')}{f':{port}' if port else ''}/{settings.get('dbname', '')}"
