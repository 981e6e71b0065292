"""What is written for `@openai/agents`, and what is refused there (spec/dialects/openai-agents-js.md)."""

import json

import pytest
from msgspec.structs import replace

from timestep.dialects.openai_js.fingerprint import function_state_key, invocation_fingerprint
from timestep.errors import ConversionError
from timestep.state import native
from timestep.types import state

from .saved import JS, PYTHON, notes, saved, stored, values, written


def trees(value):
    """Yield a run and all that are nested in it, as values."""
    yield value
    for text in value["pendingAgentToolRuns"].values():
        yield from trees(json.loads(text))


def refusal(given, *assume):
    """Return what is said when a state is not written."""
    with pytest.raises(ConversionError) as refused:
        written(given, JS, *assume)
    assert refused.value.code == "cannot-cross"
    return refused.value.message


def with_run(given, **members):
    """Return a state of our own that differs in its root run."""
    root, *others = given.document.runs
    return native(replace(given.document, runs=[replace(root, **members), *others]))


def by_agent(rows):
    """Return the rows of a context by the agent that they are about."""
    return {row["agentIdentity"]: row for row in rows}


# --- decisions


@pytest.mark.parametrize(
    "name",
    ["one_waiting", "nested_agent_tool", "nested_in_nested", "nested_parallel_one_decided", "nested_beside_own_call"],
)
def test_all_decisions_of_the_tree_stand_in_the_root(name):
    """TS-JS-006: as the SDK's own file of the scenario has them, each bound to its call; below there are none."""
    root, *below = trees(written(saved(PYTHON, f"{name}.decided"), JS)[0])
    own = values(JS, f"{name}.decided")["context"]
    for place in ("functionApprovals", "approvalInvocations"):
        assert by_agent(root["context"][place]) == by_agent(own[place]) != {}
    for run in below:
        assert run["context"]["approvals"] == {}
        assert run["context"]["approvalInvocations"] == []
        assert "functionApprovals" not in run["context"]


@pytest.mark.parametrize("name", ["nested_in_nested", "nested_parallel_one_decided", "hosted_mcp_two_servers"])
def test_each_decision_is_bound_to_its_call(name):
    """TS-JS-006: whatever is decided on one call has the fingerprint of that call beside it."""
    root, *_ = trees(written(saved(PYTHON, f"{name}.decided"), JS)[0])
    bound = {
        (row["agentIdentity"], call) for row in root["context"]["approvalInvocations"] for call in row["invocations"]
    }
    rows = [*root["context"].get("functionApprovals", []), *root["context"]["approvalInvocations"]]
    decided = {
        (row["agentIdentity"], call_id)
        for row in rows
        for record in row["approvals"].values()
        for verdict in ("approved", "rejected")
        for call_id in (record[verdict] if isinstance(record[verdict], list) else [])
    }
    assert decided == bound != set()


def test_the_binding_is_the_fingerprint_of_the_call():
    """TS-JS-006: of what it is called with, under the key of its tool."""
    root, *_ = trees(written(saved(PYTHON, "one_waiting.decided"), JS)[0])
    (item,) = [item for item in root["modelResponses"][-1]["output"] if item["type"] == "function_call"]
    key = function_state_key(item["name"], None)
    assert root["context"]["approvalInvocations"][0]["invocations"] == {
        item["callId"]: invocation_fingerprint(key, item),
    }


# --- functions


@pytest.mark.parametrize(
    ("name", "bindings"),
    [
        ("one_waiting", [None]),
        ("parallel_both_waiting", [None, None]),
        ("local_mcp_approval", [{"serverName": "files", "toolName": "read_file", "serverIndex": 0}]),
        ("nested_agent_tool", [None, None]),
    ],
)
def test_every_function_says_whose_it_is(name, bindings):
    """TS-JS-007: null for an ordinary tool, else server and tool; in nested runs as well, and never nothing."""
    given = saved(PYTHON, f"{name}.undecided")
    for state_ in (given, stored(given)):
        runs = trees(written(state_, JS)[0])
        functions = [function for run in runs for function in run["lastProcessedResponse"]["functions"]]
        assert [function["mcpToolBinding"] for function in functions] == bindings


# --- handoffs

HANDOFF = "handoff_beside_waiting_call.undecided"


def target(**options):
    """Return the handoff that is written, and what the account concludes about it."""
    value, report = written(saved(PYTHON, HANDOFF), JS, **options)
    (handoff,) = value["lastProcessedResponse"]["handoffs"]
    told = notes(report, "derived").get("target of transfer_to_billing")
    return handoff["targetAgent"]["name"], handoff["handoff"]["agentName"], told


def test_a_handoff_goes_to_the_agent_that_the_caller_names():
    """TS-JS-010: then nothing was guessed, and nothing is said."""
    assert target(handoffs={"transfer_to_billing": "Accounts"}) == ("Accounts", "Accounts", None)


