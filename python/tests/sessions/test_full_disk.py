"""Sessions on a disk that is full: told by the error's code, and nothing that was kept is lost (sessions.md)."""

import sqlite3

import pytest

from timestep.errors import StorageError
from timestep.sessions.sqlite import SQLiteSession

pytestmark = pytest.mark.timeout(5)
HELLO = {"role": "user", "content": "Hello!"}


@pytest.mark.parametrize("count", [1, 3])
async def test_a_full_disk_is_told_and_adds_nothing(tmp_path, count):
    """TS-SESS-017, TS-SESS-018: SQLite's own limit on pages stands for a full disk; with room the session goes on."""
    session = SQLiteSession(path=tmp_path / "a.sqlite3")
    await session.add_items([HELLO])
    connection = session._database._connection
    connection.execute("PRAGMA max_page_count = 8").fetchall()
    large = {"role": "user", "content": "x" * 100_000}
    with pytest.raises(StorageError) as caught:
        await session.add_items([*[HELLO] * (count - 1), large])
    assert (caught.value.code, caught.value.file) == ("storage-full", str(session.path))
    assert await session.get_items() == [HELLO] == await SQLiteSession(path=session.path).get_items()
    connection.execute("PRAGMA max_page_count = 100000").fetchall()
    await session.add_items([large])
    assert await session.get_items() == [HELLO, large]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_FULL, "storage-full"),
        (sqlite3.SQLITE_IOERR, "storage-io"),
        (sqlite3.SQLITE_PERM, "storage-denied"),
    ],
)
async def test_what_the_system_refuses_is_told_by_its_code(tmp_path, monkeypatch, number, code):
    """TS-SESS-018: of adding, removing and clearing; the items stay readable."""
    session = SQLiteSession(path=tmp_path / "a.sqlite3")
    await session.add_items([HELLO])

    def refuse(_connection):
        error = sqlite3.OperationalError("refused")
        error.sqlite_errorcode = number
        raise error

    real = type(session._database).run
    with monkeypatch.context() as broken:
        broken.setattr(type(session._database), "run", lambda self, _work, wait=0.0: real(self, refuse, wait))
        for use in (lambda: session.add_items([HELLO]), session.pop_item, session.clear_session):
            with pytest.raises(StorageError) as caught:
                await use()
            assert caught.value.code == code
    assert await session.get_items() == [HELLO]
