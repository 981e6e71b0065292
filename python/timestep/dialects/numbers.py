"""The numbers that released packages have written, and what tells a file of one number from a file of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, cast

#: A member of a file: its keys from the top; "*" is any index of a list, or any key of a map.
Path = tuple[str, ...]


class Number(NamedTuple):
    """One released number of a family.

    `packages` are the published versions that write it, oldest first. `brought` are members that no file of an older
    number has, and `always` members that every file has from this number on wherever their parent is. Versions after
    `until` load such a file and can't resume it; `note` says what later versions do wrong with it.
    """

    number: str
    packages: tuple[str, ...]
    brought: tuple[Path, ...] = ()
    always: tuple[Path, ...] = ()
    until: str | None = None
    note: str | None = None


def packages(listed: str) -> tuple[str, ...]:
    """Split a list of versions."""
    return tuple(listed.split())


def of_package(numbers: Sequence[Number], version: str) -> Number | None:
    """Return the number that a published package version writes, or None where none is known."""
    return next((row for row in numbers if version in row.packages), None)


def readers(numbers: Sequence[Number], row: Number) -> list[str]:
    """Return the published package versions that resume a file of a number: of its writers on, up to `until`."""
    later = [version for other in numbers[numbers.index(row) :] for version in other.packages]
    return later[: later.index(row.until) + 1] if row.until is not None else later


class Contradiction(NamedTuple):
    """A member that does not go with a file's number: one too many, or one too few."""

    place: Path
    since: str
    missing: bool = False

    def __str__(self) -> str:
        name = ".".join(self.place)
        if self.missing:
            return f"{name!r} is missing, which every file has since {self.since}"
        return f"it has {name!r}, which {self.since} brought"


def contradiction(numbers: Sequence[Number], number: str, document: dict[str, Any]) -> Contradiction | None:
    """Find what in a file does not go with its number (TS-VERS-014)."""
    later = False
    for row in numbers:
        for place in row.brought if later else ():
            if _has(document, place):
                return Contradiction(place, row.number)
        if not later:
            for place in row.always:
                if _lacks(document, place):
                    return Contradiction(place, row.number, missing=True)
        later = later or row.number == number
    return None


def fitting(numbers: Sequence[Number], document: dict[str, Any]) -> list[str]:
    """Return the numbers that a file could be of, by its members."""
    return [row.number for row in numbers if contradiction(numbers, row.number, document) is None]


def _has(value: Any, place: Path) -> bool:
    """Tell whether any member stands at this place."""
    for position, key in enumerate(place):
        if key == "*":
            return any(_has(inner, place[position + 1 :]) for inner in _inner(value))
        if not isinstance(value, dict) or key not in value:
            return False
        value = cast("dict[str, Any]", value)[key]
    return True


def _lacks(value: Any, place: Path) -> bool:
    """Tell whether any object that should have the member at the end of this place is without it."""
    for position, key in enumerate(place[:-1]):
        if key == "*":
            return any(_lacks(inner, place[position + 1 :]) for inner in _inner(value))
        value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    return isinstance(value, dict) and place[-1] not in value


def _inner(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else ()
