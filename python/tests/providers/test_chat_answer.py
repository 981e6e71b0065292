"""What becomes of a Chat Completions API answer."""

import json
import re

import pytest

from timestep.errors import ModelError
from timestep.providers.chat_answer import Ids, chat_usage, read_completion
from timestep.providers.protocol import ModelRequest
from timestep.providers.routing import ResolvedModel
from timestep.types.state import Usage

KEYED = ModelRequest(model=None, input=[], key="run/1")
RESOLVED = ResolvedModel(
    name="lab/m",
    provider="lab",
    kind="openai",
    base_url="http://h/v1",
    model="m",
    wire_api="chat_completions",
    key=None,
    rule="prefix",
)


def read(value, request=KEYED, **options):
    """Read an answer given as data or as bytes."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_completion(data, request, provider="lab", request_id="req_1", **options)


def answer(message, finish_reason="stop", **choice):
    """Return an answer with one choice."""
    return {"id": "c_1", "model": "m-1", "choices": [{"message": message, "finish_reason": finish_reason, **choice}]}


def items(message, finish_reason="stop", request=KEYED, **choice):
    """Return the items that a message becomes."""
    return read(answer(message, finish_reason, **choice), request).output


def call(call_id="a", name="add", arguments="{}"):
    """Return a call as this API has it."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_all_that_a_model_answers_becomes_items():
    """What it thought, what it says, its calls, in this order, with ids that the question's key alone decides."""
    message = {"content": "so", "reasoning_content": "hm", "tool_calls": [call("a", "add", '{ "x":1.0}'), call("b")]}
    response = read(answer(message, "tool_calls"), resolved=RESOLVED)
    thought, said, first, second = response.output
    assert thought == {
        "type": "reasoning",
        "id": thought["id"],
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}],
    }
    assert said == {
        "type": "message",
        "id": said["id"],
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "so", "annotations": []}],
    }
    assert first == {
        "type": "function_call",
        "id": first["id"],
        "call_id": "a",
        "name": "add",
        "arguments": '{ "x":1.0}',
        "status": "completed",
    }
    assert second["call_id"] == "b"
    assert (response.id, response.request_id, response.status) == ("c_1", "req_1", "completed")
    ids = [item["id"] for item in response.output]
    assert all(
        re.fullmatch(f"{kind}_[0-9a-f]{{24}}", id_) for kind, id_ in zip(("rs", "msg", "fc", "fc"), ids, strict=True)
    )
    assert len(set(ids)) == 4
    assert ids == [item["id"] for item in read(answer(message, "tool_calls")).output]
    by = response.answered_by
    assert (by.provider, by.model, by.name, by.wire_api, by.reported) == (
        "lab",
        "m",
        "lab/m",
        "chat_completions",
        "m-1",
    )


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ({"content": "so"}, ["so"]),
        ({"content": ""}, [""]),
        ({"content": None}, [""]),
        ({}, [""]),
        ({"content": [{"type": "text", "text": "a"}, {"type": "new", "text": "b"}, {"type": "new"}, 3]}, ["ab"]),
        ({"content": "so", "tool_calls": None}, ["so"]),
        ({"content": "so", "tool_calls": []}, ["so"]),
        ({"content": "so", "new": {"x": 1}}, ["so"]),
    ],
    ids=str,
)
def test_what_the_model_says_is_one_message(message, texts):
    """A text or parts, whatever stands beside it; silence is an empty message, and no answer without a word."""
    (item,) = items(message)
    assert [part["text"] for part in item["content"]] == texts


@pytest.mark.parametrize(
    "message",
    [
        {"content": "so", "reasoning_content": "hm"},
        {"content": "so", "reasoning": "hm"},
        {"content": "so", "reasoning_content": None, "reasoning": "hm"},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "so"},
            ]
        },
    ],
    ids=str,
)
def test_what_the_model_thought_is_an_item_of_its_own(message):
    """Under each of the names that servers have for it."""
    thought, said = items(message)
    assert (thought["content"][0]["text"], said["content"][0]["text"]) == ("hm", "so")


