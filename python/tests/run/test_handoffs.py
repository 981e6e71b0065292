"""Agents that hand over: what the next one sees, and what a delegation gives back."""

import json

import pytest

from timestep import Agent, Handoff, MemorySession, RunConfig, function_tool, remove_all_tools, run_agent
from timestep.errors import UserError
from timestep.testing import ScriptedModel, handoff_to, tool_call

pytestmark = pytest.mark.timeout(5)


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


def chain(*, handoff=None, filter_=None, answers=("I am B.",)):
    """Return A, which ticks and hands over to B, and B's model."""
    model = ScriptedModel(answers, prefix="b_")
    other = Agent("B", model, tools=[tick])
    way = handoff(other) if handoff is not None else Handoff(other, input_filter=filter_)
    first = ScriptedModel([tool_call("tick", {}, "c1"), handoff_to("B", call_id="h1")])
    return Agent("A", first, tools=[tick], handoffs=[way]), model


def kinds(request):
    """Return types or roles of what a model was sent."""
    return [item.get("type") if "call_id" in item else item.get("role") for item in request.input]


async def test_the_next_agent_sees_the_whole_conversation():
    """TS-HAND-005: with the handoff's call and its output, by which agent it is now."""
    agent, model = chain()
    result = await run_agent(agent, "Hi")
    assert kinds(model.requests[0]) == ["user", *["function_call", "function_call_output"] * 2]
    assert model.requests[0].input[-1]["output"] == '{"assistant":"B"}'
    assert (result.final_output, result.last_agent, result.agent.name) == ("I am B.", "B", "B")


async def test_a_filter_may_leave_out_all_calls():
    """TS-HAND-007: `remove_all_tools` shows the conversation alone; the log keeps everything."""
    agent, model = chain(filter_=remove_all_tools)
    result = await run_agent(agent, "Hi")
    assert model.requests[0].input == [{"role": "user", "content": "Hi"}]
    assert [item["type"] for item in result.new_items].count("function_call_output") == 2


async def test_a_filter_of_ones_own_is_given_the_parts_and_the_context():
    """TS-HAND-007: the input as it was given, what came after it, and the turn of the handoff."""
    seen = []

    async def shorten(data):
        seen.append(data)
        return data.clone(input_history="In short: Hi", pre_handoff_items=(), new_items=())

    agent, model = chain(filter_=shorten)
    await run_agent(agent, "Hi", context="mine")
    (data,) = seen
    assert (data.input_history, data.run_context.context) == ("Hi", "mine")
    assert [item["type"] for item in data.pre_handoff_items] == ["function_call", "function_call_output"]
    assert [item["type"] for item in data.new_items] == ["function_call", "function_call_output"]
    assert model.requests[0].input == [{"role": "user", "content": "In short: Hi"}]


async def test_a_filter_may_add_and_reorder_items():
    """TS-HAND-007: what the next agent sees is what the filter gave, in its order; it is seen in later turns too."""

    def note(data):
        return data.clone(input_history=({"role": "user", "content": "Note."}, {"role": "user", "content": "Hi"}))

    agent, model = chain(filter_=note, answers=(tool_call("tick"), "Done."))
    await run_agent(agent, "Hi")
    assert [item["content"] for item in model.requests[0].input if "content" in item] == ["Note.", "Hi"]
    assert model.requests[1].input[: len(model.requests[0].input)] == model.requests[0].input


async def test_what_a_filter_adds_was_not_said():
    """TS-HAND-007: it is no new item of the run, and no session gets it."""

    def note(data):
        return data.clone(input_history=({"role": "user", "content": "Note."},))

    agent, _ = chain(filter_=note)
    session = MemorySession()
    result = await run_agent(agent, "Hi", session)
    assert "Note." not in str(result.new_items)
    assert "Note." not in str(await session.get_items())
    assert "Note." in str(result.to_input_list())


async def test_a_filter_that_gives_something_else_is_refused():
    """TS-HAND-007: before anything is handed over; the state can be resumed once it is mended."""
    agent, model = chain(filter_=lambda data: data.input_history)
    with pytest.raises(UserError) as raised:
        await run_agent(agent, "Hi")
    assert (raised.value.requirement, model.requests) == ("TS-HAND-007", [])
    agent.handoffs[0].input_filter = None
    assert (await run_agent(agent, raised.value.state)).final_output == "I am B."


async def test_the_filter_of_the_run_holds_where_a_handoff_has_none():
    """`RunConfig.handoff_input_filter`: a handoff's own filter comes before it."""
    agent, model = chain()
    await run_agent(agent, "Hi", run_config=RunConfig(handoff_input_filter=remove_all_tools))
    assert model.requests[0].input == [{"role": "user", "content": "Hi"}]
    agent, model = chain(filter_=lambda data: data)
    await run_agent(agent, "Hi", run_config=RunConfig(handoff_input_filter=remove_all_tools))
    assert len(model.requests[0].input) == 5


