"""The binary form of documents: one message for one JSON document, or a refusal that names the place (protobuf.md)."""

import itertools
import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from timestep.codec import document, proto, strict_json
from timestep.codec.proto import mapping
from timestep.codec.proto.size import messages_in
from timestep.dialects import invariants
from timestep.errors import CodecError, StateFormatError, TimestepError, UsageError
from timestep.state import read
from timestep.v1 import event_pb2, run_state_pb2, usage_pb2

SPEC = Path(__file__).resolve().parents[3] / "spec"
EXAMPLES = SPEC / "schema/v1/examples"
KINDS = ("RunState", "Event", "Effect", "StreamEvent", "RoutingRules", "ResolvedModel")
VALID = [(kind, path) for kind in KINDS for path in sorted((EXAMPLES / kind / "valid").glob("*.json"))]
REFUSED = sorted(
    path
    for kind in ("invalid", "inconsistent")
    for path in (EXAMPLES / "RunState" / kind).glob("*.json")
    if ".expect." not in path.name and "code" in json.loads(path.with_suffix(".expect.json").read_text("utf-8"))
)
PAUSED = strict_json.loads((EXAMPLES / "RunState/valid/parallel-one-executed.json").read_bytes())


def message():
    """Return the message of a small paused run."""
    found = run_state_pb2.RunState()
    found.ParseFromString(proto.encode("RunState", PAUSED))
    return found


def refusal(data, name="RunState"):
    """Return code, pointer and requirement of the refusal of these bytes."""
    with pytest.raises(CodecError) as raised:
        proto.decode(name, data)
    return raised.value.code, raised.value.pointer, raised.value.requirement


def changed(change):
    """Return the bytes of the small run after a change to its message."""
    found = message()
    change(found)
    return found.SerializeToString(deterministic=True)


END = b"\xb8\x3e\x01"


def with_more(data, more):
    """Return a binary run state with more bytes before its end."""
    return data.removesuffix(END) + more + END


# --- there and back


@pytest.mark.parametrize(("kind", "path"), VALID, ids=[f"{kind}-{path.stem}" for kind, path in VALID])
def test_every_valid_document_comes_back_from_its_message(kind, path):
    """TS-PROTO-008, TS-PROTO-005: nothing is lost, and unknown fields come back with their values."""
    value = strict_json.loads(path.read_bytes())
    assert strict_json.loads(proto.decode(kind, proto.encode(kind, value))) == value


def test_the_worked_example_of_the_page_is_what_is_written():
    """TS-PROTO-001: the bytes in protobuf.md are those of the document beside them."""
    page = (SPEC / "protobuf.md").read_text(encoding="utf-8")
    value = json.loads(re.search(r"```json Event\n(.*?)\n```", page, re.DOTALL)[1])
    told = bytes.fromhex(re.search(r"```text\n([0-9a-f ]+)\n```", page)[1])
    assert proto.encode("Event", value) == told
    assert json.loads(proto.decode("Event", told)) == value


def test_a_message_is_as_its_fields_say():
    """TS-PROTO-001: names, numbers, lists and enumerations stand where the tables of protobuf.md put them."""
    found = message()
    run = found.runs[0]
    assert (found.format, found.id, found.revision) == ("timestep.run-state", "r1", 6)
    assert (run.view[0], run.view[0].to) == (type(run.view[0])(**{"from": 0, "to": 4}), 4)
    assert run.calls[1].tool.name == "send_email"
    assert not run.calls[1].tool.HasField("namespace")
    assert run.calls[1].state == run.calls[1].state.__class__(2)  # CALL_STATE_PENDING
    assert json.loads(run.log[1].item.json)["call_id"] == "c1"


def test_a_run_state_begins_as_no_json_text_does():
    """TS-PROTO-002: the first bytes tell a binary run state."""
    data = proto.encode("RunState", PAUSED)
    assert data.startswith(b"\x0a\x12timestep.run-state")
    assert proto.is_binary(data)
    assert not proto.is_binary(document.encode(document.from_json(dict(PAUSED))))


