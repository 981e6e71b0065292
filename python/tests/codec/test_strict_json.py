"""Strict JSON: limits, places, exact numbers, and writing (BARS H1 to H8, H10)."""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import sys
import time
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from timestep.codec.strict_json import Limits, dumps, loads
from timestep.errors import CodecError

FIXTURES = Path(__file__).parents[3] / "fixtures"

plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=12,
)
decimal_texts = st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


def refusal(data: bytes | str, **limits: int) -> CodecError:
    """Give the error a text is refused with."""
    with pytest.raises(CodecError) as caught:
        loads(data, limits=Limits(**limits))
    return caught.value


def unwritable(value: object) -> CodecError:
    """Give the error a value is refused with."""
    with pytest.raises(CodecError) as caught:
        dumps(value)
    return caught.value


PLACES = [
    (b'{"k":[NaN]}', "json-constant", 1, 7, "/k/0"),
    (b'\n\n{"a\\"/~":\n  ["h\xc3\xa9", NaN]}', "json-constant", 4, 10, '/a"~1~0/1'),
    ('["\U0001f600\u00e9", tru]'.encode(), "json-syntax", 1, 8, "/1"),
    (b'{"a":{"b":"x', "json-truncated", 1, 13, "/a/b"),
    (b'{"a":{"b":1},"c":[{},{"d":[1,2', "json-truncated", 1, 31, "/c/1/d"),
    (b'[{"a":1},{"b":2},{"c":3,}]', "json-syntax", 1, 25, "/2"),
    (b'{"x":1,"y":}', "json-syntax", 1, 12, "/y"),
    (b'{"x":1,"y" 2}', "json-syntax", 1, 12, ""),
    (b"[1,2,]", "json-syntax", 1, 6, "/2"),
    (b"[1,2", "json-truncated", 1, 5, ""),
    (b"[[],[[", "json-truncated", 1, 7, "/1/0/0"),
    (b"[1] 2", "json-syntax", 1, 5, ""),
    (b'["ok","a\xff"]', "json-encoding", 1, 9, "/1"),
    (b'["]\\"]","\\ud800"]', "json-surrogate", 1, 10, "/1"),
    (b'{"\\ud800":1}', "json-surrogate", 1, 3, ""),
    (b'["\\\\\\"[", {"k\\\\": [1e999]}]', "json-range", 1, 20, "/1/k\\/0"),
    (b'["-1e999","1e9991", -1e999]', "json-range", 1, 21, "/2"),
    (b'["1", 1' + b"1" * 400 + b"]", "json-digits", 1, 7, "/1"),
    (b'{"a":[1,2,{"x":1,"y":2,"x":3}]}', "json-duplicate", 1, 24, "/a/2/x"),
    (b'{"a":{"b":1},"a":{"b":1,"b":2}}', "json-duplicate", 1, 25, "/a/b"),
    (b'{"a":"\\u003a","b":"}","b":2}', "json-duplicate", 1, 23, "/b"),
    (b'{"a":"\\u003A","b":"}","b":2}', "json-duplicate", 1, 23, "/b"),
    (b"[0.%s1e300,0.%s1]" % (b"0" * 350, b"0" * 350), "json-range", 1, 360, "/1"),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "pointer"), PLACES)
def test_place_of_a_fault(text: bytes, code: str, line: int, column: int, pointer: str):
    """A refusal names code, line, column in code points, and pointer."""
    error = refusal(text)
    assert (error.code, error.line, error.column, error.pointer) == (code, line, column, pointer)


def test_place_of_depth():
    """Too deep a text is refused at the bracket that goes too deep, strings and closed nests not counted."""
    text = b'["[[[[", ' + b"[[[]]], " + b"[" * 127 + b"[]" + b"]" * 128
    error = refusal(text)
    assert (error.code, error.column, error.pointer) == ("json-depth", 10 + 8 + 127, "/2" + "/0" * 127)
    assert loads(text, limits=Limits(max_depth=129))


