"""What a model is shown of a run: a view of its log, and what wire APIs have made of it so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast, overload

from timestep.loop.log import Log
from timestep.loop.tree import RunValue
from timestep.providers.protocol import Folded
from timestep.types.base import Item
from timestep.types.state import Entry, Range

#: What makes a fold -> the view it has taken, and the fold.
Folds = dict[Callable[[], Any], tuple[tuple[Range, ...], Any]]


class RunInput(Sequence[Item]):
    """A read-only view of a run's log, as wire items; each is folded once in a run.

    Args:
        log: the log.
        view: which parts of it are shown.
        folds: what was made of the log so far, kept from turn to turn.
        shown: what is shown of an item, the same function each time; None is all.
    """

    __slots__ = ("_folds", "_length", "_log", "_shown", "_view")

    def __init__(
        self, log: Log[Entry], view: tuple[Range, ...], folds: Folds, shown: Callable[[Item], Item] | None = None
    ) -> None:
        self._log = log
        self._view = view
        self._folds = folds
        self._shown = shown
        self._length = sum(end - start for start, end in view)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Item]:
        for start, end in self._view:
            yield from self._items(start, end)

    def _items(self, start: int, end: int) -> Iterator[Item]:
        items = (entry.item for entry in self._log[start:end])
        return items if self._shown is None else map(self._shown, items)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            return list(self)[index]
        place = index if index >= 0 else self._length + index
        for start, end in self._view:
            if 0 <= place < end - start:
                return next(self._items(start + place, start + place + 1))
            place -= end - start
        raise IndexError(index)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(cast("Sequence[Item]", other)) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def folded(self, make: Callable[[], Folded]) -> Folded:
        """Return a fold that has taken each item; one that took the beginning of the view goes on from there."""
        taken, fold = self._folds.pop(make, ((), None))
        rest = _beyond(self._view, taken)
        if fold is None or rest is None:
            fold, rest = make(), self._view
        for start, end in rest:
            for item in self._items(start, end):
                fold.add(item)
        self._folds[make] = (self._view, fold)  # not before: one that has refused an item is of no use
        return fold


def _beyond(view: tuple[Range, ...], taken: tuple[Range, ...]) -> tuple[Range, ...] | None:
    """Return the ranges of a view that come after another one; None where it does not begin with that."""
    if not taken:
        return view
    last = len(taken) - 1
    if len(view) <= last or view[:last] != taken[:last] or view[last][0] != taken[last][0]:
        return None
    mark, end = taken[last][1], view[last][1]
    if end < mark:
        return None
    return ((mark, end), *view[last + 1 :])


def omits_reasoning_ids(run: RunValue) -> bool:
    """Tell whether neither model nor session get the ids of reasoning items."""
    return run.settings is not None and run.settings.reasoning_ids == "omit"


def without_reasoning_id(item: Item) -> Item:
    """Return an item, without its id if it is a reasoning item."""
    return {name: value for name, value in item.items() if name != "id"} if item.get("type") == "reasoning" else item
