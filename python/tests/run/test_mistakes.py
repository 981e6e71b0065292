"""Mistakes that everybody makes once: each is told with what to do about it."""

import pytest

from timestep import (
    Agent,
    ApprovalError,
    FileSession,
    InputGuardrail,
    RunStateStore,
    SessionError,
    TimestepError,
    UserError,
    function_tool,
    input_guardrail,
    read,
    run_agent,
)
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)


@function_tool(needs_approval=True)
def send(to: str) -> str:
    """Send."""
    return f"sent to {to}"


@input_guardrail
def of_runs(_ctx, _agent, _given):
    """Look at the input of a run."""


def passes(_tool_name, _args):
    """Look at a call."""


async def paused():
    """Return the result of a run that waits."""
    return await run_agent(Agent("M", ScriptedModel([tool_call("send", {"to": "Ann"}, "c1")]), tools=[send]), "Send.")


@pytest.mark.parametrize(
    ("mistake", "kind", "told"),
    [
        (lambda: run_agent(Agent(), "Hi", "my-session"), UserError, "Session(id), FileSession(agent_name, id)"),
        (lambda: Agent(model=3), UserError, "give the name of a model, or a Model"),
        (lambda: Agent("A", instructions=["Be kind."]).resolved_instructions(None), UserError, "give a text, or a"),
        (lambda: Agent(model_settings={"temprature": 1}), UserError, "known: temperature, top_p"),
        (lambda: Agent(handoffs=["B"]), UserError, "give the Agent itself"),
        (lambda: Agent(tools=[lambda to: to]), UserError, "@function_tool(name=...)"),
        (lambda: Agent(guardrails=[of_runs]), UserError, "holds the RunInputGuardrail of_runs"),
        (lambda: Agent(input_guardrails=[InputGuardrail(passes)]), UserError, "holds the InputGuardrail passes"),
        (lambda: Agent(output_guardrails=[3]), UserError, "holds 3"),
        (lambda: FileSession(Agent("Clerk"), "monday"), SessionError, "agent_name is a text"),
        (lambda: read("paused.json"), TimestepError, "a file is read with Path(...)"),
    ],
)
async def test_a_mistake_is_told_with_what_to_do(mistake, kind, told):
    """HOUSE: an error says what is wrong, and what to do about it."""
    with pytest.raises(kind) as raised:
        await mistake()
    assert told in raised.value.render()


@pytest.mark.parametrize("given", [b'{"secret": 1}', {"role": "user", "content": "secret"}])
async def test_what_is_no_input_is_not_repeated(given):
    """TS-ITEM-001: the error names the type, since the value may be a whole state."""
    with pytest.raises(UserError, match="is no input") as raised:
        await run_agent(Agent(), given)
    assert "secret" not in raised.value.render()
    assert type(given).__name__ in raised.value.message


async def test_a_result_is_no_state_yet():
    """A result given to a run, or to a store, is refused with the way to its state."""
    result = await paused()
    with pytest.raises(UserError) as raised:
        await run_agent(Agent(), result)
    assert "result.to_state()" in (raised.value.help or "")
    with pytest.raises(UserError) as raised:
        await RunStateStore(connection=":memory:").save(result)
    assert "result.to_state()" in (raised.value.help or "")


@pytest.mark.parametrize("call", [None, 3, ["c1"]])
async def test_a_decision_on_no_call_is_refused(call):
    """TS-APPR-031: what is approved, rejected or settled is an interruption, its path or its call id."""
    state = (await paused()).to_state()
    for decide in (state.approve, state.reject, lambda given: state.settle(given, "retry")):
        with pytest.raises(ApprovalError, match="is no call"):
            decide(call)


async def test_a_forgotten_await_is_told():
    """Who asks the handle for what the result has is told to await it."""
    handle = run_agent(Agent("A", ScriptedModel(["Hello."])), "Hi")
    with pytest.raises(AttributeError, match="result = await run_agent"):
        _ = handle.final_output
    with pytest.raises(TypeError, match="result = await run_agent"):
        _ = handle["messages"]
    with pytest.raises(TypeError, match="async for"):
        list(handle)
    with pytest.raises(AttributeError, match=r"no attribute 'finl'$"):
        _ = handle.finl
    assert (await handle).final_output == "Hello."
