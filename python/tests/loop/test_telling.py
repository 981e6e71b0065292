"""What readers are told of each transition, over all cases and runs by chance (events.md)."""

import json
from collections import Counter

import pytest

from timestep.loop.advance import advance
from timestep.loop.telling import told

from .cases import CASES, event_of, first_state, manifest
from .test_cases import VALIDATORS

LAST = {"run_finished", "run_failed", "run_interrupted"}
ENDS = {"tool_result", "tool_error", "handoff"}


def stretches(case):
    """Yield what is told of each accepted step of a case, with the state before and after, and its effects."""
    rules, state = manifest(case), first_state(case)
    for step in case["steps"]:
        if "effects" in step:
            before, event = state, event_of(step)
            state, _ = advance(rules, before, event)
            yield told(before, event, state), before, state, step


@pytest.mark.parametrize("name", CASES)
def test_what_is_told_passes_its_schema(name):
    """TS-EVENT-001, TS-EVENT-002: each event has the keys of its row, and is about a run that there was."""
    seq = 0
    for events, before, after, _ in stretches(CASES[name]):
        for event in events:
            seq += 1
            value = json.loads(json.dumps({**event, "seq": seq}))
            assert [error.message for error in VALIDATORS["StreamEvent"].iter_errors(value)] == [], event
            assert event["run"] in {*after.runs, *(before.runs if before is not None else ())}


@pytest.mark.parametrize("name", CASES)
def test_a_stretch_ends_with_what_became_of_the_run(name):
    """TS-EVENT-007: the step that reports the root tells so last, and no other step does."""
    for events, _, _, step in stretches(CASES[name]):
        reports = {"type": "finish", "run": "r1"} in step["effects"]
        assert [event["type"] for event in events if event["type"] in LAST] == (
            [events[-1]["type"]] if reports else []
        ), step["event"]["type"]


@pytest.mark.parametrize("name", [name for name in CASES if "start" not in CASES[name]])
def test_a_call_is_told_once_and_its_end_is_told_once(name):
    """TS-EVENT-004: each call of the ledger has one `tool_call`, and one end once its turn is settled."""
    asked, ended, state = Counter(), Counter(), None
    for events, _, after, _ in stretches(CASES[name]):
        for event in events:
            asked[event["run"], event.get("item")] += event["type"] == "tool_call"
            ended[event["run"], event.get("call_id")] += event["type"] in ENDS
        state = after
    for run in state.runs.values() if state is not None else ():
        ids = Counter(call.call_id for call in [*run.settled, *run.calls])
        for call in [*run.settled, *run.calls]:
            assert asked[run.id, call.item] == 1, call
            if call in run.settled and call.outputs and call.role != "hosted":
                assert ended[run.id, call.call_id] == ids[call.call_id], call
