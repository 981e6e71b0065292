"""Names of holders: a dead one is known on its own machine, and nowhere else (TS-DUR-034)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from timestep.storage import holders

CHILD = "from timestep.storage.holders import new_holder; print(new_holder(), flush=True); input()"


@pytest.fixture
def child():
    """Start a process that holds something; return it, and the name."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_what_this_process_holds_it_holds_until_it_lets_go():
    """TS-DUR-034: each name by itself."""
    one, other = holders.new_holder(), holders.new_holder()
    assert one != other
    assert not holders.is_dead(one)
    holders.let_go(one)
    assert (holders.is_dead(one), holders.is_dead(other)) == (True, False)
    holders.let_go(other)


def test_a_killed_process_holds_nothing_at_once(child):
    """TS-DUR-034: also while its parent has not asked how it ended."""
    process, name = child
    assert not holders.is_dead(name)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert holders.is_dead(name)
    process.wait()
    assert holders.is_dead(name)


def test_a_fork_does_not_hold_what_its_parent_holds():
    """TS-DUR-034: and what it takes itself dies with it."""
    mine = holders.new_holder()
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(write, f"{holders.is_dead(mine)}|{holders.new_holder()}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    dead, name = os.read(read, 1000).decode().split("|")
    assert (dead, holders.is_dead(name), holders.is_dead(mine)) == ("False", True, False)
    holders.let_go(mine)


def test_another_machine_and_another_start_of_this_one_are_not_known(child):
    """TS-DUR-034: nor is a name of another make taken for dead; a number that is used again is."""
    _, name = child
    host, pid, machine, started, number = name.split(" ")
    for other in (
        f"{host} {pid} elsewhere {started} {number}",
        f"{host} x {machine} {started} {number}",
        "worker-7",
        "",
    ):
        assert not holders.is_dead(other)
    assert holders.is_dead(f"{host} {pid} {machine} {int(started) - 1} {number}")
    assert holders.is_dead(f"{host} {2**22 + 1} {machine} {started} {number}")


def test_a_process_that_the_system_hides_is_not_taken_for_dead(child, monkeypatch):
    """TS-DUR-034: some systems show nobody the processes of others; that there is one of the number is known still."""
    process, name = child
    hidden, read_text = f"/proc/{process.pid}/stat", Path.read_text

    def read(path, *arguments, **options):
        if str(path) == hidden:
            raise FileNotFoundError(hidden)
        return read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", read)
    assert not holders.is_dead(name)
    process.kill()
    process.wait()
    assert holders.is_dead(name)


def test_where_nothing_is_told_of_processes_none_is_known_to_be_dead(child, monkeypatch):
    """TS-DUR-034: as in a place without /proc; what this process holds itself is known all the same."""
    process, name = child
    holders._machine.cache_clear()
    holders._process.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError))
        mine = holders.new_holder()
        process.kill()
        process.wait()
        assert (holders.is_dead(name), holders.is_dead(mine)) == (False, False)
        holders.let_go(mine)
        assert holders.is_dead(mine)
    holders._machine.cache_clear()
    holders._process.cache_clear()
    assert holders.is_dead(name)


def test_a_holder_is_told_to_people():
    """By process and host; one of another make as it is."""
    name = holders.new_holder()
    assert holders.told(name) == f"process {os.getpid()} on {name.split(' ')[0]}"
    assert holders.told("worker-7") == "worker-7"
    holders.let_go(name)
