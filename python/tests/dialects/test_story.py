"""A file of an SDK tells one story about each call, or it is refused (spec/items.md)."""

import copy
import json

import pytest

from timestep.codec.pointer import split
from timestep.errors import StateFormatError
from timestep.state import write

from .saved import BOTH, JS, OWN, PYTHON, objects, saved, state_of, values, without

#: What the same part of a file is called by each SDK.
GENERATED = {PYTHON: "generated_items", JS: "generatedItems"}
RAW = {PYTHON: "raw_item", JS: "rawItem"}
CALL_ID = {PYTHON: "call_id", JS: "callId"}
RESPONSES = {PYTHON: "model_responses", JS: "modelResponses"}
LAST = {PYTHON: "last_model_response", JS: "lastModelResponse"}
PROCESSED = {PYTHON: "last_processed_response", JS: "lastProcessedResponse"}
CALL = {PYTHON: "tool_call", JS: "toolCall"}
TOOL_NAME = {PYTHON: "tool_name", JS: "toolName"}
OUTPUTS = {"function_call_output", "function_call_result", "computer_call_output", "computer_call_result"}


def refusal(value):
    """Return the error that a file is refused with."""
    with pytest.raises(StateFormatError) as refused:
        state_of(value)
    return refused.value


def is_output_item(member):
    """Tell whether a member of a list is an output, in a wrapper or bare."""
    raw = member.get("raw_item", member.get("rawItem", member)) if isinstance(member, dict) else {}
    return isinstance(raw, dict) and raw.get("type") in OUTPUTS


# --- outputs


@BOTH
@pytest.mark.parametrize("name", ["parallel_one_executed", "local_mcp_executed_before_pause", "second_pause"])
def test_a_completed_call_has_its_output(family, name):
    """TS-ITEM-013: without the output the tool would run again, so the file is refused."""
    gone = without(values(family, f"{name}.undecided"), is_output_item)
    if family == JS:  # a proof is a place in the list, which has become shorter: let the call alone prove it
        places = {item["rawItem"].get("callId"): index for index, item in enumerate(gone["generatedItems"])}
        for row in gone["completedToolInvocationEvidence"]:
            for call_id, proof in row["invocations"].items():
                proof["items"] = [{"generatedItemIndex": places[call_id]}] * 2
    else:
        gone["generated_session_item_indexes"] = None
    error = refusal(gone)
    assert (error.code, error.requirement) == ("output-missing", "TS-ITEM-013")
    assert any(part in split(error.pointer or "") for part in ("tool_invocations", "completedToolInvocations"))


@BOTH
def test_a_completed_call_of_our_own_form_has_its_output(family):
    """TS-ITEM-013: a ledger that says completed of a call without an output is refused, too."""
    value = json.loads(write(saved(family, "one_waiting.undecided"), OWN).data)
    value["runs"][0]["calls"][0]["state"] = "completed"
    error = refusal(value)
    assert (error.code, error.pointer) == ("output-missing", "/runs/0/calls/0/state")


@pytest.mark.parametrize(
    ("family", "place"), [(PYTHON, "generated_items"), (PYTHON, "session_items"), (JS, "generatedItems")]
)
@pytest.mark.parametrize("text", [None, "Another story."])
def test_a_call_has_one_output_in_a_list(family, place, text):
    """TS-ITEM-014: a second output is refused where it stands, whether it says the same or not."""
    value = values(family, "parallel_one_executed.undecided")
    index = next(index for index, item in enumerate(value[place]) if is_output_item(item))
    second = copy.deepcopy(value[place][index])
    if text is not None:
        second[RAW[family]]["output"] = text if family == PYTHON else {"type": "text", "text": text}
    value[place].append(second)
    if family == PYTHON:
        value["generated_session_item_indexes"] = None
    error = refusal(value)
    last = len(value[place]) - 1
    assert error.code == "output-duplicate"
    assert (error.pointer or "").startswith(f"/{place}/{last}")


@BOTH
def test_one_output_in_each_of_several_lists_is_one_output(family):
    """TS-ITEM-014: the same output in the session, the view and a proof is told once."""
    run = saved(family, "parallel_one_executed.undecided").document.runs[0]
    assert [len(call.outputs) for call in run.calls if call.state == "completed"] == [1]


