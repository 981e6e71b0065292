"""Every case of conformance/cases/loop, gone through with the loop, and the table of transitions.md against them."""

import importlib.util
import json
import re
import sys
from collections import Counter
from typing import get_args

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.codec import document
from timestep.dialects import invariants
from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.loop.tree import document_of
from timestep.types.items import OUTPUT_OF, call_id_of, is_call, is_output, type_of
from timestep.types.state import TERMINAL, CallState

from .cases import CASES, FOLDER, ROOT, ROWS, UNSAVED, event_of, first_state, manifest, saved, shown, told

SCHEMAS = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "spec/schema/v1").glob("*.schema.json")]
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS)
VALIDATORS = {schema["title"]: Draft202012Validator(schema, registry=REGISTRY) for schema in SCHEMAS}
each_case = pytest.mark.parametrize("name", CASES)


def walk(case, through=lambda state: state):
    """Go through a case; yield each step with what the loop made of it: state before, state after, and effects."""
    rules, state = manifest(case), first_state(case)
    for number, step in enumerate(case["steps"]):
        before = state = through(state)
        if "error" in step:
            with pytest.raises(IllegalEvent) as refused:
                advance(rules, state, event_of(step))
            assert refused.value.code == step["error"], f"step {number}"
            assert refused.value.requirement in {"TS-TRANS-002", "TS-TRANS-003"}
            continue
        state, effects = advance(rules, state, event_of(step))
        yield number, step, before, state, told(effects)


@each_case
def test_a_case_goes_as_it_says(name):
    """TS-TRANS-007, TS-TRANS-010: each event gives the effects and the state told, or is refused with its code."""
    for number, step, _, state, effects in walk(CASES[name]):
        assert effects == step["effects"], f"step {number}"
        if "state" in step:
            assert shown(state) == step["state"], f"step {number}"


@pytest.mark.parametrize("name", sorted(CASES.keys() - UNSAVED))
def test_a_case_goes_the_same_when_the_run_is_saved_at_every_step(name):
    """TS-TRANS-010: a document that is written and read again between any two steps is as good as the state itself."""
    for number, step, _, state, effects in walk(CASES[name], saved):
        assert effects == step["effects"], f"step {number}"
        if "state" in step:
            assert shown(state) == step["state"], f"step {number}"


@each_case
def test_every_document_on_the_way_is_a_sound_one(name):
    """TS-STATE-001: the document of each state passes the schema, and the rules that no schema can tell."""
    for number, _, _, state, _ in walk(CASES[name]):
        value = shown(state)
        assert [error.message for error in VALIDATORS["RunState"].iter_errors(value)] == [], f"step {number}"
        invariants.check(document.from_json(value))


@each_case
def test_outputs_wait_for_a_turn_that_is_under_way(name):
    """TS-TRANS-020: what waits, and what is to stop the run, stands in an acting run, for calls that have ended."""
    for number, _, _, state, _ in walk(CASES[name]):
        for run in document_of(state).runs:
            ended = {call.item for call in run.calls if call.state in TERMINAL and not call.outputs}
            assert run.step.type == "acting" or not (run.waiting or run.stop), f"step {number}"
            assert {each.item for each in run.waiting} <= ended, f"step {number}"
            assert [each.item for each in run.waiting] == sorted(each.item for each in run.waiting)


@each_case
def test_every_event_and_effect_of_a_case_validates(name):
    """Each event and effect passes its schema."""
    for step in CASES[name]["steps"]:
        assert list(VALIDATORS["Event"].iter_errors(step["event"])) == []
        for effect in step.get("effects", ()):
            assert list(VALIDATORS["Effect"].iter_errors(effect)) == []


@each_case
def test_the_log_is_only_appended_to(name):
    """TS-STATE-010: what stands in the log of one document stands there in every later one."""
    for number, _, before, state, _ in walk(CASES[name]):
        for old in document_of(before).runs if before is not None else ():
            now = state.runs.get(old.id)
            assert now is None or list(now.log[: len(old.log)]) == old.log, f"step {number}"


@each_case
def test_the_revision_counts_the_events_that_were_accepted(name):
    """TS-TRANS-005: it goes up by one with each event, and not with one that is refused."""
    for _, _, before, state, _ in walk(CASES[name]):
        assert state.revision == (before.revision if before is not None else 0) + 1


@each_case
def test_no_call_is_left_without_an_output(name):
    """TS-TRANS-021, TS-TOOL-010: settled calls have ended with an output, and the model is asked about no other."""
    case = CASES[name]
    dropped = case.get("policy", {}).get("one_handoff") == "drop"
    for number, _, _, state, effects in walk(case):
        for run in state.runs.values():
            for call in run.settled if not name.startswith("forgotten-call") else ():  # an SDK's, which begins so
                assert call.state in TERMINAL, f"step {number}"
                assert call.outputs or (call.state == "cancelled" and dropped), f"step {number}"
        for effect in effects:
            if effect["type"] == "call_model" and "policy" not in case:
                seen = [entry.item for entry in state.runs[effect["run"]].visible()]
                asked = Counter((OUTPUT_OF[type_of(item)], call_id_of(item)) for item in seen if is_call(item))
                told_of = Counter((type_of(item), call_id_of(item)) for item in seen if is_output(item))
                assert asked == told_of, f"step {number}"


