"""The points at which a child can be killed: around system calls, in a database's work, around effects and events."""

import fcntl
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

from psycopg import AsyncConnection

from timestep.loop.driver import BOUNDARY
from timestep.storage import append_log, database
from timestep.stores.postgres import PostgresKeeper
from timestep.stores.sqlite import SQLiteKeeper

from .telling import meet

#: What of the store's interface writes.
WRITES = ("put", "append", "renew")


@dataclass
class Points:
    """Counts the boundaries a child comes to, and stops at one of them to be killed from outside.

    Attributes:
        channel: the socket to the fork server.
        cut: the boundary to stop at: its number, from 1, or its name; 0 for none.
        frozen: whether the child is not killed there, but stands still until the others have ended.
        passed: how many of each kind there were, and
        come: of all.
    """

    channel: object
    cut: int | str = 0
    frozen: bool = False
    passed: Counter = field(default_factory=Counter)
    come: int = 0

    def __call__(self, kind):
        """Come to a boundary, which is named by kind and place: `store:before append`."""
        self.passed[kind.partition(":")[0]] += 1
        self.come += 1
        if self.cut in (self.come, kind):
            if self.frozen:
                meet(self.channel)  # the server's first go: the others know that this one stands still
                meet(self.channel)
                return
            self.channel.sendall(b"cut %s\n" % kind.encode())
            while True:
                signal.pause()


def around_calls(point):
    """Put a boundary before and after each call that changes a file or its lock, and one inside each write."""

    def bounded(real, name):
        def call(*arguments, **options):
            point(f"file:before {name}")
            result = real(*arguments, **options)
            point(f"file:after {name}")
            return result

        return call

    for module, name in ((os, "open"), (os, "ftruncate"), (os, "close"), (os, "mkdir"), (fcntl, "flock")):
        setattr(module, name, bounded(getattr(module, name), name))
    write = os.write

    def in_two(descriptor, data):
        point("file:before write")
        half = write(descriptor, data[: len(data) // 2])
        point("file:within write")
        rest = write(descriptor, data[half:])
        point("file:after write")
        return half + rest

    os.write = in_two


def inside_sqlite(point, steps=5):
    """Put a boundary at each statement, and at every few steps of SQLite's machine."""
    connect = database.sqlite3.connect

    def opened(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_progress_handler(lambda: point("database:step"), steps)
        connection.set_trace_callback(lambda statement: point(f"database:{statement.split()[0]}"))
        return connection

    database.sqlite3.connect = opened


def inside_psycopg(point):
    """Put a boundary around each connecting, and wherever the driver waits to send or for an answer."""
    connect, wait = AsyncConnection.connect, AsyncConnection.wait

    async def connected(*arguments, **options):
        point("database:before connecting")
        connection = await connect(*arguments, **options)
        point("database:after connecting")
        return connection

    def bounded(steps):
        wanted = next(steps)
        while True:
            point("database:before waiting")
            ready = yield wanted
            point("database:after waiting")
            try:
                wanted = steps.send(ready)
            except StopIteration as end:
                point("database:answered")
                return end.value

    AsyncConnection.connect = connected
    AsyncConnection.wait = lambda self, steps, **options: wait(self, bounded(steps), **options)


def around_writes(point):
    """Put a boundary before and after each write of a store, as its interface has them."""

    def bounded(real, name):
        async def write(*arguments):
            point(f"store:before {name}")
            result = await real(*arguments)
            point(f"store:after {name}")
            return result

        return write

    for keeper in (SQLiteKeeper, PostgresKeeper):
        for name in WRITES:
            setattr(keeper, name, bounded(getattr(keeper, name), name))


def around_session(point):
    """Put a boundary around and into each writing of a session's file."""
    write = append_log.os.write

    def in_two(descriptor, data):
        point("session:before write")
        half = write(descriptor, data[: len(data) // 2])
        point("session:within write")
        rest = write(descriptor, data[half:])
        point("session:after write")
        return half + rest

    append_log.os = SimpleNamespace(**{**vars(os), "write": in_two})


def around_events(point):
    """Put a boundary before each event that a run takes, and before each effect that it carries out."""
    BOUNDARY.set(lambda where, _tree: point(f"loop:{where}"))
