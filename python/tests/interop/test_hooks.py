"""Hooks of the package, called by a run of ours."""

from types import new_class

import agents
import pytest
from agents.tool_context import ToolContext as SdkToolContext

from timestep import ToolContext
from timestep.interop import as_agent, as_hooks
from timestep.providers.protocol import ModelResponse
from timestep.tools.context import RunContextWrapper
from timestep.types.state import Usage

RUN = RunContextWrapper(context="Ada")
CALL = ToolContext(context="Ada", call_id="c1", tool_name="look", tool_arguments="{}")
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hi.", "annotations": []}],
}
UNKNOWN = {"type": "future_thing", "id": "x_1"}


def recording(base):
    """Return hooks of the package that record each of their calls."""
    log = []

    def method(name):
        async def record(_self, *args):
            log.append((name, *args))

        return record

    names = [name for name in dir(base) if name.startswith("on_")]
    members = {name: method(name) for name in names}
    return new_class("Recording", (base,), exec_body=lambda space: space.update(members))(), log


def clerk(**options):
    """Return an agent of the package, with a tool and another agent, and the same as ours."""
    tool = agents.FunctionTool("look", "", {}, recording)
    source = agents.Agent(name="Clerk", tools=[tool], handoffs=[agents.Agent(name="Poet")], **options)
    return source, as_agent(source)


async def test_run_hooks_get_the_packages_objects():
    """RULINGS R5: contexts, agents, tools, items and answers of the package, under its own names."""
    hooks, log = recording(agents.RunHooks)
    source, ours = clerk()
    found, poet = as_hooks(hooks), ours.handoffs[0].agent
    answer = ModelResponse(
        output=[MESSAGE, UNKNOWN], id="resp_1", usage=Usage(input_tokens=3, output_tokens=2, total_tokens=5)
    )
    await found.on_agent_start(RUN, ours)
    await found.on_llm_start(RUN, ours, "Help.", ({"role": "user", "content": "Hello"},))
    await found.on_llm_end(RUN, ours, answer)
    await found.on_tool_start(CALL, ours, ours.tools[0])
    await found.on_tool_end(CALL, ours, ours.tools[0], "seen")
    await found.on_handoff(RUN, ours, poet)
    await found.on_agent_end(RUN, poet, "Bye.")
    kinds = [agents.AgentHookContext, *[agents.RunContextWrapper] * 2, *[SdkToolContext] * 2]
    assert [type(entry[1]) for entry in log] == [*kinds, agents.RunContextWrapper, agents.AgentHookContext]
    assert {entry[1].context for entry in log} == {"Ada"}
    assert [entry[2] for entry in log] == [source] * 6 + [source.handoffs[0]]
    assert log[1][3:] == ("Help.", [{"role": "user", "content": "Hello"}])
    theirs = log[2][3]
    assert (type(theirs), theirs.response_id, theirs.usage.total_tokens) == (agents.ModelResponse, "resp_1", 5)
    assert (theirs.output[0].content[0].text, theirs.output[1]) == ("Hi.", UNKNOWN)
    assert (log[3][3], log[3][1].tool_call_id) == (source.tools[0], "c1")
    assert (log[4][3:], log[5][3], log[6][3]) == ((source.tools[0], "seen"), source.handoffs[0], "Bye.")


async def test_an_agents_hooks_are_wrapped_too():
    """RULINGS R5: also where they are called with names."""
    hooks, log = recording(agents.AgentHooks)
    source, ours = clerk(hooks=hooks)
    await ours.hooks.on_start(RUN, ours)
    await ours.hooks.on_tool_start(CALL, ours, ours.tools[0])
    assert [(name, type(ctx), agent) for name, ctx, agent, *_ in log] == [
        ("on_start", agents.AgentHookContext, source),
        ("on_tool_start", SdkToolContext, source),
    ]


def test_hooks_have_no_other_methods():
    """RULINGS R5: what is asked about a hook that is not there gets an honest answer."""
    hooks = as_hooks(agents.RunHooks())
    assert not hasattr(hooks, "on_lunch")
    with pytest.raises(AttributeError, match="tools"):
        _ = hooks.tools
