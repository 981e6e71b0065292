"""A streamed response, put together from its events."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep.errors import ModelError
from timestep.providers.event_stream import EventReader
from timestep.providers.protocol import Delta
from timestep.providers.responses_stream import StreamedResponse

MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "add", "arguments": ""}


def delta(kind, text, **members):
    """Return the event of a piece."""
    return {"type": f"response.{kind}.delta", "delta": text, **members}


def done(item, **members):
    """Return the event of a whole item."""
    return {"type": "response.output_item.done", "item": item, **members}


def final(status="completed", **members):
    """Return the last event."""
    return {"type": f"response.{status}", "response": {"id": "resp_1", "output": [MESSAGE], **members}}


def take(*events):
    """Return the pieces of a stream of events, and what has become of it."""
    answer = StreamedResponse(provider="openai", request_id="req_1")
    taken = [answer.take(each if isinstance(each, bytes) else json.dumps(each).encode()) for each in events]
    return [piece for pieces in taken for piece in pieces], answer


def test_pieces_of_every_kind_are_given_on_at_once():
    """Text, refusals, reasoning and arguments, with what is known of where they belong."""
    where = {"item_id": "x_1", "output_index": 2}
    pieces, _ = take(
        delta("output_text", "a", **where),
        delta("refusal", "b", **where),
        delta("reasoning_summary_text", "c", **where),
        delta("reasoning_text", "d", **where),
        delta("custom_tool_call_input", "e", **where),
    )
    kinds = ["text", "refusal", "reasoning", "reasoning", "arguments"]
    assert pieces == [Delta(kind=kind, text=text, **where) for kind, text in zip(kinds, "abcde", strict=True)]


@pytest.mark.parametrize(
    ("begun", "where"),
    [
        ({"output_index": 0}, {"item_id": "fc_1", "output_index": 0}),
        ({"output_index": 0}, {"output_index": 0}),
        ({}, {"item_id": "fc_1"}),
    ],
    ids=["both", "by index", "by id"],
)
def test_arguments_say_whose_they_are(begun, where):
    """The call is known from the event that began it, by its id or its place, whichever the server tells."""
    pieces, _ = take(
        {"type": "response.output_item.added", "item": CALL, **begun},
        delta("function_call_arguments", '{"a', **where),
    )
    expected = {"item_id": None, "output_index": None, **where, "call_id": "call_1", "name": "add"}
    assert pieces == [Delta(kind="arguments", text='{"a', **expected)]


def test_the_last_event_holds_the_whole():
    """What it says counts, not what came before."""
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    _, answer = take(done(CALL, output_index=0), final(usage=usage))
    response = answer.end()
    assert (response.output, response.usage.total_tokens, response.id) == ([MESSAGE], 3, "resp_1")
    assert response.request_id == "req_1"


@pytest.mark.parametrize(("status", "reason"), [("incomplete", "max_output_tokens"), ("failed", "Oops")])
def test_a_response_may_end_incomplete_or_failed(status, reason):
    """The event's name says so where the response itself does not."""
    members = {"error": {"message": "Oops"}} if status == "failed" else {"incomplete_details": {"reason": reason}}
    _, answer = take(final(status, **members))
    assert (answer.end().status, answer.end().reason) == (status, reason)


def test_whole_items_stand_in_where_the_last_event_is_empty():
    """They are in the order of their places, or of their coming where no places are told."""
    second = {**MESSAGE, "id": "msg_2"}
    _, answer = take(done(second, output_index=1), done(CALL, output_index=0), final(output=[]))
    assert answer.end().output == [CALL, second]
    _, answer = take(done(CALL), done(second), {"type": "response.completed", "response": {"id": "resp_1"}})
    assert answer.end().output == [CALL, second]


