"""What `openai-agents` files of older numbers can't hold is refused by name, and nothing of theirs is lost silently."""

import json

import pytest

from timestep.dialects.account import Account
from timestep.dialects.openai_py.dialect import LADDER
from timestep.errors import ConversionError
from timestep.types.state import Origin


@pytest.fixture
def state(repo_root):
    """Return a way to have a state of the current release."""
    folder = repo_root / "fixtures" / "openai-agents-python" / "0.24.0"
    return lambda name: json.loads((folder / f"{name}.json").read_bytes())


def down(value, number):
    """Take a state down; return what was reported."""
    account = Account()
    LADDER.down(value, number, account)
    return [(row.action, row.subject, row.count) for row in account.rows]


def refused(value, number):
    """Return the message of the refusal."""
    with pytest.raises(ConversionError) as raised:
        LADDER.down(value, number, Account())
    assert (raised.value.code, raised.value.requirement) == ("cannot-cross", "TS-VERS-033")
    return raised.value.message


def nested(value, index=0):
    """Return the nested run of a processed function."""
    return value["last_processed_response"]["functions"][index]["agent_run_state"]


#: A state, the last number that can hold it, the one before, and the part that this one lacks.
LIMITS = [
    ("nested_agent_tool.undecided", "1.1", "1.0", "a nested run"),
    ("reasoning_ids_omitted.decided", "1.2", "1.1", "reasoning items that go back without their ids"),
    ("namespace_two_tools_of_one_name.decided", "1.5", "1.4", "a call of 'lookup' in a namespace"),
    ("tool_search_deferred.decided", "1.5", "1.4", "tool searches"),
    ("computer_batched_actions.decided", "1.5", "1.4", "a batch of computer actions"),
    ("one_rejected_with_message.decided", "1.6", "1.5", "the text of a rejection"),
    ("sticky_reject_used_later.decided", "1.6", "1.5", "the text of a rejection"),
    ("same_agent_names.undecided", "1.9", "1.6", "one of several agents named 'Same'"),
    ("custom_tool_waiting.undecided", "1.9", "1.6", "custom tool calls"),
    ("sandbox.undecided", "1.9", "1.6", "a sandbox"),
    ("conversation_id_parallel_one_executed.decided", "1.9", "1.6", "a result that the server's conversation lacks"),
    ("max_turns_null.undecided", "1.10", "1.9", "a run without a limit of turns"),
    ("programmatic_tool_calling.decided", "1.13", "1.12", "programmatic tool calling"),
    ("handoff_beside_waiting_call.undecided", "1.13", "1.12", "a handoff beside a call that waits"),
    ("pending_input.undecided", "1.15", "1.13", "pending input"),
    ("local_shell_executed.decided", "1.15", "1.13", "results of local shell calls"),
    ("nested_rejected_with_message.decided", "1.15", "1.13", "the text of a rejection in a nested run"),
    (
        "sticky_then_exact.decided",
        "1.16",
        "1.15",
        "a decision on call 'call_mail_2' that differs from the standing one",
    ),
    ("session_write_pending.undecided", "1.17", "1.16", "a pending session write"),
    ("nested_same_agent_names.undecided", "1.18", "1.17", "nested runs of agents of one name"),
]


@pytest.mark.parametrize(("name", "last", "before", "part"), LIMITS, ids=[row[0] for row in LIMITS])
def test_what_a_number_cannot_hold_is_named(state, name, last, before, part):
    """Down to the number that brought a part the state goes; below it is refused, naming the part (TS-VERS-045)."""
    value = state(name)
    down(value, last)
    assert value["$schemaVersion"] == last
    assert refused(state(name), before).startswith(part)


def test_decisions_by_agent_go_under_one_name(state):
    """Below 1.18 decisions stand by tool name: calls keep theirs, and who else follows a standing one is reported."""
    exact, standing = state("one_waiting.decided"), state("sticky_approve_used_later.decided")
    assert not [row for row in down(exact, "1.17") if "decision" in row[1]]
    assert ("derived", "/: standing decision on 'send_email'", 1) in down(standing, "1.17")
    assert exact["context"]["approvals"] == {"send_email": {"approved": ["call_mail_1"], "rejected": []}}
    assert standing["context"]["approvals"]["send_email"]["approved"] is True
    assert "function_tool_approvals" not in {**exact["context"], **standing["context"]}


