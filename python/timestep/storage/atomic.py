"""Files written whole: a reader finds the old bytes or the new ones, never some of both."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from timestep.errors import UsageError

_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# What file systems without hard links answer (FAT, some network mounts).
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def write_whole(path: str | Path, data: bytes, *, overwrite: bool = False, mode: int = 0o600) -> None:
    """Write a file so that it is there entirely or not at all, and survives the death of the process.

    The bytes go to a new file in the same folder, are flushed to the disk, and take the name in one step.
    A symbolic link of that name is replaced, never followed.

    Args:
        path: where to write; its folder must exist.
        data: the whole content.
        overwrite: replace what has the name; otherwise that is refused.
        mode: permissions of the file, whatever the umask (S3: states are 0600).

    Raises:
        UsageError: the name is taken (`output-exists`), or the system refused (`io`); the old file, if
            there was one, is untouched and nothing else is left behind.
    """
    target = Path(path)
    _refuse_special(target)
    temporary = target.parent / f".timestep-{secrets.token_hex(8)}.tmp"
    try:
        try:
            _write_new(temporary, data, mode)
            _take_name(temporary, target, overwrite=overwrite)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        flush_folder(target.parent)
    except FileExistsError as error:
        raise UsageError(
            f"{target} exists already",
            code="output-exists",
            file=str(target),
            why="an earlier file may be the only copy of a run",
            help="choose another name, or ask for it to be overwritten",
        ) from error
    except OSError as error:
        raise UsageError(f"can't write {target}: {error.strerror}", code="io", file=str(target)) from error


def _refuse_special(target: Path) -> None:
    """Refuse a name that a device, a pipe or a folder has: taking it would be the end of that."""
    try:
        mode = target.lstat().st_mode
    except (OSError, ValueError):
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise UsageError(f"can't write {target}: it is no regular file", code="io", file=str(target))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Create a file with these bytes and flush it to the disk."""
    descriptor = os.open(path, _CREATE, mode)
    try:
        if _is_posix():
            os.fchmod(descriptor, mode)  # what the umask took away at creation
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_name(temporary: Path, target: Path, *, overwrite: bool) -> None:
    """Give the new file its name in one step."""
    if overwrite:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Claim the name first; two writers can't both. A crash right here leaves an empty file.
        os.close(os.open(target, _CREATE, 0o600))
        temporary.replace(target)


def flush_folder(folder: Path) -> None:
    """Make the name itself durable."""
    if not _is_posix():
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_posix() -> bool:
    """Say whether files have modes and folders can be opened; on Windows neither holds."""
    return os.name == "posix"
