"""The world of a case: what it says, what it says again, and what it can't answer."""

import pytest

from timestep_conformance.testee import Killed
from timestep_conformance.world import Point, World

from .whole_cases import calls, pays, says


def asked(world, do, **args):
    """Ask a world for something, and return the answers to it and to what waited for it."""
    about = {"model": {"agent": "A", "turn": 1, "input": [], "key": "k"}, "guardrail": {"kind": "input", "value": 1}}
    tool = {"agent": "A", "tool": ["function", None, "pay"], "call_id": "c1", "arguments": "{}", "key": "t"}
    about |= {"tool": tool, "ask": {"what": "approval", "tool": tool["tool"], "call_id": "c1"}}
    frames = world(len(world.trace) + 1, do, {"run": "r1", **about.get(do, {}), **args})
    return [{name: each for name, each in frame.items() if name != "call"} for frame in frames]


def world_of(**world):
    """Return a world of a case whose run is not kept."""
    found = World(pays("c1", world=world))
    found.request(0, {})
    return found


def text(answers):
    """Return what a model has said."""
    return answers[0]["ok"]["output"][0]["content"][0]["text"]


def test_a_model_says_its_answers_in_turn_and_the_same_to_the_same_question():
    """A question is known by its key: a crash changes nothing in what a model says."""
    world = world_of(model=[says("one"), says("two")])
    assert [text(asked(world, "model", key=key)) for key in ("a", "b", "a", "b")] == ["one", "two", "one", "two"]
    assert world.faults == []


def test_without_a_key_a_question_is_known_by_what_it_asks_once_its_process_is_dead():
    """Two questions of one process are two; the one that goes on asks the same one again."""
    world = world_of(model=[says("one"), says("two")])
    assert [text(asked(world, "model", key=None)) for _ in range(2)] == ["one", "two"]
    world.request(0, {})
    assert text(asked(world, "model", key=None)) == "two"


def test_an_error_that_was_heard_is_over():
    """A model that has failed answers when it is asked again; one whose failure nobody has heard fails again."""
    failure = {"code": "model-failed", "message": "busy"}
    world = World(pays("c1", world={"model": [{"err": failure}, says("two")]}), [Point(1, "after")])
    with pytest.raises(Killed):
        asked(world, "model")
    world.reborn()
    assert asked(world, "model") == [{"err": failure}]
    assert text(asked(world, "model")) == "two"


def test_what_the_world_can_not_answer_is_a_fault_that_says_so():
    """The case fails, and not the testee alone has to guess why."""
    world = world_of(model=[says("one")], tools={"pay": [{"output": 1}]})
    asked(world, "model")
    assert asked(world, "model", key="b")[0]["err"]["code"] == "world"
    asked(world, "tool", tool=["function", None, "send"])
    asked(world, "sing")
    asked(world, "now_")
    asked(world, "model", key="b", agent=None, turn=None)
    world(99, "tool", {"run": "r1"})
    world(100, "persist", {"run": "r1", "version": 0, "state": "no bytes"})
    told = [
        "the case has answers (1)", "the case has no tool send", "no callback is called 'sing'", "'now_'",
        "the case has answers (1)", "not those of the protocol: KeyError 'tool'", "is no bytes",
    ]  # fmt: skip
    assert len(world.faults) == len(told)
    for found, wanted in zip(world.faults, told, strict=True):
        assert wanted in found


def test_a_question_that_is_not_the_expected_one_is_a_fault():
    """A case may say what a model, a tool or a guardrail has to be asked with."""
    world = world_of(
        model=[{**says("one"), "asked": {"input": {"$has": [{"role": "user"}]}}}],
        tools={"pay": {"output": 1, "asked": {"arguments": "{}"}}},
    )
    asked(world, "tool")
    assert world.faults == []
    asked(world, "model", input=[{"role": "assistant"}])
    assert "model is asked otherwise than expected" in world.faults[0]


