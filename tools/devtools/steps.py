"""Steps of the set-up: one line each with its seconds, a spinner on a terminal, and errors that say what to do."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from devtools.layout import DEV, LOGS, ROOT, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_SPINNER = "|/-\\"
_TICK_S = 0.1
_TAIL_LINES = 15


class SetupError(Exception):
    """The set-up can't go on.

    Args:
        message: What is wrong.
        hint: What to do about it.
        details: The last lines of the program that failed.
    """

    def __init__(self, message: str, *, hint: str, details: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.details = details


def run_step(
    title: str, command: Sequence[str | Path], *, hint: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> None:
    """Run a program quietly, its output in a log under `.dev/log`.

    Raises:
        SetupError: When it fails or can't be started; carries the end of its output and the hint.
    """
    log = LOGS / f"{title.replace(' ', '-').replace('/', '-')}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        except OSError as error:
            raise SetupError(f"{title}: {error}", hint=hint) from error
        code = _wait(process, title, started)
    seconds = time.monotonic() - started
    if code != 0:
        _say(f"{title}: failed after {seconds:.1f} s", end="\n")
        raise SetupError(f"{title}: exit code {code}", hint=f"{hint}\nThe full log: {shown(log)}", details=_tail(log))
    _say(f"{title}: {seconds:.1f} s", end="\n")


def _wait(process: subprocess.Popen[bytes], title: str, started: float) -> int:
    """Wait for a program, with a spinner on a terminal; an interrupt ends the program too."""
    if not sys.stderr.isatty():
        _say(f"{title} ...", end="\n")
    tick = 0
    try:
        while True:
            try:
                return process.wait(_TICK_S)
            except subprocess.TimeoutExpired:
                tick += 1
            if sys.stderr.isatty():
                _say(f"{_SPINNER[tick % len(_SPINNER)]} {title} {time.monotonic() - started:.0f} s", end="")
    except BaseException:
        process.terminate()
        process.wait()
        raise


def _say(text: str, *, end: str) -> None:
    """Write a line of progress to stderr; on a terminal it replaces the spinner's."""
    erase = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{erase}dev: {text}", end=end, file=sys.stderr, flush=True)


def _tail(log: Path) -> str:
    """Return the last lines of a log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])


@contextlib.contextmanager
def setup_lock() -> Iterator[None]:
    """Keep a second `dev.py` from setting up at the same time; the system frees the lock of a killed one."""
    try:
        import fcntl  # there is none on Windows, where two set-ups at once stay unguarded
    except ImportError:
        yield
        return
    DEV.mkdir(exist_ok=True)
    with (DEV / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another dev.py that is setting up ...", end="\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
