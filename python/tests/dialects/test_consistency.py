"""A file whose lists tell two stories of one run is refused, in either family, at the second one."""

import copy

import pytest

from timestep.errors import StateFormatError

from .saved import JS, PYTHON, state_of, values


def refused(family, change):
    """Return where a state, in which one call has run and one waits, is refused once it is changed."""
    value = values(family, "parallel_one_executed.undecided")
    state_of(value)
    value = values(family, "parallel_one_executed.undecided")
    change(value)
    with pytest.raises(StateFormatError) as raised:
        state_of(value)
    assert (raised.value.code, raised.value.requirement) == ("state-inconsistent", "TS-STATE-028")
    return raised.value.pointer


def twice(value, *path):
    """Put the first element of a list there once more."""
    for key in path:
        value = value[key]
    value.append(copy.deepcopy(value[0]))


def py_output_without_call(value):
    """Take the call that has run out of the items that the model sees."""
    del value["generated_items"][0], value["generated_session_item_indexes"][0]
    del value["current_response_generated_item_ownership"]


def py_other_work(value):
    """Let a call be work to do that the last response has not got."""
    work = value["last_processed_response"]["functions"]
    work.append(copy.deepcopy(work[0]))
    work[-1]["tool_call"]["call_id"] = "call_other"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda v: twice(v, "current_step", "data", "interruptions"), "/current_step/data/interruptions/1"),
        (py_output_without_call, "/generated_items"),
        (lambda v: v["generated_session_item_indexes"].reverse(), "/generated_session_item_indexes/0"),
        (lambda v: v["generated_session_item_indexes"].pop(), "/generated_session_item_indexes"),
        (
            lambda v: v["context"]["tool_invocations"]["call_weather_1"].update(executed=False, completed=False),
            "/context/tool_invocations/call_weather_1/executed",
        ),
        (lambda v: v["current_step"]["data"]["interruptions"].clear(), "/generated_items"),
        (py_other_work, "/last_processed_response/functions"),
        (lambda v: v.update(conversation_id="conv_1", previous_response_id="resp_1"), "/previous_response_id"),
    ],
)
def test_lists_of_a_python_file_agree(change, pointer):
    """TS-STATE-028: what has run, what waits, and what is left to do is the same in each list that tells of it."""
    assert refused(PYTHON, change).startswith(pointer)


def js_more_done(value):
    """Record a call as completed that no response has."""
    owner = value["completedToolInvocations"][0]["invocations"]
    owner["call_other"] = next(iter(owner.values()))


def js_less_work(value):
    """Leave the call that waits out of the work to do."""
    value["lastProcessedResponse"]["functions"].clear()


def js_other_proof(value):
    """Let another item be the proof that a call has completed."""
    (evidence,) = value["completedToolInvocationEvidence"][0]["invocations"].values()
    evidence["items"][0] = {"generatedItemIndex": 1}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda v: twice(v, "currentStep", "data", "interruptions"), "/currentStep/data/interruptions/1"),
        (lambda v: v["currentStep"]["data"]["interruptions"].clear(), "/generatedItems"),
        (js_more_done, "/completedToolInvocations/0/invocations/call_other"),
        (lambda v: v.update(completedToolInvocationEvidence=[]), "/completedToolInvocationEvidence"),
        (
            lambda v: v.update(completedToolInvocations=[], completedToolInvocationEvidence=[]),
            "/completedToolInvocations",
        ),
        (js_other_proof, "/completedToolInvocationEvidence/0/invocations"),
        (js_less_work, "/lastProcessedResponse"),
        (lambda v: v.update(conversationId="conv_1", previousResponseId="resp_1"), "/previousResponseId"),
    ],
)
def test_lists_of_a_javascript_file_agree(change, pointer):
    """TS-STATE-028: so they are in the other family's files, whose lists are others."""
    assert refused(JS, change).startswith(pointer)
