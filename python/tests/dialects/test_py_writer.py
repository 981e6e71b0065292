"""What is written for `openai-agents`, and what is refused there (spec/dialects/openai-agents-python.md)."""

import pytest
from msgspec.structs import replace

from timestep import Agent, run_agent
from timestep.errors import ConversionError
from timestep.state import native
from timestep.testing import ScriptedModel
from timestep.types import state

from .saved import JS, PYTHON, notes, saved, state_of, stored, values, written


def refusal(given, *assume, target=PYTHON):
    """Return the error with which a state is not written."""
    with pytest.raises(ConversionError) as refused:
        written(given, target, *assume)
    return refused.value


def with_run(given, **members):
    """Return a state of our own that differs in its root run."""
    root, *others = given.document.runs
    return native(replace(given.document, runs=[replace(root, **members), *others]))


def from_elsewhere(given):
    """Return a state of our own with the document of another, as a runtime that is no SDK would have saved it."""
    return native(replace(given.document, origin=None))


# --- the ledger


def runs_of(value):
    """Yield a run and all that are nested in it, as values."""
    yield value
    processed = value["last_processed_response"] or {"functions": []}
    for function in processed["functions"]:
        if function.get("agent_run_state"):
            yield from runs_of(function["agent_run_state"])


@pytest.mark.parametrize(
    "name",
    [
        "one_waiting.undecided",
        "one_waiting.decided",
        "parallel_one_executed.undecided",
        "second_pause.undecided",
        "many_turns.undecided",
        "hosted_mcp_approval.undecided",
        "shell_waiting.undecided",
        "apply_patch_waiting.undecided",
        "handoff_before_interruption.undecided",
        "nested_agent_tool.undecided",
        "nested_in_nested.decided",
        "nested_sibling_executed.undecided",
    ],
)
@pytest.mark.parametrize("source", [PYTHON, JS])
def test_every_call_has_the_row_that_the_sdk_would_have_written(name, source):
    """TS-PY-007: run for run, the ledger is that of the SDK's own file, also of a state that came from the other."""
    value, _ = written(stored(saved(source, name)), PYTHON)
    own = [run["context"]["tool_invocations"] for run in runs_of(values(PYTHON, name))]
    assert [run["context"]["tool_invocations"] for run in runs_of(value)] == own
    assert own[0]


def test_a_call_that_the_error_state_forgot_has_no_row():
    """TS-PY-007: it is in the last response alone; a call in doubt that the model still sees keeps its row."""
    for name, gone in (("error_one_of_two_tools", {"call_fail_1"}), ("error_beside_approval_state", set())):
        rows = values(PYTHON, f"{name}.undecided")["context"]["tool_invocations"]
        value, _ = written(stored(saved(PYTHON, f"{name}.undecided")), PYTHON, "faithful-error-state")
        kept = {call_id: row["fingerprint"] for call_id, row in rows.items() if call_id not in gone}
        told = value["context"]["tool_invocations"]
        assert {call_id: row["fingerprint"] for call_id, row in told.items()} == kept != {}
        assert all(row["executed"] for row in told.values())


def test_a_forgotten_call_of_the_other_sdk_has_no_row():
    """TS-PY-007: a call in doubt that its SDK no longer knows is forgotten here, too; one in the view is not."""
    given = saved(JS, "error_one_of_two_tools.undecided")
    flags = ("faithful-error-state", "input-guardrails-completed")
    value, _ = written(given, PYTHON, *flags)
    assert value["context"]["tool_invocations"] == {}
    root = given.document.runs[0]
    seen = with_run(given, view=[[0, len(root.log)]])
    value, _ = written(from_elsewhere(seen), PYTHON, *flags)
    rows = value["context"]["tool_invocations"]
    assert rows.keys() == {call.call_id for call in root.calls}
    assert all(row["executed"] and not row["completed"] for row in rows.values())


# --- steps


@pytest.mark.parametrize("kind", ["accepted", "awaiting_model", "acting", "failed"])
@pytest.mark.parametrize("own", [True, False])
def test_a_run_between_two_steps_is_refused(kind, own):
    """TS-PY-008: the SDK has no step for it, wherever the run came from; the run is named."""
    given = saved(PYTHON if own else JS, "one_waiting.undecided")
    error = refusal(with_run(given, step=state.Step(type=kind)), "finished-calls-model")
    assert (error.code, error.message) == (
        "cannot-cross",
        f"run {given.document.runs[0].id}: a run at step {kind!r} has no form in this dialect",
    )


# --- what the SDK can't say


