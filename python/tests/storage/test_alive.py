"""Who is alive: locks that end with their process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from timestep.errors import StorageError
from timestep.storage.alive import AliveInFolder, AliveInPostgres

PYTHON = Path(__file__).resolve().parents[2]
HOLDER = """\
import sys
from pathlib import Path
from timestep.errors import StorageError
from timestep.storage.alive import AliveInFolder, AliveInPostgres
kind, place, name = sys.argv[1:]
alive = AliveInPostgres(place, name) if kind == "postgres" else AliveInFolder(Path(place), name)
alive.hold()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["folder", "postgres"])
def locks(request, tmp_path):
    """Return a function that gives the lock of a name, and one that starts another process with a lock."""
    place = tmp_path / "locks" if request.param == "folder" else request.getfixturevalue("database")
    made, processes = [], []

    def lock(name):
        made.append(AliveInPostgres(place, name) if request.param == "postgres" else AliveInFolder(place, name))
        return made[-1]

    def other(name):
        command = [sys.executable, "-c", HOLDER, request.param, str(place), name]
        environment = {**os.environ, "PYTHONPATH": str(PYTHON)}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        processes.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield lock, other
    for each in made:
        each.release()
    for process in processes:
        process.kill()
        process.wait(5)
        process.stdin.close()
        process.stdout.close()


def dies(lock, name):
    """Wait until nobody holds a name; a server takes a moment to see that a client is gone."""
    deadline = time.monotonic() + 5
    while not lock.is_dead(name) and time.monotonic() < deadline:
        os.sched_yield()
    return lock.is_dead(name)


def test_a_process_is_alive_until_it_is_killed(locks):
    """TS-DUR-067: a process that is killed holds its lock no more, and one that lives does."""
    lock, other = locks
    mine = lock("mine")
    mine.hold()
    process = other("theirs")
    assert not mine.is_dead("theirs")
    process.kill()
    process.wait(5)
    assert dies(mine, "theirs")
    assert mine.is_dead("nobody")


def test_a_lock_may_be_taken_again_and_let_go(locks):
    """TS-DUR-067: holding twice is holding, and what was let go of is free."""
    lock, _ = locks
    one, two = lock("one"), lock("two")
    one.hold()
    one.hold()
    two.hold()
    one.release()
    assert dies(two, "one")
    one.hold()
    assert not two.is_dead("one")


def test_a_child_that_is_forked_keeps_no_lock(locks):
    """TS-DUR-067: a child of a process that has died does not stand in for it."""
    lock, _ = locks
    mine = lock("mine")
    mine.hold()
    child = os.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.stdin.read()"])
    mine.release()
    try:
        watcher = lock("watcher")
        watcher.hold()
        assert dies(watcher, "mine")
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_what_a_child_does_first_closes_its_copy_alone(tmp_path, monkeypatch):
    """TS-DUR-067: a child lets go of the file that it has inherited, once and without a word to its parent."""
    children = []

    def register(after_in_child):
        children.append(after_in_child)

    monkeypatch.setattr(os, "register_at_fork", register)
    mine = AliveInFolder(tmp_path, "mine")
    mine.hold()
    copy = os.dup(mine._descriptor)
    for child in children * 2:
        child()
    other = AliveInFolder(tmp_path, "other")
    assert not other.is_dead("mine")
    os.close(copy)
    assert other.is_dead("mine")
    monkeypatch.delattr(os, "register_at_fork")  # as on Windows
    other.hold()
    other.release()
    other.release()


def test_nothing_is_known_before_ones_own_lock_is_held(database):
    """TS-DUR-067: a process that has lost its connection takes nobody for dead."""
    mine = AliveInPostgres(database, "mine")
    assert not mine.is_dead("nobody")
    mine.release()


def test_a_server_that_can_not_be_reached_is_an_error_of_ours(tmp_path):
    """TS-SESS-018: the error of the driver is told without the password."""
    with pytest.raises(StorageError) as caught:
        AliveInPostgres(f"postgresql://ann:hush@/db?host={tmp_path}", "mine").hold()
    assert "hush" not in caught.value.render()


def test_a_lock_that_was_lost_with_its_connection_is_taken_anew(database, postgres):
    """TS-DUR-067: after the server has ended its connection, the next look takes the lock again."""
    mine, other = AliveInPostgres(database, "mine"), AliveInPostgres(database, "other")
    try:
        mine.hold()
        name = database.partition("?")[0].rpartition("/")[2]
        postgres.do(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        other.hold()
        assert dies(other, "mine")
        mine.hold()
        assert not other.is_dead("mine")
    finally:
        mine.release()
        other.release()
