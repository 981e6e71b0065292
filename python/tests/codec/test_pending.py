"""Which calls of a run tree wait, in which order, and what they are called by."""

import json

import pytest
from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.codec import pending

EXAMPLES = "spec/schema/v1/examples/RunState/valid"


@pytest.fixture
def nested(repo_root):
    """Return a tree whose outer call waits for one of a nested run."""
    document = codec.decode((repo_root / EXAMPLES / "nested-decided.json").read_bytes())
    inner = replace(document.runs[1], calls=[replace(document.runs[1].calls[0], state="pending")])
    return replace(document, runs=[document.runs[0], inner])


def waiting(document):
    """List the names of the calls that are listed for the root."""
    found = pending.interruptions(document, document.runs[0])
    return [pending.path_to(document, run, call) for run, call in found]


def test_a_call_of_a_nested_run_waits_in_the_run_above(nested):
    """TS-STATE-017: under the call that stands for it; where its run is gone or goes on, nothing waits."""
    assert waiting(nested) == ["o1/i1"]
    assert waiting(replace(nested, runs=nested.runs[:1])) == []
    moving = replace(nested.runs[1], step=replace(nested.runs[1].step, type="acting"))
    assert waiting(replace(nested, runs=[nested.runs[0], moving])) == []


@pytest.mark.parametrize(
    ("asked", "state", "listed"), [((), "approved", 1), ((0,), "approved", 0), ((0,), "pending", 1)]
)
def test_a_decided_call_of_a_nested_run_is_asked_about_above_only_without_a_list_there(nested, asked, state, listed):
    """TS-STATE-017: a list of what is asked about, which names others, leaves a decided one out."""
    call = replace(nested.runs[1].calls[0], state=state)
    inner = replace(nested.runs[1], asked=list(asked), calls=[call])
    assert len(waiting(replace(nested, runs=[nested.runs[0], inner]))) == listed


def test_calls_wait_in_the_order_in_which_they_were_asked_about(repo_root):
    """TS-STATE-017: those named first, and those in doubt only where they are named."""
    value = json.loads((repo_root / EXAMPLES / "parallel-one-executed.json").read_text(encoding="utf-8"))
    document = codec.decode(json.dumps(value).encode())
    (run,) = document.runs
    calls = [replace(call, state="pending", outputs=[]) for call in run.calls]
    items = [call.item for call in calls]
    asked = replace(run, calls=calls, asked=[items[1]])
    assert [call.item for call in pending.last_calls(asked)] == [items[1], items[0]]
    doubt = replace(calls[0], state="indeterminate")
    for named, count in (([], 1), ([items[0]], 2)):
        of = replace(run, calls=[doubt, *calls[1:]], asked=named)
        assert len(pending.interruptions(document, of)) == count
    assert pending.last_calls(replace(run, responses=[])) == []


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        (("function", None, "pay"), "pay"),
        (("function", "shop", "pay"), "shop.pay"),
        (("shell", None, "shell"), "shell"),
        (("shell", None, "harmless"), "shell (harmless)"),
    ],
)
def test_a_tool_is_shown_as_what_it_is(tool, name):
    """TS-APPR-014: a file can't have a shell look like another tool."""
    assert pending.shown(tool) == name
