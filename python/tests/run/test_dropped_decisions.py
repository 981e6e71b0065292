"""Decisions end with what they were made on: the call as it was shown, or the nested run that it was in."""

import json

import pytest

from timestep import Agent, GuardrailResult, InputGuardrail, function_tool, run_agent
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)


def sender(*answers, guardrails=()):
    """Return an agent that sends mail once a person has agreed."""

    @function_tool(needs_approval=True)
    def send(to: str) -> str:
        """Send a mail."""
        return f"sent to {to}"

    return Agent("Mail", ScriptedModel([*answers]), tools=[send], guardrails=guardrails)


def mail(to, call_id):
    """Return a call that would send mail."""
    return tool_call("send", {"to": to}, call_id)


def decided(state):
    """Return what provenance says of decisions."""
    return [note.subject for note in state.document.provenance if note.action == "decided"]


def standing(state):
    """Return the decisions that stand: verdict, and the call or "*"."""
    return [(each.decision, each.call_id if each.item != "*" else "*") for each in state.document.approvals]


@pytest.mark.parametrize("by", ["to", "unchanged"])
async def test_a_decision_on_a_call_ends_when_the_call_changes(by):
    """TS-APPR-006: other arguments are another call; what was decided on the one before is on record, and no more."""
    people = iter(["ann", "bob"] if by == "to" else ["ann", "ann"])
    change = InputGuardrail(lambda _tool, _args: GuardrailResult.modify_args({"to": next(people)}))
    agent = sender(mail("x", "c1"), "Done.", guardrails=[change])
    state = (await run_agent(agent, "Write.")).to_state()
    state.approve("c1", by="eve")
    assert standing(state) == [("approve", "c1")]
    after = (await run_agent(agent, state)).state
    if by == "unchanged":
        assert (after.get_interruptions(), standing(after)) == ([], [("approve", "c1")])
    else:
        assert [json.loads(item.arguments) for item in after.get_interruptions()] == [{"to": "bob"}]
        assert standing(after) == []
    assert decided(after) == ["c1: approve"]


async def test_a_rejection_of_a_call_of_its_own_stays_beside_one_that_changes():
    """TS-APPR-006: only the decision on the call that has changed ends."""
    people = iter(["ann", "cid", "bob"])
    change = InputGuardrail(lambda _tool, _args: GuardrailResult.modify_args({"to": next(people)}))
    agent = sender([mail("x", "c1"), mail("y", "c2")], "Done.", guardrails=[change])
    state = (await run_agent(agent, "Write.")).to_state()
    state.approve("c1")
    state.reject("c2")
    after = (await run_agent(agent, state)).state
    assert standing(after) == [("reject", "c2")]
    assert decided(after) == ["c1: approve", "c2: reject"]


@pytest.mark.parametrize("always", [False, True])
async def test_the_decisions_of_a_nested_run_end_with_it(always):
    """TS-APPR-006: exact or standing, they are gone when the run has ended; the record of them is not."""
    inner = sender(mail("ann", "c1"), "Sent.")
    ask = tool_call("ask", {"input": "Write."}, "c0")
    outer = Agent("Outer", ScriptedModel([ask, mail("bob", "c2"), "Done."]), tools=[inner.as_tool("ask", "Ask.")])
    outer.tools.extend(inner.tools)
    state = (await run_agent(outer, "Go")).to_state()
    state.approve("c0/c1", always_approve=always)
    assert len(standing(state)) == 1
    state = (await run_agent(outer, state)).to_state()
    assert ([item.path for item in state.get_interruptions()], standing(state)) == (["c2"], [])
    state.approve("c2")
    after = (await run_agent(outer, state)).state
    assert (after.document.runs[0].step.type, standing(after)) == ("finished", [("approve", "c2")])
    assert decided(after) == ["c0/c1: approve", "c2: approve"]


async def test_the_decisions_of_runs_below_a_nested_run_end_with_it():
    """TS-APPR-006: a run that goes takes those nested in it along, with what was decided there."""
    lowest = sender(mail("ann", "c1"), "Sent.")
    middle = Agent("Middle", ScriptedModel([tool_call("low", {"input": "Go"}, "m1"), "Said."]))
    middle.tools.append(lowest.as_tool("low", "Ask."))
    outer = Agent("Outer", ScriptedModel([tool_call("mid", {"input": "Go"}, "c0"), "Done."]))
    outer.tools.append(middle.as_tool("mid", "Ask."))
    state = (await run_agent(outer, "Go")).to_state()
    state.approve("c0/m1/c1", always_approve=True)
    after = (await run_agent(outer, state)).state
    assert (len(after.document.runs), standing(after)) == (1, [])
    assert decided(after) == ["c0/m1/c1: approve"]


async def test_what_an_approver_decided_below_stays_on_record():
    """TS-APPR-006: a decision that was made in place ends with the nested run as well, and is told of afterwards."""
    inner = sender(mail("ann", "c1"), "Sent.")
    outer = Agent("Outer", ScriptedModel([tool_call("ask", {"input": "Write."}, "c0"), "Done."]))
    outer.tools.append(inner.as_tool("ask", "Ask."))
    after = (await run_agent(outer, "Go", approver=lambda _asked: True)).state
    assert (after.document.runs[0].step.type, standing(after), decided(after)) == ("finished", [], ["c0/c1: approve"])