def test_a_response_may_leave_out_what_the_model_thought():
    """Pieces of reasoning need no item; those of a message do, and once it is whole it may be all there is."""
    thought = delta("reasoning_text", "a")
    assert take(thought, final(output=[]))[1].end().output == []
    pieces, answer = take(delta("output_text", "a"), done(MESSAGE), thought, final(output=[]))
    assert (len(pieces), answer.end().output) == (2, [MESSAGE])


def test_what_is_not_known_is_left_out():
    """New kinds of events, signs of life, and whatever follows the end."""
    pieces, answer = take(
        {"type": "response.created", "response": {"status": "in_progress"}},
        {"type": "response.brand_new.delta", "delta": {"x": [1]}, "item": 3},
        {"type": "response.output_text.delta", "delta": {"no": "text"}},
        {"type": "response.output_text.delta", "delta": ""},
        {"type": "keepalive"},
        final(),
        b"[DONE]",  # of the older API
        delta("output_text", "too late"),
    )
    assert pieces == []
    assert answer.end().output == [MESSAGE]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "message": "Overloaded", "code": "server_error"},
        {"type": "error", "error": {"message": "Overloaded"}},
        {"error": {"message": "Overloaded"}},
        {"type": "error", "code": "Overloaded"},
    ],
    ids=str,
)
def test_an_error_in_the_middle_is_raised(event):
    """In each of the forms that servers send it; what was shown so far is no answer."""
    with pytest.raises(ModelError, match="Overloaded") as caught:
        take(delta("output_text", "a"), event)
    assert (caught.value.code, caught.value.sent, caught.value.request_id) == ("model-failed", "yes", "req_1")


@pytest.mark.parametrize(
    "events",
    [
        [],
        [delta("output_text", "a")],
        [done(MESSAGE)],
        [delta("output_text", "a"), final(output=[])],
        [done(CALL), delta("output_text", "a"), final(output=[])],
        [done(CALL), delta("output_text", "a"), final(output=[CALL])],
        [b'{"type":"response.completed","response":{"out'],
        [b"\xff"],
        [b"3"],
        [{"type": "response.completed"}],
        [{"type": "response.completed", "response": None}],
        [{"type": "response.completed", "response": {"status": "in_progress", "output": []}}],
        [{"type": "response.output_item.done"}],
        [{"type": "response.output_item.done", "item": "text"}],
        [{"type": 7}],
        [b'{"type":"response.created","delta":' + b"[" * 100_000],
    ],
    ids=str,
)
def test_a_stream_without_its_end_is_no_answer(events):
    """Cut off, empty, or not what it says it is: refused, never half taken."""
    with pytest.raises(ModelError) as caught:
        take(*events)[1].end()
    assert caught.value.code == "model-answer"


END = {"type": "response.completed", "response": {"id": "resp_1"}}


@given(text=st.text(max_size=20), data=st.data())
def test_however_a_stream_is_cut_it_is_the_same(text, data):
    """Into deltas, into lines of any ending, into chunks of bytes anywhere; without places, as llama.cpp has it."""
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=3)))
    cuts = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    message = {**MESSAGE, "content": [{"type": "output_text", "text": text}]}
    events = [{"type": "response.output_item.added", "item": MESSAGE}]
    events += [delta("output_text", each, item_id="msg_1") for each in cuts]
    events += [
        done(message),
        done({**CALL, "arguments": text}),
        {"type": "response.completed", "response": {"id": "r"}},
    ]
    ending = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    raw = "".join(f"event: {each['type']}{ending}data: {json.dumps(each)}{ending * 2}" for each in events).encode()
    places = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    reader, answer = EventReader(), StreamedResponse(provider="openai")
    found = []
    for start, end in zip([0, *places], [*places, len(raw)], strict=True):
        found += [each for event in reader.feed(raw[start:end]) for each in answer.take(event)]
    found += [each for event in reader.end() for each in answer.take(event)]
    assert "".join(each.text for each in found) == text
    assert answer.end().output == [message, {**CALL, "arguments": text}]
