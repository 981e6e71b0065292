"""Cases of items.md: items as they are, calls with their outputs, and copies that agree."""

from __future__ import annotations

from collections.abc import Iterator

from codec_cases.case import JSON
from codec_cases.rows import (
    ABSENT,
    JS,
    OWN,
    PYTHON,
    converted,
    copy,
    cut,
    insert,
    items,
    js,
    loaded,
    old_js,
    put,
    py,
    refused,
)
from codec_cases.small_states import call, run, state

_BIG = (
    '{ "value": {"big": 9007199254740993, "neg": -0.0, "float": 1.0, "exp": 1e2, "deep": [[[[{"a": null}]]]], '
    '"__proto__": {"x": 1}, "": "empty key"}, "n": 12345678901234567890 }'
)
_TWICE = '{"value":1,"value":2}'
_UNICODE = (
    '{"to": "zo\u00eb@\u4f8b\u3048.jp",  "subject":"\U0001f469\u200d\U0001f680 \\u0041 e\\u0301 '
    '\\"quoted\\" \\\\ tab\\t \u202eright\u202c"}'
)
_CUT = '{"value": "cut o'
#: What a reader calls a call that only one of two lists has: the copies differ, or the lists contradict each other.
_EITHER = ["call-changed", "state-inconsistent"]
_NOVEL = {"type": "novel_item", "id": "n_1", "deep": [{"a": None}, 1.5]}
_WAITS = "/current_step/data/interruptions"
_DONE = "/last_processed_response/functions"
#: Type of a call -> a state with one, and where it stands in the ledger, with its tool.
_LEDGER: dict[str, tuple[JSON, int, list[str | None]]] = {
    "function-call": (py("one_waiting.undecided"), 0, ["function", None, "send_email"]),
    "custom-tool-call": (py("custom_tool_waiting.undecided"), 0, ["custom", None, "sql"]),
    "shell-call": (py("shell_patch_and_function_waiting.undecided"), 0, ["shell", None, "shell"]),
    "local-shell-call": (py("local_shell_executed.undecided"), 0, ["local_shell", None, "local_shell"]),
    "apply-patch-call": (py("shell_patch_and_function_waiting.undecided"), 1, ["apply_patch", None, "apply_patch"]),
    "computer-call": (js("computer_waiting.undecided"), 0, ["computer", None, "computer_use_preview"]),
    "mcp-approval-request": (py("hosted_mcp_approval.undecided"), 0, ["hosted_mcp", "docs", "search_docs"]),
}


def cases() -> Iterator[JSON]:
    """Yield the cases."""
    yield from _verbatim()
    yield from _kept()
    yield from _ledger()
    yield from _outputs()
    yield from _copies()


def _verbatim() -> Iterator[JSON]:
    title = "The argument string of a call stays as the model wrote it, byte for byte"
    here, there = "/last_model_response/output/0/arguments", "/lastModelResponse/output/0/arguments"
    for what, text in (("big-and-nested", _BIG), ("duplicate-keys", _TWICE), ("unicode", _UNICODE)):
        name = f"arguments_{what.replace('-', '_')}.undecided"
        for short, document, to, place in (("py", py(name), JS, there), ("js", js(name), PYTHON, here)):
            yield converted(f"item-{short}-arguments-{what}", title, ["TS-ITEM-003"], document, to, {place: text})
    at: JSON = {"/runs/0/log/1/item/arguments": _CUT, "/runs/0/calls/0/state": "pending"}
    title = "An argument string that is no JSON stays as the model wrote it"
    document = py("arguments_not_json.undecided")
    yield converted("item-py-arguments-not-json", title, ["TS-ITEM-003"], document, OWN, at)
    title = "A text of an item keeps its line ends, its blanks and its characters without a look"
    text = " a\r\nb\t\u0000\u202e\u00e9e\u0301 "
    for short, document, to, place in (
        (
            "py",
            py("one_waiting.undecided", put("/original_input", [{"role": "user", "content": text}])),
            JS,
            "originalInput",
        ),
        (
            "js",
            js("one_waiting.undecided", put("/originalInput", [{"role": "user", "content": text}])),
            PYTHON,
            "original_input",
        ),
    ):
        at = {f"/{place}/0/content": text}
        yield converted(f"item-{short}-text", title, ["TS-ITEM-003"], document, to, at)


