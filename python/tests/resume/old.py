"""States that old releases saved: their archives, what is listed about them, and how SDKs go on with them."""

import functools
import json
from dataclasses import dataclass, field
from typing import NamedTuple

from archives import unpack
from generate import record_of
from judge import compare

from timestep.dialects import detect, numbers
from timestep.errors import TimestepError
from timestep.state import RunState, SessionItems, read, write

from .harness import FAMILIES, ROOT, VERSIONS, cases, deviation, places, scenario_of, shown, state_of

ARCHIVES = ROOT / "fixtures"
TABLE = ROOT / "tools" / "sdk" / "versions.json"
LIST = ROOT / "spec" / "dialects" / "old-deviations.json"
AS_RECORDED = "as recorded"
#: The SDK lacks what the scenario's own code asks for, so there is no run that could go on.
UNTRIED = "untried"


class Release(NamedTuple):
    """One published version of one SDK."""

    family: str
    version: str

    def __str__(self):
        return f"{self.family.removeprefix('openai-agents-')}-{self.version}"

    @property
    def number(self):
        """The number that it writes."""
        return numbers.of_package(detect.NUMBERS[self.family], self.version).number

    @property
    def target(self):
        """Its number as the target of a conversion."""
        return f"{self.family}@{self.number}"


CURRENT = {family: Release(family, version) for family, version in VERSIONS.items()}


@dataclass(frozen=True)
class Saved:
    """One state that a release saved, and what that release did with it."""

    release: Release
    name: str
    kind: str
    data: bytes = field(repr=False)
    outcome: dict = field(repr=False, hash=False)
    session: str | None = field(repr=False)

    def __str__(self):
        return f"{self.release} {self.name}.{self.kind}"

    @property
    def family(self):
        """The family of the release."""
        return self.release.family

    @property
    def expected(self):
        """The record of the release's own resume."""
        return self.outcome[self.kind]


def in_order(version):
    """Order versions, or numbers, as they were released."""
    return tuple(int(part) for part in version.split("."))


@functools.cache
def releases():
    """List the old releases whose states are kept, oldest first."""
    found = [
        Release(family, path.name.removesuffix(".tar.xz"))
        for family in FAMILIES
        for path in (ARCHIVES / family).glob("*.tar.xz")
    ]
    return sorted(found, key=lambda release: (release.family, in_order(release.version)))


