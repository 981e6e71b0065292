"""Agents: how they are defined, what is refused, and the manifest of their graph."""

import inspect
import json
from dataclasses import dataclass

import pytest

from timestep import (
    Agent,
    GuardrailFunctionOutput,
    GuardrailResult,
    Handoff,
    HostedTool,
    InputGuardrail,
    ModelSettings,
    OutputGuardrail,
    UserError,
    function_tool,
    input_guardrail,
    output_guardrail,
    web_search,
)
from timestep.agent import manifest, manifest_digest, reachable
from timestep.codec.digest import canonical_json

pytestmark = pytest.mark.timeout(5)


@function_tool(effect="read")
def get_weather(city: str) -> str:
    """Get weather information for a city."""
    return city


async def send_email(args: dict) -> dict:
    """Send an email."""
    return args


async def guard_call(tool_name, args):  # noqa: ARG001
    """Let a call pass."""
    return GuardrailResult.proceed()


async def guard_result(tool_name, args, result):  # noqa: ARG001
    """Let a result pass."""
    return GuardrailResult.proceed()


@input_guardrail(run_in_parallel=False)
def content_filter(ctx, agent, input):  # noqa: A002, ARG001
    """Let an input pass."""
    return GuardrailFunctionOutput(None, False)


@output_guardrail
def output_safety(ctx, agent, output):  # noqa: ARG001
    """Let an output pass."""
    return GuardrailFunctionOutput(None, False)


def test_an_agent_needs_nothing_but_a_model():
    """FEATURES 80, RULINGS R6: everything has a default."""
    agent = Agent(model="gpt-4.1")
    assert (agent.name, agent.model, agent.instructions, agent.tools) == ("Agent", "gpt-4.1", None, [])
    assert Agent().model is None


def test_options_may_be_given_by_position():
    """FEATURES 85: in the order name, model, instructions, tools, handoffs, guardrails; all others by keyword."""
    parameters = list(inspect.signature(Agent).parameters.values())
    positional = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert positional == ["name", "model", "instructions", "tools", "handoffs", "guardrails"]
    other = Agent("B")
    guard = InputGuardrail(guard_call)
    agent = Agent("Assistant", "gpt-4o", "Help.", [get_weather], [other], [guard])
    assert (agent.instructions, agent.handoffs[0].agent, agent.guardrails) == ("Help.", other, [guard])


def test_the_fields_of_the_agents_sdk_are_there():
    """FEATURES 17, 18: guardrails of runs, settings of the model, handoffs to plain agents."""
    weather = Agent(name="Weather Assistant", model_settings=ModelSettings(temperature=0), tools=[get_weather])
    assistant = Agent(
        handoffs=[weather],
        instructions="You are a helpful personal assistant.",
        model="gpt-4.1",
        model_settings={"temperature": 0, "extra_body": {"a": 1}},
        name="Personal Assistant",
        input_guardrails=[content_filter],
        output_guardrails=[output_safety],
    )
    assert assistant.model_settings.to_json() == {"temperature": 0, "extra_body": {"a": 1}}
    assert [each.tool_name for each in assistant.resolved_handoffs()] == ["transfer_to_weather_assistant"]
    with pytest.raises(UserError, match="model settings"):
        Agent(model_settings={"temprature": 0})


def test_settings_of_a_run_go_over_those_of_an_agent():
    """RULINGS R6: what is None is left as it was, and the members of extra_args are merged."""
    base = ModelSettings(temperature=0, max_tokens=5, extra_args={"a": 1})
    merged = base.resolve(ModelSettings(max_tokens=7, parallel_tool_calls=False, extra_args={"b": 2}))
    assert merged.to_json() == {
        "temperature": 0,
        "max_tokens": 7,
        "parallel_tool_calls": False,
        "extra_args": {"a": 1, "b": 2},
    }
    assert base.resolve(None) is base


def test_functions_and_hosted_tools_are_tools():
    """FEATURES 76, 95: a plain function becomes a tool once, also one that is added later."""
    agent = Agent(tools=[send_email, web_search])
    agent.tools.append(get_weather.function)
    first, second = agent.resolved_tools(), agent.resolved_tools()
    assert [tool.name for tool in first] == ["send_email", "web_search", "get_weather"]
    assert all(one is other for one, other in zip(first, second, strict=True))


