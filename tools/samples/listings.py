"""Signature listings: a call whose arguments are written as parameters (`Agent(name: str, ...)`).

Such a call is no Python. It is cut out of the sample, and held against the signature of what it names.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_OPENING = re.compile(r"^(?:(?P<target>\w+)\s*=\s*)?(?:await\s+)?(?P<name>\w+)\($")
_MISSING = inspect.Parameter.empty
_BY_POSITION = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}


class Listing(NamedTuple):
    """A call written as a list of parameters.

    Attributes:
        line: its first line in the sample, from 1.
        end: its last one.
        name: what is called.
        parameters: what is written between the brackets.
    """

    line: int
    end: int
    name: str
    parameters: str


def find(source: str) -> list[Listing]:
    """Return the listings of a sample: statements of several lines that only read as the head of a function."""
    lines = source.splitlines()
    found: list[Listing] = []
    for start, line in enumerate(lines):
        opening = _OPENING.match(line)
        end = next((at for at in range(start, len(lines)) if lines[at].rstrip() == ")"), None)
        if opening is None or end is None:
            continue
        inner = "\n".join(lines[start + 1 : end])
        if not _is_python("\n".join(lines[start : end + 1])) and _is_python(f"def f(\n{inner}\n): ..."):
            found.append(Listing(start + 1, end + 1, opening["name"], inner))
    return found


def without(source: str, listings: Sequence[Listing]) -> str:
    """Return a sample with its listings as comments, so that the lines keep their numbers."""
    lines = source.splitlines()
    for listing in listings:
        for number in range(listing.line - 1, listing.end):
            lines[number] = f"# {lines[number]}"
    return "".join(f"{line}\n" for line in lines)


def compare(listing: Listing, function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """Hold a listing against a signature, parameter by parameter.

    Returns:
        What is wrong, and what is worth a note: a parameter that only goes by its position.
    """
    told = list(_parameters(listing).values())
    real = inspect.signature(function).parameters
    order = [name for name, parameter in real.items() if parameter.kind in _BY_POSITION]
    wrong: list[str] = []
    notes: list[str] = []
    for position, parameter in enumerate(told):
        actual = real.get(parameter.name)
        if actual is None and position < len(order) and order[position] not in {each.name for each in told}:
            actual = real[order[position]]
            notes.append(f"{listing.name}: {parameter.name} goes by position; its name is {actual.name}")
        if actual is None:
            wrong.append(f"{listing.name} has no parameter {parameter.name}")
        elif parameter.default is not _MISSING and not _same(parameter.default, actual.default):
            wrong.append(f"{listing.name}: {parameter.name} is {actual.default!r} and not {parameter.default!r}")
    given = {parameter.name for parameter in told} | {note.rpartition(" ")[2] for note in notes}
    needed = [name for name, parameter in real.items() if _is_needed(parameter) and name not in given]
    wrong += [f"{listing.name} needs {name} too" for name in needed]
    return wrong, notes


def _parameters(listing: Listing) -> dict[str, inspect.Parameter]:
    """Read the parameters of a listing; what its annotations name need not be there."""
    space: dict[str, Any] = {}
    code = f"from __future__ import annotations\ndef f(\n{listing.parameters}\n): ..."
    exec(compile(code, "listing", "exec", dont_inherit=True), space)  # noqa: S102 - a head without a body
    return dict(inspect.signature(space["f"]).parameters)


def _same(told: object, actual: object) -> bool:
    """Tell whether two defaults mean the same: an empty list is an empty tuple."""
    if isinstance(told, list) and isinstance(actual, Sequence):
        return told == list(actual)
    return type(told) is type(actual) and told == actual


def _is_needed(parameter: inspect.Parameter) -> bool:
    """Tell whether a call without this parameter fails."""
    kinds = {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    return parameter.default is _MISSING and parameter.kind not in kinds


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
