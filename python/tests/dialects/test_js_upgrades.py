"""What older `@openai/agents` files say, as their own SDKs read it, in the shape of the current number."""

import json

import pytest

from timestep.errors import ApprovalError, ConversionError
from timestep.state import read, write

from .js_files import answer, call, hosted, lifted, native, notes, placeholder, run

KEY = '["bare","send_email"]'
DOCS = '["hosted_mcp","docs","search_docs"]'


def test_a_decision_on_a_call_is_filed_with_the_calls_agent_and_bound_to_the_call():
    """Up to 1.15 a decision stands under the tool's name; its call tells whose it is."""
    item = call("c1")
    value, _ = lifted(
        run("1.15", [item], waiting=[item], approvals={"send_email": {"approved": ["c1"], "rejected": []}})
    )
    context = value["context"]
    assert context["approvals"] == {}
    assert context["functionApprovals"] == [
        {"agentIdentity": "Mailer", "approvals": {KEY: {"approved": ["c1"], "rejected": []}}}
    ]
    (row,) = context["approvalInvocations"]
    assert json.loads(row["invocations"]["c1"])["toolName"] == KEY


def test_a_standing_decision_by_name_keeps_holding_for_every_agent():
    """Older SDKs ask nobody whose call it is, so the standing decision stays one for all agents."""
    item = call("c1")
    value, _ = lifted(run("1.7", [item], waiting=[item], approvals={"send_email": {"approved": True, "rejected": []}}))
    assert value["context"]["legacyFunctionApprovals"] == {"send_email": {"approved": True, "rejected": []}}
    assert "functionApprovals" not in value["context"]


def test_a_standing_decision_for_every_agent_stays_one_on_the_way_through():
    """The JavaScript SDK gets it by name again, the Python SDK for each agent that the run has had (TS-PY-006)."""
    item = call("c1")
    record = {"approved": True, "rejected": []}
    saved = read(json.dumps(run("1.0", [item], waiting=[item], approvals={"send_email": record})))
    assert saved.document.runs[0].calls[0].state == "approved"
    flags = ["input-guardrails-completed"]
    context = json.loads(write(saved, "openai-agents-js", assume=flags).data)["context"]
    assert context["legacyFunctionApprovals"] == {"send_email": record}
    assert "functionApprovals" not in context
    (row,) = json.loads(write(saved, "openai-agents-python", assume=flags).data)["context"]["function_tool_approvals"]
    assert (row["agent"], row["tool_key"]) == ({"name": "Mailer"}, "send_email")


def test_a_name_with_a_namespace_is_that_tools():
    """1.8 brought namespaces, and filed decisions under both names, joined by a dot."""
    item = call("c1", "lookup", namespace="crm")
    approvals = {"crm.lookup": {"approved": True, "rejected": []}, "erp.sync": {"approved": True, "rejected": []}}
    value = run("1.9", [item], waiting=[item], approvals=approvals, currentTurnInProgress=True)
    value |= {"toolInputGuardrailResults": [], "toolOutputGuardrailResults": [], "pendingAgentToolRuns": {}}
    value["lastProcessedResponse"]["functions"][0]["tool"]["deferLoading"] = False
    value["currentStep"]["data"]["interruptions"][0]["toolName"] = "crm.lookup"
    value["generatedItems"][1]["toolName"] = "crm.lookup"
    saved = read(json.dumps(value))
    assert saved.document.runs[0].calls[0].state == "approved"
    assert {approval.tool for approval in saved.document.approvals} == {
        ("function", "crm", "lookup"),
        ("function", "erp", "sync"),
    }


@pytest.mark.parametrize("number", ["1.0", "1.15"])
def test_a_standing_decision_overrules_single_ones_of_older_files(number):
    """Before 1.19 the standing decision was followed, whatever was decided on a call."""
    item = call("c1")
    record = {"approved": True, "rejected": ["c1"], "messages": {"c1": "No."}}
    value, _ = lifted(run(number, [item], waiting=[item], approvals={"send_email": record}))
    assert value["context"]["legacyFunctionApprovals"]["send_email"] == {"approved": True, "rejected": []}
    assert "functionApprovals" not in value["context"]


