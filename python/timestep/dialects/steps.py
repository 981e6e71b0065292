"""Takes a foreign run state from the number it was written with to the current one, and back: a small step a number.

Steps change a parsed file in place, before the reader sees it and after the writer has made it. Each run of a file
has a number of its own. On the way up a run comes before the runs nested in it, on the way down after them, so that a
step finds those it may have to take decisions to, or from, in the form of its own number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from timestep.dialects.account import Account
from timestep.errors import StateFormatError

#: Finds the runs nested in a run: (pointer, run).
Nested = Callable[[dict[str, Any], str], Iterator[tuple[str, dict[str, Any]]]]
_NUMBER = "$schemaVersion"


@dataclass(slots=True)
class Run:
    """One run of a file, as parsed JSON that steps change in place."""

    value: dict[str, Any]
    pointer: str
    parent: Run | None
    account: Account
    nested: Nested
    memo: dict[str, Any] = field(default_factory=dict[str, Any])
    """What steps have found out about parts that no step changes, so that the next one need not look again."""

    @property
    def root(self) -> Run:
        """The run that no other run is around."""
        return self if self.parent is None else self.parent.root

    def children(self) -> list[Run]:
        """Return the runs nested in this one."""
        return [Run(value, at, self, self.account, self.nested) for at, value in self.nested(self.value, self.pointer)]


Change = Callable[[Run], None]


class Step(NamedTuple):
    """The change between two released numbers that follow each other; None is no change of a file."""

    number: str
    up: Change | None = None
    down: Change | None = None


class Ladder(NamedTuple):
    """All steps of a family, oldest first, from its first number on."""

    first: str
    steps: tuple[Step, ...]
    nested: Nested

    @property
    def last(self) -> str:
        """The current number."""
        return self.steps[-1].number

    def up(self, value: dict[str, Any], account: Account) -> None:
        """Bring a file whose numbers are known ones to the current number, in place.

        Raises:
            StateFormatError: it has not the shape of its number.
            ConversionError: what it lacks can't be concluded, and the caller has not asserted it.
        """
        self._up(Run(value, "", None, account, self.nested))

    def down(self, value: dict[str, Any], number: str, account: Account) -> None:
        """Bring a file of the current number to an older one, in place.

        Raises:
            ConversionError: the older number can't hold something that matters; names it.
        """
        self._down(Run(value, "", None, account, self.nested), number)

    def _up(self, run: Run) -> None:
        for step in self._after(str(run.value.get(_NUMBER))):
            if step.up is not None:
                _apply(step.up, run)
            run.value[_NUMBER] = step.number
        for child in run.children():
            self._up(child)

    def _down(self, run: Run, number: str) -> None:
        for child in run.children():
            self._down(child, number)
        for step in reversed(self._after(number)):
            if step.down is not None:
                step.down(run)
        run.value[_NUMBER] = number

    def _after(self, number: str) -> Sequence[Step]:
        """Return the steps from a number on."""
        numbers = [self.first, *(step.number for step in self.steps)]
        return self.steps[numbers.index(number) :] if number in numbers else ()


def _apply(change: Change, run: Run) -> None:
    try:
        change(run)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise StateFormatError(
            code="state-shape",
            message=f"this run has not the shape of its number, {run.value.get(_NUMBER)}",
            pointer=run.pointer,
            why=f"{type(error).__name__} where its parts are brought to the current number",
            requirement="TS-STATE-001",
        ) from error
