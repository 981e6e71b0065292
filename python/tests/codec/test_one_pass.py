"""The short way to and from JSON gives what the long way gives, or leaves it to that."""

import json
import math
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from timestep.codec import document, journal, one_pass, strict_json
from timestep.errors import CodecError, StateFormatError, VersionError
from timestep.types.journal import Change
from timestep.types.state import Document, Entry, Limits, Usage

EXAMPLES = Path(__file__).resolve().parents[3] / "spec/schema/v1/examples"
STATES = [
    document.encode(document.decode(path.read_bytes())) for path in sorted(EXAMPLES.glob("RunState/valid/*.json"))
]
CHANGES = [journal.encode(journal.decode(path.read_bytes())) for path in sorted(EXAMPLES.glob("Change/valid/*.json"))]
ERRORS = (CodecError, StateFormatError, VersionError, TypeError)


class Colour(StrEnum):
    """A str that is more than a str."""

    RED = "red"


class Text(str):
    """A str that is another one."""

    __slots__ = ()


def nested(levels):
    """Return a list in a list, so many levels deep."""
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


#: Values that are written as something else by one of the two, or by neither, or that no text may hold.
ODD = [
    math.nan, math.inf, -0.0, 1e300, 5e-324, Decimal("1.50"), Decimal("0.1"), Decimal("NaN"), Decimal("1e999"),
    10**16, 2**64, -(2**63) - 1, 10**399, 10**400, Decimal(f"{2**900}.{'0' * 200}"), "\ud800", "\u2028\x7f\x00",
    (1, 2), {1: 2}, {None: 1}, {1, 2}, b"bytes", Colour.RED, Text("text"), {"unknown": {"a": 1}}, {"unknown": {}},
    {"revision": 1}, None, True, 1.0, nested(60), nested(122), nested(123), nested(124), nested(200),
    ['"', nested(125)], ["\\", nested(125)], ['\\"', nested(125), '"'], ["\\\\", '"', nested(125)],
    ['"', "\\", '\\"[', "]{", '"["' * 99], {'"[': ["\\"] * 99, "a\\": "[" * 99}, object(),
]  # fmt: skip
VALUES = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def change_with(value):
    """Return a change with a value in an item."""
    run = document.decode(STATES[0]).runs[0]
    entry = Entry(source="input", item={"role": "user", "content": value, "more": [{}] * 60})
    return Change(revision=1, started=[replace(run, log=[entry])])


def outcome(work):
    """Return what work gives, or the refusal."""
    try:
        return work()
    except ERRORS as error:
        return type(error), getattr(error, "code", None), getattr(error, "pointer", None)


@given(VALUES)
def test_a_change_is_written_as_by_the_long_way(value):
    """TS-CORE-014: the same bytes, or the same refusal."""
    change = change_with(value)
    slow = outcome(lambda: strict_json.dumps(document.change_to_json(change)))
    assert outcome(lambda: journal.encode(change)) == slow


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_no_odd_value_is_written_in_another_way(value):
    """TS-CORE-004, TS-CORE-014: neither in a change nor in a document."""
    change = change_with(value)
    whole = replace(document.decode(STATES[0]), runs=change.started)
    assert outcome(lambda: journal.encode(change)) == outcome(
        lambda: strict_json.dumps(document.change_to_json(change))
    )
    for indent in (None, 2):
        slow = outcome(lambda by=indent: strict_json.dumps(document.to_json(whole), indent=by))
        assert outcome(lambda by=indent: document.encode(whole, indent=by)) == slow


def test_a_field_of_another_type_is_written_as_it_is_or_refused():
    """TS-CORE-014: NaN is not told as null, wherever it stands."""
    for value in (math.nan, math.inf, Decimal("0.5"), 5, None, "x"):
        run = replace(document.decode(STATES[0]).runs[0], limits=Limits(max_turns=1, max_seconds=value))
        change = Change(revision=1, started=[run])
        slow = outcome(lambda change=change: strict_json.dumps(document.change_to_json(change)))
        assert outcome(lambda change=change: journal.encode(change)) == slow


def test_fields_that_are_not_known_take_the_long_way():
    """TS-VERS-004: their place is at the end of their record, and not under a name of ours."""
    usage = Usage(input_tokens=1, output_tokens=1, total_tokens=2, unknown={"later": 1})
    assert one_pass.written(Change(revision=1, usage=usage)) is None
    assert json.loads(journal.encode(Change(revision=1, usage=usage)))["usage"]["later"] == 1


