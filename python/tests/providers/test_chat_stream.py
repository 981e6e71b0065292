"""A streamed Chat Completions API answer, put together from its chunks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep.errors import ModelError
from timestep.providers.chat_answer import read_completion
from timestep.providers.chat_stream import StreamedCompletion
from timestep.providers.event_stream import EventReader
from timestep.providers.protocol import Delta, ModelRequest

REQUEST = ModelRequest(model=None, input=[{"type": "function_call", "call_id": "used", "name": "f"}], key="run/1")
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def chunk(delta=None, finish_reason=None, index=0, **members):
    """Return a chunk with one choice."""
    choice = {"index": index, "delta": delta or {}, "finish_reason": finish_reason, "logprobs": None}
    return {"id": "c_1", "model": "m-1", "usage": None, "choices": [choice], **members}


def calls(*pieces, **members):
    """Return a chunk with pieces of calls."""
    return chunk({"tool_calls": list(pieces)}, **members)


def piece(index=None, id_=None, name=None, arguments=None, **members):
    """Return a piece of a call, with only what is given."""
    function = {key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None}
    told = {"index": index, "id": id_, **members}
    return {**{key: value for key, value in told.items() if value is not None}, "function": function}


END = chunk(finish_reason="stop")
CALLS_END = chunk(finish_reason="tool_calls")
COST = {"id": "c_1", "choices": [], "usage": USAGE}
DONE = b"[DONE]"


def take(*events, request=REQUEST):
    """Return the pieces of a stream of events, and what has become of it."""
    answer = StreamedCompletion(request, provider="lab", request_id="req_1")
    taken = [answer.take(each if isinstance(each, bytes) else json.dumps(each).encode()) for each in events]
    return [found for pieces in taken for found in pieces], answer


def whole(message, finish_reason="stop"):
    """Return the items that the same answer becomes in one piece."""
    data = {"choices": [{"message": message, "finish_reason": finish_reason}]}
    return read_completion(json.dumps(data).encode(), REQUEST, provider="lab").output


def call(call_id, arguments, name="add"):
    """Return a call as this API has it in one piece."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_pieces_of_every_kind_are_given_on_at_once():
    """Text, refusals, reasoning and arguments, with the ids that their items will have."""
    pieces, answer = take(
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "h"}),
        chunk({"reasoning": "m"}),
        chunk({"content": "s"}),
        chunk({"content": "o"}),
        chunk({"refusal": "no"}),
        calls(piece(0, "a", "add", "")),
        calls(piece(0, arguments='{"x"')),
        calls(piece(0, arguments=":1}")),
        CALLS_END,
        COST,
        DONE,
    )
    response = answer.end()
    thought, said, called = response.output
    assert pieces == [
        Delta(kind="reasoning", text="h", item_id=thought["id"]),
        Delta(kind="reasoning", text="m", item_id=thought["id"]),
        Delta(kind="text", text="s", item_id=said["id"]),
        Delta(kind="text", text="o", item_id=said["id"]),
        Delta(kind="refusal", text="no", item_id=said["id"]),
        Delta(kind="arguments", text='{"x"', item_id=called["id"], call_id="a", name="add"),
        Delta(kind="arguments", text=":1}", item_id=called["id"], call_id="a", name="add"),
    ]
    message = {"reasoning": "hm", "content": "so", "refusal": "no", "tool_calls": [call("a", '{"x":1}')]}
    assert response.output == whole(message)
    assert (response.id, response.request_id, response.usage.total_tokens) == ("c_1", "req_1", 7)


B = ("b", "sub", '{"y":2}')
AB = {"tool_calls": [call("a", '{"x":1}'), call("b", '{"y":2}', "sub")]}


