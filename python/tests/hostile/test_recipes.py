"""Each recipe of fixtures/hostile/recipes.json is refused by name and place, or accepted without weakening anything."""

import json
from collections import Counter

import pytest

from timestep.codec.pointer import split
from timestep.errors import TimestepError
from timestep.state import RunState, check, read, write

from .mutate import base_of, mutated, recipes

ALL = recipes()
REFUSED = [recipe for recipe in ALL if recipe["expect"]["outcome"] == "refused"]
TAKEN = [recipe for recipe in ALL if recipe["expect"]["outcome"] != "refused"]
FLAGS = ("faithful-error-state", "finished-calls-model", "input-guardrails-completed")


def names(group):
    """Return the parameters of a test that takes each recipe by its name."""
    return pytest.mark.parametrize("recipe", [pytest.param(one, id=one["name"]) for one in group])


def standing(state: RunState) -> dict[str, list[str]]:
    """Return the paths of the calls that are listed, by how they stand."""
    found: dict[str, list[str]] = {}
    for item in state.listed():
        found.setdefault(item.state, []).append(item.path)
    return {kind: sorted(paths) for kind, paths in found.items()}


def text_at(data: bytes, line: int, column: int) -> str:
    """Return what stands at a line and column."""
    return data.decode().split("\n")[line - 1][column - 1 :]


@names(REFUSED)
def test_what_cannot_be_proven_is_refused_by_name_and_place(recipe):
    """A refusal has the code, pointer, line and column of the fault, and no traceback (TS-CORE-015, BARS H)."""
    data, expected = mutated(recipe), recipe["expect"]
    act = read if expected.get("by") != "write" else lambda bytes_: write(read(bytes_), expected["to"])
    with pytest.raises(TimestepError) as raised:
        act(data)
    error = raised.value
    codes = expected["code"] if isinstance(expected["code"], list) else [expected["code"]]
    assert error.code in codes, error.render()
    if "pointer" in expected:
        assert error.pointer == expected["pointer"], error.render()
    if expected.get("by") != "write":
        assert error.line is not None, error.render()
        assert error.column is not None
        assert error.pointer is not None or expected.get("unplaced")
        assert [finding.code for finding in check(data)] == [error.code]
    place_is_right(data, error)


def place_is_right(data: bytes, error: TimestepError) -> None:
    """The member that the pointer ends in stands before the place, or the place is within what it names."""
    try:
        value = json.loads(data)
    except ValueError:
        return
    if error.pointer is None or error.line is None or error.column is None:
        return
    for token in split(error.pointer):
        if isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        elif isinstance(value, dict) and token in value:
            value = value[token]
        else:
            break
    if error.code.startswith("json-"):
        return
    start = text_at(data, error.line, error.column)[:1]
    kind = {dict: "{", list: "[", str: '"', bool: "tf", type(None): "n"}.get(type(value), "-0123456789")
    assert start in kind, (error.pointer, start)


@names(TAKEN)
def test_what_is_taken_weakens_nothing(recipe):
    """What is accepted stands as expected, also after a trip through its dialect (TS-SEC-001, TS-SEC-003, BARS H10)."""
    data, expected = mutated(recipe), recipe["expect"]
    state = read(data)
    assert isinstance(state, RunState)
    assert standing(state) == {kind: sorted(paths) for kind, paths in expected.get("standing", {}).items()}
    found = Counter(finding.code for finding in state.findings)
    warned = {finding.code for finding in state.findings if finding.severity == "warning"}
    if expected["outcome"] == "warned":
        assert expected["code"] in warned
        if "pointer" in expected:
            assert expected["pointer"] in [f.pointer for f in state.findings if f.code == expected["code"]]
        assert all(f.line is not None for f in check(data) if f.severity == "warning")
    else:
        assert not warned
    if any(standing(state).get(kind) for kind in ("approved", "rejected")) or state.document.approvals:
        assert found["decisions-unverified"]
    for target in dict.fromkeys([state.dialect, "timestep"]):
        again = read(write(state, target, assume=FLAGS).data)
        assert isinstance(again, RunState)
        assert standing(again) == standing(state)
    kept(recipe, state)


def kept(recipe, state: RunState) -> None:
    """Members that a recipe says are kept are in the file that is written back."""
    for pointer in recipe["expect"].get("kept", []):
        value, original = json.loads(write(state, state.dialect, assume=FLAGS).data), json.loads(mutated(recipe))
        for token in split(pointer):
            index = int(token) if isinstance(value, list) else token
            value, original = value[index], original[index]
        assert value == original


def test_there_are_enough_recipes_and_none_twice():
    """At least 140 recipes, each with its own name, a reason, and a base that is refused nothing."""
    assert len(ALL) >= 140
    assert [name for name, count in Counter(one["name"] for one in ALL).items() if count > 1] == []
    assert all(one.get("reason") for one in ALL)
    for base in {(one["base"], one.get("as")) for one in ALL if "base" in one}:
        read(base_of({"base": base[0], "as": base[1]}))


def test_recipes_change_what_they_start_from():
    """No recipe is hollow: each gives another document than its base."""
    for one in ALL:
        assert mutated(one) != base_of(one) or "literal" in one, one["name"]
