"""A JSON value taken layer by layer, so that depth never becomes recursion."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, cast

from timestep.codec.pointer import join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from timestep.types.base import JSON

    Object = dict[str, JSON]
    Array = list[JSON]


_CONTAINERS = frozenset({dict, list, tuple})
_PLAIN = frozenset({str, int, bool, type(None)})


class Layer:
    """The members that lie equally deep in a value; strings, integers, booleans and nulls are left out.

    Attributes:
        objects: the dicts.
        arrays: the lists and tuples.
        others: what is left: float, Decimal, and whatever is no JSON value.
    """

    __slots__ = ("arrays", "objects", "others")

    def __init__(self, members: Iterable[JSON]) -> None:
        found = [v for v in members if v.__class__ not in _PLAIN]
        self.objects: list[Object] = [v for v in found if v.__class__ is dict]
        self.arrays: list[Array] = [v for v in found if v.__class__ is list or v.__class__ is tuple]
        containers = len(self.objects) + len(self.arrays)
        self.others: list[JSON] = (
            [v for v in found if v.__class__ not in _CONTAINERS] if containers < len(found) else []
        )

    def members(self) -> Iterator[JSON]:
        """Give every member of every container of this layer."""
        return chain(
            chain.from_iterable(self.arrays), chain.from_iterable(members.values() for members in self.objects)
        )

    def names(self) -> Iterator[str]:
        """Give every member name of this layer's objects."""
        return chain.from_iterable(self.objects)

    def widest(self) -> int:
        """Give the member count of the largest container."""
        return max(max(map(len, self.arrays), default=0), max(map(len, self.objects), default=0))


def layers(value: JSON) -> Iterator[Layer]:
    """Give a value layer by layer, from the root alone down to the layer without containers.

    The layer numbered n, from 0, exists when the value is n levels deep.  A value that contains itself
    gives layers without end.
    """
    layer = Layer([value])
    yield layer
    while layer.objects or layer.arrays:
        layer = Layer(layer.members())
        yield layer


def pointer_to(value: JSON, wanted: Callable[[JSON], bool]) -> str | None:
    """Give the pointer of the outermost wanted value, or of the member whose name is wanted; None if there is none.

    Each container is looked into once, so a value that contains itself is no trap.
    """
    seen: set[int] = set()
    layer: list[tuple[str, JSON]] = [("", value)]
    while layer:
        inner: list[tuple[str, JSON]] = []
        for pointer, member in layer:
            if wanted(member):
                return pointer
            if id(member) not in seen and isinstance(member, dict | list | tuple):
                seen.add(id(cast("JSON", member)))
                inner.extend(_named(pointer, member, wanted))
        layer = inner
    return None


def _named(pointer: str, value: JSON, wanted: Callable[[JSON], bool]) -> Iterator[tuple[str, JSON]]:
    """Give pointer and value of each member; a wanted name stands in for its member's value."""
    if isinstance(value, dict):
        for name, member in cast("Object", value).items():
            yield join([name], base=pointer), name if wanted(name) else member
    else:
        for index, member in enumerate(cast("Array", value)):
            yield f"{pointer}/{index}", member
