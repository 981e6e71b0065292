"""The progress line: late, only on a terminal, and gone when the work is done."""

import io
import threading

from timestep.cli.progress import Progress


class Terminal(io.StringIO):
    """A terminal that tells when something was written to it."""

    def __init__(self):
        super().__init__()
        self.written = threading.Event()

    def isatty(self):
        """Say that this is a terminal."""
        return True

    def write(self, text):
        """Keep a text."""
        count = super().write(text)
        self.written.set()
        return count


def test_long_work_is_named_and_the_line_wiped():
    """U3: what is worked on, and how far; nothing of it stays on the terminal."""
    terminal = Terminal()
    with Progress(3, stream=terminal, patience=0) as progress:
        progress.step("a.json")
        progress.step("b.json")
        assert terminal.written.wait(5)
    assert "/3 " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_quick_work_says_nothing():
    """U3: what is done within two seconds needs no word."""
    terminal = Terminal()
    with Progress(1, stream=terminal) as progress:
        progress.step("a.json")
    assert terminal.getvalue() == ""


def test_without_a_terminal_nothing_is_drawn():
    """U3: logs stay clean."""
    stream = io.StringIO()
    before = threading.active_count()
    with Progress(1, stream=stream, patience=0) as progress:
        progress.step("a.json")
        assert threading.active_count() == before
    assert stream.getvalue() == ""
