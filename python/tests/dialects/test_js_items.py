"""Items of the JavaScript protocol and of the Responses wire, each as the other (CANONICAL.md, section 3).

`js_items.json` holds the pairs that are exact both ways. What is exact one way only stands here, and what is refused.
"""

import json
from pathlib import Path

import pytest

from timestep.dialects.openai_js.items import ItemError, restorable, to_protocol, to_wire

BOTH_WAYS = json.loads(Path(__file__).with_name("js_items.json").read_text(encoding="utf-8"))
NAMES = {"c1": ("send", None), "c2": ("send", "mail")}
CALL = {"type": "function_call", "callId": "c1", "name": "send", "arguments": "{}"}
RESULT = {"type": "function_call_result", "name": "send", "callId": "c1", "status": "completed"}
OUTPUT = {"type": "function_call_output", "call_id": "c1"}
HOSTED = {"type": "hosted_tool_call", "id": "w1", "status": "completed"}


@pytest.mark.parametrize("case", BOTH_WAYS)
def test_each_item_becomes_the_other_and_back(case):
    """Both directions give exactly the other form, so each is restorable."""
    wire, protocol = BOTH_WAYS[case]["wire"], BOTH_WAYS[case]["protocol"]
    assert to_wire(protocol) == wire
    assert to_protocol(wire, names=NAMES) == protocol
    assert restorable(protocol, names=NAMES)


@pytest.mark.parametrize("case", BOTH_WAYS)
def test_each_protocol_item_is_valid_in_the_sdk(js, case):
    """The SDK's schema accepts each item and strips nothing, so a saved state keeps it."""
    protocol = BOTH_WAYS[case]["protocol"]
    assert js.ask("parse", item=protocol) == protocol


@pytest.mark.parametrize("case", BOTH_WAYS)
def test_an_item_is_not_changed_by_a_conversion(case):
    """The argument stays as it was."""
    before = json.dumps(BOTH_WAYS[case])
    to_wire(BOTH_WAYS[case]["protocol"])
    to_protocol(BOTH_WAYS[case]["wire"], names=NAMES)
    assert json.dumps(BOTH_WAYS[case]) == before