def test_equal_documents_give_equal_bytes():
    """TS-PROTO-003: the order of names in the JSON text has no part in it."""
    two = {"tool_use": {"A": ["x"], "B": ["y"]}, "identities": {"A": "1", "B": "2"}, "z": 1, "later": 2}
    runs = [{**PAUSED["runs"][0], **dict(order)} for order in (two.items(), reversed(two.items()))]
    first, second = (proto.encode("RunState", {**PAUSED, "runs": [run]}) for run in runs)
    assert first == second


ODD = {
    "nullable there": ("runs", 0, "limits", "max_turns", 3),
    "nullable null": ("runs", 0, "limits", "max_turns", None),
    "seconds": ("runs", 0, "limits", "max_seconds", 0.1),
    "namespace": ("runs", 0, "calls", 0, "tool", ["function", "ns", "f"]),
    "mcp unknown": ("runs", 0, "calls", 0, "mcp", "unknown"),
    "mcp": ("runs", 0, "calls", 0, "mcp", {"server": "s", "tool": "t", "index": 0}),
    "input not done": ("runs", 0, "guardrails", "input_done", False),
    "input unknown": ("runs", 0, "guardrails", "input_done", "unknown"),
    "null value": ("runs", 0, "tool_input", None),
    "big number": ("runs", 0, "tool_input", {"n": 2**53 + 1, "e": -0.0, "s": "\u2028\U0001f600\x00"}),
    "tools used": ("runs", 0, "tool_use", {"A": ["x", "y"], "B": []}),
    "later field": ("runs", 0, "turn", "later", {"from": [None]}),
}


@pytest.mark.parametrize("case", ODD)
def test_what_has_a_form_of_its_own_comes_back(case):
    """TS-PROTO-004, TS-PROTO-008: null, words beside objects, lists with places, and exact numbers."""
    *path, last, value = ODD[case]
    state = json.loads(json.dumps(PAUSED))
    place = state
    for step in path:
        place = place[step]
    place[last] = value
    assert strict_json.loads(proto.decode("RunState", proto.encode("RunState", state))) == state


def test_a_sticky_decision_comes_back():
    """TS-PROTO-001: "*" has a field of its own, since a number has the other one."""
    approval = {"run": "*", "agent": "A", "tool": ["function", None, "f"], "decision": "approve", "item": "*"}
    state = {**PAUSED, "approvals": [approval, {**approval, "item": 0, "run": "r1"}]}
    found = strict_json.loads(proto.decode("RunState", proto.encode("RunState", state)))
    assert [each["item"] for each in found["approvals"]] == ["*", 0]


def test_a_view_of_nothing_is_not_the_view_of_all():
    """TS-PROTO-008: where absent and empty differ, they come back as they were."""
    event = {"type": "handoff.prepared", "run": "r1", "item": 1}
    for value in (event, {**event, "view": []}, {**event, "view": [[0, 2]]}):
        assert json.loads(proto.decode("Event", proto.encode("Event", value))) == value


# --- refusals


@pytest.mark.parametrize("path", REFUSED, ids=[path.stem for path in REFUSED])
def test_what_is_refused_as_json_is_refused_as_a_message(path):
    """TS-PROTO-007: the same code and the same pointer; what no message can say is refused when it is written."""
    told = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    try:
        data = proto.encode("RunState", strict_json.loads(path.read_bytes()))
    except StateFormatError:
        assert path.stem in UNSAYABLE
        return
    assert path.stem not in UNSAYABLE
    with pytest.raises(TimestepError) as raised:
        invariants.check(read(data).document)
    assert {"code": raised.value.code, "pointer": raised.value.pointer} == told


