"""What the commands share: how cases are selected, how testees are told apart, and the bar of long work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from timestep_conformance.cases import PROFILES

_Command = TypeVar("_Command", bound="Callable[..., Any]")


def selection(command: _Command) -> _Command:
    """Add the options that select cases."""
    options = (
        click.option("-k", "--case", "globs", multiple=True, metavar="GLOB", help="Cases with such an id."),
        click.option("--profile", "profiles", multiple=True, type=click.Choice(PROFILES), help="Cases of a profile."),
        click.option("--requirement", "rules", multiple=True, metavar="ID", help="Cases of a rule, or of TS-CORE."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def split(words: Sequence[str]) -> list[list[str]]:
    """Return the commands of testees that stand between ----."""
    found: list[list[str]] = [[]]
    for word in words:
        if word == "----":
            found.append([])
        else:
            found[-1].append(word)
    return [command for command in found if command]


@contextmanager
def bar(label: str, total: int) -> Generator[Callable[..., None]]:
    """Show a bar on a terminal; what is given is called for each step, with whatever it came to."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda *_: progress.advance(task)
