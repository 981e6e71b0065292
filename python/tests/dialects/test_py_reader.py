"""What is read from `openai-agents` files (spec/dialects/openai-agents-python.md)."""

import pytest

from .saved import PYTHON, saved, state_of, values


def standing(given):
    """Return how the calls stand, what was decided, and what was found."""
    listed = {item.call_id: item.state for item in given.listed()}
    return listed, given.document.approvals, [finding.code for finding in given.findings]


def test_a_decision_on_a_recorded_call_is_carried():
    """TS-PY-002: the call is recorded, and tool and agent are its own."""
    listed, approvals, codes = standing(saved(PYTHON, "one_waiting.decided"))
    assert (listed, codes) == ({"call_mail_1": "approved"}, ["decisions-unverified"])
    assert [(each.agent, each.tool, each.item) for each in approvals] == [
        ("Mailer", ("function", None, "send_email"), 1)
    ]


def other_agent(context):
    """File the decision with another agent."""
    context["function_tool_approvals"][0]["agent"] = {"name": "Writer"}


def other_tool(context):
    """File the decision under another tool."""
    context["function_tool_approvals"][0]["tool_key"] = "delete_all"


def other_namespace(context):
    """File the decision under a tool of the same name in a namespace."""
    context["function_tool_approvals"][0]["tool_key"] = "mail.send_email"


def built_in(context):
    """File the decision with the tools that have no agent."""
    (entry,) = context.pop("function_tool_approvals")
    context["approvals"] = {"send_email": entry["decision"]}


@pytest.mark.parametrize("verdict", ["approved", "rejected"])
@pytest.mark.parametrize("change", [other_agent, other_tool, other_namespace, built_in])
def test_a_decision_on_another_agents_or_tools_call_is_not_carried(change, verdict):
    """TS-PY-002: a decision whose tool or agent is not the call's decides nothing, and that is reported."""
    value = values(PYTHON, "one_waiting.decided")
    decision = {"approved": [], "rejected": [], verdict: ["call_mail_1"]}
    value["context"]["function_tool_approvals"][0]["decision"] = decision
    change(value["context"])
    listed, approvals, codes = standing(state_of(value))
    assert (listed, approvals) == ({"call_mail_1": "pending"}, [])
    assert "approval-unbound" in codes


@pytest.mark.parametrize(
    ("name", "call_id"), [("one_waiting", "call_mail_1"), ("hosted_mcp_approval", "mcpr_1"), ("shell_waiting", None)]
)
def test_a_decision_on_a_call_without_a_record_is_not_carried(name, call_id):
    """TS-PY-002: the SDK would ask again, whatever kind of tool it is; so does what was read."""
    value = values(PYTHON, f"{name}.decided")
    rows = value["context"]["tool_invocations"]
    call_id = call_id or next(iter(rows))
    del rows[call_id]
    listed, approvals, codes = standing(state_of(value))
    assert (listed, approvals) == ({call_id: "pending"}, [])
    assert "approval-unbound" in codes


def test_a_copy_for_look_ups_decides_nothing():
    """TS-PY-004: with the record by server gone, the query by name approves no call and is no finding."""
    value = values(PYTHON, "hosted_mcp_approval.decided")
    entries = value["context"]["hosted_mcp_approvals"]
    value["context"]["hosted_mcp_approvals"] = [each for each in entries if each["identity"]["type"] == "query"]
    assert value["context"]["hosted_mcp_approvals"]
    assert standing(state_of(value)) == ({"mcpr_1": "pending"}, [], [])


def test_a_copy_for_look_ups_changes_no_decision():
    """TS-PY-004: a query that says the opposite of the record beside it counts for nothing, standing or not."""
    for verdict in ({"approved": [], "rejected": ["mcpr_1"]}, {"approved": False, "rejected": True}):
        value = values(PYTHON, "hosted_mcp_approval.decided")
        for each in value["context"]["hosted_mcp_approvals"]:
            if each["identity"]["type"] == "query":
                each["decision"] = verdict
        listed, approvals, _ = standing(state_of(value))
        assert (listed, [each.decision for each in approvals]) == ({"mcpr_1": "approved"}, ["approve"])


@pytest.mark.parametrize("text", [5, ["a"], {"a": 1}, True])
def test_a_last_message_whose_text_is_no_text_gives_none(text):
    """TS-STATE-023: the run has finished, and what is no text is no part of its output."""
    value = values(PYTHON, "finished.undecided")
    message = value["model_responses"][-1]["output"][0]
    message["content"].append({**message["content"][0], "text": text})
    for items in (value["generated_items"], value["session_items"]):
        items[-1]["raw_item"] = message
    step = state_of(value).document.runs[0].step
    assert (step.type, step.output) == ("finished", message["content"][0]["text"])