def test_of_1_18_too_a_standing_decision_overrules_single_ones():
    """In 1.17 and 1.18 both stand with the agent, or the standing one for all agents; it was followed."""
    item = call("c1")
    rows = [{"agentIdentity": "Mailer", "approvals": {KEY: {"approved": [], "rejected": ["c1"]}}}]
    value = run("1.17", [item], waiting=[item])
    value["context"] |= {
        "functionApprovals": rows,
        "legacyFunctionApprovals": {"send_email": {"approved": True, "rejected": []}},
    }
    assert "functionApprovals" not in lifted(value)[0]["context"]
    value = run("1.17", [item], waiting=[item])
    value["context"]["functionApprovals"] = [
        {"agentIdentity": "Mailer", "approvals": {KEY: {"approved": True, "rejected": ["c1"]}}}
    ]
    assert lifted(value)[0]["context"]["functionApprovals"][0]["approvals"][KEY] == {"approved": True, "rejected": []}


@pytest.mark.parametrize(
    ("record", "code", "place"),
    [
        ("yes", "approval-shape", ""),
        ({"approved": "c1", "rejected": []}, "approval-shape", "/approved"),
        ({"approved": []}, "approval-shape", ""),
        ({"approved": ["c1"], "rejected": ["c1"]}, "approval-conflict", ""),
        ({"approved": True, "rejected": True}, "approval-conflict", ""),
    ],
)
def test_a_malformed_decision_is_refused_where_it_stands(record, code, place):
    """Nothing of an older file's decisions is read loosely (TS-APPR-013, TS-APPR-021)."""
    item = call("c1")
    with pytest.raises(ApprovalError) as caught:
        lifted(run("1.5", [item], waiting=[item], approvals={"send_email": record}))
    assert caught.value.code == code
    assert caught.value.pointer == f"/context/approvals/send_email{place}"


def test_a_decision_on_a_call_that_is_gone_is_dropped_and_reported():
    """A decision that no call of the file is about decides nothing (TS-JS-003)."""
    item = call("c1")
    record = {"approved": ["c0"], "rejected": []}
    value, account = lifted(run("1.5", [item], waiting=[item], approvals={"send_email": record}))
    assert "functionApprovals" not in value["context"]
    assert ("approval", "call 'c0' of 'send_email' is no longer in the file") in notes(account, "dropped")


def test_decisions_on_hosted_mcp_calls_are_filed_by_server_and_bound():
    """Up to 1.17 a hosted MCP tool went by its name alone; the request tells the server."""
    item = hosted("mcpr_1")
    record = {"approved": ["mcpr_1"], "rejected": []}
    value, _ = lifted(run("1.9", [item], waiting=[item], approvals={"search_docs": record}))
    context = value["context"]
    assert context["approvals"] == {}
    assert context["hostedMcpApprovals"] == {DOCS: record}
    (row,) = context["approvalInvocations"]
    assert row["approvals"] == {DOCS: record}
    assert json.loads(row["invocations"]["mcpr_1"])["toolName"] == DOCS


def test_decisions_on_built_in_tools_stay_by_name_and_are_bound_to_their_calls():
    """Shell, patch and computer calls keep their records by name, with a bound copy for the agent."""
    item = native("s1")
    record = {"approved": ["s1"], "rejected": []}
    value, _ = lifted(run("1.9", [item], waiting=[item], approvals={"shell": record}))
    assert value["context"]["approvals"] == {"shell": record}
    assert value["context"]["approvalInvocations"][0]["approvals"] == {"shell": record}


