"""What is said of a case: passed, failed and why, known to fail, or not asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from timestep_conformance.cases import Case
from timestep_conformance.testee import Frame

OUTCOMES = (
    "pass", "fail", "unsupported", "internal", "protocol_error", "timeout", "crashed", "unscored", "undeclared",
)  # fmt: skip
#: What failed, by the level of the case; `tentative` cases never score.
SCORES = {"MUST": "failed", "SHOULD": "warned", "MAY": "noted"}


@dataclass(frozen=True)
class Verdict:
    """What became of a case.

    Attributes:
        outcome: one of OUTCOMES.
        why: one sentence of what differs; empty for a pass.
        answer: the kind of the answer that differs, and its code where it is an error: what a known failure is told by.
        known: the reason, where the failure is on the list of known ones.
        crash: where the testee was killed, as `repro` takes it.
        schedules: in how many places it was killed, each time with the same end.
    """

    case: Case
    outcome: str
    why: str = ""
    answer: str = ""
    frames: tuple[Frame, ...] = ()
    known: str = ""
    crash: str = ""
    schedules: int = 0

    @property
    def score(self) -> str:
        """`passed`, `failed`, `warned`, `noted`, `known`, `tentative` or `undeclared`."""
        if self.outcome in {"pass", "undeclared"}:
            return "tentative" if self.case.tentative else {"pass": "passed"}.get(self.outcome, self.outcome)
        if self.case.tentative:
            return "tentative"
        return "known" if self.known else SCORES[self.case.level]

    def unscored(self, why: str) -> Verdict:
        """Return this pass as one that does not count, and why."""
        told = f"it passed, and {why}: what says the same to everything would pass it too"
        return replace(self, outcome="unscored", why=told)

    def to_json(self) -> dict[str, Any]:
        """Return it as a row of a report."""
        row: dict[str, Any] = {"case": self.case.id, "outcome": self.outcome, "score": self.score}
        row |= {"level": self.case.level, "title": self.case.title, "requirements": list(self.case.requirements)}
        if self.why:
            row |= {"why": self.why, "answer": self.answer}
        if self.crash:
            row["crash"] = self.crash
        if self.schedules:
            row["schedules"] = self.schedules
        if self.known:
            row["known"] = self.known
        if self.outcome not in {"pass", "undeclared"}:
            row["frames"] = [[frame.way, frame.line] for frame in self.frames]
        return row


COUNTED = ("passed", "failed", "warned", "noted", "known", "tentative", "undeclared")


def counts(verdicts: list[Verdict]) -> dict[str, int]:
    """Return how many cases have each score."""
    found: dict[str, int] = dict.fromkeys(COUNTED, 0)
    for verdict in verdicts:
        found[verdict.score] += 1
    return found
