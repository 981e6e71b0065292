"""Documents made smaller, step by step, as long as what is wrong with them stays."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from timestep_conformance.json_text import Members, Node, Number, Place, at, data_of, parse, places, put

_PLAIN: tuple[Node, ...] = (None, Number("0"), "", [], Members())

Check = Callable[[bytes], bool]


class Enough(Exception):
    """No more is to be tried."""


def shrunk(data: bytes, same: Check) -> bytes:
    """Return the smallest document found that `same` is still true of; `same` raises `Enough` to end the search."""
    best = data

    def kept(tried: bytes) -> bool:
        nonlocal best
        if not same(tried):
            return False
        best = tried
        return True

    before = None
    with contextlib.suppress(Enough):
        while before != best:
            before = best
            with contextlib.suppress(ValueError, RecursionError):  # of what is no JSON, its bytes are left
                _Values(best, kept).shrink()
            _fewer_bytes(best, kept)
    return best


class _Values:
    """A document whose values are tried one by one; a change that makes it smaller and leaves it wrong stays."""

    def __init__(self, data: bytes, same: Check) -> None:
        self._whole: list[Node] = [parse(data)]
        self._same = same
        self._best = data

    def shrink(self) -> None:
        """Try everything until nothing makes it smaller."""
        if not self._same(data_of(self._whole[0])):
            return  # how it is written is what is wrong with it
        self._best = data_of(self._whole[0])
        before = None
        while before != self._best:
            before = self._best
            self._hoist()
            self._drop(self._whole)
            for step in (self._plain, self._shorten):
                for place in list(places(self._whole)):
                    step(place)

    def _smaller(self) -> bool:
        found = data_of(self._whole[0])
        if len(found) >= len(self._best) or not self._same(found):
            return False
        self._best = found
        return True

    def _replaced(self, place: Place, value: Node) -> bool:
        """Put a value in the place of another, and back where that is no use."""
        before = at(place)
        put(place, value)
        if self._smaller():
            return True
        put(place, before)
        return False

    def _hoist(self) -> None:
        """Put values in the place of what holds them."""
        top: Place = (self._whole, 0)
        while any(self._replaced(top, at(place)) for place in list(places(at(top)))):
            pass
        for place in list(places(self._whole)):
            value = at(place)
            if isinstance(value, list):
                any(self._replaced(place, at((value, index))) for index in range(len(value)))

    def _drop(self, owner: Members | list[Node]) -> None:
        """Leave out members and elements: many at once, then fewer; then those of what is left."""
        size = len(owner) if owner is not self._whole else 0
        while size:
            start = 0
            while start < len(owner):
                before = owner[:]
                del owner[start : start + size]
                if not self._smaller():
                    owner[:] = before  # pyright: ignore[reportArgumentType, reportCallIssue] - what stood there
                    start += size
            size //= 2
        for index in range(len(owner)):
            value = at((owner, index))
            if isinstance(value, list):
                self._drop(value)

    def _plain(self, place: Place) -> None:
        """Put something plain there."""
        any(self._replaced(place, value) for value in _PLAIN)

    def _shorten(self, place: Place) -> None:
        """Leave out parts of a text, of the digits of a number, and of a name."""
        value = at(place)
        if isinstance(value, str):
            kind = type(value)
            _shortened(value, lambda text: self._replaced(place, kind(text)))
        owner, index = place
        if isinstance(owner, Members):
            same = [number for number, (name, _) in enumerate(owner) if name == owner[index][0]]
            _shortened(owner[index][0], lambda text: self._renamed(owner, same, text))

    def _renamed(self, owner: Members, places: list[int], name: str) -> bool:
        """Give members of one name another one, all of them: what stands twice goes on to."""
        before = owner[:]
        for index in places:
            owner[index] = (name, owner[index][1])
        if self._smaller():
            return True
        owner[:] = before
        return False


def _shortened(text: str, take: Callable[[str], bool]) -> None:
    """Leave out parts of a text where that is taken: long ones, then shorter ones."""
    for size in _sizes(len(text)):
        start = 0
        while start < len(text):
            shorter = text[:start] + text[start + size :]
            if take(shorter):
                text = shorter
            else:
                start += size


def _fewer_bytes(data: bytes, same: Check) -> None:
    """Leave out bytes: many at once, then fewer."""
    for size in _sizes(len(data)):
        start = 0
        while start < len(data):
            shorter = data[:start] + data[start + size :]
            if same(shorter):
                data = shorter
            else:
                start += size


def _sizes(most: int) -> Iterator[int]:
    while most:
        yield most
        most //= 2
