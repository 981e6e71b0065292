"""The loop is a function: what it is given stays as it is, and can be gone on with more than once."""

import pytest

from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.loop.log import Index, Log

from .cases import CASES, event_of, first_state, manifest, shown, told

each_case = pytest.mark.parametrize("name", CASES)


def tried(rules, state, event):
    """Return what an event leads to, as JSON, and the state; a refusal leads back to the state."""
    try:
        after, effects = advance(rules, state, event)
    except IllegalEvent as error:
        return error.message, state
    return [shown(after), told(effects)], after


@each_case
def test_a_state_stays_as_it_was_and_can_be_gone_on_with_twice(name):
    """TS-TRANS-001: going on twice with one state gives equal results; neither changes the state, nor the other."""
    case = CASES[name]
    rules, state, kept = manifest(case), first_state(case), []
    for number, step in enumerate(case["steps"]):
        before = shown(state)
        first, one = tried(rules, state, event_of(step))
        second, other = tried(rules, state, event_of(step))
        assert first == second, f"step {number}"
        assert shown(state) == before, f"step {number}"
        kept += [(number, state, before), (number, one, shown(one))]
        state = other if number % 2 else one
    for number, old, before in kept:
        assert shown(old) == before, f"after step {number}"


def test_two_futures_of_one_state_do_not_meet():
    """TS-TRANS-001: what one future adds to the log, the ledger and the ids is not in the other."""
    calls = CASES["calls-in-parallel"]["steps"]
    rules, state = manifest(CASES["calls-in-parallel"]), None
    for step in calls[:2]:
        state, _ = advance(rules, state, event_of(step))
    asked, _ = advance(rules, state, event_of(calls[2]))
    answered, _ = advance(rules, state, event_of(CASES["answer-text"]["steps"][2]))
    again, _ = advance(rules, asked, event_of(calls[3]))
    assert [len(each.root.log) for each in (state, asked, answered, again)] == [1, 3, 2, 3]
    assert "c1" in again.root.ids
    assert "c1" not in answered.root.ids


# --- the sequences that states share


def test_a_log_appends_without_changing_what_it_was():
    """An older value of a log stays as long as it was, whichever of its futures grow."""
    old = Log([1, 2])
    new = old.append(3)
    other = old.extend([4, 5])
    assert [list(old), list(new), list(other)] == [[1, 2], [1, 2, 3], [1, 2, 4, 5]]
    assert [old.newest, new.newest, other.newest] == [False, True, True]


def test_a_log_is_a_sequence_of_its_own_length():
    """Positions, slices and ends are those of the value, not of the list that it shares."""
    old = Log("ab")
    longer = old.extend("cd")
    assert (old[0], old[-1], old[:], old[-5:9], longer[1:3], len(old)) == (
        "a",
        "b",
        ["a", "b"],
        ["a", "b"],
        ["b", "c"],
        2,
    )
    for index in (2, -3):
        with pytest.raises(IndexError):
            old[index]


def test_appending_shares_what_was_there():
    """A log that is appended to again and again is one list: no copy is made of it."""
    log = Log([0])
    for number in range(1, 100):
        longer = log.append(number)
        assert longer._items is log._items
        log = longer
    assert list(log) == list(range(100))


def test_an_index_grows_without_changing_what_it_was():
    """An older set of ids does not hold what was added later, and adding what is there gives the same set."""
    old = Index(["a", "a"])
    new = old.add("b")
    other = old.add("c")
    assert ("b" in old, "b" in new, "b" in other, "c" in other, "c" in new) == (False, True, False, True, False)
    assert new.add("a") is new
    assert "a" in other.add("b")
    assert "b" in other.add("b")
