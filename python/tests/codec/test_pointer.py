"""JSON pointers and the places they lead to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timestep.codec.pointer import Location, escape, is_index, join, locate, members, resolve, split, unescape
from timestep.errors import CodecError

tokens = st.text(st.sampled_from('ab~/01"\\ \u00e9\U0001f600\n'), max_size=4)
trees = st.recursive(
    st.integers(0, 9) | tokens,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tokens, inner, max_size=3),
    max_leaves=8,
)


def _paths(value: object, pointer: str = "") -> list[str]:
    """Give the pointer of every value in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [pointer, *(p for key, inner in items for p in _paths(inner, join([key], base=pointer)))]


@given(tokens)
def test_escaping_round_trip(token: str):
    """TS-CORE-016: an escaped token has no slash and reads back as it was."""
    assert "/" not in escape(token)
    assert unescape(escape(token)) == token


@given(st.lists(tokens))
def test_join_and_split(path: list[str]):
    """A path written as a pointer splits into the same tokens."""
    assert split(join(path)) == path


def test_join_takes_indexes_and_a_base():
    """TS-CORE-016: indexes are tokens too, and a pointer can be continued."""
    assert join(["a/b", 0, "~"]) == "/a~1b/0/~0"
    assert join([1], base="/x") == "/x/1"
    assert join([]) == ""


@pytest.mark.parametrize("pointer", ["a/b", "~0", "/a~", "/a~2b", "/~~0", "#/a"])
def test_bad_pointer(pointer: str):
    """TS-CORE-016: a pointer starts with a slash, and a tilde in it is the start of `~0` or `~1`."""
    with pytest.raises(CodecError) as caught:
        split(pointer)
    assert (caught.value.code, caught.value.requirement) == ("pointer-syntax", "TS-CORE-016")


#: The document and the pointers of RFC 6901, section 5.
OF_THE_RFC = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
POINTERS = {"/foo/0": "bar", "/": 0, "/a~1b": 1, "/c%d": 2, "/e^f": 3, "/g|h": 4, "/i\\j": 5, '/k"l': 6, "/ ": 7}


@pytest.mark.parametrize(("pointer", "value"), [*POINTERS.items(), ("", OF_THE_RFC), ("/m~0n", 8)])
def test_the_examples_of_the_rfc(pointer: str, value: object):
    """TS-CORE-016: each leads to what RFC 6901 says."""
    assert resolve(OF_THE_RFC, pointer) == value


def test_a_tilde_is_unescaped_last():
    """TS-CORE-016: `~01` is a tilde and a one, no slash."""
    assert split("/~01/~10") == ["~1", "/0"]


@pytest.mark.parametrize(
    "token", ["-", "-1", "00", "01", "+1", " 1", "1.0", "1e0", "\u0660", "\u00b2", "", "3", "1" * 5000]
)
def test_what_is_no_index_of_a_list(token: str):
    """TS-CORE-016: an index is digits of ASCII without leading zeros, and exists; nothing else is converted."""
    assert not is_index(token, 3)
    assert [is_index(str(number), 3) for number in range(4)] == [True, True, True, False]


@given(trees, st.sampled_from([None, 2]))
@settings(max_examples=150, deadline=None)
def test_resolve_and_locate_agree(tree: object, indent: int | None):
    """For every value of a document, the place found in the bytes is where that value is written."""
    text = json.dumps(tree, indent=indent)
    for pointer in _paths(tree):
        at = locate(text.encode(), pointer)
        value, _ = json.JSONDecoder().raw_decode(text, at.offset)
        assert value == resolve(tree, pointer)
        lines = text.split("\n")
        assert len("\n".join(lines[: at.line - 1])) + (at.line > 1) + at.column - 1 == at.offset


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", Location(2, 1, 1)),
        ('/\u00e9"', Location(2, 9, 10)),
        ('/\u00e9"/1', Location(3, 2, 19)),
        ('/\u00e9"/7', Location(2, 9, 10)),
        ('/\u00e9"/-', Location(2, 9, 10)),
        ('/\u00e9"/01', Location(2, 9, 10)),
        ("/missing", Location(2, 1, 1)),
        ("/missing/further", Location(2, 1, 1)),
        ('/\u00e9"/0/x', Location(2, 10, 11)),
    ],
)
def test_place(pointer: str, expected: Location):
    """Columns count code points, offsets bytes; what is missing gives the place of its container."""
    assert locate('\n{"\u00e9\\"" :["\u20ac",\n 2]}'.encode(), pointer) == expected


@pytest.mark.parametrize("data", [b"[1", b'{"a" 1}', b"\xff", b"[" * 100_000, b'{"a":', b'["x'])
def test_place_in_no_json(data: bytes):
    """Bytes that are no JSON are refused, not run through."""
    with pytest.raises(CodecError) as caught:
        locate(data, "/5")
    assert caught.value.code == "json-syntax"


def test_place_in_nothing():
    """Nothing, and a scalar, have one place: their beginning."""
    assert locate(b"", "/a") == Location(1, 1, 0)
    assert locate(b" 12", "/a") == Location(1, 2, 1)


def test_missing_value():
    """TS-CORE-016: a pointer that leads nowhere is refused with the deepest place that exists."""
    for pointer, at in [("/a/2", "/a"), ("/a/x", "/a"), ("/a/0/y", "/a/0"), ("/b", ""), ("/a/00", "/a")]:
        with pytest.raises(CodecError) as caught:
            resolve({"a": [1, 2]}, pointer)
        assert (caught.value.code, caught.value.pointer) == ("pointer-missing", at)


def test_index_of_many_digits():
    """An index of thousands of digits is missing, not converted."""
    with pytest.raises(CodecError):
        resolve([1], "/" + "1" * 5000)


def test_members_of_a_scalar():
    """A scalar has no members."""
    assert list(members("12", 0)) == []