def test_duplicate_names_both_places():
    """TS-CORE-003: a name that stands twice is refused with both places (H4)."""
    error = refusal(b'{\n  "a": 1,\n  "\\u0061": 2\n}')
    assert "first at 2:3" in error.message
    assert (error.line, error.column, error.pointer) == (3, 3, "/a")


def test_long_name_is_cut_in_the_message():
    """A message never repeats more than a piece of the input."""
    assert len(refusal(b'{"%s":1,"%s":2}' % (b"a" * 900, b"a" * 900)).message) < 160


def test_colons_in_strings_are_no_members():
    """Colons in strings, escaped or not, are not taken for names."""
    text = rb'{"a:":": :\u003a","b":[":","\u003A",{"\u003a":":"}]}'
    assert loads(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "limits", "code", "pointer"),
    [
        (b"[0]", {"max_bytes": 2}, "json-size", ""),
        (b"[[0]]", {"max_depth": 1}, "json-depth", "/0"),
        (b"[0]", {"max_depth": 0}, "json-depth", ""),
        (b'{"a":[0,0,0]}', {"max_items": 2}, "json-items", "/a"),
        (b'{"a":1,"b":2,"c":3}', {"max_items": 2}, "json-items", ""),
        (b'["abc","abcd"]', {"max_string": 3}, "json-string", "/1"),
        ('["\u20ac","\u20ac\u20ac"]'.encode(), {"max_string": 3}, "json-string", "/1"),
        ('["abc","\U0001f600"]'.encode(), {"max_string": 3}, "json-string", "/1"),
        (b'{"x":{"abcd":1}}', {"max_string": 3}, "json-string", "/x/abcd"),
        (b'"abcd"', {"max_string": 3}, "json-string", ""),
        (b"[123,1234]", {"max_number_digits": 3}, "json-digits", "/1"),
        (b"[1.23,12.34]", {"max_number_digits": 3}, "json-digits", "/1"),
        (b"[1e2,1.00e2]", {"max_number_digits": 3}, "json-digits", "/1"),
    ],
)
def test_limits(text: bytes, limits: dict[str, int], code: str, pointer: str):
    """TS-CORE-007: each limit refuses the first thing beyond it and can be set (H6)."""
    error = refusal(text, **limits)
    assert (error.code, error.pointer) == (code, pointer)
    assert loads(text, limits=Limits(**{name: 2 * most + 1 for name, most in limits.items()})) is not None


@pytest.mark.parametrize("size", [10**5, 10**6])
@pytest.mark.parametrize("bomb", [b"[", b'{"a":', b'[{"":', b'{"[":['])
def test_bombs(bomb: bytes, size: int):
    """A bracket bomb is refused at its 129th level, in a bounded time and without a RecursionError (H1)."""
    start = time.monotonic()
    error = refusal(bomb * (size // len(bomb)))
    assert error.code == "json-depth"
    assert error.pointer is not None
    assert error.pointer.count("/") in (128, 129)
    assert time.monotonic() - start < 5


def test_closed_bomb():
    """A bomb that is closed again is refused the same way (H1)."""
    assert refusal(b"[" * 10**6 + b"]" * 10**6).code == "json-depth"


@pytest.mark.parametrize("inside", [b"", b"{}", b"NaN", b'{"a":1,"a":2}', b"\xff", b"1e999"])
@pytest.mark.parametrize("spare", range(20, 300, 7))
def test_little_stack_is_no_traceback(inside: bytes, spare: int):
    """A caller deep in its own stack gets the value or a typed error, never a RecursionError."""

    def down(levels: int) -> None:
        if levels:
            down(levels - 1)
        else:
            loads(b"[" * 120 + inside + b"]" * 120)

    with contextlib.suppress(CodecError):
        down(sys.getrecursionlimit() - len(inspect.stack(0)) - spare)


@given(decimal_texts)
@example("0.1")
@example("-0.000000000001")
@example("999999999999999.0")
@example("9007199254740993.0")
@example("0.30000000000000004")
@example("1e22")
@example("123456789012345678901234567890.5")
@example("5e-324")
@settings(max_examples=200, deadline=None)
def test_numbers_keep_their_value(token: str):
    """TS-CORE-011: no number changes its exact decimal value through reading and writing (H2)."""
    value = loads(token)
    assert Fraction(dumps(value).decode()) == Fraction(token)
    assert type(value) in (int, float, Decimal)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("1", int),
        ("-0", int),
        ("1" * 400, int),
        ("0.1", float),
        ("1.0", float),
        ("1e2", float),
        ("0.10", float),
        ("-0.0", float),
        ("0.1000000000000000055511151231257827", Decimal),
        ("9007199254740993.0", Decimal),
    ],
)
def test_type_of_numbers(token: str, kind: type):
    """An integer is an int, another number a float where that says the same, else a Decimal."""
    assert type(loads(token)) is kind


