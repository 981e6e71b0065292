"""Runs that are stopped from outside: cancelled tasks, `cancel()`, and what they leave behind."""

import asyncio

import pytest

from timestep import Agent, Handoff, MemorySession, RunStateStore, function_tool, run_agent
from timestep.errors import AgentsException
from timestep.stores.memory import MemoryKeeper
from timestep.testing import ScriptedModel, handoff_to, tool_call

pytestmark = pytest.mark.timeout(5)


class Gate:
    """Something that waits at a place until it is let on; `stopped` tells that it was cancelled there."""

    def __init__(self):
        self.reached, self.open, self.stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def wait(self):
        """Wait at the gate."""
        self.reached.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            raise


async def result_of(handle):
    """Wait for a handle in a task of its own."""
    return await handle


def asking(gate, *after):
    """Return an agent whose model waits at a gate before it first answers."""

    async def answer(_request):
        await gate.wait()
        return "Hello."

    model = ScriptedModel([answer, *after])
    return Agent("A", model), model


def working(gate, *, effect="read"):
    """Return an agent whose tool waits at a gate, and how often the tool was begun."""
    begun = []

    @function_tool(effect=effect)
    async def work() -> str:
        """Work."""
        begun.append(1)
        await gate.wait()
        return "worked"

    model = ScriptedModel([[tool_call("quick", {}, "c0"), tool_call("work", {}, "c1")], "Done."])

    @function_tool(effect="read")
    async def quick() -> str:
        """Be quick."""
        return "quick"

    return Agent("A", model, tools=[work, quick]), begun


async def test_cancelling_the_task_that_waits_stops_the_run():
    """The question to the model is given up; the state can be resumed, and asks again."""
    gate = Gate()
    agent, model = asking(gate, "Hello again.")
    handle = run_agent(agent, "Hi")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert gate.stopped.is_set()
    step = handle.state.document.runs[0].step
    assert (step.type, step.reason) == ("interrupted", "cancelled")
    result = await run_agent(agent, handle.state)
    assert (result.final_output, len(model.requests)) == ("Hello again.", 2)
    assert result.state.document.runs[0].turn.count == 1


async def test_a_time_limit_of_the_caller_stops_the_run():
    """`asyncio.timeout` around the await is a cancellation like any other."""
    gate = Gate()
    agent, _ = asking(gate)
    handle = run_agent(agent, "Hi")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await handle
    assert gate.stopped.is_set()
    assert handle.state.document.runs[0].step.reason == "cancelled"


async def test_cancelling_while_a_tool_runs_leaves_a_session_without_an_open_call():
    """RULINGS R7: what has ended is kept in the state, and the session has no call without its output."""
    gate, session = Gate(), MemorySession()
    agent, begun = working(gate)
    handle = run_agent(agent, "Go", session)
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    items = await session.get_items()
    calls = {item["call_id"] for item in items if item.get("type") == "function_call"}
    assert calls == {item["call_id"] for item in items if item.get("type") == "function_call_output"}
    gate.open.set()
    result = await run_agent(agent, handle.state, session)
    assert (result.final_output, len(begun)) == ("Done.", 2)
    kinds = [item.get("type", "message") for item in await session.get_items()]
    assert kinds == ["message", *["function_call"] * 2, *["function_call_output"] * 2, "message"]


async def test_a_tool_that_may_not_run_twice_is_in_doubt_after_a_cancellation():
    """TS-TOOL-010: nobody runs it again unasked; what it did is to be found out."""
    gate = Gate()
    agent, begun = working(gate, effect="once")
    handle = run_agent(agent, "Go")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel()
    stopped = await waiting
    again = await run_agent(agent, stopped.to_state())
    assert [(item.call_id, item.state) for item in again.interruptions] == [("c1", "indeterminate")]
    assert (len(begun), again.state.document.runs[0].step.reason) == (1, "indeterminate")


async def test_cancel_gives_a_result_that_can_be_resumed():
    """`handle.cancel()` stops the run; whoever awaits gets the result as it stands, and no exception."""
    gate = Gate()
    agent, _ = asking(gate, "Hello again.")
    handle = run_agent(agent, "Hi")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel()
    result = await waiting
    assert (result.is_complete, result.final_output, result.interruptions) == (False, None, [])
    assert (await run_agent(agent, result.to_state())).final_output == "Hello again."


async def test_cancel_is_told(watched):
    """TS-EVENT-007: the last event says that the run was cancelled."""
    gate = Gate()
    agent, _ = asking(gate)
    handle = run_agent(agent, "Hi", stream=True)
    result = await handle
    await gate.reached.wait()
    handle.cancel()
    await result
    assert (watched[-1]["type"], watched[-1]["reason"]) == ("run_interrupted", "cancelled")


