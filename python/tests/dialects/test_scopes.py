"""What a decision covers does not grow on the way to another SDK (spec/approvals.md)."""

import json

import pytest
from msgspec.structs import replace

from timestep.errors import ConversionError
from timestep.state import native
from timestep.types.state import Agent, Approval

from .saved import JS, PYTHON, notes, saved, state_of, stored, written

NESTED = "nested_sticky_approve.decided"


def flags_of(report):
    """Return the flags that were used."""
    return [row.flag for row in report.rows if row.action == "asserted"]


def verdicts(value):
    """Return the decisions on functions in a JavaScript file: (agent, tool) to what is approved."""
    return {
        (row["agentIdentity"], json.loads(key)[-1]): record["approved"]
        for row in value["context"].get("functionApprovals", [])
        for key, record in row["approvals"].items()
    }


@pytest.mark.parametrize("through", [lambda state: state, stored], ids=["as read", "stored"])
def test_a_standing_approval_of_a_nested_run_does_not_become_one_for_the_tree(through):
    """TS-APPR-004: JavaScript knows the wider scope alone, so the calls decided by it are approved, one by one."""
    given = through(saved(PYTHON, NESTED))
    (standing,) = [each for each in given.document.approvals if each.item == "*"]
    nested = next(run for run in given.document.runs if run.id == standing.run)
    assert nested.parent is not None
    value, report = written(given, JS)
    decided = [call.call_id for call in nested.calls if call.state == "approved"]
    assert verdicts(value) == {(standing.agent, "publish"): decided}
    assert "sticky-for-tree" in (notes(report, "dropped")["standing decision on publish"] or "")
    again = state_of(value).document
    assert [each.item for each in again.approvals] == [
        call.item for run in again.runs for call in run.calls if call.call_id in decided
    ]


def test_the_caller_may_say_that_it_holds_for_the_tree():
    """TS-APPR-004: with the flag the approval stands for the tree, and the flag in the account."""
    value, report = written(saved(PYTHON, NESTED), JS, "sticky-for-tree")
    assert verdicts(value) == {("Writer", "publish"): True}
    assert flags_of(report) == ["sticky-for-tree"]
    assert "standing decision on publish" not in notes(report, "dropped")


def test_an_approval_of_no_call_at_hand_is_not_written():
    """TS-APPR-004: a standing approval that has decided nothing yet has no narrower form; it is reported."""
    given = saved(PYTHON, NESTED)
    (standing,) = given.document.approvals
    other = replace(standing, tool=("function", None, "delete_all"), call_id=None)
    value, report = written(native(replace(given.document, approvals=[standing, other])), JS)
    assert verdicts(value) == {("Writer", "publish"): ["call_pub_1"]}
    assert {"standing decision on publish", "standing decision on delete_all"} <= notes(report, "dropped").keys()


def test_a_standing_approval_of_the_root_is_for_the_root_alone_in_python():
    """TS-APPR-004: Python keeps the scope of a run, so nested runs get nothing of it."""
    given = saved(PYTHON, "nested_agent_tool.undecided").document
    (standing,) = [each for each in saved(PYTHON, NESTED).document.approvals if each.item == "*"]
    above = replace(standing, run=given.runs[0].id)
    value, _ = written(native(replace(given, approvals=[above])), PYTHON)
    below = value["last_processed_response"]["functions"][0]["agent_run_state"]
    assert "function_tool_approvals" not in below["context"]
    assert value["context"]["function_tool_approvals"][0]["decision"]["approved"] is True


def test_an_approval_of_one_call_stays_one_of_that_call():
    """TS-APPR-004: an exact approval approves no other call of the tool, whichever SDK it goes to."""
    for source, target in ((PYTHON, JS), (JS, PYTHON)):
        given = saved(source, "parallel_one_decided.decided")
        before = {item.call_id: item.state for item in given.listed()}
        assert set(before.values()) == {"approved", "pending"}
        value, _ = written(given, target)
        assert {item.call_id: item.state for item in state_of(value).listed()} == before


def standing_shell(agent, decision="approve"):
    """Return a state whose agent waits with a shell call, beside a standing decision on shells for an agent."""
    given = saved(PYTHON, "shell_waiting.undecided").document
    shell = given.runs[0].calls[-1].tool
    sticky = Approval(run=given.runs[0].id, agent=agent, tool=shell, item="*", decision=decision)
    agents = [*given.agents, Agent(key="Other", name="Other")]
    return native(replace(given, agents=agents, approvals=[sticky], requires=["sticky"]))


