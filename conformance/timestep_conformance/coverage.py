"""Which rules of the specification have cases, whether a case is known to catch what breaks them, and which do not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from timestep_conformance import places
from timestep_conformance.cases import Case, requirements
from timestep_conformance.places import SuiteError


class Row(NamedTuple):
    """A rule of the level MUST.

    Attributes:
        cases: how many cases name it.
        killed: a mutant that breaks it and that one of them caught; empty where none is known.
        excuse: why none names it, or why none of those can catch it, where that is known.
    """

    id: str
    cases: int
    killed: str
    excuse: str

    @property
    def missing(self) -> bool:
        """Whether nothing is known to hold it, and nobody says why."""
        return not self.killed and not self.excuse


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
    killed = {rule: kill["mutant"] for rule, kill in killers().items()}
    made = [
        Row(
            name,
            count.get(name, 0),
            killed.get(name, ""),
            row.get("excluded") or excuses.get(name) or excuses.get(area(name), ""),
        )
        for name, row in found.items()
        if row["level"] == "MUST"
    ]
    for name in excuses:
        mine = [row for row in made if name in {row.id, area(row.id)}]
        if not mine or any(row.killed for row in mine):
            raise SuiteError(f"excused.json: {name} is no rule that nothing holds")
    return made


def table(made: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a table: an area a line, then the sum."""
    made = list(made)
    areas = dict.fromkeys(area(row.id) for row in made)
    yield f"{'area':<10} {'MUST':>5} {'case':>5} {'caught':>7} {'excused':>8} {'missing':>8}"
    for name in [*areas, "all"]:
        mine = [row for row in made if name in {"all", area(row.id)}]
        with_case, caught = sum(row.cases > 0 for row in mine), sum(bool(row.killed) for row in mine)
        missing = sum(row.missing for row in mine)
        yield f"{name:<10} {len(mine):>5} {with_case:>5} {caught:>7} {len(mine) - caught - missing:>8} {missing:>8}"


def area(name: str) -> str:
    """Return the area of a rule: `TS-CORE` of `TS-CORE-003`."""
    return name.rpartition("-")[0]


def killers() -> dict[str, dict[str, str]]:
    """Return for each rule the mutant that breaks it and the case that caught this one, as they were last recorded.

    Raises:
        SuiteError: the record can't be read.
    """
    return _listed("killed")


def _excuses() -> dict[str, str]:
    return _listed("excused")


def _listed(name: str) -> dict[str, Any]:
    file = places.SETS / f"{name}.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))[name]
    except (OSError, ValueError, KeyError) as error:
        raise SuiteError(f"{file}: {error}") from error
