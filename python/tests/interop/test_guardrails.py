"""Run-level guardrails of the package as ours."""

from dataclasses import dataclass

import agents
import pytest
from pydantic import BaseModel

from timestep import InputGuardrailTripwireTriggered, UserError
from timestep.guardrails.run_level import run_checks
from timestep.interop import as_agent
from timestep.tools.context import RunContextWrapper
from timestep.types.state import Usage

RUN = RunContextWrapper(context="Ada", usage=Usage(input_tokens=10, output_tokens=5, total_tokens=15))


class Finding(BaseModel):
    """What was found."""

    word: str


@dataclass
class Strange:
    """What JSON has no form for."""

    data: object


def answering(info, tripped=False, log=None):
    """Return a guardrail function that answers so, and logs what it is shown."""

    async def check(ctx, agent, subject):
        (log if log is not None else []).append((ctx, agent, subject))
        return agents.GuardrailFunctionOutput(output_info=info, tripwire_triggered=tripped)

    return check


async def checked(guardrail, subject="hello", position="input"):
    """Return what a guardrail of the package says of an input or output, and the package's agent."""
    agent = agents.Agent(name="Clerk", **{f"{position}_guardrails": [guardrail]})
    ours = as_agent(agent)
    outcome = await run_checks(getattr(ours, f"{position}_guardrails"), RUN, ours, subject)
    return outcome, agent


@pytest.mark.parametrize("position", ["input", "output"])
async def test_a_guardrail_gets_the_packages_objects(position):
    """RULINGS R5: context, agent and what it is about, under the guardrail's own name."""
    log = []
    make = agents.input_guardrail if position == "input" else agents.output_guardrail
    outcome, agent = await checked(make(name="polite")(answering({"ok": True}, log=log)), ["hi"], position)
    ((ctx, seen, subject),) = log
    assert (type(ctx), ctx.context, subject) == (agents.RunContextWrapper, "Ada", ["hi"])
    assert ctx.usage.total_tokens == 15
    assert seen is agent
    (result,) = outcome.results
    assert (result.guardrail.name, result.output.output_info, outcome.tripped) == ("polite", {"ok": True}, None)


def test_whether_the_model_waits_is_kept():
    """RULINGS R5: `run_in_parallel`, as it was said."""
    rules = [agents.input_guardrail(run_in_parallel=flag, name=str(flag))(answering(1)) for flag in (True, False)]
    found = as_agent(agents.Agent(name="Clerk", input_guardrails=rules)).input_guardrails
    assert [(each.name, each.run_in_parallel) for each in found] == [("True", True), ("False", False)]


async def test_a_tripwire_is_caught_by_the_packages_class():
    """RULINGS R24: with what was found."""
    outcome, _ = await checked(agents.input_guardrail(answering(Finding(word="spam"), tripped=True)))
    error = outcome.error()
    assert isinstance(error, InputGuardrailTripwireTriggered)
    assert isinstance(error, agents.InputGuardrailTripwireTriggered)
    assert error.guardrail_result.output.output_info == {"word": "spam"}


async def test_a_finding_without_a_json_form_is_kept_as_text():
    """RULINGS R5: the run keeps findings as JSON; the package lets them be anything."""
    outcome, _ = await checked(agents.input_guardrail(answering(Strange(data=object))))
    assert outcome.results[0].output.output_info == f"Strange(data={object!r})"


async def test_a_guardrail_that_gives_no_answer_does_not_pass():
    """TS-GUARD-001: what can't be read is no pass."""
    with pytest.raises(UserError, match="the guardrail silent answered None"):
        await checked(agents.InputGuardrail(guardrail_function=lambda *_: None, name="silent"))
