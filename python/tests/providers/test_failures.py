"""A refusal by HTTP status, and what it says about another attempt."""

import doctest
import time
from email.utils import formatdate

import pytest

from timestep.providers import failures
from timestep.providers.attempts import is_of_the_question, is_worth_another
from timestep.providers.failures import broken_off, refusal
from timestep.providers.protocol import ModelRequest


def refused(status=429, told="Oops", **members):
    """Return the error of a refusal."""
    return refusal(status, told, provider="openai", **members)


def test_the_examples_of_the_docstrings_are_true():
    """They are what readers believe."""
    result = doctest.testmod(failures)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:10 GMT"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "<b>"}, None),
        ({"retry-after": ""}, None),
    ],
    ids=str,
)
def test_how_long_to_wait_is_read_from_the_headers(headers, seconds):
    """Milliseconds, seconds, or a date by the server's own clock; nonsense is nothing."""
    assert refused(headers=headers).retry_after == seconds


def test_a_date_is_compared_with_our_clock_where_the_server_tells_no_time():
    """Within a second or so."""
    found = refused(headers={"retry-after": formatdate(time.time() + 60, usegmt=True)}).retry_after
    assert 55 < found <= 60


@pytest.mark.parametrize(("told", "retryable"), [("true", True), ("False", False), ("maybe", None), (None, None)])
def test_a_server_may_say_whether_another_attempt_helps(told, retryable):
    """In the header that OpenAI has for it."""
    assert refused(503, headers={} if told is None else {"x-should-retry": told}).retryable is retryable


def test_an_account_without_credit_is_not_asked_again():
    """It is a 429 too, and no waiting helps, whatever the headers say."""
    error = refused(reason="insufficient_quota", headers={"x-should-retry": "true", "retry-after": "1"})
    assert error.retryable is False
    assert "credit" in error.help
    assert refused(reason="rate_limit_exceeded").retryable is None


@pytest.mark.parametrize(
    ("members", "hint"),
    [
        ({"status": 401, "key": "GROQ_API_KEY"}, "GROQ_API_KEY"),
        ({"status": 401, "key": "api_key"}, "api_key given to the provider"),
        ({"status": 401}, "no key was sent"),
        ({"status": 403, "key": "GROQ_API_KEY"}, "this key may not use"),
        ({"status": 403}, "who sends no key may not use"),
        ({"status": 404, "model": "gpt-0"}, "'gpt-0' may be retired"),
        ({"status": 404, "model": "gpt-oss:20b"}, "did you mean 'ollama/gpt-oss:20b'?"),
        ({"status": 404}, "may be retired"),
        ({"status": 400, "reason": "model_not_found", "model": "gpt-0"}, "'gpt-0' may be retired"),
        ({"status": 429, "headers": {"retry-after": "7"}}, "wait 7 s"),
    ],
    ids=str,
)
def test_the_hint_names_what_to_look_at(members, hint):
    """The key's own variable, the model, the name it may have been meant by."""
    assert hint in refused(**members).help


@pytest.mark.parametrize("model", ["ft:gpt-4.1:me::1", "meta/llama3:8b", "gpt-4.1", None])
def test_no_other_name_is_suggested_for_what_is_none_of_ollamas(model):
    """Fine-tuned models of OpenAI have colons too, and a name with a slash has a prefix."""
    assert "ollama/" not in refused(404, model=model).help


@pytest.mark.parametrize(
    ("error", "status", "reason", "again", "another_model"),
    [
        ({"code": "server_error", "message": "x"}, None, "server_error", True, True),
        ({"code": "context_length_exceeded", "message": "x"}, None, "context_length_exceeded", False, True),
        ({"code": "insufficient_quota"}, None, "insufficient_quota", False, True),
        ({"code": 400, "message": "x"}, 400, None, False, False),
        ({"code": 502, "message": "x"}, 502, None, True, True),
        ({"code": True}, None, None, True, True),
        ("x", None, None, True, True),
    ],
)
def test_a_stream_that_tells_of_a_failure_is_judged_by_what_it_tells(*, error, status, reason, again, another_model):
    """A refusal is no less one because the stream had begun; what may pass is asked again (TS-ROUTE-040)."""
    failure = broken_off("x", error, provider="p", request_id="r")
    request = ModelRequest(model=None, input=[])
    assert (failure.status, failure.reason, failure.request_id, failure.sent) == (status, reason, "r", "yes")
    assert is_worth_another(failure, request) is again
    assert is_of_the_question(failure) is not another_model
