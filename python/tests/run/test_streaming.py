"""Events in order: their numbers, pieces of answers, slow readers, and what nested runs tell (events.md)."""

import asyncio

import pytest

from timestep import (
    Agent,
    AgentsException,
    Handoff,
    ModelBehaviorError,
    ModelError,
    RunConfig,
    function_tool,
    run_agent,
)
from timestep.loop.stream import MOST_WAITING
from timestep.providers.protocol import Delta, ModelResponse
from timestep.testing import ScriptedModel, handoff_to, message, tool_call

pytestmark = pytest.mark.timeout(5)
DELTAS = {"content_delta", "reasoning_delta", "refusal_delta", "arguments_delta"}


async def told(events):
    """Return all events."""
    return [event async for event in events]


async def keep(seen, events):
    """Read events into a list, which has what came before an error."""
    async for event in events:
        seen.append(event)


def durable(events):
    """Return the events that are not deltas."""
    return [event for event in events if event["type"] not in DELTAS]


class Pieces:
    """A model that gives one-letter pieces and counts how many were taken."""

    def __init__(self, count):
        self.count, self.given = count, 0

    async def respond(self, _request):
        """Give the whole."""
        return ModelResponse(output=[{**message("x" * self.count), "id": "m1"}])

    async def stream(self, request):
        """Give it letter by letter."""
        for _ in range(self.count):
            self.given += 1
            yield Delta(kind="text", text="x", item_id="m1", output_index=0)
        yield await self.respond(request)


async def settled():
    """Let everything run that can."""
    for _ in range(4 * MOST_WAITING):
        await asyncio.sleep(0)


# --- numbers


async def test_durable_events_are_numbered_from_one_without_gaps():
    """TS-EVENT-003: `seq` counts durable events."""
    agent = Agent("A", ScriptedModel(["one two three"]))
    events = await told(run_agent(agent, "Hi", stream=True))
    found = durable(events)
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    assert len({event["run"] for event in events}) == 1


async def test_numbers_go_on_over_a_resume():
    """TS-EVENT-003: the events of a resumed run follow those of the run before."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1"), "Done."]), tools=[send])
    first = run_agent(agent, "Go")
    before = await told(first)
    state = (await first).to_state()
    state.approve("c1")
    after = await told(run_agent(agent, state))
    assert after[0]["type"] == "run_resumed"
    assert [event["seq"] for event in [*before, *after]] == list(range(1, len(before) + len(after) + 1))


async def test_a_delta_says_after_which_event_it_comes_and_which_one_it_is():
    """TS-EVENT-006: a delta has `after_seq` and `index`, and no number of its own."""
    agent = Agent("A", ScriptedModel(["one two", "never"]))
    events = await told(run_agent(agent, "Hi", stream=True))
    last = 0
    for event in events:
        if event["type"] in DELTAS:
            assert ("seq" not in event, event["after_seq"]) == (True, last)
        else:
            last = event["seq"]
    assert [event["index"] for event in events if event["type"] in DELTAS] == [0, 1]


# --- pieces


async def test_the_pieces_of_a_message_make_its_text():
    """TS-EVENT-008: joined by item, they are the content of the event that follows them."""
    agent = Agent("A", ScriptedModel(["one two three"]))
    events = await told(run_agent(agent, "Hi", stream=True))
    whole = next(event for event in events if event["type"] == "message")
    pieces = [event for event in events if event["type"] == "content_delta"]
    assert "".join(piece["content"] for piece in pieces) == whole["content"] == "one two three"
    assert {piece["item_id"] for piece in pieces} == {whole["item_id"]}
    assert max(events.index(piece) for piece in pieces) < events.index(whole)


async def test_pieces_of_arguments_reasoning_and_refusals_are_told_by_their_kind():
    """TS-EVENT-001: each kind of piece has its type."""

    @function_tool
    def send(to: str) -> str:
        """Send."""
        return to

    thought = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "so so"}]}
    refusal = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I won't."}]}
    agent = Agent("A", ScriptedModel([[thought, tool_call("send", {"to": "ann"}, "c1")], refusal]), tools=[send])
    handle = run_agent(agent, "Hi", stream=True)
    events = []
    with pytest.raises(ModelBehaviorError, match="I won't"):
        await keep(events, handle)
    found = {event["type"]: event for event in events if event["type"] in DELTAS}
    assert set(found) == {"reasoning_delta", "arguments_delta", "refusal_delta"}
    assert (found["arguments_delta"]["call_id"], found["arguments_delta"]["tool"]) == ("c1", "send")
    assert [event["kind"] for event in events if event["type"] == "item"] == ["reasoning"]


async def test_a_reader_in_the_middle_of_an_answer_sees_what_it_has_missed():
    """TS-EVENT-006: `index` is the number of the piece in the answer, whoever was told those before it."""
    model, gate = Pieces(3), asyncio.Event()
    whole = model.stream

    async def stream(request):
        pieces = whole(request)
        yield await anext(pieces)
        gate.set()
        await settled()
        async for piece in pieces:
            yield piece

    model.stream = stream
    handle = run_agent(Agent("A", model), "Hi", stream=True)
    result = await handle
    await gate.wait()
    late = [event for event in await told(result.stream_events()) if event["type"] in DELTAS]
    assert [event["index"] for event in late] == [1, 2]


async def test_without_streaming_there_are_no_pieces():
    """RULINGS R1: the same events without the deltas."""
    agent = Agent("A", Pieces(3))
    assert durable(events := await told(run_agent(agent, "Hi"))) == events


# --- slow readers


async def test_a_slow_reader_holds_the_model_back():
    """TS-EVENT-006: a reader may be so many pieces behind and no more; reading on lets the model go on."""
    model = Pieces(10 * MOST_WAITING)
    events = aiter(run_agent(Agent("A", model), "Hi", stream=True))
    await anext(events)
    await settled()
    assert model.given == MOST_WAITING
    rest = [event async for event in events]
    assert len([event for event in rest if event["type"] in DELTAS]) == model.given == 10 * MOST_WAITING
    assert rest[-1]["type"] == "run_finished"


async def test_a_run_that_nobody_reads_is_not_held_back():
    """RULINGS R3: while nobody reads, pieces are folded into the item."""
    model = Pieces(10 * MOST_WAITING)
    result = await run_agent(Agent("A", model), "Hi", stream=True)
    await settled()
    assert (model.given, result.is_complete) == (10 * MOST_WAITING, True)
    late = await told(result.stream_events())
    assert durable(late) == late


async def test_a_run_that_is_awaited_is_not_held_back_by_a_reader_who_stopped():
    """RULINGS R3: who awaits the result waits for the end, and not for another's reading."""
    model = Pieces(10 * MOST_WAITING)
    handle = run_agent(Agent("A", model), "Hi", stream=True)
    events = aiter(handle)
    await anext(events)
    await settled()
    assert len((await (await handle)).final_output) == 10 * MOST_WAITING
    assert (await told(events))[-1]["type"] == "run_finished"


