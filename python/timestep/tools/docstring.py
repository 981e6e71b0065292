"""What a docstring tells about a function and its parameters, in Google, NumPy or Sphinx style."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_SPHINX = re.compile(r"^:(?:param|parameter|arg|argument|key|keyword|type|returns?|rtype|raises?)\b", re.MULTILINE)
_NUMPY = re.compile(r"^(?:(?:Other )?Parameters|Returns|Yields|Raises)\s*\n\s*-{3,}", re.MULTILINE)
_SPHINX_PARAMETER = re.compile(r":(?:param|parameter|arg|argument|key|keyword)\s+(?:[^:\n]*\s)?\**(\w+)\s*:[ \t]*")
_NUMPY_SECTION = re.compile(r"^(\S[^\n]*)\n-{3,}[ \t]*$", re.MULTILINE)
_NUMPY_PARAMETER = re.compile(r"^(\**\w+(?:\s*,\s*\**\w+)*)\s*(?::.*)?$")
_GOOGLE_SECTION = re.compile(r"^([A-Z][\w ]*):[ \t]*(?:\n(?=[ \t]+\S)|$)", re.MULTILINE)
_GOOGLE_PARAMETERS = re.compile(r"^(?:args|arguments|params|parameters)$", re.IGNORECASE)
_GOOGLE_PARAMETER = re.compile(r"^\**(\w+)\s*(?:\(.*?\))?\s*:[ \t]*(.*)$", re.DOTALL)


class Documentation(NamedTuple):
    """The text before the first section, and the description of each parameter."""

    description: str
    parameters: dict[str, str]


def documentation(function: Callable[..., Any]) -> Documentation:
    """Read a function's docstring; without one everything is empty."""
    text = inspect.getdoc(function)
    if not text:
        return Documentation("", {})
    if _SPHINX.search(text):
        return _sphinx(text)
    if _NUMPY.search(text):
        return _numpy(text)
    return _google(text)


def _sphinx(text: str) -> Documentation:
    first = _SPHINX.search(text)
    parameters: dict[str, str] = {}
    for field in re.split(r"^(?=:\w)", text[first.start() if first else len(text) :], flags=re.MULTILINE):
        found = _SPHINX_PARAMETER.match(field)
        if found:
            parameters[found[1]] = _folded(field[found.end() :])
    return Documentation(text[: first.start()].strip() if first else text, parameters)


def _numpy(text: str) -> Documentation:
    heads = list(_NUMPY_SECTION.finditer(text))
    parameters: dict[str, str] = {}
    for head, following in zip(heads, [*heads, None][1:], strict=True):
        if head[1].strip().lower() in ("parameters", "other parameters"):
            body = text[head.end() : following.start() if following else len(text)]
            for entry, description in _entries(body):
                named = _NUMPY_PARAMETER.match(entry)
                names = named[1].split(",") if named else []
                parameters.update((name.strip().lstrip("*"), description) for name in names)
    return Documentation(text[: heads[0].start()].strip() if heads else text, parameters)


def _entries(body: str) -> Iterator[tuple[str, str]]:
    """Yield each line that is not indented with the indented lines below it."""
    for entry in re.split(r"^(?=\S)", body, flags=re.MULTILINE):
        head, _, rest = entry.strip("\n").partition("\n")
        if head.strip():
            yield head.strip(), inspect.cleandoc(rest)


def _google(text: str) -> Documentation:
    heads = [head for head in _GOOGLE_SECTION.finditer(text) if _is_section(text, head)]
    parameters: dict[str, str] = {}
    for head, following in zip(heads, [*heads, None][1:], strict=True):
        if _GOOGLE_PARAMETERS.match(head[1]):
            parameters.update(_google_parameters(text[head.end() : following.start() if following else len(text)]))
    return Documentation(text[: heads[0].start()].strip() if heads else text.strip(), parameters)


def _is_section(text: str, head: re.Match[str]) -> bool:
    """Tell whether a line that ends in a colon starts a section: parameters always, others after a blank line."""
    return bool(_GOOGLE_PARAMETERS.match(head[1])) or not head.start() or text[: head.start()].endswith("\n\n")


def _google_parameters(body: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a section: those at its own indentation; deeper lines go on with the one before."""
    indented = re.match(r"(?:[ \t]*\n)*((?:[ \t]+\S.*(?:\n|$)|[ \t]*\n)*)", body)
    for entry in re.split(r"^(?=\S)", inspect.cleandoc(indented[1] if indented else ""), flags=re.MULTILINE):
        found = _GOOGLE_PARAMETER.match(entry.strip())
        if found:
            first, _, rest = found[2].partition("\n")
            yield found[1], f"{first.strip()}\n{textwrap.dedent(rest).rstrip()}".strip()


def _folded(text: str) -> str:
    """Strip a description and the indentation of its further lines."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
