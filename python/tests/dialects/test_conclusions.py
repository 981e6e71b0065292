"""What is concluded from an SDK's file, what is not, and that the document says so."""

import json

import pytest

from timestep import Agent, function_tool, run_agent
from timestep.errors import ConversionError, StateFormatError
from timestep.state import read, write
from timestep.testing import ScriptedModel

from .older import older
from .saved import BOTH, JS, PYTHON, saved, values


def document(value, **options):
    """Read the document of a state from values."""
    return read(json.dumps(value), **options).document


# --- where the run stands


def ended(count, **item):
    """Return the values of a run without a next step: the first items of one that has finished, and one more item."""
    value = values(PYTHON, "finished.undecided")
    for name in ("generated_items", "session_items"):
        value[name] = value[name][:count]
        if item:
            value[name].append({"type": "reasoning_item", "raw_item": item, "agent": {"name": "Mailer"}})
    value["generated_session_item_indexes"] = list(range(len(value["generated_items"])))
    if item:
        value["model_responses"][-1]["output"] = value["last_model_response"]["output"] = [item]
    return value


@pytest.mark.parametrize(("count", "output"), [(3, "Sunny."), (2, "sunny in Oakland")])
def test_a_run_that_ends_in_a_result_is_finished(count, output):
    """TS-STATE-023: without a next step, a message or a tool's output is the end."""
    step = document(ended(count)).runs[0].step
    assert (step.type, step.output) == ("finished", output)


def test_a_run_that_ends_in_something_else_is_not_taken_for_finished():
    """TS-STATE-023: reasoning is no result; it takes the caller's word."""
    value = ended(2, type="reasoning", id="rs_1", summary=[])
    assert refusal(value, "finished") == "/current_step"
    assert document(value, assume=["finished"]).runs[0].step.type == "finished"


@pytest.mark.parametrize("executed", [True, False])
def test_a_run_with_an_open_call_is_not_taken_for_finished(executed):
    """TS-STATE-023: nobody's word makes an end of a call that has no output, begun or not."""
    value = ended(3)
    for name in ("generated_items", "session_items"):
        del value[name][1]
    value["generated_session_item_indexes"] = [0, 1]
    value["context"]["tool_invocations"]["call_weather_1"] |= {"executed": executed, "completed": False}
    for assume in ([], ["finished"]):
        with pytest.raises(StateFormatError) as raised:
            document(value, assume=assume)
        assert (raised.value.code, raised.value.pointer) == ("state-inconsistent", "/current_step")


def test_a_javascript_run_without_a_next_step_goes_on():
    """TS-STATE-023: that SDK says itself that a run is finished."""
    value = values(JS, "finished.undecided")
    assert document(value).runs[0].step.type == "finished"
    value["currentStep"] = None
    assert document(value).runs[0].step.type == "run_again"


def refusal(value, flag):
    """Return where a state is refused until the caller asserts a flag."""
    with pytest.raises(ConversionError) as refused:
        document(value)
    assert (refused.value.code, f"--assume {flag} " in refused.value.help) == ("assumption-needed", True)
    return refused.value.pointer


@BOTH
def test_a_call_that_an_error_made_the_sdk_forget_may_have_run(family):
    """TS-STATE-021: it is in the last response, the model no longer sees it, and nobody knows what became of it."""
    (run,) = saved(family, "error_one_of_two_tools.undecided").document.runs
    seen = {seq for start, end in run.view for seq in range(start, end)}
    forgotten = [call for call in run.calls if call.item >= run.responses[-1].start and call.item not in seen]
    assert (run.step.type, len(forgotten)) == ("run_again", 1 if family == PYTHON else 2)
    assert {call.state for call in forgotten} == {"indeterminate"}


# --- what a file does not say


@BOTH
def test_input_guardrails_have_passed_where_the_file_proves_it(family):
    """TS-STATE-027: a processed response does for Python, whose SDK runs them first; JavaScript says it itself."""
    value = values(family, "one_waiting.undecided")
    assert document(value).runs[0].guardrails.input_done is True
    if family == JS:
        value["initialInputGuardrailsCompleted"] = False
    else:
        value = values(family, "run_again.undecided")
        assert (len(value["model_responses"]), value["last_processed_response"]) == (1, None)
    assert document(value).runs[0].guardrails.input_done is (False if family == JS else "unknown")