@functools.cache
def table():
    """Read which releases and scenarios are kept, and which releases resume what we write for their number."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


@functools.cache
def installed(family):
    """List the releases of a family that are installed to resume what we write, oldest first."""
    return [Release(family, row["version"]) for row in table()[family] if row.get("testee")]


@functools.lru_cache(maxsize=8)
def old_cases(release):
    """List the states of an archive."""
    held = unpack(ARCHIVES / release.family / f"{release.version}.tar.xz")
    found = []
    for name in sorted(name.removesuffix(".outcome.json") for name in held if name.endswith(".outcome.json")):
        outcome, session = json.loads(held[f"{name}.outcome.json"]), held.get(f"{name}.session.json")
        session = session.decode("utf-8") if session else None
        found += [
            Saved(release, name, kind, held[f"{name}.{kind}.json"], outcome, session)
            for kind in ("undecided", "decided")
            if f"{name}.{kind}.json" in held
        ]
    return found


@functools.cache
def current_cases(family):
    """List the states of the current release in the scenarios that old releases are asked for."""
    found = []
    for case in cases(family):
        if case.name in table()["scenarios"]:
            session = case.session.read_text(encoding="utf-8") if case.session else None
            data = case.path.read_bytes()
            found.append(Saved(CURRENT[family], case.name, case.kind, data, case.outcome, session))
    return found


@functools.cache
def listed():
    """Read the published list."""
    return json.loads(LIST.read_text(encoding="utf-8"))


def covers(span, release):
    """Tell whether "FAMILY" (its current release) or "FAMILY==FIRST-LAST" is about a release."""
    family, _, released = span.partition("==")
    if family != release.family or not released:
        return release == CURRENT.get(span)
    first, _, last = released.partition("-")
    return in_order(first) <= in_order(release.version) <= in_order(last or first)


def entries(of_kind, case, to):
    """List the entries of a table of the list that are about a state on its way to a release."""
    return [
        entry
        for entry in listed()[of_kind]
        if case.name in entry["scenarios"]
        and entry["kind"] in {case.kind, "*"}
        and covers(entry["from"], case.release)
        and any(covers(span, to) for span in entry["to"])
    ]


def assumed(case, to):
    """List the flags that the published list gives for a conversion."""
    return sorted({flag for entry in entries("assumptions", case, to) for flag in entry["flags"]})


def announced(case, to):
    """Say what the published lists make of a conversion: entries add up, and those of the current numbers count.

    Where an old release does what only the other family's current one does, its entry says that they agree; a refusal
    holds for old numbers unless an entry says otherwise.
    """
    found = entries("deviations", case, to)
    if case.family != to.family:
        current = deviation(case, to.family)
        if current and not (found and current["outcome"] == "refused"):
            found.append(current)
    refusals = sorted({entry["code"] for entry in found if entry["outcome"] == "refused"})
    if refusals:
        return f"refused {' or '.join(refusals)}"
    if any(entry["outcome"] == UNTRIED for entry in found):
        return UNTRIED
    sides = {
        outcome: {place for entry in found if entry["outcome"] == outcome for place in entry["places"]}
        for outcome in ("differs", "agrees")
    }
    return told(sides["differs"] - sides["agrees"])


def told(differing):
    """Say where a resume differs."""
    return " ".join(["differs", *sorted(differing)]) if differing else AS_RECORDED


def loaded(case, flags=()):
    """Read a state."""
    found = read(case.data, assume=flags)
    assert isinstance(found, RunState)
    return found


def session_items(case, family):
    """Return the session's items in a family's form: by our own conversion, or as they are where they stay at home."""
    if case.session is None:
        return {}
    if case.family == family:
        return {"session_items": json.loads(case.session)}
    items = read(case.session, dialect=case.family)
    assert isinstance(items, SessionItems)
    return {"session_items": json.loads(write(items, family).data)}


class Resumes:
    """Lets SDKs resume states; what is the same for several releases is asked once."""

    def __init__(self, workers):
        self.workers = workers
        self._answers = {}

    def record(self, case, data, to):
        """Return the record of one resume by a release."""
        fields = {"scenario": scenario_of(case.name), "served": case.outcome["served"], "decide": False}
        fields |= {"state": data.decode("utf-8"), **session_items(case, to.family)}
        key = (to, json.dumps(fields, sort_keys=True))
        if key not in self._answers:
            self._answers[key] = record_of(self.workers[to].ask("resume", **fields))
        return self._answers[key]

    def verdict(self, case, to, *, stored=False):
        """Convert a state to a release's number, let it resume, and say how that went; and what differed.

        `stored` puts the canonical document between the two: what only a return to the same dialect carries is lost.
        """
        flags = assumed(case, to)
        try:
            state = loaded(case, flags)
            if stored:
                state = state_of(write(state, "timestep", assume=flags).data)
            data = write(state, to.target, assume=flags).data
        except TimestepError as error:
            return f"refused {error.code}", str(error)
        record = self.record(case, data, to)
        if (record["error"] or {}).get("stage") == "request":
            return UNTRIED, record["error"]["message"]
        found = compare(case.expected, record, same_family=case.family == to.family)
        return told(places(found)), shown(found)

    def unlisted(self, found, to, **how):
        """List the states whose way is not what the published lists say, each with the reason."""
        wrong = []
        for case in found:
            got, why = self.verdict(case, to, **how)
            if got != announced(case, to):
                wrong.append(f"{case} to {to}: {got}; listed: {announced(case, to)}\n{why}")
        return "\n".join(wrong)