def test_minus_zero_keeps_its_sign():
    """-0.0 stays -0.0."""
    assert math.copysign(1, loads(b"-0.0")) == -1
    assert dumps(loads(b"[-0.0]")) == b"[-0.0]"


def test_int_string_limit_never_trips():
    """Python's own limit on integer texts is never met, however many digits are in the text."""
    assert loads(b"9" * 400) == 10**400 - 1
    assert refusal(b"9" * 5000).code == "json-digits"
    assert refusal(b"[1,NaN" + b"9" * 5000).code == "json-digits"


def test_proto_is_plain_data():
    """TS-CORE-009: names that mean something to JavaScript are names like others (H8)."""
    text = b'{"__proto__":{"x":1},"constructor":{"prototype":2},"prototype":3}'
    assert dumps(loads(text)) == text


@given(values)
@settings(max_examples=150, deadline=None)
def test_round_trip(value: object):
    """What is written is read back equal, compact or indented, sorted or not."""
    assert loads(dumps(value)) == value
    assert loads(dumps(value, indent=2, sort_keys=True)) == value
    assert json.loads(dumps(value)) == value


@given(values, st.data())
@settings(max_examples=250, deadline=None)
def test_broken_text_is_refused_in_place(value: object, data: st.DataObject):
    """A text broken at random is read, or refused with a place inside it; it agrees with `json` about which."""
    text = bytearray(dumps(value, indent=data.draw(st.sampled_from([None, 1]))))
    at = data.draw(st.integers(0, len(text)))
    piece = data.draw(
        st.sampled_from([b"", b'"', b"[", b"]", b"{", b"}", b",", b":", b"\\", b"1", b" ", b"\x00", b"\xff"])
    )
    text[at : at + data.draw(st.integers(0, 2))] = piece
    refused: CodecError | None = None
    try:
        loads(bytes(text))
    except CodecError as error:
        refused = error
    if refused is None:
        json.loads(bytes(text).decode())
        return
    lines = bytes(text).split(b"\n")
    assert refused.line is not None
    assert refused.column is not None
    assert refused.column <= len(lines[refused.line - 1]) + 1
    if refused.code in ("json-syntax", "json-truncated"):
        with pytest.raises(ValueError, match=r"."):
            json.loads(bytes(text).decode())


@given(st.text('{}[]",:\\ntrue01-.eE ud8a\n', max_size=24))
@settings(max_examples=400, deadline=None)
def test_agrees_with_json_on_soup(text: str):
    """TS-CORE-002: on a soup of JSON characters, what is accepted is what `json` accepts, strictness aside."""
    strict = {"json-duplicate", "json-surrogate", "json-range", "json-constant"}
    try:
        value = loads(text)
    except CodecError as error:
        if error.code not in strict:
            with pytest.raises(ValueError, match=r"."):
                json.loads(text)
    else:
        assert value == json.loads(text)


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.json")), ids=lambda path: path.name)
def test_fixtures_lose_nothing(path: Path):
    """Every fixture survives reading and writing with all its fields (H10)."""
    data = path.read_bytes()
    assert loads(dumps(loads(data))) == json.loads(data)


