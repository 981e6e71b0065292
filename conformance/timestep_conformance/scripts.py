"""What a case's world says, in the order in which it is asked, and again what it has said already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast


class Speechless(Exception):
    """A case's world has no answer to this; the message says to what."""


@dataclass
class Said:
    """What was answered to one question.

    Attributes:
        index: which entry of the script it was.
        life: the request that it was asked for, counted from 1.
        heard: whether it has had the answer.
        times: how often it was asked.
    """

    index: int
    life: int
    heard: bool = False
    times: int = 1


class Script:
    """Entries that are said one after the other, or one that is always said.

    A question that was asked before gets the same entry: so a crash changes nothing in what the world says. An error
    that was heard is over, and the next entry is said where the same is asked again.
    """

    def __init__(self, entries: Any, name: str) -> None:  # noqa: ANN401 - as a case has it
        self._constant = not isinstance(entries, list)
        self._entries = [entries] if self._constant else cast("list[Any]", entries)
        self._name = name
        self._next = 0
        self.said: dict[str, Said] = {}

    def entry(self, question: str, life: int) -> tuple[Any, Said]:
        """Return what is said to a question, and the record of it.

        Raises:
            Speechless: the script has come to its end.
        """
        before = self.said.get(question)
        if before is not None and not (before.heard and _fails(self._entries[before.index])):
            before.times += 1
            before.life = life
            return self._entries[before.index], before
        index = 0 if self._constant else self._next
        if index >= len(self._entries):
            raise Speechless(f"{self._name} is asked once more than the case has answers ({len(self._entries)})")
        self._next += 1
        self.said[question] = said = Said(index, life, times=before.times + 1 if before else 1)
        return self._entries[index], said

    def standing(self) -> list[Any]:
        """Return where it stands: equal for two scripts that will say the same from now on."""
        over = {question for question, said in self.said.items() if said.heard and _fails(self._entries[said.index])}
        return [self._next, sorted([question, said.index, question in over] for question, said in self.said.items())]


def _fails(entry: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(entry, Mapping) and "err" in entry


def canonical(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a value as one text, equal for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
