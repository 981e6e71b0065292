"""The call ledger: keys and digests of calls, and which decision is in force for one."""

import pytest

from timestep.codec.calls import InForce, arguments_of, decide, digest_of, features, settled, tool_of
from timestep.codec.digest import call_digest
from timestep.types.state import Approval, Call, Entry

MAIL = ("function", None, "mail")


def call(item=1, state="pending", **more):
    """Return a call of the ledger."""
    plain = {"call_id": f"c{item}", "role": "tool", "tool": MAIL, "effect": "once", "outputs": [], "digest": f"d{item}"}
    return Call(item=item, state=state, **{**plain, **more})


def decision(decision="approve", *, run="r1", agent="A", item=1, tool=MAIL, **more):
    """Return a decision; without `item` it is on no call of the document."""
    return Approval(run=run, agent=agent, tool=tool, decision=decision, item=item, call_id=f"c{item}", **more)


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ({"type": "function_call", "name": "mail"}, ("function", None, "mail")),
        ({"type": "function_call", "name": "mail", "namespace": "crm"}, ("function", "crm", "mail")),
        ({"type": "function_call", "name": "mail", "namespace": ""}, ("function", None, "mail")),
        ({"type": "function_call", "name": "mail", "namespace": "mail"}, ("function_deferred", None, "mail")),
        ({"type": "function_call"}, ("function", None, "function")),
        ({"type": "custom_tool_call", "name": "sql"}, ("custom", None, "sql")),
        ({"type": "shell_call", "name": "bash"}, ("shell", None, "shell")),
        ({"type": "mcp_approval_request", "name": "read", "server_label": "docs"}, ("hosted_mcp", "docs", "read")),
        ({"type": "mcp_approval_request", "name": "read", "server_label": 5}, ("hosted_mcp", None, "read")),
    ],
)
def test_the_key_of_a_tool_is_kind_namespace_and_name(item, key):
    """TS-TOOL-005, TS-TOOL-006: what the item says, and for nameless tools the kind once more."""
    assert tool_of(item, {}) == key


def test_a_name_that_the_item_does_not_carry_may_be_known():
    """What is known of a call id goes before what the item says."""
    item = {"type": "function_call", "call_id": "c1", "name": "mail"}
    assert tool_of(item, {"c1": ("function", "crm", "send")}) == ("function", "crm", "send")
    assert tool_of(item, {"c2": ("function", "crm", "send")}) == MAIL


def test_the_arguments_of_a_call_are_its_text_or_its_action():
    """TS-CORE-022: the text as sent; for other calls the canonical form of what they do, and of nothing else."""
    assert arguments_of({"arguments": '{"b": 1}'}) == '{"b": 1}'
    assert arguments_of({"input": "select 1"}) == "select 1"
    assert arguments_of({"operation": {"b": 1, "a": 2}, "id": "x"}) == '{"operation":{"a":2,"b":1}}'
    assert arguments_of({}) == "{}"


def test_the_digest_of_a_call_is_of_what_would_run():
    """TS-CORE-022, TS-GUARD-013: arguments that a guardrail changed take the place of the item's."""
    entry = Entry(item={"type": "function_call", "arguments": "{}"}, source="model", agent="A")
    assert digest_of("r1", entry, call()) == call_digest("r1", "A", MAIL, "c1", "{}")
    assert digest_of("r1", entry, call(arguments="[]")) == call_digest("r1", "A", MAIL, "c1", "[]")


@pytest.mark.parametrize(
    ("decisions", "held"),
    [
        ([], None),
        ([decision("reject"), decision(item="*")], 0),
        ([decision(), decision("reject")], 1),
        ([decision(item=None)], None),
        ([decision(item=2)], None),
        ([decision(agent="B")], None),
        ([decision(agent="*")], 0),
        ([decision(tool=("function", None, "pay"))], None),
        ([decision(item="*", tool=("function", None, "pay"))], None),
        ([decision(item="*"), decision("reject", item="*", run="*")], 0),
        ([decision("reject", item="*", run="*")], 0),
        ([decision(item="*", run="r2")], None),
        ([decision(item="*", agent="B"), decision("reject", item="*", agent="*")], 1),
        ([decision(item="*"), decision("reject", item="*")], 1),
    ],
)
def test_one_decision_is_in_force(decisions, held):
    """TS-APPR-010 to TS-APPR-014: exact before standing, this run before all, the last of one level."""
    assert InForce(decisions).on(call(), "r1", "A") == (None if held is None else decisions[held])


@pytest.mark.parametrize(
    ("given", "found", "state"),
    [
        (call(), decision(), "approved"),
        (call(), decision("reject"), "rejected"),
        (call(state="approved"), None, "pending"),
        (call(state="rejected"), decision(), "approved"),
        (call(state="rejected", outputs=[2]), decision(), "rejected"),
        (call(state="requested"), decision(), "requested"),
        (call(state="completed", outputs=[2]), decision("reject"), "rejected"),
        (call(state="completed", outputs=[2]), decision("reject", item="*"), "completed"),
        (call(state="completed", outputs=[2]), decision(), "completed"),
    ],
)
def test_a_decision_gives_a_call_its_state(given, found, state):
    """TS-APPR-014: it holds for calls that wait; an exact rejection of an answered one tells what its output is."""
    assert settled(given, found).state == state


def test_decisions_are_given_to_each_call_of_a_run():
    """Each call is decided by the agent that made it; one that no decision is about stays as it is."""
    calls = [call(1), call(2)]
    decided = decide(calls, InForce([decision(item=1), decision(item=2, agent="B")]), "r1", {1: "A"})
    assert [each.state for each in decided] == ["approved", "pending"]
    assert decided[1] is calls[1]


def test_the_features_of_a_document_are_those_it_uses():
    """TS-VERS-003: nothing for a plain run."""
    assert features([], []) == []
    assert features([], [decision(item="*")]) == ["sticky"]