# --- the table


@each_case
def test_each_step_goes_by_the_rows_it_names(name):
    """TS-TRANS-007: its first row is about the event and the step, its rows tell the effects, the last the new step."""
    for number, step, before, state, effects in walk(CASES[name]):
        used = [ROWS[row] for row in step["rows"]]
        first, where = used[0], f"step {number}, {step['event']['type']}"
        assert first.event == step["event"]["type"], where
        assert stands(before, step["event"]) & first.steps or step["event"]["type"] in OF_CALLS, where
        found = {effect["type"] for effect in effects}
        assert found <= set().union(*(row.allowed for row in used)), where
        assert set().union(*(row.needed for row in used)) <= found, where
        assert len(effects) == len({str(effect) for effect in effects}), f"{where}: an effect stands twice"
        new = new_step(used)
        assert new is None or new in {run.step.type for run in state.runs.values()}, f"{where}: {new}"


#: Events about a call; the rows of the calls tell its state and not the run's step.
OF_CALLS = {"call.checked", "tool.starting", "tool.finished", "tool.failed"}
STEPS = {"run_again", "awaiting_model", "acting", "handoff", "interrupted", "accepted", "finished", "failed"}


def stands(before, event):
    """Return by which words the table may call the step of the event's run."""
    run = before.runs.get(event["run"]) if before is not None else None
    if run is None:
        return {"-"}
    ended = run.step.type in {"finished", "failed"}
    return {run.step.type, "any"} | (set() if ended else {"any open"})


def new_step(used):
    """Return the step that the last row with one gives; None where it is told by another place."""
    named = [row.new.replace("*", "").split(":")[-1].strip().split(" ")[0] for row in used if row.new]
    return next((name for name in reversed(named) if name in STEPS), None)


def changes():
    """Return the changes of a call's state that the table of tools.md allows."""
    text = (ROOT / "spec" / "tools.md").read_text(encoding="utf-8").partition("| from | event | to |")[2]
    lines = [line.split("|") for line in text.partition("\n\n")[0].splitlines()[2:]]
    cells = [(re.findall(r"`(\w+)`", line[1]) or ["(none)"], line[3].split("for")[0] + line[3]) for line in lines]
    return {(old, new) for olds, news in cells for old in olds for new in STATES & set(re.findall(r"`(\w+)`", news))}


STATES = set(get_args(CallState))
CHANGES = changes()


@each_case
def test_calls_change_by_the_rows_of_tools_md(name):
    """TS-TOOL-008: a call goes from state to state by a row of the table."""
    for number, _, before, state, _ in walk(CASES[name]):
        for run in document_of(state).runs:
            old = {call.item: call.state for call in calls_of(before, run.id)}
            for call in run.calls:
                was = old.get(call.item, "(none)")
                assert call.state == was or call.state in reachable(was), f"step {number}: {was} to {call.state}"


def calls_of(state, run):
    """Return the calls that a run has in a state."""
    return next((each.calls for each in document_of(state).runs if each.id == run), []) if state is not None else []


def reachable(was):
    """Return the states a call may be in after a step; one that is new or runs again may be let in the same step."""
    steps = {was, "requested"} if was in {"(none)", "started"} else {was}
    return {new for old, new in CHANGES if old in steps}


def test_every_row_is_gone_through_by_a_case():
    """No row of the table is without a case, and no case names a row that is not there."""
    used = {row for case in CASES.values() for step in case["steps"] for row in step.get("rows", ())}
    assert used == ROWS.keys()
    assert len(ROWS) > 90


@each_case
def test_a_case_is_what_its_file_says(name):
    """Name and rows are those of the file and the steps; the last state is told in full; its rules are in the spec."""
    case = CASES[name]
    assert case["id"] == f"loop/{name}"
    assert case["title"].endswith(".")
    assert case["rows"] == sorted({row for step in case["steps"] for row in step.get("rows", ())})
    accepted = [step for step in case["steps"] if "effects" in step]
    assert all("state" in step for step in accepted[-1:])
    for requirement in case["requirements"]:
        assert any(f"[{requirement}]" in path.read_text(encoding="utf-8") for path in (ROOT / "spec").glob("*.md"))


def test_the_cases_are_those_of_the_histories():
    """tools/gen_loop_cases.py makes every file as it is, and none is left over."""
    tools = str(ROOT / "tools")
    sys.path.insert(0, tools)
    try:
        spec = importlib.util.spec_from_file_location("gen_loop_cases", ROOT / "tools" / "gen_loop_cases.py")
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        histories = {history.name: made.case_of(history) for history in made.histories()}
    finally:
        sys.path.remove(tools)
    assert histories.keys() == CASES.keys()
    assert {name: case for name, case in histories.items() if json.loads(json.dumps(case)) != CASES[name]} == {}
    assert {path.name for path in FOLDER.iterdir() if not path.name.startswith("run-")} == {
        f"{name}.json" for name in CASES
    }


# --- the worked example of the page
