"""Lists of session items in all their forms (sessions.md, TS-SESS-001 to TS-SESS-010)."""

import json

import pytest

from timestep.errors import ConversionError, StateFormatError, TimestepError, VersionError
from timestep.state import SessionItems, check, read, write

PYTHON, JS, OWN = "openai-agents-python", "openai-agents-js", "timestep"
USER = {"role": "user", "content": "Weather in Oslo?"}
CALL = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": '{"city": "Oslo"}'}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
JS_CALL = {
    "type": "function_call",
    "callId": "c1",
    "name": "get_weather",
    "arguments": '{"city": "Oslo"}',
    "status": "completed",
}
JS_OUTPUT = {
    "type": "function_call_result", "name": "get_weather", "callId": "c1", "status": "completed",
    "output": {"type": "text", "text": "sunny"},
}  # fmt: skip
CHAT = [
    USER,
    {"role": "assistant", "content": "Let me see.", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}]},
    {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
]  # fmt: skip
HEADER = {"format": "timestep.session-items", "format_version": "1.0", "session_id": "ann"}


def items(value) -> SessionItems:
    """Read what is a list of session items."""
    found = read(value if isinstance(value, bytes | str) else json.dumps(value))
    assert isinstance(found, SessionItems)
    return found


def lines(*rows) -> str:
    """Write rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def written(found: SessionItems, to: str):
    """Write items and parse what was written."""
    data = write(found, to).data.decode()
    return (
        [json.loads(row) for row in data.splitlines()] if found.container == "lines" and to != OWN else json.loads(data)
    )


@pytest.mark.parametrize(
    ("rows", "family"),
    [
        ([USER, CALL, OUTPUT], PYTHON),
        ([USER, JS_CALL, JS_OUTPUT], JS),
        ([USER, {"role": "assistant", "content": "Sunny."}], "neutral"),
        ([], "neutral"),
        (CHAT, PYTHON),
        ([USER, {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "x"}], PYTHON),
    ],
)
def test_the_family_is_told_by_all_items_together(rows, family):
    """Names and types anywhere in the list tell the family; plain ones belong to both (TS-SESS-004, TS-SESS-007)."""
    assert items(rows).dialect == family
    assert items(list(rows)).container == "array"


@pytest.mark.parametrize("rows", [[CALL, JS_OUTPUT], [JS_CALL, OUTPUT], [USER, OUTPUT, JS_CALL]])
def test_lists_of_both_families_are_refused(rows):
    """Mixed, an id would be read under two names (TS-SESS-004)."""
    with pytest.raises(StateFormatError) as raised:
        items(rows)
    assert raised.value.code == "items-mixed"
    assert raised.value.pointer == f"/{max(i for i, row in enumerate(rows) if row is not USER)}"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([USER, CALL, OUTPUT]),
        lines(USER, CALL, OUTPUT),
        lines(HEADER, USER, CALL, OUTPUT),
        "\n" + lines(USER) + "\n\n" + lines(CALL, OUTPUT).rstrip("\n"),
        json.dumps({**HEADER, "items": [USER, CALL, OUTPUT]}),
    ],
    ids=["array", "lines", "lines-with-header", "blank-lines", "object"],
)
def test_containers_hold_the_same_items(text):
    """Array, lines and our object are read alike, blank lines skipped (TS-SESS-001, TS-SESS-003)."""
    found = items(text)
    assert found.items == [USER, CALL, OUTPUT]
    assert json.loads(write(found, OWN).data)["items"] == [USER, CALL, OUTPUT]


def test_a_single_line_is_lines():
    """A file of one item is JSON lines, and stays so (TS-SESS-010)."""
    found = items(lines(USER))
    assert (found.container, found.items) == ("lines", [USER])
    assert write(found, PYTHON).data == json.dumps(USER, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    "text", [lines(HEADER, USER), json.dumps({**HEADER, "items": [USER]})], ids=["lines", "object"]
)
def test_the_session_id_is_kept(text):
    """The id of a header survives a trip through our own form (TS-SESS-010)."""
    own = json.loads(write(items(text), OWN).data)
    assert (own["session_id"], own["items"]) == ("ann", [USER])
    assert json.loads(write(items(json.dumps(own)), OWN).data) == own


def test_families_are_converted_item_by_item():
    """Wire and protocol form stand for each other; argument strings stay as they are (TS-SESS-008, TS-ITEM-003)."""
    there = written(items([USER, CALL, OUTPUT]), JS)
    assert [row.get("callId") for row in there] == [None, "c1", "c1"]
    assert there[1]["arguments"] == CALL["arguments"]
    assert written(items(there), PYTHON)[1:] == [CALL, OUTPUT]


def test_lines_and_arrays_stay_what_they_are():
    """A conversion between the SDKs keeps the container (TS-SESS-010)."""
    for text in (json.dumps([USER, CALL, OUTPUT]), lines(USER, CALL, OUTPUT)):
        before = items(text)
        for to in (PYTHON, JS):
            after = items(write(before, to).data)
            assert (after.container, len(after.items)) == (before.container, 3)


def test_no_ids_are_invented():
    """Items without an id have none afterwards (TS-SESS-009, TS-ITEM-005)."""
    assert all("id" not in row for row in written(items([JS_CALL, JS_OUTPUT]), PYTHON))


def test_items_without_a_form_are_refused_by_place():
    """What the target lacks is refused, and only where the target lacks it (TS-SESS-008)."""
    custom = {"type": "custom_tool_call", "call_id": "c9", "name": "grep", "input": "x"}
    found = items([USER, custom, {"type": "custom_tool_call_output", "call_id": "c9", "output": "y"}])
    assert written(found, PYTHON)[1] == custom
    with pytest.raises(ConversionError) as raised:
        write(found, JS)
    assert (raised.value.code, raised.value.pointer) == ("cannot-cross", "/1")


def test_chat_messages_are_taken_apart():
    """Calls and results inside chat messages become items (TS-SESS-006)."""
    message = {"role": "assistant", "content": "Let me see."}
    assert items(CHAT).items == [USER, message, CALL, OUTPUT]
    assert items(lines(*CHAT)).items == [USER, message, CALL, OUTPUT]
    silent = {**CHAT[1], "content": None}
    assert items([USER, silent, CHAT[2]]).items == [USER, CALL, OUTPUT]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"tool_calls": "c1"}, "/1/tool_calls"),
        ({"tool_calls": ["c1"]}, "/1/tool_calls/0"),
        ({"tool_calls": [{"id": "c1"}]}, "/1/tool_calls/0"),
        ({"tool_calls": [{"id": "c1", "function": "f"}]}, "/1/tool_calls/0"),
        ({"tool_calls": [{"id": 1, "function": {"name": "f"}}]}, "/1/tool_calls/0/id"),
        ({"tool_calls": [{"id": "", "function": {"name": "f"}}]}, "/1/tool_calls/0/id"),
        ({"tool_calls": [{"id": "c1", "function": {}}]}, "/1/tool_calls/0/function/name"),
        (
            {"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": {}}}]},
            "/1/tool_calls/0/function/arguments",
        ),
    ],
)
def test_misshapen_chat_calls_are_refused_by_place(change, pointer):
    """A call without an id, name or argument text is no call (TS-SESS-006, TS-ITEM-012)."""
    with pytest.raises(StateFormatError) as raised:
        items([USER, {**CHAT[1], **change}])
    assert (raised.value.code, raised.value.pointer) == ("item-shape", pointer)


@pytest.mark.parametrize(
    "row", [None, 1, "text", [], {}, {"content": "x"}, {"type": 7}, {"type": None}, {"role": []}], ids=repr
)
@pytest.mark.parametrize("form", ["array", "lines", "object"])
def test_what_is_no_item_is_refused_with_its_line(row, form):
    """An item is an object with a type or a role; the error names its line (TS-SESS-002, TS-CORE-015)."""
    text = {
        "array": "[" + json.dumps(USER) + ",\n" + json.dumps(row) + "]",
        "lines": lines(USER, row),
        "object": '{"format": "timestep.session-items", "format_version": "1.0", "items": [\n' + json.dumps(row) + "]}",
    }[form]
    with pytest.raises(StateFormatError) as raised:
        read(text)
    assert raised.value.code == "item-shape"
    assert raised.value.line == 2
    assert raised.value.pointer == ("/items/0" if form == "object" else "/1")
    assert check(text)[0].line == 2


def test_lines_count_with_header_and_blank_lines():
    """A finding on JSON lines has the line of the file, not of the item (TS-CORE-015)."""
    text = lines(HEADER) + "\n" + lines(USER) + "\n\n" + lines(CALL)
    finding = next(one for one in check(text) if one.code == "call-dangling")
    assert (finding.pointer, finding.line) == ("/1", 6)
    mixed = lines(HEADER, USER) + "\n" + lines(CALL, JS_OUTPUT)
    assert [(one.code, one.pointer, one.line) for one in check(mixed)] == [("items-mixed", "/2", 5)]


@pytest.mark.parametrize("broken", ['{"role": "user",', '{"role": "user", "role": "x"}', '{"role": NaN}', "[", "\x00"])
def test_broken_lines_are_refused_with_their_line(broken):
    """A line that is no strict JSON is refused by the file's line number (TS-SESS-003)."""
    with pytest.raises(TimestepError) as raised:
        read(lines(USER) + "\n" + broken + "\n" + lines(USER))
    assert raised.value.code.startswith("json-")
    assert raised.value.line == 3


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"format_version": "2.0"}, "version-unsupported", "/format_version"),
        ({"format_version": 1}, "version-shape", "/format_version"),
        ({"session_id": 7}, "state-shape", "/session_id"),
        ({"session_id": ""}, "state-shape", "/session_id"),
        ({"session_id": "a\0b"}, "state-shape", "/session_id"),
        ({"items": {}}, "item-shape", "/items"),
        ({"items": None}, "item-shape", "/items"),
    ],
)
def test_headers_are_checked(change, code, pointer):
    """The version and the id of our own form are checked as elsewhere (TS-VERS-001, TS-VERS-002, TS-CORE-008)."""
    with pytest.raises((StateFormatError, VersionError)) as raised:
        read(json.dumps({**HEADER, "items": [USER], **change}))
    assert (raised.value.code, raised.value.pointer) == (code, pointer)


