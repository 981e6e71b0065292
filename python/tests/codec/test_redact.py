"""Masking of secrets in what people look at (S1, S3)."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timestep.codec.redact import MASK, find_secrets, is_secret_name, redact, redact_text
from timestep.codec.strict_json import loads

SENTINEL = "SENTINELdeadbeef0123456789"

PLANTED = [
    ({"api_key": SENTINEL}, ["/api_key"]),
    ({"trace": {"tracing_api_key": SENTINEL}}, ["/trace/tracing_api_key"]),
    ({"Authorization": f"Bearer {SENTINEL}"}, ["/Authorization"]),
    (
        {"extra_headers": {"X-Anything": SENTINEL, "Accept": "x"}},
        ["/extra_headers/X-Anything", "/extra_headers/Accept"],
    ),
    ({"headers": [["x", SENTINEL]]}, ["/headers/0/0", "/headers/0/1"]),
    ({"env": {"HOME": SENTINEL}}, ["/env/HOME"]),
    ({"password": [SENTINEL, {"old": SENTINEL}]}, ["/password/0", "/password/1/old"]),
    ({"clientSecret": SENTINEL}, ["/clientSecret"]),
    ({"AWS_SECRET_ACCESS_KEY": SENTINEL}, ["/AWS_SECRET_ACCESS_KEY"]),
    ({"X-Api-Key": 12345}, ["/X-Api-Key"]),
    ({"Set-Cookie": f"sid={SENTINEL}"}, ["/Set-Cookie"]),
    ({"privateKey": SENTINEL}, ["/privateKey"]),
    ({"u": f"https://user:{SENTINEL}@host/x"}, ["/u"]),
    ({"u": f"postgresql://{SENTINEL}@host/x"}, ["/u"]),
    ({"u": f"https://host/x?a=1&access_token={SENTINEL}&b=2"}, ["/u"]),
    ({"text": f"run curl -H 'Authorization: Bearer {SENTINEL}' now"}, ["/text"]),
    ({"text": f"Basic {SENTINEL}=="}, ["/text"]),
    ({"text": f"the key is sk-proj-{SENTINEL}."}, ["/text"]),
    ({"text": f"ghp_{SENTINEL}"}, ["/text"]),
    ({"text": f"eyJhbGciOi.{SENTINEL}.sig"}, ["/text"]),
    ({"text": f"-----BEGIN RSA PRIVATE KEY-----\n{SENTINEL}\n-----END RSA PRIVATE KEY-----"}, ["/text"]),
    ({"arguments": json.dumps({"to": "x", "password": SENTINEL})}, ["/arguments"]),
    ({"arguments": json.dumps({"deep": json.dumps([{"token": SENTINEL}])})}, ["/arguments"]),
    ({"arguments": '{"password": "' + SENTINEL + '", '}, ["/arguments"]),
    ({"arguments": '{"n": 1, "pass\\u0077ord_token" : "%s\\" x'.replace("%s", SENTINEL)}, ["/arguments"]),
    ({"arguments": '[{"token": ' + SENTINEL}, ["/arguments"]),
    ([f"Bearer {SENTINEL}"], ["/0"]),
]


@pytest.mark.parametrize(("value", "pointers"), PLANTED)
def test_planted_secrets(value: object, pointers: list[str]):
    """TS-SEC-005: a planted secret is found, masked, and still there in the original (S1)."""
    before = copy.deepcopy(value)
    masked = redact(value)
    assert SENTINEL not in json.dumps(masked)
    assert find_secrets(value) == pointers
    assert value == before


@pytest.mark.parametrize(
    "value",
    [
        {"max_tokens": 5, "input_tokens": 1, "tokens": [1], "token_count": 3},
        {"secret_ref": {"env": None}, "tokenizer": "x", "key": "k", "keyboard": "x", "author": "me"},
        {"token": None, "password": "", "secret": True, "headers": "none", "env": "production"},
        {"arguments": '{ "city" : "Oslo" }', "bad": '{"city": "Oslo"'},
        {"text": "the token expired yesterday; basic training; skip-this-thing"},
        {"url": "https://example.com/a?b=c#d", "mail": "bob@example.com"},
        {"number": 1.5, "list": (1, 2), "nothing": None},
    ],
)
def test_harmless_values(value: object):
    """What is no secret stays as it is, byte for byte."""
    assert find_secrets(value) == []
    assert json.dumps(redact(value)) == json.dumps(value)


def test_what_is_left_is_readable():
    """Around a mask, the rest stays."""
    assert redact_text("GET https://a:b@host/x?token=abc&y=1") == f"GET https://{MASK}@host/x?token={MASK}&y=1"
    assert redact_text("Bearer abcdefghi, then") == f"Bearer {MASK}, then"
    assert redact({"arguments": '{"a": 1.50, "password": "p"}'}) == {"arguments": f'{{"a":1.5,"password":"{MASK}"}}'}


@pytest.mark.parametrize(
    "name", ["apiKey", "API_KEY", "openai-api-key", "APIKey", "proxy-authorization", "pwd", "idToken"]
)
def test_secret_names(name: str):
    """A name is told in any of the usual spellings."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["", "--", "keys", "api", "monkey", "token_type", "secretary"])
def test_other_names(name: str):
    """Names that only look alike are no secrets."""
    assert not is_secret_name(name)


def test_nested_texts_do_not_exhaust_the_stack():
    """JSON texts inside JSON texts count towards one depth; what lies deeper is masked as text."""
    text = json.dumps({"password": SENTINEL})
    for _ in range(6):
        text = json.dumps({"x": text})
    assert SENTINEL not in json.dumps(redact(text))
    text = "Bearer " + SENTINEL
    for _ in range(12):
        text = "[" * 100 + json.dumps(text) + "]" * 100
    assert SENTINEL not in json.dumps(redact(text))
    deep = "[" * 100 + json.dumps("[" * 100 + f'"Bearer {SENTINEL}"' + "]" * 100) + "]" * 100
    assert SENTINEL not in json.dumps(redact(loads(deep)))


words = st.text(st.sampled_from('abc{}[]":, \\@/?=&'), max_size=12)
values = st.recursive(
    st.none() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.just("token"), inner, max_size=3),
    max_leaves=6,
)


@given(values)
@settings(max_examples=150, deadline=None)
def test_redact_changes_exactly_what_is_found(value: object):
    """A value without findings is returned equal, one with findings is not, and nothing is found twice over."""
    before = copy.deepcopy(value)
    assert (redact(value) == value) == (find_secrets(value) == [])
    assert value == before