# --- copies of the last response, and the work split from it


def stranger(family):
    """Return a call that no response has."""
    return {"type": "function_call", CALL_ID[family]: "call_x", "name": "send_email", "arguments": "{}"}


@BOTH
def test_the_copy_of_the_last_response_has_no_other_call(family):
    """TS-ITEM-017: a call that stands in the copy alone is refused."""
    value = values(family, "one_waiting.undecided")
    value[LAST[family]]["output"].append({**stranger(family), "status": "completed"})
    error = refusal(value)
    assert (error.code, error.pointer) == ("call-changed", f"/{LAST[family]}")


@BOTH
def test_the_copy_of_the_last_response_names_no_other_tool(family):
    """TS-ITEM-017: a call for another tool in the copy is refused."""
    value = values(family, "one_waiting.undecided")
    (item,) = [item for item in value[LAST[family]]["output"] if item["type"] == "function_call"]
    item["name"] = "delete_all"
    error = refusal(value)
    assert (error.code, error.pointer) == ("call-changed", f"/{LAST[family]}")


@BOTH
def test_the_work_to_do_has_no_call_that_the_last_response_lacks(family):
    """TS-ITEM-017: neither one that no response has, nor one of an earlier response."""
    for name, call in (("one_waiting", stranger(family)), ("second_pause", None)):
        value = values(family, f"{name}.undecided")
        (work,) = value[PROCESSED[family]]["functions"]
        earlier = value[RESPONSES[family]][0]["output"]
        called = call or next(item for item in earlier if item["type"] == "function_call")
        tool = {**work["tool"], "name": called["name"]}
        if "lookupKey" in tool:
            tool["lookupKey"] = {"kind": "bare", "name": called["name"]}
        value[PROCESSED[family]]["functions"].append({**work, CALL[family]: called, "tool": tool})
        error = refusal(value)
        assert error.code == "state-inconsistent"
        assert (error.pointer or "").startswith(f"/{PROCESSED[family]}/functions/1")


@BOTH
def test_the_work_to_do_names_the_tool_of_the_call(family):
    """TS-ITEM-017: work that names another tool beside the call is refused."""
    value = values(family, "one_waiting.undecided")
    (work,) = value[PROCESSED[family]]["functions"]
    work["tool"]["name"] = "delete_all"
    error = refusal(value)
    assert error.code == "call-changed"
    assert (error.pointer or "").startswith(f"/{PROCESSED[family]}/functions/0")


@pytest.mark.parametrize(
    "family_and_name", [(PYTHON, "handoff_beside_waiting_call"), (JS, "handoff_beside_waiting_call")]
)
def test_a_handoff_to_do_names_the_tool_of_its_call(family_and_name):
    """TS-ITEM-017: a handoff is work as well."""
    family, name = family_and_name
    value = values(family, f"{name}.undecided")
    handoffs = value[PROCESSED[family]]["handoffs"]
    assert handoffs
    handoffs[0]["handoff"][TOOL_NAME[family]] = "transfer_to_sales"
    assert refusal(value).code == "call-changed"


@pytest.mark.parametrize(("change", "code"), [("call", "state-inconsistent"), ("tool", "call-changed")])
def test_a_call_of_no_tool_is_work_as_well(change, code):
    """TS-ITEM-017: the SDK answers such calls when it goes on, so those must be the response's, too."""
    value = values(JS, "tool_not_found_beside_waiting.undecided")
    (missing,) = value["lastProcessedResponse"]["functionToolsNotFound"]
    if change == "call":
        value["lastProcessedResponse"]["functionToolsNotFound"].append({"toolCall": stranger(JS), "toolName": "x"})
    else:
        missing["toolName"] = "delete_all"
    error = refusal(value)
    assert error.code == code
    assert (error.pointer or "").startswith("/lastProcessedResponse/functionToolsNotFound/")


@BOTH
def test_what_is_told_twice_the_same_is_taken(family):
    """TS-ITEM-017: the files of the SDK, which repeat their last response, are read."""
    value = values(family, "one_waiting.undecided")
    assert sum(each.get(CALL_ID[family]) == "call_mail_1" for each in objects(value)) >= 5
    assert [item.path for item in state_of(value).get_interruptions()] == ["call_mail_1"]
