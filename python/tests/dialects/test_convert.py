"""What a conversion to an SDK's form asks of its caller, refuses, and puts back."""

import json

import pytest
from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.dialects.account import FLAGS
from timestep.dialects.leftover import digest
from timestep.errors import ConversionError
from timestep.state import native, read, write

from .saved import BOTH, JS, OTHER, OWN, PYTHON, saved

EACH_WAY = pytest.mark.parametrize(("family", "target"), OTHER.items())


def refusal(state, target, **options):
    """Return the error with which a state is not written."""
    with pytest.raises(ConversionError) as refused:
        write(state, target, **options)
    return refused.value


# --- agents of one name


@EACH_WAY
@pytest.mark.parametrize("told", [{}, {"Same": "Same"}, {"Same#2": "Same"}])
def test_the_caller_is_asked_which_agent_is_which(family, target, told):
    """TS-STATE-006: until all agents of one name are told apart nothing is written, and the error says how to."""
    error = refusal(saved(family, "same_agent_names.undecided"), target, agents=told)
    assert error.code == "cannot-cross"
    assert "several agents have this name" in error.message
    assert "--agent 'Same" in error.help


@EACH_WAY
def test_no_number_of_the_other_sdk_is_carried_over(family, target):
    """TS-STATE-006: the agents have the names that the caller gave them, wherever the file tells of one."""
    state = saved(family, "same_agent_names.undecided")
    told = {"Same": "Same#3", "Same#2": "Same"}
    found = read(write(state, target, agents=told).data).document
    before = {agent.key for agent in state.document.agents}
    assert {"Same", "Same#2"} <= before
    assert {agent.key for agent in found.agents} == {told.get(key, key) for key in before}
    entries = [told.get(entry.agent, entry.agent) for entry in state.document.runs[0].log]
    assert [entry.agent for entry in found.runs[0].log] == entries
    assert b"Same#2" not in write(state, target, agents=told).data


@BOTH
def test_at_home_the_number_is_known(family):
    """TS-STATE-006: the SDK that gave it takes it back."""
    data = write(saved(family, "same_agent_names.undecided"), family).data
    assert b"Same#2" in data


# --- what only one SDK can finish


@BOTH
@pytest.mark.parametrize("owner", [PYTHON, JS])
def test_what_is_bound_goes_to_its_own_dialect_alone(family, owner):
    """TS-STATE-019: the part is named; our own format keeps it as it is."""
    state = saved(family, "one_waiting.undecided")
    run = replace(state.document.runs[0], bound=[f"{owner}:the part"])
    document = replace(state.document, runs=[run, *state.document.runs[1:]])
    bound = read(codec.encode(document))
    for target in (PYTHON, JS):
        if target == owner:
            assert read(write(bound, target).data).dialect == owner
        else:
            error = refusal(bound, target)
            assert (error.code, f"{owner}:the part" in error.message) == ("cannot-cross", True)
    assert read(write(bound, OWN).data).document.runs[0].bound == [f"{owner}:the part"]


@pytest.mark.parametrize("name", ["sandbox.undecided", "session_write_pending.undecided"])
def test_what_the_python_sdk_alone_can_finish_is_bound(name):
    """TS-STATE-019: a sandbox, and a session write that was not acknowledged, stay with that SDK."""
    state = saved(PYTHON, name)
    (part,) = state.document.runs[0].bound
    assert part.startswith(f"{PYTHON}:")
    assert part in refusal(state, JS, assume=FLAGS).message
    assert json.loads(write(state, PYTHON, assume=FLAGS).data)


# --- calls that may have run


@pytest.mark.parametrize("target", [PYTHON, JS])
@pytest.mark.parametrize("step", ["indeterminate", "started"])
@BOTH
def test_a_call_that_may_have_run_is_written_on_the_callers_word_alone(family, step, target):
    """TS-STATE-022: at home as elsewhere; the flag is named, and with it nothing but it is asked for."""
    state = saved(family, "error_one_of_two_tools.undecided")
    assert "indeterminate" in {call.state for call in state.document.runs[0].calls}
    run = state.document.runs[0]
    calls = [replace(call, state=step) if call.state == "indeterminate" else call for call in run.calls]
    state = native(replace(state.document, runs=[replace(run, calls=calls)]))
    others = sorted(set(FLAGS) - {"faithful-error-state"})
    error = refusal(state, target, assume=others)
    assert (error.code, "--assume faithful-error-state" in error.help) == ("assumption-needed", True)
    assert read(write(state, target, assume=FLAGS).data).dialect == target


# --- leftovers


@BOTH
@pytest.mark.parametrize(
    ("tools", "covers", "kept"),
    [
        (["send_email"], None, True),
        (["other"], None, False),  # another value is derived now
        (["send_email"], "absent", False),
        (["send_email"], "sha256:" + "0" * 64, False),
    ],
)
def test_a_leftover_is_put_back_on_the_value_that_it_covers(family, tools, covers, kept):
    """TS-STATE-024: where the writer derives another value at its place it is void, which the account tells."""
    name = "tool_use_tracker" if family == PYTHON else "toolUseTracker"
    document = json.loads(write(saved(family, "one_waiting.undecided"), OWN).data)
    derived = json.loads(write(read(json.dumps(document)), family).data)[name]
    left = {"at": f"/{name}", "covers": covers or digest(derived), "value": {"Mailer": ["SENTINEL"]}}
    document["ext"] = {family: [left]}
    document["runs"][0]["tool_use"] = {"Mailer": tools}
    written = write(read(json.dumps(document)), family)
    assert json.loads(written.data)[name] == ({"Mailer": ["SENTINEL"]} if kept else {"Mailer": tools})
    void = [row.count for row in written.report.rows if (row.action, row.subject) == ("dropped", "leftovers")]
    assert void == ([] if kept else [1])


@BOTH
@pytest.mark.parametrize("covers", ["absent", "sha256:" + "0" * 64])
def test_a_leftover_of_a_place_without_a_value(family, covers):
    """TS-STATE-024: "absent" covers it, and no digest does."""
    document = json.loads(write(saved(family, "one_waiting.undecided"), OWN).data)
    document["ext"] = {family: [{"at": "/x_later", "covers": covers, "value": "SENTINEL"}]}
    written = json.loads(write(read(json.dumps(document)), family).data)
    assert written.get("x_later") == ("SENTINEL" if covers == "absent" else None)


# --- what is refused


@EACH_WAY
def test_a_refused_conversion_gives_nothing(family, target):
    """TS-VERS-035: no bytes, no account, and the state is as it was."""
    state = saved(family, "same_agent_names.undecided")
    before = write(state, OWN).data
    assert refusal(state, target).code == "cannot-cross"
    assert write(state, OWN).data == before
