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
        cases: their id, or a glob.
        outcome: how they fail, as in a report.
        answer: what is answered, as in a report, such as `err state-shape`; None where it does not matter.
        until: the last day on which the list may say so.
    """

    cases: str
    outcome: str
    answer: str | None
    reason: str
    link: str | None
    until: date
    met: set[str] = field(default_factory=set[str])

    def fits(self, verdict: Verdict) -> bool:
        """Tell whether a case failed in the way that is known."""
        return verdict.outcome == self.outcome and self.answer in {None, verdict.answer}


class KnownFailures:
    """The entries of a list; without a list there are none."""

    def __init__(self, entries: Sequence[Entry] = (), today: date | None = None) -> None:
        self.entries = list(entries)
        self.today = today or date.today()  # noqa: DTZ011 - a day of the calendar that people here go by
        self._wrong: list[str] = []

    def judged(self, verdict: Verdict) -> Verdict:
        """Return the verdict, marked where it is a known failure."""
        for entry in self.entries:
            if not fnmatchcase(verdict.case.id, entry.cases):
                continue
            entry.met.add(verdict.case.id)
            if entry.fits(verdict) and entry.until >= self.today:
                return replace(verdict, known=entry.reason)
            if verdict.outcome == "pass":
                self._wrong.append(f"{verdict.case.id} passes: take it off the list of known failures")
            elif not entry.fits(verdict):
                how = f"{entry.outcome} {entry.answer or ''}".strip()
                told = f"{verdict.outcome} ({verdict.answer})"
                self._wrong.append(f"{verdict.case.id} is known to fail as {how}, and ends with {told}")
            return verdict
        return verdict

    def stale(self, selected: Iterable[Case], *, whole: bool) -> list[str]:
        """Return what is no longer right in the list; `whole` says that every case was selected."""
        found = list(self._wrong)
        names = {case.id for case in selected}
        for entry in self.entries:
            if entry.until < self.today:
                found.append(f"{entry.cases}: known to fail until {entry.until}, which is over: {entry.reason}")
            if whole and not any(fnmatchcase(name, entry.cases) for name in names):
                found.append(f"{entry.cases}: no case is called so")
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
    """Return a list of all that fails now, for a person to write the reasons."""
    rows = [
        {"cases": verdict.case.id, "outcome": verdict.outcome, "answer": verdict.answer, "reason": verdict.why,
         "until": until.isoformat()}
        for verdict in verdicts
        if verdict.score in {"failed", "known"}
    ]  # fmt: skip
    return json.dumps({"known_failing": rows}, indent=1, ensure_ascii=False) + "\n"


def _entry(row: Any) -> Entry:  # noqa: ANN401 - any JSON
    members = cast("Mapping[str, Any]", row)
    unknown = members.keys() - _MEMBERS
    if unknown:
        raise ValueError(f"no entry has {min(unknown)!r}")
    if not members["reason"]:
        raise ValueError(f"{members['cases']}: a known failure needs a reason")
    until = date.fromisoformat(members["until"])
    return Entry(
        members["cases"], members["outcome"], members.get("answer"), members["reason"], members.get("link"), until
    )
