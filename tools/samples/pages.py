"""Finds the fenced code blocks of Markdown and text files, also those that are indented under tabs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PYTHON = {"python", "python3", "py"}
_ENDINGS = {".md", ".markdown", ".txt"}
_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_HEADING = re.compile(r"^#{1,6}[ \t]+(.*?)[ \t#]*$")
_TAB = re.compile(r'^=== "(.*)"[ \t]*$')


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes:
        page: the file it stands in.
        line: 1-based line of its first line of code.
        language: the first word after the fence, in lower case; "" when there is none.
        title: the heading above it, and the tab it stands under.
        text: its code, without the indentation all of it has.
    """

    page: Path
    line: int
    language: str
    title: str
    text: str

    @property
    def is_python(self) -> bool:
        """Whether it is a Python sample."""
        return self.language in PYTHON


def pages(places: list[Path]) -> list[Path]:
    """Return the documents at these places: files as they are given, and all Markdown and text files of folders."""
    found: list[Path] = []
    for place in places:
        inside = sorted(path for path in place.rglob("*") if path.suffix in _ENDINGS and path.is_file())
        found += inside if place.is_dir() else [place]
    return found


def blocks(page: Path) -> list[Block]:
    """List the fenced blocks of a page in their order; one that is never closed goes to the end."""
    found: list[Block] = []
    heading, tab = "", ""
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), start=1))
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            heading, tab = _place(line, heading, tab)
            continue
        text = _inside(lines, fence["indent"], fence["fence"])
        title = f"{heading} / {tab}" if tab and fence["indent"] else heading
        language = fence["info"].split()[0].lower() if fence["info"].strip() else ""
        found.append(Block(page, number + 1, language, title, text))
    return found


def _place(line: str, heading: str, tab: str) -> tuple[str, str]:
    """Return the heading and the tab that what follows a line stands under."""
    new_heading, new_tab = _HEADING.match(line), _TAB.match(line)
    if new_heading:
        return new_heading[1], ""
    return (heading, new_tab[1]) if new_tab else (heading, tab)


def _inside(lines: enumerate[str], indent: str, fence: str) -> str:
    """Return the lines up to the closing fence, without the indentation of the opening one."""
    found: list[str] = []
    for _, line in lines:
        stripped = line.strip()
        if stripped.startswith(fence) and not stripped.strip(fence[0]):
            break
        found.append(line.removeprefix(indent) if line.strip() else "")
    return "".join(f"{line}\n" for line in found)
