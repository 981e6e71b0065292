"""Every saved state of both SDKs, resumed in our own loop, goes on as recorded; own-deviations.json lists the rest."""

import json
import re
import sys

import pytest
from client import Worker
from judge import compare

from timestep.state import write

from .conftest import TOOLS
from .harness import FAMILIES, ROOT, cases, places, resumed, scenario_of, session_again, shown, state_of

LIST = json.loads((ROOT / "spec" / "dialects" / "own-deviations.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def own_worker():
    """Return the worker around our own loop."""
    with Worker([sys.executable, str(TOOLS / "own_worker.py")]) as worker:
        yield worker


def every(*, with_rounds=False):
    """List every state of both families, or every decided one with later rounds, as a pytest parameter."""
    found = [case for family in FAMILIES for case in cases(family)]
    if with_rounds:
        found = [case for case in found if case.kind == "decided" and case.outcome["rounds"]]
        found = [case for case in found if listed(case, case.kind) is None]
    return [pytest.param(case, id=f"{case.family.removeprefix('openai-agents-')}-{case}") for case in found]


def listed(case, kind):
    """Return the published deviation of a state, or of a later round that starts from it, or None."""
    family = case.family.removeprefix("openai-agents-")
    kinds = {kind} if kind.startswith("round") else {kind, "*"}
    found = [
        entry
        for entry in LIST["deviations"]
        if entry["scenario"] == case.name and entry["family"] == family and entry["kind"] in kinds
    ]
    assert len(found) <= 1, f"{case} of {family} is listed twice"
    return found[0] if found else None


def session_of(case):
    """Return what the session holds when the state is loaded, as its SDK wrote it."""
    return {} if case.session is None else {"session_items": json.loads(case.session.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("case", every())
def test_goes_on_as_recorded(case, own_worker):
    """Our loop does what the state's own SDK did, or differs in the published places and no others."""
    answer = resumed(own_worker, case, case.path.read_bytes(), **session_of(case))
    record, entry = answer["record"], listed(case, case.kind)
    if entry is not None and entry["outcome"] == "refused":
        assert (record["error"] or {}).get("code") == entry["code"], record["error"]
        return
    found = compare(case.expected, record, same_family=False)
    assert places(found) == (entry["places"] if entry else []), f"{record.get('error')}\n{shown(found)}"


@pytest.mark.parametrize("case", every(with_rounds=True))
def test_later_rounds_go_on_as_recorded(case, own_worker):
    """A run that our loop has saved at a pause goes on, round by round, as it does in the SDK it came from."""
    answer = resumed(own_worker, case, case.path.read_bytes(), **session_of(case))
    for number, expected in enumerate(case.outcome["rounds"], 1):
        record = answer["record"]
        more = {} if record.get("session") is None else {"session_items": record["session"]}
        fields = {"served": answer["served"], "decide": True, "round": number}
        answer = resumed(own_worker, case, answer["state"], **more, **fields)
        found, entry = compare(expected, answer["record"], same_family=False), listed(case, f"round {number}")
        problem = f"round {number}: {answer['record'].get('error')}\n{shown(found)}"
        assert places(found) == (entry["places"] if entry else []), problem
        if entry is not None:
            break  # the rounds after it start from another state


@pytest.mark.parametrize("case", [each for each in every(with_rounds=True) if not listed(each.values[0], "round 1")])
def test_goes_back_to_its_sdk(case, own_worker, workers):
    """A run that was paused again in our loop is written for the SDK it came from, and goes on there as recorded."""
    answer = resumed(own_worker, case, case.path.read_bytes(), **session_of(case))
    back = write(state_of(answer["state"]), case.family, handoffs=handoffs_of(case)).data
    more = session_again(answer["record"], None, case.family)
    again = resumed(workers[case.family], case, back, **more, served=answer["served"], decide=True, round=1)
    found = compare(case.outcome["rounds"][0], again["record"], same_family=False)
    assert not found, f"{again['record'].get('error')}\n{shown(found)}"


def handoffs_of(case):
    """Name the agent behind each handoff tool, which no Python state tells (ADR 0005)."""
    names = [agent["name"] for agent in scenario_of(case.name)["agents"].values()]
    return {f"transfer_to_{re.sub('[^a-z0-9]', '_', name.lower())}": name for name in names}


def test_how_many_states_go_on_as_recorded(record_property):
    """The count that is published is the number of states less those that are listed."""
    states = [case for family in FAMILIES for case in cases(family)]
    listed_here = [case for case in states if listed(case, case.kind) is not None]
    record_property("states resumed in our loop", f"{len(states) - len(listed_here)} of {len(states)} as recorded")
    assert len(states) - len(listed_here) >= 538


def test_every_listed_state_exists():
    """An entry about a state that is no more would never be looked at."""
    for entry in LIST["deviations"]:
        known = {case.kind for case in cases(f"openai-agents-{entry['family']}") if case.name == entry["scenario"]}
        assert known, entry
        assert entry["kind"] in {*known, "*"} or entry["kind"].startswith("round "), entry


def test_every_cause_is_used_and_named():
    """Each deviation has a cause of the table, and the table has no others."""
    assert {entry["cause"] for entry in LIST["deviations"]} == set(LIST["causes"])
