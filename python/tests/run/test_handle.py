"""The handle that `run_agent` gives: what awaiting and iterating it do, in which order, and how often."""

import asyncio
import gc
import weakref

import pytest

from timestep import (
    Agent,
    MaxTurnsExceeded,
    ModelError,
    RunResult,
    UserError,
    default_result_processor,
    function_tool,
    run_agent,
)
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)
HELLO = ["run_started", "turn_started", "message", "usage", "turn_finished", "run_finished"]


def agent_of(*answers):
    """Return an agent without tools whose model gives these answers, and the model."""
    model = ScriptedModel(answers)
    return Agent("A", model), model


async def kinds(events):
    """Return the types of events."""
    return [event["type"] async for event in events]


async def keep(seen, events):
    """Read events into a list, which has what came before an error."""
    async for event in events:
        seen.append(event)


# --- starting


async def test_a_call_starts_nothing():
    """RULINGS R1: without an await or an iteration no model is asked, and nothing is left behind."""
    agent, model = agent_of("Hello.")
    handle = run_agent(agent, "Hi")
    await asyncio.sleep(0)
    assert (model.requests, handle.state) == ([], None)


async def test_a_handle_that_is_dropped_is_gone():
    """RULINGS R1: a handle that nobody uses is no coroutine that wants to be awaited."""
    agent, _ = agent_of("Hello.")
    gone = weakref.ref(run_agent(agent, "Hi"))
    gc.collect()
    assert gone() is None


async def test_iterating_is_what_starts_it_and_not_asking_for_an_iterator():
    """RULINGS R1: the run begins when the first event is asked for."""
    agent, model = agent_of("Hello.")
    events = aiter(run_agent(agent, "Hi"))
    await asyncio.sleep(0)
    assert model.requests == []
    assert (await anext(events))["type"] == "run_started"
    await events.aclose()


# --- awaiting


async def test_awaiting_gives_the_result():
    """RULINGS R1: without streaming the await runs to completion."""
    agent, _ = agent_of("Hello.")
    result = await run_agent(agent, "Hi")
    assert isinstance(result, RunResult)
    assert (result.final_output, result.is_complete, result.last_agent) == ("Hello.", True, "A")


async def test_awaiting_twice_runs_once():
    """RULINGS R1: nothing runs twice, whatever is done with the handle."""
    agent, model = agent_of("Hello.")
    handle = run_agent(agent, "Hi")
    first, second = await handle, await handle
    assert first.final_output == second.final_output == "Hello."
    assert len(model.requests) == 1


async def test_several_tasks_may_await_one_handle():
    """RULINGS R1: all of them get the result of one run."""
    agent, model = agent_of("Hello.")
    handle = run_agent(agent, "Hi")

    async def wait():
        return (await handle).final_output

    assert await asyncio.gather(wait(), wait(), wait()) == ["Hello."] * 3
    assert len(model.requests) == 1


async def test_a_result_may_be_awaited_too():
    """RULINGS R2: it gives itself, also twice."""
    agent, _ = agent_of("Hello.")
    result = await run_agent(agent, "Hi")
    assert await result is result
    assert await (await result) is result


async def test_an_error_is_raised_to_whoever_awaits_each_time():
    """RULINGS R1: a run that failed has failed for the second await too, and does not run again."""
    agent, model = agent_of(ModelError("down"))
    handle = run_agent(agent, "Hi")
    for _ in range(2):
        with pytest.raises(ModelError, match="down"):
            await handle
    assert len(model.requests) == 1


async def test_a_handle_needs_no_event_loop_until_it_is_awaited():
    """RULINGS R1: it may be made outside of a running loop, and awaited in one."""
    agent, _ = agent_of("Hello.")
    handle = await asyncio.to_thread(run_agent, agent, "Hi")
    assert (await handle).final_output == "Hello."


# --- iterating