def _decided(agent, approved, rejected, **more):
    decision = {"approved": approved, "rejected": rejected, **more}
    return {"agent": {"name": agent}, "tool_key": "send_email", "decision": decision}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([_decided("Other", True, [])], "a standing decision on 'send_email' for one agent"),
        (
            [_decided("Other", True, []), _decided("Mailer", False, True)],
            "standing decisions on 'send_email' that differ",
        ),
        ([_decided("Mailer", ["call_mail_1"], []), _decided("Other", [], ["call_mail_1"])], "decisions on two calls"),
    ],
    ids=["undecided", "contrary", "one id"],
)
def test_one_agents_decision_is_not_given_to_another(state, entries, message):
    """One agent's "always" would decide another's call, or contradict it: refused (TS-APPR-004, TS-APPR-005)."""
    value = state("one_waiting.undecided")
    value["context"]["function_tool_approvals"] = entries
    assert refused(value, "1.17").startswith(message)


def test_decided_calls_stay_as_they_are_beside_anothers_standing_decision(state):
    """With its own decision, a call is not reached by what stands for another agent."""
    value = state("one_waiting.undecided")
    entries = [_decided("Other", True, [], sticky_scope="0" * 64), _decided("Mailer", [], ["call_mail_1"])]
    value["context"]["function_tool_approvals"] = entries
    down(value, "1.16")
    record = {"approved": True, "rejected": ["call_mail_1"], "sticky_scope": "0" * 64}
    assert value["context"]["approvals"] == {"send_email": record}


def test_a_decision_on_a_finished_call_may_go(state):
    """Below 1.16 a standing decision overrules others; one on a call that has its output has done its work."""
    value = state("second_pause.undecided")
    done = next(call for call, row in value["context"]["tool_invocations"].items() if row["completed"])
    (entry,) = value["context"]["function_tool_approvals"]
    entry["decision"].update(approved=[done], rejected=True)
    down(value, "1.15")
    assert value["context"]["approvals"][entry["tool_key"]] == {"approved": False, "rejected": True}


def test_nested_decisions_are_lifted(state):
    """Below 1.15 the run above decides nested calls by their ids (TS-PY-005)."""
    value = state("nested_in_nested.decided")
    down(value, "1.13")
    record = {"publish": {"approved": ["call_pub_1"], "rejected": []}}
    inner = nested(value)
    assert (value["context"]["approvals"], inner["context"]["approvals"]) == (record, {})
    assert nested(inner)["context"]["approvals"] == {}


def test_a_nested_standing_decision_stays_below(state):
    """TS-APPR-004: above, it would hold for the run above too; so only the call that waits is decided there."""
    value = state("nested_sticky_approve.decided")
    down(value, "1.13")
    assert value["context"]["approvals"] == {"publish": {"approved": ["call_pub_1"], "rejected": []}}
    assert nested(value)["context"]["approvals"] == {"publish": {"approved": True, "rejected": []}}


def test_a_standing_decision_above_does_not_reach_nested_calls(state):
    """Older SDKs follow it for nested calls that wait; a file where it does not is refused."""
    value = state("nested_agent_tool.undecided")
    entry = {"agent": {"name": "Boss"}, "tool_key": "publish", "decision": {"approved": True, "rejected": []}}
    value["context"]["function_tool_approvals"] = [entry]
    assert refused(value, "1.13").startswith("a standing decision on 'publish' that is not meant for nested runs")


def test_calls_of_two_runs_that_share_an_id_are_refused(state):
    """By id, the run above could not tell them apart."""
    value = state("nested_parallel.decided")
    text = json.dumps(value["last_processed_response"]["functions"][0]["agent_run_state"])
    value["last_processed_response"]["functions"][1]["agent_run_state"] = json.loads(text)
    assert refused(value, "1.13").startswith("calls of several runs that share the id")


