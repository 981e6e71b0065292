"""Runs whose process has died: what became of a call under way may be said before anybody goes on with the run."""

import pytest

import timestep
from timestep import Agent, ApprovalError, RunStateStore, function_tool, run_agent
from timestep.testing import ScriptedModel, message, tool_call

pytestmark = pytest.mark.timeout(5)


class Broken:
    """A run with a payment in it, and the state as a process leaves it that dies during the payment.

    Attributes:
        paid: the payments that were begun.
        state: the state during the first one.
    """

    def __init__(self, effect="once"):
        self.paid = []
        self.state = None

        @function_tool(effect=effect)
        async def pay(amount: int) -> str:
            """Pay."""
            self.paid.append(amount)
            self.state = self.state or self.handle.state
            return f"paid {amount}"

        self.pay = pay

    async def at(self, agent):
        """Run an agent to its end, and forget what came after the first payment had begun."""
        self.handle = run_agent(agent, "Pay.", state_store=RunStateStore(connection=":memory:"))
        await self.handle
        return timestep.read(timestep.write(self.state, "timestep").data, trusted=True)


def script(*answers):
    """Return a model that pays twice at once, and answers."""
    return ScriptedModel([[tool_call("pay", {"amount": 5}, "c1"), tool_call("pay", {"amount": 6}, "c2")], *answers])


@pytest.mark.parametrize(
    ("way", "told", "payments"),
    [(("retry",), "paid 5", [5, 6, 5]), (("output", "receipt 7"), "receipt 7", [5, 6]), (("fail",), None, [5, 6])],
    ids=["retry", "output", "fail"],
)
async def test_what_became_of_a_call_is_said_first(way, told, payments):
    """TS-DUR-043, TS-APPR-034: calls under way are in doubt, as they are once the run is gone on with."""
    broken = Broken()
    agent = Agent("A", script("Done.", "Done."), tools=[broken.pay])
    state = await broken.at(agent)
    assert (state.document.runs[0].step.type, state.get_interruptions()) == ("acting", [])
    state.break_off()
    assert [(call.path, call.state) for call in state.get_interruptions()] == [
        ("c1", "indeterminate"),
        ("c2", "indeterminate"),
    ]
    state.settle("c1", *way, by="eve")
    assert [call.path for call in state.get_interruptions()] == ["c2"]
    waits = await run_agent(agent, state)
    assert [(call.path, call.state) for call in waits.interruptions] == [("c2", "indeterminate")]
    state = waits.to_state()
    state.settle("c2", "output", "receipt 8", by="eve")
    result = await run_agent(agent, state)
    assert (result.final_output, broken.paid) == ("Done.", payments)
    outputs = [call["output"] for call in result["tool_calls"]]
    assert outputs == [told or "The tool failed.", "receipt 8"]


async def test_a_call_of_a_nested_run_is_in_doubt_too():
    """TS-DUR-043: it is named by its path, and the run above waits for it."""
    broken = Broken()
    child = Agent("B", ScriptedModel([tool_call("pay", {"amount": 5}, "c1"), "Paid."]), tools=[broken.pay])
    above = ScriptedModel([tool_call("ask", {"input": "Pay."}, "c0"), "Done."])
    agent = Agent("A", above, tools=[child.as_tool("ask", "Ask.")])
    state = await broken.at(agent)
    state.break_off()
    assert [call.path for call in state.get_interruptions()] == ["c0/c1"]
    state.settle("c0/c1", "output", "receipt 7")
    child.model, agent.model = ScriptedModel(["Paid."]), ScriptedModel(["Done."])
    result = await run_agent(agent, state)
    assert (result.final_output, broken.paid) == ("Done.", [5])


@pytest.mark.parametrize("effect", ["read", "idempotent"])
async def test_a_call_that_may_run_again_is_not_in_doubt(effect):
    """TS-DUR-043: it runs again when the run is gone on with, and nobody is asked."""
    broken = Broken(effect)
    agent = Agent("A", script("Done.", "Done."), tools=[broken.pay])
    state = await broken.at(agent)
    before = state.document
    state.break_off()
    assert state.document is before
    with pytest.raises(ApprovalError):
        state.settle("c1", "retry")
    assert (await run_agent(agent, state)).final_output == "Done."
    assert broken.paid == [5, 6, 5, 6]


async def test_a_run_that_has_ended_stays_as_it_is():
    """TS-STATE-026: nothing of it was broken off."""
    state = (await run_agent(Agent("A", ScriptedModel([message("Done.")])), "Hi.")).to_state()
    before = state.document
    state.break_off()
    assert state.document is before