def test_a_decision_on_a_nested_call_stands_in_the_root_alone():
    """The whole tree shares one context; the nested file's copy of it is as old as that file."""
    inner, outer = call("c2", agent="Writer"), call("c1", "write")
    record = {"approved": ["c2"], "rejected": []}
    child = run(
        "1.4", [inner], waiting=[inner], agent="Writer", approvals={"send_email": {"approved": [], "rejected": []}}
    )
    value = run("1.4", [outer], approvals={"send_email": record}, pendingAgentToolRuns={"write:c1": child})
    value["currentStep"] = child["currentStep"]
    value, _ = lifted(value)
    assert value["context"]["functionApprovals"][0]["agentIdentity"] == "Writer"
    (nested,) = value["pendingAgentToolRuns"].values()
    assert nested["context"]["approvals"] == {}
    assert nested["context"]["approvalInvocations"] == []


def test_a_call_of_a_nested_run_may_have_the_id_of_a_call_above_it():
    """The root's file lists the nested call as waiting; its tool is not taken for the tool of the root's call."""
    outer, inner = call("c1", "write"), call("c1", "publish", agent="Writer")
    waiting = placeholder(inner, functionToolStateKey='["bare","publish"]')
    record = {"agentIdentity": "Mailer", "approvals": {'["bare","write"]': {"approved": ["c1"], "rejected": []}}}
    value = run("1.17", [outer])
    value["context"]["functionApprovals"] = [record]
    value["currentStep"] = {"type": "next_step_interruption", "data": {"interruptions": [waiting]}}
    value, _ = lifted(value)
    (row,) = value["context"]["approvalInvocations"]
    assert row["agentIdentity"] == "Mailer"
    assert json.loads(row["invocations"]["c1"])["toolName"] == '["bare","write"]'


def test_nested_runs_are_filed_under_the_state_key_of_their_tool():
    """Up to 1.15 they stood under the tool's name."""
    outer, inner = call("c1", "write"), call("c2", agent="Writer")
    child = run("1.2", [inner], waiting=[inner], agent="Writer")
    value = run("1.2", [outer], pendingAgentToolRuns={"write:c1": child})
    assert list(lifted(value)[0]["pendingAgentToolRuns"]) == ['["bare","write"]:c1']


def test_completed_calls_are_concluded_from_their_outputs():
    """Up to 1.17 nothing recorded that a call has completed; call and output are the proof (TS-JS-008)."""
    first, second = call("c1", "weather"), call("c2")
    value, account = lifted(run("1.13", [first, second, answer("c1", "sunny", "weather")], waiting=[second]))
    (row,) = value["completedToolInvocations"]
    assert list(row["invocations"]) == ["c1"]
    proof = value["completedToolInvocationEvidence"][0]["invocations"]["c1"]
    assert proof["items"] == [{"generatedItemIndex": 0}, {"generatedItemIndex": 2}]
    assert ("/: completed calls", "each has its output") in notes(account, "derived")


def test_a_handoff_that_took_place_is_a_completed_call_of_the_agent_that_left():
    """Its output belongs to two agents; the call is the first one's."""
    asked = {**call("h1", "transfer_to_billing", agent="Triage"), "type": "handoff_call_item"}
    done = answer("h1", '{"assistant":"Billing"}', "transfer_to_billing")
    done = {"type": "handoff_output_item", "rawItem": done["rawItem"], "sourceAgent": {"name": "Triage"}}
    done["targetAgent"] = {"name": "Billing"}
    value, _ = lifted(run("1.5", [asked, done], agent="Billing"))
    (row,) = value["completedToolInvocations"]
    assert row["agentIdentity"] == "Triage"
    assert json.loads(row["invocations"]["h1"])["toolName"] == "handoff:transfer_to_billing"


