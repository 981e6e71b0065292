"""What is concluded for older `openai-agents` files, and what is not (spec/dialects/openai-agents-python.md)."""

import json

import pytest

from timestep.dialects import convert
from timestep.dialects.account import Account
from timestep.dialects.openai_py.dialect import LADDER
from timestep.errors import ApprovalError, StateFormatError


@pytest.fixture
def state(repo_root):
    """Return a way to have a state of the current release in the form of an older number."""

    def older(name, number):
        path = repo_root / "fixtures" / "openai-agents-python" / "0.24.0" / f"{name}.json"
        value = json.loads(path.read_bytes())
        LADDER.down(value, number, Account())
        return value

    return older


def up(value):
    """Bring a state to the current number; return what was reported."""
    account = Account()
    LADDER.up(value, account)
    return [(row.action, row.subject, row.count) for row in account.rows]


def by_agent(value):
    """Return the decisions on functions as {(agent, tool): (approved, rejected)}."""
    return {
        (entry["agent"]["name"], entry["tool_key"]): (entry["decision"]["approved"], entry["decision"]["rejected"])
        for entry in value["context"].get("function_tool_approvals", [])
    }


def nested(value, index=0):
    """Return the nested run of a processed function."""
    return value["last_processed_response"]["functions"][index]["agent_run_state"]


def test_a_decision_on_a_call_goes_to_the_agent_that_asked(state):
    """An exact decision by tool name becomes one of the call's own agent, silently: the file shows whose it is."""
    value = state("handoff_before_interruption.decided", "1.17")
    (name,) = value["context"]["approvals"]
    assert not [row for row in up(value) if "decision" in row[1]]
    assert list(by_agent(value)) == [(value["current_agent"]["name"], name)]
    assert value["context"]["approvals"] == {}


def test_a_standing_decision_holds_for_the_agents_at_hand(state):
    """Older SDKs followed "always" for every agent of the run: each known one gets it, and that is reported."""
    value = state("handoff_before_interruption.decided", "1.17")
    ((name, record),) = value["context"]["approvals"].items()
    record.update(approved=True, rejected=[])
    assert ("derived", f"/: standing decision on {name!r}", 1) in up(value)
    agents = {item["agent"]["name"] for item in value["generated_items"]}
    assert len(agents) == 2
    assert by_agent(value) == {(agent, name): (True, []) for agent in agents}


def test_built_in_tools_keep_their_place(state):
    """Decisions on tools that are no functions stay by name, bound to the tool (TS-PY-003)."""
    value = state("shell_sticky.decided", "1.13")
    scope = value["context"]["approvals"]["shell"].get("sticky_scope")
    up(value)
    record = value["context"]["approvals"]["shell"]
    assert (scope, record["approved"], len(record["sticky_scope"])) == (None, True, 64)
    assert "function_tool_approvals" not in value["context"]


def test_decisions_on_nested_calls_are_handed_down(state):
    """Until 1.13 they stood with the run above; now they stand in the nested state (TS-PY-005)."""
    value = state("nested_agent_tool.decided", "1.13")
    assert value["context"]["approvals"] == {"publish": {"approved": ["call_pub_1"], "rejected": []}}
    assert nested(value)["context"]["approvals"] == {}
    assert ("derived", "/: decisions on nested calls", 1) in up(value)
    assert by_agent(value) == {}
    assert by_agent(nested(value)) == {("Writer", "publish"): (["call_pub_1"], [])}


def test_decisions_go_down_through_two_runs(state):
    """A decision on a call two runs below reaches the run that has the call."""
    value = state("nested_in_nested.decided", "1.13")
    up(value)
    assert (by_agent(value), by_agent(nested(value))) == ({}, {})
    assert by_agent(nested(nested(value))) == {("Writer", "publish"): (["call_pub_1"], [])}


def test_earlier_decisions_follow_their_calls(state):
    """A decision on a nested call that has run goes down too; one on a call that no run has is dropped."""
    value = state("second_pause_nested.decided", "1.13")
    known = nested(value)["context"]["approvals"].pop("publish", {"approved": []})["approved"]
    value["context"]["approvals"] = {"publish": {"approved": ["call_pub_1", "call_pub_2", "call_9"], "rejected": []}}
    rows = up(value)
    assert (known, by_agent(value)) == (["call_pub_1"], {})
    assert sorted(by_agent(nested(value))["Writer", "publish"][0]) == ["call_pub_1", "call_pub_2"]
    assert ("dropped", "/: decisions", 1) in rows
    assert ("derived", "/: decisions on nested calls", 2) in rows


