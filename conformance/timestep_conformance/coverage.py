"""Which rules of the specification have cases, which are excused, and which have neither."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from timestep_conformance import places
from timestep_conformance.cases import Case, requirements
from timestep_conformance.places import SuiteError


class Row(NamedTuple):
    """A rule of the level MUST: its id, how many cases name it, and why none does where that is known."""

    id: str
    cases: int
    excuse: str

    @property
    def missing(self) -> bool:
        """Whether nothing holds it, and nobody says why."""
        return not self.cases and not self.excuse


def rows(cases: Iterable[Case]) -> list[Row]:
    """Return a row for each MUST, in the order of the specification.

    Raises:
        SuiteError: this installation has no specification, or an excuse is of no rule or of one with cases.
    """
    found = requirements()
    if not found:
        raise SuiteError(f"{places.SPEC / 'requirements.json'} is missing")
    count: dict[str, int] = {}
    for case in cases:
        for name in case.requirements:
            count[name] = count.get(name, 0) + 1
    excuses = _excuses()
    made = [
        Row(name, count.get(name, 0), row.get("excluded") or excuses.get(name) or excuses.get(area(name), ""))
        for name, row in found.items()
        if row["level"] == "MUST"
    ]
    for name in excuses:
        mine = [row for row in made if name in {row.id, area(row.id)}]
        if not mine or any(row.cases for row in mine):
            raise SuiteError(f"excused.json: {name} is no rule without cases")
    return made


def table(made: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table: an area a line, then the sum."""
    made = list(made)
    areas = dict.fromkeys(area(row.id) for row in made)
    yield f"{'area':<10} {'MUST':>5} {'case':>5} {'excused':>8} {'missing':>8}"
    for name in [*areas, "all"]:
        mine = [row for row in made if name in {"all", area(row.id)}]
        with_case = sum(row.cases > 0 for row in mine)
        missing = sum(row.missing for row in mine)
        yield f"{name:<10} {len(mine):>5} {with_case:>5} {len(mine) - with_case - missing:>8} {missing:>8}"


def area(name: str) -> str:
    """Return the area of a rule: `TS-CORE` of `TS-CORE-003`."""
    return name.rpartition("-")[0]


def _excuses() -> dict[str, str]:
    file = places.SETS / "excused.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))["excused"]
    except (OSError, ValueError, KeyError) as error:
        raise SuiteError(f"{file}: {error}") from error