def test_a_finished_run_from_elsewhere_takes_the_callers_word():
    """TS-PY-009: the file can't say that a run is finished, so the SDK may ask the model again."""
    for given in (saved(JS, "finished.undecided"), from_elsewhere(saved(PYTHON, "finished.undecided"))):
        error = refusal(given)
        assert error.code == "assumption-needed"
        assert "--assume finished-calls-model" in (error.help or "")
        value, report = written(given, PYTHON, "finished-calls-model")
        assert value["current_step"] is None
        assert [row.flag for row in report.rows if row.action == "asserted"] == ["finished-calls-model"]


async def test_a_run_that_we_finished_takes_the_callers_word():
    """TS-PY-009: our own loop is elsewhere."""
    result = await run_agent(Agent("A", ScriptedModel(["Done."])), "Go")
    assert "--assume finished-calls-model" in (refusal(result.state).help or "")


def test_a_finished_run_goes_home_unasked():
    """TS-PY-009: a run of that SDK is what it was, and may be resumed as it could before."""
    value, report = written(stored(saved(PYTHON, "finished.undecided")), PYTHON)
    assert (value["current_step"], notes(report, "asserted")) == (None, {})


@pytest.mark.parametrize("done", [False, "unknown"])
def test_guardrails_that_are_not_known_to_have_passed_take_the_callers_word(done):
    """TS-PY-010: that SDK never runs them again, so what is not known must not pass for done."""
    given = saved(JS, "one_waiting.undecided")
    open_ = with_run(given, guardrails=replace(given.document.runs[0].guardrails, input_done=done))
    error = refusal(open_)
    assert error.code == "assumption-needed"
    assert "--assume input-guardrails-completed" in (error.help or "")
    _, report = written(open_, PYTHON, "input-guardrails-completed")
    assert [row.flag for row in report.rows if row.action == "asserted"] == ["input-guardrails-completed"]


def test_guardrails_of_a_file_that_says_no_take_the_callers_word():
    """TS-PY-010: JavaScript writes whether they have passed."""
    value = values(JS, "one_waiting.undecided")
    value["initialInputGuardrailsCompleted"] = False
    assert "--assume input-guardrails-completed" in (refusal(state_of(value)).help or "")


def test_guardrails_that_have_passed_take_nobodys_word():
    """TS-PY-010: with the proof in the file, or at home, nothing is asked."""
    _, report = written(saved(JS, "one_waiting.undecided"), PYTHON)
    assert notes(report, "asserted") == {}
    given = saved(PYTHON, "one_waiting.undecided")
    open_ = replace(given.document.runs[0].guardrails, input_done="unknown")
    _, report = written(with_run(given, guardrails=open_), PYTHON)
    assert notes(report, "asserted") == {}


# --- recipients


def without_binding(given):
    """Return a state whose waiting call has lost the server that it is for."""
    root = given.document.runs[0]
    return with_run(given, calls=[*root.calls[:-1], replace(root.calls[-1], mcp="unknown")])


def test_a_call_without_a_recipient_takes_the_callers_word():
    """TS-TOOL-013: Python would call an ordinary function of that name."""
    value = values(JS, "local_mcp_approval.undecided")
    for lost in ("unknown", None):
        (function,) = value["lastProcessedResponse"]["functions"]
        function.pop("mcpToolBinding")
        if lost is not None:
            function["mcpToolBinding"] = lost
        given = state_of(value)
        error = refusal(given)
        assert error.code == "assumption-needed"
        assert "--assume mcp-recipients" in (error.help or "")
        written_, report = written(given, PYTHON, "mcp-recipients")
        assert written_["last_processed_response"]["mcp_tool_bindings"] == {}
        assert [row.flag for row in report.rows if row.action == "asserted"] == ["mcp-recipients"]


def test_a_nested_call_without_a_recipient_takes_the_callers_word():
    """TS-TOOL-013: at every place in the tree."""
    given = saved(JS, "nested_agent_tool.undecided")
    root, below = given.document.runs
    lost = replace(below, calls=[*below.calls[:-1], replace(below.calls[-1], mcp="unknown")])
    assert "--assume mcp-recipients" in (refusal(native(replace(given.document, runs=[root, lost]))).help or "")


def test_a_recipient_is_asked_about_for_the_last_response_alone():
    """TS-TOOL-013: an earlier call has its output; nothing will carry it out."""
    given = saved(JS, "second_pause.undecided")
    first, *others = given.document.runs[0].calls
    written(with_run(given, calls=[replace(first, mcp="unknown"), *others]), PYTHON)
    assert "mcp-recipients" in (refusal(without_binding(given)).help or "")


def test_a_dialect_that_keeps_the_doubt_gets_it_unasked():
    """TS-TOOL-013: JavaScript executes no call whose recipient is unknown."""
    value, report = written(without_binding(saved(JS, "local_mcp_approval.undecided")), JS)
    (function,) = value["lastProcessedResponse"]["functions"]
    assert (function["mcpToolBinding"], notes(report, "asserted")) == ("unknown", {})