@BOTH
def test_input_guardrails_have_not_passed_where_one_has_tripped(family):
    """TS-STATE-027: a tripwire that the file tells of is the proof of the opposite, also beside later turns."""
    value = values(family, "guardrail_input_trips.undecided")
    assert document(value).runs[0].guardrails.input_done is False
    if family == PYTHON:
        later = values(family, "many_turns.undecided")
        assert len(later["model_responses"]) > 1
        later["input_guardrail_results"] = value["input_guardrail_results"]
        assert document(later).runs[0].guardrails.input_done is False


@BOTH
def test_the_import_and_each_conclusion_are_recorded(family):
    """TS-STATE-020: the first note names family and number; the others say what was concluded or left out, in order."""
    value, told = values(family, "one_waiting.undecided"), set()
    value["trace"] = {"object": "trace", "id": "trace_1", "workflow_name": "Mail", "tracing_api_key": "sk-SENTINEL"}
    for number, data in [*older(family), (value["$schemaVersion"], json.dumps(value))]:
        state = read(data)
        first, *others = state.document.provenance
        assert (first.action, first.subject) == ("imported", f"{family}@{number}")
        rows = [row for row in state.loaded.account.rows if row.action not in {"carried", "asserted"}]
        assert [(note.action, note.subject, note.note) for note in others] == [
            (row.action, row.subject, row.note) for row in rows
        ]
        told |= {note.action for note in others}
    assert told == {"derived", "redacted"}


def test_a_decision_that_was_left_out_is_recorded():
    """TS-STATE-020: one on a call that the file no longer has is not read, and the document says so."""
    value = values(JS, "one_waiting.decided")
    (mine,) = value["context"]["approvalInvocations"]
    (call_id,) = mine["invocations"]
    value["context"] = json.loads(json.dumps(value["context"]).replace(call_id, "call_gone"))
    notes = document(value).provenance
    assert "dropped" in [note.action for note in notes], notes


def test_an_assertion_is_recorded_where_the_run_goes_on():
    """TS-STATE-020: what the caller asserted while a file was read stands in the document, stored or not, once."""
    state = read(json.dumps(ended(2, type="reasoning", id="rs_1", summary=[])), assume=["finished"])
    notes = state.document.provenance
    assert [note.note for note in notes if note.action == "assumed"] == ["finished"]
    assert read(write(state, "timestep").data).document.provenance == notes


def test_what_became_of_a_call_is_added_to_the_notes():
    """TS-STATE-020: settling leaves every earlier note where it is."""
    state = saved(PYTHON, "error_beside_approval_state.undecided")
    first = state.document.provenance
    (asked, *_) = [item for item in state.listed() if item.state == "indeterminate"]
    state.settle(asked, "fail", "It failed.", by="eve")
    assert (state.document.provenance[:-1], state.document.provenance[-1].by) == (first, "eve")


async def test_provenance_is_only_added_to():
    """TS-STATE-020: deciding, storing and going on leave every earlier note where it is."""
    state = saved(PYTHON, "one_waiting.undecided")
    first = state.document.provenance
    assert len(first) > 1
    state.approve("call_mail_1", by="ann")
    decided = state.document.provenance
    assert (decided[: len(first)], decided[-1].action) == (first, "decided")
    state = read(write(state, "timestep").data, trusted=True)
    assert state.document.provenance == decided
    result = await run_agent(mailer(), state)
    assert (result.final_output, result.state.document.provenance[: len(decided)]) == ("Done.", decided)


def mailer():
    """Return the agent of the fixtures, with a tool that sends nothing."""

    @function_tool(needs_approval=True)
    def send_email(to: str, subject: str) -> str:
        """Send an e-mail."""
        return f"sent {subject} to {to}"

    return Agent("Mailer", ScriptedModel(["Done."]), tools=[send_email])
