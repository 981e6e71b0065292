"""Limits of a run: turns, tokens, time, sizes and depth; each stops it so that it can be resumed with more."""

import asyncio

import pytest

from timestep import (
    Agent,
    Handoff,
    MaxTurnsExceeded,
    MemorySession,
    RunConfig,
    RunLimitExceeded,
    function_tool,
    run_agent,
)
from timestep.providers.protocol import ModelResponse
from timestep.testing import ScriptedModel, handoff_to, message, tool_call
from timestep.types.state import Usage

pytestmark = pytest.mark.timeout(5)


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


def ticking(times, *after):
    """Return an agent whose model calls a tool some times before it answers, and the model."""
    model = ScriptedModel([tool_call("tick") for _ in range(times)] + [*after])
    return Agent("A", model, tools=[tick]), model


def using(tokens, *parts):
    """Return an answer that costs some tokens."""
    items = [{"id": f"i{tokens}", **(message(part) if isinstance(part, str) else part)} for part in parts]
    usage = Usage(input_tokens=tokens, output_tokens=0, total_tokens=tokens)
    return ModelResponse(output=items, usage=usage)


# --- turns


async def test_ten_turns_are_allowed_unless_told_otherwise():
    """The tenth question is asked, the eleventh is not; as in both Agents SDKs."""
    agent, model = ticking(9, "Done.")
    assert (await run_agent(agent, "Go")).final_output == "Done."
    agent, model = ticking(11)
    with pytest.raises(MaxTurnsExceeded) as raised:
        await run_agent(agent, "Go")
    assert (len(model.requests), raised.value.code) == (10, "max-turns")
    assert "resume" in raised.value.help


async def test_a_run_without_a_bound_goes_on():
    """`max_turns=None` is no bound."""
    agent, model = ticking(12, "Done.")
    assert (await run_agent(agent, "Go", max_turns=None)).final_output == "Done."
    assert len(model.requests) == 13


async def test_a_run_out_of_turns_goes_on_with_more():
    """TS-TRANS-042: resumed with a higher limit it goes on where it stopped; nothing runs twice."""
    agent, model = ticking(2, "Done.")
    with pytest.raises(MaxTurnsExceeded) as raised:
        await run_agent(agent, "Go", max_turns=2)
    result = await run_agent(agent, raised.value.state, max_turns=3)
    assert (result.final_output, len(model.requests)) == ("Done.", 3)


async def test_a_run_out_of_turns_stops_again_without_more():
    """TS-TRANS-042: a limit stays with the run."""
    agent, model = ticking(2, "Done.")
    with pytest.raises(MaxTurnsExceeded) as raised:
        await run_agent(agent, "Go", max_turns=2)
    with pytest.raises(MaxTurnsExceeded) as again:
        await run_agent(agent, raised.value.state)
    assert len(model.requests) == 2
    assert (await run_agent(agent, again.value.state, max_turns=None)).final_output == "Done."


async def test_a_session_of_a_run_out_of_turns_has_no_open_call():
    """RULINGS R7: what was done is kept, with its outputs."""
    session = MemorySession()
    agent, _ = ticking(3)
    with pytest.raises(MaxTurnsExceeded):
        await run_agent(agent, "Go", session, max_turns=2)
    kinds = [item.get("type", "message") for item in await session.get_items()]
    assert kinds == ["message", *["function_call", "function_call_output"] * 2]


async def test_an_agent_that_is_a_tool_has_turns_of_its_own():
    """A nested run that uses up its turns is reported to the agent above, which goes on (TS-TRANS-040)."""
    inner, _ = ticking(5)
    inner.name = "Inner"
    model = ScriptedModel([tool_call("ask", {"input": "Go"}, "c1"), "It would not end."], prefix="o_")
    outer = Agent("Outer", model, tools=[inner.as_tool("ask", max_turns=2)])
    result = await run_agent(outer, "Go", max_turns=3)
    assert result.final_output == "It would not end."
    assert "could not finish" in model.requests[-1].input[-1]["output"]


# --- tokens


async def test_a_run_that_has_used_its_tokens_stops_before_the_next_question():
    """TS-TRANS-042: the answer that used them up is kept; a higher limit lets the run go on."""
    model = ScriptedModel([using(60, tool_call("tick", {}, "c1")), using(60, tool_call("tick", {}, "c2")), "Done."])
    agent = Agent("A", model, tools=[tick])
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(agent, "Go", run_config=RunConfig(max_tokens=100))
    assert (raised.value.code, len(model.requests)) == ("max-tokens", 2)
    with pytest.raises(RunLimitExceeded):
        await run_agent(agent, raised.value.state)
    result = await run_agent(agent, raised.value.state, run_config=RunConfig(max_tokens=200))
    assert (result.final_output, result.usage.total_tokens) == ("Done.", 120)


async def test_nested_runs_use_the_tokens_of_the_whole():
    """The bound is on all runs of the tree together."""
    inner = Agent("Inner", ScriptedModel([using(200, "Much.")], prefix="i_"))
    model = ScriptedModel([using(10, tool_call("ask", {"input": "?"}, "c1")), "Done."])
    outer = Agent("Outer", model, tools=[inner.as_tool("ask")])
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(outer, "Go", run_config=RunConfig(max_tokens=100))
    assert raised.value.state.document.usage.total_tokens == 210


