"""A run that is stopped at any moment can be gone on with, and comes to the same end as one that was left alone."""

import asyncio
import json
from collections import Counter

import pytest

import timestep
from timestep import Agent, GuardrailFunctionOutput, Handoff, MemorySession, function_tool, input_guardrail, run_agent
from timestep.errors import AgentsException
from timestep.testing import ScriptedModel, handoff_to, tool_call


@pytest.fixture(autouse=True)
def watched():
    """Leave the events alone: they are checked by the other tests, and here there are many."""


class Turns:
    """A model whose answer depends on the turn alone; it refuses a question with a call that has no output."""

    def __init__(self, prefix, *answers):
        self.prefix, self.answers = prefix, answers

    async def respond(self, request):
        """Answer after the others have had a turn."""
        await asyncio.sleep(0)
        kinds = Counter((item.get("type"), item.get("call_id")) for item in request.input if "call_id" in item)
        assert all(kinds["function_call_output", call_id] == count for (_, call_id), count in kinds.items())
        turn = int(request.key.rpartition("-")[2])
        return await ScriptedModel([self.answers[turn - 1]], prefix=f"{self.prefix}{turn}_").respond(request)


class Slow(MemorySession):
    """A session that takes a while, so that a run can be stopped in the middle of writing it."""

    async def add_items(self, items):
        """Add them between two turns of the event loop."""
        await asyncio.sleep(0)
        await super().add_items(items)
        await asyncio.sleep(0)

    async def get_items(self, limit=None):
        """Give them after one."""
        await asyncio.sleep(0)
        return await super().get_items(limit)


def company():
    """Return an agent that uses tools at once, a delegation, an agent as a tool, a person's word, and a handoff."""

    def tool(name, **options):
        @function_tool(name=name, **options)
        async def work() -> str:
            """Work."""
            await asyncio.sleep(0)
            return name

        return work

    @input_guardrail
    async def polite(_ctx, _agent, _given):
        await asyncio.sleep(0)
        return GuardrailFunctionOutput(None, tripwire_triggered=False)

    look, mail = tool("look", effect="read"), tool("mail", effect="idempotent", needs_approval=True)
    inner = Agent(
        "Inner", Turns("i", [tool_call("look", {}, "i1"), tool_call("mail", {}, "i2")], "5."), tools=[look, mail]
    )
    asked = Agent("Asked", Turns("a", tool_call("look", {}, "k1"), "Yes."), tools=[look])
    last = Agent("Last", Turns("l", None, None, None, tool_call("mail", {}, "l1"), "All done."), tools=[mail])
    model = Turns(
        "r",
        [tool_call("look", {}, "c1"), tool_call("mail", {}, "c2")],
        [
            handoff_to("Inner", {"message": "?"}, "d1"),
            tool_call("ask", {"input": "?"}, "a1"),
            tool_call("look", {}, "c3"),
        ],
        [handoff_to("Last", call_id="h1"), tool_call("look", {}, "c4")],
    )
    ways = [Handoff(inner, "delegate"), Handoff(last, input_filter=lambda data: data)]
    return Agent("Root", model, tools=[look, mail, asked.as_tool("ask")], handoffs=ways, input_guardrails=[polite])


async def come_to_the_end(state, session):
    """Go on with everybody agreeing, and return what is left of the run: session, and what the model saw."""
    result = await run_agent(company(), state, session, approver=lambda _asked: True)
    assert result.final_output == "All done."
    told = [(item.get("type"), item.get("call_id"), item.get("output")) for item in result.to_input_list()]
    kept = [(item.get("type"), item.get("call_id"), item.get("output")) for item in await session.get_items()]
    return json.loads(json.dumps([sorted(told, key=str), sorted(kept, key=str)]))


async def stopped_after(ticks, session, how):
    """Run, stop after some turns of the event loop, and return the state there, read from a file; None at its end."""
    handle = run_agent(company(), "Hi", session, approver=lambda _asked: True)
    waiting = asyncio.ensure_future(handle.result())
    for _ in range(ticks):
        await asyncio.sleep(0)
    ended = waiting.done()
    if how == "cancel()":
        handle.cancel()
    else:
        waiting.cancel()
    await asyncio.wait([waiting], timeout=5)
    assert waiting.done()
    if not waiting.cancelled() and isinstance(error := waiting.exception(), AgentsException):
        assert error.code == "cancelled"
    state = handle.state
    read = None if state is None else timestep.read(timestep.write(state, "timestep").data, trusted=True)
    return read, ended


@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", ["cancel()", "task"])
async def test_a_run_that_is_stopped_at_any_moment_comes_to_the_same_end(how):
    """Stopped after each turn of the event loop: no call is lost or told twice, and the session has each item once."""
    expected = await come_to_the_end("Hi", Slow("s"))
    before = asyncio.all_tasks()
    ticks, ended = 0, False
    while not ended:
        session = Slow("s")
        state, ended = await stopped_after(ticks, session, how)
        assert await come_to_the_end(state if state is not None else "Hi", session) == expected, ticks
        assert asyncio.all_tasks() == before
        ticks += 1
    assert ticks > 30
