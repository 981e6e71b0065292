"""Cases of the binary form: messages written by hand, and documents of all kinds there and back (protobuf.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, ROOT, case, refusal, source
from codec_cases.sealing import text
from codec_cases.small_state import CALL_2, END, ITEM_3, run, state
from codec_cases.wire import field, message, varint
from timestep.codec import proto, strict_json

_EXAMPLES = "spec/schema/v1/examples"
_SMALL = source(f"{_EXAMPLES}/RunState/valid/parallel-one-executed.json")
_KINDS = ("RunState", "Event", "Effect", "StreamEvent", "RoutingRules", "ResolvedModel")
_APPROVAL: JSON = {"run": "*", "agent": "A", "tool": ["function", None, "f"], "decision": "approve", "item": "*"}
_TOOL = message((1, "function"), (3, "f"))
#: Kind -> name -> the document, and its message.
_VECTORS: dict[str, dict[str, tuple[JSON, bytes]]] = {
    "Event": {
        "tool-starting": (
            {"type": "tool.starting", "run": "r1", "items": [2, 300]},
            bytes.fromhex("0a0272314a050a0302ac02"),
        ),
        "run-cancelled": (
            {"type": "run.cancelled", "run": "r1", "final": True},
            message((1, "r1"), (20, message((1, 1)))),
        ),
        "model-failed": (
            {"type": "model.failed", "run": "r1", "code": "model-failed", "message": "down", "sent": "no"},
            message((1, "r1"), (7, message((1, "model-failed"), (2, "down"), (3, 2)))),
        ),
        "empty-lists": (
            {"type": "tool.finished", "run": "r1", "item": 0, "outputs": []},
            message((1, "r1"), (10, b"")),
        ),
        "view-of-nothing": (
            {"type": "handoff.prepared", "run": "r1", "item": 1, "view": []},
            message((1, "r1"), (12, message((1, 1), (3, b"")))),
        ),
        "view": (
            {"type": "handoff.prepared", "run": "r1", "item": 1, "view": [[0, 2], [3, 4]]},
            message((1, "r1"), (12, message((1, 1), (3, message((1, message((2, 2))), (1, message((1, 3), (2, 4)))))))),
        ),
        "standing-approval": (
            {"type": "approval.decided", "run": "r1", "approval": _APPROVAL},
            message((1, "r1"), (14, message((1, message((1, "*"), (2, "A"), (3, _TOOL), (4, 1), (6, 1)))))),
        ),
        "approval-of-the-first-item": (
            {"type": "approval.decided", "run": "r1", "approval": {**_APPROVAL, "item": 0}},
            message((1, "r1"), (14, message((1, message((1, "*"), (2, "A"), (3, _TOOL), (4, 1), (5, 0)))))),
        ),
        "any-json": (
            {"type": "output.checked", "run": "r1", "output": {"n": 9007199254740993, "none": None}},
            message((1, "r1"), (13, message((2, '{"n":9007199254740993,"none":null}')))),
        ),
    },
    "Effect": {
        "finish": ({"type": "finish", "run": "r1"}, message((1, "r1"), (15, b""))),
        "start-nested": (
            {"type": "start_nested", "run": "r1", "item": 3, "child": "r1.0", "agent": "B", "role": "delegate"},
            message((1, "r1"), (8, message((1, 3), (2, "r1.0"), (3, "B"), (4, 2)))),
        ),
        "check-input": (
            {"type": "check_input", "run": "r1", "agent": "A", "blocking": False, "names": ["one", "two"]},
            message((1, "r1"), (2, message((1, "A"), (3, "one"), (3, "two")))),
        ),
    },
    "StreamEvent": {
        "tool-result": (
            {"type": "tool_result", "run": "r1", "seq": 4, "call_id": "c1", "tool": "f", "item": 3, "output": "ok"},
            message((1, "r1"), (2, 4), (13, message((1, "c1"), (2, "f"), (3, 3), (4, '"ok"')))),
        ),
        "content-delta": (
            {"type": "content_delta", "run": "r1", "content": "Zo\u00eb", "index": 0, "after_seq": 2},
            message((1, "r1"), (21, message((1, "Zo\u00eb"), (3, 2)))),
        ),
    },
    "ResolvedModel": {
        "nulls": (
            {"name": "mine/m", "provider": "mine", "kind": "custom", "base_url": None, "model": "m", "wire_api": None,
             "key": None, "rule": "prefix", "allow_private": False},
            message((1, "mine/m"), (2, "mine"), (3, 3), (5, "m"), (8, 2)),
        ),
        "hyphens": (
            {"name": "ollama/m:cloud", "provider": "ollama", "kind": "ollama", "base_url": "http://localhost:11434",
             "model": "m:cloud", "wire_api": "ollama_chat", "key": None, "rule": "ollama-cloud-by-daemon",
             "allow_private": True},
            message((1, "ollama/m:cloud"), (2, "ollama"), (3, 2), (4, "http://localhost:11434"), (5, "m:cloud"), (6, 3),
                    (8, 7), (9, 1)),
        ),
    },
    "RoutingRules": {
        "maps-and-doubles": (
            {"format": "timestep.routing-rules", "format_version": "1.0",
             "providers": {"rack": {"kind": "openai", "base_url": "https://rack.example/v1"}},
             "fallbacks": {"rack/a": ["rack/b"]}, "retry": {"attempts": 2, "max_delay": 5.5}},
            message((1, "timestep.routing-rules"), (2, "1.0"),
                    (3, message((1, "rack"), (2, message((1, 1), (2, "https://rack.example/v1"))))),
                    (6, message((1, "rack/a"), (2, message((1, "rack/b"))))),
                    (7, message((1, 2), (3, 5.5)))),
        ),
    },
}  # fmt: skip


def cases() -> Iterator[JSON]:
    """Yield the cases of the binary form."""
    yield from _vectors()
    yield from _whole()
    yield from _there_and_back()
    yield from _refused()
    yield from _as_json()


def _vectors() -> Iterator[JSON]:
    """Yield messages made by hand, read and written."""
    for kind, rows in _VECTORS.items():
        for name, (value, data) in rows.items():
            words = f"{_words(kind)}, {name.replace('-', ' ')}"
            args = {"kind": kind, "to": "json", "data": text(data)}
            expect = {"ok": {"data": {"$json": value}}}
            label = f"{_words(kind).replace(' ', '-')}-{name}"
            yield _case(
                f"vector-{label}", f"The message of {words}: what it stands for", ["TS-PROTO-001"], args, expect
            )
            args = {"kind": kind, "to": "proto", "data": text(json.dumps(value))}
            expect = {"ok": {"data": {"$bytes": text(data)}}}
            title = f"The message of {words}: its bytes, fields in the order of their numbers"
            yield _case(f"vector-{label}-written", title, ["TS-PROTO-003"], args, expect)


def _whole() -> Iterator[JSON]:
    """Yield the small run state as a message: taken for what it is, and written with its beginning and end."""
    data = state()
    told = {"kind": "run-state", "dialect": "timestep", "number": "1.0", "warnings": []}
    title = "The first bytes tell a binary run state"
    yield _state("taken", title, ["TS-PROTO-002"], "validate", data, {"ok": told})
    title = "A binary run state stands for one document"
    args = {"kind": "RunState", "to": "json", "data": text(data)}
    yield _case("state-read", title, ["TS-PROTO-001"], args, {"ok": {"data": {"$same": _SMALL}}})
    title = "A binary run state is saved in the form that it had"
    yield _state("saved", title, ["TS-PROTO-003"], "save", data, {"ok": {"state": {"$bytes": text(data)}}})
    ends = {"begins": (b"\x0a\x12timestep.run-state").hex(), "ends": END.hex()}
    again = [{"op": "convert", "args": {"state": {"$from": "state"}, "to": "timestep"},
              "expect": {"ok": {"state": {"$same": _SMALL}}, "match": "subset"}}]  # fmt: skip
    expect = {"ok": {"state": {"$bytes": ends}}, "match": "subset", "then": again}
    title = "A binary run state begins with its format and ends with its last field, and comes back"
    args = {"state": _SMALL, "to": "timestep+proto"}
    rules = ["TS-PROTO-002", "TS-PROTO-008", "TS-PROTO-010"]
    yield case("proto-converted", title, rules, "hand", "convert", args, expect, ("timestep", "proto"))


def _there_and_back() -> Iterator[JSON]:
    """Yield each valid example of a kind, written as a message and read again."""
    for kind in _KINDS:
        for path in sorted((ROOT / _EXAMPLES / kind / "valid").glob("*.json")):
            document = source(path.relative_to(ROOT).as_posix())
            words = path.stem.replace("-", " ")
            rules = ["TS-PROTO-008", *(["TS-PROTO-005"] if path.stem.startswith("unknown-fields") else [])]
            name = f"back-{_words(kind).replace(' ', '-')}-{path.stem}"
            yield _back(name, f"The example of {_words(kind)}, {words}: a message and back", sorted(rules), kind,
                        document, document)  # fmt: skip
    for name, title, edits in (
        ("null-of-no-limit", "Null is kept where it means no limit", {"pointer": "/runs/0/limits/max_turns"}),
        ("null-value", "Null is kept where any JSON may stand", {"pointer": "/runs/0/tool_input"}),
        ("seconds", "Seconds are doubles", {"pointer": "/runs/0/limits/max_seconds", "value": 0.1}),
        ("large-seconds", "A large whole number of seconds is a double, too",
         {"pointer": "/runs/0/limits/max_seconds", "value": 10**30}),
        ("exact-numbers", "Numbers in the data of others keep their exact value",
         {"pointer": "/runs/0/tool_input", "value": {"n": 2**53 + 1, "s": "\u2028\U0001f600\x00"}}),
        ("mcp-unknown", "A recipient that is unknown comes back as one",
         {"pointer": "/runs/0/calls/0/mcp", "value": "unknown"}),
        ("later-field", "A field of a later version comes back with its value",
         {"pointer": "/runs/0/turn/later", "value": {"from": [None]}}),
        ("lists-by-name", "An empty list in a map is not an absent one",
         {"pointer": "/runs/0/tool_use", "value": {"A": ["x", "y"], "B": []}}),
    ):  # fmt: skip
        document = {**_SMALL, "edits": [{"op": "set", "value": None, **edits}]}
        rules = ["TS-PROTO-005", "TS-PROTO-008"] if name == "later-field" else ["TS-PROTO-008"]
        yield _back(f"back-{name}", title, rules, "RunState", document, document)


def _words(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def _back(name: str, title: str, rules: list[str], kind: str, document: JSON, same: JSON) -> JSON:  # noqa: PLR0917
    args = {"kind": kind, "to": "proto", "data": document}
    back = {"op": "transcode", "args": {"kind": kind, "to": "json", "data": {"$from": "data"}},
            "expect": {"ok": {"data": {"$same": same}}}}  # fmt: skip
    return _case(name, title, rules, args, {"ok": {"data": {"$bytes": None}}, "then": [back]})


# --- refusals

_LATER = message((900, message((1, "later"), (2, "1"))))
_KNOWN = message((900, message((1, "count"), (2, "2"))))
_TURN = message((1, 1), (2, 1))
_LIMITS = message((1, 10))
_SHAPELESS: dict[str, tuple[bytes, str, str, str]] = {
    "step-missing": (state(run(step=b"")), "/runs/0/step", "TS-PROTO-001", "A field that is always there is there"),
    "state-of-a-call-missing": (
        state(run(call_2=CALL_2.replace(field(5, 2), b""))),
        "/runs/0/calls/1/state",
        "TS-PROTO-001",
        "The state of a call is told",
    ),
    "word-that-is-false": (
        state(run(call_2=CALL_2 + field(12, 0))),
        "/runs/0/calls/1/mcp",
        "TS-PROTO-001",
        "A field that stands for a word is true where it is there",
    ),
    "enumeration-unknown": (
        state(run(call_2=CALL_2.replace(field(5, 2), field(5, 99)))),
        "/runs/0/calls/1/state",
        "TS-PROTO-004",
        "A number that is no value of the enumeration is refused",
    ),
    "enumeration-zero": (
        state(run(step=message((1, 5), (2, 0)))),
        "/runs/0/step/reason",
        "TS-PROTO-004",
        "The value 0 of an enumeration says nothing and is refused",
    ),
    "seconds-without-end": (
        state(run(limits=_LIMITS + field(3, float("inf")))),
        "/runs/0/limits/max_seconds",
        "TS-CORE-004",
        "A double that is no number of JSON is refused",
    ),
    "seconds-not-a-number": (
        state(run(limits=_LIMITS + field(3, float("nan")))),
        "/runs/0/limits/max_seconds",
        "TS-CORE-004",
        "Not a number is no number of JSON",
    ),
    "known-field-among-unknown": (
        state(run(turn=_TURN + _KNOWN)),
        "/runs/0/turn/count",
        "TS-PROTO-005",
        "A name that has a field does not stand among the unknown ones",
    ),
    "known-field-only-among-unknown": (
        state(run(turn=message((2, 1)) + message((900, message((1, "count"), (2, "1")))))),
        "/runs/0/turn/count",
        "TS-PROTO-005",
        "A name that has a field does not stand among the unknown ones alone",
    ),
    "unknown-field-no-json": (
        state(run(turn=_TURN + message((900, message((1, "later"), (2, "{")))))),
        "/runs/0/turn/later",
        "TS-PROTO-004",
        "An unknown field holds JSON",
    ),
}
#: Name -> what stands as the text of an item.
_NO_VALUES = {
    "nothing": b"",
    "half": b"{",
    "two-values": b"{}{}",
    "value-and-member": b'{}, "a": 1',
    "way-out": b'{}],"a":[{}',
    "end-of-another": b"}",
    "no-utf-8": b'"\xff"',
}
_REDUNDANT: dict[str, tuple[bytes, str]] = {
    "field-unknown": (state(more=field(2047, "x")), "A field that a reader does not know is refused"),
    "field-unknown-inside": (state(run(turn=_TURN + field(77, 1))), "An unknown field deep inside is refused"),
    "field-twice": (state(more=field(4, "r1")), "A field that is no list stands once"),
    "field-twice-another-value": (state(more=field(5, 7)), "Of two revisions none is taken"),
    "message-in-two-parts": (state(more=field(8, b"")), "A message stands in one piece"),
    "number-too-long": (state(more=varint(20 << 3) + b"\x81\x00"), "A number has no more bytes than it needs"),
    "length-too-long": (
        state(more=varint(19 << 3 | 2) + b"\x81\x00" + b"m"),
        "A length has no more bytes than it needs",
    ),
}
_WHOLE = state()
_BROKEN: dict[str, tuple[bytes, str, str]] = {
    "end-missing": (_WHOLE.removesuffix(END), "TS-PROTO-010", "A run state that lacks its last field was cut off"),
    "end-false": (state(end=message((999, 0))), "TS-PROTO-010", "The last field is true"),
    "end-not-last": (
        state(more=END, end=field(900, message((1, "later"), (2, "1")))),
        "TS-PROTO-010",
        "The last field is the last",
    ),
    "only-the-beginning": (message((1, "timestep.run-state")), "TS-PROTO-010", "The first field is no run state"),
    "end-inside-a-text": (
        state(more=field(19, "\u00b8>\x01"), end=b""),
        "TS-PROTO-010",
        "Bytes of a text that look like the end are none",
    ),
    "cut-in-a-field": (_WHOLE[:100], "TS-PROTO-001", "A message that ends within a field is none"),
    "wire-type-7": (state(more=b"\xa7\x01"), "TS-PROTO-001", "There is no wire type 7"),
    "text-no-utf-8": (state(more=field(19, b"\xff")), "TS-PROTO-001", "A text is UTF-8"),
}


def _refused() -> Iterator[JSON]:
    """Yield messages that stand for no document, or for two."""
    for name, (data, pointer, rule, title) in _SHAPELESS.items():
        yield _state(name, title, [rule], "validate", data, refusal("proto-shape", pointer))
    for name, text_of in _NO_VALUES.items():
        title = f"An item holds the text of one JSON value, and not {name.replace('-', ' ')}"
        data = state(run(item_3=text_of))
        codes = ["proto-shape", "json-encoding"] if name == "no-utf-8" else "proto-shape"
        yield _state(f"item-{name}", title, ["TS-PROTO-004"], "validate", data,
                     refusal(codes, "/runs/0/log/3/item"))  # fmt: skip
    for name, (data, title) in _REDUNDANT.items():
        yield _state(name, title, ["TS-PROTO-006"], "validate", data, refusal("proto-redundant"))
    for name, (data, rule, title) in _BROKEN.items():
        yield _state(name, title, [rule], "validate", data, refusal("proto-syntax"))
    later = state(begin=((2, "1.0"), (1, "timestep.run-state"), (4, "r1"), (5, 6)))
    args = {"kind": "RunState", "to": "json", "data": text(later)}
    title = "A run state that does not begin with its format is refused"
    yield _case("format-later", title, ["TS-PROTO-002"], args, refusal("proto-syntax"))
    args = {"kind": "Event", "to": "json", "data": text(message((1, "r1")))}
    title = "An event that does not say what has happened is refused"
    yield _case("event-of-no-type", title, ["TS-PROTO-001"], args, refusal("proto-shape", ""))
    whole = bytes.fromhex("0a0272314a050a0302ac02")
    args = {"kind": "Event", "to": "json", "data": text(whole[:-1])}
    title = "An event that ends within a field is refused"
    yield _case("event-cut-short", title, ["TS-PROTO-001"], args, refusal("proto-syntax"))
    yield from _not_written()


def _not_written() -> Iterator[JSON]:
    """Yield documents that have no message."""
    place = {"op": "set", "pointer": "/runs/0/limits/max_seconds"}
    document = {**_SMALL, "edits": [{**place, "value": 2**64 + 1}]}
    args = {"kind": "RunState", "to": "proto", "data": document}
    title = "A number with more digits than a double is not written"
    yield _case("digits-beyond-a-double", title, ["TS-PROTO-011"], args, refusal("state-shape"))
    rules = {"format": "timestep.routing-rules", "format_version": "1.0", "retry": {"max_seconds": 2**64 + 1}}
    args = {"kind": "RoutingRules", "to": "proto", "data": text(json.dumps(rules))}
    title = "A number of rules with more digits than a double is not written"
    codes = refusal(["state-shape", "routing-rules"])
    yield _case("digits-of-rules-beyond-a-double", title, ["TS-PROTO-011"], args, codes)
    for name, title, value in (
        ("type-unknown", "An event of no known type has no message", {"type": "no.such", "run": "r1"}),
        ("number-negative", "A number below zero has no message",
         {"type": "tool.starting", "run": "r1", "items": [-1]}),
        ("number-for-a-text", "A number has no message where a text is due",
         {"type": "tool.starting", "run": 5, "items": []}),
        ("type-missing", "An event without a type has no message", {"run": "r1"}),
    ):  # fmt: skip
        args = {"kind": "Event", "to": "proto", "data": text(json.dumps(value))}
        yield _case(f"written-{name}", title, ["TS-PROTO-001"], args, refusal("state-shape"))


# --- refused as JSON is


def _as_json() -> Iterator[JSON]:
    """Yield messages whose JSON document is refused: with the same code and pointer."""
    twice = ITEM_3.replace('"output"', '"call_id":"c1","output"')
    deep = '{"role":"user","content":' + "[" * 5000 + "]" * 5000 + "}"
    for name, title, item, code, pointer in (
        ("name-twice", "A name that stands twice in an item is refused as in JSON", twice, "json-duplicate",
         "/runs/0/log/3/item/call_id"),
        ("half-a-pair", "Half of a surrogate pair in an item is refused as in JSON",
         ITEM_3.replace("sunny", "\\ud83d"), "json-surrogate", "/runs/0/log/3/item/output"),
        ("levels", "Levels of an item are counted as in JSON", deep, "json-depth", None),
    ):  # fmt: skip
        yield _state(f"json-{name}", title, ["TS-PROTO-007"], "validate", state(run(item_3=item)),
                     refusal(code, pointer))  # fmt: skip
    for path in sorted((ROOT / _EXAMPLES / "RunState" / "inconsistent").glob("*.expect.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        example = path.with_name(path.name.replace(".expect", ""))
        data = proto.encode("RunState", strict_json.loads(example.read_bytes()))
        title = f"The example of a state that is refused, {example.stem.replace('-', ' ')}, is refused as a message"
        yield _state(f"json-{example.stem}", title, ["TS-PROTO-007"], "validate", data,
                     refusal(told["code"], told["pointer"]))  # fmt: skip
    later = state(begin=((1, "timestep.run-state"), (2, "2.0"), (4, "r1"), (5, 6)))
    title = "A later major version is refused as in JSON"
    yield _state("json-version", title, ["TS-PROTO-007"], "validate", later,
                 refusal("version-unsupported", "/format_version"))  # fmt: skip


def _state(name: str, title: str, rules: list[str], op: str, data: bytes, expect: JSON) -> JSON:  # noqa: PLR0917
    args: dict[str, Any] = {"state": text(data)}
    return case(f"proto-{name}", title, rules, "hand", op, args, expect, ("timestep", "proto"))


def _case(name: str, title: str, rules: list[str], args: JSON, expect: JSON) -> JSON:
    return case(f"proto-{name}", title, rules, "hand", "transcode", args, expect, ("timestep", "proto"))
