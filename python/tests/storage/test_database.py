"""SQLite files that are shared: typed errors, waiting in a thread, forks, versions (D6, S3)."""

import asyncio
import errno
import gc
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from timestep.errors import StorageError
from timestep.storage import database, folders
from timestep.storage.database import Database, open_database, transaction
from timestep.storage.lock import Busy, patiently

SCHEMA = ("CREATE TABLE notes (text TEXT NOT NULL)",)


@pytest.fixture
def notes(tmp_path):
    """Return a database with one note."""
    found = open_database(tmp_path / "data" / "a.sqlite3", SCHEMA)
    found.run(add)
    yield found
    found.close()


def add(connection):
    """Write one note."""
    connection.execute("INSERT INTO notes VALUES ('x')")


def count(connection):
    """Count the notes."""
    return connection.execute("SELECT count(*) FROM notes").fetchone()[0]


def test_the_file_and_what_stands_beside_it_are_the_owners_alone(notes):
    """S3: the file and its log are 0600, the folder 0700, and the log is written ahead."""
    assert stat.S_IMODE(notes.path.parent.stat().st_mode) == 0o700
    files = sorted(notes.path.parent.iterdir())
    assert [file.name for file in files] == ["a.sqlite3", "a.sqlite3-shm", "a.sqlite3-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize(("sync", "level"), [("os", 1), ("disk", 2)])
def test_what_a_commit_waits_for(tmp_path, sync, level):
    """`sync` chooses between SQLite's NORMAL and FULL."""
    found = Database(tmp_path / "a", SCHEMA, sync)
    assert found.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (level,)


def test_one_file_is_opened_once(notes, tmp_path, monkeypatch):
    """Who names the same file gets the same database, which is closed when nobody holds it."""
    monkeypatch.chdir(tmp_path)
    assert open_database(Path("data/a.sqlite3"), SCHEMA) is notes
    assert open_database(notes.path, SCHEMA, sync="disk") is not notes
    other = open_database(tmp_path / "b", SCHEMA)
    other.run(add)
    del other
    gc.collect()
    assert not (tmp_path / "b-wal").exists()


def test_a_file_of_an_earlier_layout_is_brought_up_and_one_of_a_later_refused(notes):
    """The layout's number decides; nothing is read by guess."""
    notes.close()
    longer = Database(notes.path, (*SCHEMA, "ALTER TABLE notes ADD COLUMN more TEXT"), "os")
    assert longer.run(lambda connection: connection.execute("SELECT * FROM notes").fetchall()) == [("x", None)]
    longer.close()
    with pytest.raises(StorageError) as caught:
        notes.run(count)
    assert caught.value.code == "storage-version"


def test_who_does_not_wait_is_told_that_another_writes(notes):
    """A writer in another process makes work without waiting `Busy`, and work that waits too long an error."""
    with sqlite3.connect(notes.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            notes.run(add)
        with pytest.raises(StorageError) as caught:
            notes.run(add, wait=0.001)
        assert caught.value.code == "storage-busy"
        assert notes.run(count) == 1  # reading goes on
        other.execute("COMMIT")
    other.close()
    notes.run(add)
    assert notes.run(count) == 2


def test_a_new_file_that_another_process_is_setting_up_is_waited_for(tmp_path):
    """SQLite gives up at once while the file is switched to its log; who may wait tries again."""
    path = tmp_path / "a"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE other (x)")
    found = Database(path, SCHEMA, "os")
    with pytest.raises(Busy):
        found.run(count)
    waiting = threading.Thread(target=lambda: found.run(add, wait=5))
    waiting.start()
    other.execute("COMMIT")
    other.close()
    waiting.join(5)
    assert found.run(count) == 1


def test_work_of_two_threads_is_never_mixed(notes):
    """One connection serves all threads, one piece of work at a time."""
    entered, leave = threading.Event(), threading.Event()

    def hold(_connection):
        entered.set()
        leave.wait(5)

    holder = threading.Thread(target=lambda: notes.run(hold, wait=5))
    holder.start()
    assert entered.wait(5)
    with pytest.raises(Busy):
        notes.run(count)
    with pytest.raises(StorageError) as caught:
        notes.run(count, wait=0.001)
    assert caught.value.code == "storage-busy"
    leave.set()
    holder.join(5)


async def test_who_has_to_wait_does_so_in_a_thread(notes):
    """The event loop goes on while another process writes."""
    with sqlite3.connect(notes.path, isolation_level=None, check_same_thread=False) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(patiently(lambda wait: notes.run(add, wait)))
        await asyncio.sleep(0)
        other.execute("COMMIT")
        await asyncio.wait_for(waiting, 5)
    other.close()
    assert notes.run(count) == 2


def test_a_transaction_is_kept_whole_or_not_at_all(notes):
    """An error takes back what was done before it; one that has ended the transaction is passed on."""

    def half(connection):
        with transaction(connection):
            add(connection)
            raise LookupError

    def ended(connection):
        with transaction(connection):
            connection.execute("ROLLBACK")
            raise LookupError

    for work in (half, ended):
        with pytest.raises(LookupError):
            notes.run(work)
    assert notes.run(count) == 1


def test_a_full_disk_is_a_typed_error_and_the_old_rows_are_there(notes):
    """D6: SQLite's own limit on pages stands for a full disk."""
    notes.run(lambda connection: connection.execute("PRAGMA max_page_count = 3").fetchall())
    with pytest.raises(StorageError) as caught:
        notes.run(lambda connection: connection.execute("INSERT INTO notes VALUES (?)", ("x" * 100_000,)))
    assert caught.value.code == "storage-full"
    assert notes.run(count) == 1
    notes.run(add)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_IOERR | 3 << 8, "storage-io"),
        (sqlite3.SQLITE_READONLY, "storage-denied"),
        (sqlite3.SQLITE_CANTOPEN, "storage-denied"),
        (sqlite3.SQLITE_CORRUPT, "storage-damaged"),
        (sqlite3.SQLITE_FULL, "storage-full"),
    ],
)
def test_what_sqlite_refuses_is_a_typed_error(notes, number, code):
    """D6: the error tells by its code what kind of refusal it was, and what is there stays readable."""

    def refused(_connection):
        error = sqlite3.OperationalError("refused")
        error.sqlite_errorcode = number
        raise error

    with pytest.raises(StorageError) as caught:
        notes.run(refused)
    assert (caught.value.code, caught.value.file) == (code, str(notes.path))
    assert notes.run(count) == 1


