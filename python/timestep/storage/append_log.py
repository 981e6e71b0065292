"""A file of JSON lines that several processes append to, and that a crash can't make unreadable (TS-SESS-014 ff.).

Whoever changes the file holds its lock. Lines of one append go to the file in one write. A line is there once its line
feed is; a last line without one is what a dead writer left, and the next writer removes it, or completes it when the
line is whole. No operation but `read` without a limit depends on the length of the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec

from timestep.storage.atomic import flush_folder
from timestep.storage.folders import make_folder
from timestep.storage.lock import held
from timestep.storage.refusals import denied, refused

#: What has to happen before an append returns: the system has the bytes (they survive the death of the process), or
#: the disk has them (they survive the loss of power; milliseconds).
Sync = Literal["os", "disk"]

_FLAGS = (
    os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_BLOCK = 16 * 1024


def _no_head(_line: bytes) -> bool:
    return False


class AppendLog:
    """Lines in a file.

    Args:
        path: the file; its folder is made when the first line is written.
        sync: what an append waits for.
        head: a first line that is written before all others and never given out.
        is_head: tells such a line in a file that others began.
    """

    def __init__(
        self, path: Path, *, sync: Sync = "os", head: bytes | None = None, is_head: Callable[[bytes], bool] = _no_head
    ) -> None:
        self.path = path
        self._sync = sync
        self._head = head
        self._is_head = is_head

    def append(self, lines: Sequence[bytes], *, wait: float = 0.0) -> None:
        """Add lines at the end; when this returns, they are there (TS-SESS-014).

        Raises:
            Busy: another process holds the lock and `wait` is 0.
            StorageError: the system refused; the lines that were there are untouched.
        """
        with self._open(os.O_CREAT, "append to", wait=wait) as descriptor:
            size = self._repair(descriptor)
            head = [self._head] if self._head is not None and not size else []
            self._write(descriptor, b"".join(line + b"\n" for line in (*head, *lines)), size)

    def read(self, last: int | None = None, *, wait: float = 0.0) -> list[bytes]:
        """Give all lines, or the last ones, without their line feeds and without blank ones."""
        try:
            with self._open(0, "read", shared=True, wait=wait) as descriptor:
                lines, _ = self._lines(descriptor, last)
        except FileNotFoundError:
            return []
        return lines if last is None else lines[len(lines) - min(last, len(lines)) :]

    def pop(self, *, wait: float = 0.0) -> bytes | None:
        """Remove the last line and give it; None when there is none."""
        try:
            with self._open(0, "shorten", wait=wait) as descriptor:
                self._repair(descriptor)
                lines, starts = self._lines(descriptor, 1)
                if not lines:
                    return None
                os.ftruncate(descriptor, starts[-1])
                self._flush(descriptor)
                return lines[-1]
        except FileNotFoundError:
            return None

    def clear(self, *, wait: float = 0.0) -> None:
        """Remove all lines but the head."""
        with suppress(FileNotFoundError), self._open(0, "empty", wait=wait) as descriptor:
            first = _read_at(descriptor, 0, _BLOCK).partition(b"\n")
            keep = len(first[0]) + 1 if first[1] and self._is_head(first[0]) else 0
            os.ftruncate(descriptor, keep)
            self._flush(descriptor)

    @contextmanager
    def _open(self, flags: int, doing: str, *, wait: float, shared: bool = False) -> Generator[int]:
        """Open the file, hold its lock, and turn what the system refuses into errors of ours."""
        try:
            descriptor = self._descriptor(flags)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise denied(f"{self.path} is no regular file", self.path)
                with held(descriptor, self.path, shared=shared, wait=wait):
                    yield descriptor
            finally:
                os.close(descriptor)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not flags & os.O_CREAT:
                raise  # there is nothing to read or to remove
            raise refused(error, self.path, doing) from error

    def _descriptor(self, flags: int) -> int:
        try:
            return os.open(self.path, _FLAGS | flags, 0o600)
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
        make_folder(self.path.parent)
        descriptor = os.open(self.path, _FLAGS | flags, 0o600)
        if self._sync == "disk":
            flush_folder(self.path.parent)
        return descriptor

    def _repair(self, descriptor: int) -> int:
        """Complete or remove a last line without its line feed, and return the size of the file (TS-SESS-015)."""
        size = os.fstat(descriptor).st_size
        if not size or _read_at(descriptor, size - 1, 1) == b"\n":
            return size
        start, line = _tail(descriptor, size)
        if _is_whole(line):
            self._write(descriptor, b"\n", size)
            return size + 1
        os.ftruncate(descriptor, start)
        return start

    def _write(self, descriptor: int, data: bytes, size: int) -> None:
        """Write at the end, all of it or nothing."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            self._flush(descriptor)
        except OSError:
            with suppress(OSError):  # what stays behind is a torn line, which the next writer removes
                os.ftruncate(descriptor, size)
            raise

    def _flush(self, descriptor: int) -> None:
        if self._sync == "disk":
            os.fsync(descriptor)

    def _lines(self, descriptor: int, last: int | None) -> tuple[list[bytes], list[int]]:
        """Return lines and their offsets, no head and no torn line: all, or at least the last ones."""
        size = os.fstat(descriptor).st_size
        block = _BLOCK
        while True:
            start = 0 if last is None else max(0, size - block)
            lines, starts = _split(_read_at(descriptor, start, size - start), start)
            if lines and not starts[0] and self._is_head(lines[0]):
                del lines[0], starts[0]
            if not start or (last is not None and len(lines) >= last):
                return lines, starts
            block *= 4


def _split(data: bytes, start: int) -> tuple[list[bytes], list[int]]:
    """Split bytes that begin at an offset into whole lines and their offsets, without blank ones."""
    lines: list[bytes] = []
    starts: list[int] = []
    *whole, torn = data.split(b"\n")
    if _is_whole(torn):
        whole.append(torn)
    offset = start
    for index, line in enumerate(whole):
        if line.strip() and (index or not start):  # the first one may have begun before
            lines.append(line)
            starts.append(offset)
        offset += len(line) + 1
    return lines, starts


def _tail(descriptor: int, size: int) -> tuple[int, bytes]:
    """Return offset and bytes of what stands after the last line feed."""
    block = _BLOCK
    while True:
        start = max(0, size - block)
        data = _read_at(descriptor, start, size - start)
        found = data.rfind(b"\n")
        if found >= 0 or not start:
            return start + found + 1, data[found + 1 :]
        block *= 4


def _is_whole(line: bytes) -> bool:
    """Tell whether bytes are a whole object; no beginning of one is."""
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _read_at(descriptor: int, offset: int, count: int) -> bytes:
    """Read so many bytes, fewer only at the end of the file."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    parts: list[bytes] = []
    while count > 0:
        part = os.read(descriptor, count)
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