async def test_a_run_that_is_cancelled_does_not_ask_for_decisions(watched):
    """TS-EVENT-001: a call that waits beside one that was broken off is asked about when the run waits for it."""
    gate = Gate()

    @function_tool(needs_approval=True)
    async def send() -> str:
        """Send."""
        return "sent"

    agent, _ = working(gate)
    agent.tools.append(send)
    agent.model = ScriptedModel([[tool_call("work", {}, "c1"), tool_call("send", {}, "c2")]])
    handle = run_agent(agent, "Go")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel()
    state = (await waiting).to_state()
    assert [event for event in watched if event["type"] == "approval"] == []
    gate.open.set()
    await run_agent(agent, state)
    assert [event["call_id"] for event in watched if event["type"] == "approval"] == ["c2"]


async def test_a_run_stopped_for_good_can_not_go_on():
    """`cancel(final=True)` fails the run: open calls are answered, the session is whole, resuming gives the failure."""
    gate, session = Gate(), MemorySession()
    agent, begun = working(gate)
    handle = run_agent(agent, "Go", session)
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel(final=True)
    with pytest.raises(AgentsException) as raised:
        await waiting
    assert raised.value.code == "cancelled"
    with pytest.raises(AgentsException):
        await run_agent(agent, raised.value.state, session)
    items = await session.get_items()
    calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
    assert calls == [item["call_id"] for item in items if item.get("type") == "function_call_output"] == ["c0", "c1"]
    assert len(begun) == 1


async def test_cancel_before_and_after_the_run_does_nothing():
    """A run that has not begun begins as usual; one that has ended stays as it is."""
    agent = Agent("A", ScriptedModel(["Hello."]))
    handle = run_agent(agent, "Hi")
    handle.cancel()
    result = await handle
    handle.cancel()
    handle.cancel(final=True)
    assert (result.final_output, handle.state.document.runs[0].step.type) == ("Hello.", "finished")


async def test_cancelling_twice_is_cancelling_once():
    """The second `cancel()` finds the run on its way out."""
    gate = Gate()
    agent, _ = asking(gate)
    handle = run_agent(agent, "Hi")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel()
    handle.cancel()
    assert (await waiting).state.document.runs[0].step.reason == "cancelled"


async def test_a_cancelled_reader_of_the_end_does_not_stop_the_run_of_others():
    """Who iterates and is cancelled only stops reading."""
    gate = Gate()
    agent, _ = asking(gate)
    handle = run_agent(agent, "Hi", stream=True)

    async def read():
        async for _event in handle:
            pass

    reading = asyncio.ensure_future(read())
    await gate.reached.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    gate.open.set()
    assert (await (await handle)).final_output == "Hello."


async def test_a_nested_run_is_stopped_with_the_one_above_it():
    """The whole tree stops, and goes on where it stood: the nested run is not begun anew."""
    gate = Gate()
    inner, inner_model = asking(gate, "Inner again.")
    inner.name = "Inner"
    outer_model = ScriptedModel([handoff_to("Inner", {"message": "?"}, "d1"), "Done."], prefix="o_")
    outer = Agent("Outer", outer_model, handoffs=[Handoff(inner, "delegate")])
    handle = run_agent(outer, "Go")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel()
    state = (await waiting).to_state()
    assert gate.stopped.is_set()
    assert len(state.document.runs) == 2
    result = await run_agent(outer, state)
    assert (result.final_output, len(inner_model.requests), len(outer_model.requests)) == ("Done.", 2, 2)


async def test_a_tool_may_cancel_the_run_it_works_for():
    """A tool that stops its own run ends with it; the state can be resumed."""
    handles = []

    @function_tool(effect="read")
    async def stop() -> str:
        """Stop everything."""
        handles[0].cancel()
        await asyncio.Event().wait()
        return "never"

    agent = Agent("A", ScriptedModel([tool_call("stop", {}, "c1")]), tools=[stop])
    handles.append(run_agent(agent, "Go"))
    result = await handles[0]
    assert result.state.document.runs[0].step.reason == "cancelled"


@pytest.mark.parametrize("calls", [["odd"], ["odd", "tick"]], ids=["alone", "beside"])
async def test_a_tool_that_raises_a_cancellation_of_its_own_fails(calls):
    """A CancelledError out of a tool, with nobody having cancelled, must not hang the run or pass for a stop."""

    @function_tool
    async def tick() -> str:
        """Tick."""
        return "tock"

    @function_tool
    async def odd() -> str:
        """Raise."""
        raise asyncio.CancelledError

    agent = Agent("A", ScriptedModel([[tool_call(name) for name in calls], "Odd."]), tools=[odd, tick])
    async with asyncio.timeout(1):
        result = await run_agent(agent, "Go")
    assert result.final_output == "Odd."
    assert result["errors"][0]["tool"] == "odd"


async def test_no_task_is_left_behind():
    """After a run has been stopped nothing of it is still going on."""
    gate = Gate()
    before = asyncio.all_tasks()
    agent, _ = working(gate)
    handle = run_agent(agent, "Go")
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    handle.cancel()
    await waiting
    assert asyncio.all_tasks() == before


