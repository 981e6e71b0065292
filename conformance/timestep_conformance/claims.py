"""What the rows of a report come to: which profiles a testee conforms to, and which it does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from timestep_conformance.cases import PROFILES
from timestep_conformance.report import Report, Row, profile_of, tally
from timestep_conformance.sets import NEXT

#: Each case of the level MUST of a frozen set passed.
CONFORMS = "conforms"
#: One that was asked did not pass.
FAILS = "does not conform"
#: None failed, and some were not asked, or the set is not frozen.
NO_CLAIM = "no claim"
#: The testee does not say that it has the profile.
ABSENT = "not declared"
_ASKED = ("passed", "failed", "warned", "noted", "known", "tentative")


class Standing(NamedTuple):
    """How a testee stands to a profile: what may be said of it, and the numbers."""

    word: str
    counts: dict[str, int]


def standing(report: Report, version: str, profile: str) -> Standing:
    """Return how a testee stands to a profile with the set of a version; "next" is what is in no frozen set."""
    rows = [row for row in report.rows if profile_of(row) == profile and in_set(row, version)]
    counts = tally(rows)
    musts = [row for row in rows if row["level"] == "MUST" and row["score"] != "tentative"]
    if profile not in report.header["testee"]["profiles"] or not any(counts[name] for name in _ASKED):
        return Standing(ABSENT, counts)
    if any(row["score"] in {"failed", "known"} for row in musts):
        return Standing(FAILS, counts)
    wanted = report.header["sets"].get(version, {}).get(profile, 0)
    passed = sum(row["score"] == "passed" for row in musts)
    whole = wanted and passed == wanted and version in report.header["testee"]["spec"]
    return Standing(CONFORMS if whole else NO_CLAIM, counts)


def claims(report: Report) -> list[str]:
    """Return what a run lets a testee say, a frozen set a line, such as "Timestep 1.0: codec, router" (TS-CONF-031)."""
    found = {
        version: [name for name in PROFILES if standing(report, version, name).word == CONFORMS]
        for version in report.header["sets"]
    }
    return [f"Timestep {version}: {', '.join(profiles)}" for version, profiles in found.items() if profiles]


def in_set(row: Row, version: str) -> bool:
    """Tell whether the case of a row is in the set of a version."""
    return not row["sets"] if version == NEXT else version in row["sets"]


def versions(reports: Iterable[Report]) -> list[str]:
    """Return the sets that rows of these reports are in, the oldest first, and "next" where some are in none."""
    found = list(reports)
    names = dict.fromkeys(name for report in found for name in report.header["sets"])
    return [name for name in (*names, NEXT) if any(in_set(row, name) for report in found for row in report.rows)]


def profiles(reports: Sequence[Report]) -> list[str]:
    """Return the profiles that reports have cases of."""
    found = {profile for report in reports for profile in report.by_profile()}
    return [name for name in PROFILES if name in found]