def _kept() -> Iterator[JSON]:
    """Yield items without a type, of an unknown type, and without an id."""
    title = "An item with a role and no type is a message, also where a message ends a run"
    last = [cut(f"/{place}/2/raw_item/type") for place in ("generated_items", "session_items")]
    document = py("finished.undecided", *last)
    yield loaded("item-py-message-without-type", title, ["TS-ITEM-002"], document, step="finished")
    title = "An item with a role and no type is a message on the other side"
    untyped = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
    at: JSON = {"/1/role": "assistant", "/1/content/0": {"type": "output_text", "text": "Hello."}}
    yield converted("item-session-message-without-type", title, ["TS-ITEM-002"], items(*untyped), JS, at)
    title = "An item of the first release's file that has no type is refused"
    place = "/modelResponses/0/output/0"
    document = old_js("0.0.1", "one_waiting.undecided", put(place, {}))
    yield refused("item-js-old-without-type", title, ["TS-ITEM-001"], document, "item-shape", place)
    title = "An item of a type that nobody knows is kept as it is"
    document = py("one_waiting.undecided", put("/original_input", [_NOVEL]))
    yield converted("item-py-type-unknown", title, ["TS-ITEM-004"], document, OWN, {"/runs/0/log/0/item": _NOVEL})
    document = items({"role": "user", "content": "Hi"}, _NOVEL)
    yield loaded("item-session-type-unknown", title, ["TS-ITEM-004"], document, items=[{"role": "user"}, _NOVEL])
    title = "An item that has no id gets none on the other side"
    bare = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    done = {"type": "function_call_output", "call_id": "c", "output": "x"}
    at = {"/0/callId": "c", "/0/id": ABSENT, "/1/id": ABSENT}
    yield converted("item-session-without-id", title, ["TS-ITEM-005"], items(bare, done), JS, at)
    document = state(run(call("c1")))
    at = {"/generatedItems/0/rawItem/callId": "c1", "/generatedItems/0/rawItem/id": ABSENT}
    yield converted("item-own-without-id-to-js", title, ["TS-ITEM-005"], document, JS, at)
    at = {"/generated_items/0/raw_item/call_id": "c1", "/generated_items/0/raw_item/id": ABSENT}
    yield converted("item-own-without-id-to-py", title, ["TS-ITEM-005"], document, PYTHON, at)


def _ledger() -> Iterator[JSON]:
    for kind, (document, place, tool) in _LEDGER.items():
        title = f"A {kind.replace('-', ' ')} of a response has an entry in the ledger, with its tool"
        at = {f"/runs/0/calls/{place}/tool": tool}
        yield converted(f"item-{kind}-in-the-ledger", title, ["TS-ITEM-010"], document, OWN, at)


def _outputs() -> Iterator[JSON]:
    """Yield outputs that are not a call's: of another type, or before it."""
    waits = [{"call_id": "call_mail_1", "state": "pending"}]
    other = {"type": "shell_call_output", "call_id": "call_mail_1", "output": []}
    wrapped = {"type": "tool_call_output_item", "raw_item": other, "agent": {"name": "Mailer"}, "output": ""}
    edits = [
        insert("/generated_items/1", wrapped),
        insert("/session_items/1", wrapped),
        put("/generated_session_item_indexes", [0, 1, 2]),
    ]
    title = "An output of another type is not the call's, though it has its id"
    document = py("one_waiting.undecided", *edits)
    yield loaded("item-py-output-of-another-type", title, ["TS-ITEM-011"], document, waits=waits)
    early = [
        {"role": "user", "content": "Mail."},
        {"type": "function_call_output", "call_id": "call_mail_1", "output": "x"},
    ]
    title = "An output that stands before the call is not its"
    document = py("one_waiting.undecided", put("/original_input", early))
    yield loaded("item-py-output-before-the-call", title, ["TS-ITEM-011"], document, waits=waits)
    protocol = {"type": "function_call_result", "callId": "call_mail_1", "name": "send_email", "status": "completed"}
    early = [{"role": "user", "content": "Mail."}, {**protocol, "output": {"type": "text", "text": "x"}}]
    document = js("one_waiting.undecided", put("/originalInput", early))
    yield loaded("item-js-output-before-the-call", title, ["TS-ITEM-011"], document, waits=waits)