def test_a_refusal_is_told_apart_from_a_text():
    """Alone, or after one."""
    assert items({"content": None, "refusal": "no"})[0]["content"] == [{"type": "refusal", "refusal": "no"}]
    both = items({"content": "a", "refusal": "no"})[0]["content"]
    assert [part["type"] for part in both] == ["output_text", "refusal"]


def test_what_is_told_about_a_text_goes_with_it():
    """Pages it cites, other annotations, and the probabilities of its tokens."""
    cited = {"url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
    annotations = [{"type": "url_citation", "url_citation": cited}, {"type": "new", "x": 1}]
    token = {"token": "so", "logprob": -0.1, "bytes": [115, 111], "top_logprobs": []}
    (item,) = items({"content": "so", "annotations": annotations}, logprobs={"content": [token], "refusal": None})
    assert item["content"] == [
        {
            "type": "output_text",
            "text": "so",
            "annotations": [{"type": "url_citation", **cited}, {"type": "new", "x": 1}],
            "logprobs": [token],
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"x": 1}', '{"x": 1}'),
        ("", ""),
        (None, "{}"),
        ({"x": [1, "ö", None]}, '{"x":[1,"ö",null]}'),
        ({}, "{}"),
    ],
)
def test_arguments_are_the_text_that_the_model_wrote(arguments, text):
    """Byte for byte where they are one; an object becomes its text, and nothing at all an empty one."""
    (item,) = items({"tool_calls": [call(arguments=arguments)]})
    assert item["arguments"] == text


def test_numbers_of_arguments_that_are_an_object_do_not_change():
    """No digit is lost on the way to text."""
    raw = (
        b'{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":{"n":1.00000000000000000001}}}]}}]}'
    )
    assert read(raw).output[0]["arguments"] == '{"n":1.00000000000000000001}'


