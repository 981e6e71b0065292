"""Every field of the package's classes is accounted for: mapped, ignored with a reason, or refused by name."""

import dataclasses
import sys
from dataclasses import dataclass, field

import agents
import pytest
from openai import Omit

from timestep import Agent, ModelSettings, UserError
from timestep.interop import account, as_agent, as_hooks, as_model_provider, as_run_config
from timestep.interop.settings import as_settings, as_their_settings
from timestep.loop.config import RunConfig

ACCOUNTS = {
    agents.Agent: account.AGENT,
    agents.FunctionTool: account.FUNCTION_TOOL,
    agents.Handoff: account.HANDOFF,
    agents.ModelSettings: account.MODEL_SETTINGS,
    agents.RunConfig: account.RUN_CONFIG,
}


@pytest.mark.parametrize("class_", ACCOUNTS)
def test_each_field_of_the_package_has_one_fate(class_):
    """RULINGS R5: a field that the next version of the package adds turns this red until somebody decides on it."""
    fates = ACCOUNTS[class_]
    told = [*fates.mapped, *fates.ignored, *fates.refused]
    assert sorted(told) == sorted(each.name for each in account.fields_of(class_))
    assert all(fates.ignored.values())
    assert all(fates.refused.values())


REFUSED = {
    "prompt": ({"prompt": {"id": "pmpt_1"}}, "prompt of the agent Clerk"),
    "mcp": ({"mcp_config": {"convert_schemas_to_strict": True}}, "mcp_config of the agent Clerk"),
    "retention": (
        {"model_settings": agents.ModelSettings(prompt_cache_retention="24h")},
        "prompt_cache_retention of the model settings of Clerk",
    ),
    "raw usage": (
        {"model_settings": agents.ModelSettings(preserve_raw_usage=True)},
        "preserve_raw_usage of the model settings of Clerk",
    ),
    "no header": (
        {"model_settings": agents.ModelSettings(extra_headers={"x-team": Omit()})},
        "a header to be left out of the model settings of Clerk",
    ),
    "body that is none": (
        {"model_settings": agents.ModelSettings(extra_body=b"{}")},
        "extra_body of the model settings",
    ),
    "function after tools": ({"tool_use_behavior": lambda *_: None}, "tool_use_behavior as a function of the agent Cl"),
    "computer": ({"tools": [agents.ComputerTool(computer=object())]}, "the tool ComputerTool of Clerk"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_counterpart_is_refused_by_name(case):
    """RULINGS R5: nothing is dropped in silence; the error names the attribute and its owner, and says what to do."""
    options, said = REFUSED[case]
    with pytest.raises(UserError, match=said) as caught:
        as_agent(agents.Agent(name="Clerk", **options))
    assert caught.value.code == "interop-unsupported"
    assert caught.value.help
    assert isinstance(caught.value, agents.UserError)


@pytest.mark.parametrize("name", account.FUNCTION_TOOL.refused)
def test_each_refused_field_of_a_tool_is_refused_when_it_is_set(name):
    """RULINGS R5: one by one, as anything else than its default."""
    tool = agents.FunctionTool("look_up", "", {}, on_invoke_tool=str, strict_json_schema=False)
    setattr(tool, name, object())
    with pytest.raises(UserError, match=f"{name} of the tool look_up of Clerk"):
        as_agent(agents.Agent(name="Clerk", tools=[tool]))


@pytest.mark.parametrize("name", account.RUN_CONFIG.refused)
def test_each_refused_field_of_a_run_config_is_refused_when_it_is_set(name):
    """RULINGS R5: one by one, as anything else than its default."""
    config = agents.RunConfig()
    setattr(config, name, object())
    with pytest.raises(UserError, match=f"{name} of the RunConfig"):
        as_run_config(config)


def test_a_field_of_an_unknown_version_may_keep_its_default():
    """RULINGS R5: a new field says nothing until somebody sets it, and then it is refused."""

    @dataclass
    class Newer(agents.Agent):
        shiny: list[str] = field(default_factory=list)

    Newer.__module__ = "agents.agent"
    assert as_agent(Newer(name="Clerk")).name == "Clerk"
    with pytest.raises(UserError, match="shiny of the agent Clerk has no counterpart"):
        as_agent(Newer(name="Clerk", shiny=["a"]))


def test_a_field_of_the_users_own_subclass_is_the_users_affair():
    """RULINGS R5: it is read by the user's functions, which get the package's agent."""

    @dataclass
    class Staff(agents.Agent):
        team: str = "none"

    assert as_agent(Staff(name="Clerk", team="billing")).source.team == "billing"


def test_what_is_no_agent_is_refused():
    """RULINGS R5: the error says what a run takes."""
    with pytest.raises(UserError, match="a run needs an Agent; got 'Clerk'") as caught:
        as_agent("Clerk")
    assert caught.value.code == "agent-type"


def test_what_is_ours_passes_unchanged():
    """RULINGS R5: our own agents, hooks, providers and settings are not wrapped."""
    ours, hooks = Agent(), object()
    assert as_agent(ours) is ours
    assert as_hooks(hooks) is hooks
    assert as_model_provider(hooks) is hooks
    settings = RunConfig(model="m")
    assert as_run_config(settings) is settings
    assert as_run_config(None) == RunConfig()
    with pytest.raises(UserError, match="run_config is 'fast'"):
        as_run_config("fast")


def test_without_the_package_only_ours_is_taken(monkeypatch):
    """RULINGS R5: it is not loaded to find out; another module that is called `agents` is left alone."""
    monkeypatch.delitem(sys.modules, "agents.run_context")
    theirs = agents.Agent(name="Clerk")
    assert as_hooks(theirs) is theirs
    assert as_model_provider(theirs) is theirs
    for take in (as_agent, as_run_config):
        with pytest.raises(UserError):
            take(theirs)
    assert "agents.run_context" not in sys.modules


def test_model_settings_are_mapped_one_by_one():
    """RULINGS R5: each value arrives, objects as JSON; and the way back gives the same."""
    given = agents.ModelSettings(
        temperature=0,
        max_tokens=9,
        tool_choice="required",
        reasoning={"effort": "low"},
        extra_headers={"x-team": "a"},
        extra_args={"n": 1},
        response_include=["reasoning.encrypted_content"],
    )
    found = as_settings(given, "it")
    assert found == ModelSettings(
        temperature=0,
        max_tokens=9,
        tool_choice="required",
        reasoning={"effort": "low"},
        extra_headers={"x-team": "a"},
        extra_args={"n": 1},
        response_include=["reasoning.encrypted_content"],
    )
    back = as_their_settings(found)
    assert dataclasses.asdict(back) == {**dataclasses.asdict(given), "reasoning": {"effort": "low"}} or back == given


def test_a_choice_of_an_mcp_tool_becomes_the_wire_form():
    """RULINGS R5: as the package's converter writes it."""
    choice = agents.model_settings.MCPToolChoice(server_label="crm", name="find")
    found = as_settings(agents.ModelSettings(tool_choice=choice), "it")
    assert found.tool_choice == {"type": "mcp", "server_label": "crm", "name": "find"}


def test_settings_the_user_did_not_choose_are_left_out():
    """RULINGS R5: without a model the package has settings for its default model; another one may refuse them."""
    assert agents.Agent(name="Clerk").model_settings != agents.ModelSettings()
    assert as_agent(agents.Agent(name="Clerk")).model_settings == ModelSettings()
    chosen = agents.Agent(name="Clerk", model_settings=agents.ModelSettings(temperature=1))
    assert as_agent(chosen).model_settings == ModelSettings(temperature=1)
