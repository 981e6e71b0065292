"""Sequences that are only appended to: each value is a length of a list it shares with those before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


_NEW: Any = object.__new__


class Log(Sequence[T], Generic[T]):
    """An immutable sequence. Appending to the newest value of it takes time for what is appended alone.

    Appending to an older value, which happens when one state is gone on with twice, copies what the two share.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._items = list(items)
        self._length = len(self._items)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, int):
            if not -self._length <= index < self._length:
                raise IndexError(index)
            return self._items[index if index >= 0 else self._length + index]
        start, stop, step = index.indices(self._length)
        return self._items[start:stop:step]

    def __iter__(self) -> Iterator[T]:
        return islice(self._items, self._length)

    @property
    def newest(self) -> bool:
        """Whether nothing has been appended to it yet."""
        return len(self._items) == self._length

    def extends(self, older: Log[T]) -> bool:
        """Tell whether this is `older` with more, or nothing, appended to it; it takes no time."""
        return self._items is older._items and self._length >= older._length

    def since(self, older: Log[T]) -> list[T]:
        """Return what this has beyond an `older` one that it goes on from."""
        return self._items[older._length : self._length] if self is not older else []

    def append(self, item: T) -> Log[T]:
        """Return the log with one more item."""
        return self.extend((item,))

    def extend(self, items: Iterable[T]) -> Log[T]:
        """Return the log with more items."""
        longer: Log[T] = _NEW(Log)
        known = self._items
        if len(known) != self._length:
            known = known[: self._length]
        known.extend(items)
        longer._items, longer._length = known, len(known)
        return longer


class Index:
    """An immutable set of ids that is only added to, and shares what it holds as a `Log` does."""

    __slots__ = ("_count", "_numbers")

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for each in ids:
            self._numbers.setdefault(each, len(self._numbers))
        self._count = len(self._numbers)

    def __contains__(self, each: str) -> bool:
        return self._numbers.get(each, self._count) < self._count

    def add(self, each: str) -> Index:
        """Return the set with one more id."""
        if each in self:
            return self
        larger = Index.__new__(Index)
        own = len(self._numbers) == self._count
        known = self._numbers if own else {key: number for key, number in self._numbers.items() if number < self._count}
        known[each] = self._count
        larger._numbers, larger._count = known, self._count + 1  # noqa: SLF001 - of its own class
        return larger