async def test_iterating_gives_the_events():
    """RULINGS R1: the same events with streaming and without, apart from the deltas."""
    agent, _ = agent_of("Hello.")
    assert await kinds(run_agent(agent, "Hi")) == HELLO
    agent, _ = agent_of("Hello you.")
    streamed = await kinds(run_agent(agent, "Hi", stream=True, result_processor=None))
    assert streamed.count("content_delta") == 2
    assert [kind for kind in streamed if kind != "content_delta"] == HELLO


async def test_iterating_and_then_awaiting_runs_once():
    """RULINGS R1: the result is that of the run whose events were read."""
    agent, model = agent_of("Hello.")
    handle = run_agent(agent, "Hi", stream=True)
    await kinds(handle)
    result = await handle
    assert (result.final_output, len(model.requests)) == ("Hello.", 1)


async def test_iterating_late_gives_all_durable_events():
    """RULINGS R3, TS-EVENT-005: who reads after the end misses nothing but deltas."""
    agent, model = agent_of("Hello.")
    handle = run_agent(agent, "Hi", stream=True)
    await (await handle)
    assert await kinds(handle) == HELLO
    assert await kinds(handle) == HELLO
    assert len(model.requests) == 1


async def test_two_readers_are_told_the_same():
    """TS-EVENT-005: readers don't take events from each other."""
    agent, _ = agent_of("Hello you.")
    handle = run_agent(agent, "Hi", stream=True)
    first, second = await asyncio.gather(kinds(handle), kinds(handle))
    assert [kind for kind in first if kind != "content_delta"] == [k for k in second if k != "content_delta"] == HELLO


async def test_an_error_is_raised_after_the_last_event():
    """RULINGS R3: the reader sees what happened before it is told that the run has stopped."""
    agent, _ = agent_of(ModelError("down"))
    seen = []
    with pytest.raises(ModelError, match="down"):
        await keep(seen, run_agent(agent, "Hi"))
    assert [event["type"] for event in seen] == ["run_started", "turn_started", "error", "run_interrupted"]


async def test_an_error_that_nobody_waits_for_is_not_complained_about(caplog):
    """A failed run that was iterated only leaves no "exception was never retrieved" behind."""
    agent, _ = agent_of(ModelError("down"))
    handle = run_agent(agent, "Hi", stream=True)
    with pytest.raises(ModelError):
        await kinds(handle)
    del handle
    gc.collect()
    await asyncio.sleep(0)
    assert caplog.records == []


async def test_a_streaming_result_that_nobody_waits_for_is_not_complained_about(caplog):
    """A streaming run whose result is dropped goes on to its end, and its error is nobody's."""
    agent, model = agent_of(ModelError("down"))
    ended = asyncio.Event()

    def failing(_request):
        ended.set()
        raise ModelError("down")

    model._entries[0] = failing
    await run_agent(agent, "Hi", stream=True)
    await ended.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    assert caplog.records == []


async def test_who_stops_reading_does_not_stop_the_run():
    """RULINGS R1: after a `break` the run goes on, and awaiting the handle gives the result."""
    agent, _ = agent_of("one two three four.")
    handle = run_agent(agent, "Hi", stream=True)
    async for event in handle:
        if event["type"] == "content_delta":
            break
    assert (await (await handle)).final_output == "one two three four."


# --- streaming


async def test_a_streaming_await_gives_the_result_before_the_end():
    """RULINGS R1: the result is there as soon as the run has started, not drained."""
    gate = asyncio.Event()

    async def answer(_request):
        await gate.wait()
        return "Hello."

    agent, _ = agent_of(answer)
    result = await run_agent(agent, "Hi", stream=True)
    assert (result.is_complete, result.final_output) == (False, None)
    gate.set()
    assert (await result).final_output == "Hello."
    assert result.is_complete


async def test_stream_events_and_then_the_result():
    """RULINGS R3: read the events, then await the result for the end."""
    agent, _ = agent_of("Hello you.")
    result = await run_agent(agent, "Hi", stream=True)
    assert [kind for kind in await kinds(result.stream_events()) if kind != "content_delta"] == HELLO
    assert (await result).final_output == "Hello you."