@pytest.mark.parametrize(
    "events",
    [
        [
            calls(piece(0, "a", "add", "")), calls(piece(1, "b", "sub", "")), calls(piece(0, arguments='{"x":')),
            calls(piece(1, arguments='{"y":')), calls(piece(1, arguments="2}"), piece(0, arguments="1}")),
        ],
        [calls(piece(0, "a", "add", '{"x":1}'), piece(1, "b", "sub", '{"y":2}'))],
        [calls(piece(None, "a", "add", '{"x":1}'), piece(None, "b", "sub", '{"y":2}'))],
        [calls(piece(0, "a", "add", '{"x":1}')), calls(piece(0, "b", "sub", '{"y":2}'))],
        [calls(piece(None, "a", "add", '{"x":')), calls(piece(arguments="1}")), calls(piece(None, *B))],
        [calls(piece(None, "a", "add", '{"x":')), calls(piece(None, *B)), calls(piece(None, "a", None, "1}"))],
        [calls(piece(0, "a", None, '{"x":')), calls(piece(0, None, "add", "1}")), calls(piece(1, *B))],
        [
            calls(piece(0, "a", "ad")), calls(piece(0, None, "d", '{"x":1}')), calls(piece(1, "b", "sub")),
            calls(piece(1, "b", "sub", '{"y":')), calls(piece(1, "b", "sub", "2}")),
        ],
        [calls(piece(7, "a", "add", '{"x":1}')), calls(piece(9, "b", "sub", '{"y":2}'))],
        [calls(piece(0, "a", "add", '{"x":1}', type="function")), calls(piece(1, "b", "sub", {"y": 2}))],
    ],
    ids=["interleaved", "at once", "no index", "one index for all", "no index, in pieces", "no index, by id",
         "name later", "name in pieces, and again", "gaps", "an object"],
)  # fmt: skip
def test_pieces_of_calls_find_their_call(events):
    """By index; by id where a server has no index, or the same one for all."""
    _, answer = take(*events, CALLS_END)
    assert answer.end().output == whole(AB, "tool_calls")


def test_two_calls_without_any_id_are_two():
    """Each that has a name begins another."""
    _, answer = take(calls(piece(name="add", arguments='{"x":1}')), calls(piece(name="add", arguments='{"x":2}')), END)
    output = answer.end().output
    assert [item["arguments"] for item in output] == ['{"x":1}', '{"x":2}']
    assert len({item["call_id"] for item in output}) == 2


def test_a_call_id_that_is_taken_is_replaced_in_the_pieces_too():
    """What is shown while it streams is what stands in the run."""
    pieces, answer = take(
        calls(piece(0, "used", "add", "{")),
        calls(piece(0, arguments="}")),
        calls(piece(1, "b", "add", "{}")),
        calls(piece(2, "b", "add", "{}")),
        END,
    )
    found = [item["call_id"] for item in answer.end().output]
    assert found[0].startswith("call_")
    assert found[1] == "b"
    assert found[2].startswith("call_")
    assert len(set(found)) == 3
    assert [each.call_id for each in pieces] == [found[0], found[0], found[1], found[2]]


def test_other_kinds_of_calls():
    """A custom tool's input, and the one call of the API's first years."""
    custom = [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "patch", "input": "x"}}]
    pieces, answer = take(
        chunk({"tool_calls": custom}), chunk({"tool_calls": [{"index": 0, "custom": {"input": "=1"}}]}), END
    )
    (item,) = answer.end().output
    assert (item["type"], item["name"], item["input"]) == ("custom_tool_call", "patch", "x=1")
    assert [each.text for each in pieces] == ["x", "=1"]
    assert {each.item_id for each in pieces} == {item["id"]}
    _, answer = take(
        chunk({"function_call": {"name": "add", "arguments": "{"}}), chunk({"function_call": {"arguments": "}"}}), END
    )
    (item,) = answer.end().output
    assert (item["name"], item["arguments"]) == ("add", "{}")


def test_a_signature_of_a_call_is_kept():
    """As in one piece."""
    extra = {"extra_content": {"google": {"thought_signature": "s"}}}
    _, answer = take(calls(piece(0, "a", "add", "{}", **extra)), calls(piece(0, arguments="", extra_content={})), END)
    assert answer.end().output == whole({"tool_calls": [{**call("a", "{}"), **extra}]})
    assert answer.end().output[0]["provider_data"] == {"thought_signature": "s"}


def test_the_pieces_of_openrouters_form_of_a_thought_are_put_together():
    """Texts of one place are one; what is encrypted comes whole."""
    kind, secret = "reasoning.text", {"type": "reasoning.encrypted", "data": "g", "index": 1}
    sent = [
        {"type": kind, "text": "h", "index": 0, "signature": None},
        {"type": kind, "text": "m", "index": 0},
        {"type": kind, "text": None, "index": 0, "signature": "s"},
        secret,
        secret,
        {"type": kind, "text": "x", "index": 2},
        3,
    ]
    events = [chunk({"reasoning_details": [each]}) for each in sent]
    _, answer = take(*events, calls(piece(0, "a", "add", "{}")), END)
    assert answer.end().output[-1]["provider_data"]["reasoning_details"] == [
        {"type": kind, "text": "hm", "index": 0, "signature": "s"},
        secret,
        secret,
        {"type": kind, "text": "x", "index": 2},
        3,
    ]


