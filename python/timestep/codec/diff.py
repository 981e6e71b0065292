"""What differs between two JSON values, by meaning: no key order, no number spelling, no shifted lists."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, cast

from timestep.codec.digest import canonical_json
from timestep.codec.pointer import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timestep.types.base import JSON

# difflib takes quadratic time; a stretch without an anchor that is larger is compared place by place.
_MAX_STRETCH = 200 * 200


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        pointer: where it stands on the right; for what was removed, where it stood on the left.
        kind: what happened on the way from left to right.
        left: the value on the left; None when added.
        right: the value on the right; None when removed.
    """

    pointer: str
    kind: Literal["added", "removed", "changed"]
    left: JSON
    right: JSON


@dataclass(frozen=True, slots=True)
class _Place:
    """The two pointers of a pair."""

    left: str = ""
    right: str = ""

    def at(self, left: str | int, right: str | int) -> _Place:
        """Go one step down on both sides."""
        return _Place(join([left], base=self.left), join([right], base=self.right))


def diff(left: JSON, right: JSON) -> list[Change]:
    """Give the differences in document order; none when the values are equal.

    Numbers are compared by exact decimal value.  Members of arrays are aligned, so that one inserted
    member is one change and not one for each that follows it.
    """
    return list(_pair(left, right, _Place()))


def _pair(left: JSON, right: JSON, place: _Place) -> Iterator[Change]:
    """Compare two values that stand in each other's place."""
    if isinstance(left, dict) and isinstance(right, dict):
        yield from _objects(cast("dict[str, JSON]", left), cast("dict[str, JSON]", right), place)
    elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
        yield from _arrays(list(cast("list[JSON]", left)), list(cast("list[JSON]", right)), place)
    elif canonical_json(left) != canonical_json(right):
        yield Change(place.right, "changed", left, right)


def _objects(left: dict[str, JSON], right: dict[str, JSON], place: _Place) -> Iterator[Change]:
    """Compare two objects by name: the left's in its order, then what is new on the right."""
    for name, member in left.items():
        at = place.at(name, name)
        if name in right:
            yield from _pair(member, right[name], at)
        else:
            yield Change(at.left, "removed", member, None)
    for name, member in right.items():
        if name not in left:
            yield Change(place.at(name, name).right, "added", None, member)


def _arrays(left: list[JSON], right: list[JSON], place: _Place) -> Iterator[Change]:
    """Compare two arrays stretch by stretch, between the members they share."""
    for (low, high), (other_low, other_high) in _stretches(_digests(left), _digests(right)):
        both = min(high - low, other_high - other_low)
        for step in range(both):
            at = place.at(low + step, other_low + step)
            yield from _pair(left[low + step], right[other_low + step], at)
        for index in range(low + both, high):
            yield Change(place.at(index, index).left, "removed", left[index], None)
        for index in range(other_low + both, other_high):
            yield Change(place.at(index, index).right, "added", None, right[index])


def _digests(items: list[JSON]) -> list[bytes]:
    """Give a digest for each member; equal members share theirs."""
    return [sha256(canonical_json(item)).digest() for item in items]


_Range = tuple[int, int]


def _stretches(left: list[bytes], right: list[bytes]) -> Iterator[tuple[_Range, _Range]]:
    """Give the ranges that differ: common ends are cut off, unique common members are anchors between them."""
    start, stop = _common_ends(left, right)
    span, other = (start, len(left) - stop), (start, len(right) - stop)
    low, other_low = span[0], other[0]
    for anchor, other_anchor in [*_anchors(left, right, span, other), (span[1], other[1])]:
        yield from _small_stretches(left, right, (low, anchor), (other_low, other_anchor))
        low, other_low = anchor + 1, other_anchor + 1


def _common_ends(left: list[bytes], right: list[bytes]) -> tuple[int, int]:
    """Count the members both begin with, and of the rest those both end with."""
    most = min(len(left), len(right))
    start = next((i for i in range(most) if left[i] != right[i]), most)
    stop = next((i for i in range(most - start) if left[-1 - i] != right[-1 - i]), most - start)
    return start, stop


def _anchors(left: list[bytes], right: list[bytes], span: _Range, other: _Range) -> list[tuple[int, int]]:
    """Pair the members that occur once on each side, as many as keep their order (patience diff)."""
    places = {item: index for index, item in enumerate(right)}
    once = Counter(left[slice(*span)])
    other_once = Counter(right[slice(*other)])
    pairs = [(i, places[left[i]]) for i in range(*span) if once[left[i]] == 1 == other_once[left[i]]]
    return _longest_rise(pairs)


def _longest_rise(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give the longest choice of pairs whose second numbers rise."""
    tops: list[int] = []
    top_pairs: list[int] = []
    before: list[int] = []
    for index, (_, second) in enumerate(pairs):
        pile = bisect_left(tops, second)
        before.append(top_pairs[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [second]
        top_pairs[pile : pile + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = top_pairs[-1] if top_pairs else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]


def _small_stretches(
    left: list[bytes], right: list[bytes], span: _Range, other: _Range
) -> Iterator[tuple[_Range, _Range]]:
    """Give the ranges that differ between two anchors."""
    (low, high), (other_low, other_high) = span, other
    if low == high and other_low == other_high:
        return
    if (high - low) * (other_high - other_low) > _MAX_STRETCH:
        yield span, other
        return
    matcher = SequenceMatcher(None, left[low:high], right[other_low:other_high], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield (low + a, low + b), (other_low + c, other_low + d)
