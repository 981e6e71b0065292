"""Answers of Ollama's chat API, whole and in lines, as they should be and as they should not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep.errors import ModelError
from timestep.providers.ollama_stream import LineReader, OllamaAnswer
from timestep.providers.protocol import Delta
from timestep.types.state import Usage

from .ollama_server import LOCAL, asked, last, line, read, tool_call


def refused(data):
    """Read, and return the error."""
    with pytest.raises(ModelError) as caught:
        read(data)
    return caught.value


def items(data, **members):
    """Return the items of an answer, without what is made up."""
    _, whole = read(data, asked(**members))
    return [{name: value for name, value in item.items() if name != "id"} for item in whole.output]


def test_pieces_and_the_whole_say_the_same():
    """Thoughts, text and calls come as pieces of their items; the whole has them in this order."""
    pieces, whole = read(
        line("", message={"thinking": "H"})
        + line("", message={"thinking": "m."})
        + line("One ")
        + line("two", message={"tool_calls": [tool_call("add", {"a": 1}, id="call_1"), tool_call("add")]})
        + line(message={"tool_calls": [tool_call("subtract", id="call_3")]})
        + last()
    )
    thought, message, *calls = whole.output
    assert thought["content"] == [{"type": "reasoning_text", "text": "Hm."}]
    assert (thought["type"], thought["summary"]) == ("reasoning", [])
    assert message == {
        "type": "message",
        "id": message["id"],
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "One two", "annotations": []}],
    }
    assert calls[0] == {
        "type": "function_call",
        "id": calls[0]["id"],
        "call_id": "call_1",
        "name": "add",
        "arguments": '{"a":1}',
        "status": "completed",
    }
    assert [(call["name"], call["arguments"]) for call in calls[1:]] == [("add", "{}"), ("subtract", "{}")]
    assert calls[2]["call_id"] == "call_3"
    assert [(piece.kind, piece.text, piece.output_index) for piece in pieces] == [
        ("reasoning", "H", 0),
        ("reasoning", "m.", 0),
        ("text", "One ", 1),
        ("text", "two", 1),
        ("arguments", '{"a":1}', 2),
        ("arguments", "{}", 3),
        ("arguments", "{}", 4),
    ]
    for piece in pieces:
        item = whole.output[piece.output_index]
        assert piece.item_id == item["id"]
        assert (piece.call_id, piece.name) == (item.get("call_id"), item.get("name"))
    assert whole.usage == Usage(input_tokens=3, output_tokens=4, total_tokens=7, requests=1)
    assert (whole.id, whole.request_id, whole.status, whole.reason) == (None, "req_1", "completed", None)


def test_who_answered_is_told():
    """The routed model, and the name that the server gives itself."""
    _, whole = read(line("a", model="llama3.2:3b") + last())
    assert whole.answered_by == LOCAL.answered_by("llama3.2")
    _, whole = read(line("a", model="other") + last(model=""))
    assert whole.answered_by == LOCAL.answered_by("other")


@given(st.data())
def test_a_stream_may_be_cut_anywhere(data):
    """Chunks are the network's, lines the server's; empty ones mean nothing."""
    stream = line("wörld 🙂") + b"\n \r\n" + line("\n\u2028") + b'{"done":true,"message":{}}'
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    reader = LineReader()
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found = [each for chunk in chunks for each in reader.feed(chunk)] + reader.end()
    assert found == [line("wörld 🙂")[:-1], line("\n\u2028")[:-1], b'{"done":true,"message":{}}']


def test_a_whole_answer_may_be_written_in_any_way():
    """JSON is not less an answer where somebody on the way has put line breaks into it, or sends lines after all."""
    for data in (last("Hi"), json.dumps(json.loads(last("Hi")), indent=2).encode(), line("H") + last("i")):
        answer = OllamaAnswer(asked(), LOCAL)
        answer.take_whole(data)
        assert answer.end().output[0]["content"][0]["text"] == "Hi"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('{"a":1.10e5,"b":12345678901234567890.0,"c":-0}', '{"a":1.10e5,"b":12345678901234567890.0,"c":-0}'),
        ('{ "a" : [ 1.0 ,\t2 ] , "b c" : " x \\" y " }', '{"a":[1.0,2],"b c":" x \\" y "}'),
        ('{"a":"\\u003c"}', '{"a":"\\u003c"}'),
        ('"{\\"a\\": 1}"', '{"a": 1}'),
        ("null", "{}"),
        ('""', "{}"),
        ("[1, 2]", "[1,2]"),
    ],
)
def test_arguments_are_compact_and_no_number_changes(written, expected):
    """They come as an object, or from some servers as its text; what is neither is for the tool to refuse."""
    call = f'{{"function":{{"name":"add","arguments":{written}}}}}'
    data = f'{{"message":{{"tool_calls":[{call}]}},"done":true}}'.encode()
    assert [item["arguments"] for item in items(data)] == [expected]


def test_arguments_may_be_missing():
    """A tool without parameters is called with nothing."""
    assert items(line(message={"tool_calls": [{"function": {"name": "now"}}]}) + last())[0]["arguments"] == "{}"


def test_a_call_id_is_the_servers_unless_the_run_has_it_already():
    """Calls and outputs are bound by it for the rest of the run."""
    before = {"type": "function_call", "call_id": "call_0", "name": "add", "arguments": "{}"}
    calls = [tool_call(id=each) for each in ("call_0", "call_1", "call_1", "", None, 7)]
    _, whole = read(line(message={"tool_calls": calls}) + last(), asked(before))
    ids = [item["call_id"] for item in whole.output]
    assert ids[1] == "call_1"
    assert len({*ids, "call_0"}) == len(calls) + 1
    assert all(each.startswith("call_") for each in ids)


def test_what_is_made_up_is_the_same_for_each_attempt_of_a_question():
    """A repeated attempt gives the same items; another question, and one without a key, gives others."""
    data = line("a", message={"thinking": "b", "tool_calls": [tool_call(), tool_call()]}) + last()

    def made_up(key):
        return [item.get("call_id", item["id"]) for item in read(data, asked(key=key))[1].output] + [
            item["id"] for item in read(data, asked(key=key))[1].output
        ]

    assert made_up("run/1") == made_up("run/1")
    assert not set(made_up("run/1")) & set(made_up("run/2"))
    assert not set(made_up("")) & set(made_up(""))
    assert [each.partition("_")[0] for each in made_up("run/1")[4:]] == ["rs", "msg", "fc", "fc"]


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        ({"done_reason": "stop"}, "completed", None),
        ({"done_reason": "tool_calls"}, "completed", None),
        ({"done_reason": None}, "completed", None),
        ({"done_reason": ""}, "completed", None),
        ({"done_reason": "length"}, "incomplete", "max_output_tokens"),
        ({"done_reason": "safety"}, "incomplete", "safety"),
    ],
)
def test_why_an_answer_ended_is_told(told, status, reason):
    """One that was cut off is incomplete; so is one that ended for a reason that nobody knows."""
    _, whole = read(line("a") + last(**told))
    assert (whole.status, whole.reason) == (status, reason)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"prompt_eval_count": None, "eval_count": None}, (0, 0, 0)),
        ({"prompt_eval_count": "3", "eval_count": -1}, (0, 0, 0)),
        ({"prompt_eval_count": 3.5, "eval_count": 2}, (0, 2, 2)),
    ],
)
def test_what_is_not_told_of_usage_is_nothing(counts, expected):
    """A server that has the prompt in its cache leaves its length out."""
    usage = read(last("a", **counts))[1].usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == expected
    assert usage.requests == 1


def test_probabilities_stand_with_the_text_in_the_form_of_the_responses_api():
    """Those of thoughts have no place."""
    thought = {"token": "H", "logprob": -1.0}
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -2.0}]}
    data = line("", message={"thinking": "H"}, logprobs=[thought]) + line("a", logprobs=[token]) + last(logprobs=None)
    (part,) = items(data)[1]["content"]
    assert part["logprobs"] == [{**token, "top_logprobs": [{"token": "b", "logprob": -2.0, "bytes": []}]}]
    (part,) = items(last("a", logprobs=[{"token": "a"}, 7]))[0]["content"]
    assert part["logprobs"] == [{"token": "a", "bytes": [], "top_logprobs": []}, 7]


def test_an_answer_without_words_is_an_empty_message():
    """A model may have nothing to say after a tool's output; a call needs no message."""
    assert [item["type"] for item in items(last())] == ["message"]
    assert [item["type"] for item in items(line("", message={"thinking": "Hm"}) + last())] == ["reasoning", "message"]
    assert [item["type"] for item in items(last(message={"tool_calls": [tool_call()]}))] == ["function_call"]


