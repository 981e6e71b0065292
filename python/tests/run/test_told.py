"""What events say, in detail: positions, orders, what would run, and what is told again (events.md)."""

import pytest

import timestep
from timestep import Agent, GuardrailResult, InputGuardrail, ModelError, function_tool, run_agent
from timestep.codec import document as codec
from timestep.providers.protocol import Delta, ModelResponse
from timestep.testing import ScriptedModel, message, tool_call

from .test_streaming import keep, told

pytestmark = pytest.mark.timeout(5)
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "so"}]}


def of(events, *kinds):
    """Return the events of some types."""
    return [event for event in events if event["type"] in kinds]


@function_tool(needs_approval=True)
def send(to: str) -> str:
    """Send."""
    return f"sent to {to}"


@function_tool
def fail(to: str) -> str:
    """Fail."""
    raise LookupError(to)


async def test_the_items_of_an_answer_are_told_in_their_order_with_their_places(watched):
    """TS-EVENT-001, TS-EVENT-004: `item` is the position in the log, of a call's end too; usage is told after them."""
    answer = [
        THOUGHT,
        message("Let me see."),
        tool_call("fail", {"to": "a"}, "c1"),
        tool_call("fail", {"to": "b"}, "c2"),
    ]
    result = await run_agent(Agent("A", ScriptedModel([answer, "Done."]), tools=[fail]), "Hi")
    log = result.to_state().document.runs[0].log
    first = watched[: watched.index(of(watched, "turn_finished")[0])]
    assert [event["type"] for event in first[2:7]] == ["item", "message", "tool_call", "tool_call", "usage"]
    assert [event.get("call_id", event.get("item_id")) for event in first[2:6]][2:] == ["c1", "c2"]
    for event in of(watched, "item", "message", "tool_call"):
        item = log[event["item"]].item
        assert (event.get("item_id"), event.get("call_id")) == (item.get("id"), item.get("call_id"))
    assert {event["call_id"]: event["item"] for event in of(watched, "tool_error")} == {"c1": 3, "c2": 4}


async def test_an_error_of_a_call_has_the_output_that_the_model_is_told(watched):
    """TS-EVENT-001: `output` is that, and `message` what went wrong."""
    block = InputGuardrail(lambda _tool, _args: GuardrailResult.block("not today"), "b")
    for guardrails, code in (([], "tool-failed"), ([block], "call-blocked")):
        model = ScriptedModel([tool_call("fail", {"to": "ann"}, "c1"), "Done."])
        await run_agent(Agent("A", model, tools=[fail], guardrails=guardrails), "Hi")
        error = of(watched, "tool_error")[-1]
        assert (error["code"], error["output"]) == (code, model.requests[-1].input[-1]["output"])
        assert error["message"] != error["output"]


async def test_a_person_is_told_what_would_run():
    """TS-EVENT-001: `arguments` of an `approval` are those after the guardrails, of a `tool_call` the model's text."""
    change = InputGuardrail(lambda _tool, _args: GuardrailResult.modify_args({"to": "bob"}), "c")
    call = {"type": "function_call", "call_id": "c1", "name": "send", "arguments": '{ "to" : "ann" }'}
    events = await told(run_agent(Agent("A", ScriptedModel([[call]]), tools=[send], guardrails=[change]), "Go"))
    assert of(events, "tool_call")[0]["arguments"] == '{ "to" : "ann" }'
    assert of(events, "approval")[0]["arguments"] == '{"to":"bob"}'


async def test_a_call_is_asked_about_each_time_the_run_waits(watched):
    """TS-EVENT-001: of two calls one is decided; the other is told again when the run stops for it."""
    answer = [tool_call("send", {"to": to}, to) for to in ("ann", "bob")]
    agent = Agent("A", ScriptedModel([answer, "Done."]), tools=[send])
    state = (await run_agent(agent, "Go")).to_state()
    assert [event["call_id"] for event in of(watched, "approval")] == ["ann", "bob"]
    state.approve("ann")
    await run_agent(agent, state)
    assert [event["call_id"] for event in of(watched, "approval")] == ["ann", "bob", "bob"]


async def test_the_count_is_in_the_saved_state():
    """TS-EVENT-003: a run that is read from its file goes on from the next number."""
    agent = Agent("A", ScriptedModel([tool_call("send", {"to": "ann"}, "c1"), "Done."]), tools=[send])
    handle = run_agent(agent, "Go")
    before = await told(handle)
    saved = codec.encode((await handle).to_state().document)
    state = timestep.read(saved, trusted=True)
    assert state.document.told == before[-1]["seq"] == len(before)
    state.approve("c1")
    after = await told(run_agent(agent, state))
    assert [event["seq"] for event in after] == [len(before) + 1 + index for index in range(len(after))]


class Shaky:
    """A model whose first answer breaks off after two pieces."""

    def __init__(self):
        self.asked = 0

    async def respond(self, _request):
        """Give the whole."""
        return ModelResponse(output=[message("abc")])

    async def stream(self, request):
        """Give it letter by letter, once in vain."""
        self.asked += 1
        for letter in "abc":
            yield Delta(kind="text", text=letter)
            if letter == "b" and self.asked == 1:
                raise ModelError("down")
        yield await self.respond(request)


async def test_a_turn_that_is_asked_again_is_told_again():
    """TS-EVENT-001, TS-EVENT-006: with the same number, and its pieces count from 0."""
    agent = Agent("A", Shaky())
    handle = run_agent(agent, "Hi", stream=True)
    events = []
    with pytest.raises(ModelError):
        await keep(events, handle)
    again = await told(run_agent(agent, handle.state, stream=True))
    assert [event["turn"] for event in of([*events, *again], "turn_started")] == [1, 1]
    assert [event["index"] for event in of(events, "content_delta")] == [0, 1]
    assert [event["index"] for event in of(again, "content_delta")] == [0, 1, 2]
    assert [event["type"] for event in again[:2]] == ["run_resumed", "turn_started"]


async def test_pieces_are_for_those_who_read_at_the_time():
    """TS-EVENT-005, TS-EVENT-006: who comes later is told all durable events once and in order, and no old piece."""
    handle = run_agent(Agent("A", ScriptedModel(["one two three"])), "Hi", stream=True)
    reader = aiter(handle)
    first = [await anext(reader)]
    while first[-1]["type"] != "content_delta":
        first.append(await anext(reader))
    middle = aiter(handle)
    first += [event async for event in reader]
    rest, late = [event async for event in middle], await told(handle)
    durable = [event for event in first if "seq" in event]
    assert late == durable
    assert [event for event in rest if "seq" in event] == durable
    assert len(of(rest, "content_delta")) < len(of(first, "content_delta")) == 3
