"""The journal of a run: changes between states, and the document that they give back."""

import json
from itertools import pairwise

import pytest

from timestep.codec import document, journal
from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.loop.journaling import change_between
from timestep.loop.tree import document_of, tree_of

from .cases import CASES, event_of, first_state, manifest


def states(case):
    """Yield the states of a case, one after each event that is taken."""
    rules, state = manifest(case), first_state(case)
    if state is not None:
        yield state
    for step in case["steps"]:
        try:
            state, _ = advance(rules, state, event_of(step))
        except IllegalEvent:
            continue
        yield state


def through_bytes(change):
    """Return a change after it has been written and read."""
    return journal.decode(journal.encode(change))


@pytest.mark.parametrize("name", CASES)
def test_snapshot_and_changes_give_the_document_of_every_state(name):
    """TS-DUR-001, TS-DUR-002: each state of every case comes back from the first one and the changes since."""
    found = list(states(CASES[name]))
    changes = [through_bytes(change_between(old, new)) for old, new in pairwise(found)]
    for number, state in enumerate(found):
        told = document_of(state)
        assert document.to_json(journal.applied(document_of(found[0]), changes[:number])) == document.to_json(told)
        for older in found[:number]:
            change = through_bytes(change_between(older, state))
            assert journal.applied(document_of(older), [change]) == told


@pytest.mark.parametrize("name", CASES)
def test_a_state_that_was_read_again_is_gone_on_from(name):
    """A process that loads snapshot and changes goes on with changes of its own."""
    found = list(states(CASES[name]))
    for older, state in pairwise(found):
        again = tree_of(document_of(older))
        if document_of(again) == document_of(older):
            change = through_bytes(change_between(older, state))
            assert document_of(tree_of(journal.applied(document_of(again), [change]))) == document_of(state)


def test_a_change_holds_what_has_changed_alone():
    """A turn late in a long run costs what a turn at its start costs."""
    name = next(name for name, case in CASES.items() if len(case["steps"]) > 6)
    found = list(states(CASES[name]))
    for old, new in pairwise(found):
        change = json.loads(journal.encode(change_between(old, new)))
        for run in change.get("runs", []):
            older = next(each for each in old.runs.values() if each.id == run["id"])
            newer = new.runs[run["id"]]
            assert len(run.get("log", [])) == len(newer.log) - len(older.log)