def test_a_call_without_arguments_has_an_empty_object():
    """Some servers leave them out."""
    _, answer = take(calls(piece(0, "a", "add")), calls({"index": 0, "function": {"arguments": None}}), END)
    assert answer.end().output[0]["arguments"] == "{}"


def test_what_is_told_about_the_text_is_kept():
    """Annotations and probabilities, from whichever chunks they come in."""
    token = {"token": "so", "logprob": -0.1, "bytes": None, "top_logprobs": []}
    first = chunk({"content": "so"})
    first["choices"][0]["logprobs"] = {"content": [token], "refusal": None}
    cited = [{"type": "url_citation", "url_citation": {"url": "https://a"}}]
    _, answer = take(first, chunk({"annotations": cited}), END)
    (part,) = answer.end().output[0]["content"]
    assert (part["logprobs"], part["annotations"]) == ([token], [{"type": "url_citation", "url": "https://a"}])


@pytest.mark.parametrize(
    "ending",
    [
        [END],
        [END, DONE],
        [END, COST],
        [END, COST, DONE],
        [{**END, "usage": USAGE}],
        [END, b"", b" ", DONE],
        [chunk(finish_reason="stop", index=None)],
        [{"choices": [{"finish_reason": "stop"}]}],
        [chunk(finish_reason=""), END],
        [END, chunk(finish_reason=None)],
        [chunk({"content": "x"}, "stop", index=1), END],
        [{"choices": None, "usage": None}, {"new": [1]}, END],
    ],
    ids=str,
)
def test_an_answer_ends_with_the_reason_for_its_end(ending):
    """What may follow is what it cost, and the word that all is said; other choices are left out."""
    pieces, answer = take(chunk({"content": "so"}), *ending)
    response = answer.end()
    assert (response.output, response.status) == (whole({"content": "so"}), "completed")
    assert "".join(each.text for each in pieces) == "so"


def test_after_the_end_nothing_counts():
    """Once it was said that all is said, or what it cost."""
    for last in ([DONE], [COST]):
        pieces, answer = take(chunk({"content": "so"}), END, *last, chunk({"content": "late"}), b"nonsense")
        assert [each.text for each in pieces] == ["so"]
        assert answer.whole is answer.end()


def test_a_server_that_counts_all_along_is_waited_for():
    """Counts before the end say nothing of it."""
    pieces, answer = take(
        {**chunk({"content": "s"}), "usage": USAGE}, {**chunk({"content": "o"}, "stop"), "usage": USAGE}
    )
    assert [each.text for each in pieces] == ["s", "o"]
    assert answer.end().usage.total_tokens == 7


def test_a_reason_and_counts_with_every_piece_end_nothing():
    """As servers for Gemini have been seen to send them; only a piece that adds nothing is the last one."""
    events = [
        chunk({"content": ""}, "stop"),
        chunk({"content": "s"}, "stop"),
        chunk({"content": "o"}, "stop"),
        calls(piece(None, "a", "add", '{"x":1}'), finish_reason="stop"),
        calls(piece(None, *B), finish_reason="stop"),
    ]
    pieces, answer = take(*({**each, "usage": USAGE} for each in events))
    assert answer.whole is None
    assert [each.text for each in pieces] == ["s", "o", '{"x":1}', '{"y":2}']
    assert answer.end().output == whole({"content": "so", **AB}, "tool_calls")
    _, answer = take(*events, {**chunk({"content": ""}, "stop"), "usage": USAGE})
    assert answer.whole.usage.total_tokens == 7


def test_the_name_of_another_tool_begins_another_call():
    """Some servers have one index for all calls, and no ids."""
    _, answer = take(calls(piece(0, None, "add", '{"x":1}')), calls(piece(0, None, "sub", '{"y":2}')), END)
    assert [(item["name"], item["arguments"]) for item in answer.end().output] == [
        ("add", '{"x":1}'),
        ("sub", '{"y":2}'),
    ]


def test_a_limit_cuts_off():
    """As in one piece."""
    _, answer = take(chunk({"content": "so"}), chunk(finish_reason="length"), DONE)
    response = answer.end()
    assert (response.status, response.reason) == ("incomplete", "max_output_tokens")
    assert response.output == whole({"content": "so"}, "length")


