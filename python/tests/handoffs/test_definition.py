"""What the definition of a handoff says over what is usual."""

import pytest

from timestep import Agent, Handoff, handoff, run_agent
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)


async def test_a_handoff_may_name_its_tool_otherwise():
    """TS-HAND-001: the model is offered that name, and calling it hands over."""
    other = Agent("Weather Assistant", ScriptedModel(["Sunny."], prefix="b_"))
    for way in (Handoff(other, tool_name="Ask-The_Sky"), handoff(other, tool_name_override="Ask-The_Sky")):
        other.model = ScriptedModel(["Sunny."], prefix="b_")
        model = ScriptedModel([tool_call("Ask-The_Sky", {}, "h1")])
        result = await run_agent(Agent("A", model, handoffs=[way]), "Hi")
        assert [tool["name"] for tool in model.requests[0].tools] == ["Ask-The_Sky"]
        assert (result.final_output, result.last_agent) == ("Sunny.", "Weather Assistant")