def test_hosted_decisions_go_under_the_tools_name(state):
    """Below 1.15 hosted MCP tools go by name; what stands for one server must not reach a call to another."""
    value, two = state("hosted_mcp_always.decided"), state("hosted_mcp_two_servers.undecided")
    down(value, "1.13")
    assert "hosted_mcp_approvals" not in value["context"]
    (record,) = value["context"]["approvals"].values()
    assert (record["approved"], "sticky_scope" in record) == (True, False)
    item = two["current_step"]["data"]["interruptions"][0]["raw_item"]
    identity = {"type": "server_tool", "server_label": item["server_label"], "tool_name": item["name"]}
    two["context"]["hosted_mcp_approvals"] = [{"identity": identity, "decision": {"approved": True, "rejected": []}}]
    other = two["current_step"]["data"]["interruptions"][1]["raw_item"]
    assert other["name"] == item["name"]
    assert refused(two, "1.13").startswith(f"a standing decision on {item['name']!r} of one MCP server")


def test_one_servers_standing_decision_does_not_overrule_anothers(state):
    """Under one name, "always" for one server would win over the rejection of a call to another: refused."""
    value = state("hosted_mcp_two_servers.undecided")
    decided = ({"approved": True, "rejected": []}, {"approved": [], "rejected": []})
    entries = []
    for item, decision in zip(value["current_step"]["data"]["interruptions"], decided, strict=True):
        raw = item["raw_item"]
        identity = {"type": "server_tool", "server_label": raw["server_label"], "tool_name": raw["name"]}
        entries.append({"identity": identity, "decision": decision})
    decided[1]["rejected"].append(raw["id"])
    value["context"]["hosted_mcp_approvals"] = entries
    assert "that differs from the standing one" in refused(value, "1.13")


def test_decisions_on_patches_of_several_scopes_go_under_one_name(state):
    """Below 1.15 the name stands alone; from then on a scope may tell several tools of that name apart."""
    value = state("apply_patch_waiting.decided")
    record = value["context"]["approvals"].pop("apply_patch")
    value["context"]["approvals"][f"apply_patch:{'0' * 64}"] = record
    down(value, "1.13")
    assert value["context"]["approvals"] == {"apply_patch": {"approved": record["approved"], "rejected": []}}


def test_a_program_in_the_input_is_refused(state):
    """What a part is refused for may stand in the input, too."""
    value = state("one_waiting.decided")
    value["original_input"] = [{"type": "program_output", "call_id": "call_p", "output": "1"}]
    assert refused(value, "1.12").startswith("programmatic tool calling")


def test_a_call_that_may_have_run_is_refused(state):
    """Older SDKs keep no ledger: they would carry a call without an output out again."""
    value = state("one_waiting.decided")
    value["context"]["tool_invocations"]["call_mail_1"]["executed"] = True
    assert refused(value, "1.13").startswith("call 'call_mail_1', which may have run")


@pytest.mark.parametrize(
    "write", [{"held": True}, {"append_acknowledged": True}, {"compaction_model_exchange": {"a": 1}}]
)
def test_session_writes_of_a_later_form_are_refused(state, write):
    """Older readers know a pending write by its exact members; what they can't finish is refused."""
    value = state("session_write_pending.undecided")
    value["pending_session_write"] |= write
    number = "1.18" if "held" in write else "1.17"
    assert "session write" in refused(value, number)


def test_pending_writes_keep_the_members_of_their_number(state):
    """The members that came later and say nothing are left out."""
    value = state("session_write_pending.undecided")
    value["pending_session_write"] |= {"held": False, "current_response": None}
    down(value, "1.18")
    assert not {"held", "current_response"} & value["pending_session_write"].keys()
    value["$schemaVersion"] = "1.21"
    down(value, "1.17")
    assert value["pending_session_write"].keys() == {"session_id", "items", "before", "persisted_count"}


#: A number, the part that it lacks, what holds that part in a state, and something to put there.
DROPPED = [
    (
        "1.17",
        "mcp_tool_bindings",
        lambda value: value["last_processed_response"],
        {"call_1": ["files", "read_file", 0]},
    ),
    ("1.12", "nested_history_owned_session_item_refs", lambda value: value, [{"index": 0}]),
    ("1.10", "custom_data", lambda value: value["generated_items"][1], {"a": 1}),
    ("1.6", "generated_prompt_cache_key", lambda value: value, "key"),
]