def test_a_dangling_call_is_a_finding():
    """A call without an output is reported, not refused: the run's ledger may know it (TS-SESS-005)."""
    found = items([USER, CALL])
    assert [(one.code, one.severity, one.pointer) for one in found.findings] == [("call-dangling", "warning", "/1")]
    assert items([USER, CALL, OUTPUT]).findings == []


def test_the_family_can_be_told_by_the_caller():
    """A neutral list is read as the family the caller names; an unknown one is refused (TS-SESS-007)."""
    found = read(json.dumps([USER]), dialect=JS)
    assert isinstance(found, SessionItems)
    assert found.dialect == JS
    with pytest.raises(StateFormatError) as raised:
        read(json.dumps([USER]), dialect="klingon")
    assert raised.value.code == "family-unknown"


def test_recorded_sessions_cross_and_come_back(repo_root):
    """The SDKs' own sessions are read, and each written in its own form is read as the same items (TS-SESS-008)."""
    paths = sorted((repo_root / "fixtures").glob("openai-agents-*/*/*.session.json"))
    assert len(paths) > 8
    for path in paths:
        found = read(path)
        assert isinstance(found, SessionItems)
        own = found.dialect if found.dialect != "neutral" else PYTHON
        assert items(write(found, own).data).items == found.items
        assert items(write(found, OWN).data).items == found.items
