"""Cases of lists of session items, by hand: families, forms of Chat Completions, conversion and containers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from codec_cases.case import JSON, case, refusal

_PYTHON, _JS = "openai-agents-python", "openai-agents-js"
_ASKED = {"role": "user", "content": "Weather?"}
_BYE = {"role": "user", "content": "Bye"}
_CALL = {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"}
_OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
_JS_CALL = {"type": "function_call", "callId": "c1", "name": "get_weather", "arguments": "{}", "status": "completed"}
_JS_OUTPUT = {
    "type": "function_call_result", "name": "get_weather", "callId": "c1", "status": "completed",
    "output": {"type": "text", "text": "sunny"},
}  # fmt: skip
_ANSWER = {
    "type": "message", "role": "assistant", "status": "completed",
    "content": [{"type": "output_text", "text": "Sunny.", "annotations": []}],
}  # fmt: skip
_HEADER = {"format": "timestep.session-items", "format_version": "1.0", "session_id": "ann"}
_BOTH = (_PYTHON, _JS)


def cases() -> Iterator[JSON]:
    """Yield the cases of session items."""
    yield from _order()
    yield from _lines_alone()
    yield from _families()
    yield from _dangling()
    yield from _chat()
    yield from _converted()
    yield from _ids()
    yield from _containers()


def _array(*items: JSON) -> JSON:
    return {"text": json.dumps(items, ensure_ascii=False)}


def _lines(*items: JSON) -> JSON:
    return {"text": "".join(f"{json.dumps(item, ensure_ascii=False)}\n" for item in items)}


def _case(name: str, title: str, number: int, op: str, args: JSON, expect: JSON, *families: str) -> JSON:  # noqa: PLR0917
    rule = f"TS-SESS-{number:03}"
    return case(f"session-{name}", title, [rule], "hand", op, args, expect, ("session-items", *families))


def _told(family: str, warnings: tuple[str, ...] = ()) -> JSON:
    return {"kind": "session-items", "dialect": family, "number": "1.0", "warnings": [*warnings]}


def _loaded(items: list[JSON], family: str, container: str = "array", warnings: tuple[str, ...] = ()) -> JSON:
    return {"ok": {**_told(family, warnings), "container": container, "items": items}}


def _order() -> Iterator[JSON]:
    texts: list[JSON] = [{"role": "user", "content": text} for text in "bacab"]
    for container, state in (("array", _array(*texts)), ("lines", _lines(*texts))):
        yield _case(
            f"order-{container}", "Items stand in their order, and none twice or too few", 1, "load",
            {"state": state}, _loaded(texts, "neutral", container),
        )  # fmt: skip
    wire: list[JSON] = [_BYE, _CALL, _OUTPUT, _ASKED, _ANSWER]
    yield _case(
        "order-written", "Items are written in their order", 1, "convert",
        {"state": _array(*wire), "to": _PYTHON}, _same(wire), _PYTHON,
    )  # fmt: skip


def _lines_alone() -> Iterator[JSON]:
    whole = json.dumps(_ASKED)
    yield _case(
        "two-values-on-a-line", "A line that holds two values is refused", 3, "validate",
        {"state": {"text": f"{whole}\n{whole} {whole}\n"}}, refusal("json-syntax"),
    )  # fmt: skip
    broken = base64.b64encode(f"{whole}\n".encode() + b'{"role": "user", "content": "\xff"}\n').decode()
    yield _case(
        "line-no-utf-8", "A line that is no UTF-8 is refused", 3, "validate",
        {"state": {"base64": broken}}, refusal("json-encoding"),
    )  # fmt: skip
    yield _case(
        "lines-ended", "Each line that is written ends with a line feed, the last one too", 3, "convert",
        {"state": {"text": _lines(_ASKED, _CALL, _OUTPUT)["text"].rstrip("\n")}, "to": _PYTHON},
        {"ok": {"state": {"$lines": [_ASKED, _CALL, _OUTPUT]}}, "match": "subset"}, _PYTHON,
    )  # fmt: skip
    yield _case(
        "lines-blank-in-a-row", "Blank lines are passed over wherever they stand", 3, "load",
        {"state": {"text": f"\n\n{whole}\n  \n\r\n{whole}\n\n"}}, _loaded([_ASKED, _ASKED], "neutral", "lines"),
    )  # fmt: skip


def _families() -> Iterator[JSON]:
    many = [_ASKED] * 30
    for family, last in (("neutral", [_BYE]), (_PYTHON, [_CALL, _OUTPUT]), (_JS, [_JS_CALL, _JS_OUTPUT])):
        yield _case(
            f"family-by-the-last-{family}", "The family is told by all items: here the last ones decide", 4,
            "validate", {"state": _array(*many, *last)}, {"ok": _told(family)},
        )  # fmt: skip
    for name, mixed in {
        "first-and-last": [_JS_CALL, _JS_OUTPUT, *many, _OUTPUT],
        "lines": [_CALL, _OUTPUT, *many, _JS_OUTPUT],
    }.items():
        state = _lines(*mixed) if name == "lines" else _array(*mixed)
        yield _case(
            f"families-mixed-{name}", "Items of both families are refused, however far apart", 4, "validate",
            {"state": state}, refusal("items-mixed"),
        )  # fmt: skip
    for number, item in enumerate([_ASKED, {"role": "assistant", "content": "Hm"}, {"role": "system", "content": "x"}]):
        yield _case(
            f"neutral-{number + 1}", "A list that is of neither family needs no name of one", 7, "load",
            {"state": _array(item, _BYE)}, _loaded([item, _BYE], "neutral"),
        )  # fmt: skip
    yield _case(
        "neutral-object", "An object with items of neither family needs no name of one", 7, "load",
        {"state": {"text": json.dumps({**_HEADER, "items": [_ASKED]})}}, _loaded([_ASKED], "neutral", "timestep"),
    )  # fmt: skip


def _dangling() -> Iterator[JSON]:
    warned = ("call-dangling",)
    other = {**_OUTPUT, "call_id": "c2"}
    for name, items, family, warnings in (
        ("wire", [_ASKED, _CALL], _PYTHON, warned),
        ("protocol", [_ASKED, _JS_CALL], _JS, warned),
        ("before-more", [_CALL, _ASKED, _ANSWER], _PYTHON, warned),
        ("another-has-one", [_CALL, other, {**_CALL, "call_id": "c2"}], _PYTHON, warned),
        ("none", [_CALL, _OUTPUT, {**_CALL, "call_id": "c2"}, other], _PYTHON, ()),
    ):
        yield _case(
            f"call-dangling-{name}", f"A call without an output is {'reported' if warnings else 'told from one with'}",
            5, "validate", {"state": _array(*items)}, {"ok": _told(family, warnings)}, family,
        )  # fmt: skip


def _chat() -> Iterator[JSON]:
    def call(name: str, arguments: str = "{}") -> JSON:
        return {"id": name, "type": "function", "function": {"name": f"get_{name}", "arguments": arguments}}

    def became(name: str, arguments: str = "{}") -> JSON:
        return {"type": "function_call", "call_id": name, "name": f"get_{name}", "arguments": arguments}

    def result(name: str, text: str) -> list[JSON]:
        return [
            {"role": "tool", "tool_call_id": name, "content": text},
            {"type": "function_call_output", "call_id": name, "output": text},
        ]

    one, other = result("a", "sunny"), result("b", "rainy")
    for name, title, chat, items in (
        ("call", "A chat message with a call becomes a call, and that of the tool its output",
         [_ASKED, {"role": "assistant", "content": None, "tool_calls": [call("a")]}, one[0]],
         [_ASKED, became("a"), one[1]]),
        ("calls-with-a-text", "A chat message with calls and a text becomes a message and the calls, in their order",
         [{"role": "assistant", "content": "Wait.", "tool_calls": [call("a"), call("b", '{"x":1}')]}, one[0], other[0]],
         [{"role": "assistant", "content": "Wait."}, became("a"), became("b", '{"x":1}'), one[1], other[1]]),
        ("call-without-content", "A chat message without content becomes its calls alone",
         [{"role": "assistant", "tool_calls": [call("a")]}, one[0]], [became("a"), one[1]]),
        ("call-with-an-empty-text", "A chat message with an empty text becomes its calls alone",
         [{"role": "assistant", "content": "", "tool_calls": [call("a")]}, one[0]], [became("a"), one[1]]),
    ):  # fmt: skip
        args: JSON = {"state": _array(*chat)}
        yield _case(f"chat-{name}", title, 6, "load", args, _loaded(items, _PYTHON), _PYTHON)
    for name, bad, pointer in (
        ("calls-no-list", {"role": "assistant", "tool_calls": {}}, "/0/tool_calls"),
        ("call-no-function", {"role": "assistant", "tool_calls": [{"id": "a"}]}, "/0/tool_calls/0"),
        ("result-of-a-number", {"role": "tool", "tool_call_id": 5, "content": "x"}, "/0/tool_call_id"),
    ):
        yield _case(
            f"chat-{name}", "A chat message whose calls can't be read is refused", 6, "validate",
            {"state": _array(bad)}, refusal("item-shape", pointer), _PYTHON,
        )  # fmt: skip


def _same(items: list[JSON]) -> JSON:
    """Expect a document that is equal, and an account that is not looked at."""
    return {"ok": {"state": {"$same": _array(*items)}}, "match": "subset"}


def _at(**places: Any) -> JSON:
    found = {name.replace("_", "/"): value for name, value in places.items()}
    return {"ok": {"state": {"$at": found}}, "match": "subset"}


def _converted() -> Iterator[JSON]:
    wire: list[JSON] = [_ASKED, {**_CALL, "status": "completed"}, _OUTPUT, _ANSWER]
    protocol: list[JSON] = [_ASKED, _JS_CALL, _JS_OUTPUT, _ANSWER]
    yield _case(
        "to-wire", "Items of the protocol are written in wire form", 8, "convert",
        {"state": _array(*protocol), "to": _PYTHON}, _same(wire), *_BOTH,
    )  # fmt: skip
    yield _case(
        "to-protocol-calls", "A call and its output are written in the form of the protocol", 8, "convert",
        {"state": _array(*wire), "to": _JS},
        _at(_1_type="function_call", _1_callId="c1", _1_name="get_weather", _2=_JS_OUTPUT), *_BOTH,
    )  # fmt: skip
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    yield _case(
        "to-protocol-more", "Reasoning and hosted calls are written in the form of the protocol", 8, "convert",
        {"state": _array(_ASKED, thought, search), "to": _JS},
        _at(_1_type="reasoning", _1_content_0_text="hm", _2_type="hosted_tool_call",
            _2_providerData_type="web_search_call"),
        *_BOTH,
    )  # fmt: skip
    none: tuple[JSON, ...] = (
        {"type": "local_shell_call", "id": "l", "call_id": "c1", "action": {"type": "exec"}, "status": "completed"},
        {"type": "local_shell_call_output", "id": "l", "output": "x"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "x", "input": ""},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "x"},
    )
    for item in none:
        yield _case(
            f"without-a-form-{item['type'].replace('_', '-')}", "An item that has no form there is refused", 8,
            "convert", {"state": _array(_ASKED, item), "to": _JS}, refusal("cannot-cross", "/1"), *_BOTH,
        )  # fmt: skip


def _ids() -> Iterator[JSON]:
    bare: list[JSON] = [_ASKED, _CALL, _OUTPUT, _ANSWER]
    for target, form in ((_PYTHON, _same(bare)), ("timestep", None)):
        wanted = {"format": _HEADER["format"], "format_version": "1.0", "items": bare}
        expect = form or {"ok": {"state": {"$same": {"text": json.dumps(wanted)}}}, "match": "subset"}
        yield _case(
            f"no-ids-to-{target}", "Items without ids get none where they are written", 9, "convert",
            {"state": _array(*bare), "to": target}, expect, _PYTHON,
        )  # fmt: skip
    yield _case(
        "no-ids-crossing", "Items whose ids the JavaScript SDK has dropped get none", 9, "convert",
        {"state": _array(_ASKED, _JS_CALL, _JS_OUTPUT, _ANSWER), "to": _PYTHON},
        _same([_ASKED, {**_CALL, "status": "completed"}, _OUTPUT, _ANSWER]), *_BOTH,
    )  # fmt: skip


def _containers() -> Iterator[JSON]:
    items: list[JSON] = [_ASKED, _CALL, _OUTPUT]
    protocol: list[JSON] = [_ASKED, _JS_CALL, _JS_OUTPUT]
    wire: list[JSON] = [_ASKED, {**_CALL, "status": "completed"}, _OUTPUT]
    whole = {"text": json.dumps({**_HEADER, "items": items})}
    nameless = {name: value for name, value in _HEADER.items() if name != "session_id"}

    def wrote(question: str, value: Any) -> JSON:
        return {"ok": {"state": {question: value}}, "match": "subset"}

    for name, title, state, to, expect, families in (
        ("array", "An array is written as an array", _array(*protocol), _PYTHON, _same(wire), _BOTH),
        ("lines", "Lines are written as lines", _lines(*protocol), _PYTHON, wrote("$lines", wire), _BOTH),
        ("lines-with-a-header", "Lines with a header are written as lines, the header included",
         _lines(_HEADER, *protocol), _PYTHON, wrote("$lines", [_HEADER, *wire]), _BOTH),
        ("array-to-timestep", "For the target timestep an array becomes the object", _array(*items), "timestep",
         wrote("$same", {"text": json.dumps({**nameless, "items": items})}), (_PYTHON,)),
        ("lines-to-timestep", "For the target timestep lines become the object, with the session's id",
         _lines(_HEADER, *items), "timestep", wrote("$same", whole), (_PYTHON,)),
        ("object-to-an-sdk", "The object is written as an array or lines for an SDK", whole, _PYTHON,
         wrote("$any", [{"$same": _array(*items)}, {"$lines": [_HEADER, *items]}]), (_PYTHON,)),
    ):  # fmt: skip
        yield _case(f"container-{name}", title, 10, "convert", {"state": state, "to": to}, expect, *families)