@pytest.mark.parametrize(("number", "part", "holder", "something"), DROPPED, ids=[row[1] for row in DROPPED])
def test_what_nothing_depends_on_is_dropped_and_reported(state, number, part, holder, something):
    """Parts that decide neither what runs nor what the model sees are left out and reported (TS-VERS-031)."""
    full, empty = state("parallel_one_executed.decided"), state("parallel_one_executed.decided")
    holder(full)[part] = something
    assert ("dropped", f"/: {part}", 1) in down(full, number)
    assert ("dropped", f"/: {part}", 1) not in down(empty, number)
    assert part not in holder(full)


def test_what_older_sdks_find_themselves_is_left_out(state):
    """The bounds of the current response say again what the items show, so nothing is reported."""
    value = state("tool_guardrails_before_pause.decided")
    value["last_processed_response"]["tool_output_guardrail_result_start"] = 0
    assert "current_response_generated_item_ownership" in value
    assert not [row for row in down(value, "1.16") if row[0] == "dropped"]
    assert "tool_output_guardrail_result_start" not in value["last_processed_response"]
    assert "current_response_generated_item_ownership" not in value


def test_cache_writes_are_not_counted_by_older_numbers(state):
    """Tokens written to the cache leave the details of usage, and counts are reported."""
    value = state("one_waiting.decided")
    usages = [value["context"]["usage"], value["model_responses"][0]["usage"]]
    usages[0]["input_tokens_details"][0]["cache_write_tokens"] = 3
    assert ("dropped", "/: cache-write tokens", 1) in down(value, "1.11")
    assert [list(usage["input_tokens_details"][0]) for usage in usages] == [["cached_tokens"], ["cached_tokens"]]


def test_ids_of_requests_and_origins_of_tools_are_counted_once_each(state):
    """TS-VERS-031: the account tells how many older numbers have no place for; a file of an older one has none."""
    rows = down(state("one_waiting.decided"), "1.2")
    assert ("dropped", "/: ids of requests", 1) in rows
    (origins,) = [count for _, subject, count in rows if subject == "/: where tools came from"]
    assert origins > 1
    assert not [row for row in down(state("one_waiting.decided"), "1.9") if "came from" in row[1] or "ids" in row[1]]


def test_a_result_that_early_packages_never_send_is_reported(state):
    """Of the packages of number 1.9 some forget the result of a call beside a waiting one, so the account tells."""
    row = ("dropped", "/: result of a call beside those that wait", 1)
    assert row in down(state("conversation_id_parallel_one_executed.undecided"), "1.9")
    assert row not in down(state("conversation_id_parallel_one_executed.undecided"), "1.10")
    assert row not in down(state("conversation_id.undecided"), "1.9")


@pytest.mark.parametrize(
    ("name", "number", "change", "part"),
    [
        ("one_waiting.decided", "1.13", {"response_accepted": True}, "a response that was accepted"),
        ("one_waiting.decided", "1.16", {"terminal_unrecoverable": True}, "a run that can't be recovered"),
    ],
)
def test_steps_that_older_numbers_do_not_know_are_refused(state, name, number, change, part):
    """A step that an older SDK would take for another one is refused."""
    value = state(name)
    (value["current_step"]["data"] if "response_accepted" in change else value).update(change)
    assert refused(value, number).startswith(part)


def test_input_that_was_added_is_refused(state):
    """Older readers leave out items of a kind they don't know; what a person said must not get lost."""
    value = state("one_waiting.decided")
    item = {"type": "input_item", "raw_item": {"role": "user", "content": "And?"}, "agent": {"name": "Mailer"}}
    value["generated_items"].insert(0, {**item, "input_id": "input_1"})
    assert refused(value, "1.13").startswith("input that was added to the run")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("conversation_id_parallel_one_executed.decided", "1.6"),
        ("handoff_beside_waiting_call.decided", "1.12"),
        ("local_shell_executed.decided", "1.13"),
        ("nested_same_agent_names.undecided", "1.17"),
    ],
)
def test_what_their_own_sdk_cannot_do_is_no_loss(state, name, number):
    """A state goes back to the number it came from, though its SDK won't go on with all of it."""
    account = Account()
    account.origin = Origin(dialect="openai-agents-python", schema_version=number, sha256="sha256:0")
    value = state(name)
    LADDER.down(value, number, account)
    assert value["$schemaVersion"] == number
    account.origin = Origin(dialect="openai-agents-js", schema_version="1.0", sha256="sha256:0")
    with pytest.raises(ConversionError, match="have no place for it"):
        LADDER.down(state(name), number, account)
