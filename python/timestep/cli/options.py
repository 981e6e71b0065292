"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Decorator = Callable[[_Function], _Function]


def output_format(*more: str) -> Callable[[_Function], _Function]:
    """Add `--format`, with text and json and whatever else the verb can write."""
    choice = click.Choice(["text", "json", *more])
    return click.option("--format", "form", type=choice, default="text", show_default=True, help="How to report.")


def reading(function: _Function) -> _Function:
    """Add `--dialect` and `--assume`, which say what a file does not."""
    function = click.option(
        "--dialect", metavar="NAME", help="Family of session items that do not tell: openai-agents-python or -js."
    )(function)
    return click.option(
        "--assume", metavar="FLAG", multiple=True, help="Assert what the file does not prove; an error names the FLAG."
    )(function)


def output(function: _Function) -> _Function:
    """Add `-o` and `--force`."""
    function = click.option("--force", is_flag=True, help="Replace a file of that name.")(function)
    return click.option("-o", "--output", metavar="OUT", help="Where to write; `-` is stdout.")(function)


def no_mask(function: _Function) -> _Function:
    """Add `--no-mask`."""
    return click.option("--no-mask", is_flag=True, help="Show what looks like a secret.")(function)


def pairs(name: str, values: tuple[str, ...]) -> dict[str, str]:
    """Read the values of an option of the form LEFT=RIGHT."""
    found: dict[str, str] = {}
    for value in values:
        left, equals, right = value.partition("=")
        if not equals or not left or not right:
            raise click.UsageError(f"{name} takes LEFT=RIGHT; got {value!r}")
        if found.setdefault(left, right) != right:
            raise click.UsageError(f"{name} {left} is given twice, with {found[left]!r} and {right!r}")
    return found