# --- time


async def test_a_model_that_never_answers_is_given_up_after_the_time_of_the_run():
    """A run that takes too long is stopped; resumed, it asks again, in the same turn, with time of its own."""
    answers = iter([None, "Hello."])

    async def answer(_request):
        found = next(answers)
        if found is None:
            await asyncio.Event().wait()
        return found

    agent = Agent("A", ScriptedModel([answer, answer]))
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(agent, "Hi", run_config=RunConfig(max_seconds=0.02))
    assert raised.value.code == "max-seconds"
    assert "0.02 seconds" in raised.value.message
    result = await run_agent(agent, raised.value.state)
    assert (result.final_output, result.state.document.runs[0].turn.count) == ("Hello.", 1)


async def test_a_tool_that_never_ends_is_given_up_after_the_time_of_the_run():
    """A tool that may run again does so when the run is resumed."""
    tries = []

    @function_tool(effect="read")
    async def read() -> str:
        """Read."""
        tries.append(1)
        if len(tries) == 1:
            await asyncio.Event().wait()
        return "read"

    agent = Agent("A", ScriptedModel([tool_call("read", {}, "c1"), "Done."]), tools=[read])
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(agent, "Hi", run_config=RunConfig(max_seconds=0.02))
    assert (await run_agent(agent, raised.value.state)).final_output == "Done."


async def test_a_run_that_ends_in_time_leaves_no_clock_running():
    """A bound that is not reached has no effect later on."""
    agent = Agent("A", ScriptedModel(["Hello."]))
    result = await run_agent(agent, "Hi", run_config=RunConfig(max_seconds=1000))
    clocks = [timer for timer in asyncio.get_running_loop()._scheduled if not timer.cancelled()]
    assert (result.final_output, clocks) == ("Hello.", [])


# --- sizes


async def test_an_output_that_is_too_long_stops_the_run():
    """TS-TRANS-042: the model is not sent it unless a higher limit lets it pass."""

    @function_tool
    def read() -> str:
        """Read."""
        return "x" * 101

    model = ScriptedModel([tool_call("read", {}, "c1"), "Long."])
    agent = Agent("A", model, tools=[read])
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(agent, "Go", run_config=RunConfig(max_output=100))
    assert (raised.value.code, len(model.requests)) == ("max-output", 1)
    result = await run_agent(agent, raised.value.state, run_config=RunConfig(max_output=200))
    assert result.final_output == "Long."


# --- depth


def circle():
    """Return two agents that delegate to each other for ever, and their models."""
    first_model = ScriptedModel([handoff_to("B", {"message": "?"}) for _ in range(20)], prefix="a_")
    second_model = ScriptedModel([handoff_to("A", {"message": "?"}) for _ in range(20)], prefix="b_")
    first, second = Agent("A", first_model), Agent("B", second_model)
    first.handoffs.append(Handoff(second, "delegate"))
    second.handoffs.append(Handoff(first, "delegate"))
    return first, first_model, second_model


async def test_delegations_in_a_circle_are_bounded():
    """RULINGS R12: by depth, ten runs unless told otherwise; the whole stops and can be resumed."""
    agent, first, second = circle()
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(agent, "Go")
    assert raised.value.code == "max-depth"
    assert len(first.requests) + len(second.requests) == 11
    assert len(raised.value.state.document.runs) == 11


async def test_the_depth_may_be_set():
    """0 is no nested run at all."""
    agent, first, second = circle()
    with pytest.raises(RunLimitExceeded):
        await run_agent(agent, "Go", run_config=RunConfig(max_depth=0))
    assert (len(first.requests), len(second.requests)) == (1, 0)


async def test_a_run_that_is_too_deep_goes_on_with_more_depth():
    """TS-TRANS-042: the call that had to wait is carried out then."""
    inner = Agent("Inner", ScriptedModel(["Deep."], prefix="i_"))
    model = ScriptedModel([handoff_to("Inner", {"message": "?"}, "d1"), "Done."])
    agent = Agent("A", model, handoffs=[Handoff(inner, "delegate")])
    with pytest.raises(RunLimitExceeded) as raised:
        await run_agent(agent, "Go", run_config=RunConfig(max_depth=0))
    result = await run_agent(agent, raised.value.state, run_config=RunConfig(max_depth=1))
    assert result.final_output == "Done."


async def test_transfers_in_a_circle_are_bounded_by_turns():
    """RULINGS R12: cycles of transfers are allowed; the turns end them."""
    first = Agent("A", ScriptedModel([handoff_to("B") for _ in range(9)], prefix="a_"))
    second = Agent("B", ScriptedModel([handoff_to("A") for _ in range(9)], prefix="b_"), handoffs=[first])
    first.handoffs.append(second)
    with pytest.raises(MaxTurnsExceeded) as raised:
        await run_agent(first, "Go", max_turns=6)
    assert raised.value.state.document.runs[0].turn.count == 6