@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "Overloaded", "code": 529}},
        {"error": "Overloaded"},
        {
            "error": {"code": "Overloaded"},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
        },
        {"object": "error", "message": "Overloaded"},
        {"object": "error", "message": {"detail": [{"msg": "Overloaded"}]}},
        {"detail": "Overloaded"},
    ],
    ids=str,
)
def test_an_error_in_the_middle_is_raised(event):
    """In each of the forms that servers send it; what was shown so far is no answer."""
    with pytest.raises(ModelError, match="lab broke off its answer: Overloaded") as caught:
        take(chunk({"content": "so"}), event)
    assert (caught.value.code, caught.value.sent, caught.value.request_id) == ("model-failed", "yes", "req_1")


@pytest.mark.parametrize(
    "events",
    [
        [],
        [chunk({"content": "so"})],
        [chunk({"content": "so"}), DONE],
        [chunk({"content": "so"}), COST],
        [calls(piece(0, "a", "add", '{"x')), b'{"choices":[{"ind'],
        [calls(piece(0, "a", None, "{}")), END],
        [calls({"index": 0, "type": "shell", "id": "a", "function": {"name": "x"}}), END, DONE],
        [b"\xff"],
        [b"3"],
        [b"<html>"],
        [b"[" * 100_000],
        [b'{"choices":[{"delta":{"annotations":[' + b"[" * 300 + b"]" * 300 + b"]}}]}", END],
        [b'{"choices":' * 100_000],
        [{"choices": "text"}],
        [{"choices": [{"delta": "text"}]}],
        [b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\\ud800"}}]}}]}'],
        [b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"\xff"}}]}}]}', END],
    ],
    ids=lambda events: str(events)[:60],
)
def test_a_stream_without_its_end_is_no_answer(events):
    """Cut off, empty, or not what it says it is: refused, never half taken."""
    with pytest.raises(ModelError) as caught:
        take(*events)[1].end()
    assert caught.value.code == "model-answer"


TEXT = st.text(max_size=12)
ARGUMENTS = st.dictionaries(TEXT, st.integers() | TEXT, max_size=2).map(json.dumps)
CALLS = st.lists(st.tuples(st.sampled_from(["add", "sub"]), ARGUMENTS), max_size=3)


def cut(data, value):
    """Return a text in pieces of any length."""
    places = sorted(data.draw(st.lists(st.integers(0, len(value)), max_size=3)))
    return [value[start:end] for start, end in zip([0, *places], [*places, len(value)], strict=True)]


@given(thought=TEXT, said=TEXT, called=CALLS, data=st.data())
def test_however_an_answer_is_cut_it_is_the_same(thought, said, called, data):
    """Into deltas, into lines of any ending, into chunks of bytes anywhere, with comments between."""
    events = [chunk({"reasoning": each}) for each in cut(data, thought)]
    events += [chunk({"content": each}) for each in cut(data, said)]
    pieces = []
    for index, (name, arguments) in enumerate(called):
        first, *rest = cut(data, arguments)
        pieces.append([piece(index, f"id_{index}", name, first), *(piece(index, arguments=each) for each in rest)])
    begun = 0
    while any(pieces):  # interleaved, each call's own pieces in order, and so their beginnings
        index = data.draw(st.sampled_from([index for index in range(len(pieces)) if pieces[index] and index <= begun]))
        events.append(calls(pieces[index].pop(0)))
        begun = max(begun, index + 1)
    ending = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = [f"data: {json.dumps(each)}{ending * 2}" for each in (*events, CALLS_END, COST)]
    raw = f": keep-alive{ending * 2}".join([*lines, f"data: [DONE]{ending * 2}"]).encode()
    places = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    reader, answer = EventReader(), StreamedCompletion(REQUEST, provider="lab")
    found = []
    for start, end in zip([0, *places], [*places, len(raw)], strict=True):
        found += [each for event in reader.feed(raw[start:end]) for each in answer.take(event)]
    tool_calls = [call(f"id_{index}", arguments, name) for index, (name, arguments) in enumerate(called)]
    assert answer.end().output == whole({"reasoning": thought, "content": said, "tool_calls": tool_calls}, "tool_calls")
    assert "".join(each.text for each in found if each.kind == "text") == said
    assert "".join(each.text for each in found if each.kind == "arguments" and each.call_id == "id_0") == (
        called[0][1] if called else ""
    )
