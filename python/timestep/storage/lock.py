"""Advisory locks on open files: who holds one is known to the system, and the death of the holder ends it."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from timestep.storage.refusals import busy

#: Seconds that a caller waits who can afford to; appends hold a lock for microseconds.
PATIENCE = 10.0
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})


_T = TypeVar("_T")


class Busy(Exception):
    """Somebody else holds the lock, and the caller did not want to wait."""


async def patiently(work: Callable[[float], _T]) -> _T:
    """Do work that takes microseconds at once, and in a thread when it has to wait for others.

    Args:
        work: takes the seconds to wait, and raises `Busy` for 0 when it would have to.
    """
    try:
        return work(0.0)
    except Busy:
        import asyncio

        return await asyncio.to_thread(work, PATIENCE)


@contextmanager
def held(descriptor: int, path: Path, *, shared: bool = False, wait: float = 0.0) -> Generator[None]:
    """Hold a file's lock: alone, or beside other readers.

    Args:
        descriptor: the open file; descriptors from separate `open` calls exclude each other, threads too.
        path: its name, for the error.
        shared: others may read meanwhile.
        wait: seconds to wait; with 0 it is `Busy` at once.

    Raises:
        Busy: the lock is taken and `wait` is 0.
        StorageError: the lock was taken for all of `wait`.
    """
    _acquire(descriptor, path, shared=shared, wait=wait)
    try:
        yield
    finally:
        _release(descriptor)


def take(descriptor: int) -> bool:
    """Take a file's lock for as long as the file is open, if nobody has it; return whether it was free."""
    return _try(descriptor, shared=False)


def _acquire(descriptor: int, path: Path, *, shared: bool, wait: float) -> None:
    deadline = time.monotonic() + wait
    pause = 0.0002
    while not _try(descriptor, shared=shared):
        if not wait:
            raise Busy
        if time.monotonic() > deadline:
            raise busy(path, wait)
        time.sleep(pause)
        pause = min(pause * 2, 0.01)


if sys.platform == "win32":  # pragma: no cover - tested on Linux
    import msvcrt

    # A byte far behind any content: locks are mandatory here, and must not keep others from reading.
    _BYTE = 1 << 60

    def _try(descriptor: int, *, shared: bool) -> bool:  # noqa: ARG001 - there are no shared locks here
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try(descriptor: int, *, shared: bool) -> bool:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

    def _release(descriptor: int) -> None:
        # Not left to `close`: a child forked meanwhile would keep the lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