async def test_cancelling_one_of_two_who_wait_does_not_stop_the_run():
    """The run goes on for the one who still waits; the last one who goes stops it."""
    gate = Gate()
    agent, _ = asking(gate)
    handle = run_agent(agent, "Hi")
    first, second = (asyncio.ensure_future(result_of(handle)) for _ in range(2))
    await gate.reached.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.open.set()
    assert (await second).final_output == "Hello."


async def test_a_session_that_hangs_can_be_left():
    """A time limit around the await holds before the run has begun, too."""
    gate = Gate()

    class Slow(MemorySession):
        async def get_items(self, limit=None):
            await gate.wait()
            return await super().get_items(limit)

    model = ScriptedModel(["Hello."])
    waiting = asyncio.ensure_future(result_of(run_agent(Agent("A", model), "Hi", Slow())))
    await gate.reached.wait()
    waiting.cancel()
    done, _ = await asyncio.wait([waiting], timeout=1)
    gate.open.set()
    assert (done, model.requests) == ({waiting}, [])


async def test_a_run_that_is_cancelled_while_it_is_claimed_does_not_begin():
    """Whoever goes away while the store is written finds the state as it was: no tool has run."""
    gate, sent = Gate(), []

    class Slow(MemoryKeeper):
        slow = False

        async def put(self, record, expected, *hold):
            if self.slow:
                self.slow = False
                await gate.wait()
            return await super().put(record, expected, *hold)

    @function_tool(needs_approval=True, effect="read")
    async def send() -> str:
        """Send."""
        sent.append(1)
        return "sent"

    keeper = Slow()
    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1"), "Done."]), tools=[send])
    await run_agent(agent, "Go", state_store=RunStateStore(connection=keeper))
    store = RunStateStore(connection=keeper)
    state = await store.load()
    state.approve("c1")
    keeper.slow = True
    waiting = asyncio.ensure_future(result_of(run_agent(agent, state, state_store=store)))
    await gate.reached.wait()
    waiting.cancel()
    gate.open.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert sent == []
    again = RunStateStore(connection=keeper)
    assert (await run_agent(agent, await again.load(), state_store=again)).final_output == "Done."


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("ticks", [1, 2, 3])
async def test_a_run_that_is_cancelled_before_it_has_begun_says_so(stream, ticks):
    """`cancel()` while the session is read: whoever waits is told by an error, and nobody hangs."""
    gate = Gate()

    class Slow(MemorySession):
        async def get_items(self, limit=None):
            await gate.wait()
            return await super().get_items(limit)

    handle = run_agent(Agent("A", ScriptedModel([])), "Hi", Slow(), stream=stream)
    waiting = asyncio.ensure_future(result_of(handle))
    for _ in range(ticks):
        await asyncio.sleep(0)
    handle.cancel()
    done, _ = await asyncio.wait([waiting], timeout=1)
    assert done == {waiting}
    assert not waiting.cancelled()
    assert waiting.exception().code == "cancelled"
    with pytest.raises(AgentsException):
        async for _event in handle:
            pass


async def test_cancelling_the_first_await_of_a_streaming_run_stops_it():
    """Nobody has its result, so nobody could stop it later: it must not go on by itself."""
    gate = Gate()

    class Slow(MemorySession):
        async def get_items(self, limit=None):
            await gate.wait()
            return await super().get_items(limit)

    model = ScriptedModel(["Hello."])
    handle = run_agent(Agent("A", model), "Hi", Slow(), stream=True)
    waiting = asyncio.ensure_future(result_of(handle))
    await gate.reached.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.open.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert (model.requests, gate.stopped.is_set()) == ([], True)


async def test_a_saved_run_is_ended_for_good():
    """TS-TRANS-041, TS-APPR-032: `RunState.cancel` fails it as the handle does, says who did it, and does so once."""

    @function_tool(needs_approval=True)
    def pay() -> str:
        """Pay."""
        return "paid"

    agent = Agent("A", ScriptedModel([tool_call("pay", {}, "c1")]), tools=[pay])
    state = (await run_agent(agent, "Go")).to_state()
    state.cancel(by="ann")
    (root,) = state.document.runs
    assert (root.step.type, root.step.code, state.get_interruptions()) == ("failed", "cancelled", [])
    assert [entry.item["call_id"] for entry in root.log if "output" in entry.item] == ["c1"]
    (note,) = state.document.provenance
    assert (note.subject, note.by, note.at is None) == (f"{root.id}: cancel", "ann", False)
    with pytest.raises(AgentsException) as raised:
        await run_agent(agent, state)
    assert raised.value.code == "cancelled"
    with pytest.raises(AgentsException) as raised:
        state.cancel()
    assert raised.value.code == "event-illegal"
