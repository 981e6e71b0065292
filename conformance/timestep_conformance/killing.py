"""Mutants of a testee: for each, whether a case fails, so that a rule is tested and not only listed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timestep_conformance.cases import Case, controls, named
from timestep_conformance.play import play
from timestep_conformance.testee import NoTestee, Testee

_PATIENCE = 60  # seconds for the list of mutants
#: Outcomes of a program that answers, right or wrong; a mutant that answers no control is killed by no case.
_ANSWERED = {"pass", "fail", "internal"}


@dataclass(frozen=True)
class Mutant:
    """A mutant as its testee lists it: what it is called, whose profile it is of, and the rule or row it breaks."""

    name: str
    profile: str
    rule: str = ""
    row: str = ""
    why: str = ""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: `killed` by a case, `survived`, `no case` of its rule, or `unfit` to be asked."""

    mutant: Mutant
    outcome: str
    told: str = ""


def listed(command: Sequence[str]) -> list[Mutant]:
    """Return the mutants that a command lists when it is given `--list`.

    Raises:
        NoTestee: it lists none.
    """
    words = [*command, "--list"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=True)  # noqa: S603
        return [_mutant(json.loads(line)) for line in done.stdout.splitlines()]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise NoTestee(f"{command[0]} lists no mutants: {error}") from error


def fates(
    mutants: Sequence[Mutant],
    command: Sequence[str],
    cases: Sequence[Case],
    *,
    jobs: int = 1,
    timeout: float = 10.0,
    first: Mapping[str, str] | None = None,
    told: Callable[[Fate], None] | None = None,
) -> list[Fate]:
    """Ask each mutant the cases that name what it breaks, until one fails; `first` names one to begin with."""

    def one(mutant: Mutant) -> Fate:
        known = (first or {}).get(mutant.name)
        ordered = sorted(cases, key=lambda case: (case.id != known, bool(case.crash)))  # those that take long last
        fate = _fate(mutant, [*command, mutant.name], ordered, timeout)
        if told:
            told(fate)
        return fate

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, mutants))


def _fate(mutant: Mutant, command: Sequence[str], cases: Sequence[Case], timeout: float) -> Fate:
    mine = [case for case in cases if case.profile == mutant.profile]
    about = [case for case in mine if _is_about(case, mutant)]
    if not about:
        return Fate(mutant, "no case", mutant.why)
    if mutant.row:  # histories go through many rows; what breaks one may show in another
        about += [case for case in mine if mutant.row not in case.rows]
    try:
        with Testee(command, timeout=timeout) as testee:
            asked = [play(case, testee) for case in named(controls().get(mutant.profile, ()))]
            if all(verdict.outcome not in _ANSWERED for verdict in asked):
                return Fate(mutant, "unfit", next((verdict.why for verdict in asked), "its profile has no control"))
            for case in about:
                if play(case, testee).outcome != "pass":
                    return Fate(mutant, "killed", case.id)
    except NoTestee as error:
        return Fate(mutant, "unfit", str(error))
    return Fate(mutant, "survived", mutant.why)


def _is_about(case: Case, mutant: Mutant) -> bool:
    """Tell whether a case names what a mutant breaks; where the mutant names nothing, all of its profile do."""
    if mutant.rule or mutant.row:
        return mutant.rule in case.requirements or mutant.row in case.rows
    return True


def table(found: Iterable[Fate]) -> Iterator[str]:
    """Yield the lines of a table: a profile a line, then the sum."""
    found = list(found)
    yield f"{'profile':<10} {'mutants':>8} {'killed':>7} {'survived':>9} {'no case':>8} {'unfit':>6}"
    for name in [*dict.fromkeys(fate.mutant.profile for fate in found), "all"]:
        mine = [fate.outcome for fate in found if name in {"all", fate.mutant.profile}]
        counted = [mine.count(outcome) for outcome in ("killed", "survived", "no case", "unfit")]
        yield f"{name:<10} {len(mine):>8} {counted[0]:>7} {counted[1]:>9} {counted[2]:>8} {counted[3]:>6}"


def wrong(found: Iterable[Fate], excused: Mapping[str, str], *, whole: bool) -> list[str]:
    """Return what is wrong: mutants that live on without a reason, and reasons of those that do not."""
    told: list[str] = []
    names: set[str] = set()
    for fate in found:
        name = fate.mutant.name
        names.add(name)
        if fate.outcome == "killed" and name in excused:
            told.append(f"{name} is killed by {fate.told}: take it off the list of survivors")
        if fate.outcome != "killed" and name not in excused:
            told.append(f"{name}: {fate.outcome}: {fate.told}")
    return told + [f"{name}: no mutant is called so" for name in excused if whole and name not in names]


def record(found: Iterable[Fate], before: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of a list of rules, each with a mutant that breaks it and the case that caught this one.

    Args:
        found: what became of some mutants.
        before: the record so far; what stands there of mutants that were not asked now stays.
    """
    found = list(found)
    asked = {fate.mutant.name for fate in found}
    killed = {rule: kill for rule, kill in before.items() if kill["mutant"] not in asked}
    for fate in sorted(found, key=lambda fate: fate.mutant.name):
        if fate.outcome == "killed" and fate.mutant.rule:
            killed.setdefault(fate.mutant.rule, {"mutant": fate.mutant.name, "case": fate.told})
    rows = [f"  {json.dumps(rule)}: {json.dumps(kill)}" for rule, kill in sorted(killed.items())]
    return '{\n "killed": {\n' + ",\n".join(rows) + "\n }\n}\n"


def excuses(file: Path) -> dict[str, str]:
    """Return the reasons of mutants that live on, by their names.

    Raises:
        ValueError: the file is no such list.
        OSError: it can't be read.
    """
    value: Any = json.loads(file.read_text(encoding="utf-8"))
    try:
        found: dict[str, str] = dict(value["survivors"])
    except (KeyError, TypeError, ValueError):
        found = {"": ""}
    if not all(found.values()):
        raise ValueError(f"{file}: `survivors` is an object of names and reasons")
    return found


def _mutant(row: Any) -> Mutant:  # noqa: ANN401 - any JSON
    return Mutant(row["name"], row["profile"], row.get("rule", ""), row.get("row", ""), row.get("why", ""))
