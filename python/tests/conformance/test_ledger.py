"""The ledger of what really happens, and the laws that hold whatever a case is about."""

import pytest

from timestep_conformance.world import World

from .test_world import asked
from .whole_cases import calls, pays, says

STATE = {"text": "{}"}


class Kept(World):
    """A world whose run is kept, and that stores with few words."""

    def __init__(self, *ids, **case):
        super().__init__(pays(*(ids or ("c1",)), **case))
        self.goes_on()

    def goes_on(self):
        """Have a process go on that knows no more than what is stored."""
        self.request(0, {"store": True})

    def keeps(self):
        """Store a state."""
        version = self.store.get("r1", (0, None))[0]
        return asked(self, "persist", version=version, state=STATE)

    @property
    def rules(self):
        """The rules that were broken."""
        return [told.partition(":")[0] for told in self.ledger.wrong]


def test_a_run_that_keeps_all_before_it_acts_breaks_nothing():
    """TS-DUR-005: the state stands in the store before a model is asked, and before a tool begins."""
    world = Kept()
    world.keeps()
    asked(world, "model")
    world.keeps()
    asked(world, "tool")
    world.keeps()
    asked(world, "model", key="k2")
    assert world.rules == []
    assert world.ledger.counts == {"persist": 3, "model": 2, "tool": 1}


@pytest.mark.parametrize("do", ["model", "tool", "guardrail", "session"])
def test_nothing_is_asked_for_before_the_first_state_is_kept(do):
    """TS-DUR-005: of a run that is not in its store nothing may have happened."""
    world = Kept(world={"model": [says("x")], "tools": {"pay": {"output": 1}}, "guardrails": {"g": "pass"}})
    asked(world, do, **({"name": "g"} if do == "guardrail" else {"add": []} if do == "session" else {}))
    assert world.rules == ["TS-DUR-005"]
    assert "before any state of the run was stored" in world.ledger.wrong[0]


def test_reading_a_session_and_the_time_changes_nothing():
    """TS-DUR-005: it binds what acts."""
    world = Kept()
    for do in ("session", "now", "load"):
        asked(world, do)
    assert world.rules == []


def test_a_tool_begins_once_the_answer_that_asks_for_it_is_kept():
    """TS-DUR-005: a state has to be stored between a model's answer and the call that it leads to."""
    world = Kept()
    world.keeps()
    asked(world, "model")
    asked(world, "tool")
    assert world.rules == ["TS-DUR-005"]


def test_a_model_is_asked_once_what_the_tools_have_brought_is_kept():
    """TS-DUR-005: also where several calls are under way at once, and only their outputs say what was heard."""
    world = Kept("c1", "c2")
    world.keeps()
    asked(world, "model")
    world.keeps()
    asked(world, "tool")
    asked(world, "tool", call_id="c2")
    assert world.rules == []
    outputs = [{"type": "function_call_output", "call_id": each} for each in ("c1", "c2")]
    asked(world, "model", key="k2", input=outputs)
    assert world.rules == ["TS-DUR-005"]


def test_after_a_refused_write_nothing_is_begun():
    """TS-DUR-004: somebody else has gone on with the run; the next request may."""
    world = Kept(
        world={"model": [calls("c1")], "tools": {"pay": {"output": 1}}, "store": [{"at": 2, "conflict": True}]}
    )
    world.keeps()
    asked(world, "model")
    world.keeps()
    asked(world, "tool")
    assert world.rules[0] == "TS-DUR-004"
    world.ledger.wrong.clear()
    world.goes_on()
    world.keeps()
    asked(world, "tool")
    assert "TS-DUR-004" not in world.rules


def test_an_answer_that_is_kept_is_not_asked_for_again():
    """TS-DUR-041: one that nobody has stored is, under the same key."""
    world = Kept()
    world.keeps()
    asked(world, "model")
    world.goes_on()
    world.keeps()  # by a process that does not know the answer
    asked(world, "model")
    assert world.rules == []
    world.keeps()
    world.goes_on()
    asked(world, "model")
    assert world.rules == ["TS-DUR-041"]


def test_a_question_that_is_asked_again_has_the_same_key():
    """TS-DUR-041: whoever answers can know that it is the same."""
    world = Kept(world={"model": [says("x"), says("y")]})
    world.keeps()
    asked(world, "model")
    world.goes_on()
    asked(world, "model", key="another")
    assert world.rules == ["TS-DUR-041"]


@pytest.mark.parametrize(
    ("effect", "keys", "rules", "times"),
    [
        ("once", ("t", "t"), ["TS-DUR-043"], 2),
        ("idempotent", ("t", "t"), [], 1),
        ("idempotent", ("t", "u"), ["TS-DUR-043"], 2),
        ("read", ("t", "t"), [], 1),
        ("read", (None, None), [], 2),
    ],
)
def test_what_runs_again_runs_under_the_same_key_or_not_at_all(effect, keys, rules, times):
    """TS-DUR-043: a call that was broken off runs again where its effect allows it, under its own key."""
    world = Kept(effect=effect)
    world.keeps()
    for key in keys:
        asked(world, "tool", key=key)
        world.goes_on()
    assert world.rules == rules
    (call,) = world.ledger.calls.values()
    assert call.times == times


def test_a_result_that_is_kept_is_not_brought_again():
    """TS-DUR-044: whatever the effect of its tool."""
    world = Kept(effect="read")
    world.keeps()
    asked(world, "tool")
    world.keeps()
    world.goes_on()
    asked(world, "tool")
    assert world.rules == ["TS-DUR-044"]


def test_a_call_runs_again_where_somebody_says_so():
    """TS-APPR-034: a person, or user code; once more, and no more than that."""
    world = Kept()
    world.keeps()
    asked(world, "tool")
    world.request(0, {"store": True, "decisions": [{"path": "n1/c1", "how": "retry"}]})
    asked(world, "tool")
    assert world.rules == []
    world.goes_on()
    asked(world, "tool")
    assert world.rules == ["TS-DUR-043"]


def test_user_code_is_asked_about_the_call_that_the_tool_was_given():
    """TS-DUR-022: under another key it would not find what the tool has left behind."""
    world = Kept(world={"tools": {"pay": {"output": 1}}, "asks": {"in_doubt": {"pay": {"answer": {"how": "retry"}}}}})
    world.keeps()
    asked(world, "tool")
    world.goes_on()
    asked(world, "ask", what="in_doubt", key="t")
    assert world.rules == []
    asked(world, "ask", what="in_doubt", key="u")
    assert world.rules == ["TS-DUR-022"]