async def test_instructions_may_be_a_function():
    """RULINGS R16: text, or a function of context and agent, synchronous or not; nothing else."""

    async def later(ctx, agent):
        return f"{agent.name} for {ctx}"

    assert await Agent(instructions="Help.").resolved_instructions("ann") == "Help."
    assert await Agent().resolved_instructions("ann") is None
    assert await Agent(instructions=lambda ctx, agent: f"{agent.name}{ctx}").resolved_instructions(1) == "Agent1"
    assert await Agent(instructions=later).resolved_instructions("ann") == "Agent for ann"
    with pytest.raises(UserError, match="no text"):
        await Agent(instructions=lambda ctx, agent: 3).resolved_instructions(1)  # noqa: ARG005


def test_an_agent_is_a_tool():
    """CANONICAL 1.3: a nested run on the `input` that the model gives."""
    researcher = Agent("Deep Researcher", handoff_description="Finds things.")
    tool = researcher.as_tool()
    named = researcher.as_tool("ask_researcher", "Ask.", needs_approval=True)
    assert (tool.name, tool.description, tool.role, tool.agent) == (
        "deep_researcher",
        "Finds things.",
        "agent",
        researcher,
    )
    assert (named.name, named.description, named.needs_approval) == ("ask_researcher", "Ask.", True)
    assert tool.params_json_schema == {
        "type": "object",
        "properties": {"input": {"type": "string"}},
        "required": ["input"],
        "additionalProperties": False,
    }


def test_a_clone_has_lists_of_its_own():
    """TS-HAND-008: the copy differs where it is told to; the original stays as it is."""
    agent = Agent("A", "m", "Help.", [get_weather], guardrails=[InputGuardrail(guard_call)], hooks=object())
    copy = agent.clone(name="B", model="n")
    copy.tools.append(send_email)
    assert (copy.name, copy.model, copy.instructions, copy.hooks) == ("B", "n", "Help.", agent.hooks)
    assert [len(agent.tools), len(copy.tools)] == [1, 2]
    assert copy.tools[0] is agent.tools[0]


# --- what is refused


def same_slug():
    """Two names, one slug."""
    return Agent("Triage", handoffs=[Agent("Q&A"), Agent("Q A")])


def same_name():
    """Two agents of one name, at different depths."""
    return Agent("Triage", handoffs=[Agent("A", handoffs=[Agent("B")]), Agent("B")])


def same_name_as_itself():
    """An agent and another one of its own name."""
    return Agent("A", handoffs=[Agent("A")])


def same_name_in_a_tool():
    """The same behind a tool."""
    return Agent("A", tools=[Agent("B", handoffs=[Agent("A")]).as_tool()])


def two_tools():
    """Two tools of one name."""
    return Agent(tools=[get_weather, function_tool(get_weather.function)])


def tool_and_handoff():
    """A tool named like a handoff's."""
    return Agent(tools=[function_tool(get_weather.function, name="transfer_to_b")], handoffs=[Agent("B")])


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (same_slug, "handoff-conflict", "transfer_to_q_a: the handoff to 'Q&A', and the handoff to 'Q A'"),
        (same_name, "agent-conflict", "two agents that Triage leads to are named 'B'"),
        (same_name_as_itself, "agent-conflict", "two agents that A leads to are named 'A'"),
        (same_name_in_a_tool, "agent-conflict", "named 'A'"),
        (two_tools, "tool-conflict", "two tools of Agent are named get_weather"),
        (tool_and_handoff, "handoff-conflict", "a tool, and the handoff to 'B'"),
        (lambda: Agent(""), "definition", "'' is no name"),
        (lambda: Agent(tools=["get_weather"]), "definition", "'get_weather' is no tool"),
        (lambda: Agent(handoffs=["B"]), "definition", "leads to an agent; got 'B'"),
        (lambda: Agent(handoff_mode="forward"), "definition", "is no handoff mode"),
        (lambda: Agent(guardrails=[content_filter]), "guardrail-answer", "guardrails of Agent holds"),
        (lambda: Agent(input_guardrails=[InputGuardrail(guard_call)]), "guardrail-answer", "input_guardrails"),
        (lambda: Agent(output_guardrails=[content_filter]), "guardrail-answer", "output_guardrails"),
        (lambda: Agent(tool_use_behavior="stop"), "definition", "tool_use_behavior of Agent is 'stop'"),
        (lambda: Agent(tool_use_behavior={"stop_at_tool_names": ["x"]}), "definition", "tool_use_behavior"),
    ],
)
def test_a_wrong_definition_is_refused_when_it_is_made(make, code, said):
    """TS-HAND-002, TS-HAND-008, TS-TOOL-038, TS-GUARD-004, RULINGS N12: the error names what clashes."""
    with pytest.raises(UserError) as caught:
        make()
    assert caught.value.code == code
    assert said in caught.value.message


