"""Disks that refuse: from a write of the store on, until they are well again."""

import resource
import signal
import sqlite3
from pathlib import Path

import psycopg

from timestep.storage import database

#: What SQLite says, and the code that a run stops with. `bytes` is a real limit on the size of files, so that the log
#: ends in the midst of what was written; `read-only` is SQLite's own refusal.
SQLITE = {
    "full": "storage-full",
    "broken": "storage-io",
    "broken at the end": "storage-io",
    "read-only": "storage-denied",
    "bytes 0": "storage-io",
    "bytes 100": "storage-io",
    "bytes 4100": "storage-io",
}
#: What PostgreSQL says, as SQLSTATE: a full disk, a broken one, no permission.
POSTGRES = {"53100": "storage-full", "58030": "storage-io", "42501": "storage-denied"}
_CODES = {"full": sqlite3.SQLITE_FULL, "broken": sqlite3.SQLITE_IOERR, "broken at the end": sqlite3.SQLITE_IOERR}
_WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE")


class Trouble:
    """Begins before the n-th write of a store, and ends when told.

    Args:
        kind: one of those above.
        write: the number of the write, from 1.
        place: the folder of the SQLite file, or the address of the database.
    """

    def __init__(self, kind, write, place):
        self.kind, self.left, self.place = kind, write, place
        self.begun = False
        if kind in SQLITE:
            _refuse_in_sqlite(self)

    def __call__(self, point):
        """Come to a boundary."""
        if point in ("store:before put", "store:before append"):
            self.left -= 1
            if not self.left:
                self.begin()

    def begin(self):
        """Let the disk refuse from now on."""
        self.begun = True
        if self.kind in POSTGRES:
            refuse_in_postgres(self.place, self.kind)
        elif self.kind.startswith("bytes"):
            log = Path(self.place) / "a.sqlite3-wal"
            _limit((log.stat().st_size if log.exists() else 0) + int(self.kind.split()[1]))

    def end(self):
        """Let it be well again."""
        self.begun = False
        if self.kind in POSTGRES:
            accept_in_postgres(self.place)
        else:
            _limit(resource.RLIM_INFINITY)


def _limit(size):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then the write itself fails
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def _refuse_in_sqlite(trouble):
    """Have the statements of a database refused while there is trouble."""
    connect = database.sqlite3.connect

    class Refusing(sqlite3.Connection):
        def execute(self, statement, *values):
            if trouble.kind == "read-only":
                super().execute(f"PRAGMA query_only = {int(trouble.begun)}")
            code = _CODES.get(trouble.kind) if trouble.begun else None
            words = ("COMMIT", "INSERT INTO changes") if trouble.kind == "broken at the end" else _WRITES
            if code is not None and statement.startswith(words):
                error = sqlite3.OperationalError("the disk refused")
                error.sqlite_errorcode = code
                raise error
            return super().execute(statement, *values)

    database.sqlite3.connect = lambda *arguments, **options: connect(*arguments, factory=Refusing, **options)


def refuse_in_postgres(url, state):
    """Have the server refuse to write runs."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION timestep.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'the disk refused' USING ERRCODE = '{state}'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER refusal BEFORE INSERT OR UPDATE ON timestep.runs EXECUTE FUNCTION timestep.refuse()"
        )


def accept_in_postgres(url):
    """Have it write again."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TRIGGER IF EXISTS refusal ON timestep.runs")
