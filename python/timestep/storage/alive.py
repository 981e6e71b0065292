"""Who is alive: a lock for each process, which the system lets go of when the process dies, however it dies."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from timestep.storage.folders import make_folder
from timestep.storage.lock import take
from timestep.storage.postgres import place_of, settings_of
from timestep.storage.postgres_refusals import server_refused

if TYPE_CHECKING:
    from psycopg import Connection


class Alive(Protocol):
    """The lock of this process, and a look at those of others. Its methods block for one exchange with the system."""

    def hold(self) -> None:
        """Take the lock, or take it anew where it was lost with the connection."""
        ...

    def is_dead(self, name: str) -> bool:
        """Tell whether nobody holds the lock of that name."""
        ...

    def release(self) -> None:
        """Let go of the lock."""
        ...


class AliveInFolder:
    """Locked files in a folder, for the processes of one machine."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._descriptor: int | None = None

    def hold(self) -> None:
        """Take the lock."""
        if self._descriptor is None:
            make_folder(self._folder)
            self._descriptor = os.open(self._path(self._name), os.O_CREAT | os.O_RDWR, 0o600)
            take(self._descriptor)
            if hasattr(os, "register_at_fork"):
                # A child shares the lock, and would keep it when this process has died.
                os.register_at_fork(after_in_child=self._close)

    def is_dead(self, name: str) -> bool:
        """Tell whether nobody holds the lock; the file of one that is dead goes."""
        path = self._path(name)
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            free = take(descriptor)
        finally:
            os.close(descriptor)
        if free:
            path.unlink(missing_ok=True)
        return free

    def release(self) -> None:
        """Let go of the lock, and remove its file."""
        if self._descriptor is not None:
            self._close()
            self._path(self._name).unlink(missing_ok=True)

    def _close(self) -> None:
        """Close the file, and with it the lock where no other process has it open."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"


class AliveInPostgres:
    """Advisory locks, each on a connection of its own, for the processes of many machines."""

    def __init__(self, url: str, name: str) -> None:
        self._settings = settings_of(url)
        self._name = name
        self._connection: Connection[Any] | None = None
        self._turn = threading.Lock()

    def hold(self) -> None:
        """Take the lock, on a new connection if the old one is lost."""
        import psycopg

        with self._turn:
            if self._connection is not None:
                try:
                    self._connection.execute("SELECT 1")
                except psycopg.Error:
                    self._end()
            if self._connection is None:
                self._connection = self._opened()
                self._connection.execute("SELECT pg_advisory_lock(%s)", (_number(self._name),))

    def is_dead(self, name: str) -> bool:
        """Tell whether nobody holds the lock; false where two look at the same moment, so look again."""
        with self._turn:
            if self._connection is None:
                return False
            number = _number(name)
            row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (number,)).fetchone()
            if not row or not row[0]:
                return False
            self._connection.execute("SELECT pg_advisory_unlock(%s)", (number,))
            return True

    def release(self) -> None:
        """Let go of the lock."""
        with self._turn:
            self._end()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> Connection[Any]:
        import psycopg
        from psycopg.conninfo import make_conninfo

        # A machine that is cut off is found dead within a minute, and not after the two hours that systems wait.
        probes = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
        options = f"{self._settings.get('options', '')} {probes}".strip()
        settings = {"connect_timeout": "10", **self._settings, "options": options}
        try:
            return psycopg.connect(make_conninfo("", **settings), autocommit=True, prepare_threshold=None)
        except psycopg.Error as error:
            secret = self._settings.get("password")
            raise server_refused(error, place_of(self._settings), secret, unknown=False) from None


def _number(name: str) -> int:
    """Return the number of a lock: 64 bits of the name's digest."""
    return int.from_bytes(hashlib.sha256(f"timestep alive {name}".encode()).digest()[:8], "big", signed=True)