@pytest.mark.parametrize(
    ("text", "more", "ran"),
    [
        ("sent", {}, True),
        ("Tool execution was not approved.", {}, False),
        (
            "Not today.",
            {"approvals": {"send_email": {"approved": [], "rejected": ["c1"], "messages": {"c1": "Not today."}}}},
            False,
        ),
        (
            "Blocked.",
            {"toolInputGuardrailResults": [{"output": {"behavior": {"type": "rejectContent", "message": "Blocked."}}}]},
            False,
        ),
    ],
)
def test_only_outputs_of_tools_that_ran_are_marked(text, more, ran):
    """The answer to a rejection, or a guardrail's, is no output of the tool."""
    value, _ = lifted(run("1.15", [call("c1"), answer("c1", text)], **more))
    assert ("executionStatus" in value["generatedItems"][1]) is ran


@pytest.mark.parametrize("output", [{"type": "text", "text": "None"}, {"type": "image", "image": "data:,"}, "sent", []])
def test_any_form_of_output_of_an_approved_call_is_marked(output):
    """A tool may return text, an image or a list; that a record of decisions holds no text says nothing about it."""
    done = answer("c1", "")
    done["rawItem"]["output"] = output
    decision = {"send_email": {"approved": ["c1"], "rejected": []}}
    value, _ = lifted(run("1.15", [call("c1"), done], approvals=decision))
    assert value["generatedItems"][1]["executionStatus"] == "executed"


def test_a_later_turn_shows_that_the_first_input_guardrails_passed():
    """Without one the file does not say it, and nothing is claimed (TS-JS-009, TS-STATE-027, TS-VERS-041)."""
    item = call("c1")
    value = run("1.20", [item], waiting=[item])
    value["context"]["approvalInvocations"] = []
    assert "initialInputGuardrailsCompleted" not in lifted(json.loads(json.dumps(value)))[0]
    value["modelResponses"].insert(0, {"usage": value["context"]["usage"], "output": []})
    lifted_value, account = lifted(value)
    assert lifted_value["initialInputGuardrailsCompleted"] is True
    assert ("/: input guardrails", "a later turn shows that they passed") in notes(account, "derived")


def test_calls_that_were_asked_about_are_for_ordinary_functions():
    """No SDK before 1.21 lets a local MCP tool ask; for other calls the file proves nothing (TS-VERS-041)."""
    asked, other = call("c1"), call("c2", "weather")
    value, _ = lifted(run("1.15", [asked, other], waiting=[asked]))
    bindings = {
        f["toolCall"]["callId"]: f.get("mcpToolBinding", "unknown") for f in value["lastProcessedResponse"]["functions"]
    }
    assert bindings == {"c1": None, "c2": "unknown"}
    value, _ = lifted(run("1.15", [asked, other], waiting=[asked]), "mcp-recipients")
    assert all(function["mcpToolBinding"] is None for function in value["lastProcessedResponse"]["functions"])


@pytest.mark.parametrize("number", ["1.0", "1.1"])
def test_a_pause_of_a_nested_run_that_was_not_saved_needs_the_callers_word(number):
    """Up to 1.1 only the nested call is listed; its own SDK forgets it on resuming."""
    outer, inner = call("c1", "write"), placeholder(call("c2", agent="Writer"))
    step = {"type": "next_step_interruption", "data": {"interruptions": [inner]}}
    with pytest.raises(ConversionError, match="did not save the nested run") as caught:
        lifted(run(number, [outer, answer("c1", "", "write")], currentStep=step))
    assert caught.value.code == "assumption-needed"
    assert "faithful-error-state" in caught.value.help
    step = {"type": "next_step_interruption", "data": {"interruptions": [inner]}}
    value, account = lifted(run(number, [outer, answer("c1", "", "write")], currentStep=step), "faithful-error-state")
    assert value["currentStep"]["data"]["interruptions"] == []
    assert ("waiting calls", "of a nested run that is not saved") in notes(account, "dropped")