def test_a_handoff_goes_to_the_agent_whose_name_gives_the_tools_name():
    """TS-JS-010: as a title where the file knows no such agent; that it is a guess stands in the account."""
    name, shown, told = target()
    assert (name, shown) == ("Billing", "Billing")
    assert told is not None
    assert "--handoff transfer_to_billing=NAME" in told


def test_an_agent_of_the_file_goes_before_a_title():
    """TS-JS-010: an agent that the file has, and whose name gives the tool's, is the one; it is reported, too."""
    given = saved(PYTHON, HANDOFF)
    known = native(replace(given.document, agents=[*given.document.agents, state.Agent(key="BILLING", name="BILLING")]))
    value, report = written(known, JS)
    (handoff,) = value["lastProcessedResponse"]["handoffs"]
    assert handoff["targetAgent"]["name"] == "BILLING"
    assert "target of transfer_to_billing" in notes(report, "derived")


# --- steps


@pytest.mark.parametrize("kind", ["awaiting_model", "acting", "failed"])
def test_a_run_between_two_steps_is_refused(kind):
    """TS-JS-011: the SDK has no step for it; the run is named."""
    given = with_run(saved(PYTHON, "one_waiting.undecided"), step=state.Step(type=kind))
    assert f"run {given.document.runs[0].id}: a run at step {kind!r}" in refusal(given)


def test_a_nested_run_between_two_steps_is_refused():
    """TS-JS-011: at every place in the tree."""
    given = saved(PYTHON, "nested_agent_tool.undecided")
    root, below = given.document.runs
    acting = native(replace(given.document, runs=[root, replace(below, step=state.Step(type="failed"))]))
    assert f"run {below.id}: a run at step 'failed'" in refusal(acting)


@pytest.mark.parametrize(
    ("step", "type_"),
    [
        (state.Step(type="accepted", output="Done."), "next_step_final_output"),
        (state.Step(type="finished", output="Done."), "next_step_final_output"),
        (state.Step(type="run_again"), "next_step_run_again"),
    ],
)
def test_the_other_steps_cross(step, type_):
    """TS-JS-011: they have a form there."""
    value, _ = written(with_run(saved(PYTHON, "finished.undecided"), step=step), JS)
    assert value["currentStep"]["type"] == type_
    assert value["currentStep"].get("responseAccepted", False) == (step.type == "accepted")


# --- items


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("local_shell_executed.undecided", {"local_shell_call", "local_shell_call_output"}),
        ("custom_tool_waiting.undecided", {"custom_tool_call"}),
    ],
)
def test_an_item_without_a_protocol_form_is_refused(name, types):
    """TS-JS-012: calls and outputs that the SDK has no items for; the item is named by run, position and type."""
    given = saved(PYTHON, name)
    present = {entry.item.get("type") for entry in given.document.runs[0].log}
    assert types <= present
    message = refusal(given)
    assert given.document.runs[0].id in message
    assert any(f"({kind})" in message for kind in types)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "local_shell_call_output", "id": "s1", "output": "x"},
        {"type": "custom_tool_call_output", "call_id": "c9", "output": "x"},
        {"type": "local_shell_call", "call_id": "c9", "action": {"type": "exec", "command": [], "env": {}}},
        {"type": "custom_tool_call", "call_id": "c9", "name": "x", "input": "y"},
    ],
    ids=lambda item: item["type"],
)
def test_an_input_item_without_a_protocol_form_is_refused(item):
    """TS-JS-012: in what the run was given as well."""
    assert item["type"] in refusal(with_input(item))


def with_input(item):
    """Return a state whose input has another item at its end, and a view that shows it."""
    given = saved(PYTHON, "input_items.undecided")
    root = given.document.runs[0]
    log = [entry if seq != root.input.end - 1 else replace(entry, item=item) for seq, entry in enumerate(root.log)]
    return with_run(given, log=log)


def test_an_unknown_item_crosses_in_the_input_alone():
    """TS-JS-012: the SDK has a place for it in input and responses, and none among run items."""
    unknown = {"type": "future_thing", "id": "f1", "deep": [1]}
    value, _ = written(with_input(unknown), JS)
    assert {"type": "unknown", "id": "f1", "providerData": unknown} in value["originalInput"]
    given = saved(PYTHON, "many_turns.undecided")
    root = given.document.runs[0]
    spot = next(seq for seq, entry in enumerate(root.log) if entry.source == "model" and seq >= root.input.end)
    log = [entry if seq != spot else replace(entry, item=unknown) for seq, entry in enumerate(root.log)]
    calls = [call for call in root.calls if call.item != spot]
    assert "(future_thing)" in refusal(with_run(given, log=log, calls=calls))
