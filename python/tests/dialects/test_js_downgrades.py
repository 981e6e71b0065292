"""Files of the current `@openai/agents` number, brought to older ones: the same said in another form, or refused."""

import pytest

from timestep.dialects.openai_js import numbers
from timestep.errors import ConversionError

from .js_files import answer, call, hosted, lifted, lowered, native, notes, run

NUMBERS = [row.number for row in numbers.NUMBERS]
KEY = '["bare","send_email"]'


def current(items=None, *, waiting=(), approvals=None, **more):
    """Make a file of the current number: a run that has asked for the calls among the items."""
    items = [call("c1")] if items is None else items
    value, _ = lifted(run("1.15", items, waiting=waiting, approvals=approvals))
    return {**value, "initialInputGuardrailsCompleted": True, **more}


def before(number):
    """Return the number before."""
    return NUMBERS[NUMBERS.index(number) - 1]


def waiting_call(**decision):
    """Make a file in which one call waits, with a record of decisions on its tool."""
    item = call("c1")
    return current([item], waiting=[item], approvals={"send_email": decision} if decision else None)


def with_items(*items, **more):
    """Make a file that has further items."""
    value = current(**more)
    value["generatedItems"] += items
    return value


def with_step(**members):
    """Make a paused file whose step has further members."""
    value = waiting_call()
    value["currentStep"]["data"] |= members
    return value


def nested():
    """Make a file with a nested run that waits."""
    inner, outer = call("c2", agent="Writer"), call("c1", "write")
    child = run("1.15", [inner], waiting=[inner], agent="Writer")
    value = run("1.15", [outer], currentStep=child["currentStep"], pendingAgentToolRuns={"write:c1": child})
    return lifted(value)[0]


def sandbox(version):
    """Make a file with a sandbox session."""
    return current(sandbox={"sessionState": {"version": version}, "sessionsByAgent": {}})


def handoff_behind():
    """Make a file in which a handoff follows a call that waits."""
    value = waiting_call()
    value["lastProcessedResponse"]["handoffs"] = [{"toolCall": {"type": "function_call", "callId": "h1"}}]
    return value


def computer(*actions):
    """Make a file with a computer call of several actions."""
    item = native("cu1", "computer_call")
    item["rawItem"] |= {"action": actions[0], "actions": list(actions)}
    return current([item])


def moved():
    """Make the run item of a patch that moves the file it updates."""
    item = native("p1", "apply_patch_call")
    item["rawItem"]["operation"] = {"type": "update_file", "path": "a", "diff": "", "moveTo": "b"}
    return item


def decided_apart():
    """Make a file in which a call is decided otherwise than its tool."""
    value = waiting_call(approved=["c1"], rejected=[])
    value["context"]["functionApprovals"][0]["approvals"][KEY] = {"approved": True, "rejected": ["c1"]}
    return value


def unknown_tool():
    """Make a file with an unanswered call of a tool that nobody has."""
    value = current()
    value["lastProcessedResponse"]["functionToolsNotFound"] = [{"toolCall": call("c9")["rawItem"], "toolName": "nix"}]
    return value


def agents_of_one_name():
    """Make a file with agents that share a name."""
    return current(currentAgent={"name": "Mailer", "identity": "Mailer#2"})


INPUT = {"type": "input_item", "rawItem": {"role": "user", "content": "And?"}, "agent": {"name": "Mailer"}}
SEARCH = {"type": "tool_search_call", "arguments": {}}
PROGRAM = {"type": "program", "callId": "p1", "code": "", "fingerprint": ""}


def item(kind, raw):
    """Wrap a protocol item."""
    return {"type": kind, "rawItem": raw, "agent": {"name": "Mailer"}}


