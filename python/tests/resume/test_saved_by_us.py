"""Runs that our own loop has started and saved are finished by the real SDKs; crossing-deviations.json lists the rest.

Each scenario is run from its start in our loop, by its own rules and by those of the SDK that is to go on ("plain" and
"compat"). The state is written for that SDK, which goes on with it: as it is ("undecided"), after deciding itself
("decided there"), and after we have decided ("decided here"). What it does is held against what it does with a state of
its own.
"""

import functools
import json
import sys
from typing import NamedTuple

import pytest
from client import Worker
from judge import compare
from msgspec.structs import replace

from timestep.dialects.export import unwritten
from timestep.errors import TimestepError
from timestep.state import native, read, write

from .conftest import TOOLS
from .harness import FAMILIES, ROOT, Case, cases, outcome_of, places, resumed, scenario_of, shown, state_of

LIST = json.loads((ROOT / "spec" / "dialects" / "crossing-deviations.json").read_text(encoding="utf-8"))
RULES = ("plain", "compat")
KINDS = ("undecided", "decided there", "decided here")


@pytest.fixture(scope="module")
def saved():
    """Return a function that runs a scenario from its start in our loop and gives what the worker answers."""
    with Worker([sys.executable, str(TOOLS / "own_worker.py")]) as worker:

        @functools.cache
        def save(name, compat):
            return worker.ask("save", scenario=scenario_of(name), compat=compat)

        yield save


def names(family):
    """List the scenarios of a family that our loop can run from their start."""
    return sorted({case.name for case in cases(family)} - LIST["left out"].keys())


class Trial(NamedTuple):
    """One scenario run by us, by some rules, and gone on with by the SDK of a family."""

    family: str
    name: str
    rules: str
    kind: str

    def __str__(self):
        return "-".join([self.short, self.name, self.rules, self.kind.replace(" ", "-")])

    @property
    def short(self):
        """The family as the published list names it."""
        return self.family.removeprefix("openai-agents-")

    @property
    def compat(self):
        """What our loop is told of the SDK."""
        return self.family if self.rules == "compat" else None

    @property
    def expected(self):
        """The record of the SDK's own resume of its own state."""
        return outcome_of(self.family, self.name)["undecided" if self.kind == "undecided" else "decided"]


@functools.cache
def trials():
    """List every scenario, under both rules and in every kind of state, for each family."""
    found = []
    for family in FAMILIES:
        for name in names(family):
            kinds = KINDS if scenario_of(name).get("decisions") else KINDS[:1]
            found += [Trial(family, name, rules, kind) for rules in RULES for kind in kinds]
    return found


def listed(trial):
    """Return the published deviation of a trial, or None."""
    found = [
        entry
        for entry in LIST["deviations"]
        if (entry["scenario"], entry["family"]) == (trial.name, trial.short)
        and trial.rules in entry["rules"]
        and trial.kind in entry["kinds"]
    ]
    assert len(found) <= 1, f"{trial} is listed twice"
    return found[0] if found else None


def flags_of(trial):
    """Return the published assumptions of a conversion."""
    return [
        flag
        for entry in LIST["assumptions"]
        if (entry["scenario"], entry["family"]) == (trial.name, trial.short) and trial.rules in entry["rules"]
        for flag in entry["flags"]
    ]


def session_of(answer, state, family):
    """Return the session's items in the SDK's form: what it got from us, and what the state's turn has not given it."""
    held = answer["record"].get("session")
    if held is None:
        return {}
    items = read(json.dumps([*held, *unwritten(state.document)]))
    return {"session_items": json.loads(write(items, family).data)}


def crossed(trial, worker, answer, state):
    """Write a state of ours for an SDK, and let that go on with it."""
    data = write(state, trial.family, assume=flags_of(trial)).data
    more = {"served": answer["served"], "decide": trial.kind == "decided there"}
    case = Case(trial.family, trial.name, "undecided")
    return resumed(worker, case, data, **session_of(answer, state, trial.family), **more)


@pytest.mark.parametrize("trial", trials(), ids=str)
def test_is_finished_as_recorded(trial, saved, workers):
    """The SDK shows the same calls, runs, requests, results and session, or differs in the published places alone."""
    answer, entry = saved(trial.name, trial.compat), listed(trial)
    if entry is not None and entry["outcome"] == "not saved":
        assert (answer["error"]["stage"], answer.get("undecided")) == (entry["stage"], None), answer["error"]
        return
    state = read(answer["decided" if trial.kind == "decided here" else "undecided"], trusted=True)
    if entry is not None and entry["outcome"] == "refused":
        with pytest.raises(TimestepError) as refused:
            write(state, trial.family)
        assert refused.value.code == entry["code"]
        return
    record = crossed(trial, workers[trial.family], answer, state)["record"]
    found = compare(trial.expected, record, same_family=False)
    assert places(found) == (entry["places"] if entry else []), f"{record.get('error')}\n{shown(found)}"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("rules", RULES)
def test_goes_on_with_more_turns(family, rules, saved, workers):
    """A run that our loop stopped at its limit of turns asks the model next, once it may."""
    trial = Trial(family, "max_turns_exceeded", rules, "undecided")
    answer = saved(trial.name, trial.compat)
    document = state_of(answer["undecided"]).document
    root = replace(document.runs[0], limits=replace(document.runs[0].limits, max_turns=5))
    state = native(replace(document, runs=[root]))
    record = crossed(trial, workers[family], answer, state)["record"]
    assert (record["error"], record["final_output"], len(record["requests"])) == (None, "Sunny.", 1)
    assert record["executed"] == []


def test_how_many_are_finished_as_recorded(record_property):
    """The count that is published is the number of trials less those that are listed."""
    same = [trial for trial in trials() if listed(trial) is None]
    record_property("runs of ours finished by an SDK", f"{len(same)} of {len(trials())} as recorded")
    assert (len(same), len(trials())) == (LIST["count"]["as recorded"], LIST["count"]["of"])


def test_every_listed_trial_exists():
    """An entry about a run that is never tried would never be looked at; what is left out is a scenario."""
    assert LIST["left out"].keys() <= {case.name for family in FAMILIES for case in cases(family)}
    known = {(trial.name, trial.short, trial.rules, trial.kind) for trial in trials()}
    for entry in LIST["deviations"]:
        tried = [(entry["scenario"], entry["family"], r, k) for r in entry["rules"] for k in entry["kinds"]]
        assert set(tried) <= known, entry


def test_every_cause_is_used_and_named():
    """Each deviation has a cause of the table, and the table has no others."""
    assert {entry["cause"] for entry in LIST["deviations"]} == set(LIST["causes"])


@pytest.mark.parametrize("entry", LIST["assumptions"], ids=lambda entry: f"{entry['family']}-{entry['scenario']}")
def test_an_assumption_is_needed(entry, saved):
    """Without the published flag the state is not written, and the flag is named."""
    family = f"openai-agents-{entry['family']}"
    for rules in entry["rules"]:
        state = state_of(saved(entry["scenario"], family if rules == "compat" else None)["undecided"])
        with pytest.raises(TimestepError) as refused:
            write(state, family)
        assert f"--assume {entry['flags'][0]} " in (refused.value.help or "")
