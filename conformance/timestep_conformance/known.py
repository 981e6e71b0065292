"""Known failures of a testee: each with what fails, how, why, and until when; a stale one is an error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from timestep_conformance.cases import Case
from timestep_conformance.verdicts import Verdict

_MEMBERS = {"cases", "outcome", "answer", "reason", "link", "until"}


class KnownError(Exception):
    """The list can't be used; the message says where and why."""


@dataclass
class Entry:
    """Cases that are known to fail in one way.

    Attributes:
        cases: their ids or globs; in the file one text, or a list.
        outcome: how they fail, as in a report.
        answer: what is answered, as in a report, such as `err state-shape`; None where it does not matter.
        until: the last day on which the list may say so.
        met: the ids of the cases that failed in this way.
    """

    cases: tuple[str, ...]
    outcome: str
    answer: str | None
    reason: str
    link: str | None
    until: date
    met: set[str] = field(default_factory=set[str])

    def names(self, case: str) -> bool:
        """Tell whether it is about a case."""
        return any(fnmatchcase(case, glob) for glob in self.cases)

    def fits(self, verdict: Verdict) -> bool:
        """Tell whether a case failed in the way that is known."""
        return verdict.outcome == self.outcome and self.answer in {None, verdict.answer}

    def __str__(self) -> str:
        """Return what it is about, for a message."""
        return self.cases[0] if len(self.cases) == 1 else f"{self.cases[0]} and {len(self.cases) - 1} more"


class KnownFailures:
    """The entries of a list; without a list there are none."""

    def __init__(self, entries: Sequence[Entry] = (), today: date | None = None) -> None:
        self.entries = list(entries)
        self.today = today or date.today()  # noqa: DTZ011 - a day of the calendar that people here go by
        self._wrong: list[str] = []

    def judged(self, verdict: Verdict) -> Verdict:
        """Return the verdict, marked where it is a known failure."""
        named = [entry for entry in self.entries if entry.names(verdict.case.id)]
        fitting = next((entry for entry in named if entry.fits(verdict)), None)
        if fitting is not None:
            fitting.met.add(verdict.case.id)
            return replace(verdict, known=fitting.reason) if fitting.until >= self.today else verdict
        if named and verdict.outcome == "pass":
            self._wrong.append(f"{verdict.case.id} passes: take it off the list of known failures")
        elif named:
            how = " or ".join(f"{entry.outcome} {entry.answer or ''}".strip() for entry in named)
            told = f"{verdict.outcome} ({verdict.answer})"
            self._wrong.append(f"{verdict.case.id} is known to fail as {how}, and ends with {told}")
        return verdict

    def stale(self, selected: Iterable[Case], *, whole: bool) -> list[str]:
        """Return what is no longer right in the list; `whole` says that every case was selected."""
        found = list(self._wrong)
        names = {case.id for case in selected}
        for entry in self.entries:
            if entry.until < self.today:
                found.append(f"{entry}: known to fail until {entry.until}, which is over: {entry.reason}")
            gone = [glob for glob in entry.cases if not any(fnmatchcase(name, glob) for name in names)]
            if whole and gone:
                found += [f"{glob}: no case is called so" for glob in gone]
            elif whole and not entry.met:
                found.append(f"{entry}: no case fails so: {entry.reason}")
        return found


def read(file: Path, today: date | None = None) -> KnownFailures:
    """Read a list of known failures.

    Raises:
        KnownError: it can't be read, or an entry lacks a member.
    """
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        return KnownFailures([_entry(row) for row in value["known_failing"]], today)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KnownError(f"{file}: {error}") from error


def text_of(verdicts: Iterable[Verdict], until: date) -> str:
    """Return a list of all that fails now, for a person to write the reasons; what fails alike is one entry."""
    alike: dict[tuple[str, str | None, str], list[str]] = {}
    for verdict in verdicts:
        if verdict.score in {"failed", "known"}:
            alike.setdefault((verdict.outcome, verdict.answer, verdict.why), []).append(verdict.case.id)
    rows = [
        {"cases": cases, "outcome": outcome, "answer": answer, "reason": why, "until": until.isoformat()}
        for (outcome, answer, why), cases in alike.items()
    ]
    return json.dumps({"known_failing": rows}, indent=1, ensure_ascii=False) + "\n"


def _entry(row: Any) -> Entry:  # noqa: ANN401 - any JSON
    members = cast("Mapping[str, Any]", row)
    unknown = members.keys() - _MEMBERS
    if unknown:
        raise ValueError(f"no entry has {min(unknown)!r}")
    if not members["reason"]:
        raise ValueError(f"{members['cases']}: a known failure needs a reason")
    cases = members["cases"]
    globs = (cases,) if isinstance(cases, str) else tuple(cases)
    if not globs or not all(isinstance(glob, str) for glob in globs):
        raise ValueError("`cases` of an entry is a text, or a list of them")
    until = date.fromisoformat(members["until"])
    return Entry(globs, members["outcome"], members.get("answer"), members["reason"], members.get("link"), until)
