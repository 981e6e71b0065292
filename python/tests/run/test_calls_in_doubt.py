"""Calls that may have run: who finds out what became of them says so, and the run goes on."""

import asyncio

import pytest

import timestep
from timestep import Agent, ApprovalError, function_tool, run_agent
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)


async def in_doubt(*answers):
    """Return an agent whose payment was broken off, the payments it began, and the state, asked about once."""
    begun, paid = asyncio.Event(), []

    @function_tool
    async def pay(amount: int) -> str:
        """Pay."""
        paid.append(amount)
        if len(paid) == 1:
            begun.set()
            await asyncio.Event().wait()
        return f"paid {amount}"

    model = ScriptedModel([tool_call("pay", {"amount": 5}, "c1"), *answers])
    agent = Agent("A", model, tools=[pay])
    handle = run_agent(agent, "Pay.")
    running = asyncio.ensure_future(handle.result())
    await begun.wait()
    handle.cancel()
    asked = await run_agent(agent, (await running).to_state())
    assert [item.state for item in asked.interruptions] == ["indeterminate"]
    return agent, paid, asked.to_state()


def through_a_file(state):
    """Return a state as another process reads it from a trusted file."""
    return timestep.read(timestep.write(state, "timestep").data, trusted=True)


@pytest.mark.parametrize("filed", [False, True])
@pytest.mark.parametrize(
    ("settled", "told", "payments"),
    [
        (("retry",), "paid 5", [5, 5]),
        (("output", "paid 5, receipt 7"), "paid 5, receipt 7", [5]),
        (("fail", "The bank refused."), "The bank refused.", [5]),
        (("fail",), "The tool failed.", [5]),
    ],
    ids=["retry", "output", "fail", "fail-by-default"],
)
async def test_a_call_in_doubt_is_settled_by_who_finds_out(settled, told, payments, filed):
    """TS-APPR-034: it runs again, has its result, or has failed; then the run goes on."""
    agent, paid, state = await in_doubt("Done.")
    state.settle("c1", *settled, by="eve")
    state = through_a_file(state) if filed else state
    result = await run_agent(agent, state)
    assert (result.final_output, paid) == ("Done.", payments)
    assert result["tool_calls"][0]["output"] == told
    assert [note.by for note in result.state.document.provenance] == ["eve"]


async def test_a_call_in_doubt_is_neither_approved_nor_rejected():
    """TS-APPR-030: approving could run it twice, and rejecting could hide that it ran."""
    _, paid, state = await in_doubt()
    for decide in (state.approve, state.reject):
        with pytest.raises(ApprovalError) as raised:
            decide("c1")
        assert raised.value.requirement == "TS-APPR-030"
    assert len(paid) == 1


async def test_only_a_call_in_doubt_is_settled():
    """TS-APPR-034: a call that waits for a decision is decided on."""

    @function_tool(needs_approval=True)
    async def send() -> str:
        """Send."""
        return "sent"

    state = (await run_agent(Agent("A", ScriptedModel([tool_call("send", {}, "c1")]), tools=[send]), "Go")).to_state()
    with pytest.raises(ApprovalError) as raised:
        state.settle("c1", "output", "sent")
    assert raised.value.requirement == "TS-APPR-034"


async def test_an_approver_is_not_asked_about_a_call_in_doubt():
    """TS-APPR-030: it could not answer; what waits beside it is decided and carried out."""
    begun, paid, sent, seen = asyncio.Event(), [], [], []

    @function_tool
    async def pay() -> str:
        """Pay."""
        paid.append(1)
        begun.set()
        await asyncio.Event().wait()
        return "paid"

    @function_tool(needs_approval=True)
    async def send() -> str:
        """Send."""
        sent.append(1)
        return "sent"

    agent = Agent("A", ScriptedModel([[tool_call("pay", {}, "c1"), tool_call("send", {}, "c2")]]), tools=[pay, send])
    handle = run_agent(agent, "Go")
    running = asyncio.ensure_future(handle.result())
    await begun.wait()
    handle.cancel()
    state = (await running).to_state()
    result = await run_agent(agent, state, approver=lambda asked: seen.append(asked.call_id) or True)
    assert (seen, sent, paid) == (["c2"], [1], [1])
    assert [(item.call_id, item.state) for item in result.interruptions] == [("c1", "indeterminate")]
