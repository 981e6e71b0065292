"""The manifest as the loop asks it, and what a run's own configuration adds to it."""

import pytest
from msgspec.structs import replace

from timestep.loop.advance import advance
from timestep.loop.manifest import COMPATIBLE, Policy, manifest_of
from timestep.loop.resume import replaced
from timestep.types.state import Approval

from .cases import CASES, PAGE, event_of, manifest, told


def after(case, rules, steps=3):
    """Return the effects of a step of a case, gone through with other rules."""
    state, effects = None, []
    for step in CASES[case]["steps"][:steps]:
        state, effects = advance(rules, state, event_of(step))
    return [effect["type"] for effect in told(effects)]


def test_a_filter_of_the_run_s_own_is_asked_about_every_transfer():
    """TS-HAND-007: also about one that has no user code itself."""
    rules = manifest(CASES["handoff"])
    assert after("handoff", rules) == ["append_session", "prepare_turn"]
    assert after("handoff", replace(rules, filters=True)) == ["prepare_handoff"]


def test_output_guardrails_of_the_run_s_own_are_asked():
    """TS-GUARD-003: also where the agent has none."""
    rules = manifest(CASES["answer-text"])
    assert after("answer-text", rules) == ["finish"]
    assert after("answer-text", replace(rules, output_checked=True)) == ["check_output"]


def test_a_manifest_goes_by_the_default_rules_unless_told_otherwise():
    """TS-TRANS-031: a rule is chosen by the caller and not by the graph."""
    graph = CASES["answer-text"]["manifest"]
    assert manifest_of(graph).policy == Policy()
    assert manifest_of(graph).digest == graph["digest"]


def told_rules():
    """Return the table of rules in transitions.md: rule -> values by default, for Python's SDK, for JavaScript's."""
    lines = PAGE.partition("## Rules")[2].partition("\n\n| ")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.split("|")[1:5]] for line in lines]
    words = {"yes": True, "no": False}
    return {name.split("`")[1]: [words.get(value, value) for value in values] for name, *values in cells}


def test_the_rules_of_the_page_are_those_of_the_code():
    """TS-TRANS-031: name, default and the values of both SDKs are the same in transitions.md."""
    named = (Policy(), COMPATIBLE["openai-agents-python"], COMPATIBLE["openai-agents-js"])
    rules = [name for name in Policy.__struct_fields__ if name != "compat"]
    assert told_rules() == {rule: [getattr(policy, rule) for policy in named] for rule in rules}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"decision": "reject", "message": "no", "by": "ann"}, True),
        ({"item": 2}, False),
        ({"item": "*"}, False),
        ({"run": "r1.0"}, False),
        ({"agent": "Weather"}, False),
        ({"tool": ("function", None, "pay")}, False),
    ],
)
def test_a_decision_takes_the_place_of_one_on_the_same_call(change, same):
    """TS-APPR-012: the same run, agent, tool and place; what was decided may differ."""
    old = Approval(run="r1", agent="Assistant", tool=("function", None, "mail"), decision="approve", item=1)
    assert replaced(old, replace(old, **change)) is same