def test_tools_answer_late_or_never():
    """Calls that are under way at once can be ordered."""
    tools = {"pay": {"output": "paid", "after": "c2"}, "look": {"output": "seen"}, "wait": {"silent": True}}
    world = world_of(tools=tools)
    assert asked(world, "tool", call_id="c3", tool=["function", None, "wait"]) == []
    assert asked(world, "tool") == []
    late = asked(world, "tool", call_id="c2", tool=["function", None, "look"])
    assert late == [{"ok": {"output": "seen"}}, {"ok": {"output": "paid"}}]
    assert [call.heard for call in world.ledger.calls.values()] == [False, True, True]


def test_guardrails_and_people_say_what_the_case_has():
    """A list is said in turn, one word always."""
    world = world_of(
        guardrails={"small": ["pass", {"answer": "block", "message": "no"}]},
        asks={"approval": {"pay": True}, "in_doubt": {"pay": [{"answer": None}, {"answer": {"how": "retry"}}]}},
    )
    assert asked(world, "guardrail", name="small") == [{"ok": {"answer": "pass"}}]
    assert asked(world, "guardrail", name="small") == [{"ok": {"answer": "block", "message": "no"}}]
    assert [asked(world, "ask")[0]["ok"]["answer"] for _ in range(3)] == [True, True, True]
    doubts = [asked(world, "ask", what="in_doubt", key="t")[0]["ok"]["answer"] for _ in range(2)]
    assert doubts == [None, {"how": "retry"}]


def test_a_store_takes_what_follows_its_newest_version():
    """TS-DUR-004: a state that follows another one is refused, and so is one after somebody else has saved."""
    trouble = [{"at": 3, "conflict": True}, {"request": 1, "at": 1, "err": {"code": "storage-full", "message": ""}}]
    world = world_of(store=trouble)
    assert asked(world, "load") == [{"ok": {"version": 0}}]
    state = {"text": "{}"}
    assert asked(world, "persist", version=0, state=state) == [{"ok": {"version": 1}}]
    assert asked(world, "persist", version=0, state=state)[0]["err"]["code"] == "state-conflict"
    assert asked(world, "persist", version=1, state=state)[0]["err"]["code"] == "state-conflict"
    assert asked(world, "load") == [{"ok": {"version": 2, "state": state}}]
    world.request(1, {})
    assert asked(world, "persist", version=2, state=state)[0]["err"]["code"] == "storage-full"
    assert asked(world, "persist", version=2, state=state) == [{"ok": {"version": 3}}]


def test_a_session_and_a_clock():
    """A session has all that was added; the clock stands at no hour of ours, and goes on."""
    world = world_of(session=[{"role": "user", "content": "Hi"}])
    asked(world, "session", add=[{"role": "assistant", "content": "Hello"}])
    assert [item["content"] for item in asked(world, "session")[0]["ok"]["items"]] == ["Hi", "Hello"]
    first, second = (asked(world, "now")[0]["ok"]["time"] for _ in range(2))
    assert second == first + 1


@pytest.mark.parametrize(("when", "times"), [("before", 0), ("after", 1)])
def test_a_kill_stands_before_or_after_what_happens(when, times):
    """TS-CONF-004: before it the world has done nothing; after it the effect is there, and nobody has heard of it."""
    world = World(pays("c1"), [Point(2, when)])
    asked(world, "model")
    with pytest.raises(Killed, match=f"{when} callback 2, tool pay c1"):
        asked(world, "tool")
    assert sum(call.times for call in world.ledger.calls.values()) == times
    world.reborn()
    assert asked(world, "tool") == [{"ok": {"output": "paid"}}]


def test_a_world_tells_two_of_its_standings_apart():
    """What a kill can't change is not tried twice: the same has happened, and the same will be said."""
    world = World(pays("c1", world={"model": [calls("c1")], "tools": {"pay": {"output": 1}}}))
    asked(world, "now")
    asked(world, "load")
    asked(world, "tool")
    first, second, third = world.trace
    assert first.before == first.after == second.before == second.after == third.before != third.after
