"""What is read from `@openai/agents` files, and what is refused there (spec/dialects/openai-agents-js.md)."""

import json
from pathlib import Path

import pytest

from timestep.errors import StateFormatError

from .saved import JS, saved, state_of, values

WIRE = json.loads(Path(__file__).with_name("js_items.json").read_text(encoding="utf-8"))
#: Wire items that the SDK itself wraps when a conversation at the host gives them back.
WRAPPED = {"unknown", "developer", "computer output", "hosted MCP approval response"}
#: What it makes an item of its own of.
OWN_ITEM = [case["wire"] for name, case in WIRE.items() if name not in WRAPPED]


def refusal(value):
    """Return the error that a file is refused with."""
    with pytest.raises(StateFormatError) as refused:
        state_of(value)
    return refused.value


# --- nested runs


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text[:-1], "json-truncated"),
        (lambda text: text + " {}", "json-syntax"),
        (lambda text: text.replace('{"', '{"currentTurn":1,"', 1), "json-duplicate"),
        (lambda text: text.replace('"currentTurn":1', '"currentTurn":NaN', 1), "json-constant"),
        (lambda text: text.replace("Writer", "\\ud800", 1), "json-surrogate"),
        (lambda text: "[" * 200 + text, "json-depth"),
        (json.loads, "nested-shape"),
    ],
    ids=["cut", "two texts", "a name twice", "NaN", "half a character", "too deep", "no text"],
)
def test_a_nested_run_is_strict_json_text(change, code):
    """TS-JS-001: other text is refused at the run, and so is one that stands there as an object."""
    value = values(JS, "nested_agent_tool.undecided")
    ((key, text),) = value["pendingAgentToolRuns"].items()
    value["pendingAgentToolRuns"][key] = change(text)
    error = refusal(value)
    assert (error.code, error.pointer) == (code, f"/pendingAgentToolRuns/{key}")


def test_a_run_nested_in_a_nested_run_is_strict_json_text_too():
    """TS-JS-001: at every depth."""
    value = values(JS, "nested_in_nested.undecided")
    ((key, text),) = value["pendingAgentToolRuns"].items()
    inner = json.loads(text)
    ((below, text),) = inner["pendingAgentToolRuns"].items()
    inner["pendingAgentToolRuns"][below] = text + "]"
    value["pendingAgentToolRuns"][key] = json.dumps(inner)
    error = refusal(value)
    assert (error.code, error.pointer) == (
        "json-syntax",
        f"/pendingAgentToolRuns/{key}/pendingAgentToolRuns/{below}",
    )


# --- fingerprints


@pytest.mark.parametrize(
    "name", ["parallel_one_executed", "handoff_before_interruption", "local_mcp_executed_before_pause"]
)
def test_the_fingerprint_of_a_completed_call_is_computed_again(name):
    """TS-JS-002: where the ledger and its proof agree with each other and not with the call, the file is refused."""
    value = values(JS, f"{name}.undecided")
    rows = [row["invocations"] for row in value["completedToolInvocations"]]
    proofs = [row["invocations"] for row in value["completedToolInvocationEvidence"]]
    assert rows
    for row, proof in zip(rows, proofs, strict=True):
        for call_id in row:
            row[call_id] = proof[call_id]["fingerprint"] = row[call_id].replace("direct", "program")
    error = refusal(value)
    assert (error.code, (error.pointer or "").split("/")[1]) == ("call-changed", "completedToolInvocations")


@pytest.mark.parametrize(
    "name",
    [
        "one_waiting",
        "hosted_mcp_approval",
        "shell_waiting",
        "apply_patch_waiting",
        "computer_waiting",
        "nested_agent_tool",
    ],
)
def test_the_fingerprint_of_a_decided_call_is_computed_again(name):
    """TS-JS-002: a decision that is bound to another call than the one in the file is refused with the file."""
    value = values(JS, f"{name}.decided")
    for row in value["context"]["approvalInvocations"]:
        for call_id, mark in row["invocations"].items():
            row["invocations"][call_id] = mark.replace("direct", "program")
    assert refusal(value).code == "call-changed"


# --- decisions


@pytest.mark.parametrize(
    "name", ["sticky_approve_used_later", "hosted_mcp_always", "shell_sticky", "nested_sticky_approve"]
)
def test_a_standing_decision_holds_for_every_run(name):
    """TS-JS-004: whoever it was given below, it is read with the run "*" and for the agent that the file names."""
    value = values(JS, f"{name}.decided")
    standing = [each for each in saved(JS, f"{name}.decided").document.approvals if each.item == "*"]
    assert [each.run for each in standing] == ["*"] * len(standing) != []
    agents = {row["agentIdentity"] for row in value["context"].get("functionApprovals", [])} or {"*"}
    assert {each.agent for each in standing} <= agents


def test_a_standing_decision_above_decides_the_call_of_a_nested_run():
    """TS-JS-004: the nested run has its agent, so the decision holds there as well."""
    assert [item.path for item in saved(JS, "nested_sticky_approve.undecided").get_interruptions()] != []
    listed = saved(JS, "nested_sticky_approve.decided").listed()
    assert {item.state for item in listed if "/" in item.path} == {"approved"}


# --- items


@pytest.mark.parametrize("hidden", [None, *OWN_ITEM], ids=lambda item: "nothing" if item is None else item.get("type"))
def test_an_unknown_item_hides_nothing_that_the_sdk_knows(hidden):
    """TS-JS-005: without a type, or of a type with an item of its own, it is refused where it stands."""
    value = values(JS, "one_waiting.undecided")
    wrapped = {"type": "unknown", "id": "x1"} | ({} if hidden is None else {"providerData": hidden})
    value["originalInput"] = [{"role": "user", "content": "Hello."}, wrapped]
    error = refusal(value)
    assert (error.code, error.pointer) == ("item-shape", "/originalInput/1")


@pytest.mark.parametrize("name", sorted(WRAPPED - {"developer"}))
def test_an_unknown_item_is_what_it_wraps(name):
    """TS-ITEM-004, TS-JS-005: what the SDK itself wraps, types that nobody knows among it, is unwrapped and kept."""
    value, wire = values(JS, "one_waiting.undecided"), {**WIRE[name]["wire"], "id": "x1"}
    wrapped = {"type": "unknown", "id": "x1", "providerData": wire}
    value["originalInput"] = [{"role": "user", "content": "Hello."}, wrapped]
    assert state_of(value).document.runs[0].log[1].item == wire


# --- calls


def test_a_call_that_the_sdk_took_out_is_cancelled():
    """TS-TOOL-012: the second handoff of a response stands in the response alone, and will never run."""
    calls = saved(JS, "handoff_two_in_one_response.undecided").document.runs[0].calls
    assert {call.call_id: call.state for call in calls} == {
        "call_hand_1": "completed",
        "call_hand_2": "cancelled",
        "call_refund_1": "pending",
    }


def test_a_call_that_an_error_state_forgot_is_not_cancelled():
    """TS-TOOL-012: a call that another row fits is in doubt, though the SDK took it out of its items."""
    calls = saved(JS, "error_one_of_two_tools.undecided").document.runs[0].calls
    assert {call.state for call in calls} == {"indeterminate"}
