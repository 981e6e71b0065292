"""Final outputs: typed ones, and those that a tool gives."""

import dataclasses

import msgspec
import pydantic
import pytest

import timestep
from timestep import Agent, MemorySession, ModelBehaviorError, function_tool, output_guardrail, run_agent
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)


@dataclasses.dataclass
class Data:
    """A place."""

    name: str
    people: int


class Struct(msgspec.Struct):
    """A place."""

    name: str
    people: int


class Model(pydantic.BaseModel):
    """A place."""

    name: str
    people: int


TYPES = [Data, Struct, Model]


@function_tool
def look(place: str) -> dict[str, str]:
    """Look."""
    return {"place": place}


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


@pytest.mark.parametrize("kind", TYPES)
async def test_an_output_type_gives_a_value_of_that_type(kind):
    """TS-TOOL-037: the model is held to its schema, and the answer is read."""
    model = ScriptedModel(['{"name": "Oslo", "people": 700000}'])
    result = await run_agent(Agent("A", model, output_type=kind), "Where?")
    assert result.final_output == kind(name="Oslo", people=700000)
    assert type(result.final_output) is kind
    assert set(model.requests[0].output.schema["properties"]) == {"name", "people"}
    assert result["messages"][-1]["content"] == '{"name": "Oslo", "people": 700000}'


@pytest.mark.parametrize("kind", TYPES)
async def test_a_stored_output_is_a_value_of_its_type_again(kind):
    """A finished run that is read from a file gives the same value, and asks no model."""
    agent = Agent("A", ScriptedModel(['{"name": "Oslo", "people": 700000}']), output_type=kind)
    state = (await run_agent(agent, "Where?")).to_state()
    again = await run_agent(agent, timestep.read(timestep.write(state, "timestep").data))
    assert again.final_output == kind(name="Oslo", people=700000)


async def test_lists_and_other_types_may_be_output_types():
    """TS-TOOL-037: what is no object is wrapped for the model and taken out again."""
    model = ScriptedModel([lambda request: _wrapped(request, [1, 2])])
    result = await run_agent(Agent("A", model, output_type=list[int]), "Which?")
    assert result.final_output == [1, 2]


def _wrapped(request, value):
    """Answer in the one property that the schema asks for."""
    (name,) = request.output.schema["properties"]
    return msgspec.json.encode({name: value}).decode()


@pytest.mark.parametrize("text", ["Oslo", "{}", '{"name": "Oslo", "people": "many"}', '{"name": "Oslo"'])
async def test_an_answer_that_does_not_fit_stops_the_run(text):
    """TS-TOOL-037: a ModelBehaviorError says what is wrong; resumed, the model is asked again."""
    agent = Agent("A", ScriptedModel([text, '{"name": "Oslo", "people": 5}']), output_type=Data)
    with pytest.raises(ModelBehaviorError) as raised:
        await run_agent(agent, "Where?")
    assert raised.value.requirement == "TS-TOOL-037"
    assert (await run_agent(agent, raised.value.state)).final_output == Data("Oslo", 5)


async def test_output_guardrails_see_the_value():
    """They are given the value and not its text."""
    seen = []

    @output_guardrail
    def note(_ctx, _agent, output):
        seen.append(output)
        return timestep.GuardrailFunctionOutput(None, tripwire_triggered=False)

    model = ScriptedModel(['{"name": "Oslo", "people": 5}'])
    await run_agent(Agent("A", model, output_type=Data, output_guardrails=[note]), "Where?")
    assert seen == [Data("Oslo", 5)]


async def test_an_agent_with_a_type_may_call_tools_first():
    """A text beside calls is a remark and no output."""
    from timestep.testing import message

    answer = [message("One moment."), tool_call("tick", {}, "c1")]
    agent = Agent("A", ScriptedModel([answer, '{"name": "Oslo", "people": 5}']), tools=[tick], output_type=Data)
    assert (await run_agent(agent, "Where?")).final_output == Data("Oslo", 5)


# --- tools that end the run


async def test_a_run_may_end_with_its_first_tool():
    """`stop_on_first_tool`: the tool's output is the final one, and the model is not asked again."""
    model = ScriptedModel([[tool_call("tick", {}, "c1"), tool_call("look", {"place": "x"}, "c2")]])
    session = MemorySession()
    agent = Agent("A", model, tools=[tick, look], tool_use_behavior="stop_on_first_tool")
    result = await run_agent(agent, "Go", session)
    assert (result.final_output, len(model.requests)) == ("tock", 1)
    items = await session.get_items()
    assert [item["call_id"] for item in items if "call_id" in item] == ["c1", "c2", "c1", "c2"]


async def test_a_run_may_end_with_a_tool_of_a_name():
    """`stop_at_tool_names`: other tools lead to another question."""
    model = ScriptedModel([tool_call("tick", {}, "c1"), tool_call("look", {"place": "x"}, "c2")])
    behavior = {"stop_at_tool_names": ["look"]}
    result = await run_agent(Agent("A", model, tools=[tick, look], tool_use_behavior=behavior), "Go")
    assert (result.final_output, len(model.requests)) == ('{"place":"x"}', 2)


async def test_a_tool_that_failed_ends_no_run():
    """What tells the model of a failure is no output."""

    @function_tool
    def fetch() -> str:
        """Fetch."""
        raise ConnectionError

    model = ScriptedModel([tool_call("fetch", {}, "c1"), "It is down."])
    agent = Agent("A", model, tools=[fetch], tool_use_behavior="stop_on_first_tool")
    assert (await run_agent(agent, "Go")).final_output == "It is down."


async def test_a_rejected_call_ends_no_run():
    """A person's no is told to the model."""
    sent = []

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        sent.append(1)
        return "sent"

    model = ScriptedModel([tool_call("send", {}, "c1"), "Very well."])
    agent = Agent("A", model, tools=[send], tool_use_behavior="stop_on_first_tool")
    state = (await run_agent(agent, "Go")).to_state()
    state.reject("c1")
    assert (await run_agent(agent, state)).final_output == "Very well."


async def test_a_tool_that_ends_the_run_gives_the_output_of_the_type_too():
    """With an output type the tool's output is the final one as it is: the type is for the model's text."""
    model = ScriptedModel([tool_call("tick", {}, "c1")])
    agent = Agent("A", model, tools=[tick], tool_use_behavior="stop_on_first_tool", output_type=Data)
    assert (await run_agent(agent, "Go")).final_output == "tock"


# --- tool choice


@pytest.mark.parametrize(("reset", "choices"), [(True, ["required", None]), (False, ["required", "required"])])
async def test_a_forced_tool_choice_is_dropped_once_a_tool_has_run(reset, choices):
    """`reset_tool_choice`: it would force the same call for ever."""
    model = ScriptedModel([tool_call("tick", {}, "c1"), "Done."])
    settings = {"tool_choice": "required"}
    agent = Agent("A", model, tools=[tick], model_settings=settings, reset_tool_choice=reset)
    await run_agent(agent, "Go")
    assert [request.settings.tool_choice for request in model.requests] == choices
