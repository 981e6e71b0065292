"""What loop-values.md says and no case of the loop shows (TS-TRANS-007)."""

import json
import re

import pytest

from timestep.codec import document as codec
from timestep.loop.advance import advance
from timestep.loop.manifest import manifest_of
from timestep.loop.tree import document_of
from timestep.types.events import event_from_json

from .pages import page

USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
GUARDRAILS = {"input": [], "output": [], "tool_input": [], "tool_output": []}
ASKING = {
    "name": "ask_b",
    "role": "agent",
    "agent": "B",
    "effect": "once",
    "approval": "never",
    "enabled": "always",
    "on_error": "report",
    "tool_input": [],
    "tool_output": [],
}


def agent(name, *tools):
    """Return an agent of a manifest."""
    more = {"tool_use": "run_llm_again", "reset_tool_choice": True, "output_schema": False}
    return {"name": name, "tools": list(tools), "handoffs": [], "guardrails": GUARDRAILS, **more}


def answered(item, *, limits=None, tools=()):
    """Return the root run after the model has answered the first question with an item."""
    rules = manifest_of({"root": "A", "agents": [agent("A", *tools), agent("B")]})
    steps = [
        {"type": "run.started", "agent": "A", "items": [], "limits": {"max_turns": None, **(limits or {})}},
        {"type": "turn.prepared"},
        {"type": "model.responded", "output": [item], "usage": USAGE},
    ]
    tree = None
    for step in steps:
        tree, _ = advance(rules, tree, event_from_json({"run": "r1", **step}))
    return json.loads(codec.encode(document_of(tree)))["runs"][0]


def test_a_call_without_an_id_is_named_by_its_place():
    """TS-TRANS-007, TS-TOOL-003: its run's id, a colon, and its position."""
    run = answered({"type": "function_call", "name": "ask_b", "arguments": "{}"}, tools=[ASKING])
    assert [call["call_id"] for call in run["calls"]] == ["r1:0"]


def test_a_run_that_would_be_nested_too_deep_stops_with_the_limit():
    """TS-TRANS-007: the message of the table, with the limit filled in; the call stays as it was."""
    item = {"type": "function_call", "call_id": "c1", "name": "ask_b", "arguments": "{}"}
    run = answered(item, limits={"max_depth": 0}, tools=[ASKING])
    text = re.search(r"^\| `max-depth` \| `(.*)` \|$", page("loop-values.md"), re.MULTILINE)[1]
    step = {"type": "interrupted", "reason": "limit", "code": "max-depth", "message": text.replace("LIMIT", "0")}
    assert run["step"] == step
    assert run["calls"][0]["state"] == "requested"


@pytest.mark.parametrize(("before", "added", "after"), [(1, 2, 3), (2**53 - 1, 2, 2**53 - 1)])
def test_no_sum_of_usage_exceeds_what_a_document_can_hold(before, added, after):
    """TS-TRANS-007, TS-CORE-010: counts are added up to 2^53 - 1."""
    rules = manifest_of({"root": "A", "agents": [agent("A")]})
    said = {"type": "message", "role": "assistant", "content": ""}
    tree = None
    for step in [
        {"type": "run.started", "agent": "A", "items": [], "limits": {"max_turns": None}},
        {"type": "turn.prepared"},
        {"type": "model.responded", "output": [], "usage": {**USAGE, "total_tokens": before}},
        {"type": "turn.prepared"},
        {"type": "model.responded", "output": [said], "usage": {**USAGE, "total_tokens": added}},
    ]:
        tree, _ = advance(rules, tree, event_from_json({"run": "r1", **step}))
    usage = json.loads(codec.encode(document_of(tree)))["usage"]
    assert (usage["total_tokens"], usage["requests"], usage["input_tokens"]) == (after, 2, 2)
