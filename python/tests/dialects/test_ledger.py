"""The call ledger of a run that was read from a file of an SDK (spec/tools.md, Import)."""

import itertools
import json

import pytest

from timestep.codec.calls import arguments_of
from timestep.codec.digest import call_digest
from timestep.dialects import ledger
from timestep.errors import StateFormatError
from timestep.state import write
from timestep.types.state import Entry

from .saved import BOTH, FOLDERS, JS, OTHER, OWN, PYTHON, saved, state_of, stored, written

#: What a file may tell of a call, in the order of the table, with the state that it gives.
EVIDENCE = [
    ("output", "completed"),
    ("completed", "completed"),
    ("child", "suspended"),
    ("executed handoff of an earlier response", "completed"),
    ("executed", "indeterminate"),
    ("pending", "pending"),
    ("forgotten", "indeterminate"),
]


def built(told, *, handoff=False):
    """Return the state of a call of which that is told, in a run with a later response where it needs one."""
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    log = [Entry(item={"role": "user", "content": "go"}, source="input"), Entry(item=call, source="model", agent="A")]
    responses = [(1, 2)]
    if "output" in told:
        log.append(Entry(item={"type": "function_call_output", "call_id": "c1", "output": "x"}, source="tool"))
    if "executed handoff of an earlier response" in told:
        responses.append((len(log), len(log) + 1))
        log.append(Entry(item={"type": "message", "role": "assistant", "content": "x"}, source="model", agent="B"))
    facts = ledger.Facts(
        completed={"c1"} if "completed" in told else set(),
        children={"c1": "r1.0"} if "child" in told else {},
        executed={"c1"} if "executed" in told or "executed handoff of an earlier response" in told else set(),
        handoffs={"c1"} if handoff or "executed handoff of an earlier response" in told else set(),
        pending={"c1"} if "pending" in told else set(),
        forgotten={1} if "forgotten" in told else set(),
    )
    (entry,) = ledger.build("r1", log, responses, facts)
    return entry.state


@pytest.mark.parametrize("count", range(len(EVIDENCE) + 1))
def test_the_first_row_that_fits_gives_the_state(count):
    """TS-TOOL-011: whatever else a file tells of a call, the first row of the table decides."""
    for told in itertools.combinations([name for name, _ in EVIDENCE], count):
        first = next((state for name, state in EVIDENCE if name in told), "requested")
        assert built(told) == first, told


def test_a_handoff_of_the_last_response_may_not_have_taken_place():
    """TS-TOOL-011: only a later response shows that a handoff without an output was taken."""
    assert built({"executed"}, handoff=True) == "indeterminate"
    assert built({"executed handoff of an earlier response"}) == "completed"


def test_an_output_before_its_call_is_none():
    """TS-TOOL-011: only an output after the call completes it."""
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "x"}
    log = [Entry(item=output, source="input"), Entry(item=call, source="model", agent="A")]
    (entry,) = ledger.build("r1", log, [(1, 2)], ledger.Facts())
    assert (entry.state, entry.outputs) == ("requested", [])


@pytest.mark.parametrize(
    ("family", "name", "states"),
    [
        (PYTHON, "parallel_one_executed.undecided", {"completed", "pending"}),
        (JS, "parallel_one_executed.undecided", {"completed", "pending"}),
        (PYTHON, "nested_agent_tool.undecided", {"suspended", "pending"}),
        (JS, "nested_agent_tool.undecided", {"suspended", "pending"}),
        (PYTHON, "error_one_of_two_tools.undecided", {"completed", "indeterminate"}),
        (JS, "error_one_of_two_tools.undecided", {"indeterminate"}),
        (PYTHON, "one_waiting.decided", {"approved"}),
        (JS, "one_waiting.decided", {"approved"}),
        (PYTHON, "handoff_beside_waiting_call.undecided", {"pending", "requested"}),
        (JS, "handoff_beside_waiting_call.undecided", {"pending", "requested"}),
    ],
)
def test_a_saved_state_tells_how_far_its_calls_got(family, name, states):
    """TS-TOOL-011: read from the files of both SDKs, decisions applied last."""
    document = saved(family, name).document
    assert {call.state for run in document.runs for call in run.calls} == states


# --- digests


@BOTH
@pytest.mark.parametrize("name", ["one_waiting.decided", "nested_agent_tool.decided", "hosted_mcp_approval.decided"])
def test_digests_are_computed_for_the_run_that_was_read(family, name):
    """TS-TOOL-014: each digest is of the run's own id, agent, tool, call id and arguments; decisions have the same."""
    document = saved(family, name).document
    digests = {}
    for run in document.runs:
        for call in run.calls:
            entry = run.log[call.item]
            wanted = call_digest(run.id, entry.agent, list(call.tool), call.call_id, arguments_of(entry.item))
            assert call.digest == wanted
            digests[run.id, call.item] = wanted
    exact = [approval for approval in document.approvals if isinstance(approval.item, int)]
    assert exact
    assert all(approval.digest == digests[approval.run, approval.item] for approval in exact)


@BOTH
def test_a_digest_does_not_survive_a_foreign_file(family):
    """TS-TOOL-014: after a hop the run has another id, its calls have other digests, and the decision holds."""
    before = saved(family, "one_waiting.decided")
    value, _ = written(stored(before), OTHER[family])
    after = state_of(value)
    (old,), (new,) = before.document.runs[0].calls, after.document.runs[0].calls
    assert (old.call_id, old.tool, old.state) == (new.call_id, new.tool, new.state)
    assert old.digest != new.digest
    assert [approval.digest for approval in after.document.approvals] == [new.digest]
    assert old.digest.encode() not in json.dumps(value).encode()


# --- entries from outside


def changed_call(family, **members):
    """Return a document in our own form whose second call has other members; None takes one out."""
    value = json.loads(write(saved(family, "parallel_one_executed.undecided"), OWN).data)
    call = value["runs"][0]["calls"][1]
    for name, member in members.items():
        call[name] = member
        if member is None:
            del call[name]
    return value


@pytest.mark.parametrize("family", FOLDERS)
@pytest.mark.parametrize(
    ("members", "code", "pointer"),
    [
        ({"item": None}, "state-shape", "/runs/0/calls/1"),
        ({"call_id": None}, "state-shape", "/runs/0/calls/1"),
        ({"item": 0}, "state-inconsistent", "/runs/0/calls/1/item"),
        ({"item": 99}, "state-inconsistent", "/runs/0/calls/1/item"),
        ({"call_id": "call_other"}, "state-inconsistent", "/runs/0/calls/1/call_id"),
        ({"item": "call_mail_1"}, "state-shape", "/runs/0/calls/1/item"),
    ],
    ids=["no position", "no id", "no call", "outside", "another id", "an id for a position"],
)
def test_an_entry_names_its_call_by_position_and_by_id(family, members, code, pointer):
    """TS-TOOL-002: both are there, and name the same call of the log."""
    with pytest.raises(StateFormatError) as refused:
        state_of(changed_call(family, **members))
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@BOTH
def test_a_written_entry_names_its_call_by_position_and_by_id(family):
    """TS-TOOL-002: at the position stands a call of that id."""
    for run in json.loads(write(saved(family, "nested_agent_tool.undecided"), OWN).data)["runs"]:
        assert run["calls"]
        for call in run["calls"]:
            assert run["log"][call["item"]]["item"]["call_id"] == call["call_id"]
