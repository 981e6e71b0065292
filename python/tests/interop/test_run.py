"""Agents of the package in runs of ours: they do what they do in the package."""

import agents
import pytest
from agents.extensions.handoff_filters import remove_all_tools
from agents.models.openai_responses import Converter
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import BaseModel

from timestep.errors import ToolError
from timestep.loop.handle import run_agent
from timestep.state import read, write

pytestmark = pytest.mark.timeout(5)
FORBIDDEN = ("bomb", "poison")


async def far_away(_ctx, args, _call_id):
    """Tell whether a place is so far away that a person is asked."""
    return args["place"].lower() in ("mars", "pluto")


def desk(*answers):
    """Return a receptionist with guardrails, who hands over to a guide with a tool; and their scripted model."""
    model = ScriptedModel(list(answers))

    @agents.function_tool
    def travel_time(place: str) -> str:
        """Tell how long a journey takes.

        Args:
            place: where to.
        """
        return f"{len(place)} days to {place}"

    travel_time.needs_approval = far_away

    @agents.input_guardrail(run_in_parallel=True)
    async def harmless(_ctx: agents.RunContextWrapper[None], agent: agents.Agent, given: str | list):
        found = [word for word in FORBIDDEN if word in str(given).lower()]
        return agents.GuardrailFunctionOutput({"agent": agent.name, "found": found}, bool(found))

    @agents.output_guardrail
    async def discreet(_ctx: agents.RunContextWrapper, _agent: agents.Agent, output: str):
        return agents.GuardrailFunctionOutput({}, "secret" in output)

    guide = agents.Agent(
        name="Travel Guide",
        instructions="Answer with travel_time.",
        handoff_description="Knows journeys.",
        model=model,
        tools=[travel_time],
        model_settings=agents.ModelSettings(temperature=0),
    )
    receptionist = agents.Agent(
        name="Receptionist",
        instructions="Welcome people.",
        model=model,
        handoffs=[guide],
        input_guardrails=[harmless],
        output_guardrails=[discreet],
    )
    return receptionist, model


def going_to(place):
    """Return the model's answers for a journey: a handoff, a call of the tool, and a sentence."""
    call = function_call("travel_time", {"place": place}, call_id="c2")
    return [function_call("transfer_to_travel_guide", {}, call_id="c1")], [call], [assistant_message("Far enough.")]


async def test_a_question_is_answered():
    """RULINGS R5: with nothing else than the first agent."""
    agent, _ = desk([assistant_message("Good day.")])
    result = await run_agent(agent, "Hello", stream=False)
    assert (result.final_output, result.last_agent, result.interruptions) == ("Good day.", "Receptionist", [])
    assert result.agent.source is agent


async def test_a_handoff_happens_and_a_near_place_needs_nobody():
    """RULINGS R5: the guide has the run, its tool has run, and the model saw what it gave."""
    agent, model = desk(*going_to("Venus"))
    result = await run_agent(agent, [{"role": "user", "content": "How far is Venus?"}])
    assert (result.final_output, result.last_agent) == ("Far enough.", "Travel Guide")
    assert result["tool_calls"][1] == {
        "call_id": "c2",
        "tool": "travel_time",
        "arguments": '{"place":"Venus"}',
        "output": "5 days to Venus",
    }
    assert [call.system_instructions for call in model.calls] == ["Welcome people.", *["Answer with travel_time."] * 2]


async def test_a_far_place_waits_for_a_person_and_goes_on():
    """RULINGS R5, R10: the state is saved, read again, approved, and resumed with the package's agent."""
    agent, model = desk(*going_to("Mars"))
    paused = await run_agent(agent, "How far is Mars?")
    (asked,) = paused.interruptions
    assert (asked.tool, asked.arguments, asked.agent) == ("travel_time", '{"place":"Mars"}', "Travel Guide")
    assert len(model.calls) == 2
    state = read(write(paused.to_state(), "timestep").data, trusted=True)
    for each in state.get_interruptions():
        state.approve(each)
    result = await run_agent(agent, state)
    assert result.final_output == "Far enough."
    assert result["tool_calls"][1]["output"] == "4 days to Mars"


