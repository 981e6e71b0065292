"""The semantic difference of two JSON values."""

from __future__ import annotations

import copy
import random
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timestep.codec.diff import Change, diff
from timestep.codec.digest import canonical_json
from timestep.codec.pointer import resolve

#: Another decimal than 0.1, though both have the same nearest double.
_NEAR = Decimal("0.1000000000000000055511151231257827021181583404541015625")

values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("xyz/"), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([1, 100, Decimal("1.50")], [1.0, 1e2, 1.5]),
        ({"a": [{}]}, {"a": [{}]}),
        ((1, 2), [1, 2]),
        ({"a": 9007199254740993}, {"a": Decimal("9007199254740993.0")}),
        ([0.1, {"a": -0.0}], [Decimal("0.10"), {"a": 0}]),
    ],
)
def test_equal_values(left: object, right: object):
    """TS-CORE-013: the order of names and the spelling of numbers are no difference."""
    assert diff(left, right) == []


@pytest.mark.parametrize(
    ("left", "right", "changes"),
    [
        (1, 2, [Change("", "changed", 1, 2)]),
        (True, 1, [Change("", "changed", True, 1)]),
        (0, False, [Change("", "changed", 0, False)]),
        ("1", 1, [Change("", "changed", "1", 1)]),
        (None, [], [Change("", "changed", None, [])]),
        ({}, [], [Change("", "changed", {}, [])]),
        ({"a": 1}, {}, [Change("/a", "removed", 1, None)]),
        ({}, {"a": None}, [Change("/a", "added", None, None)]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [Change("/a~1b/~0", "changed", 1, 2)]),
        (9007199254740993, 9007199254740992, [Change("", "changed", 9007199254740993, 9007199254740992)]),
        (0.1, _NEAR, [Change("", "changed", 0.1, _NEAR)]),
        ([{"a": 0.1}], [{"a": _NEAR}], [Change("/0/a", "changed", 0.1, _NEAR)]),
        ([1, 2, 3], [0, 1, 2, 3], [Change("/0", "added", None, 0)]),
        ([1, 2, 3], [1, 3], [Change("/1", "removed", 2, None)]),
        ([1, 2, 3], [1, 9, 3], [Change("/1", "changed", 2, 9)]),
        ([], [1], [Change("/0", "added", None, 1)]),
        ([7, 7, 7, 8], [7, 7, 8], [Change("/2", "removed", 7, None)]),
        ([0, 1, 0, 2, 0], [9, 1, 0, 2, 8], [Change("/0", "changed", 0, 9), Change("/4", "changed", 0, 8)]),
        ([7] * 300, [8] + [7] * 300, [Change("/0", "added", None, 8)]),
        (
            ["a", {"v": [1, 2, 3]}, "b"],
            ["new", "a", {"v": [1, 3]}, "b"],
            [Change("/0", "added", None, "new"), Change("/1/v/1", "removed", 2, None)],
        ),
        (
            [{"id": 1}, {"id": 2, "x": 1}, {"id": 3}],
            [{"new": 1}, {"id": 1}, {"id": 2, "x": 2}, {"id": 3}],
            [Change("/0", "added", None, {"new": 1}), Change("/2/x", "changed", 1, 2)],
        ),
    ],
)
def test_changes(left: object, right: object, changes: list[Change]):
    """TS-CORE-013: each difference is named once, with its pointer; numbers are compared exactly."""
    assert diff(left, right) == changes


def test_pointers_lead_to_the_values():
    """A pointer leads to the right value on the right, or to the removed one on the left."""
    left = {"log": [{"n": n, "v": [n, n + 1]} for n in range(30)]}
    right = copy.deepcopy(left)
    del right["log"][20]
    right["log"].insert(3, {"n": "new"})
    right["log"][10]["v"][1] = "changed"
    changes = diff(left, right)
    assert sorted(change.kind for change in changes) == ["added", "changed", "removed"]
    for change in changes:
        side, value = (left, change.left) if change.kind == "removed" else (right, change.right)
        assert resolve(side, change.pointer) == value


@given(values, values)
@settings(max_examples=200, deadline=None)
def test_no_change_means_equal(left: object, right: object):
    """There is no change exactly when the canonical forms agree; each side of a change is in its document."""
    changes = diff(left, right)
    assert (changes == []) == (canonical_json(left) == canonical_json(right))
    for change in changes:
        if change.kind != "removed":
            assert resolve(right, change.pointer) == change.right
        else:
            assert resolve(left, change.pointer) == change.left


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(0, 30), st.integers(50, 60))
@settings(max_examples=100, deadline=None)
def test_one_insertion_is_one_change(items: list[int], at: int, new: int):
    """One inserted member is one change, wherever it is."""
    right = [*items[:at], new, *items[at:]]
    assert [change.kind for change in diff(items, right)] == ["added"]


def test_moved_members():
    """A member that moved is removed in one place and added in the other."""
    changes = diff([1, 2, 3, 4, 5], [2, 3, 4, 5, 1])
    assert [change.kind for change in changes] == ["removed", "added"]


def test_a_long_stretch_without_anchors_is_one_change_of_all():
    """Where too much differs to be compared member by member, what was there is removed and what is there added."""
    changes = diff([0, 1] * 150, [2, 3] * 150)
    assert {change.kind for change in changes} == {"changed"}
    assert len(changes) == 300


@pytest.mark.parametrize("distinct", [2, 50_000])
def test_long_lists(distinct: int):
    """Lists of thousands of members, alike or different, are compared in a bounded time."""
    rng = random.Random(7)
    left = [rng.randrange(distinct) for _ in range(20_000)]
    right = [rng.randrange(distinct) if n % 3 == 0 else item for n, item in enumerate(left)]
    start = time.monotonic()
    assert diff(left, right)
    assert time.monotonic() - start < 5