@pytest.mark.parametrize(
    ("brought", "what", "make"),
    [
        ("1.20", "pendingSessionWrite", lambda: current(pendingSessionWrite={"sessionId": "s"})),
        ("1.20", "a handoff behind a call that waits", handoff_behind),
        ("1.20", "sandbox session of envelope 5", lambda: sandbox(5)),
        ("1.19", "sandbox session of envelope 4", lambda: sandbox(4)),
        ("1.19", "a decision on a call that differs", decided_apart),
        ("1.18", "pendingInput", lambda: current(pendingInput=[{"role": "user", "content": "And?"}])),
        ("1.18", "input added to the running run", lambda: with_items(INPUT)),
        ("1.18", "a response that its server has accepted", lambda: with_step(responseAccepted=True)),
        ("1.18", "sandbox session of envelope 3", lambda: sandbox(3)),
        ("1.17", "pendingSessionHistoryTransaction", lambda: current(pendingSessionHistoryTransaction={"id": 1})),
        ("1.15", "sandbox session of envelope 2", lambda: sandbox(2)),
        ("1.14", "programmatic tool calls", lambda: with_items(item("tool_call_item", PROGRAM))),
        ("1.12", "the open call of an unknown tool 'nix'", unknown_tool),
        ("1.11", "agents that share a name", agents_of_one_name),
        ("1.9", "sandbox", lambda: sandbox(1)),
        ("1.9", "a patch that moves its file", lambda: current([moved()])),
        ("1.8", "tool search", lambda: with_items(item("tool_search_call_item", SEARCH))),
        ("1.8", "a tool in a namespace", lambda: current([call("c1", namespace="crm")])),
        ("1.8", "several computer actions", lambda: computer({"type": "wait"}, {"type": "screenshot"})),
        ("1.7", "the text of a rejection", lambda: waiting_call(approved=[], rejected=["c1"], messages={"c1": "No."})),
        ("1.7", "the text of a rejection", lambda: waiting_call(approved=[], rejected=True, stickyRejectMessage="No")),
        ("1.5", "reasoning items sent without their ids", lambda: current(reasoningItemIdPolicy="omit")),
        ("1.4", "a computer call that waits", lambda: current([n := native("cu1", "computer_call")], waiting=[n])),
        ("1.2", "pendingAgentToolRuns", nested),
        ("1.1", "conversationId", lambda: current(conversationId="conv_1")),
        ("1.1", "previousResponseId", lambda: current(previousResponseId="resp_1")),
        ("1.1", "a shell_call that waits", lambda: current([n := native("s1")], waiting=[n])),
        ("1.1", "an output of the type 'shell_call_output'", lambda: with_items(
            {**item("tool_call_output_item", {"type": "shell_call_output", "callId": "s1"}), "output": ""}
        )),
        ("1.1", "a decision on a hosted MCP call", lambda: current(
            [n := hosted("m1")], waiting=[n], approvals={"search_docs": {"approved": ["m1"], "rejected": []}}
        )),
    ],
)  # fmt: skip
def test_what_an_older_number_has_no_place_for_is_refused_by_name(brought, what, make):
    """A part that decides how the run goes on is never dropped; the number that brought it holds it (TS-VERS-033)."""
    with pytest.raises(ConversionError, match=what) as caught:
        lowered(make(), before(brought))
    assert caught.value.code == "cannot-cross"
    assert f"before number {brought} have no place" in caught.value.message
    assert lowered(make(), brought)[0]["$schemaVersion"] == brought


@pytest.mark.parametrize("number", NUMBERS)
def test_a_plain_approval_reaches_every_number(number):
    """One call that waits, or was decided, is what all numbers can say."""
    for decision in ({}, {"approved": ["c1"], "rejected": []}, {"approved": True, "rejected": []}):
        wanted = waiting_call(**decision)
        again, _ = lifted(lowered(waiting_call(**decision), number)[0])
        waits = [[step["rawItem"] for step in each["currentStep"]["data"]["interruptions"]] for each in (wanted, again)]
        assert waits[0] == waits[1]
        for name in ("functionApprovals", "legacyFunctionApprovals"):
            assert again["context"].get(name) == wanted["context"].get(name)


def test_decisions_stand_under_the_tools_name_again():
    """Before 1.17 nothing says whose call a decision is about."""
    value, account = lowered(waiting_call(approved=["c1"], rejected=[]), "1.15")
    assert value["context"] == {
        "usage": value["context"]["usage"],
        "approvals": {"send_email": {"approved": ["c1"], "rejected": []}},
        "context": {},
    }
    assert notes(account, "dropped") == []


def test_a_standing_decision_of_one_agent_holds_for_all_and_that_is_told():
    """Older SDKs follow it for every agent's tool of that name."""
    value = waiting_call(approved=["c1"], rejected=[])
    value["context"]["functionApprovals"][0]["approvals"][KEY] = {"approved": True, "rejected": []}
    value, account = lowered(value, "1.0")
    assert value["context"]["approvals"] == {"send_email": {"approved": True, "rejected": []}}
    note = "given for agent 'Mailer'; older SDKs follow it for every agent"
    assert ("standing decision on send_email", note) in notes(account, "derived")


