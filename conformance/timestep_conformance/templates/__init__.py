"""Beginnings of testees, as `timestep-conformance init` writes them: each passes `smoke` as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Template:
    """A beginning: its file beside this one, and the words that run a file of its language."""

    file: str
    command: tuple[str, ...]

    def text(self) -> str:
        """Return what is written."""
        return (Path(__file__).parent / self.file).read_text(encoding="utf-8")


TEMPLATES = {
    "python": Template("testee.py.txt", ("python3",)),
    "node": Template("testee.mjs.txt", ("node",)),
    "perl": Template("testee.pl.txt", ("perl",)),
}