def test_a_nested_call_that_waits_in_the_name_of_the_wrong_agent_gets_its_own():
    """0.4.13 wrote the agent above; the nested run tells whose call it is."""
    inner, outer = call("c2", agent="Writer"), call("c1", "write")
    child = run("1.5", [inner], waiting=[inner], agent="Writer")
    wrong = placeholder({**inner, "agent": {"name": "Mailer"}})
    step = {"type": "next_step_interruption", "data": {"interruptions": [wrong]}}
    value, _ = lifted(run("1.5", [outer], currentStep=step, pendingAgentToolRuns={"write:c1": child}))
    assert value["currentStep"]["data"]["interruptions"][0]["agent"] == {"name": "Writer"}


def test_items_of_the_first_packages_are_read_as_what_they_are():
    """Hosted calls had no type beside their name, and a compaction hid in an unknown item."""
    search = {
        "type": "hosted_tool_call",
        "id": "ws_1",
        "name": "web_search_call",
        "providerData": {},
        "status": "completed",
    }
    value = run("1.0", [{"type": "tool_call_item", "rawItem": search, "agent": {"name": "Mailer"}}])
    hidden = {
        "type": "unknown",
        "id": "cmp_1",
        "providerData": {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},
    }
    value["modelResponses"][0]["output"].append(hidden)
    value, _ = lifted(value)
    assert value["generatedItems"][0]["rawItem"]["providerData"]["type"] == "web_search_call"
    compaction = value["modelResponses"][0]["output"][-1]
    assert (compaction["type"], compaction["id"], compaction["encrypted_content"]) == ("compaction", "cmp_1", "x")


def test_a_doubled_placeholder_is_listed_once_and_the_session_mark_follows():
    """1.0 had two placeholders for one hosted MCP request, and counted both as written."""
    item = hosted("mcpr_1")
    value = run("1.0", [item], waiting=[item, item], currentTurnPersistedItemCount=3)
    value["currentStep"]["data"]["interruptions"].pop()
    value, _ = lifted(value)
    assert [item["type"] for item in value["generatedItems"]] == ["tool_call_item", "tool_approval_item"]
    assert value["currentTurnPersistedItemCount"] == 2


def test_a_request_without_its_server_takes_it_from_the_placeholder():
    """0.0.10 saved the request that it had split off without its provider's data."""
    item = hosted("mcpr_1")
    value = run("1.0", [item], waiting=[{**item, "rawItem": {**item["rawItem"], "name": "search_docs"}}])
    raw = {"type": "hosted_tool_call", "name": "search_docs"}
    tool = {
        "type": "hosted_tool",
        "name": "hosted_mcp",
        "providerData": {"type": "mcp", "server_label": "docs", "require_approval": "always"},
    }
    value["lastProcessedResponse"]["mcpApprovalRequests"] = [{"requestItem": {"rawItem": raw}, "mcpTool": tool}]
    (request,) = lifted(value)[0]["lastProcessedResponse"]["mcpApprovalRequests"]
    assert request["requestItem"]["rawItem"]["providerData"]["id"] == "mcpr_1"
    assert request["mcpTool"]["providerData"] == {"type": "mcp", "server_label": "docs"}


@pytest.mark.parametrize(("step", "open_turn"), [("next_step_interruption", True), ("next_step_run_again", False)])
def test_a_pause_is_inside_a_turn(step, open_turn):
    """1.0 did not say whether the turn had been counted; at a pause it has."""
    value = run("1.0", [call("c1")], currentStep={"type": step, "data": {"interruptions": []}})
    assert lifted(value)[0]["currentTurnInProgress"] is open_turn


def test_a_file_of_the_wrong_shape_is_refused_by_the_step_that_meets_it():
    """A step never makes up a list that is missing, so that history can't be lost in silence."""
    value = run("1.0", [call("c1")])
    value["generatedItems"] = None
    with pytest.raises(Exception, match="has not the shape of its number") as caught:
        lifted(value)
    assert caught.value.code == "state-shape"
