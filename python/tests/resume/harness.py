"""Fixtures as cases, conversions between them, and resuming by the real SDKs: what all tests here share."""

import functools
import hashlib
import json
import weakref
import zlib
from dataclasses import dataclass
from pathlib import Path

from generate import record_of
from judge import Difference, compare

from timestep.codec import document as codec
from timestep.errors import TimestepError
from timestep.state import Conversion, RunState, SessionItems, read, write

ROOT = Path(__file__).resolve().parents[3]
PYTHON, JS = "openai-agents-python", "openai-agents-js"
FAMILIES = (PYTHON, JS)
VERSIONS = {PYTHON: "0.24.0", JS: "0.20.0"}
DEVIATIONS = ROOT / "spec" / "dialects" / "deviations.json"


def other(family):
    """Return the other family."""
    return JS if family == PYTHON else PYTHON


def direction(source, target):
    """Name a direction as deviations.json does."""
    return f"{source.removeprefix('openai-agents-')}-to-{target.removeprefix('openai-agents-')}"


@dataclass(frozen=True)
class Case:
    """One state that an SDK saved, and what that SDK does with it."""

    family: str
    name: str
    kind: str

    def __str__(self):
        return f"{self.name}-{self.kind}"

    @property
    def path(self):
        """The state's file."""
        return folder(self.family) / f"{self.name}.{self.kind}.json"

    @property
    def outcome(self):
        """The whole recorded outcome of the scenario."""
        return outcome_of(self.family, self.name)

    @property
    def expected(self):
        """The record of the SDK's own resume of this state."""
        return self.outcome[self.kind]

    @property
    def session(self):
        """The file of the session's items at that moment, or None."""
        path = folder(self.family) / f"{self.name}.session.json"
        return path if path.exists() else None


def folder(family):
    """Return the folder of a family's fixtures."""
    return ROOT / "fixtures" / family / VERSIONS[family]


@functools.cache
def outcome_of(family, name):
    """Read what an SDK did with a scenario."""
    return json.loads((folder(family) / f"{name}.outcome.json").read_text(encoding="utf-8"))


@functools.cache
def scenario_of(name):
    """Read a scenario."""
    path = ROOT / "tools" / "sdk" / "scenarios" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def cases(family):
    """List all saved states of a family."""
    names = sorted(path.name.removesuffix(".outcome.json") for path in folder(family).glob("*.outcome.json"))
    found = [Case(family, name, kind) for name in names for kind in ("undecided", "decided")]
    return [case for case in found if case.path.exists()]


@functools.cache
def deviations():
    """Read the published list."""
    return json.loads(DEVIATIONS.read_text(encoding="utf-8"))


def assumed(case, target):
    """List the flags that the published list gives for a conversion."""
    way = direction(case.family, target)
    return [
        flag
        for entry in deviations()["assumptions"]
        if entry["scenario"] == case.name and entry["direction"] == way and entry["kind"] in {case.kind, "*"}
        for flag in entry["flags"]
    ]


def state_of(data) -> RunState:
    """Read a file that is a run state."""
    found = read(data)
    assert isinstance(found, RunState)
    return found


def converted(case, target, **options) -> Conversion:
    """Convert a saved state, with the published assumptions."""
    return write(state_of(case.path), target, assume=assumed(case, target), **options)


def session_for(case, target):
    """Return the session's items for the target's worker, by our own conversion."""
    if case.session is None:
        return {}
    items = read(case.session, dialect=case.family)
    assert isinstance(items, SessionItems)
    return {"session_items": json.loads(write(items, target).data)}


def session_again(record, source, target):
    """Return the session's items after a run in one family for the next run in another, by our own conversion."""
    if record.get("session") is None:
        return {}
    items = read(json.dumps(record["session"]), dialect=source)
    return {"session_items": json.loads(write(items, target).data)}


#: Worker -> digest of what it was asked -> its answer, packed. Of what the tests ask, a half is what another asked.
ANSWERS = weakref.WeakKeyDictionary()


def resumed(worker, case, data, **more):
    """Let a real SDK resume a state; returns the worker's answer with the record of it. The same is asked once."""
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    fields = {"scenario": scenario_of(case.name), "served": case.outcome["served"], "decide": False, **more}
    answers = ANSWERS.setdefault(worker, {})
    key = hashlib.sha256(json.dumps([text, fields]).encode()).digest()
    if key not in answers:
        answers[key] = zlib.compress(json.dumps(worker.ask("resume", state=text, **fields)).encode(), 1)
    answer = json.loads(zlib.decompress(answers[key]))
    return {**answer, "record": record_of(answer)}


def differences(case, record, target) -> list[Difference]:
    """List how a resume differs from what the state's own SDK did."""
    return compare(case.expected, record, same_family=case.family == target)


def shown(found):
    """Write differences one a line, for a failing test."""
    return "\n".join(str(difference) for difference in found)


def places(found):
    """List where records differ."""
    return sorted({difference.where for difference in found})


def deviation(case, target):
    """Return the published deviation of a conversion, or None."""
    way = direction(case.family, target)
    found = [
        entry
        for entry in deviations()["deviations"]
        if entry["scenario"] == case.name and entry["direction"] == way and entry["kind"] in {case.kind, "*"}
    ]
    assert len(found) <= 1, f"{case} {way} is listed twice"
    return found[0] if found else None


def canonical(text):
    """Read a saved state and return what it tells: what the model sees, what ran, what is decided and what waits."""
    if text is None:
        return None
    try:
        document = json.loads(codec.encode(state_of(text).document))
    except TimestepError as error:
        return error.code
    runs = {run["id"]: _way(document, run) for run in document["runs"]}
    said = [{k: v for k, v in approval.items() if k in SAID} for approval in document["approvals"]]
    for approval in said:
        approval["run"] = runs.get(approval["run"], approval["run"])
    return {
        "approvals": sorted(said, key=json.dumps),
        "runs": {runs[run["id"]]: _told(run) for run in document["runs"]},
        "agents": sorted(document["agents"], key=json.dumps),
        **{key: document.get(key) for key in ("context", "usage")},
    }


SAID = ("run", "agent", "tool", "call_id", "decision", "message")
_PLACES = ("id", "parent", "log", "view", "calls", "responses", "asked", "input", "session")


def _way(document, run):
    """Name a run by the calls that lead to it: nested runs side by side stand in any order."""
    if "parent" not in run:
        return ""
    above = next(other for other in document["runs"] if other["id"] == run["parent"]["run"])
    call = next(call for call in above["calls"] if call["item"] == run["parent"]["item"])
    return f"{_way(document, above)}/{call['call_id']}"


def _told(run):
    """Take positions out of a run: an order that no model sees differs from one save to the next."""
    told = {key: value for key, value in run.items() if key not in _PLACES}
    told["sees"] = [run["log"][seq]["item"] for start, end in run["view"] for seq in range(start, end)]
    told["calls"] = [[call["call_id"], call["tool"], call["state"], call.get("mcp")] for call in run["calls"]]
    told["asked"] = [run["log"][seq]["item"] for seq in run.get("asked", [])]
    told["responses"] = [response.get("id") for response in run["responses"]]
    return told