def test_the_same_thing_twice_is_no_conflict():
    """RULINGS N12: only what differs conflicts."""
    other = Agent("B")
    agent = Agent("A", tools=[get_weather, get_weather], handoffs=[other, other, Agent("C", handoffs=[other])])
    assert [len(agent.resolved_tools()), len(agent.resolved_handoffs())] == [1, 2]
    assert [each.name for each in reachable(agent)] == ["A", "B", "C"]
    with pytest.raises(UserError, match="transfer_to_b: the handoff to 'B', and the handoff to 'B'"):
        Agent("A", handoffs=[other, Handoff(other, "delegate")])


def test_agents_may_hand_over_in_a_circle():
    """RULINGS R12: cycles are allowed; what is added later is checked when it is used."""
    one, other = Agent("A"), Agent("B")
    one.handoffs.append(other)
    other.handoffs.append(Handoff(one))
    one.handoffs.append(one)
    assert [each["name"] for each in manifest(one)["agents"]] == ["A", "B"]
    other.handoffs.append(Agent("A"))
    with pytest.raises(UserError, match="transfer_to_a"):
        manifest(one)


# --- the manifest


@dataclass
class Answer:
    """An answer."""

    text: str


def graph():
    """Return an agent with one of everything."""
    helper = Agent("Helper")
    weather = Agent("Weather", tools=[get_weather], output_type=Answer)
    mail = function_tool(send_email, needs_approval=lambda *_: True, on_error="raise", is_enabled=lambda *_: True)
    return Agent(
        "Main",
        "gpt-4.1",
        lambda ctx, agent: "Help.",  # noqa: ARG005
        tools=[HostedTool("web_search"), mail, helper.as_tool(needs_approval=True)],
        handoffs=[weather, Handoff(helper, "delegate", tool_name="ask_helper")],
        guardrails=[OutputGuardrail(guard_result), InputGuardrail(guard_call)],
        input_guardrails=[content_filter],
        output_guardrails=[output_safety],
        tool_use_behavior={"stop_at_tool_names": ["send_email"]},
    )


def test_a_manifest_is_the_graph_as_data():
    """TS-HAND-009: what the loop has to know, as JSON, and no user code."""
    told = manifest(graph())
    main, weather = (next(each for each in told["agents"] if each["name"] == name) for name in ("Main", "Weather"))
    assert json.loads(canonical_json(told)) == told
    assert (told["root"], [each["name"] for each in told["agents"]]) == ("Main", ["Helper", "Main", "Weather"])
    assert main["tools"][0] == {
        "name": "helper", "role": "agent", "agent": "Helper", "effect": "once", "approval": "always",
        "enabled": "always", "on_error": "report", "tool_input": [], "tool_output": [],
    }  # fmt: skip
    assert main["tools"][1] == {
        "name": "send_email", "role": "tool", "effect": "once", "approval": "ask",
        "enabled": "ask", "on_error": "raise", "tool_input": [], "tool_output": [],
    }  # fmt: skip
    assert main["tools"][2] == {"name": "web_search", "role": "hosted", "type": "web_search"}
    assert main["handoffs"] == [
        {"tool": "ask_helper", "agent": "Helper", "role": "delegate", "filter": False, "enabled": "always"},
        {"tool": "transfer_to_weather", "agent": "Weather", "role": "handoff", "filter": False, "enabled": "always"},
    ]
    assert main["guardrails"] == {
        "input": [{"name": "content_filter", "parallel": False}],
        "output": ["output_safety"],
        "tool_input": ["guard_call"],
        "tool_output": ["guard_result"],
    }
    assert (main["tool_use"], main["output_schema"]) == ({"stop_at_tool_names": ["send_email"]}, False)
    assert (weather["tool_use"], weather["output_schema"]) == ("run_llm_again", True)
    assert weather["tools"][0]["effect"] == "read"


def test_a_manifest_has_a_stable_digest():
    """TS-HAND-009: equal graphs have one digest, whatever their order and texts; what matters changes it."""
    one, other = graph(), graph()
    other.tools.reverse()
    other.handoffs.reverse()
    other.instructions = "Other."
    told = manifest(one)
    assert told["digest"] == manifest(other)["digest"] == manifest_digest(told)
    other.resolved_tools()[1].needs_approval = True
    assert manifest(other)["digest"] != told["digest"]
    one.handoff_mode = "delegate"
    assert manifest(one)["digest"] != told["digest"]