async def test_a_streaming_await_raises_what_keeps_the_run_from_starting():
    """An input that is none is told by the first await."""
    agent, _ = agent_of("Hello.")
    with pytest.raises(UserError, match="is no input"):
        await run_agent(agent, 5, stream=True)


async def test_a_streaming_run_that_fails_tells_so_at_the_end():
    """RULINGS R1: the first await gives the result; the error comes with its events, and with awaiting it."""
    agent, _ = agent_of(ModelError("down"))
    result = await run_agent(agent, "Hi", stream=True)
    with pytest.raises(ModelError):
        await kinds(result.stream_events())
    with pytest.raises(ModelError):
        await result


# --- processors


async def test_a_processor_of_ones_own_makes_what_awaiting_gives():
    """RULINGS R1: it is given the handle, may iterate it, and is called once."""
    calls = []

    async def text_of(handle):
        calls.append(handle)
        return "".join([event["content"] async for event in handle if event["type"] == "content_delta"])

    agent, model = agent_of("Hello you.")
    handle = run_agent(agent, "Hi", stream=True, result_processor=text_of)
    assert (await handle, await handle) == ("Hello you.", "Hello you.")
    assert (calls, len(model.requests)) == ([handle], 1)


async def test_a_processor_may_be_a_plain_function():
    """RULINGS R1: what it returns is the answer; it may also return something to be awaited."""
    agent, _ = agent_of("Hello.")
    assert await run_agent(agent, "Hi", result_processor=lambda _handle: 5) == 5
    agent, _ = agent_of("Hello.")
    result = await run_agent(agent, "Hi", result_processor=lambda handle: handle.result())
    assert result.final_output == "Hello."


async def test_the_error_of_a_processor_is_raised():
    """What a processor raises is told to whoever awaits."""

    async def broken(_handle):
        raise LookupError("no such thing")

    agent, _ = agent_of("Hello.")
    with pytest.raises(LookupError, match="no such thing"):
        await run_agent(agent, "Hi", result_processor=broken)


async def test_no_processor_gives_the_plain_result():
    """RULINGS R1: `result_processor=None` is for those who iterate; awaiting gives the result all the same."""
    agent, _ = agent_of("Hello.")
    assert (await run_agent(agent, "Hi", result_processor=None)).final_output == "Hello."


@pytest.mark.parametrize("stream", [False, True])
async def test_the_default_processor_takes_a_handle_and_a_result(stream):
    """RULINGS R1: it drains either and gives the result."""
    agent, _ = agent_of("Hello.", "Hello again.")
    assert (await default_result_processor(run_agent(agent, "Hi", stream=stream))).final_output == "Hello."
    result = await run_agent(agent, "Hi", stream=stream)
    assert (await default_result_processor(result)).final_output == "Hello again."


# --- input


async def test_the_input_may_be_a_text_chat_messages_or_items():
    """RULINGS R4: the model sees the same."""
    agent, model = agent_of("a", "b", "c")
    part = {"type": "input_text", "text": "Hi"}
    await run_agent(agent, "Hi")
    await run_agent(agent, [{"role": "user", "content": "Hi"}])
    await run_agent(agent, [{"type": "message", "role": "user", "content": [part]}])
    assert model.requests[0].input == model.requests[1].input == [{"role": "user", "content": "Hi"}]
    assert model.requests[2].input == [{"type": "message", "role": "user", "content": [part]}]


@pytest.mark.parametrize("given", [5, None, b"Hi", [5], [{"content": "Hi"}], {"role": "user", "content": "Hi"}])
async def test_what_is_no_input_is_refused(given):
    """RULINGS R4: before anything is asked."""
    agent, model = agent_of("Hello.")
    with pytest.raises(UserError, match="input") as raised:
        await run_agent(agent, given)
    assert (raised.value.code, model.requests) == ("input", [])


async def test_the_callers_items_are_left_alone():
    """RULINGS R4: the list and its items are the caller's."""
    given = [{"role": "user", "content": "Hi"}]
    agent, _ = agent_of("Hello.")
    result = await run_agent(agent, given)
    assert given == [{"role": "user", "content": "Hi"}]
    given[0]["content"] = "changed later"
    assert result.to_input_list()[0]["content"] == "Hi"