class Colour(StrEnum):
    """A str that is more than a str."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ({"a": [1.0, math.nan]}, "json-range", "/a/1"),
        (math.inf, "json-range", ""),
        ([-math.inf], "json-range", "/0"),
        ([Decimal("NaN")], "json-range", "/0"),
        ([Decimal("sNaN")], "json-range", "/0"),
        ([Decimal("1e999")], "json-range", "/0"),
        ([Decimal("1e-999")], "json-range", "/0"),
        ([Decimal("0." + "1" * 400)], "json-range", "/0"),
        ([10**400], "json-digits", "/0"),
        ([-(10**400)], "json-digits", "/0"),
        ([10**5000], "json-digits", "/0"),
        ({"a": {"x/y": "\ud800"}}, "json-surrogate", "/a/x~1y"),
        ([{"\udfff": 1}], "json-surrogate", "/0/\udfff"),
        ({"a": {1: 2}}, "json-value", "/a"),
        ({None: 2}, "json-value", ""),
        ([[], {"a": {1, 2}}], "json-value", "/1/a"),
        ([b"bytes"], "json-value", "/0"),
        ([Colour.RED], "json-value", "/0"),
        ([object()], "json-value", "/0"),
    ],
)
def test_unwritable(value: object, code: str, pointer: str):
    """TS-CORE-004, TS-CORE-014: what has no JSON form, or reading would refuse, is not written (H3)."""
    error = unwritable(value)
    assert (error.code, error.pointer) == (code, pointer)


def test_depth_on_writing():
    """TS-CORE-014: a value too deep, or inside itself, is refused, quickly even when it doubles with each level."""
    deep: list[object] = []
    for _ in range(128):
        deep = [deep]
    assert unwritable(deep).code == "json-depth"
    assert loads(dumps(deep[0])) == deep[0]
    loop: list[object] = []
    loop.extend([loop, loop])
    assert unwritable(loop).code == "json-depth"


def test_form_of_writing():
    """Output is compact UTF-8 in the order of the value; indenting and sorting are asked for."""
    value = {"b": ["\u00e9", ()], "a": {}, "\uffff": 1, "\U0001f600": 2}
    assert dumps(value).decode() == '{"b":["\u00e9",[]],"a":{},"\uffff":1,"\U0001f600":2}'
    assert dumps(value, sort_keys=True).decode() == '{"a":{},"b":["\u00e9",[]],"\uffff":1,"\U0001f600":2}'
    assert dumps({"a": [1]}, indent=2) == b'{\n  "a": [\n    1\n  ]\n}'


def test_decimals_are_written_as_numbers():
    """A Decimal is a number in the text, as it is."""
    assert dumps([Decimal("1.50"), Decimal("12345678901234567890.5")]) == b"[1.50,12345678901234567890.5]"


def test_digits_in_strings_are_text():
    """Long runs of digits in strings are neither refused on reading nor on writing."""
    value = ["1" * 500, 1]
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    "text", [b"[" + b"[]," * 900_000 + b"[]]", b"[" + (b'{"a":' * 60 + b"1" + b"}" * 60 + b",") * 20_000 + b"1]"]
)
def test_a_crowd_of_containers_is_refused_before_it_is_built(text):
    """A text of hardly anything but containers is refused by count, since each takes many times its text in memory."""
    with pytest.raises(CodecError) as caught:
        loads(text)
    assert caught.value.code == "json-items"


def test_brackets_inside_a_string_are_text():
    """A long string of brackets neither counts as containers nor as depth."""
    assert loads(b'["' + b"[" * 3_000_000 + b'", 1]')[1] == 1
