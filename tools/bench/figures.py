"""The figures of one bench: what was measured, on which file, how often."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import Any

#: (what, family, turns)
Key = tuple[str, str, int]


class Figures:
    """CPU seconds by what was done, on which family's file of how many turns."""

    def __init__(self, titles: dict[str, str], turns: list[int]) -> None:
        self.titles, self.turns = titles, turns
        self.sizes: dict[tuple[str, int], tuple[int, int]] = {}
        self._seconds: defaultdict[Key, list[float]] = defaultdict(list)

    def add(self, what: str, family: str, turns: int, seconds: float) -> None:
        """Keep one measurement."""
        self._seconds[what, family, turns].append(seconds)

    def median(self, what: str, family: str = "", turns: int = 0) -> float | None:
        """Give the median, or None where nothing was measured."""
        found = self._seconds.get((what, family, turns))
        return median(found) if found else None

    def count(self, what: str, family: str, turns: int) -> int:
        """Tell how often something was measured."""
        return len(self._seconds.get((what, family, turns), []))

    def ratio(self, what: str, to: str, family: str, turns: int) -> float | None:
        """Give how many times as long one thing takes as another."""
        above, below = self.median(what, family, turns), self.median(to, family, turns)
        return above / below if above is not None and below else None

    def as_json(self) -> dict[str, Any]:
        """Give all of it for other programs."""
        rows = [
            {"what": what, "file": family, "turns": turns, "median_s": median(found), "measured": len(found)}
            for (what, family, turns), found in self._seconds.items()
        ]
        sizes = [
            {"file": family, "turns": turns, "bytes": size, "canonical_bytes": canonical}
            for (family, turns), (size, canonical) in self.sizes.items()
        ]
        return {"versions": self.titles, "seconds": rows, "sizes": sizes}