def test_what_is_not_known_is_left_alone():
    """New members come with each version of the server, and nothing counts after the last line."""
    data = line("a", message={"new": [1]}, other={"b": 2}) + b'{"ping":1}\n' + last() + b"<html>"
    assert items(data)[0]["content"][0]["text"] == "a"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (line("a"), "ended before it was done"),
        (line("a") + last()[:-5], "no JSON, or cut off"),
        (b"", "no answer of /api/chat"),
        (b'{"id":"x","choices":[]}', "no answer of /api/chat"),
        (b'{"status":"ok"}', "no answer of /api/chat"),
        (b"<html>no</html>", "no JSON, or cut off"),
        (b'data: {"done":true}\n', "no JSON, or cut off"),
        (b"[]", "no part of an answer"),
        (b'"text"', "no part of an answer"),
        (b'\xff\xfe{"done":true}', "no JSON, or cut off"),
        (b'{"message":{"content":"\xff"},"done":true}', "no JSON, or cut off"),
        (b'{"message":{"content":"\\ud800"},"done":true}', "no JSON, or cut off"),
        (b'{"message":{"content":7},"done":true}', "$.message.content"),
        (b'{"message":"text","done":true}', "$.message"),
        (b'{"message":{"tool_calls":[{"function":"f"}]},"done":true}', "$.message.tool_calls[0].function"),
        (b'{"message":{"tool_calls":[{"id":"1"}]},"done":true}', "function"),
        (b'{"message":{"tool_calls":[{"function":{"arguments":{}}}]},"done":true}', "without a name"),
        (b'{"message":{"tool_calls":[{"function":{"name":"","arguments":{}}}]},"done":true}', "without a name"),
        (b'{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":NaN}}}]},"done":true}', "no JSON"),
        (b'{"message":{"tool_calls":[{"function":{"name":"f","arguments":"\xff"}}]},"done":true}', "in no UTF-8"),
        (b'{"message":{"tool_calls":[{"function":{"name":"f","arguments":"\\ud800"}}]},"done":true}', "no JSON"),
        (b'{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":"\xff"}}}]},"done":true}', "in no UTF-8"),
        (b'{"done":true}', "without a message"),
        (b'{"done":"yes","message":{}}', "$.done"),
        (last(done_reason="load"), "loaded"),
        (last(done_reason="unload"), "unloaded"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deep"),
        (b'{"message":{"content":"a"},"logprobs":[' + b"[" * 300 + b"]" * 300 + b'],"done":true}', "can't be kept"),
    ],
)
def test_what_is_no_answer_is_an_error_and_no_answer_is_made_up(data, told):
    """Cut off, of another API, or of another shape than Ollama's: the message says which."""
    error = refused(data)
    assert (error.code, error.provider, error.request_id, error.sent) == ("model-answer", "ollama", "req_1", "yes")
    assert told in error.message
    assert len(error.message) < 300


@pytest.mark.parametrize(
    ("error", "told"),
    [("out of memory", "out of memory"), ({"message": "no"}, "no"), ([1], "it does not say why")],
)
def test_an_error_in_a_line_ends_the_answer(error, told):
    """Also where the status was a success, and where words came before it."""
    for before in (b"", line("a")):
        found = refused(before + json.dumps({"error": error, "status": 500}).encode())
        assert (found.code, found.sent, found.status) == ("model-failed", "yes", 500)
        assert found.message == f"ollama broke off its answer: {told}"
    assert refused(b'{"error":"a","status":"b"}').status is None


def test_nothing_but_pieces_comes_before_the_whole():
    """Lines without words give none."""
    pieces, _ = read(line("") + line(None) + line("a") + b'{"message":null}\n' + last())
    assert pieces == [Delta(kind="text", text="a", item_id=pieces[0].item_id, output_index=0)]