# --- results


async def test_a_result_has_its_values_as_attributes_and_by_key():
    """RULINGS R2: `messages`, `tool_calls` and `errors` are had by key."""

    @function_tool
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    model = ScriptedModel([[tool_call("add", {"a": 1, "b": 2}, "c1"), tool_call("nope", {}, "c2")], "3."])
    result = await run_agent(Agent("A", model, tools=[add]), "What is 1 + 2?")
    assert result["final_output"] == result.final_output == "3."
    assert result["messages"] == [{"role": "assistant", "content": "3."}]
    assert result["tool_calls"][0] == {"call_id": "c1", "tool": "add", "arguments": '{"a":1,"b":2}', "output": "3"}
    assert result["errors"] == [
        {"code": "tool-unknown", "message": "There is no tool nope.", "tool": "nope", "call_id": "c2"}
    ]
    assert result["interruptions"] == result.interruptions == []
    assert [item["type"] for item in result.new_items] == [
        *["function_call"] * 2, *["function_call_output"] * 2, "message"
    ]  # fmt: skip
    assert (result.usage.requests, result.run_id) == (2, result.state.document.id)
    assert result.agent.name == "A"
    assert set(result.keys()) >= {"messages", "tool_calls", "errors", "final_output", "interruptions"}
    assert "messages" in result
    with pytest.raises(KeyError, match="a result has messages"):
        result["message"]


async def test_states_of_one_result_are_decided_on_apart():
    """RULINGS R2: each call of `to_state` gives a state of its own."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1")]), tools=[send])
    result = await run_agent(agent, "Go")
    result.to_state().approve("c1")
    assert [item.state for item in result.to_state().listed()] == ["pending"]


async def test_a_stopped_run_tells_what_it_has_come_to():
    """RULINGS R24: the error's state is that of the run where it stopped."""
    agent, _ = agent_of("Hello.")
    handle = run_agent(agent, "Hi", max_turns=0)
    with pytest.raises(MaxTurnsExceeded) as raised:
        await handle
    assert raised.value.state.document == handle.state.document


@pytest.mark.parametrize(
    "options",
    [
        {"max_turns": "3"},
        {"max_turns": -1},
        {"max_turns": True},
        {"session": 5},
        {"session": "my-session"},
        {"state_store": 5},
        {"approver": "always"},
        {"compat": "langgraph"},
        {"run_config": {"model": "gpt-4.1"}},
        {"model_provider": 5},
    ],
    ids=str,
)
def test_arguments_that_can_not_be_are_refused_at_once(options):
    """Where they are given, before anything runs, and with the name of the argument."""
    agent, model = agent_of("Hello.")
    with pytest.raises(UserError, match=next(iter(options))):
        run_agent(agent, "Hi", **options)
    assert model.requests == []


NO_ITEMS = {
    "half-a-character": "\ud800",
    "half-a-character-in-a-message": [{"role": "user", "content": "\ud800"}],
    "not-a-number": [{"role": "user", "content": "Hi", "temperature": float("nan")}],
    "key-that-is-no-text": [{"role": "user", "content": "Hi", "more": {1: 2}}],
    "bytes": [{"role": "user", "content": b"Hi"}],
    "call-without-id": [{"type": "function_call", "name": "add", "arguments": "{}"}],
    "call-with-a-number-for-an-id": [{"type": "function_call", "call_id": 5, "name": "add", "arguments": "{}"}],
    "arguments-as-object": [{"type": "function_call", "call_id": "c1", "name": "add", "arguments": {"a": 1}}],
}


@pytest.mark.parametrize("given", NO_ITEMS.values(), ids=NO_ITEMS)
async def test_items_that_can_not_be_kept_are_refused_before_the_run_begins(given):
    """RULINGS R4: a run that could not be saved is not begun, and the error says which item it is."""
    agent, model = agent_of("Hello.")
    with pytest.raises(UserError) as raised:
        await run_agent(agent, given)
    assert (raised.value.code, model.requests) == ("input", [])