async def test_a_reader_who_goes_away_lets_the_model_go_on():
    """TS-EVENT-006: a closed iteration holds nobody."""
    model = Pieces(10 * MOST_WAITING)
    handle = run_agent(Agent("A", model), "Hi", stream=True)
    events = aiter(handle)
    await anext(events)
    await settled()
    await events.aclose()
    await settled()
    await settled()
    await settled()
    assert model.given == 10 * MOST_WAITING
    await (await handle)


async def test_the_slowest_of_two_readers_counts():
    """TS-EVENT-006: one who reads fast does not make another's queue grow."""
    model = Pieces(10 * MOST_WAITING)
    handle = run_agent(Agent("A", model), "Hi", stream=True)
    slow = aiter(handle)
    await anext(slow)
    fast = asyncio.ensure_future(told(handle))
    await settled()
    assert model.given == MOST_WAITING
    rest, all_ = await asyncio.gather(told(slow), fast)
    assert durable(all_)[1:] == durable(rest)


async def test_a_reader_that_is_cancelled_leaves_the_run_alone():
    """A task that reads may be cancelled; the run and other readers go on."""
    gate = asyncio.Event()

    async def answer(_request):
        await gate.wait()
        return "Hello."

    handle = run_agent(Agent("A", ScriptedModel([answer])), "Hi", stream=True)
    reading = asyncio.ensure_future(told(handle))
    await settled()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    gate.set()
    assert (await (await handle)).final_output == "Hello."


# --- what is told


async def test_a_run_with_a_tool_is_told_in_order():
    """TS-EVENT-001, TS-EVENT-004: run, turns, items of an answer, usage, results."""

    @function_tool
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    agent = Agent("A", ScriptedModel([tool_call("add", {"a": 1, "b": 2}, "c1"), "3."]), tools=[add])
    events = await told(run_agent(agent, "Hi"))
    assert [event["type"] for event in events] == [
        *["run_started", "turn_started", "tool_call", "usage", "tool_result", "turn_finished"],
        *["turn_started", "message", "usage", "turn_finished", "run_finished"],
    ]
    call, result = events[2], events[4]
    assert (call["tool"], call["arguments"], call["call_id"]) == ("add", '{"a":1,"b":2}', "c1")
    assert (result["tool"], result["output"], result["call_id"]) == ("add", "3", "c1")
    assert [event["turn"] for event in events if event["type"] == "turn_started"] == [1, 2]
    assert events[-1]["final_output"] == "3."


async def test_a_handoff_is_told():
    """TS-EVENT-001: with both agents; what follows is the other agent's."""
    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"))
    agent = Agent("A", ScriptedModel([handoff_to("B", call_id="h1")]), handoffs=[other])
    events = await told(run_agent(agent, "Hi"))
    (handoff,) = [event for event in events if event["type"] == "handoff"]
    assert (handoff["from"], handoff["to"], handoff["call_id"]) == ("A", "B", "h1")
    assert [event["agent"] for event in events if event["type"] == "turn_started"] == ["A", "B"]
    assert [event["agent"] for event in events if event["type"] == "turn_finished"] == ["A", "B"]


