"""Guardrails on a run's input and output."""

import asyncio
from types import SimpleNamespace

import pytest

from timestep import (
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    OutputGuardrailTripwireTriggered,
    UserError,
    input_guardrail,
    output_guardrail,
)
from timestep.guardrails.run_level import run_checks

pytestmark = pytest.mark.timeout(5)
AGENT = SimpleNamespace(name="Assistant")


@input_guardrail(run_in_parallel=True)
async def content_filter(ctx, agent, input) -> GuardrailFunctionOutput:  # noqa: A002, ARG001
    """Block inappropriate content."""
    text = input if isinstance(input, str) else str(input)
    blocked = any(word in text.lower() for word in ["spam", "scam"])
    return GuardrailFunctionOutput(output_info={"blocked": blocked}, tripwire_triggered=blocked)


@output_guardrail
def output_safety(ctx, agent, output) -> GuardrailFunctionOutput:  # noqa: ARG001
    """Ensure safe output."""
    return GuardrailFunctionOutput({"unsafe": "password" in output}, "password" in output)


def passing(name, log=None):
    """Return a guardrail that lets everything pass."""

    async def check(ctx, agent, given):
        (log if log is not None else []).append((ctx, agent, given))
        return GuardrailFunctionOutput(name, False)

    return input_guardrail(name=name)(check)


def hanging(log):
    """Return a guardrail that never answers, and notes when it is told to stop."""

    async def check(ctx, agent, given):  # noqa: ARG001
        try:
            await asyncio.Event().wait()
        finally:
            log.append("stopped")

    return input_guardrail(check)


def test_decorators_work_with_and_without_options():
    """FEATURES 15, 16: name and run_in_parallel come from the options, else from the function."""
    blocking = input_guardrail(run_in_parallel=False, name="first")(output_safety.guardrail_function)
    named = output_guardrail(name="safe")(output_safety.guardrail_function)
    assert (content_filter.name, content_filter.run_in_parallel) == ("content_filter", True)
    assert (blocking.get_name(), blocking.run_in_parallel) == ("first", False)
    assert (output_safety.get_name(), named.name) == ("output_safety", "safe")
    with pytest.raises(UserError, match="is no function"):
        input_guardrail()("content")


@pytest.mark.parametrize("given", ["Buy spam", [{"role": "user", "content": "a SCAM"}]])
async def test_an_input_that_trips_stops_the_run(given):
    """FEATURES 15, TS-GUARD-003: the error names the guardrail and carries what it found."""
    outcome = await run_checks([content_filter], None, AGENT, given)
    error = outcome.error()
    assert isinstance(error, InputGuardrailTripwireTriggered)
    assert error.message == "the input guardrail content_filter stopped the run"
    assert error.guardrail_result.output.output_info == {"blocked": True}
    assert error.guardrail_result.guardrail is content_filter
    assert (error.code, error.guardrail_result.record().behavior) == ("input-tripwire", "tripwire")


async def test_an_output_that_trips_stops_the_run():
    """FEATURES 16: synchronous functions are guardrails too."""
    tripped = await run_checks([output_safety], None, AGENT, "the password is x")
    passed = await run_checks([output_safety], None, AGENT, "fine")
    assert isinstance(tripped.error(), OutputGuardrailTripwireTriggered)
    assert passed.error() is None
    record = passed.results[0].record()
    assert (record.position, record.name, record.behavior, record.agent, record.info) == (
        "output",
        "output_safety",
        "allow",
        "Assistant",
        {"unsafe": False},
    )


async def test_results_stand_in_the_order_of_the_guardrails():
    """TS-GUARD-002: whichever answers first, and each sees context, agent and input."""
    log = []
    outcome = await run_checks([passing("a", log), passing("b", log), content_filter], "ctx", AGENT, "hi")
    assert [each.record().name for each in outcome.results] == ["a", "b", "content_filter"]
    assert log == [("ctx", AGENT, "hi")] * 2
    assert (await run_checks([], None, AGENT, "hi")).results == []


async def test_the_first_tripwire_stops_the_others():
    """TS-GUARD-003: what has not answered yet is cancelled and has no result."""
    log = []
    outcome = await run_checks([hanging(log), content_filter, passing("c")], None, AGENT, "spam")
    assert outcome.tripped.guardrail is content_filter
    assert log == ["stopped"]
    assert all(each.guardrail.name != "check" for each in outcome.results)


async def test_a_guardrail_that_fails_has_not_passed():
    """TS-GUARD-001: its error is the run's, and the others are stopped."""
    log = []

    async def broken(ctx, agent, given):
        raise KeyError(ctx, agent, given)

    with pytest.raises(KeyError):
        await run_checks([hanging(log), input_guardrail(broken)], None, AGENT, "hi")
    assert log == ["stopped"]


@pytest.mark.parametrize("answer", [None, False, SimpleNamespace(tripwire_triggered=1, output_info=None), {}])
async def test_an_answer_that_is_none_is_refused(answer):
    """TS-GUARD-001: a guardrail that forgot to answer must not count as passed."""
    with pytest.raises(UserError, match="the guardrail forgetful answered"):
        await run_checks([input_guardrail(name="forgetful")(lambda *_: answer)], None, AGENT, "hi")


async def test_the_answer_of_another_package_is_understood():
    """RULINGS R5: an object of the same shape, such as the Agents SDK's, is an answer."""
    answer = SimpleNamespace(tripwire_triggered=True, output_info={"a": 1})
    outcome = await run_checks([input_guardrail(lambda *_: answer)], None, AGENT, "hi")
    assert outcome.tripped.output == GuardrailFunctionOutput({"a": 1}, True)
