"""Agents of the package as ours: the whole graph, and what the agent itself says."""

import agents
import pytest
from pydantic import BaseModel

from timestep import ModelBehaviorError, UserError
from timestep.agent import manifest, reachable
from timestep.interop import as_agent
from timestep.tools.context import RunContextWrapper

RUN = RunContextWrapper(context="Ada")


def circle():
    """Return two agents of the package that hand over to each other, and one of which has the other as a tool."""
    clerk, poet = agents.Agent(name="Clerk"), agents.Agent(name="Poet", handoff_description="Rhymes.")
    clerk.handoffs, poet.handoffs = [poet], [agents.handoff(clerk)]
    clerk.tools.append(poet.as_tool("poem", "Write a poem."))
    return clerk, poet


def test_a_graph_with_cycles_is_mapped_once_for_each_agent():
    """RULINGS R5, R12: the same agent of the package is the same one of ours, wherever it stands."""
    clerk, poet = circle()
    ours = as_agent(clerk)
    assert [each.source for each in reachable(ours)] == [clerk, poet]
    there = ours.handoffs[0].agent
    assert ours.tools[0].agent is there
    assert there.handoffs[0].agent is ours
    assert manifest(ours)["root"] == "Clerk"


def test_a_run_sees_what_was_added_since_the_last():
    """RULINGS R5: lists are read anew each time."""
    clerk, poet = circle()
    before = as_agent(clerk)
    poet.tools.append(agents.WebSearchTool())
    assert before.handoffs[0].agent.tools == []
    assert [tool.name for tool in as_agent(clerk).handoffs[0].agent.tools] == ["web_search"]


def test_two_agents_of_one_name_are_refused():
    """RULINGS N12: as with our own agents."""
    with pytest.raises(UserError, match="named 'Clerk'"):
        as_agent(agents.Agent(name="Clerk", handoffs=[agents.Agent(name="Clerk")]))


async def test_instructions_get_the_packages_agent_and_context():
    """RULINGS R5: text as it is; a function, synchronous or not, is asked; and so is a subclass that makes them."""

    async def later(ctx, agent):
        return f"{type(ctx).__name__} {ctx.context} {agent.model}"

    class Formal(agents.Agent):
        async def get_system_prompt(self, run_context):
            return f"Dear {run_context.context}"

    async def told(agent):
        return await as_agent(agent).resolved_instructions(RUN)

    assert await told(agents.Agent(name="Clerk")) is None
    assert as_agent(agents.Agent(name="Clerk", instructions="Help.")).instructions == "Help."
    assert await told(agents.Agent(name="Clerk", model="m", instructions=later)) == "RunContextWrapper Ada m"
    assert await told(agents.Agent(name="Clerk", instructions=lambda ctx, _: ctx.context)) == "Ada"
    assert await told(Formal(name="Clerk")) == "Dear Ada"


def test_plain_settings_arrive():
    """RULINGS R5: model, description, reset_tool_choice, tool_use_behavior without names that lead nowhere."""
    tool = agents.FunctionTool("look", "", {}, circle)
    ours = as_agent(
        agents.Agent(
            name="Clerk",
            model="gpt-4.1",
            handoff_description="Files.",
            reset_tool_choice=False,
            tools=[tool],
            tool_use_behavior={"stop_at_tool_names": ["look", "gone"]},
        )
    )
    assert (ours.model, ours.handoff_description, ours.reset_tool_choice) == ("gpt-4.1", "Files.", False)
    assert ours.tool_use_behavior == {"stop_at_tool_names": ["look"]}
    stopping = agents.Agent(name="Clerk", tool_use_behavior="stop_on_first_tool")
    assert as_agent(stopping).tool_use_behavior == "stop_on_first_tool"


class Place(BaseModel):
    """A place to go."""

    city: str


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [(Place, '{"city":"Oakland"}', Place(city="Oakland")), (list[int], '{"response":[1]}', [1])],
)
def test_an_output_type_is_the_packages_schema(type_, text, value):
    """RULINGS R5: the schema the package sends, and its way to read the answer."""
    output = as_agent(agents.Agent(name="Clerk", output_type=type_)).output()
    schema = agents.AgentOutputSchema(type_)
    assert (output.name, output.schema, output.strict) == ("final_output", schema.json_schema(), True)
    assert output.parse(text) == value
    with pytest.raises(ModelBehaviorError, match="the final output is no") as caught:
        output.parse('{"town":1}')
    assert caught.value.code == "output-type"
    assert isinstance(caught.value, agents.ModelBehaviorError)


def test_an_output_schema_of_the_users_own_is_asked():
    """RULINGS R5: also one that is not strict, and text is no schema at all."""
    loose = agents.AgentOutputSchema(dict[str, int], strict_json_schema=False)
    output = as_agent(agents.Agent(name="Clerk", output_type=loose)).output()
    assert (output.schema, output.strict, output.parse('{"a":1}')) == (loose.json_schema(), False, {"a": 1})
    assert as_agent(agents.Agent(name="Clerk", output_type=str)).output() is None
    assert as_agent(agents.Agent(name="Clerk")).output() is None
