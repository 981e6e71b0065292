"""Every item and every fingerprint in the recorded states of both SDKs (fixtures/), against this package."""

import json
from collections import Counter

import pytest

from timestep.dialects.openai_js.fingerprint import (
    call_id_of,
    function_state_key,
    handoff_tool_name,
    hosted_mcp_request,
    hosted_mcp_state_key,
    invocation_fingerprint,
)
from timestep.dialects.openai_js.items import ItemError, restorable, to_approval, to_protocol, to_wire
from timestep.dialects.openai_py.fingerprint import invocation_identity

# The versions whose fingerprints are reproduced; items are read from every version.
JS_VERSION, PY_VERSION = "0.20.0", "0.24.0"
PY_ONLY = {"local_shell_call", "local_shell_call_output", "custom_tool_call", "custom_tool_call_output"}
BUILT_IN = {"computer_call": "computer", "shell_call": "shell", "apply_patch_call": "apply_patch"}


def states(value):
    """Yield every run state in a file, nested ones included: JavaScript holds those as JSON text."""
    if isinstance(value, str) and value.startswith("{") and "$schemaVersion" in value:
        value = json.loads(value)
    if isinstance(value, dict):
        if "$schemaVersion" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from states(entry)


def recorded(repo_root, writer, version="*"):
    """Yield the states of each recorded file."""
    files = sorted((repo_root / "fixtures" / writer).glob(f"{version}/*decided.json"))
    assert files
    for file in files:
        yield list(states(json.loads(file.read_text(encoding="utf-8"))))


def js_items(state):
    """Return all protocol items of a JavaScript state, approval placeholders excepted."""
    items = list(state["originalInput"]) if isinstance(state["originalInput"], list) else []
    for response in state["modelResponses"]:
        items += response["output"]
    return items + [item["rawItem"] for item in state["generatedItems"] if item["type"] != "tool_approval_item"]


def py_items(state):
    """Return all wire items of a Python state."""
    items = list(state["original_input"]) if isinstance(state["original_input"], list) else []
    for response in state["model_responses"]:
        items += response["output"]
    return items + [item["raw_item"] for item in (*state["generated_items"], *state.get("session_items", ()))]


def names_of(items, call_id):
    """Return name and namespace of every function call."""
    return {
        item[call_id]: (item["name"], item.get("namespace")) for item in items if item.get("type") == "function_call"
    }


def test_the_javascript_sdk_sends_a_recorded_item_the_same_after_a_detour(js, repo_root):
    """Protocol to wire to protocol changes nothing of what the SDK sends to the model next."""
    for file in recorded(repo_root, "openai-agents-js"):
        for state in file:
            items = js_items(state)
            names = names_of(items, "callId")
            for item in items:
                back = item if restorable(item, names=names) else to_protocol(to_wire(item), names=names)
                if back != item:
                    assert js.ask("to_wire", item=back) == js.ask("to_wire", item=item)


def test_a_recorded_approval_placeholder_is_made_again(repo_root):
    """`to_approval` gives the raw item of each placeholder from the wire form of its call."""
    seen = Counter()
    for file in recorded(repo_root, "openai-agents-js", JS_VERSION):
        for state in file:
            for item in state["generatedItems"]:
                if item["type"] == "tool_approval_item":
                    seen[item["rawItem"]["type"]] += 1
                    assert to_approval(to_wire(item["rawItem"])) == item["rawItem"]
    assert seen["function_call"]
    assert seen["hosted_tool_call"]


def test_a_recorded_python_item_crosses_and_comes_back(js, repo_root):
    """TS-JS-012: wire to protocol is valid there and loses nothing; what has no form there is refused by name."""
    for file in recorded(repo_root, "openai-agents-python"):
        for state in file:
            items = py_items(state)
            names = names_of(items, "call_id")
            for item in items:
                if item.get("type") in PY_ONLY:
                    with pytest.raises(ItemError, match=item["type"]):
                        to_protocol(item, names=names)
                    continue
                protocol = to_protocol(item, names=names)
                assert js.ask("parse", item=protocol) == protocol
                assert without_nulls(to_wire(protocol)) == without_nulls(item)


def without_nulls(item):
    """Return a wire item without null members and the status of a finished output."""
    finished = item.get("type") == "function_call_output" and item.get("status") == "completed"
    return {key: value for key, value in item.items() if value is not None and not (finished and key == "status")}


def possible_js_names(call):
    """Return the names under which the SDK may have fingerprinted a call."""
    if call["type"] == "function_call":
        return {function_state_key(call["name"], call.get("namespace")), handoff_tool_name(call["name"])}
    if call["type"] == "hosted_tool_call":
        request = hosted_mcp_request(call)
        return {hosted_mcp_state_key(request["serverLabel"], request["toolName"])}
    return {BUILT_IN[call["type"]]}


def test_every_recorded_javascript_fingerprint_is_reproduced(repo_root):
    """TS-JS-002: the ledger and the approvals of each state hold exactly the text this package computes."""
    seen = Counter()
    for file in recorded(repo_root, "openai-agents-js", JS_VERSION):
        calls = [item for state in file for item in js_items(state) if call_id_of(item)]
        for state in file:
            for ledger in (*state["completedToolInvocations"], *state["context"].get("approvalInvocations", ())):
                for call_id, text in ledger["invocations"].items():
                    same = [call for call in calls if call_id_of(call) == call_id and f'"{call["type"]}"' in text]
                    ours = {invocation_fingerprint(n, call) for call in same for n in possible_js_names(call)}
                    assert text in ours
                    seen[same[0]["type"]] += 1
    assert set(seen) >= {"function_call", "hosted_tool_call", "shell_call", "computer_call", "apply_patch_call"}


def test_every_recorded_python_identity_is_reproduced(repo_root):
    """`tool_invocations` of each state holds exactly the scope and fingerprint this package computes."""
    seen = Counter()
    for file in recorded(repo_root, "openai-agents-python", PY_VERSION):
        for state in file:
            for call_id, entry in state["context"].get("tool_invocations", {}).items():
                ours = {
                    invocation_identity(item, role=role, tool_name=name, lookup_key=key)
                    for item in py_items(state)
                    if item.get("type") == entry["type"]
                    for role in (None, "handoff")
                    for name in (None, "computer_use_preview", "shell", "local_shell", "apply_patch")
                    for key in (None, ("deferred_top_level", item.get("name")))
                }
                assert (entry["type"], call_id, entry["approval_scope"], entry["fingerprint"]) in ours
                seen[entry["type"]] += 1
    assert len(seen) == 7
