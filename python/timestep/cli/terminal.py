"""Lines from whoever sits at the terminal, or from a pipe in their place; questions go to stderr."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module

import click

from timestep.cli.output import one_line
from timestep.errors import UsageError


def is_there() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison] - a program can be started without one


def read_line(prompt: str) -> str | None:
    """Read a line, without its end; None when there are no more.

    Raises:
        UsageError: the line is no text in the terminal's encoding.
        KeyboardInterrupt: Ctrl-C.
    """
    if not is_there() or not sys.stdout.isatty():  # `input` would write its question among the output
        click.echo(prompt, err=True, nl=False)
        return _next_line()
    with suppress(ImportError):
        import_module("readline")  # gives `input` line editing and a history
    try:
        return input(prompt)
    except EOFError:
        return None


def agreed(question: str, instead: str) -> bool:
    """Ask whoever sits at the terminal whether something may be done; anything but a yes is a no.

    Raises:
        UsageError: nobody can be asked; it says what does it without asking, such as "--yes removes".
    """
    if not is_there():
        raise UsageError(f"nobody can be asked here; {instead} without asking")
    answer = read_line(f"{one_line(question)} [y]es, [n]o ")
    return (answer or "").strip().lower() in ("y", "yes")


def _next_line() -> str | None:
    try:
        line = sys.stdin.readline()
    except (UnicodeDecodeError, ValueError, AttributeError) as error:  # no text, closed, or not there
        raise UsageError(f"can't read <stdin>: {error}", code="io", file="<stdin>") from error
    return line.rstrip("\r\n") if line else None
