"""The events of the Responses API that a streamed answer of ours is told by (RULINGS R5b)."""

from contextlib import aclosing

import agents
import pytest
from openai.types.responses import Response

from timestep.interop.serving import ServedModel
from timestep.providers.protocol import Delta, ModelResponse
from timestep.testing import message, tool_call
from timestep.types.state import Usage

pytestmark = pytest.mark.timeout(5)


def texts(events):
    """Return the text of all deltas of text."""
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


async def events_of(model, **more):
    """Return the events of a streamed answer."""
    options = {"previous_response_id": None, "conversation_id": None, "prompt": None}
    stream = model.stream_response(
        None, "Hello", agents.ModelSettings(), more.get("tools", []), None, [], agents.ModelTracing.DISABLED, **options
    )
    async with aclosing(stream):
        return [event async for event in stream]


class Streamed:
    """A model that streams what it was given."""

    def __init__(self, *pieces):
        self.pieces, self.name = pieces, "x/m"

    async def respond(self, _request):
        """Give the last piece."""
        return self.pieces[-1]

    async def stream(self, _request):
        """Give each."""
        for piece in self.pieces:
            yield piece


def shape(events):
    """Return what matters of events, in order."""
    found = []
    for event in events:
        told = next(
            (
                getattr(event, name)
                for name in ("delta", "text", "arguments", "refusal", "input")
                if hasattr(event, name)
            ),
            None,
        )
        found.append((event.type.removeprefix("response."), getattr(event, "output_index", None), told))
    return found


async def test_a_streamed_answer_is_told_as_the_responses_api_tells_it():
    """Each item is begun, its pieces come, and it is ended with its whole; the last event holds the whole answer."""
    output = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]},
        {**message("Hi there."), "id": "msg_1"},
        {**tool_call("look", '{"at":1}', "call_1"), "id": "fc_1"},
    ]
    whole = ModelResponse(
        output=output, id="resp_1", request_id="req_1", usage=Usage(input_tokens=3, output_tokens=4, total_tokens=7)
    )
    pieces = [
        Delta(kind="reasoning", text="Hm."),
        Delta(kind="text", text="Hi "),
        Delta(kind="text", text="there."),
        Delta(kind="arguments", text='{"at"', call_id="call_1", name="look"),
        Delta(kind="arguments", text=":1}", call_id="call_1", name="look"),
    ]
    events = await events_of(ServedModel(Streamed(*pieces, whole)))
    assert shape(events) == [
        ("created", None, None),
        ("in_progress", None, None),
        ("output_item.added", 0, None),
        ("content_part.added", 0, None),
        ("reasoning_text.delta", 0, "Hm."),
        ("output_item.added", 1, None),
        ("content_part.added", 1, None),
        ("output_text.delta", 1, "Hi "),
        ("output_text.delta", 1, "there."),
        ("output_item.added", 2, None),
        ("function_call_arguments.delta", 2, '{"at"'),
        ("function_call_arguments.delta", 2, ":1}"),
        ("reasoning_text.done", 0, "Hm."),
        ("content_part.done", 0, None),
        ("output_item.done", 0, None),
        ("output_text.done", 1, "Hi there."),
        ("content_part.done", 1, None),
        ("output_item.done", 1, None),
        ("function_call_arguments.done", 2, '{"at":1}'),
        ("output_item.done", 2, None),
        ("completed", None, None),
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[9].item.model_dump(include={"type", "call_id", "name", "arguments"}) == {
        "type": "function_call",
        "call_id": "call_1",
        "name": "look",
        "arguments": "",
    }
    last = events[-1].response
    assert isinstance(last, Response)
    assert [item.model_dump(mode="json", exclude_unset=True) for item in last.output] == output
    assert (last.id, last.model, last.usage.total_tokens, last._request_id) == ("resp_1", "x/m", 7, "req_1")
    assert [event.item.id for event in events if event.type == "response.output_item.done"] == ["rs_1", "msg_1", "fc_1"]


@pytest.mark.parametrize("known", [True, False])
async def test_every_event_is_one_that_the_openai_package_knows(known):
    """Each is complete and of the right types, as the package itself checks."""
    output = [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [
                {"type": "output_text", "text": "Hi", "annotations": []}, {"type": "refusal", "refusal": "No."},
            ],
        },
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "note", "input": "abc"},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "a"}},
    ]  # fmt: skip
    at = [{"item_id": item["id"], "output_index": index} if known else {} for index, item in enumerate(output)]
    pieces = [
        Delta(kind="reasoning", text="Hm.", **at[0]),
        Delta(kind="text", text="Hi", **at[1]),
        Delta(kind="refusal", text="No.", **at[1]),
        Delta(kind="arguments", text="abc", call_id="call_1", name="note", **at[2]),
    ]
    model = ServedModel(Streamed(*pieces, ModelResponse(output=output)))
    tool = agents.CustomTool(name="note", description="", on_invoke_tool=lambda *_: "")
    events = await events_of(model, tools=[tool])
    for event in events:
        type(event).model_validate(event.model_dump(exclude_unset=True), strict=True)
    names = [name for name, _, _ in shape(events)]
    assert "custom_tool_call_input.delta" in names
    done = {event.output_index: event.item.id for event in events if event.type == "response.output_item.done"}
    assert done == {0: "rs_1", 1: "msg_1", 2: "ctc_1", 3: "ws_1"}
    places = [
        event.content_index
        for event in events
        if event.type in {"response.output_text.delta", "response.refusal.delta"}
    ]
    assert places == [0, 1]


async def test_two_items_of_one_type_are_told_apart_by_their_order():
    """Pieces without an id belong to the one that is being written; what is left at the end has none yet."""
    output = [tool_call("look", "{}", "call_1"), tool_call("look", "[]", "call_2"), message("Hi.")]
    pieces = [
        Delta(kind="arguments", text="{}", output_index=0, name="look"),
        Delta(kind="arguments", text="[]", output_index=1, name="look"),
        Delta(kind="text", text="Hi."),
    ]
    events = await events_of(ServedModel(Streamed(*pieces, ModelResponse(output=output))))
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert [(event.output_index, event.arguments) for event in done] == [(0, "{}"), (1, "[]")]


async def test_what_was_never_streamed_is_told_all_the_same():
    """A server that sends its whole answer at once still shows people its text."""
    output = [{**message("Hi."), "id": "msg_1"}, {**tool_call("look", "{}", "call_1"), "id": "fc_1"}]
    events = await events_of(ServedModel(Streamed(ModelResponse(output=output))))
    assert texts(events) == "Hi."
    assert [(name, index) for name, index, _ in shape(events) if name.startswith("output_item")] == [
        ("output_item.added", 0),
        ("output_item.done", 0),
        ("output_item.added", 1),
        ("output_item.done", 1),
    ]