def text_message(role, text, **members):
    """Return an assistant's or a user's message with one part."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"role": role, "content": [{"type": kind, "text": text}], **members}


# Protocol items, mostly of early releases or other model adapters, that come back different: the caller keeps them.
TO_WIRE = {
    "assistant without annotations": (
        text_message("assistant", "hi", status="completed", providerData={"phase": "commentary"}),
        {
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "phase": "commentary",
            "content": [{"type": "output_text", "text": "hi", "annotations": []}],
        },
    ),
    "placeholder id": (
        {**CALL, "id": "FAKE_ID", "providerData": {"id": "FAKE_ID", "call_id": "other", "caller": {}}},
        {"type": "function_call", "call_id": "c1", "name": "send", "arguments": "{}"},
    ),
    "id dropped by a session": (
        {**CALL, "providerData": {"type": "function_call", "id": "fc1"}},
        {"type": "function_call", "call_id": "c1", "name": "send", "arguments": "{}"},
    ),
    "output as bare text": ({**RESULT, "output": "x"}, {**OUTPUT, "output": "x"}),
    "output part with data of the tool": (
        {**RESULT, "output": [{"type": "input_text", "text": "x", "providerData": {"mine": 1}}]},
        {**OUTPUT, "output": [{"type": "input_text", "text": "x"}]},
    ),
    "old images": (
        {"role": "user", "content": [{"type": "input_image", "imageUrl": "u"}, {"type": "input_image", "fileId": "f"}]},
        {
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": "u", "detail": "auto"},
                {"type": "input_image", "file_id": "f", "detail": "auto"},
            ],
        },
    ),
    "old files": (
        {
            "role": "user",
            "content": [
                {"type": "input_file", "fileData": "d"},
                {"type": "input_file", "fileUrl": "u"},
                {"type": "input_file", "fileId": "f"},
                {"type": "input_file", "file": "report.pdf"},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "input_file", "file_data": "d"},
                {"type": "input_file", "file_url": "u"},
                {"type": "input_file", "file_id": "f"},
                {"type": "input_file", "file_url": "report.pdf"},
            ],
        },
    ),
    "camelCase of the SDK itself": (
        {
            "type": "reasoning",
            "content": [{"type": "input_text", "text": "s"}],
            "providerData": {"encryptedContent": "e"},
        },
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}], "encrypted_content": "e"},
    ),
    "raw reasoning": (
        {"type": "reasoning", "id": "r", "content": [], "rawContent": [{"type": "reasoning_text", "text": "t"}]},
        {"type": "reasoning", "id": "r", "summary": [], "content": [{"type": "reasoning_text", "text": "t"}]},
    ),
    "tool search, ids as members": (
        {"type": "tool_search_call", "call_id": "", "callId": "c1", "execution": "server", "arguments": 1},
        {"type": "tool_search_call", "call_id": "c1", "execution": "server", "arguments": 1},
    ),
    "tool search, attribution": (
        {"type": "tool_search_output", "tools": [], "toolSearchAgentName": "A", "providerData": {"callId": "c1"}},
        {"type": "tool_search_output", "tools": [], "call_id": "c1"},
    ),
    "rejected computer call": (
        {
            "type": "computer_call_result",
            "callId": "c1",
            "output": {"type": "computer_screenshot", "data": "", "providerData": {"approvalStatus": "rejected"}},
        },
        {
            "type": "computer_call_output",
            "call_id": "c1",
            "output": {"type": "computer_screenshot", "image_url": ""},
        },
    ),
    "rejected shell call": (
        {
            "type": "shell_call_output",
            "callId": "c1",
            "output": [{"stdout": "", "stderr": "no", "outcome": {"type": "exit", "exitCode": None}}],
            "providerData": {"mine": 1},
        },
        {
            "type": "shell_call_output",
            "call_id": "c1",
            "output": [{"stdout": "", "stderr": "no", "outcome": {"type": "exit", "exit_code": 0}}],
        },
    ),
    "old web search": (
        {**HOSTED, "name": "x", "providerData": {"type": "web_search"}},
        {"type": "web_search_call", "id": "w1", "status": "completed"},
    ),
    "old file search": (
        {"type": "hosted_tool_call", "name": "x", "providerData": {"type": "file_search"}},
        {"type": "file_search_call", "status": "failed", "queries": []},
    ),
    "old code interpreter": (
        {**HOSTED, "name": "x", "providerData": {"type": "code_interpreter", "results": [1], "containerId": "k"}},
        {"type": "code_interpreter_call", "id": "w1", "status": "completed", "outputs": [1], "container_id": "k"},
    ),
    "old image generation": (
        {**HOSTED, "name": "x", "output": "Q", "providerData": {"type": "image_generation", "result": "other"}},
        {"type": "image_generation_call", "id": "w1", "status": "completed", "result": "Q"},
    ),
    "realtime approval request": (
        {**HOSTED, "name": "find", "arguments": "{}", "providerData": {"itemId": "i1", "serverLabel": "docs"}},
        None,  # it names no type, and JavaScript refuses to send it
    ),
    "approval request named by its item": (
        {
            **HOSTED,
            "name": "mcp_approval_request",
            "arguments": "{}",
            "providerData": {"itemId": "i1", "serverLabel": "docs", "name": "find"},
        },
        {"type": "mcp_approval_request", "id": "i1", "name": "find", "arguments": "{}", "server_label": "docs"},
    ),
    "old compaction": (
        {"type": "compaction", "encryptedContent": "e"},
        {"type": "compaction", "encrypted_content": "e"},
    ),
    "unknown with its own id": (
        {"type": "unknown", "id": "a", "providerData": {"type": "x", "id": "b"}},
        {"type": "x", "id": "a"},
    ),
}


@pytest.mark.parametrize("case", TO_WIRE)
def test_an_item_that_can_not_come_back_is_told_apart(case):
    """The wire form is as the SDK would send it, and `restorable` says that more must be kept."""
    protocol, wire = TO_WIRE[case]
    assert not restorable(protocol, names=NAMES)
    if wire is not None:
        assert to_wire(protocol) == wire


LEGACY_OUTPUTS = [
    ({"type": "image", "image": "u", "detail": "low"}, {"image_url": "u", "detail": "low"}),
    ({"type": "image", "image": {"url": "u"}}, {"image_url": "u"}),
    (
        {"type": "image", "image": {"data": "QQ==", "mediaType": "image/png"}},
        {"image_url": "data:image/png;base64,QQ=="},
    ),
    ({"type": "image", "image": {"data": "data:x"}, "mimeType": "image/png"}, {"image_url": "data:x"}),
    ({"type": "image", "image": {"fileId": "f"}}, {"file_id": "f"}),
    ({"type": "image", "image": {"id": "f"}}, {"file_id": "f"}),
    ({"type": "image", "imageUrl": "u"}, {"image_url": "u"}),
    ({"type": "image", "fileId": "f"}, {"file_id": "f"}),
    ({"type": "image", "data": "QQ==", "mimeType": "image/png"}, {"image_url": "data:image/png;base64,QQ=="}),
    ({"type": "image"}, {}),
    ({"type": "file", "file": "QQ=="}, {"file_data": "QQ=="}),
    (
        {"type": "file", "file": {"data": "QQ==", "filename": "a"}},
        {"file_data": "data:text/plain;base64,QQ==", "filename": "a"},
    ),
    ({"type": "file", "file": {"url": "https://x"}, "filename": "b"}, {"file_url": "https://x"}),
    ({"type": "file", "file": {"id": "f"}}, {"file_id": "f"}),
    ({"type": "file", "file": {"fileId": "f"}}, {"file_id": "f"}),
    ({"type": "file", "id": "f", "filename": "b"}, {"file_id": "f", "filename": "b"}),
    ({"type": "file", "fileUrl": "https://x"}, {"file_url": "https://x"}),
    ({"type": "file", "fileData": "QQ==", "mediaType": "a/b"}, {"file_data": "data:a/b;base64,QQ=="}),
    ({"type": "file"}, {}),
]


@pytest.mark.parametrize(("output", "members"), LEGACY_OUTPUTS)
def test_a_legacy_tool_output_is_sent_as_the_sdk_sends_it(js, output, members):
    """`{type: image}` and `{type: file}` outputs of early releases become one part."""
    protocol = {**RESULT, "output": output}
    assert to_wire(protocol) == {**OUTPUT, "output": [{"type": f"input_{output['type']}", **members}]}
    assert js.ask("to_wire", item=protocol)["output"] == to_wire(protocol)["output"]


# Wire items whose JavaScript form says the same in other words.
TO_PROTOCOL = {
    "assistant text": (
        {"role": "assistant", "content": "hi"},
        text_message("assistant", "hi", status="completed"),
    ),
    "message with null members": (
        {"type": "message", "id": None, "role": "assistant", "content": [], "status": None, "phase": None},
        {"type": "message", "role": "assistant", "content": [], "status": "completed"},
    ),
    "output with its own name": (
        {**OUTPUT, "call_id": "c9", "output": "x", "name": "f", "namespace": "n"},
        {**RESULT, "callId": "c9", "name": "f", "namespace": "n", "output": {"type": "text", "text": "x"}},
    ),
    "output without its call": (
        {**OUTPUT, "call_id": "c9", "output": []},
        {**RESULT, "callId": "c9", "name": "c9", "output": []},
    ),
    "tool search without arguments": (
        {"type": "tool_search_call"},
        {"type": "tool_search_call", "arguments": None, "providerData": {}},
    ),
    "patch call without status": (
        {"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "delete_file", "path": "a", "diff": None}},
        {
            "type": "apply_patch_call",
            "callId": "c1",
            "status": "in_progress",
            "operation": {"type": "delete_file", "path": "a"},
            "providerData": {"type": "apply_patch_call"},
        },
    ),
    "results that are no text": (
        {"type": "image_generation_call", "status": "completed", "result": {"a": 1}},
        {
            "type": "hosted_tool_call",
            "name": "image_generation_call",
            "status": "completed",
            "providerData": {"type": "image_generation_call", "result": {"a": 1}},
        },
    ),
    "MCP output that is no text": (
        {"type": "mcp_call", "id": "w1", "output": ["a"]},
        {**HOSTED, "name": "mcp_call", "providerData": {"type": "mcp_call", "id": "w1", "output": ["a"]}},
    ),
}


@pytest.mark.parametrize("case", TO_PROTOCOL)
def test_a_wire_item_becomes_what_the_sdk_can_hold(js, case):
    """Absent and null members get what the SDK requires; the schema accepts the item unchanged."""
    wire, protocol = TO_PROTOCOL[case]
    assert to_protocol(wire, names=NAMES) == protocol
    assert js.ask("parse", item=protocol) == protocol


NO_PROTOCOL = [
    ("no-js-form", {"type": "local_shell_call", "call_id": "c1", "action": {}}),
    ("no-js-form", {"type": "local_shell_call_output", "id": "c1", "output": "x"}),
    ("no-js-form", {"type": "custom_tool_call", "call_id": "c1", "name": "x", "input": "y"}),
    ("no-js-form", {"type": "custom_tool_call_output", "call_id": "c1", "output": "x"}),
    ("no-js-form", {"type": "item_reference", "id": "m1"}),
    ("type", {"id": "m1"}),
    ("type", {"type": 5}),
    ("type", {"type": ""}),
    ("role", {"role": "tool", "content": "x"}),
    ("role", {"type": "message", "content": "x"}),
    ("content", {"role": "user", "content": [{"type": "output_text", "text": "x"}]}),
    ("content", {"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}),
    ("content", {"role": "system", "content": [{"type": "input_image", "image_url": "x"}]}),
    ("content", {**OUTPUT, "output": [{"type": "input_audio", "input_audio": {}}]}),
    ("field", {"role": "user", "content": None}),
    ("field", {"role": "user", "content": "x", "id": 5}),
    ("field", {**OUTPUT, "output": None}),
    ("field", {**OUTPUT, "call_id": None, "output": "x"}),
    ("field", {"type": "function_call", "call_id": "c1", "name": "x"}),
    ("field", {"type": "computer_call", "call_id": "c1", "status": "completed"}),
    ("field", {"type": "computer_call_output", "call_id": "c1", "output": {"file_id": "f"}}),
    ("field", {"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "chmod"}}),
    ("field", {"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "delete_file"}}),
    (
        "field",
        {
            "type": "apply_patch_call",
            "call_id": "c1",
            "operation": {"type": "update_file", "path": "a", "diff": "", "move_to": ""},
        },
    ),
    ("field", {"type": "compaction", "encrypted_content": None}),
    ("field", {"type": "tool_search_output", "tools": ["x"]}),
    ("status", {"role": "assistant", "content": [], "status": "odd"}),
    ("status", {"type": "apply_patch_call_output", "call_id": "c1", "status": "incomplete"}),
    ("caller", {"type": "function_call", "call_id": "c1", "name": "x", "arguments": "", "caller": {"type": "moon"}}),
    ("field", {"type": "mcp_call", "id": "w1", "caller": {"type": "program"}}),
]
NO_WIRE = [
    ("type", {"type": "function_call_output", "callId": "c1"}),
    ("type", {"callId": "c1"}),
    ("type", {"type": ["x"]}),
    ("role", {"role": "developer", "content": "x"}),
    ("content", {"role": "user", "content": [{"type": "output_text", "text": "x"}]}),
    ("content", text_message("user", "x") | {"role": "assistant", "status": "completed"}),
    ("content", {"role": "assistant", "content": [{"type": "audio", "audio": "Q"}], "status": "completed"}),
    ("field", {"role": "user", "content": [{"type": "audio", "audio": {"id": "f"}}]}),
    ("field", {"role": "system", "content": [{"type": "input_text", "text": "x"}]}),
    ("field", text_message("assistant", "x", status="completed", phase="odd")),
    ("field", {**CALL, "callId": None}),
    ("content", {**RESULT, "output": {"type": "moon"}}),
    ("caller", {**CALL, "caller": {"type": "moon"}}),
    ("field", {"type": "shell_call", "callId": "c1"}),
    ("field", {"type": "apply_patch_call", "callId": "c1", "status": "completed"}),
    ("field", {"type": "compaction"}),
    ("no-wire-form", {**HOSTED, "name": "x", "providerData": {"type": "moon_call"}}),
    ("no-wire-form", {"type": "unknown", "id": "x1"}),
    ("no-wire-form", {"type": "unknown", "providerData": {"type": "function_call", "call_id": "c1"}}),
    ("no-wire-form", {"type": "unknown", "providerData": {"type": "message", "role": "user", "content": "x"}}),
]


@pytest.mark.parametrize(("reason", "item"), NO_PROTOCOL)
def test_a_wire_item_without_a_javascript_form_is_refused(reason, item):
    """TS-JS-012: nothing is dropped or turned into something else; the reason names what is in the way."""
    with pytest.raises(ItemError) as refused:
        to_protocol(item, names=NAMES)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("reason", "item"), NO_WIRE)
def test_a_protocol_item_without_a_wire_form_is_refused(reason, item):
    """TS-JS-005: what the SDK itself would not send is refused, and is not restorable."""
    with pytest.raises(ItemError) as refused:
        to_wire(item)
    assert refused.value.reason == reason
    assert not restorable(item)


def test_an_unknown_item_is_refused_as_a_run_item():
    """TS-JS-012: run items know no `unknown`; input and responses do."""
    wire = {"type": "future_call", "id": "x1"}
    assert to_protocol(wire)["type"] == "unknown"
    with pytest.raises(ItemError) as refused:
        to_protocol(wire, run_item=True)
    assert refused.value.reason == "run-item"
    assert to_protocol({**OUTPUT, "output": "x"}, names=NAMES, run_item=True)["name"] == "send"


def test_a_system_text_that_was_edited_wins_over_the_list_beside_it():
    """The list a system message came from is used only while its text is unchanged."""
    protocol = to_protocol({"role": "system", "content": [{"type": "input_text", "text": "a"}]})
    assert to_wire({**protocol, "content": "b"})["content"] == "b"


def test_a_program_calls_and_an_output_names_its_tool_as_the_runner_does(js):
    """Outputs are what the SDK's own runner stores: strings, numbers as text, structured parts, a handoff's text."""
    call = {**CALL, "callId": "c2", "namespace": "mail", "caller": {"type": "program", "callerId": "p1"}}
    wire = {**OUTPUT, "call_id": "c2", "caller": {"type": "program", "caller_id": "p1"}}
    for returned, output in (
        ("sunny", "sunny"),
        ({"assistant": "Billing"}, '{"assistant":"Billing"}'),
        (5, "5"),
        ([], "[]"),
        ({"type": "text", "text": "a"}, [{"type": "input_text", "text": "a"}]),
        ([{"type": "image", "image": {"fileId": "f"}}], [{"type": "input_image", "file_id": "f"}]),
        (
            {"type": "image", "image": "u", "detail": "auto"},
            [{"type": "input_image", "image_url": "u", "detail": "auto"}],
        ),
        (
            {"type": "file", "file": {"data": "QQ==", "mediaType": "a/b", "filename": "n"}},
            [{"type": "input_file", "file_data": "data:a/b;base64,QQ==", "filename": "n"}],
        ),
    ):
        stored = js.ask("function_result", call=call, output=returned)
        assert to_protocol({**wire, "output": output}, names=NAMES) == stored
        assert to_wire(stored) == {**wire, "output": output}
