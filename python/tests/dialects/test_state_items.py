"""What becomes of the items of a run state on their way through a document (spec/items.md)."""

import json

import pytest

from timestep.state import write
from timestep.types.items import type_of

from .saved import BOTH, JS, OTHER, OWN, PYTHON, objects, saved, state_of, stored, values, written

INPUT = {PYTHON: "original_input", JS: "originalInput"}
RESPONSES = {PYTHON: "model_responses", JS: "modelResponses"}
LAST = {PYTHON: "last_model_response", JS: "lastModelResponse"}
UNKNOWN = {"type": "future_thing", "id": "f1", "deep": {"list": [None, 1.50]}}
#: An item of a type that nobody knows, as each SDK holds it.
HELD = {PYTHON: UNKNOWN, JS: {"type": "unknown", "id": "f1", "providerData": UNKNOWN}}
#: Members that bind items to each other, and are no ids of items.
BINDS = {"call_id", "callId", "approval_request_id"}


# --- messages without a type


@BOTH
def test_an_item_with_a_role_and_no_type_is_read_as_a_message(family):
    """TS-ITEM-002: in the input of a state it is what it was, and its type is that of a message."""
    value = values(family, "one_waiting.undecided")
    value[INPUT[family]] = [{"role": "user", "content": "Hello."}]
    item = state_of(value).document.runs[0].log[0].item
    assert (item, type_of(item)) == ({"role": "user", "content": "Hello."}, "message")
    assert type_of({"type": "reasoning", "role": "user"}) == "reasoning"
    assert type_of({"content": "Hello."}) == ""


def test_a_run_that_ends_in_a_message_without_a_type_is_finished():
    """TS-ITEM-002: the type of a message may be missing wherever it decides anything."""
    value = values(PYTHON, "finished.undecided")
    for item in objects(value):
        if item.get("type") == "message":
            del item["type"]
    step, wanted = (state.document.runs[0].step for state in (state_of(value), saved(PYTHON, "finished.undecided")))
    assert (step.type, step.output) == ("finished", wanted.output)


@BOTH
def test_a_message_without_a_type_crosses_as_a_message(family):
    """TS-ITEM-002: the other SDK gets a message, with the same role and text."""
    value = values(family, "one_waiting.undecided")
    value[INPUT[family]] = [{"role": "user", "content": "Hello."}]
    crossed, _ = written(state_of(value), OTHER[family])
    (item,) = crossed[INPUT[OTHER[family]]]
    assert (item.get("type", "message"), item["role"], item["content"]) == ("message", "user", "Hello.")


# --- types that nobody knows


@BOTH
@pytest.mark.parametrize("target", [PYTHON, JS])
def test_an_item_of_an_unknown_type_is_kept(family, target):
    """TS-ITEM-004: in input and responses, through a document, and for either SDK."""
    value = values(family, "one_waiting.undecided")
    value[INPUT[family]] = [{"role": "user", "content": "Hello."}, HELD[family]]
    value[RESPONSES[family]][0]["output"].insert(0, HELD[family])
    value[LAST[family]]["output"].insert(0, HELD[family])
    given = state_of(value)
    assert [entry.item for entry in given.document.runs[0].log].count(UNKNOWN) == 2
    for state in (given, stored(given)):
        crossed, _ = written(state, target)
        assert crossed[INPUT[target]][1] == HELD[target]
        assert crossed[RESPONSES[target]][0]["output"][0] == HELD[target]


def test_an_unknown_item_of_our_own_form_is_kept():
    """TS-ITEM-004: at any place of a log, among the model's items as well, and it is no call."""
    value = json.loads(write(saved(PYTHON, "finished.undecided"), OWN).data)
    log = value["runs"][0]["log"]
    for entry in log:
        if type_of(entry["item"]) == "message":
            entry["item"] = UNKNOWN
    again = json.loads(write(state_of(value), OWN).data)
    assert again["runs"][0]["log"] == log
    assert [entry["item"] for entry in log].count(UNKNOWN) >= 2


# --- ids


def ids_of(value):
    """Return the ids of all items in a state: what stands as `id` beside the type of an item, or with its role."""
    found = set()
    for each in objects(value):
        provider = each.get("providerData")
        for part in (each, provider if isinstance(provider, dict) else {}):
            if "id" in part and ("type" in part or "role" in part) and part.get("object") not in ("trace", "response"):
                found.add(part["id"])
    return found - {None}


def anonymous(family, name):
    """Return a state of a run whose items have no ids but those that bind them."""
    value = values(family, name)
    for text in value.get("pendingAgentToolRuns", {}):
        inner = json.loads(value["pendingAgentToolRuns"][text])
        strip(inner)
        value["pendingAgentToolRuns"][text] = json.dumps(inner)
    strip(value)
    return value


def strip(value):
    """Take the ids off all items in place; a hosted request is bound by its own."""
    for each in objects(value):
        if "type" in each and each.get("object") is None and each["type"] != "mcp_approval_request":
            each.pop("id", None)


@pytest.mark.parametrize(
    "name",
    [
        "one_waiting.undecided",
        "second_pause.undecided",
        "nested_agent_tool.undecided",
        "shell_patch_and_function_waiting.undecided",
        "handoff_before_interruption.undecided",
        "input_items.undecided",
        "pending_input_items.undecided",
        "reasoning_and_web_search.undecided",
    ],
)
@BOTH
def test_no_id_is_invented_for_an_item(family, name):
    """TS-ITEM-005: whatever way a state goes, an item that had no id has none."""
    given = state_of(anonymous(family, name))
    assert not any(entry.item.get("id") for run in given.document.runs for entry in run.log)
    for state in (given, stored(given)):
        for target in (family, OTHER[family]):
            value, _ = written(state, target)
            assert ids_of({**value, "trace": None}) == set()


@pytest.mark.parametrize("name", ["one_waiting.undecided", "second_pause.undecided", "nested_agent_tool.undecided"])
@BOTH
def test_ids_are_those_of_the_source(family, name):
    """TS-ITEM-005: where items have ids, the other SDK's file has no others."""
    value, _ = written(stored(saved(family, name)), OTHER[family])
    items = [entry.item for run in saved(family, name).document.runs for entry in run.log]
    known = {item["id"] for item in items if "id" in item}
    assert ids_of({**value, "trace": None}) <= known
    assert known