def _copies() -> Iterator[JSON]:
    """Yield copies of a call that differ, and lists with calls that the last response does not have."""
    rules = ["TS-ITEM-015"]
    title = "A copy of a call with other arguments is refused: {}"
    bob = '{"to":"bob@example.com","subject":"Hello"}'
    for what, document, place, at in (
        ("the one that waits", py("one_waiting.undecided"), f"{_WAITS}/0/raw_item/arguments", f"{_WAITS}/0/raw_item"),
        ("the one to carry out", py("one_waiting.undecided"), f"{_DONE}/0/tool_call/arguments", f"{_DONE}/0/tool_call"),
    ):
        name = f"item-py-copy-{what.replace(' ', '-')}"
        edited = {**document, "edits": [put(place, bob)]}
        yield refused(name, title.format(what), rules, edited, "call-changed", at)
    rules = ["TS-ITEM-017"]
    extra = {"type": "function_call", "call_id": "call_ghost", "name": "delete_file", "arguments": "{}"}
    title = "A copy of the last response with a call that the response does not have is refused"
    document = py("one_waiting.undecided", insert("/last_model_response/output/-", extra))
    yield refused("item-py-last-response-with-more", title, rules, document, _EITHER)
    js_extra = {"type": "function_call", "callId": "call_ghost", "name": "delete_file", "arguments": "{}"}
    document = js("one_waiting.undecided", insert("/lastModelResponse/output/-", js_extra))
    yield refused("item-js-last-response-with-more", title, rules, document, _EITHER)
    title = "A copy of the last response that lacks a call of it is refused"
    document = py("parallel_one_executed.undecided", cut("/last_model_response/output/1"))
    yield refused("item-py-last-response-with-less", title, rules, document, _EITHER)
    document = js("parallel_one_executed.undecided", cut("/lastModelResponse/output/1"))
    yield refused("item-js-last-response-with-less", title, rules, document, _EITHER)
    title = "Work to do on a call of an earlier response is refused"
    tool = {"name": "send_email", "lookupKey": {"kind": "bare", "name": "send_email"}}
    again = (copy(f"{_DONE}/0", f"{_DONE}/-"), copy("/model_responses/0/output/0", f"{_DONE}/1/tool_call"))
    document = py("second_pause.undecided", *again, put(f"{_DONE}/1/tool", tool))
    yield refused("item-py-work-of-an-earlier-response", title, rules, document, _EITHER)
    work = "/lastProcessedResponse/functions"
    again = (copy(f"{work}/0", f"{work}/-"), copy("/modelResponses/0/output/0", f"{work}/1/toolCall"))
    document = js("second_pause.undecided", *again, put(f"{work}/1/tool/name", "send_email"))
    yield refused("item-js-work-of-an-earlier-response", title, rules, document, _EITHER)
    title = "Work to do that names another tool than the call is refused"
    document = py("one_waiting.undecided", put(f"{_DONE}/0/tool/name", "delete_file"))
    yield refused("item-py-work-of-another-tool", title, rules, document, _EITHER)
    document = js("one_waiting.undecided", put("/lastProcessedResponse/functions/0/tool/name", "delete_file"))
    yield refused("item-js-work-of-another-tool", title, rules, document, _EITHER)