def test_a_file_that_is_no_database_is_refused(tmp_path):
    """A file of somebody else is neither read nor changed."""
    path = tmp_path / "a"
    path.write_bytes(b"no database, but long enough to be taken for one" * 100)
    before = path.read_bytes()
    with pytest.raises(StorageError) as caught:
        Database(path, SCHEMA, "os").run(count)
    assert caught.value.code == "storage-damaged"
    assert path.read_bytes() == before


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "storage-full"), (errno.EACCES, "storage-denied")])
def test_a_file_that_can_not_be_made_is_a_typed_error(tmp_path, monkeypatch, number, code):
    """D6: so is a folder that can't."""

    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageError) as caught:
        Database(tmp_path / "a", SCHEMA, "os").run(count)
    assert caught.value.code == code


def test_a_file_that_appears_meanwhile_is_used(tmp_path, monkeypatch):
    """Two processes may make the file at the same time."""
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    (tmp_path / "a").touch(0o600)
    found = Database(tmp_path / "a", SCHEMA, "os")
    assert found.run(count) == 0


def test_a_child_opens_the_file_anew_and_leaves_the_parents_log_alone(notes, monkeypatch):
    """A connection that was inherited by a fork is neither used nor closed."""
    before = notes._connection
    monkeypatch.setattr(os, "getpid", lambda: 1)
    notes.run(add)
    assert notes._connection is not before
    assert database._INHERITED[-1] is before
    assert before.execute("SELECT count(*) FROM notes").fetchone() == (2,)
    notes.close()
    database._INHERITED.pop().close()


def test_the_data_folder_is_the_platforms_unless_one_is_chosen(tmp_path, monkeypatch):
    """TS-SESS-023: TIMESTEP_HOME wins; else each system has its place."""
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "chosen"))
    assert folders.data_folder() == tmp_path / "chosen"
    monkeypatch.delenv("TIMESTEP_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = []
    for platform, name in (("linux", "XDG_DATA_HOME"), ("win32", "LOCALAPPDATA"), ("darwin", "NONE")):
        monkeypatch.setattr("sys.platform", platform)
        for value in (None, str(tmp_path / "data")):
            monkeypatch.delenv(name, raising=False)
            if value:
                monkeypatch.setenv(name, value)
            found.append(folders.data_folder().relative_to(tmp_path).as_posix())
    mac = "Library/Application Support/timestep"
    assert found == [".local/share/timestep", "data/timestep", "AppData/Local/timestep", "data/timestep", mac, mac]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_folder_that_refuses_new_files_is_a_typed_error(tmp_path, monkeypatch, number):
    """D6: making a file for an id fails by a typed error."""

    def refuse(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StorageError):
        folders.claim_file(tmp_path, ("a",), ".x")


def test_a_file_that_another_process_made_meanwhile_is_the_ids_file(tmp_path, monkeypatch):
    """TS-SESS-020: the folder is looked through again once names may be chosen."""
    real, answers = folders.find_file, iter([None])
    first = folders.claim_file(tmp_path, ("a",), ".x")
    monkeypatch.setattr(folders, "find_file", lambda *a: next(answers, first) and real(*a))
    assert folders.claim_file(tmp_path, ("a",), ".x") == first
