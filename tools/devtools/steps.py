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
# What a program that was asked to end gets for it.
_PATIENCE_S = 5


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
    title: str,
    command: Sequence[str | Path],
    *,
    hint: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    within_s: float | None = None,
) -> None:
    """Run a program quietly, its output in a log under `.dev/log`; one that takes longer than `within_s` is ended.

    Raises:
        SetupError: When it fails, takes too long or can't be started; carries the end of its output and the hint.
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
        code = _wait(process, title, started, within_s)
    seconds = time.monotonic() - started
    if code != 0:
        _say(f"{title}: failed after {seconds:.1f} s", end="\n")
        wrong = f"exit code {code}" if code is not None else f"not done after {within_s:.0f} s, so it was ended"
        raise SetupError(f"{title}: {wrong}", hint=f"{hint}\nThe full log: {shown(log)}", details=_tail(log))
    _say(f"{title}: {seconds:.1f} s", end="\n")


def _wait(process: subprocess.Popen[bytes], title: str, started: float, within_s: float | None) -> int | None:
    """Wait for a program, with a spinner on a terminal, and return its exit code; None when it took too long.

    An interrupt ends the program too.
    """
    if not sys.stderr.isatty():
        _say(f"{title} ...", end="\n")
    tick = 0
    try:
        while True:
            try:
                return process.wait(_TICK_S)
            except subprocess.TimeoutExpired:
                tick += 1
            if within_s is not None and time.monotonic() - started > within_s:
                _end(process)
                return None
            if sys.stderr.isatty():
                _say(f"{_SPINNER[tick % len(_SPINNER)]} {title} {time.monotonic() - started:.0f} s", end="")
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and kill one that does not."""
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
