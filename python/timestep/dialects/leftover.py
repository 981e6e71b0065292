"""Leftovers: what only one dialect's file holds, kept beside the canonical document and put back when it returns.

A leftover is found by writing the imported document again and comparing with the original. It covers the value that
the writer derived at its place; once another value is derived there, the leftover is void (TS-STATE-024). Places that
carry authority are never covered: what may run comes from the canonical document alone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import Any, cast

from timestep.codec.digest import canonical_json, sha256_of
from timestep.codec.pointer import is_index, join, split
from timestep.types.state import Leftover

_ABSENT = object()
Path = tuple[str | int, ...]


def find(original: Any, derived: Any, *, authority: re.Pattern[str]) -> list[Leftover]:
    """List what the original has and the derived document lacks or has otherwise, outside `authority` pointers."""
    found: list[Leftover] = []
    _compare(original, derived, (), authority, found)
    return found


def apply(document: Any, leftovers: list[Leftover], *, authority: re.Pattern[str] | None = None) -> int:
    """Put leftovers back in place where what they cover is unchanged; return how many were void.

    Args:
        document: the derived file, changed in place.
        leftovers: what to put back.
        authority: pointers at which, and below which, nothing may change (TS-STATE-025); None for leftovers that
            were just found in a file whose parts have been checked against each other.
    """
    void = 0
    for leftover in leftovers:
        path: Path = tuple(split(leftover.at))
        owner, key = _owner(document, path)
        if (
            owner is None
            or key is None
            or digest(_get(owner, key)) != leftover.covers
            or (authority is not None and _empowers(leftover.value, _get(owner, key), path, authority))
        ):
            void += 1
        elif isinstance(owner, dict):
            cast("dict[str, Any]", owner)[str(key)] = leftover.value
        else:
            cast("list[Any]", owner)[int(key)] = leftover.value
    return void


def _empowers(new: Any, old: Any, path: Path, authority: re.Pattern[str]) -> bool:
    """Tell whether putting a value at a place would change what may run; leaving a part out (null) would not."""
    if authority.search(join(path)):
        return True
    names = frozenset(re.findall(r"\w{2,}", authority.pattern)) | {"$schemaVersion"}
    return new is not None and _powers(new, path, names, authority) != _powers(old, path, names, authority)


def _powers(value: Any, path: Path, names: frozenset[str], authority: re.Pattern[str]) -> dict[str, str]:
    """Map the pointers below a place that carry authority to the digests of what stands there."""
    found: dict[str, str] = {}
    waiting: list[tuple[Path, Any]] = [(path, value)]
    while waiting:
        at, container = waiting.pop()
        for name, inner in _members(container):
            below = (*at, name)
            near = name in names or isinstance(name, int) or (bool(at) and at[-1] in names)
            if near and authority.search(pointer := join(below)):
                found[pointer] = digest(inner)
            else:
                waiting.append((below, inner))
    return found


def _members(value: Any) -> Iterable[tuple[str | int, Any]]:
    """List names or indexes, and values, of a container's members; others have none."""
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).items())
    return list(enumerate(cast("list[Any]", value))) if isinstance(value, list) else []


