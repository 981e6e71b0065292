"""A line on the terminal for work that takes longer than a person likes to wait in the dark (BARS U3)."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import IO, Self

_PATIENCE = 2.0  # seconds without a word; BARS U3
_PERIOD = 0.2  # seconds between two redraws
_CLEAR = "\r\x1b[K"


def working(label: str) -> Progress:
    """Name one piece of work that may take long."""
    progress = Progress(1)
    progress.step(label)
    return progress


class Progress:
    """Says on stderr what is being worked on, after two seconds, and only on a terminal.

    Args:
        total: how many steps there are.
        stream: where to write; stderr when left out.
        patience: seconds before the first word.
    """

    def __init__(self, total: int, *, stream: IO[str] | None = None, patience: float = _PATIENCE) -> None:
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._patience = patience
        self._done = 0
        self._label = ""
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._thread = threading.Thread(target=self._draw, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def step(self, label: str) -> None:
        """Name what is worked on now."""
        self._done += 1
        self._label = label

    def _draw(self) -> None:
        """Wait, then write the line again and again until the work is done, and wipe it."""
        if self._end.wait(self._patience):
            return
        while True:
            count = f"{self._done}/{self._total} " if self._total > 1 else ""
            self._stream.write(f"{_CLEAR}{count}{self._label[:60]}")
            self._stream.flush()
            if self._end.wait(_PERIOD):
                break
        self._stream.write(_CLEAR)
        self._stream.flush()
