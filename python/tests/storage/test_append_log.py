"""The log of lines: what was acknowledged is there, whatever the system refuses and wherever a writer dies (D6)."""

import errno
import os
import stat
import threading

import pytest

from timestep.errors import StorageError
from timestep.storage import append_log
from timestep.storage.append_log import AppendLog
from timestep.storage.lock import Busy, held

OLD = b'{"n":1}\n{"n":2}\n'


@pytest.fixture
def log(tmp_path):
    """Return a log of two lines."""
    (tmp_path / "a.jsonl").write_bytes(OLD)
    return AppendLog(tmp_path / "a.jsonl")


def test_a_new_file_and_its_folders_are_the_owners_alone(tmp_path):
    """S3: 0600 and 0700; reading, removing and emptying make nothing."""
    log = AppendLog(tmp_path / "x" / "y" / "a.jsonl")
    assert (log.read(), log.pop(), log.clear()) == ([], None, None)
    assert not (tmp_path / "x").exists()
    log.append([b"{}"])
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in log.path.parents[:2]] == [0o700, 0o700]


def test_lines_come_back_in_order_and_the_last_ones_alone(log):
    """TS-SESS-012: all lines, or the last few, however long they are."""
    long = b'{"text":"' + b"x" * 100_000 + b'"}'
    log.append([long, b'{"n":4}'])
    lines = [b'{"n":1}', b'{"n":2}', long, b'{"n":4}']
    assert log.read() == lines
    assert [log.read(n) for n in range(6)] == [[], lines[3:], lines[2:], lines[1:], lines, lines]
    assert [log.pop() for _ in range(5)] == [*reversed(lines), None]
    assert log.path.read_bytes() == b""


def test_the_last_lines_are_found_without_reading_the_others(log, monkeypatch):
    """The cost of reading and removing at the end does not grow with the file."""
    log.append([b'{"n":3}'] * 100_000)
    read, real = [], os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: read.append(count) or real(descriptor, count))
    assert len(log.read(20)) == 20
    assert log.pop() == b'{"n":3}'
    log.append([b"{}"])
    assert sum(read) < 64_000


@pytest.mark.parametrize(
    ("torn", "kept"),
    [
        (b'{"n":3', []),
        (b'{"n":3}', [b'{"n":3}']),
        (b"\0\0\0", []),
        (b'"half', []),
        (b"12", []),
        (b'{"n":"\xc3', []),
        (b'{"text":"' + b"x" * 100_000, []),
    ],
    ids=["half", "whole", "zeros", "text", "number", "utf-8", "long"],
)
def test_a_torn_last_line_is_passed_over_and_repaired_by_the_next_writer(log, torn, kept):
    """TS-SESS-015: a line that lacks only its end is kept, a torn one is removed; reading changes nothing."""
    with log.path.open("ab") as file:
        file.write(torn)
    assert log.read()[2:] == kept
    assert log.read(1)[-1] == (kept or [b'{"n":2}'])[0]
    assert log.path.read_bytes() == OLD + torn
    log.append([b'{"n":4}'])
    assert log.path.read_bytes() == OLD + b"".join(line + b"\n" for line in [*kept, b'{"n":4}'])


def test_a_file_that_is_one_torn_line_is_a_file_without_lines(tmp_path):
    """TS-SESS-015: also the very first line may be torn, and is not removed as an item."""
    log = AppendLog(tmp_path / "a", head=b'{"head":1}', is_head=lambda line: b"head" in line)
    log.path.write_bytes(b'{"head"')
    assert (log.read(), log.pop()) == ([], None)
    log.append([b'{"n":1}'])
    assert log.path.read_bytes() == b'{"head":1}\n{"n":1}\n'


def test_the_head_is_written_once_and_never_given_out(tmp_path):
    """A header is no item: it is neither read, nor removed, nor emptied away."""
    log = AppendLog(tmp_path / "a", head=b'{"head":1}', is_head=lambda line: b"head" in line)
    log.append([b'{"n":1}'])
    log.append([b'{"n":2}'])
    assert [log.read(n) for n in (None, 5, 2)] == 3 * [[b'{"n":1}', b'{"n":2}']]
    assert [log.pop(), log.pop(), log.pop()] == [b'{"n":2}', b'{"n":1}', None]
    log.append([b'{"n":3}'])
    log.clear()
    assert log.path.read_bytes() == b'{"head":1}\n'


def test_blank_lines_are_no_items(log):
    """TS-SESS-003: blank lines, as people leave them, count for nothing."""
    log.path.write_bytes(b'\n{"n":1}\n\n  \n{"n":2}\n\n')
    assert log.read() == [b'{"n":1}', b'{"n":2}']
    assert log.read(2) == [b'{"n":1}', b'{"n":2}']
    assert log.pop() == b'{"n":2}'
    assert log.read() == [b'{"n":1}']


