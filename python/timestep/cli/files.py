"""What the command reads and writes: files, or `-` for the standard streams."""

from __future__ import annotations

import stat
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from timestep.cli.output import file_name
from timestep.codec.pointer import locate
from timestep.codec.seal import MAX_BYTES, is_sealed
from timestep.codec.strict_json import DEFAULT_LIMITS
from timestep.errors import CodecError, TimestepError, UsageError
from timestep.types.findings import Finding

STANDARD = "-"


class Source(msgspec.Struct, frozen=True):
    """An input: the name to show for it, and its bytes."""

    name: str
    data: bytes

    @contextmanager
    def blamed(self) -> Generator[None]:
        """Give errors raised inside this file's name."""
        try:
            yield
        except TimestepError as error:
            error.file = error.file or self.name
            raise

    def located(self, finding: Finding) -> Finding:
        """Give a finding line and column where its pointer tells them."""
        if finding.line is not None or finding.pointer is None:
            return finding
        with suppress(TimestepError):
            place = locate(self.data, finding.pointer)
            return msgspec.structs.replace(finding, line=place.line, column=place.column)
        return finding


def read(name: str) -> Source:
    """Read a file, or stdin for `-`; never more than a document may have (BARS H6).

    Raises:
        UsageError: it can't be read.
        CodecError: it is too large.
    """
    shown = "<stdin>" if name == STANDARD else file_name(name)
    try:
        if name == STANDARD:
            data = _stdin().read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"can't read {shown}: {reason}", code="io", file=shown) from error
    most = MAX_BYTES if is_sealed(data) else DEFAULT_LIMITS.max_bytes
    if len(data) > most:
        message = f"more than the {most} bytes a document may have"
        raise CodecError(message, code="json-size", pointer="", file=shown)
    return Source(shown, data)


def _stdin() -> BinaryIO:
    """Give the bytes of stdin; a program can be started without one."""
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - what the type leaves out
        raise ValueError("there is no stdin")
    return sys.stdin.buffer


def refuse_stdin_twice(*names: str) -> None:
    """Refuse to read stdin more than once."""
    if names.count(STANDARD) > 1:
        raise UsageError("stdin (`-`) can be read only once")


def refuse_taken(name: str, *, force: bool) -> None:
    """Refuse an output name that is taken, before any work is done."""
    if name == STANDARD or force or _is_stream(name):
        return
    try:
        taken = Path(name).is_symlink() or Path(name).exists()
    except (OSError, ValueError) as error:
        raise UsageError(f"can't write {file_name(name)}: {error}", code="io", file=file_name(name)) from error
    if taken:
        raise UsageError(
            f"{file_name(name)} exists already",
            code="output-exists",
            file=file_name(name),
            why="an earlier file may be the only copy of a run",
            help="choose another name, or give --force to replace it",
        )


def _is_stream(name: str) -> bool:
    """Tell whether a name is that of a device or a pipe, such as /dev/null: written to, and never replaced."""
    try:
        mode = Path(name).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def write_all(outputs: Sequence[tuple[str, bytes]], *, force: bool) -> None:
    """Write several outputs, or leave none of them behind; what `force` has replaced stays replaced.

    Raises:
        UsageError: as `write` does.
    """
    new: list[Path] = []
    try:
        for name, data in outputs:
            fresh = name != STANDARD and not Path(name).exists()
            write(name, data, force=force)
            new.extend([Path(name)] if fresh else [])
    except TimestepError:
        for path in new:
            with suppress(OSError):
                path.unlink()
        raise


def write(name: str, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all, or to stdout for `-`.

    Raises:
        UsageError: the name is taken and `force` was not given, or the system refused.
    """
    if name == STANDARD:
        click.echo(data, nl=False)
        return
    if _is_stream(name):
        try:
            Path(name).write_bytes(data)
        except OSError as error:
            raise UsageError(f"can't write {file_name(name)}: {error}", code="io", file=file_name(name)) from error
        return
    from timestep.storage.atomic import write_whole

    refuse_taken(name, force=force)
    write_whole(name, data, overwrite=force)
