"""Input that is added to a saved run, and what its session lacks."""

import pytest

from timestep import Agent, MemorySession, RunState, StateError, function_tool, run_agent
from timestep.testing import ScriptedModel, tool_call


@function_tool(needs_approval=True)
def send(recipient: str) -> str:
    """Send."""
    return f"sent to {recipient}"


async def paused(model, session=None) -> RunState:
    """Return the state of a run that waits for a decision."""
    return (await run_agent(Agent("A", model, tools=[send]), "Mail Ann.", session)).to_state()


async def test_added_input_is_seen_when_the_model_is_asked_next():
    """After the outputs of the turn, once, in the order in which it was added."""
    model = ScriptedModel([tool_call("send", {"recipient": "ann"}, "c1"), "Done."])
    state = await paused(model)
    state.add_input("And hurry.")
    state.add_input([{"role": "user", "content": "Please."}])
    state.approve("c1")
    result = await run_agent(Agent("A", model, tools=[send]), state)
    seen = [item.get("content", item.get("output")) for item in model.requests[-1].input[-3:]]
    assert (seen, result.final_output) == (["sent to ann", "And hurry.", "Please."], "Done.")


async def test_a_run_that_has_ended_takes_no_input():
    """A finished run is not asked anything any more."""
    state = (await run_agent(Agent("A", ScriptedModel(["Hello."])), "Hi")).to_state()
    with pytest.raises(StateError) as refused:
        state.add_input("More?")
    assert refused.value.code == "event-illegal"


async def test_what_a_session_lacks_can_be_told():
    """A run that waits has items which its session gets once the turn has ended; an SDK would take them for written."""
    session = MemorySession()
    state = await paused(ScriptedModel([tool_call("send", {"recipient": "ann"}, "c1")]), session)
    lacks = state.unwritten_items()
    assert [item.get("content", item.get("call_id")) for item in lacks] == ["Mail Ann.", "c1"]
    assert await session.get_items() == []