@pytest.mark.parametrize("verdict", [None, {"approved": [], "rejected": ["c2"]}, {"approved": ["c2"], "rejected": []}])
def test_a_standing_decision_never_falls_on_another_agents_open_call(verdict):
    """An undecided call would run, as its tool has the name that older SDKs go by (TS-VERS-033, TS-APPR-004)."""
    value = current([call("c1"), call("c2", agent="Writer")], waiting=[call("c1"), call("c2", agent="Writer")])
    rows = [{"agentIdentity": "Mailer", "approvals": {KEY: {"approved": True, "rejected": []}}}]
    if verdict is not None:
        rows.append({"agentIdentity": "Writer", "approvals": {KEY: verdict}})
    value["context"]["functionApprovals"] = rows
    if verdict is not None and verdict["approved"]:
        assert lowered(value, "1.15")[0]["context"]["approvals"]["send_email"]["approved"] is True
        return
    with pytest.raises(ConversionError, match=r"for one agent|differ"):
        lowered(value, "1.15")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"approved": True, "rejected": []}, {"approved": False, "rejected": True}),
        ({"approved": True, "rejected": []}, {"approved": [], "rejected": ["c2"]}),
        ({"approved": [], "rejected": ["c2"]}, {"approved": True, "rejected": []}),
        ({"approved": ["c1"], "rejected": []}, {"approved": [], "rejected": ["c1"]}),
    ],
)
def test_agents_whose_decisions_differ_are_refused(ours, theirs):
    """TS-APPR-004: under one name a yes for one agent would be a yes for the other."""
    value = waiting_call()
    value["context"]["functionApprovals"] = [
        {"agentIdentity": "Mailer", "approvals": {KEY: ours}},
        {"agentIdentity": "Writer", "approvals": {KEY: theirs}},
    ]
    with pytest.raises(ConversionError, match=r"differ|share an id|for one agent"):
        lowered(value, "1.15")


def test_a_standing_decision_on_one_servers_tool_is_refused_where_two_servers_have_it():
    """TS-APPR-004: before 1.18 it would hold for the other server's tool too."""
    first, second = hosted("m1"), hosted("m2", server="wiki")
    value = current([first, second], waiting=[first, second])
    value["context"]["hostedMcpApprovals"] = {'["hosted_mcp","docs","search_docs"]': {"approved": True, "rejected": []}}
    with pytest.raises(ConversionError, match="of one MCP server"):
        lowered(value, "1.17")
    value = current([first], waiting=[first])
    value["context"]["hostedMcpApprovals"] = {'["hosted_mcp","docs","search_docs"]': {"approved": True, "rejected": []}}
    value, _ = lowered(value, "1.17")
    assert value["context"]["approvals"] == {"search_docs": {"approved": True, "rejected": []}}


def test_a_decision_that_differs_from_the_standing_one_may_go_once_its_call_has_ended():
    """What has been done needs no decision any more."""
    value = decided_apart()
    value["generatedItems"].append(answer("c1", "No.", executionStatus=None))
    value, _ = lowered(value, "1.15")
    assert value["context"]["approvals"] == {"send_email": {"approved": True, "rejected": []}}


def test_the_text_of_a_rejection_may_go_once_the_model_has_it():
    """It stands in the call's output then."""
    value = waiting_call(approved=[], rejected=["c1"], messages={"c1": "No."})
    value["generatedItems"].append(answer("c1", "No."))
    value, _ = lowered(value, "1.0")
    assert value["context"]["approvals"] == {"send_email": {"approved": [], "rejected": ["c1"]}}


def test_no_limit_of_turns_becomes_the_largest_number():
    """Before 1.11 there is always a limit."""
    value, account = lowered(current(maxTurns=None), "1.9")
    assert value["maxTurns"] == 2**53 - 1
    assert ("maxTurns", "9007199254740991, for no limit") in notes(account, "derived")


def test_a_message_keeps_its_phase_for_the_provider():
    """Before 1.14 a phase is no member of a message; what the provider's data hold is sent all the same."""
    said = {"role": "assistant", "phase": "commentary", "content": [], "providerData": {"id": "msg_1"}}
    value, _ = lowered(with_items(item("message_output_item", said)), "1.13")
    raw = value["generatedItems"][-1]["rawItem"]
    assert "phase" not in raw
    assert raw["providerData"] == {"id": "msg_1", "phase": "commentary"}