#: Documents whose fault no message can have: another type, null, a field that sealed messages have no place for.
UNSAYABLE = {
    "call-digest-missing", "call-field-unknown", "format-of-another", "id-missing", "max-turns-missing",
    "mcp-recipient-field-unknown", "origin-null", "revision-negative", "revision-text", "step-field-unknown",
    "step-type-unknown", "view-of-text",
}  # fmt: skip


def _without_step(found):
    found.runs[0].ClearField("step")


def _of_no_state(found):
    found.runs[0].calls[1].state = 0


def _of_another_state(found):
    found.runs[0].calls[1].state = 99


def _known_among_unknown(found):
    found.runs[0].turn.unknown_fields["count"] = b"2"


def _false_word(found):
    found.runs[0].calls[0].mcp_unknown = False


def _endless(found):
    found.runs[0].limits.max_seconds = float("inf")


def _text_of(data):
    def change(found):
        found.runs[0].log[2].item.json = data

    return change


MISFITS = {
    "a step is missing": (_without_step, "/runs/0/step", "TS-PROTO-001"),
    "no state": (_of_no_state, "/runs/0/calls/1/state", "TS-PROTO-001"),
    "another state": (_of_another_state, "/runs/0/calls/1/state", "TS-PROTO-004"),
    "known among unknown": (_known_among_unknown, "/runs/0/turn/count", "TS-PROTO-005"),
    "a word that is false": (_false_word, "/runs/0/calls/0/mcp", "TS-PROTO-001"),
    "endless": (_endless, "/runs/0/limits/max_seconds", "TS-CORE-004"),
    **{
        f"item {data!r}": (_text_of(data), "/runs/0/log/2/item", "TS-PROTO-004")
        for data in (
            b"", b"{", b"{}{}", b'{}, "a": 1', b'{}],"a":[{}', b"1 2", b"}", b'"a', b"{}x", b"//", b'{"a":}', b"\xff",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("case", MISFITS)
def test_a_message_that_is_no_document_is_refused_at_its_place(case):
    """TS-PROTO-004, TS-PROTO-005: JSON text that is not one value, no enumeration value, a name in two places."""
    change, pointer, requirement = MISFITS[case]
    assert refusal(changed(change)) == ("proto-shape", pointer, requirement)


def test_json_text_within_a_message_is_read_as_strictly_as_any():
    """TS-PROTO-007: a name twice inside an item is refused by the rules for JSON."""
    data = changed(_text_of(b'{"type":"message","type":"message"}'))
    with pytest.raises(CodecError) as raised:
        read(data)
    assert (raised.value.code, raised.value.line) == ("json-duplicate", None)
    assert raised.value.pointer.startswith("/runs/0/log/2/item")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{"a": "\\ud83d"}', ("json-surrogate", "/runs/0/log/2/item/a")),
        (b'{"a": NaN}', ("json-constant", "/runs/0/log/2/item/a")),
        (b"[" * 200_000 + b"]" * 200_000, ("json-depth", "/runs/0/log/2/item")),
    ],
)
def test_json_text_that_no_parser_takes_is_refused_for_what_is_in_it(text, told):
    """TS-PROTO-007, TS-CORE-006: half a pair, NaN and levels without number, with the codes that JSON has for them."""
    code, pointer, _ = refusal(changed(_text_of(text)))
    assert (code, pointer[: len(told[1])]) == told


def test_an_event_without_a_type_is_refused():
    """TS-PROTO-001: nothing says what has happened."""
    assert refusal(event_pb2.Event(run="r1").SerializeToString(), "Event") == ("proto-shape", "", "TS-PROTO-001")


REDUNDANT = {
    "unknown number": b"\xfa\x7f\x01x",
    "field twice": b"\x22\x02r1",
    "message in two parts": b"\x42\x00",
    "overlong number": b"\x28\x86\x00",
}


@pytest.mark.parametrize("case", REDUNDANT)
def test_bytes_that_two_readers_could_take_differently_are_refused(case):
    """TS-PROTO-006: what is not known, what stands twice, and what is longer than it needs to be."""
    data = proto.encode("RunState", PAUSED)
    assert refusal(with_more(data, REDUNDANT[case])) == ("proto-redundant", "", "TS-PROTO-006")


def test_a_file_that_was_cut_off_is_refused_wherever_it_ends():
    """TS-PROTO-010: no beginning of a binary run state is taken for a whole one, also where a field ends."""
    data = proto.encode("RunState", {**PAUSED, "trace": {"trace_id": "t", "workflow_name": "w"}})
    assert data.endswith(END)
    assert {refusal(data[:end])[0] for end in range(len(data))} == {"proto-syntax"}


def test_a_state_that_does_not_say_it_is_complete_is_refused():
    """TS-PROTO-010: the end has to be the field, and not bytes that look like it."""

    def change(found):
        found.manifest = "\u00b8>\x01"
        found.ClearField("complete")

    data = changed(change)
    assert data.endswith(END)
    assert refusal(data)[0] == "proto-syntax"
    torn = proto.encode("RunState", PAUSED)[:-3] + b"\xaa\x01\x03" + END
    assert refusal(torn)[0] in {"proto-syntax", "proto-redundant"}


def test_no_changed_byte_is_passed_over():
    """TS-PROTO-006, TS-PROTO-008: with one byte changed, a file is refused or is another document."""
    data = proto.encode("RunState", PAUSED)
    whole = proto.decode("RunState", data)
    for at, bit in itertools.product(range(len(data)), (1, 0x80)):
        other = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
        try:
            assert proto.decode("RunState", other) != whole, at
        except CodecError:
            continue


def test_a_message_larger_than_a_document_is_not_parsed():
    """TS-CORE-007: the limit of size holds before anything is made of the bytes."""
    limits = strict_json.Limits(max_bytes=100)
    with pytest.raises(CodecError, match="more than the 100 bytes") as raised:
        proto.decode("RunState", proto.encode("RunState", PAUSED), limits=limits)
    assert raised.value.code == "json-size"


def test_a_crowd_of_empty_messages_is_refused_before_it_is_made():
    """TS-CORE-007, TS-PROTO-007: two bytes make a whole message in memory, so they are counted first."""
    crowd = run_state_pb2.RunState(format="timestep.run-state").SerializeToString() + b"\x52\x00" * 600_000 + END
    assert refusal(crowd) == ("json-items", "", "TS-CORE-007")


def test_large_states_are_counted_and_read():
    """TS-PROTO-008: a long run of real size is no crowd."""
    text = "x" * 1000
    entry = {"source": "input", "item": {"role": "user", "content": text}}
    state = {**PAUSED, "runs": [{**PAUSED["runs"][0], "log": [entry] * 1200}]}
    data = proto.encode("RunState", state)
    assert len(data) > 1024 * 1024
    assert strict_json.loads(proto.decode("RunState", data)) == state
    assert 2400 < messages_in(data, run_state_pb2.RunState.DESCRIPTOR) < 2600


@pytest.mark.parametrize("data", [b"\x09" + b"\x01" * 8, b"\x0d" + b"\x01" * 4, b"\x52\xff\xff", b"\x80", b"\x28\x01"])
def test_counting_takes_any_bytes(data):
    """TS-CORE-007: fixed widths, lengths beyond the end and numbers without one end the count, and nothing else."""
    assert messages_in(data, run_state_pb2.RunState.DESCRIPTOR) in {1, 2}


def test_usage_nested_without_bottom_is_refused():
    """TS-CORE-006: the parser's own bound on depth is told as a refusal."""
    inner = b""
    for _ in range(200):
        inner = b"\x3a" + _length(inner) + inner
    code, _, _ = refusal(with_more(proto.encode("RunState", PAUSED), b"\x42" + _length(inner) + inner))
    assert code == "proto-syntax"


def _length(data):
    number, found = len(data), b""
    while number > 0x7F:
        found, number = found + bytes([number & 0x7F | 0x80]), number >> 7
    return found + bytes([number])


MISSHAPEN = [
    {"type": "no.such", "run": "r1"},
    {"type": "tool.starting", "run": "r1", "items": [-1]},
    {"type": "tool.starting", "run": 5, "items": []},
    {"type": "model.failed", "run": "r1", "code": "a", "message": "b", "sent": "maybe"},
    {"run": "r1"},
    {"type": "handoff.prepared", "run": "r1", "item": 0, "view": [[1, 2, 3]]},
    {"type": "run.cancelled", "run": "r1", "later": True},
]


@pytest.mark.parametrize("value", MISSHAPEN)
def test_what_is_no_such_document_is_not_written(value):
    """TS-PROTO-001: a document that its schema refuses has no message."""
    with pytest.raises(StateFormatError, match="not a Event") as raised:
        proto.encode("Event", value)
    assert raised.value.code == "state-shape"


def test_a_value_without_json_form_is_not_written():
    """TS-CORE-014: NaN in a context is refused as it is in JSON."""
    with pytest.raises(CodecError) as raised:
        proto.encode("RunState", {**PAUSED, "context": {"kind": "json", "value": float("nan")}})
    assert raised.value.code == "json-range"


def test_a_number_with_more_digits_than_a_double_is_not_written():
    """TS-PROTO-011: it would be another number when it is read."""
    run = PAUSED["runs"][0]
    for seconds, fits in ((10**30, True), (0.1, True), (Decimal("1e-7"), True), (2**64 + 1, False)):
        state = {**PAUSED, "runs": [{**run, "limits": {"max_turns": 1, "max_seconds": seconds}}]}
        if fits:
            found = strict_json.loads(proto.decode("RunState", proto.encode("RunState", state)))
            assert Decimal(str(found["runs"][0]["limits"]["max_seconds"])) == Decimal(str(seconds))
        else:
            with pytest.raises(StateFormatError, match="more digits than a double"):
                proto.encode("RunState", state)


def test_a_saved_document_is_written_as_it_would_be_from_its_json():
    """TS-PROTO-008: what holds a document in memory writes the same bytes."""
    found = document.from_json(json.loads(json.dumps(PAUSED)))
    assert proto.encode_state(found) == proto.encode("RunState", PAUSED)


def test_an_unknown_name_is_the_caller_s_mistake():
    """There is no message of that name."""
    with pytest.raises(KeyError):
        mapping.kind("Nothing")


# --- the messages


def fields_of(descriptor):
    """Yield all messages of a file, nested ones too."""
    for one in descriptor:
        yield one
        yield from fields_of(one.nested_types)


def test_numbers_of_the_envelope_are_kept_free():
    """From 900 on stands what no JSON document has, so that no field of one takes its number."""
    for module in (run_state_pb2, event_pb2, usage_pb2):
        for one in fields_of(module.DESCRIPTOR.message_types_by_name.values()):
            assert {field.name for field in one.fields if field.number >= 900} <= {"unknown_fields", "complete"}


def test_no_message_uses_a_struct():
    """TS-PROTO-004: google.protobuf.Struct would turn whole numbers into doubles."""
    for module in (run_state_pb2, event_pb2):
        described = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(described)
        assert not [name for name in described.dependency if name.endswith("struct.proto")]


# --- the package


def test_protobuf_is_asked_for_where_it_is_missing(monkeypatch):
    """TS-PROTO-001: without the package the binary form is refused with what to install."""
    monkeypatch.delitem(sys.modules, "timestep.codec.proto.mapping")
    monkeypatch.setitem(sys.modules, "google.protobuf", None)
    with pytest.raises(UsageError) as raised:
        proto.encode("RunState", PAUSED)
    assert (raised.value.code, raised.value.help) == ("proto-missing", "pip install 'protobuf>=6.33'")


def test_protobuf_is_loaded_for_binary_files_alone():
    """Reading JSON does not load it."""
    code = "import sys, timestep; timestep.check(b'{}'); sys.exit('google.protobuf' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
