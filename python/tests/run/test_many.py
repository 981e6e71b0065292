"""Many runs at once in one process: each has its own."""

import asyncio

import pytest

from timestep import Agent, MemorySession, RunContextWrapper, function_tool, run_agent
from timestep.providers.protocol import ModelResponse
from timestep.testing import message, tool_call

MANY = 1000


@pytest.fixture(autouse=True)
def watched():
    """Leave the events alone: they are checked by the other tests, and here there are many."""


class Echo:
    """A model that calls the tool with the question, and then says what the tool gave."""

    async def respond(self, request):
        """Answer after the others have had a turn."""
        await asyncio.sleep(0)
        last = request.input[-1]
        if "output" in last:
            return ModelResponse(output=[message(last["output"])])
        return ModelResponse(output=[tool_call("who", {"question": last["content"]}, "c1")])


@pytest.mark.timeout(60)
async def test_a_thousand_runs_at_once_share_nothing():
    """One agent, a thousand runs: contexts, sessions, outputs, usage and events stay apart."""

    @function_tool
    async def who(ctx: RunContextWrapper, question: str) -> str:
        """Tell who asks."""
        await asyncio.sleep(0)
        return f"{ctx.context}: {question}"

    agent = Agent("A", Echo(), tools=[who])
    sessions = [MemorySession(str(number)) for number in range(MANY)]

    async def one(number):
        handle = run_agent(agent, f"question {number}", sessions[number], context=number)
        events = [event async for event in handle]
        return events, await handle

    found = await asyncio.gather(*map(one, range(MANY)))
    for number, (events, result) in enumerate(found):
        assert result.final_output == f"{number}: question {number}"
        assert {event["run"] for event in events} == {result.run_id}
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert result.usage.requests == 2
        (last,) = await sessions[number].get_items(1)
        assert last["content"][0]["text"] == result.final_output
    assert len({result.run_id for _, result in found}) == MANY