def test_a_compaction_is_left_out_of_the_items_and_the_session_mark_follows():
    """Before 1.17 the items before it are sent; the response keeps it."""
    compaction = item("compaction_item", {"type": "compaction", "encrypted_content": "x"})
    value = current(currentTurnPersistedItemCount=2)
    value["generatedItems"].insert(0, compaction)
    value, account = lowered(value, "1.15")
    assert [entry["type"] for entry in value["generatedItems"]] == ["tool_call_item"]
    assert value["currentTurnPersistedItemCount"] == 1
    assert ("compaction", "older SDKs send the items before it") in notes(account, "dropped")


def test_a_single_computer_action_is_written_as_one():
    """Before 1.8 a call has one action."""
    value, _ = lowered(computer({"type": "wait"}), "1.7")
    raw = value["generatedItems"][0]["rawItem"]
    assert raw["action"] == {"type": "wait"}
    assert "actions" not in raw


def test_a_patch_that_has_been_applied_loses_its_move():
    """SDKs before 1.9 know no `moveTo`; of an applied patch only the model's history is poorer, and that is told."""
    output = {"type": "apply_patch_call_output", "callId": "p1", "status": "completed"}
    value = current([moved(), {**item("tool_call_output_item", output), "output": ""}])
    value, account = lowered(value, "1.8")
    assert "moveTo" not in value["generatedItems"][0]["rawItem"]["operation"]
    assert ("moveTo", "older SDKs tell the model of the update alone") in notes(account, "dropped")


def test_a_turn_that_has_been_counted_is_counted_again():
    """1.0 counts when it goes on, so that an open turn outside a pause is taken back by one."""
    step = {"type": "next_step_run_again"}
    value, _ = lowered(current(currentTurn=2, currentTurnInProgress=True, currentStep=step), "1.0")
    assert value["currentTurn"] == 1
    value, _ = lowered(waiting_call(), "1.0")
    assert value["currentTurn"] == 1


def test_calls_answered_without_their_tool_are_not_loaded():
    """The tool may be one that nobody has, and SDKs before 1.21 refuse to load its call."""
    first, second = call("c1", "nix"), call("c2")
    value = current([first, second, answer("c1", "Tool 'nix' not found.", "nix")], waiting=[second])
    value["generatedItems"][2].pop("executionStatus")
    value, _ = lowered(value, "1.20")
    assert [function["toolCall"]["callId"] for function in value["lastProcessedResponse"]["functions"]] == ["c2"]


def test_a_structured_output_becomes_its_json_text():
    """Before 1.18 the value that a tool returned is kept as text."""
    value = with_items(answer("c1", "x", output_=None) | {"output": {"n": 3}})
    value, _ = lowered(value, "1.17")
    assert value["generatedItems"][-1]["output"] == '{"n":3}'


def test_what_only_describes_a_tool_goes_in_silence():
    """The SDK takes tools from its own agents, by name."""
    value = current()
    tool = value["lastProcessedResponse"]["functions"][0]["tool"]
    tool |= {"timeoutBehavior": "raise", "inputGuardrails": [], "outputGuardrails": [], "allowedCallers": ["direct"]}
    value, account = lowered(value, "1.0")
    assert value["lastProcessedResponse"]["functions"][0]["tool"] == {"type": "function", "name": "send_email"}
    assert notes(account, "dropped") == []


def test_a_handoffs_target_goes_in_silence():
    """Before 1.17 the handoff's tool names it."""
    value = current(currentStep={"type": "next_step_run_again"})
    handoff = {"toolCall": call("h1")["rawItem"], "handoff": {"toolName": "h"}, "targetAgent": {"name": "Billing"}}
    value["lastProcessedResponse"]["handoffs"] = [handoff]
    value, _ = lowered(value, "1.15")
    assert list(value["lastProcessedResponse"]["handoffs"][0]) == ["toolCall", "handoff"]


def test_nested_runs_go_down_with_their_root_and_stand_under_the_tools_name():
    """Each run of the tree gets the number, the nested ones first."""
    value, _ = lowered(nested(), "1.2")
    assert list(value["pendingAgentToolRuns"]) == ["write:c1"]
    assert value["pendingAgentToolRuns"]["write:c1"]["$schemaVersion"] == "1.2"