@pytest.mark.parametrize("call", ["open", "fstat", "write", "short write", "fsync", "ftruncate"])
@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "storage-full"), (errno.EIO, "storage-io"), (errno.EACCES, "storage-denied")],
)
def test_what_the_system_refuses_is_a_typed_error_and_harms_nothing(log, monkeypatch, call, number, code):
    """D6, TS-SESS-018: after a refused append the old lines are there, the new ones are not, and the next one works."""
    real_write = os.write
    refused = AppendLog(log.path, sync="disk")

    def refuse(*arguments):
        if call == "short write" and arguments[1].nbytes > 5:
            return real_write(arguments[0], arguments[1][:5])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call.removeprefix("short "), refuse)
    work = refused.pop if call == "ftruncate" else lambda: refused.append([b'{"n":3}'])
    with pytest.raises(StorageError) as caught:
        work()
    monkeypatch.undo()
    assert (caught.value.code, caught.value.file) == (code, str(log.path))
    assert os.strerror(number) in caught.value.message
    assert log.path.read_bytes() == OLD
    log.append([b'{"n":4}'])
    assert log.read() == [b'{"n":1}', b'{"n":2}', b'{"n":4}']


def test_a_short_write_that_can_not_be_taken_back_leaves_a_torn_line(log, monkeypatch):
    """D6: not even then is an old line lost, or the new one there in part."""
    real = os.write

    def short(descriptor, data):
        if data.nbytes == 8:
            return real(descriptor, data[:3])
        raise OSError(errno.ENOSPC, "full")

    def no(*_arguments):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "write", short)
    monkeypatch.setattr(os, "ftruncate", no)
    with pytest.raises(StorageError):
        log.append([b'{"n":3}'])
    monkeypatch.undo()
    assert log.path.read_bytes() == OLD + b'{"n'
    assert log.read() == [b'{"n":1}', b'{"n":2}']


def test_lines_of_one_append_go_out_in_one_write(log, monkeypatch):
    """TS-SESS-026: nobody sees some of them, unless the system itself cuts the write short."""
    writes, real = [], os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: writes.append(bytes(data)) or real(descriptor, data))
    log.append([b'{"n":3}', b'{"n":4}'])
    assert writes == [b'{"n":3}\n{"n":4}\n']


def test_a_system_that_takes_a_few_bytes_at_a_time_gets_all_of_them(log, monkeypatch):
    """Short writes go on; short reads too."""
    write, read = os.write, os.read
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 2)))
    log.append([b'{"n":3}', b'{"n":4}'])
    assert log.read(3) == [b'{"n":2}', b'{"n":3}', b'{"n":4}']


def test_with_the_disk_as_witness_file_and_folder_are_flushed(tmp_path, monkeypatch):
    """`sync="disk"` flushes the lines, and the name of a new file."""
    flushed, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: flushed.append(stat.S_IFMT(os.fstat(descriptor).st_mode)) or real(descriptor)
    )
    log = AppendLog(tmp_path / "x" / "a", sync="disk")
    log.append([b"{}"])
    log.append([b"{}"])
    assert flushed == [stat.S_IFDIR, stat.S_IFREG, stat.S_IFREG]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_regular_file_is_not_touched(tmp_path, kind):
    """TS-SESS-027: links are not followed, and nothing hangs on a pipe."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    log = AppendLog(tmp_path / "a")
    {"link": lambda: log.path.symlink_to(victim), "pipe": lambda: os.mkfifo(log.path), "folder": log.path.mkdir}[kind]()
    for work in (lambda: log.append([b"{}"]), log.read, log.pop, log.clear):
        with pytest.raises(StorageError) as caught:
            work()
        assert caught.value.code == "storage-denied"
    assert victim.read_bytes() == b"precious"


def test_a_folder_that_vanishes_is_a_typed_error(tmp_path, monkeypatch):
    """A folder removed at the wrong moment is the system's refusal, and not a file without lines."""
    monkeypatch.setattr(append_log, "make_folder", lambda _folder: None)
    with pytest.raises(StorageError) as caught:
        AppendLog(tmp_path / "x" / "a").append([b"{}"])
    assert caught.value.code == "storage-io"


def test_who_does_not_wait_is_told_that_the_file_is_busy(log):
    """TS-SESS-026: writers exclude each other and readers; readers share."""
    with log.path.open("rb") as other:
        with held(other.fileno(), log.path):
            for work in (lambda: log.append([b"{}"]), log.read):
                with pytest.raises(Busy):
                    work()
            with pytest.raises(StorageError) as caught:
                log.append([b"{}"], wait=0.001)
            assert caught.value.code == "storage-busy"
        with held(other.fileno(), log.path, shared=True):
            assert len(log.read()) == 2
    assert log.path.read_bytes() == OLD


def test_who_waits_gets_the_lock_when_it_is_free(log):
    """A writer that waits goes on as soon as the other is done."""
    with log.path.open("rb") as other, held(other.fileno(), log.path):
        waiting = threading.Thread(target=lambda: log.append([b'{"n":3}'], wait=5))
        waiting.start()
    waiting.join(5)
    assert log.read() == [b'{"n":1}', b'{"n":2}', b'{"n":3}']


def test_a_system_without_locks_is_a_typed_error(log, monkeypatch):
    """A file system that knows no locks refuses; nothing is written without one."""
    import fcntl

    def no(*_arguments):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", no)
    with pytest.raises(StorageError) as caught:
        log.append([b"{}"])
    assert caught.value.code == "storage-io"
    assert log.path.read_bytes() == OLD
