"""The spec as `explain` reads it: from the package when it is installed, from the repository in a clone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from timestep.codec import strict_json
from timestep.errors import SPEC_DOCUMENTS, UsageError

# Anchors, links and list marks mean nothing on a terminal.
_MARKUP = (
    (re.compile(r"<a id=[^>]*></a>"), ""),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"^(?:[-*+]|\d+\.|#+)\s+"), ""),
)
REQUIREMENT = re.compile(r"TS-([A-Z]+)-\d{3}")


def folder() -> Path | None:
    """Find the spec; None when this installation has none."""
    package = Path(str(sys.modules["timestep"].__file__)).parent
    for place in (package / "_spec", package.parents[1] / "spec"):
        if (place / "errors.json").is_file():
            return place
    return None


@cache
def codes() -> dict[str, dict[str, str]]:
    """Read the registry of error codes.

    Raises:
        UsageError: this installation has no spec.
    """
    place = _needed()
    registry = cast("dict[str, Any]", strict_json.loads((place / "errors.json").read_bytes()))
    return cast("dict[str, dict[str, str]]", registry["codes"])


def requirement(name: str) -> tuple[str, str] | None:
    """Find a requirement's paragraph: the file it stands in, from the spec's root, and its text without the id."""
    place = _needed()
    for file in _likely_first(place, name):
        text = _paragraph(file.read_text(encoding="utf-8"), name)
        if text is not None:
            return file.relative_to(place).as_posix(), text
    return None


def _needed() -> Path:
    place = folder()
    if place is None:
        raise UsageError("this installation of timestep came without its spec", code="io", help="install it again")
    return place


def _likely_first(place: Path, name: str) -> Iterator[Path]:
    """Give the spec's documents, the one for the requirement's area first."""
    area = name.split("-")[1]
    likely = place / SPEC_DOCUMENTS.get(area, "")
    others = sorted(place.rglob("*.md"))
    yield from sorted(others, key=lambda file: file != likely)


def _paragraph(text: str, name: str) -> str | None:
    """Give the paragraph, list entry or table row that an id in brackets marks."""
    mark = f"[{name}]"
    lines = text.split("\n")
    at = next((number for number, line in enumerate(lines) if mark in line), None)
    if at is None:
        return None
    start = end = at
    if not lines[at].lstrip().startswith("|"):
        while start > 0 and not _begins(lines[start]) and lines[start - 1].strip():
            start -= 1
        while end + 1 < len(lines) and lines[end + 1].strip() and not _begins(lines[end + 1]):
            end += 1
    found = " ".join(line.strip() for line in lines[start : end + 1]).replace(mark, "")
    for markup, kept in _MARKUP:
        found = markup.sub(kept, found)
    return found.strip(" |")


def _begins(line: str) -> bool:
    """Tell whether a line begins a list entry, heading, table row or an entry with an id of its own."""
    return re.match(r"\s*(?:[-*+]\s|\d+\.\s|#|\||(?:\*\*)?\[TS-)", line) is not None
