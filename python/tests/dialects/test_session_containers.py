"""How lists of session items are written: line feeds, containers, and no ids that nobody gave (sessions.md)."""

import json

import pytest

from timestep.errors import TimestepError
from timestep.state import read, write

from .test_session_items import CALL, HEADER, JS, OUTPUT, OWN, PYTHON, USER, items, lines, written

ROWS = [
    USER,
    {"type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "a"}]},
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "so"}]},
    CALL,
    OUTPUT,
]
PART = {"type": "output_text", "text": "å\n\u2028\U0001f600"}
BOTH = pytest.mark.parametrize("to", [PYTHON, JS])


@BOTH
@pytest.mark.parametrize("head", [[], [HEADER]], ids=["bare", "headed"])
def test_every_line_ends_with_a_line_feed(to, head):
    """TS-SESS-003: the last one too, and a line feed is nowhere else; the text is UTF-8."""
    rows = [*head, USER, {"role": "assistant", "content": [PART]}]
    data = write(items("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)), to).data
    assert data.endswith(b"\n")
    assert data.count(b"\n") == len(rows)
    found = [json.loads(line) for line in data.decode("utf-8").split("\n")[:-1]]
    assert [row.get("session_id") for row in found] == [row.get("session_id") for row in rows]
    assert found[-1]["content"][0]["text"] == PART["text"]


@pytest.mark.parametrize(("letter", "code"), [(b"\xff", "json-encoding"), (b"\xed\xa0\x80", "json-surrogate")])
def test_a_line_that_is_no_utf_8_is_refused(letter, code):
    """TS-SESS-003: by its line; no other encoding is guessed."""
    with pytest.raises(TimestepError) as raised:
        read(lines(USER).encode() + b'{"role":"user","content":"%b"}\n' % letter)
    assert (raised.value.code, raised.value.line) == (code, 2)


@pytest.mark.parametrize("line", ['{"role": "user", "content": "a"} {}', '{"role": "user",\n"content": "a"}'])
def test_a_line_is_one_value(line):
    """TS-SESS-003: neither two, nor a part of one."""
    with pytest.raises(TimestepError) as raised:
        read(lines(USER) + line + "\n")
    assert (raised.value.code.startswith("json-"), raised.value.line) == (True, 2)


@BOTH
@pytest.mark.parametrize("container", ["array", "lines"])
def test_items_without_an_id_get_none_in_either_form(to, container):
    """TS-SESS-009: of each kind, there and back."""
    text = json.dumps(ROWS) if container == "array" else lines(*ROWS)
    rows = written(items(text), to)
    assert len(rows) == len(ROWS)
    assert not [row for row in rows if "id" in row]
    assert not [row for row in written(items(json.dumps(rows)), PYTHON) if "id" in row]


def test_our_own_object_is_for_our_own_target_alone():
    """TS-SESS-010: the SDKs get an array, and their arrays and lines become the object only here."""
    own = items(json.dumps({**HEADER, "items": [USER, CALL, OUTPUT]}))
    assert own.container == "timestep"
    for to in (PYTHON, JS):
        rows = json.loads(write(own, to).data)
        assert (type(rows), len(rows)) == (list, 3)
    for text in (json.dumps([USER]), lines(USER), lines(HEADER, USER)):
        assert json.loads(write(items(text), OWN).data)["items"] == [USER]


@pytest.mark.parametrize("text", [lines(HEADER), json.dumps(HEADER)])
def test_a_header_alone_is_a_list_of_lines_without_items(text):
    """TS-SESS-010: it is read as lines, and written as lines again."""
    empty = items(text)
    assert (empty.container, empty.items) == ("lines", [])
    assert json.loads(write(empty, PYTHON).data) == HEADER


def test_an_object_without_items_is_no_list_of_lines():
    """TS-SESS-002: over several lines it is neither our object, which has items, nor a header."""
    with pytest.raises(TimestepError) as raised:
        read(json.dumps(HEADER, indent=1))
    assert (raised.value.code, raised.value.pointer) == ("field-missing", "")
