"""The figures of one bench of the loop: what each peer answered to each case, round by round."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import Any

JSON = dict[str, Any]
OURS = "timestep"


class Figures:
    """Answers by peer and case.

    Attributes:
        titles: name and version of each peer, in the order of the tables.
        absent: why a peer, or one case of it, was not measured.
    """

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}
        self.absent: dict[str, str] = {}
        self._answers: defaultdict[tuple[str, str], list[JSON]] = defaultdict(list)

    def add(self, peer: str, case: str, answer: JSON) -> None:
        """Keep one measurement."""
        self._answers[peer, case].append(answer)

    def median(self, peer: str, case: str, field: str = "seconds") -> float | None:
        """Give the median of a field, or None where nothing was measured."""
        found = [answer[field] for answer in self._answers.get((peer, case), []) if answer.get(field) is not None]
        return median(found) if found else None

    def passed(self, peer: str, case: str) -> bool:
        """Tell whether the peer was cut off at the limit."""
        return any(answer.get("passed") for answer in self._answers.get((peer, case), []))

    def ratio(self, peer: str, case: str, field: str = "seconds") -> float | None:
        """Give how many times as much as Timestep a peer takes."""
        theirs, ours = self.median(peer, case, field), self.median(OURS, case, field)
        return theirs / ours if theirs is not None and ours else None

    def measured(self, case: str) -> list[str]:
        """Give the peers, or imports, that a case was measured on."""
        return [peer for peer, name in self._answers if name == case]

    def as_json(self) -> JSON:
        """Give all of it for other programs."""
        rows = [{"peer": peer, "case": case, "answers": found} for (peer, case), found in self._answers.items()]
        return {"versions": self.titles, "absent": self.absent, "figures": rows}