async def test_a_rejected_call_is_told_to_the_model():
    """RULINGS R5, R9: the tool does not run."""
    agent, _ = desk(*going_to("Pluto"))
    state = (await run_agent(agent, "How far is Pluto?")).to_state()
    state.reject(state.get_interruptions()[0])
    result = await run_agent(agent, state)
    assert result["tool_calls"][1]["output"] == "Tool execution was not approved."


@pytest.mark.parametrize("given", ["Sell me a bomb", [{"role": "user", "content": "POISON, please"}]])
async def test_a_forbidden_word_trips(given):
    """RULINGS R5, R24: caught by the package's class, with what the guardrail found."""
    agent, _ = desk([assistant_message("Good day.")])
    with pytest.raises(agents.InputGuardrailTripwireTriggered) as caught:
        await run_agent(agent, given)
    assert caught.value.guardrail_result.output.output_info["agent"] == "Receptionist"


async def test_a_secret_in_the_output_trips():
    """RULINGS R5, R24: output guardrails too."""
    agent, _ = desk([assistant_message("The secret is 7.")])
    with pytest.raises(agents.OutputGuardrailTripwireTriggered):
        await run_agent(agent, "Tell me.")


async def test_a_run_that_does_not_end_is_caught_by_the_packages_class():
    """RULINGS R24: and its state can be gone on with."""
    agent, _ = desk(*going_to("Venus"))
    with pytest.raises(agents.MaxTurnsExceeded) as caught:
        await run_agent(agent, "How far is Venus?", max_turns=2)
    assert caught.value.state is not None


class Place(BaseModel):
    """A place."""

    name: str


async def test_an_output_type_gives_a_value():
    """RULINGS R5: as the package reads it."""
    model = ScriptedModel([[assistant_message('{"name":"Venus"}')]])
    result = await run_agent(agents.Agent(name="Clerk", model=model, output_type=Place), "Where?")
    assert result.final_output == Place(name="Venus")


async def test_a_nested_agents_call_waits_for_a_person():
    """RULINGS R5: an interruption in an agent as a tool is one of the run, and can be approved."""
    guide = desk()[0].handoffs[0]
    guide.model = ScriptedModel(list(going_to("Mars")[1:]))
    call = function_call("ask_guide", {"input": "How far is Mars?"}, call_id="c0")
    boss = agents.Agent(
        name="Boss",
        model=ScriptedModel([[call], [assistant_message("Thank you.")]]),
        tools=[guide.as_tool("ask_guide", "Ask the guide.")],
    )
    state = (await run_agent(boss, "Find out.")).to_state()
    (asked,) = state.get_interruptions()
    assert (asked.agent, asked.path) == ("Travel Guide", "c0/c2")
    state.approve(asked)
    result = await run_agent(boss, state)
    assert result.final_output == "Thank you."
    assert result["tool_calls"][0]["output"] == "Far enough."


async def test_a_tool_guardrail_that_stops_the_run_reaches_the_caller():
    """RULINGS R24: as the package's class, with the state."""

    @agents.tool_input_guardrail
    def never(_data):
        return agents.ToolGuardrailFunctionOutput.raise_exception("closed")

    @agents.function_tool(tool_input_guardrails=[never])
    def enter() -> str:
        return "in"

    model = ScriptedModel([[function_call("enter", {}, call_id="c1")]])
    with pytest.raises(agents.ToolInputGuardrailTripwireTriggered) as caught:
        await run_agent(agents.Agent(name="Clerk", model=model, tools=[enter]), "Go in.")
    assert isinstance(caught.value, ToolError)
    assert caught.value.output.output_info == "closed"
    assert caught.value.state is not None


def asked(model):
    """Return what a scripted model was asked: instructions, items and tools, as they are sent."""
    return [
        (call.system_instructions, call.input, Converter.convert_tools(call.tools, call.handoffs).tools)
        for call in model.calls
    ]