def test_calls_of_other_kinds():
    """A custom tool's, and the one call of the API's first years."""
    (custom,) = items({"tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "patch", "input": "x"}}]})
    expected = {"type": "custom_tool_call", "call_id": "a", "name": "patch", "input": "x"}
    assert {**custom, "id": None} == {**expected, "id": None}
    assert custom["id"].startswith("ctc_")
    (old,) = items({"content": None, "function_call": {"name": "add", "arguments": "{}"}}, "function_call")
    assert (old["type"], old["name"]) == ("function_call", "add")
    assert old["call_id"].startswith("call_")
    (untyped,) = items({"tool_calls": [{"id": "a", "function": {"name": "add"}}]})
    assert (untyped["call_id"], untyped["arguments"]) == ("a", "{}")


def test_a_signature_of_a_call_is_kept():
    """Gemini's models want to see it again; it stands where the openai-agents package has it."""
    extra = {"extra_content": {"google": {"thought_signature": "s"}}}
    first, second, third = items({"tool_calls": [{**call("a"), **extra}, call("b"), {**call("c"), "extra_content": 3}]})
    assert first["provider_data"] == {"thought_signature": "s"}
    assert not any("provider_data" in item for item in (second, third))


def test_openrouters_form_of_a_thought_is_kept_beside_a_call():
    """It wants to see it again, and then alone."""
    details = [{"type": "reasoning.encrypted", "data": "gAAA"}]
    first, second = items({"tool_calls": [call("a"), call("b")], "reasoning_details": details})
    assert (first["provider_data"], "provider_data" in second) == ({"reasoning_details": details}, False)
    assert "provider_data" not in items({"content": "so", "reasoning_details": details})[0]


def test_every_call_has_an_id_that_is_its_own_in_the_run():
    """Where the provider's is missing, there twice, or was given in an earlier turn, one is made up."""
    used = [{"type": "function_call", "call_id": "call_0", "name": "add", "arguments": "{}"}]
    request = ModelRequest(model=None, input=used, key="run/2")
    told = ["call_0", "b", "b", None, "", 3, "c", "d\0"]
    found = [item["call_id"] for item in items({"tool_calls": [call(each) for each in told]}, request=request)]
    assert [found[1], found[6]] == ["b", "c"]
    made = [found[index] for index in (0, 2, 3, 4, 5, 7)]
    assert all(re.fullmatch("call_[0-9a-f]{24}", each) for each in made)
    assert len(set(found)) == len(found)
    assert found == [item["call_id"] for item in items({"tool_calls": [call(each) for each in told]}, request=request)]


def test_without_a_key_ids_are_random():
    """Two answers without one have nothing in common."""
    request = ModelRequest(model=None, input=[])
    assert Ids(request).of("msg") != Ids(request).of("msg")
    ids = Ids(request)
    assert ids.of("msg") == ids.of("msg")


@pytest.mark.parametrize(
    ("finish_reason", "status", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("function_call", "completed", None),
        (None, "completed", None),
        ("new", "completed", None),
        (3, "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("model_length", "incomplete", "max_output_tokens"),
        ("MAX_TOKENS", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("insufficient_system_resource", "failed", "insufficient_system_resource"),
        ("abort", "failed", "abort"),
        ("error", "failed", "error"),
    ],
)
def test_why_an_answer_ended_decides_what_it_is(finish_reason, status, reason):
    """Cut off at a limit or by a filter is never taken for the whole."""
    response = read(answer({"content": "so"}, finish_reason))
    assert (response.status, response.reason) == (status, reason)
    assert response.output[-1]["status"] == ("completed" if status == "completed" else "incomplete")


def test_of_an_answer_that_was_cut_off_only_the_last_item_is_not_whole():
    """The others were ended before it began."""
    response = read(answer({"content": "so", "tool_calls": [call("a"), call("b", arguments='{"x')]}, "length"))
    assert [item["status"] for item in response.output] == ["completed", "completed", "incomplete"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"<html>Bad gateway</html>", "not JSON"),
        (b'{"choices": [', "not JSON"),
        (b"", "not JSON"),
        (b'{"choices": [], "choices": [{"message": {}}]}', "not JSON"),
        (b'"ok"', "no object"),
        (b"[]", "no object"),
        ({}, "without choices"),
        ({"choices": []}, "without choices"),
        ({"choices": None}, "without choices"),
        ({"choices": {}}, "without choices"),
        ({"choices": ["text"]}, "without a message"),
        ({"choices": [{"message": None}]}, "without a message"),
        ({"choices": [{"delta": {"content": "a"}}]}, "without a message"),
        ({"error": {"message": "no credit", "code": 402}}, "an error .no credit."),
        ({"error": "no credit", "choices": []}, "an error .no credit."),
        ({"error": {"code": 1}}, "does not say why"),
        ({"detail": [{"loc": ["body"], "msg": "too long"}]}, "an error .too long."),
        (answer({"tool_calls": [{"id": "a", "type": ["function"], "function": {"name": "f"}}]}), "of the type"),
        (answer({"tool_calls": [{"id": "a", "type": "shell"}]}), "the type 'shell'"),
        (answer({"tool_calls": [{"id": "a", "function": {"arguments": "{}"}}]}), "without the name"),
        (answer({"tool_calls": [call(name=7)]}), "without the name"),
        (answer({"tool_calls": ["add"]}), "without the name"),
        (answer({"tool_calls": "add"}), "without the name"),
    ],
    ids=str,
)
def test_what_is_no_answer_is_never_taken_for_one(sent, told):
    """A success of HTTP may still be no answer; the model may have worked on it, so it is not said to be unsent."""
    with pytest.raises(ModelError, match=told) as caught:
        read(sent)
    error = caught.value
    assert (error.code, error.provider, error.status, error.request_id, error.sent) == (
        "model-answer",
        "lab",
        200,
        "req_1",
        "yes",
    )
    assert error.__cause__ is None


def test_an_error_that_is_null_is_none():
    """Some servers always have the member."""
    assert read({**answer({"content": "so"}), "error": None}).status == "completed"


def test_usage_is_told_by_the_names_of_the_other_api():
    """With its details; what is missing or nonsense is 0."""
    told = {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "total_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert chat_usage(told) == Usage(
        input_tokens=3,
        output_tokens=4,
        total_tokens=8,
        requests=1,
        input_tokens_details={"cached_tokens": 2},
        output_tokens_details={"reasoning_tokens": 1},
    )
    nothing = Usage(input_tokens=0, output_tokens=0, total_tokens=0, requests=1)
    assert [chat_usage(each) for each in (None, [], {}, {"prompt_tokens": "3"})] == [nothing] * 4