def test_a_standing_decision_reaches_nested_runs_too(state):
    """Older SDKs followed "always" of the run above for the nested calls that waited; the run above keeps it."""
    value = state("nested_agent_tool.undecided", "1.13")
    value["context"]["approvals"] = {"publish": {"approved": False, "rejected": True}}
    up(value)
    assert by_agent(value) == {("Boss", "publish"): (False, True)}
    assert by_agent(nested(value)) == {("Writer", "publish"): (False, True)}


def test_texts_of_nested_rejections_are_left_behind(state):
    """Their own SDK gave the model its standard text; the text in the file is reported as dropped."""
    value = state("nested_agent_tool.undecided", "1.13")
    texts = {"rejection_messages": {"call_pub_1": "Not that one."}}
    value["context"]["approvals"] = {"publish": {"approved": [], "rejected": ["call_pub_1"], **texts}}
    assert ("dropped", "/: texts of nested rejections", 1) in up(value)
    (entry,) = nested(value)["context"]["function_tool_approvals"]
    assert entry["decision"] == {"approved": [], "rejected": ["call_pub_1"]}
    assert value["context"]["approvals"] == {}


def test_hosted_approvals_go_by_server(state):
    """Until 1.13 hosted MCP tools went by their name; a call's own server gets the decision on it."""
    value = state("hosted_mcp_approval.decided", "1.13")
    ((name, record),) = value["context"]["approvals"].items()
    rows = up(value)
    (entry,) = value["context"]["hosted_mcp_approvals"]
    server = value["model_responses"][-1]["output"][-1]["server_label"]
    assert entry == {
        "identity": {"type": "server_tool", "server_label": server, "tool_name": name},
        "decision": record,
    }
    assert (value["context"]["approvals"], "function_tool_approvals" in value["context"]) == ({}, False)
    assert ("derived", "/: hosted MCP approvals", 1) in rows


def test_one_name_may_stand_for_a_hosted_tool_and_a_function(state):
    """The record by name decided both; each side keeps what is about its calls."""
    value = state("hosted_mcp_beside_function.undecided", "1.13")
    items = [item["raw_item"] for item in value["current_step"]["data"]["interruptions"]]
    hosted = next(item for item in items if item["type"] == "mcp_approval_request")
    called = next(item for item in items if item["type"] == "function_call")
    for lists in (value["generated_items"], value["session_items"], value["current_step"]["data"]["interruptions"]):
        for item in lists:
            if item["raw_item"].get("call_id") == called["call_id"]:
                item["tool_name"] = item["raw_item"]["name"] = hosted["name"]
    for response in (*value["model_responses"], value["last_model_response"]):
        for item in response["output"]:
            if item.get("call_id") == called["call_id"]:
                item["name"] = hosted["name"]
    value["last_processed_response"]["functions"][0]["tool"]["lookupKey"]["name"] = hosted["name"]
    record = {"approved": [hosted["id"], called["call_id"]], "rejected": []}
    value["context"]["approvals"] = {hosted["name"]: record}
    up(value)
    (entry,) = value["context"]["hosted_mcp_approvals"]
    assert entry["decision"]["approved"] == [hosted["id"]]
    ((approved, _),) = by_agent(value).values()
    assert called["call_id"] in approved


def test_before_1_16_a_standing_decision_wins(state):
    """A decision on a call beside a standing one had no effect in older SDKs; it gets none by the way up."""
    value = state("parallel_both_waiting.undecided", "1.15")
    (name, call_id) = _first_call(value)
    value["context"]["approvals"] = {name: {"approved": True, "rejected": [call_id], "sticky_scope": "0" * 64}}
    assert ("dropped", "/: decisions on calls", 1) in up(value)
    assert next(iter(by_agent(value).values())) == (True, [])