async def test_nested_runs_are_told_in_the_same_stream():
    """TS-EVENT-002: with the id of the nested run and its parent; the numbers count all of them."""
    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"))
    model = ScriptedModel([handoff_to("B", {"message": "Who?"}, "d1"), "It is B."])
    events = await told(run_agent(Agent("A", model, handoffs=[Handoff(other, "delegate")]), "Hi", stream=True))
    root = events[0]["run"]
    (nested,) = [event for event in events if event["type"] == "run_started" and event["run"] != root]
    assert (nested["parent"], nested["agent"]) == (root, "B")
    assert any(event["type"] == "message" and event["run"] == nested["run"] for event in events)
    assert [event["seq"] for event in durable(events)] == list(range(1, len(durable(events)) + 1))
    assert [event["run"] for event in events if event["type"] == "run_finished"] == [root]


async def test_a_pause_is_the_last_thing_told_and_says_why():
    """TS-EVENT-007: after the calls that wait."""

    @function_tool(needs_approval=True)
    def send(to: str) -> str:
        """Send."""
        return to

    agent = Agent("A", ScriptedModel([tool_call("send", {"to": "ann"}, "c1")]), tools=[send])
    events = await told(run_agent(agent, "Go"))
    asked, paused = events[-2:]
    assert (asked["type"], asked["tool"], asked["arguments"], asked["agent"]) == (
        "approval",
        "send",
        '{"to":"ann"}',
        "A",
    )
    assert (paused["type"], paused["reason"]) == ("run_interrupted", "approval")


async def test_decisions_in_place_are_told():
    """TS-EVENT-001: the question, the answer, and going on are in the record."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1"), "Done."]), tools=[send])
    events = await told(run_agent(agent, "Go", approver=lambda _asked: True))
    kinds = [event["type"] for event in events]
    first = kinds.index("approval")
    assert kinds[first : first + 5] == ["approval", "run_interrupted", "approval_decided", "run_resumed", "tool_result"]
    assert (events[first + 2]["decision"], events[first + 2]["always"]) == ("approve", False)


async def test_a_run_that_fails_in_user_code_ends_its_stream_with_the_error():
    """TS-EVENT-007: what no rule foresees is raised to the reader after what is known."""

    def instructions(_ctx, _agent):
        raise LookupError("no such text")

    seen = []
    with pytest.raises(LookupError, match="no such text"):
        await keep(seen, run_agent(Agent("A", ScriptedModel([]), instructions), "Hi"))
    assert [event["type"] for event in seen] == ["run_started"]


async def test_a_stream_that_breaks_off_is_a_failed_model():
    """A model that ends its pieces without an answer has failed; what came is no answer."""

    class Broken:
        async def respond(self, _request):
            raise AssertionError

        async def stream(self, _request):
            yield Delta(kind="text", text="Hel")

    handle = run_agent(Agent("A", Broken()), "Hi", stream=True)
    with pytest.raises(ModelError, match="ended without an answer") as raised:
        await told(handle)
    assert raised.value.state.document.runs[0].step.reason == "error"


REFUSAL = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I won't."}]}


@pytest.mark.parametrize(
    ("answer", "options", "code"),
    [
        (ModelError("down", code="model-unavailable"), {}, "model-unavailable"),
        (REFUSAL, {}, "model-refusal"),
        ("Hello.", {"max_turns": 0}, "max-turns"),
        ("Hello.", {"run_config": RunConfig(max_tokens=0)}, "max-tokens"),
        (tool_call("nope"), {"run_config": RunConfig(tool_not_found="raise")}, "tool-unknown"),
    ],
    ids=["model", "refusal", "turns", "tokens", "tool"],
)
async def test_whatever_stops_a_run_is_told_as_one_error(answer, options, code):
    """TS-EVENT-007: just before the pause, with the code of the exception; the result has it too."""
    handle = run_agent(Agent("A", ScriptedModel([answer])), "Hi", stream=True, **options)
    result = await handle
    with pytest.raises(AgentsException) as raised:
        await result
    events = [event["type"] for event in result._driver.stream.events]
    error = result["errors"][-1]
    assert (raised.value.code, error["code"]) == (code, code)
    assert (events[-2:], events.count("error")) == (["error", "run_interrupted"], 1)


async def test_a_nested_run_that_fails_is_told_as_an_error_of_that_run():
    """TS-EVENT-002: with its own id, before the call above fails."""
    inner = Agent("Inner", ScriptedModel([ModelError("down", code="model-unavailable")], prefix="i_"))
    model = ScriptedModel([tool_call("ask", {"input": "?"}, "c1"), "It is down."])
    events = await told(run_agent(Agent("A", model, tools=[inner.as_tool("ask")]), "Hi"))
    (error,) = [event for event in events if event["type"] == "error"]
    assert (error["code"], error["run"] != events[0]["run"]) == ("model-unavailable", True)
    assert events[events.index(error) + 1]["type"] == "tool_error"
