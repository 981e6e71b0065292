"""Limits of size and integer fields: the numbers that the specification names, at their edges."""

import json

import pytest

from timestep.codec import document
from timestep.codec.strict_json import Limits, dumps, loads
from timestep.dialects import invariants
from timestep.errors import CodecError, StateFormatError
from timestep.state import read, write
from timestep.types.base import LARGEST, is_count

MIB = 1024 * 1024


def refusal(text):
    """Return the code a text is refused with, or None."""
    try:
        loads(text)
    except CodecError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("code", "most", "over"),
    [
        ("json-size", b"[" + b" " * (16 * MIB - 2) + b"]", b"[" + b" " * (16 * MIB - 1) + b"]"),
        ("json-string", b'"' + b"x" * (4 * MIB) + b'"', b'"' + b"x" * (4 * MIB + 1) + b'"'),
        ("json-string", b'{"' + b"x" * (4 * MIB) + b'":1}', b'{"' + b"x" * (4 * MIB + 1) + b'":1}'),
        ("json-string", b'"' + "é".encode() * (2 * MIB) + b'"', b'"x' + "é".encode() * (2 * MIB) + b'"'),
        ("json-items", b"[" + b"0," * 99_999 + b"0]", b"[" + b"0," * 100_000 + b"0]"),
        (
            "json-items",
            json.dumps(dict.fromkeys(map(str, range(100_000)))).encode(),
            json.dumps(dict.fromkeys(map(str, range(100_001)))).encode(),
        ),
        ("json-digits", b"9" * 400, b"9" * 401),
        ("json-digits", b"0." + b"9" * 399, b"0." + b"9" * 400),
    ],
    ids=["text", "string", "name", "bytes-not-characters", "array", "object", "integer", "fraction"],
)
def test_a_text_may_be_as_large_as_the_specification_says_and_no_larger(code, most, over):
    """TS-CORE-007: each limit, unless configured otherwise, is the one that is written down."""
    assert (refusal(most), refusal(over)) == (None, code)
    assert loads(over, limits=Limits(32 * MIB, 128, 200_000, 8 * MIB, 800)) is not None


@pytest.mark.parametrize("text", [b'["\xed\xb0\x80"]', b'{"\xed\xa0\x80":1}', b'{"\\udc00":1}', b'["\\ud800"]'])
def test_half_a_pair_is_refused_in_strings_and_names(text):
    """TS-CORE-005: as an escape and as bytes."""
    assert refusal(text) == "json-surrogate"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_never_written_as_null(value):
    """TS-CORE-004: a writer refuses it, in a state as in plain JSON."""
    with pytest.raises(CodecError) as refused:
        dumps({"a": value})
    assert (refused.value.code, refused.value.pointer) == ("json-range", "/a")


def with_revision(text):
    """Return the text of a document with this revision."""
    value = {"format": "timestep.run-state", "format_version": "1.0", "requires": [], "id": "r1", "revision": "here"}
    value |= {"agents": [], "context": {"kind": "none"}, "approvals": [], "runs": []}
    value |= {"usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}}
    return json.dumps(value).replace('"here"', text).encode()


@pytest.mark.parametrize("text", ["1.0", "1e0", "1.5", "true", '"1"', "-1", "9007199254740992", "9" * 30])
def test_what_is_no_whole_number_in_range_is_no_integer_field(text):
    """TS-CORE-010: neither a fraction nor an exponent is read where an integer is meant, nor a number out of range."""
    with pytest.raises(StateFormatError) as refused:
        invariants.check(document.decode(with_revision(text)))
    assert (refused.value.code, refused.value.pointer) == ("state-shape", "/revision")


@pytest.mark.parametrize("number", [0, 1, LARGEST])
def test_a_whole_number_is_written_as_its_digits(number):
    """TS-CORE-010: up to the largest one."""
    written = document.encode(document.decode(with_revision(str(number))))
    assert b'"revision":%d,' % number in written
    assert is_count(number)


@pytest.mark.parametrize("value", [-1, LARGEST + 1, 1.0, True, None, "1"])
def test_what_no_integer_field_holds_is_no_count(value):
    """TS-CORE-010: nor is a number of another type."""
    assert not is_count(value)


def test_numbers_of_a_caller_keep_their_value_in_a_state(repo_root):
    """TS-CORE-011: also where JavaScript would round them."""
    path = repo_root / "fixtures" / "openai-agents-python" / "0.24.0" / "one_waiting.undecided.json"
    numbers = b"[9007199254740993,0.1000000000000000055511151231257827,-0.0,1e-300,123456789012345678901234567890.5]"
    own = write(read(path), "timestep").data
    kept = own.replace(b'"revision"', b'"x-mine": ' + numbers + b', "revision"', 1)
    assert numbers[1:-1].split(b",") == [part.strip() for part in _member(write(read(kept), "timestep").data)]


def _member(data):
    """Return the texts of the numbers in the planted member."""
    start = data.index(b"[", data.index(b'"x-mine"')) + 1
    return data[start : data.index(b"]", start)].split(b",")