def test_from_1_16_on_a_decision_on_a_call_wins(state):
    """The same record in a newer file keeps both decisions."""
    value = state("parallel_both_waiting.undecided", "1.16")
    (name, call_id) = _first_call(value)
    value["context"]["approvals"] = {name: {"approved": True, "rejected": [call_id], "sticky_scope": "0" * 64}}
    assert ("dropped", "/: decisions on calls", 1) not in up(value)
    assert next(iter(by_agent(value).values())) == (True, [call_id])


def _first_call(value):
    item = value["current_step"]["data"]["interruptions"][0]
    return item["raw_item"]["name"], item["raw_item"]["call_id"]


def test_a_run_stopped_between_turns_goes_on(state):
    """Without a step, a run that ends in a result asks the model next; one that ends in a message has finished."""
    stopped, finished = state("run_again.undecided", "1.13"), state("finished.undecided", "1.13")
    assert stopped["current_step"] is finished["current_step"] is None
    assert ("derived", "/: next step", 1) in up(stopped)
    assert ("derived", "/: next step", 1) not in up(finished)
    assert (stopped["current_step"], finished["current_step"]) == ({"type": "next_step_run_again"}, None)


def test_a_pause_says_what_newer_ones_say(state):
    """No response was accepted before its calls were known, and the model's end was told, before 1.15 (TS-VERS-040)."""
    value = state("one_waiting.undecided", "1.13")
    up(value)
    data = value["current_step"]["data"]
    assert (data["response_accepted"], data["llm_end_hooks_started"]) == (False, True)


def test_functions_without_a_key_have_the_bare_one_of_their_call(state):
    """Before 1.5 there were no namespaces, and a tool of another name than the call's is not made to fit it."""
    value = state("one_waiting.undecided", "1.4")
    value["last_processed_response"]["functions"][0]["tool"]["name"] = "other"
    up(value)
    tool = value["last_processed_response"]["functions"][0]["tool"]
    assert (tool["name"], tool["lookupKey"]) == ("other", {"kind": "bare", "name": "send_email"})


def test_a_call_without_an_output_may_have_run(state):
    """Where nothing waits any more, a call without an output was started: its tool may have raised."""
    waiting, ended = state("one_waiting.decided", "1.13"), state("one_waiting.decided", "1.13")
    ended["current_step"] = None
    up(waiting)
    up(ended)
    rows = [value["context"]["tool_invocations"]["call_mail_1"] for value in (waiting, ended)]
    assert [(row["executed"], row["completed"]) for row in rows] == [(False, False), (True, False)]


def test_the_ledger_is_reported(state):
    """What is concluded of completed calls stands in the account (TS-VERS-031, TS-VERS-041)."""
    assert ("derived", "/: completed calls", 1) in up(state("parallel_one_executed.decided", "1.13"))


@pytest.mark.parametrize("changed", [{"arguments": "{}"}, {"call_id": "call_other"}])
def test_copies_of_a_call_are_paired_though_they_differ(state, changed):
    """Generated items are session items of the same call, in order, so that a changed copy is seen (TS-ITEM-015)."""
    value = state("parallel_one_executed.decided", "1.12")
    value["session_items"][0]["raw_item"] = {**value["session_items"][0]["raw_item"], **changed}
    up(value)
    assert value["generated_session_item_indexes"] == [0, 1, 2, 3]


def test_a_placeholder_for_another_agent_is_refused(state):
    """A nested call that waits is shown for its own agent in each list (TS-ITEM-015)."""
    value = state("second_pause_nested.decided", "1.2")
    place = next(n for n, item in enumerate(value["generated_items"]) if item["type"] == "tool_approval_item")
    value["generated_items"][place]["agent"]["name"] = "Other"
    with pytest.raises(StateFormatError) as raised:
        convert.load(value, b"")
    assert (raised.value.code, raised.value.pointer) == ("call-changed", f"/generated_items/{place}")


def test_other_items_are_paired_if_they_are_equal(state):
    """A message that a filter has rewritten is not the one in the session."""
    value, changed = state("finished.undecided", "1.12"), state("finished.undecided", "1.12")
    changed["session_items"][-1]["raw_item"]["content"] = []
    up(value)
    up(changed)
    assert (value["generated_session_item_indexes"][-1], changed["generated_session_item_indexes"][-1]) == (2, None)


