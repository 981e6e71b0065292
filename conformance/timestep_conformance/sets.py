"""Sets of cases by name: those of a released version are frozen, so that a claim made once means the same for ever.

`sets/1.0.json` lists the cases of the set "1.0" by their level, each with its digest; `sets/next.json` those that came
after the last set was frozen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timestep_conformance import places
from timestep_conformance.cases import LEVELS, Case
from timestep_conformance.places import SuiteError

#: The set of what came after the last frozen one.
NEXT = "next"
#: Names of frozen sets.
FROZEN = re.compile(r"[0-9]+\.[0-9]+")


@dataclass(frozen=True)
class CaseSet:
    """Some cases under a name.

    Attributes:
        name: the version of the specification that a claim with this set is about; "next" claims nothing.
        cases: level -> id -> digest.
    """

    name: str
    cases: Mapping[str, Mapping[str, str]]

    def digests(self) -> dict[str, str]:
        """Return the digests of all its cases by their ids."""
        return {name: digest for rows in self.cases.values() for name, digest in rows.items()}

    def musts(self) -> dict[str, int]:
        """Return how many cases of the level MUST each profile has."""
        found: dict[str, int] = {}
        for name in self.cases.get("MUST", {}):
            profile = name.partition("/")[0]
            found[profile] = found.get(profile, 0) + 1
        return found

    def of(self, cases: Iterable[Case]) -> list[Case]:
        """Return those of some cases that are in it.

        Raises:
            SuiteError: one is missing, or is not the one that was frozen.
        """
        found = {case.id: case for case in cases}
        for name, digest in self.digests().items():
            if name not in found:
                raise SuiteError(f"the case {name} of the set {self.name} is missing")
            if found[name].sha256 != digest:
                raise SuiteError(f"the case {name} of the set {self.name} has changed; a frozen case stays as it is")
        return [found[name] for name in sorted(self.digests())]

    def text(self) -> str:
        """Return it as its file has it."""
        return json.dumps({"set": self.name, "cases": self.cases}, indent=1) + "\n"


def of_cases(name: str, cases: Iterable[Case]) -> CaseSet:
    """Return a set of these cases; tentative ones are in none."""
    scored = sorted((case for case in cases if not case.tentative), key=lambda case: case.id)
    return CaseSet(name, {level: {case.id: case.sha256 for case in scored if case.level == level} for level in LEVELS})


def frozen(folder: Path | None = None) -> list[CaseSet]:
    """Return the frozen sets, the oldest first.

    Raises:
        SuiteError: one can't be read.
    """
    files = [path for path in (folder or places.SETS).glob("*.json") if FROZEN.fullmatch(path.stem)]
    return sorted((_read(path) for path in files), key=lambda found: [int(part) for part in found.name.split(".")])


def names_of(case: str, among: Iterable[CaseSet]) -> list[str]:
    """Return the names of the sets that a case is in."""
    return [found.name for found in among if any(case in rows for rows in found.cases.values())]


def named(name: str, cases: Iterable[Case]) -> list[Case] | None:
    """Return the cases of a set; None where there is no set of this name.

    Raises:
        SuiteError: a case of it is missing or has changed.
    """
    if name == NEXT:
        return later(cases)
    found = [each for each in frozen() if each.name == name]
    return found[0].of(cases) if found else None


def later(cases: Iterable[Case], folder: Path | None = None) -> list[Case]:
    """Return the cases that are in no frozen set; none where nothing is frozen yet."""
    sets = frozen(folder)
    taken = {name for each in sets for name in each.digests()}
    return [case for case in cases if sets and case.id not in taken and not case.tentative]


def _read(path: Path) -> CaseSet:
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if value["set"] != path.stem or not all(isinstance(rows, dict) for rows in value["cases"].values()):
            raise ValueError(f"it is no set {path.stem}")
        return CaseSet(value["set"], value["cases"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SuiteError(f"{path}: {error}") from error