async def test_user_code_is_told_of_a_handoff_with_its_arguments():
    """`on_handoff` is called with context and argument string, once."""
    seen = []
    schema = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"))
    way = Handoff(other, on_handoff=lambda ctx, text: seen.append((ctx.context, text)), input_json_schema=schema)
    agent = Agent("A", ScriptedModel([handoff_to("B", {"why": "tired"}, "h1")]), handoffs=[way])
    await run_agent(agent, "Hi", context="mine")
    assert seen == [("mine", '{"why":"tired"}')]


async def test_of_two_handoffs_in_one_answer_the_first_is_taken():
    """TS-HAND-010: the other one is answered, and nobody else takes over."""
    b, c = Agent("B", ScriptedModel(["I am B."], prefix="b_")), Agent("C", ScriptedModel([], prefix="c_"))
    model = ScriptedModel([[handoff_to("B", call_id="h1"), handoff_to("C", call_id="h2")]])
    result = await run_agent(Agent("A", model, handoffs=[b, c]), "Hi")
    assert result.last_agent == "B"
    outputs = {item["call_id"]: item["output"] for item in result.new_items if "output" in item}
    assert outputs["h2"] == "Multiple handoffs detected, ignoring this one."


async def test_tools_beside_a_handoff_run_before_it_is_taken():
    """Every call of the answer is carried out; the next agent sees their outputs."""
    agent, model = chain()
    agent.model = ScriptedModel([[handoff_to("B", call_id="h1"), tool_call("tick", {}, "c1")]])
    await run_agent(agent, "Hi")
    outputs = [item["output"] for item in model.requests[0].input if "output" in item]
    assert sorted(outputs) == ["tock", '{"assistant":"B"}']


async def test_agents_may_hand_back():
    """RULINGS R12: cycles are allowed; each has its own instructions."""
    first_model = ScriptedModel([handoff_to("B"), "I am A again."], prefix="a_")
    second_model = ScriptedModel([handoff_to("A")], prefix="b_")
    first = Agent("A", first_model, "You are A.")
    first.handoffs.append(Agent("B", second_model, "You are B.", handoffs=[first]))
    result = await run_agent(first, "Hi")
    assert (result.final_output, result.last_agent) == ("I am A again.", "A")
    assert [request.instructions for request in first_model.requests] == ["You are A."] * 2


# --- delegation


async def test_a_delegation_comes_back_to_the_caller():
    """RULINGS R12: the other agent gets the message, and its answer is the output of the call."""
    inner_model = ScriptedModel(["It is 5."], prefix="i_")
    inner = Agent("Inner", inner_model, "Count.")
    model = ScriptedModel([handoff_to("Inner", {"message": "How many?"}, "d1"), "Five."])
    result = await run_agent(Agent("A", model, handoffs=[inner], handoff_mode="delegate"), "Hi")
    assert (result.final_output, result.last_agent) == ("Five.", "A")
    assert inner_model.requests[0].input == [{"role": "user", "content": "How many?"}]
    assert json.loads(model.requests[-1].input[-1]["output"])["result"] == "It is 5."
    assert [item["type"] for item in result.new_items] == ["function_call", "function_call_output", "message"]


@pytest.mark.parametrize("arguments", ["{", "{}", {"message": 5}])
async def test_a_delegation_without_a_message_is_reported(arguments):
    """TS-HAND-004: the other agent is not asked, and the model is told what to correct."""
    inner_model = ScriptedModel([], prefix="i_")
    model = ScriptedModel([handoff_to("Inner", arguments, "d1"), "Sorry."])
    agent = Agent("A", model, handoffs=[Handoff(Agent("Inner", inner_model), "delegate")])
    assert (await run_agent(agent, "Hi")).final_output == "Sorry."
    assert inner_model.requests == []
    assert "Invalid arguments" in model.requests[-1].input[-1]["output"]


async def test_two_delegations_at_once_both_come_back():
    """Calls of one answer to the same agent are two runs; each answer belongs to its call."""
    inner_model = ScriptedModel([lambda request: f"About {request.input[-1]['content']}."] * 2, prefix="i_")
    inner = Agent("Inner", inner_model)
    calls = [handoff_to("Inner", {"message": word}, f"d{word}") for word in "xy"]
    model = ScriptedModel([calls, "Both."])
    result = await run_agent(Agent("A", model, handoffs=[Handoff(inner, "delegate")]), "Hi")
    assert result.final_output == "Both."
    answers = {item["call_id"]: json.loads(item["output"])["result"] for item in result.new_items if "output" in item}
    assert answers == {"dx": "About x.", "dy": "About y."}