def clone(value: Any) -> Any:
    """Copy a JSON value, so that putting a leftover in one place can't change another."""
    if isinstance(value, dict):
        return {key: clone(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [clone(inner) for inner in cast("list[Any]", value)]
    return value


def digest(value: Any) -> str:
    """Return the digest of a derived value, or "absent"."""
    return "absent" if value is _ABSENT else sha256_of(canonical_json(value))


def _compare(original: Any, derived: Any, path: Path, authority: re.Pattern[str], found: list[Leftover]) -> None:
    if isinstance(original, dict) and isinstance(derived, dict):
        left, right = cast("dict[str, Any]", original), cast("dict[str, Any]", derived)
        if _other(left, right):
            _record(original, derived, path, authority, found)
            return
        for key, value in left.items():
            other = right.get(key, _ABSENT)
            if other is _ABSENT or not _same(value, other):
                _compare(value, other, (*path, key), authority, found)
        return
    if isinstance(original, list) and isinstance(derived, list):
        left_list, right_list = cast("list[Any]", original), cast("list[Any]", derived)
        pairs = _pairs(left_list, right_list)
        if pairs is not None:
            for index, value in pairs:
                if not _same(value, right_list[index]):
                    _compare(value, right_list[index], (*path, index), authority, found)
            return
    _record(original, derived, path, authority, found)


def _pairs(original: list[Any], derived: list[Any]) -> Iterable[tuple[int, Any]] | None:
    """Find for each derived element the original about the same thing: by its ids, or by its place if it has none.

    The SDKs list calls and items in an order of their own, and parts of one must never reach another.
    """
    places: dict[tuple[Any, ...] | None, deque[Any]] = {}
    for value in original:
        places.setdefault(_name(value), deque()).append(value)
    names = [_name(value) for value in derived]
    if None in places or None in names:
        return enumerate(original) if len(original) == len(derived) else None
    return [(index, places[name].popleft()) for index, name in enumerate(names) if places.get(name)]


def _name(value: Any) -> tuple[Any, ...] | None:
    """Return what tells an element of a list from others; None if it has no id of its own."""
    if not isinstance(value, dict):
        return None
    outer = cast("dict[str, Any]", value)
    inner = next((outer[key] for key in _WRAPPED if isinstance(outer.get(key), dict)), outer)
    if not any(isinstance(inner.get(key), str) for key in ("id", "call_id", "callId")):
        return None
    return (str(outer.get("type")), *(str(inner.get(key)) for key in _IDENTITY))


def _record(original: Any, derived: Any, path: Path, authority: re.Pattern[str], found: list[Leftover]) -> None:
    pointer = join(path)
    mixed = (
        isinstance(original, dict) and isinstance(derived, dict) and (_about_calls(original) or _about_calls(derived))
    )
    if not mixed and not authority.search(pointer):
        found.append(Leftover(at=pointer, covers=digest(derived), value=original))


def _about_calls(value: Any) -> bool:
    return isinstance(value, dict) and any(key in value for key in _CALLS)


_WRAPPED = ("raw_item", "rawItem", "tool_call", "toolCall", "request_item", "requestItem")
_CALLS = ("raw_item", "rawItem", "call_id", "callId", "tool_call", "toolCall")
_IDENTITY = ("type", "id", "call_id", "callId", "name", "approval_request_id", "agentIdentity")


def _other(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Tell whether two objects are about different things; parts of one must never be mixed into the other."""
    if any(key in left and key in right and left[key] != right[key] for key in _IDENTITY):
        return True
    for wrapped in _WRAPPED:
        inner, other = left.get(wrapped), right.get(wrapped)
        if isinstance(inner, dict) and isinstance(other, dict):
            return _other(cast("dict[str, Any]", inner), cast("dict[str, Any]", other))
    return False


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right


def _owner(document: Any, path: Path) -> tuple[Any, str | int | None]:
    """Walk to the container of the last token; (None, None) when the way is not there."""
    if not path:
        return None, None
    current = document
    for token in path[:-1]:
        current = _get(current, token)
        if current is _ABSENT:
            return None, None
    last = path[-1]
    if isinstance(current, dict):
        return cast("dict[str, Any]", current), str(last)
    if isinstance(current, list) and is_index(str(last), len(cast("list[Any]", current))):
        return cast("list[Any]", current), int(last)
    return None, None


def _get(container: Any, token: str | int) -> Any:
    if isinstance(container, dict):
        return cast("dict[str, Any]", container).get(str(token), _ABSENT)
    if isinstance(container, list) and is_index(str(token), len(cast("list[Any]", container))):
        return cast("list[Any]", container)[int(token)]
    return _ABSENT
