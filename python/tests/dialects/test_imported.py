"""What becomes of an SDK's file, whichever of the two it is: a document that keeps all of it, once."""

import hashlib
import json

from timestep.codec.digest import canonical_json
from timestep.dialects.openai_js.items import to_wire
from timestep.state import write
from timestep.types.items import call_id_of, is_call, type_of

from .saved import BOTH, FOLDERS, JS, PYTHON, saved, state_of, values

#: What the same part of a file is called by each SDK.
RESPONSES = {PYTHON: "model_responses", JS: "modelResponses"}
GENERATED = {PYTHON: "generated_items", JS: "generatedItems"}


def every(family):
    """Yield each state of the family's current release: values and document."""
    for path in sorted(FOLDERS[family].glob("*decided.json")):
        data = path.read_bytes()
        yield json.loads(data), state_of(data).document


# --- the envelope


@BOTH
def test_the_id_of_a_tree_is_told_by_the_bytes_of_its_file(family):
    """TS-STATE-003: `imp_` and 32 digits of the file's SHA-256, the root run's too; other bytes, other id."""
    data = (FOLDERS[family] / "nested_agent_tool.undecided.json").read_bytes()
    for same in (data, data + b"\n"):
        found = state_of(same).document
        assert found.id == found.runs[0].id == "imp_" + hashlib.sha256(same).hexdigest()[:32]
        assert found.runs[1].id == f"{found.id}.0"


@BOTH
def test_nothing_has_happened_in_a_document_that_was_imported(family):
    """TS-STATE-004: whatever the file holds, and whatever was decided on it since, its revision is 0."""
    assert {found.revision for _, found in every(family)} == {0}
    state = saved(family, "one_waiting.undecided")
    state.approve("call_mail_1")
    assert state_of(write(state, "timestep").data).document.revision == 0


@BOTH
def test_the_usage_of_a_nested_run_is_part_of_the_trees(family):
    """TS-STATE-008: what a nested run's file shows, however much, is not counted beside what the root's shows."""
    value = values(family, "nested_agent_tool.undecided")
    plain = saved(family, "nested_agent_tool.undecided").document.usage
    counts = value["context"]["usage"]
    assert plain.total_tokens == (counts["totalTokens"] if family == JS else counts["total_tokens"]) > 0
    if family == JS:
        (key,) = value["pendingAgentToolRuns"]
        below = json.loads(value["pendingAgentToolRuns"][key])
        below["context"]["usage"] |= dict.fromkeys(["requests", "inputTokens", "outputTokens", "totalTokens"], 10**6)
        value["pendingAgentToolRuns"][key] = json.dumps(below)
    else:
        below = value["last_processed_response"]["functions"][0]["agent_run_state"]
        below["context"]["usage"] |= dict.fromkeys(["requests", "input_tokens", "output_tokens", "total_tokens"], 10**6)
    assert state_of(value).document.usage == plain


@BOTH
def test_a_trace_is_who_it_is_and_no_more(family):
    """TS-STATE-009: the key that a trace is sent with and the spans beside it are in no canonical document."""
    value = values(family, "one_waiting.undecided")
    value["trace"] = {
        "object": "trace", "id": "trace_1", "workflow_name": "Mail", "group_id": "g", "metadata": {"a": "b"},
        "tracing_api_key": "sk-SENTINEL-key", "spans": [{"id": "SENTINEL-span"}],
    }  # fmt: skip
    found = json.loads(write(state_of(value), "timestep").data)
    expected = {"trace_id": "trace_1", "workflow_name": "Mail", "group_id": "g", "metadata": {"a": "b"}}
    assert (found["trace"], "SENTINEL-key" in json.dumps(found)) == (expected, False)


# --- the log


def wire_items(family, items):
    """Return the wire form of items as a file of the family has them."""
    return [to_wire(item) for item in items] if family == JS else items


def named(item):
    """Return what tells an output item: its type and ids, else its content."""
    told = (type_of(item), item.get("id"), call_id_of(item))
    return told if any(told[1:]) else (type_of(item), canonical_json(item))


@BOTH
def test_the_log_has_what_the_model_said_and_the_items_forgot(family):
    """TS-STATE-013: each output item of each response is an entry, also where a filter or an error dropped it."""
    dropped = 0
    for value, found in every(family):
        run = found.runs[0]
        told = [[named(item) for item in wire_items(family, one["output"])] for one in value[RESPONSES[family]]]
        kept = [[named(run.log[seq].item) for seq in range(one.start, one.end)] for one in run.responses]
        assert [items for items in told if items not in kept] == []
        seen = {seq for start, end in run.view for seq in range(start, end)}
        dropped += any(seq not in seen for one in run.responses for seq in range(one.start, one.end))
    assert dropped >= 5


@BOTH
def test_each_item_stands_in_the_log_once(family):
    """TS-STATE-012, TS-STATE-014: what a file repeats, as an item or as a placeholder, is one entry of the log."""
    placeholders = 0
    for value, found in every(family):
        placeholders += sum(item["type"] == "tool_approval_item" for item in value[GENERATED[family]])
        for run in found.runs:
            calls = [named(entry.item) for entry in run.log if is_call(entry.item)]
            outputs = [seq for one in run.responses for seq in range(one.start, one.end)]
            assert [seq for seq, entry in enumerate(run.log) if entry.source == "model"] == outputs
            assert len(calls) == len([seq for seq in outputs if is_call(run.log[seq].item)])
    assert placeholders > 200