@pytest.mark.parametrize("target", [PYTHON, JS])
def test_a_standing_approval_does_not_fall_on_another_agents_waiting_call(target):
    """TS-APPR-004: both keep shells without an agent, so the file would approve a call that nobody has decided."""
    with pytest.raises(ConversionError) as refused:
        written(standing_shell("Other"), target)
    assert (refused.value.code, refused.value.help) == ("cannot-cross", "decide the call first")
    value, _ = written(standing_shell("Other", "reject"), target)
    assert {item.state for item in state_of(value).listed()} == {"rejected"}


@pytest.mark.parametrize("target", [PYTHON, JS])
def test_a_call_that_is_decided_itself_is_not_in_the_way(target):
    """TS-APPR-004: what was decided on the one call holds, whatever stands for the other agent."""
    given = standing_shell("Other")
    given.reject(given.get_interruptions()[0].path)
    value, _ = written(given, target)
    assert {item.state for item in state_of(value).listed()} == {"rejected"}


@pytest.mark.parametrize("flags", [(), ("sticky-for-tree",)])
def test_a_standing_approval_of_the_root_does_not_fall_on_a_nested_call_that_waits(flags):
    """TS-APPR-004: it holds for the root run, and JavaScript would follow it below; only the caller may say so."""
    given = saved(PYTHON, "nested_agent_tool.undecided").document
    (standing,) = [each for each in saved(PYTHON, NESTED).document.approvals if each.item == "*"]
    above = native(replace(given, approvals=[replace(standing, run=given.runs[0].id)], requires=["nested", "sticky"]))
    assert [item.path for item in above.get_interruptions()] == ["call_agent_1/call_pub_1"]
    if not flags:
        with pytest.raises(ConversionError) as refused:
            written(above, JS)
        assert "call_pub_1" in refused.value.message
        return
    value, _ = written(above, JS, *flags)
    assert verdicts(value) == {("Writer", "publish"): True}


# --- rejections


def rejected_below(given):
    """Return a state whose standing approval of a nested run is a rejection, and what it decided is rejected."""
    approvals = [replace(each, decision="reject") for each in given.document.approvals]
    runs = [
        replace(
            run, calls=[replace(call, state="rejected") if call.state == "approved" else call for call in run.calls]
        )
        for run in given.document.runs
    ]
    return native(replace(given.document, approvals=approvals, runs=runs))


def test_a_standing_rejection_of_a_nested_run_becomes_one_for_the_tree():
    """TS-APPR-005: JavaScript knows the wider scope alone; a no is written there, and reported."""
    value, report = written(rejected_below(saved(PYTHON, NESTED)), JS)
    (row,) = value["context"]["functionApprovals"]
    ((key, record),) = row["approvals"].items()
    assert (row["agentIdentity"], json.loads(key)[-1], record["rejected"]) == ("Writer", "publish", True)
    assert "every later run" in (notes(report, "derived")["standing rejection of publish"] or "")


def test_a_standing_rejection_for_the_tree_is_not_made_one_for_the_runs_at_hand():
    """TS-APPR-005: a later nested run would not know of it, so Python gets it on the caller's word alone."""
    given = saved(PYTHON, NESTED).document
    (standing,) = [each for each in given.approvals if each.item == "*"]
    tree = rejected_below(native(replace(given, approvals=[replace(standing, run="*")], origin=None)))
    with pytest.raises(ConversionError) as refused:
        written(tree, PYTHON)
    assert "--assume rejections-at-hand" in (refused.value.help or "")
    _, report = written(tree, PYTHON, "rejections-at-hand")
    assert flags_of(report) == ["rejections-at-hand"]


def test_a_standing_decision_that_grows_is_reported():
    """TS-APPR-004, TS-APPR-005: what the target can only keep for more runs or agents has a row in the account."""
    state = saved(PYTHON, "one_waiting.undecided")
    state.approve(state.get_interruptions()[0], always_approve=True)
    _, report = written(state, JS)
    found = {subject: note for subject, note in notes(report, "derived").items() if "standing" in subject}
    assert found == {
        "standing approval of send_email": "it was given for the root run; holds for every run of that agent there"
    }
    _, report = written(state, PYTHON)
    assert not [subject for subject in notes(report, "derived") if "standing" in subject]
