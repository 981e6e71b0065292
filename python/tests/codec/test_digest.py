"""Digests and the canonical form of a JSON value."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timestep.codec.digest import call_digest, canonical_json, sha256_of
from timestep.codec.strict_json import loads
from timestep.errors import CodecError

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


def test_sha256():
    """TS-CORE-020: a digest names its algorithm, and its 64 digits are in lower case."""
    assert sha256_of(b"abc") == "sha256:" + hashlib.sha256(b"abc").hexdigest()
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", sha256_of(b""))


EXAMPLES = [
    (
        ("r1", "Assistant", ["function", None, "get_weather"], "c1", '{"city":"Oslo"}'),
        "e7eb0a72f1a76c82fcd795cc0576846e4465ae0c493a48a414477fcda1d5ed06",
    ),
    (
        ("r1", "Assistant", ["function", None, "send_email"], "c2", '{"to":"bob@example.com"}'),
        "e6201705c034c3e17f2b2aeef061906f023476efdcbd31556b8b0c52f49f673e",
    ),
    (
        ("r2", "Orchestrator", ["function", None, "ask_researcher"], "o1", '{"input":"mail Eve"}'),
        "335db29dda290a65b5a8e81300343a6f79ff7aa000452bf6bb2d1f6ec69f4a27",
    ),
    (
        ("r2.o1", "Researcher", ["function", None, "send_email"], "i1", '{"to":"eve@example.com"}'),
        "35c9bb1c16d3af2a9e0b32af0a6519dcdaa75a9a6d6450057b70ce7ee3f265b9",
    ),
]


@pytest.mark.parametrize(("call", "digest"), EXAMPLES)
def test_call_digest_of_the_examples(call: tuple[str, str, list[str | None], str, str], digest: str):
    """The digests of the worked examples come out (canonical document, 1.7 and 1.8)."""
    assert call_digest(*call) == f"sha256:{digest}"


def test_call_digest_takes_the_text():
    """Arguments count byte for byte, and no part can pass for another (N8)."""
    base = ["r", "a", ["function", None, "t"], "c", '{"x":1}']
    variants = [
        ["r2", "a", ["function", None, "t"], "c", '{"x":1}'],
        ["r", "a2", ["function", None, "t"], "c", '{"x":1}'],
        ["r", "a", ["function", "n", "t"], "c", '{"x":1}'],
        ["r", "a", ["function", None, "t2"], "c", '{"x":1}'],
        ["r", "a", ["function", None, "t"], "c2", '{"x":1}'],
        ["r", "a", ["function", None, "t"], "c", '{"x": 1}'],
        ["r", "a", ["function", None, "t"], "c", '{"x":1.0}'],
        ["r", "a", ["function", None, "t"], "c", "\u00e9"],
    ]
    digests = {call_digest(*args) for args in [base, *variants]}  # type: ignore[arg-type]
    assert len(digests) == len(variants) + 1
    assert call_digest("r", "a", ("function", None, "t"), "c", '{"x":1}') in digests


def test_call_digest_refuses_what_has_no_bytes():
    """An argument string with half a surrogate pair has no digest."""
    with pytest.raises(CodecError):
        call_digest("r", "a", ["function", None, "t"], "c", "\ud800")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ({"\U0001f600": 1, "\uffff": 2}, '{"\uffff":2,"\U0001f600":1}'),
        ('\u00e9\n"\\/\u0001\x7f', '"\u00e9\\n\\"\\\\/\\u0001\x7f"'),
        (1.0, "1"),
        (1e2, "100"),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (-2.50, "-2.5"),
        (Decimal("1.500"), "1.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00"), "0"),
        (Decimal("100.00"), "100"),
        (Decimal("12345678901234567890.5"), "12345678901234567890.5"),
        ((1, [2.5, {"x": 3.0}]), '[1,[2.5,{"x":3}]]'),
        (Decimal("0.1000000000000000055511151231257827"), "0.1000000000000000055511151231257827"),
        (9007199254740993, "9007199254740993"),
        ("\b\t\n\f\r\x00\x1f\x7f", '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'),
        (
            {"b": "\u2028\ufeff", "B": "<&>", "e\u0301": 1, "\u00e9": 2},
            '{"B":"<&>","b":"\u2028\ufeff","e\u0301":1,"\u00e9":2}',
        ),
    ],
)
def test_canonical_form(value: object, text: str):
    """TS-CORE-021: the canonical form is sorted and compact, keeps characters, and writes numbers by value."""
    assert canonical_json(value).decode() == text


@given(values)
@settings(max_examples=100, deadline=None)
def test_canonical_form_is_a_fixed_point(value: object):
    """The canonical form of the canonical form is itself."""
    form = canonical_json(value)
    assert canonical_json(loads(form)) == form


def test_spellings_of_a_number_share_a_form():
    """TS-CORE-013, TS-CORE-021: however a number is spelled, its form is the same; a boolean is no number."""
    spellings = [b"100", b"100.0", b"1e2", b"1.0E+2", b"10000e-2"]
    assert {canonical_json(loads(text)) for text in spellings} == {b"100"}
    assert canonical_json(True) != canonical_json(1)


def test_refusals():
    """What can't be written has no canonical form."""
    with pytest.raises(CodecError):
        canonical_json([float("nan")])