def test_mcp_recipients_are_told_beside_the_call(state):
    """TS-VERS-041: from 0.14.3 on a call's item names its server; before, nothing tells, and nothing is put there."""
    told, silent = state("local_mcp_approval.undecided", "1.17"), state("local_mcp_approval.undecided", "1.6")
    assert ("derived", "/: MCP recipients", 1) in up(told)
    assert ("derived", "/: MCP recipients", 1) not in up(silent)
    assert told["last_processed_response"]["mcp_tool_bindings"] == {"call_read_1": ["files", "read_file", 0]}
    assert not silent["last_processed_response"]["mcp_tool_bindings"]


@pytest.mark.parametrize("kind", ["undecided", "decided"])
def test_a_lost_nested_run_is_refused(state, kind):
    """Number 1.0 held the calls of nested runs, but not the runs: they would start again (TS-STATE-017)."""
    value = state(f"nested_agent_tool.{kind}", "1.1")
    del value["last_processed_response"]["functions"][0]["agent_run_state"]
    value["$schemaVersion"] = "1.0"
    with pytest.raises(StateFormatError) as raised:
        LADDER.up(value, Account())
    assert raised.value.code == "interruption-orphan"
    assert "'call_pub_1'" in raised.value.message
    assert raised.value.pointer == "/current_step/data/interruptions"


@pytest.mark.parametrize(
    "part",
    ["context", "model_responses", "generated_items", "session_items", "last_processed_response", "current_step"],
)
@pytest.mark.parametrize("wrong", [None, 1, "text", [1], {"approvals": 1}, [{"output": 1}], {"functions": [1]}])
def test_a_part_of_another_shape_is_no_crash(state, part, wrong):
    """Steps leave a misshapen part to the reader, or say that the run has not the shape of its number."""
    value = state("nested_agent_tool.decided", "1.2")
    value[part] = wrong
    account = Account()
    try:
        LADDER.up(value, account)
    except (ApprovalError, StateFormatError) as error:
        code = error.code
    else:
        code = value["$schemaVersion"]
    assert code in {"state-shape", "approval-shape", "interruption-orphan", "1.21"}


@pytest.mark.parametrize("number", ["1.0", "1.13", "1.15", "1.16"])
@pytest.mark.parametrize(
    ("approvals", "pointer"),
    [
        ([], "/context/approvals"),
        ({"send_email": "yes"}, "/context/approvals/send_email"),
        ({"send_email": {"approved": "call_mail_1", "rejected": []}}, "/context/approvals/send_email/approved"),
        ({"send_email": {"approved": [], "rejected": [{}]}}, "/context/approvals/send_email/rejected/0"),
    ],
)
def test_misshapen_decisions_are_refused_where_they_stand(state, number, approvals, pointer):
    """No step reads a decision loosely; the error points at it (TS-APPR-021)."""
    value = state("one_waiting.undecided", number)
    value["context"]["approvals"] = approvals
    with pytest.raises(ApprovalError) as raised:
        LADDER.up(value, Account())
    assert (raised.value.code, raised.value.pointer) == ("approval-shape", pointer)


@pytest.mark.parametrize("number", ["1.13", "1.15", "1.16"])
@pytest.mark.parametrize(("approved", "rejected"), [(True, True), (["call_pub_1"], ["call_pub_1"])])
def test_a_yes_and_a_no_to_the_same_are_refused(state, number, approved, rejected):
    """Older SDKs would have run the call; no step makes one of the two go away (TS-APPR-013)."""
    value = state("nested_agent_tool.undecided", number)
    value["context"]["approvals"] = {"publish": {"approved": approved, "rejected": rejected}}
    with pytest.raises(ApprovalError) as raised:
        LADDER.up(value, Account())
    assert (raised.value.code, raised.value.pointer) == ("approval-conflict", "/context/approvals/publish")


@pytest.mark.parametrize("part", ["nested", "root"])
def test_a_context_that_is_no_object_is_refused_where_it_stands(state, part):
    """Decisions of nested runs are checked before any is handed down to them."""
    value = state("nested_agent_tool.decided", "1.12")
    (nested(value) if part == "nested" else value)["context"] = "text"
    with pytest.raises(StateFormatError) as raised:
        LADDER.up(value, Account())
    assert (raised.value.code, raised.value.pointer.endswith("/context")) == ("state-shape", True)
    assert ("agent_run_state" in raised.value.pointer) == (part == "nested")
