"""What can't happen is refused: every event, at every place of every case where the table has no row for it."""

import pytest

from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.types.events import event_from_json

from .cases import CASES, ROWS, event_of, first_state, manifest, shown
from .test_cases import OF_CALLS, stands

USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
MESSAGE = {"role": "assistant", "content": "x"}
#: Event -> members that would do where it can happen.
MEMBERS = {
    "run.started": {"agent": "Assistant", "items": [], "limits": {"max_turns": 1}},
    "input.checked": {"blocking": False, "results": []},
    "turn.prepared": {},
    "model.responded": {"output": [], "usage": USAGE},
    "model.failed": {"code": "model-failed", "message": "x"},
    "call.checked": {},
    "tool.finished": {"outputs": [MESSAGE]},
    "tool.failed": {"code": "tool-failed", "message": "x", "outputs": [MESSAGE]},
    "handoff.prepared": {"item": 1},
    "output.checked": {},
    "call.settled": {"item": 1, "how": "fail", "outputs": [MESSAGE]},
    "input.added": {"item": MESSAGE},
    "session.written": {"through": 0},
    "run.resumed": {},
    "limit.reached": {"name": "max-seconds", "message": "x"},
    "run.cancelled": {},
}
#: Event -> words for the places where the table has it.
PLACES = {name: frozenset().union(*(row.steps for row in ROWS.values() if row.event == name)) for name in MEMBERS}


def states(case):
    """Yield each state of a case with the manifest."""
    rules, state = manifest(case), first_state(case)
    yield rules, state
    for step in case["steps"]:
        if "effects" in step:
            state, _ = advance(rules, state, event_of(step))
            yield rules, state


def impossible(state):
    """Yield the events that have no row where a run of the state stands."""
    for run in state.runs.values() if state is not None else ():
        for name, members in MEMBERS.items():
            event = {"type": name, "run": run.id, **members}
            if name in OF_CALLS:
                for call in [*run.settled, *run.calls]:
                    if call in run.settled or call.state not in PLACES[name]:
                        yield {**event, "item": call.item}
                yield {**event, "item": len(run.log)}
            elif not stands(state, event) & PLACES[name]:
                yield event
        for call in run.calls:
            if run.step.type != "acting" or call.state != "approved":
                yield {"type": "tool.starting", "run": run.id, "items": [call.item]}
    yield from (
        {"type": name, "run": "nobody", **members, "item": 1} for name, members in MEMBERS.items() if name in OF_CALLS
    )


@pytest.mark.parametrize("name", CASES)
def test_what_the_table_does_not_have_is_refused(name):
    """TS-TRANS-002: the event is refused, and the state stays as it was."""
    tried = 0
    for rules, state in states(CASES[name]):
        before = shown(state)
        for event in impossible(state):
            with pytest.raises(IllegalEvent) as refused:
                advance(rules, state, event_from_json(event))
            assert refused.value.requirement == "TS-TRANS-002"
            tried += 1
        assert shown(state) == before
    assert tried or CASES[name]["rows"] == []


@pytest.mark.parametrize("name", sorted(MEMBERS.keys() - {"run.started"}))
def test_nothing_happens_before_a_run_has_started(name):
    """TS-TRANS-002: without a state only the start of a run is taken."""
    more = {"item": 1} if name in OF_CALLS else {}
    with pytest.raises(IllegalEvent, match="before the run has started"):
        advance(
            manifest(CASES["tool-turn"]), None, event_from_json({"type": name, "run": "r1", **MEMBERS[name], **more})
        )


def test_the_table_has_every_event():
    """Each type of event has a row, but for the two that the tests above make themselves."""
    assert {row.event for row in ROWS.values()} - {None} == MEMBERS.keys() | {"tool.starting", "approval.decided"}
