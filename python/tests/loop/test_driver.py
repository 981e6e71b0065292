"""The order in which the driver carries out effects and reports what came of them (spec/transitions.md)."""

import asyncio

import pytest

from timestep import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    MemorySession,
    function_tool,
    input_guardrail,
    run_agent,
)
from timestep.loop.driver import BOUNDARY, Driver
from timestep.testing import ScriptedModel, message, tool_call

pytestmark = pytest.mark.timeout(5)


@pytest.fixture
def seen(monkeypatch):
    """Note what happens, in its order: the events that are taken, and the effects that are carried out."""
    found = []
    take = Driver.take

    def taken(driver, event):
        found.append(type(event).__struct_config__.tag)
        take(driver, event)

    monkeypatch.setattr(Driver, "take", taken)
    token = BOUNDARY.set(lambda where, _tree: found.append(where) if where != "event" else None)
    yield found
    BOUNDARY.reset(token)


def before(found, first, second):
    """Tell whether one thing happened, and before another that happened as well."""
    return found.index(first) < found.index(second)


# --- work that is called off


async def test_the_question_is_stopped_before_the_end_is_reported(seen):
    """TS-TRANS-006: what `cancel_work` names has come to its own end when `finish` is reported."""
    asked = asyncio.Event()

    async def answer(_request):
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):  # cleaning up takes its time
                await asyncio.sleep(0)
            seen.append("stopped")

    @input_guardrail
    async def trips(_ctx, _agent, _given):
        await asked.wait()
        return GuardrailFunctionOutput(None, tripwire_triggered=True)

    with pytest.raises(InputGuardrailTripwireTriggered):
        await run_agent(Agent("A", ScriptedModel([answer]), input_guardrails=[trips]), "Hi")
    assert before(seen, "cancel_work", "stopped")
    assert before(seen, "stopped", "finish")


@pytest.mark.parametrize("count", [1, 2])
async def test_tools_are_stopped_before_a_stop_is_reported(seen, count):
    """TS-TRANS-006: a run that is stopped from outside has stopped its tools when it says so."""
    begun = asyncio.Semaphore(0)

    @function_tool
    async def hang() -> str:
        """Hang."""
        begun.release()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            seen.append("stopped")
        return "never"

    agent = Agent("A", ScriptedModel([[tool_call("hang", {}, f"c{number}") for number in range(count)]]), tools=[hang])
    handle = run_agent(agent, "Hi")
    waiting = asyncio.ensure_future(result_of(handle))
    for _ in range(count):
        await begun.acquire()
    handle.cancel()
    result = await waiting
    assert result.is_complete is False
    assert seen[-count - 1 :] == ["stopped"] * count + ["run.cancelled"]


async def result_of(handle):
    """Wait for a run in a task of its own."""
    return await handle


# --- sessions


class Slow(MemorySession):
    """A session that takes as long to write as a test wants."""

    def __init__(self):
        super().__init__("s")
        self.writing, self.may_end = asyncio.Event(), asyncio.Event()

    async def add_items(self, items):
        """Add, once that is allowed."""
        self.writing.set()
        await self.may_end.wait()
        for _ in range(5):  # whatever else has come to an end meanwhile waits to be taken
            await asyncio.sleep(0)
        await super().add_items(items)


async def test_that_the_session_is_written_is_told_before_anything_later(seen):
    """TS-TRANS-006: an answer that came while the session was written is taken after `session.written`."""
    session = Slow()

    @input_guardrail
    async def late(_ctx, _agent, _given):
        await session.writing.wait()
        session.may_end.set()
        return GuardrailFunctionOutput(None, tripwire_triggered=False)

    nothing = {"type": "reasoning", "summary": []}
    agent = Agent("A", ScriptedModel([[nothing], "Done."]), input_guardrails=[late])
    result = await run_agent(agent, "Hi", session)
    assert result.final_output == "Done."
    later = seen[seen.index("append_session") + 1 :]
    assert later[0] == "session.written"
    assert "input.checked" in later


async def test_each_append_is_answered_at_once(seen):
    """TS-TRANS-006: no event of the run stands between an append and the word that it is written."""

    @function_tool
    def look() -> str:
        """Look."""
        return "seen"

    model = ScriptedModel([tool_call("look", {}, "c1"), message("Done.")])
    await run_agent(Agent("A", model, tools=[look]), "Hi", MemorySession("s"))
    places = [index for index, name in enumerate(seen) if name == "append_session"]
    assert len(places) >= 2
    assert [seen[index + 1] for index in places] == ["session.written"] * len(places)