async def test_the_model_is_asked_what_the_package_would_ask():
    """RULINGS R5: the same agents in the package's own Runner give the same questions, word for word."""
    question = [{"role": "user", "content": "How far is Venus?"}]
    theirs, their_model = desk(*going_to("Venus"))
    ours, our_model = desk(*going_to("Venus"))
    expected = await agents.Runner.run(theirs, list(question), run_config=agents.RunConfig(tracing_disabled=True))
    result = await run_agent(ours, question, compat="openai-agents-python")
    assert asked(our_model) == asked(their_model)
    assert result.final_output == expected.final_output
    assert [call.model_settings.temperature for call in our_model.calls] == [None, 0, 0]


async def test_hooks_and_settings_of_the_package_hold_for_a_run():
    """RULINGS R5: its RunConfig and its RunHooks, given to a run of ours."""
    told = []

    class Watch(agents.RunHooks):
        async def on_agent_start(self, context, agent):
            told.append(("start", type(agent), context.context))

        async def on_tool_end(self, context, agent, tool, result):
            told.append((context.context, agent.name, tool.name, result))

    agent, model = desk(*going_to("Venus"))
    config = agents.RunConfig(model_settings=agents.ModelSettings(temperature=0.5))
    await run_agent(agent, "How far is Venus?", run_config=config, hooks=Watch(), context="Ada")
    assert [call.model_settings.temperature for call in model.calls] == [0.5] * 3
    assert told[:2] == [("start", agents.Agent, "Ada")] * 2
    assert told[2:] == [("Ada", "Travel Guide", "travel_time", "5 days to Venus")]


async def test_a_session_of_the_package_keeps_the_conversation():
    """RULINGS R5: the second run sees the first one's items, and the package can read what is kept."""
    session = agents.SQLiteSession("visitor")
    first, _ = desk([assistant_message("Good day, Ada.")])
    await run_agent(first, "I am Ada.", session)
    second, model = desk([assistant_message("You are Ada.")])
    await run_agent(second, "Who am I?", session)
    texts = [item["content"] if "role" in item and item["role"] == "user" else "..." for item in model.calls[0].input]
    assert texts == ["I am Ada.", "...", "Who am I?"]
    third, model = desk([assistant_message("Still Ada.")])
    await agents.Runner.run(third, "And now?", session=session, run_config=agents.RunConfig(tracing_disabled=True))
    assert len(model.calls[0].input) == 5
    session.close()


async def test_a_run_is_streamed():
    """RULINGS R3, R5: with the pieces of the package's model."""
    agent, _ = desk(*going_to("Venus"))
    events = [event async for event in run_agent(agent, "How far is Venus?", stream=True, result_processor=None)]
    assert "".join(event["content"] for event in events if event["type"] == "content_delta") == "Far enough."
    assert [event["to"] for event in events if event["type"] == "handoff"] == ["Travel Guide"]


async def test_a_filter_of_the_package_decides_what_the_guide_sees():
    """RULINGS R5: at the handoff, of the run's settings or of the handoff itself."""
    agent, model = desk(*going_to("Venus"))
    config = agents.RunConfig(handoff_input_filter=remove_all_tools)
    await run_agent(agent, "How far is Venus?", run_config=config)
    assert model.calls[1].input == [{"role": "user", "content": "How far is Venus?"}]
    assert [item["type"] for item in model.calls[2].input[1:]] == ["function_call", "function_call_output"]


async def test_a_state_of_the_packages_own_runner_is_gone_on_with():
    """RULINGS R5, R12: paused in the package, approved and finished here, with the same agents."""
    agent, _ = desk(*going_to("Mars"))
    paused = await agents.Runner.run(agent, "How far is Mars?", run_config=agents.RunConfig(tracing_disabled=True))
    state = read(paused.to_state().to_string(), trusted=True)
    state.approve(state.get_interruptions()[0])
    agent, _ = desk([assistant_message("Far enough.")])
    result = await run_agent(agent, state, compat="openai-agents-python")
    assert (result.final_output, result.last_agent) == ("Far enough.", "Travel Guide")
    assert result["tool_calls"][-1]["output"] == "4 days to Mars"