async def test_a_call_in_a_delegation_waits_for_a_person():
    """The whole tree pauses; the path names the call below, and the nested run goes on when it is approved."""
    sent = []

    @function_tool(needs_approval=True)
    def send(to: str) -> str:
        """Send."""
        sent.append(to)
        return "sent"

    inner = Agent("Inner", ScriptedModel([tool_call("send", {"to": "ann"}, "c1"), "Sent."], prefix="i_"), tools=[send])
    model = ScriptedModel([handoff_to("Inner", {"message": "Write to ann."}, "d1"), "Done."])
    agent = Agent("A", model, handoffs=[Handoff(inner, "delegate")])
    paused = await run_agent(agent, "Hi")
    assert [(item.path, item.agent) for item in paused.interruptions] == [("d1/c1", "Inner")]
    state = paused.to_state()
    state.approve("d1/c1")
    result = await run_agent(agent, state)
    assert (result.final_output, sent) == ("Done.", ["ann"])


async def test_a_delegation_that_fails_is_told_to_the_caller():
    """TS-TRANS-040: a tripwire in the nested run is a failed call, and not the end of everything."""
    from timestep import GuardrailFunctionOutput, input_guardrail

    @input_guardrail(run_in_parallel=False)
    def never(_ctx, _agent, _given):
        return GuardrailFunctionOutput(None, tripwire_triggered=True)

    inner = Agent("Inner", ScriptedModel([], prefix="i_"), input_guardrails=[never])
    model = ScriptedModel([handoff_to("Inner", {"message": "?"}, "d1"), "It would not."])
    result = await run_agent(Agent("A", model, handoffs=[Handoff(inner, "delegate")]), "Hi")
    assert result.final_output == "It would not."
    assert result["errors"][0]["code"] == "input-tripwire"


# --- agents as tools


async def test_an_agent_may_be_a_tool():
    """The nested run's answer is the output of the call; its tokens count for the whole."""
    inner_model = ScriptedModel([tool_call("tick"), "It ticks."], prefix="i_")
    inner = Agent("Inner", inner_model, tools=[tick])
    model = ScriptedModel([tool_call("ask", {"input": "Does it?"}, "c1"), "Yes."])
    agent = Agent("A", model, tools=[inner.as_tool("ask", "Asks.")])
    result = await run_agent(agent, "Hi")
    assert (result.final_output, result.usage.requests) == ("Yes.", 4)
    assert inner_model.requests[0].input == [{"role": "user", "content": "Does it?"}]
    assert model.requests[-1].input[-1]["output"] == "It ticks."


async def test_an_agent_as_a_tool_may_need_approval():
    """The nested run does not begin before a person has agreed."""
    inner_model = ScriptedModel(["Ok."], prefix="i_")
    tool = Agent("Inner", inner_model).as_tool("ask", needs_approval=True)
    agent = Agent("A", ScriptedModel([tool_call("ask", {"input": "?"}, "c1"), "Done."]), tools=[tool])
    paused = await run_agent(agent, "Hi")
    assert ([item.tool for item in paused.interruptions], inner_model.requests) == (["ask"], [])
    state = paused.to_state()
    state.approve("c1")
    assert (await run_agent(agent, state)).final_output == "Done."


async def test_a_nested_failure_of_a_model_is_told_to_the_caller():
    """TS-TRANS-040: the agent above hears of it and goes on."""
    from timestep import ModelError

    inner = Agent("Inner", ScriptedModel([ModelError("down")], prefix="i_"))
    model = ScriptedModel([tool_call("ask", {"input": "?"}, "c1"), "It is down."])
    result = await run_agent(Agent("A", model, tools=[inner.as_tool("ask")]), "Hi")
    assert result.final_output == "It is down."
    assert "could not finish" in model.requests[-1].input[-1]["output"]


@pytest.mark.parametrize("decided", ["a1", "a2"])
async def test_of_two_nested_runs_the_one_decided_goes_on(decided):
    """A decision on a call of one nested run is carried out while the other one waits on."""
    sent = []

    @function_tool(needs_approval=True)
    def send(to: str) -> str:
        """Send."""
        sent.append(to)
        return "sent"

    agents = [
        Agent(name, ScriptedModel([tool_call("send", {"to": name}, "c1"), "Sent."], prefix=name), tools=[send])
        for name in ("First", "Second")
    ]
    calls = [tool_call("first", {"input": "?"}, "a1"), tool_call("second", {"input": "?"}, "a2")]
    model = ScriptedModel([calls, "Both."])
    agent = Agent("A", model, tools=[agents[0].as_tool("first"), agents[1].as_tool("second")])
    state = (await run_agent(agent, "Hi")).to_state()
    assert [item.path for item in state.get_interruptions()] == ["a1/c1", "a2/c1"]
    state.approve(f"{decided}/c1")
    paused = await run_agent(agent, state)
    other = "a2" if decided == "a1" else "a1"
    assert [item.path for item in paused.interruptions] == [f"{other}/c1"]
    assert sent == ["First" if decided == "a1" else "Second"]
    state = paused.to_state()
    state.reject(f"{other}/c1")
    assert (await run_agent(agent, state)).final_output == "Both."
    assert len(model.requests) == 2
