"""What is taken for an answer, and what is not."""

import doctest
import json
from decimal import Decimal

import pytest

from timestep.errors import ModelError
from timestep.providers import responses_answer
from timestep.providers.responses_answer import read_item, read_response, usage_of
from timestep.types.state import Usage

MESSAGE = {"type": "message", "id": "msg_1", "content": []}


def read(value, **options):
    """Read a response given as data or as bytes."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_response(data, provider="openai", request_id="req_1", **options)


def test_items_come_through_as_they_were_sent():
    """Unknown types and members are kept, and no number changes."""
    raw = b'{"id":"resp_1","status":"completed","output":[{"type":"new","n":1.00000000000000000001,"x":{"y":null}}]}'
    response = read(raw)
    assert response.output == [{"type": "new", "n": Decimal("1.00000000000000000001"), "x": {"y": None}}]
    assert (response.id, response.request_id, response.status, response.reason) == (
        "resp_1",
        "req_1",
        "completed",
        None,
    )


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        ({}, "completed", None),
        ({"status": "incomplete", "incomplete_details": {"reason": "length"}}, "incomplete", "length"),
        ({"status": "incomplete", "incomplete_details": None}, "incomplete", "incomplete"),
        ({"status": "failed", "error": {"code": "server_error", "message": "Oops"}}, "failed", "Oops"),
        ({"status": "failed", "error": {"code": "server_error"}, "output": None}, "failed", "server_error"),
        ({"status": "cancelled"}, "failed", "failed"),
    ],
)  # fmt: skip
def test_a_response_that_is_not_complete_says_why(told, status, reason):
    """Cut off and failed are told apart, in the provider's words."""
    response = read({"output": [], **told})
    assert (response.status, response.reason) == (status, reason)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"<html>Bad gateway</html>", "not JSON"),
        (b'{"output": [', "not JSON"),
        (b"", "not JSON"),
        (b'{"output": [], "output": [{"type": "message"}]}', "not JSON"),
        (b'"ok"', "no object"),
        (b"[]", "no object"),
        ({}, "without output"),
        ({"output": None}, "without output"),
        ({"output": "text"}, "without output"),
        ({"error": {"message": "no credit"}}, "no credit"),
        ({"error": "no credit"}, "no credit"),
        ({"output": [MESSAGE, "text"]}, "item 1 of the output is no object"),
        ({"output": [{"role": "assistant"}]}, "item 0 of the output has no type"),
        ({"output": [], "status": "queued"}, "status is 'queued'"),
        ({"output": [], "status": 3}, "status is 3"),
    ],
)
def test_what_is_no_finished_response_is_never_taken_for_one(sent, told):
    """A success of HTTP may still be no answer; the model may have worked on it, so it is not said to be unsent."""
    with pytest.raises(ModelError, match=told) as caught:
        read(sent)
    error = caught.value
    assert (error.code, error.provider, error.status, error.request_id, error.sent) == (
        "model-answer",
        "openai",
        200,
        "req_1",
        "yes",
    )


def test_items_that_came_before_stand_in_for_an_empty_output():
    """Some servers do not repeat at the end of a stream what they have sent."""
    assert read({"output": []}, streamed=[MESSAGE]).output == [MESSAGE]
    assert read({}, streamed=[MESSAGE]).output == [MESSAGE]
    assert read({"output": [{**MESSAGE, "id": "msg_2"}]}, streamed=[MESSAGE]).output[0]["id"] == "msg_2"


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"type":1}'])
def test_an_item_is_an_object_with_a_type(data):
    """Anything else of a stream is no item."""
    with pytest.raises(ModelError) as caught:
        read_item(data, provider="openai")
    assert caught.value.code == "model-answer"


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ({"input_tokens": 3, "output_tokens": 4, "total_tokens": 8}, (3, 4, 8)),
        ({"input_tokens": 3, "output_tokens": 4}, (3, 4, 7)),
        ({"input_tokens": "3", "output_tokens": -4, "total_tokens": True}, (0, 0, 0)),
        (None, (0, 0, 0)),
        ([], (0, 0, 0)),
    ],
)
def test_usage_counts_what_is_told_and_the_request_itself(told, counts):
    """A server that tells nothing, or nonsense, spoils no sum."""
    usage = usage_of(told)
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.requests) == (*counts, 1)


def test_usage_keeps_the_details():
    """Cached and reasoning tokens are what bills are about."""
    details = {"input_tokens_details": {"cached_tokens": 2}, "output_tokens_details": {"reasoning_tokens": 1}}
    assert usage_of({"input_tokens": 3, "output_tokens": 4, **details}) == Usage(
        input_tokens=3, output_tokens=4, total_tokens=7, requests=1, **details
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"message": "a", "code": "b"}, "a"),
        ({"message": "", "code": "b"}, "b"),
        ("a", "a"),
        ([{"error": {"message": "a"}}], "a"),
        ([], ""),
        ([[], {}, None, 3, "a"], "a"),
        ({"detail": [{"loc": ["body"], "msg": "a"}]}, "a"),
        ({"message": {"detail": [{"msg": "a"}]}}, "a"),
        ({"errors": [{"message": "a"}]}, "a"),
        ("x" * 9999, "x" * 500 + "..."),
        (None, ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_an_error_says_is_found(error, told):
    """In the shapes of OpenAI, FastAPI, Mistral, Google and others, at a sane length."""
    assert responses_answer.error_text(error) == told


def test_an_error_is_not_looked_into_without_end():
    """Neither is one that is an object in an object, and so on."""
    error = "a"
    for _ in range(100_000):
        error = {"error": error}
    assert responses_answer.error_text(error) == ""


def test_the_examples_of_the_docstrings_are_true():
    """They are what maintainers read first."""
    result = doctest.testmod(responses_answer)
    assert (result.attempted > 0, result.failed) == (True, 0)
