"""The RunConfig of the package as ours."""

import agents
import pytest
from agents.testing import ScriptedModel

from timestep import HandoffInputData, ModelSettings
from timestep.handoffs.filters import filtered
from timestep.interop import as_agent, as_run_config
from timestep.loop.config import ModelInput, RunConfig


def test_a_config_that_says_nothing_says_nothing_here():
    """RULINGS R5: the package's own default for tools that are not there, and our provider."""
    assert as_run_config(agents.RunConfig()) == RunConfig(
        input_guardrails=[], output_guardrails=[], tool_not_found="raise"
    )


def test_what_only_traces_read_is_left_out():
    """RULINGS R5: it changes nothing in a run here."""
    names = {"workflow_name": "w", "trace_id": "t", "group_id": "g", "trace_metadata": {"a": 1}}
    config = agents.RunConfig(tracing_disabled=True, **names)
    assert as_run_config(config) == as_run_config(agents.RunConfig())


def test_plain_settings_arrive():
    """RULINGS R5: model, settings, guardrails, and what becomes of a call of a tool that is not there."""

    @agents.input_guardrail(name="in")
    def before(_ctx, _agent, _input):
        return agents.GuardrailFunctionOutput(1, False)

    @agents.output_guardrail(name="out")
    def after(_ctx, _agent, _output):
        return agents.GuardrailFunctionOutput(1, False)

    found = as_run_config(
        agents.RunConfig(
            model="gpt-4.1",
            model_settings=agents.ModelSettings(temperature=1),
            input_guardrails=[before],
            output_guardrails=[after],
            tool_not_found_behavior="return_error_to_model",
        )
    )
    assert (found.model, found.model_settings) == ("gpt-4.1", ModelSettings(temperature=1))
    assert [each.name for each in (*found.input_guardrails, *found.output_guardrails)] == ["in", "out"]
    assert found.tool_not_found == "report"


class Provider(agents.ModelProvider):
    """A provider of the user's own."""

    def get_model(self, model_name):  # noqa: ARG002, D102 - as in the package
        return ScriptedModel([])


PROVIDERS = [
    Provider(),
    agents.MultiProvider(openai_api_key="k"),
    agents.MultiProvider(openai_base_url="http://a.test"),
]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_that_was_told_something_is_asked(provider):
    """RULINGS R5: one of the user's own, and the package's where it was told a key or an address."""
    assert as_run_config(agents.RunConfig(model_provider=provider)).model_provider.source is provider


def test_a_model_object_is_asked():
    """RULINGS R5: as for an agent."""
    model = ScriptedModel([])
    assert as_run_config(agents.RunConfig(model=model)).model.source is model


async def test_a_filter_of_handoffs_knows_the_handoffs_of_the_run():
    """RULINGS R5: the package's items, those of handoffs under their own classes."""
    log = []

    def keep(data):
        log.extend((type(each).__name__, each.agent.name) for each in data.new_items)
        return data

    clerk = agents.Agent(name="Clerk", handoffs=[agents.Agent(name="Poet")])
    go = {"type": "function_call", "call_id": "c1", "name": "transfer_to_poet", "arguments": "{}"}
    data = HandoffInputData("Hello", (), (go, {"type": "function_call_output", "call_id": "c1", "output": "{}"}))
    config = agents.RunConfig(handoff_input_filter=keep)
    assert await filtered(as_run_config(config, as_agent(clerk)).handoff_input_filter, data) == data
    assert log == [("HandoffCallItem", "Clerk"), ("HandoffOutputItem", "Clerk")]
    assert await filtered(as_run_config(config).handoff_input_filter, data) == data
    assert log[2:] == [("ToolCallItem", "Agent"), ("ToolCallOutputItem", "Agent")]


async def test_a_filter_of_what_the_model_is_asked_gets_the_packages_data():
    """RULINGS R5: instructions and items, agent and the caller's value; it answers with instructions and items."""
    clerk = agents.Agent(name="Clerk")
    log = []

    async def shorten(data):
        log.append((data.agent, data.context, data.model_data.instructions))
        return agents.run_config.ModelInputData(input=data.model_data.input[-1:], instructions="Be brief.")

    rule = as_run_config(agents.RunConfig(call_model_input_filter=shorten)).call_model_input_filter
    items = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    found = await rule(ModelInput(items, "Help.", as_agent(clerk), "Ada"))
    assert (found.input, found.instructions) == (items[1:], "Be brief.")
    assert len(items) == 2
    assert [(agent is clerk, context, told) for agent, context, told in log] == [(True, "Ada", "Help.")]
    forgetful = as_run_config(agents.RunConfig(call_model_input_filter=lambda _data: None)).call_model_input_filter
    assert await forgetful(ModelInput(items, None)) is None