@pytest.mark.parametrize("text", [text for text in [*STATES, *CHANGES] if b"later" not in text])
def test_what_we_have_written_is_read_on_the_short_way(text):
    """The same value as by the long way; else all of this would be for nothing."""
    record, slow = (Document, document.from_json) if text in STATES else (Change, document.change_from_json)
    found = one_pass.read(text, record, strict_json.DEFAULT_LIMITS)
    assert found == slow(strict_json.loads(text))
    assert one_pass.written(found) == text


def test_brackets_inside_texts_do_not_count():
    """Long texts of code are on the short way too."""
    assert one_pass.written(change_with(["[" * 200, "\\", '"', "{[", '\\"["']))


@given(st.data())
def test_a_text_that_was_tampered_with_is_read_as_by_the_long_way(data):
    """TS-CORE-001, TS-CORE-012, TS-DUR-003: the same value, or the same refusal at the same place."""
    text = bytearray(data.draw(st.sampled_from([*STATES, *CHANGES])))
    pieces = [b"null", b'"unknown":{"a":1},', b'"told":0,', b"1.0", b"1e5", b"-0", b" ", b'"x":1,', b"[", b"\\u003a"]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 4))
        text[at : at + cut] = data.draw(st.sampled_from(pieces) | st.binary(max_size=2))
    raw = bytes(text)
    slow = outcome(lambda: document.from_json(strict_json.loads(raw)))
    assert repr(outcome(lambda: document.decode(raw))) == repr(slow)  # 1 and 1.0 are equal, and not the same
    slow = outcome(lambda: document.change_from_json(strict_json.loads(raw)))
    assert repr(outcome(lambda: journal.decode(raw))) == repr(slow)


ODD_TEXTS = [
    b'{"revision":1,"revision":1}', b'{"revision":1,"told":0}', b'{"revision":1,"told":null}', b'{"revision":1.0}',
    b'{"revision":1,"provenance":[]}', b'{"revision":1,"unknown":{}}', b'{"revision":1,"later":2}', b'{"revision":1} ',
    b'{"revision":' + b"9" * 400 + b"}", b'{"revision":' + b"9" * 401 + b"}", b'{"revision":-0}', b'{"told":1}',
    b'\xef\xbb\xbf{"revision":1}', b'{"revision":1,"ended":["\\ud800"]}', b'{"revision":1,"ended":["\\/"]}',
    b'{"revision":1,"runs":[{"id":"r","step":{"type":"acting","output":' + b"[" * 123 + b"]" * 123 + b"}}]}",
    b'{"revision":1,"runs":[{"id":"r","step":{"type":"acting","output":' + b"[" * 124 + b"]" * 124 + b"}}]}",
    b'{"revision":1,"runs":[{"id":"r","step":{"type":"acting","output":' + b"[" * 125 + b"]" * 125 + b"}}]}",
    b'{"revision":1,"runs":[{"id":"r","step":{"type":"acting","output":[' + b"[0.1]," * 200 + b"1e400]}}]}",
    b'{"revision":1,"runs":[{"id":"r","step":{"type":"acting","output":[1.50,1e2,0.10000000000000000055]}}]}',
    b'{"revision":1,"runs":[{"id":"r","step":{"type":"acting","output":18446744073709551616}}]}',
    b'{"revision":1,"ended":["a","b","c","d","e","f","g","h"]}', b'{"revision":1,"ended":["12345678","123456789"]}',
]  # fmt: skip


@pytest.mark.parametrize("text", ODD_TEXTS, ids=lambda text: repr(text)[:40])
@pytest.mark.parametrize(
    "limit", [{}, {"max_items": 8}, {"max_string": 8}, {"max_bytes": 90}, {"max_depth": 5}], ids=str
)
def test_an_odd_text_is_read_as_by_the_long_way(text, limit):
    """TS-CORE-003, TS-CORE-007, TS-CORE-011: names twice, numbers others read differently, what is over a limit."""
    limits = strict_json.Limits(**limit)
    fast = outcome(lambda: journal.decode(text, limits=limits))
    slow = outcome(lambda: document.change_from_json(strict_json.loads(text, limits=limits)))
    assert repr(fast) == repr(slow)
