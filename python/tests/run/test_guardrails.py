"""Guardrails in runs: tripwires at the input and the output, and checks of single calls."""

import asyncio
import json

import pytest

from timestep import (
    Agent,
    GuardrailFunctionOutput,
    GuardrailInterrupt,
    GuardrailResult,
    InputGuardrail,
    InputGuardrailTripwireTriggered,
    MemorySession,
    OutputGuardrail,
    OutputGuardrailTripwireTriggered,
    RunConfig,
    function_tool,
    input_guardrail,
    output_guardrail,
    run_agent,
)
from timestep.errors import UserError
from timestep.testing import ScriptedModel, handoff_to, tool_call

pytestmark = pytest.mark.timeout(5)


def passes(info=None):
    """Return an answer that lets pass."""
    return GuardrailFunctionOutput(info, tripwire_triggered=False)


def trips(info=None):
    """Return an answer that stops the run."""
    return GuardrailFunctionOutput(info, tripwire_triggered=True)


def outputs(model):
    """Return the outputs that the model was told with its last question."""
    return [item["output"] for item in model.requests[-1].input if item.get("type") == "function_call_output"]


def step_of(error):
    """Return where the run of an error stands."""
    return error.state.document.runs[0].step.type


# --- the input


async def test_a_blocking_input_guardrail_trips_before_the_model_is_asked():
    """TS-GUARD-003, TS-GUARD-005: nothing is asked, the run has failed, and the error has what was found."""

    @input_guardrail(run_in_parallel=False)
    def no_spam(_ctx, agent, given):
        return GuardrailFunctionOutput({"agent": agent.name}, "spam" in given)

    model = ScriptedModel(["Hello."])
    agent = Agent("A", model, input_guardrails=[no_spam])
    with pytest.raises(InputGuardrailTripwireTriggered) as raised:
        await run_agent(agent, "Buy spam")
    assert (model.requests, step_of(raised.value)) == ([], "failed")
    assert raised.value.guardrail_result.output.output_info == {"agent": "A"}
    assert (raised.value.code, raised.value.guardrail_result.guardrail.name) == ("input-tripwire", "no_spam")
    assert (await run_agent(agent, "Hi")).final_output == "Hello."


async def test_a_parallel_input_guardrail_that_trips_first_stops_the_model():
    """TS-GUARD-003: the question under way is given up; no tool ever runs."""
    asked = asyncio.Event()
    stopped = asyncio.Event()

    async def answer(_request):
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    @input_guardrail
    async def late(_ctx, _agent, _given):
        await asked.wait()
        return trips()

    with pytest.raises(InputGuardrailTripwireTriggered):
        await run_agent(Agent("A", ScriptedModel([answer]), input_guardrails=[late]), "Hi")
    assert stopped.is_set()


@pytest.mark.parametrize("beats", range(8))
async def test_a_model_that_answers_in_the_moment_a_guardrail_trips_changes_nothing(beats):
    """TS-GUARD-003, TS-TRANS-041: whichever of the two the event loop hands over first, the run is refused."""

    async def answer(_request):
        for _ in range(beats):
            await asyncio.sleep(0)
        return "Good day."

    @input_guardrail
    async def never(_ctx, _agent, _given):
        return trips()

    with pytest.raises(InputGuardrailTripwireTriggered):
        await run_agent(Agent("A", ScriptedModel([answer]), input_guardrails=[never]), "Hi")


async def test_a_parallel_input_guardrail_that_trips_last_lets_no_tool_run():
    """TS-GUARD-003: the model has answered with a call, which waits for the guardrail."""
    answered, ran = asyncio.Event(), []

    def answer(_request):
        answered.set()
        return tool_call("delete", {}, "c1")

    @function_tool
    def delete() -> str:
        """Delete."""
        ran.append(1)
        return "gone"

    @input_guardrail
    async def late(_ctx, _agent, _given):
        await answered.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return trips()

    session = MemorySession()
    agent = Agent("A", ScriptedModel([answer]), tools=[delete], input_guardrails=[late])
    with pytest.raises(InputGuardrailTripwireTriggered):
        await run_agent(agent, "Hi", session)
    assert (ran, [item for item in await session.get_items() if item.get("type") == "function_call"]) == ([], [])


async def test_a_final_answer_waits_for_a_parallel_input_guardrail():
    """TS-GUARD-003: an answer that comes before the guardrail is not given out when it trips."""
    answered = asyncio.Event()

    def answer(_request):
        answered.set()
        return "The secret."

    @input_guardrail
    async def late(_ctx, _agent, _given):
        await answered.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return trips()

    with pytest.raises(InputGuardrailTripwireTriggered) as raised:
        await run_agent(Agent("A", ScriptedModel([answer]), input_guardrails=[late]), "Hi")
    assert step_of(raised.value) == "failed"


async def test_input_guardrails_are_given_context_agent_and_input():
    """RULINGS R8: a text as it was given, items as a list; those of the run's configuration are asked too."""
    seen = []

    @input_guardrail
    async def first(ctx, agent, given):
        seen.append(("first", ctx.context, agent.name, given))
        return passes()

    @input_guardrail(run_in_parallel=False)
    def second(ctx, agent, given):
        seen.append(("second", ctx.context, agent.name, given))
        return passes()

    agent = Agent("A", ScriptedModel(["a", "b"]), input_guardrails=[first])
    config = RunConfig(input_guardrails=[second])
    await run_agent(agent, "Hi", context=1, run_config=config)
    message = {"role": "user", "content": "Hi"}
    await run_agent(agent, [message], context=2, run_config=config)
    assert seen == [
        *[("second", 1, "A", "Hi"), ("first", 1, "A", "Hi")],
        *[("second", 2, "A", [message]), ("first", 2, "A", [message])],
    ]


async def test_a_session_is_no_input_for_guardrails():
    """TS-GUARD-005: they are asked about what came in now, and not about the past."""
    seen = []

    @input_guardrail
    def note(_ctx, _agent, given):
        seen.append(given)
        return passes()

    session = MemorySession()
    agent = Agent("A", ScriptedModel(["a", "b"]), input_guardrails=[note])
    await run_agent(agent, "one", session)
    await run_agent(agent, "two", session)
    assert seen == ["one", "two"]


async def test_input_guardrails_are_asked_about_the_first_input_only():
    """TS-GUARD-005: not of later turns, of agents that take over, or again after a resume."""
    seen = []

    @input_guardrail
    def note(_ctx, agent, _given):
        seen.append(agent.name)
        return passes()

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    other = Agent("B", ScriptedModel([tool_call("send", {}, "c1"), "Done."], prefix="b_"), tools=[send])
    other.input_guardrails.append(note)
    agent = Agent("A", ScriptedModel([handoff_to("B", call_id="h1")]), handoffs=[other], input_guardrails=[note])
    state = (await run_agent(agent, "Go")).to_state()
    state.approve("c1")
    assert (await run_agent(agent, state)).final_output == "Done."
    assert seen == ["A"]


@pytest.mark.parametrize("parallel", [False, True])
async def test_an_input_guardrail_that_breaks_lets_nothing_pass(parallel):
    """TS-GUARD-001: its error comes as it is; resumed, the guardrail is asked again."""
    answers = iter([LookupError("no list"), passes()])

    @input_guardrail(run_in_parallel=parallel)
    def shaky(_ctx, _agent, _given):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    agent = Agent("A", ScriptedModel(["Hello.", "Hello."]), input_guardrails=[shaky])
    handle = run_agent(agent, "Hi")
    with pytest.raises(LookupError, match="no list"):
        await handle
    assert handle.state.document.runs[0].step.type != "finished"
    assert (await run_agent(agent, handle.state)).final_output == "Hello."
    assert list(answers) == []


async def test_an_answer_that_is_none_lets_nothing_pass():
    """TS-GUARD-001: a guardrail that forgot to answer stops the run."""
    agent = Agent("A", ScriptedModel(["Hello."]), input_guardrails=[input_guardrail(lambda *_: None)])
    with pytest.raises(UserError) as raised:
        await run_agent(agent, "Hi")
    assert raised.value.code == "guardrail-answer"


# --- the output


async def test_an_output_guardrail_that_trips_keeps_the_answer_back():
    """TS-GUARD-003: the run has failed; the session does not get an answer that nobody was shown."""

    @output_guardrail
    def discreet(_ctx, agent, output):
        return GuardrailFunctionOutput({"agent": agent.name}, "secret" in output)

    session = MemorySession()
    agent = Agent("A", ScriptedModel(["The secret is 5."]), output_guardrails=[discreet])
    with pytest.raises(OutputGuardrailTripwireTriggered) as raised:
        await run_agent(agent, "Tell me", session)
    assert (raised.value.code, step_of(raised.value)) == ("output-tripwire", "failed")
    assert raised.value.guardrail_result.output.output_info == {"agent": "A"}
    assert [item for item in await session.get_items() if item.get("role") == "assistant"] == []


async def test_output_guardrails_see_the_answer_of_the_agent_that_gives_it():
    """RULINGS R8: those of the last agent and of the run's configuration, not those of the first agent."""
    seen = []

    def noting(name):
        @output_guardrail(name=name)
        async def note(ctx, agent, output):
            seen.append((name, ctx.context, agent.name, output))
            return passes()

        return note

    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"), output_guardrails=[noting("b")])
    agent = Agent("A", ScriptedModel([handoff_to("B")]), handoffs=[other], output_guardrails=[noting("a")])
    await run_agent(agent, "Hi", context=1, run_config=RunConfig(output_guardrails=[noting("run")]))
    assert sorted(seen) == [("b", 1, "B", "I am B."), ("run", 1, "B", "I am B.")]


async def test_an_output_guardrail_that_breaks_is_asked_again_on_a_resume():
    """TS-TRANS-051: the model's answer is kept, and the model is not asked again."""
    answers = iter([LookupError("no list"), passes()])

    @output_guardrail
    def shaky(_ctx, _agent, _output):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    model = ScriptedModel(["Hello."])
    agent = Agent("A", model, output_guardrails=[shaky])
    handle = run_agent(agent, "Hi")
    with pytest.raises(LookupError):
        await handle
    assert (await run_agent(agent, handle.state)).final_output == "Hello."
    assert len(model.requests) == 1


async def test_guardrails_are_told(watched):
    """TS-EVENT-001: each answer is an event with name, position and what it said."""
    agent = Agent(
        "A",
        ScriptedModel(["Hello."]),
        input_guardrails=[input_guardrail(name="in")(lambda *_: passes())],
        output_guardrails=[output_guardrail(name="out")(lambda *_: trips())],
    )
    with pytest.raises(OutputGuardrailTripwireTriggered):
        await run_agent(agent, "Hi")
    found = [event for event in watched if event["type"] == "guardrail"]
    assert [(event["name"], event["position"], event["behavior"], event["agent"]) for event in found] == [
        ("in", "input", "allow", "A"),
        ("out", "output", "tripwire", "A"),
    ]
    assert (watched[-1]["type"], watched[-1]["code"]) == ("run_failed", "output-tripwire")


# --- single calls


def desk(*answers, guardrails=(), tool_guardrails=(), outputs_=()):
    """Return an agent with a tool that looks things up, its model, and what was looked up."""
    looked = []

    @function_tool(input_guardrails=tool_guardrails, output_guardrails=outputs_)
    def look(place: str) -> dict[str, str]:
        """Look."""
        looked.append(place)
        return {"found": f"gold in {place}"}

    model = ScriptedModel(answers)
    return Agent("A", model, tools=[look], guardrails=guardrails), model, looked


def named(name, function):
    """Return an input guardrail of a name."""
    return InputGuardrail(function, name)


async def test_a_blocked_call_is_told_to_the_model():
    """TS-GUARD-012: the tool does not run, and the run goes on."""
    block = named("no", lambda _tool, _args: GuardrailResult.block("not there"))
    agent, model, looked = desk(tool_call("look", {"place": "x"}, "c1"), "Sorry.", guardrails=[block])
    result = await run_agent(agent, "Go")
    assert (result.final_output, looked, outputs(model)) == ("Sorry.", [], ["Tool call blocked: not there"])
    assert (result["errors"][0]["code"], result["errors"][0]["call_id"]) == ("call-blocked", "c1")


async def test_a_withheld_result_is_told_to_the_model():
    """TS-GUARD-021: the tool has run, its result stays back."""
    block = OutputGuardrail(lambda _tool, _args, _result: GuardrailResult.block("private"), "no")
    agent, model, looked = desk(tool_call("look", {"place": "x"}, "c1"), "Sorry.", guardrails=[block])
    await run_agent(agent, "Go")
    assert (looked, outputs(model)) == (["x"], ["Tool result withheld: private"])


async def test_changed_arguments_are_what_the_tool_runs_with():
    """TS-GUARD-010: the agent's, then the tool's; each sees what was changed, and the model's text stays in the log."""
    seen = []

    def adding(sign):
        def louder(_tool, args):
            seen.append(args["place"])
            return GuardrailResult.modify_args({"place": args["place"] + sign})

        return louder

    agent, model, looked = desk(
        tool_call("look", {"place": "x"}, "c1"), "Ok.",
        guardrails=[named("one", adding("!"))], tool_guardrails=[named("two", adding("?"))],
    )  # fmt: skip
    result = await run_agent(agent, "Go")
    assert (seen, looked) == (["x", "x!"], ["x!?"])
    assert json.loads(result["tool_calls"][0]["arguments"]) == {"place": "x!?"}
    assert model.requests[-1].input[1]["arguments"] == '{"place":"x"}'


async def test_changed_results_are_what_the_model_is_told():
    """TS-GUARD-020: the tool's guardrails first, then the agent's."""

    def more(word):
        return lambda _tool, _args, result: GuardrailResult.modify_result({"found": f"{result['found']} {word}"})

    agent, model, _ = desk(
        tool_call("look", {"place": "x"}, "c1"), "Ok.",
        guardrails=[OutputGuardrail(more("agent"), "a")], outputs_=[OutputGuardrail(more("tool"), "t")],
    )  # fmt: skip
    await run_agent(agent, "Go")
    assert json.loads(outputs(model)[0]) == {"found": "gold in x tool agent"}


@pytest.mark.parametrize("position", ["input", "output"])
async def test_a_call_guardrail_that_breaks_lets_nothing_pass(position):
    """TS-GUARD-001: the call fails, and the model is told; the result does not reach it."""

    def broken(*_given):
        raise LookupError("no list")

    kind = InputGuardrail if position == "input" else OutputGuardrail
    agent, model, looked = desk(tool_call("look", {"place": "x"}, "c1"), "Sorry.", guardrails=[kind(broken, "b")])
    result = await run_agent(agent, "Go")
    assert (result.final_output, looked) == ("Sorry.", [] if position == "input" else ["x"])
    assert "no list" in outputs(model)[0]
    assert "gold" not in outputs(model)[0]


async def test_call_guardrails_cover_handoffs():
    """RULINGS R8: a transfer that is blocked does not happen."""
    block = named("stay", lambda tool, _args: GuardrailResult.block(f"no {tool}"))
    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"))
    model = ScriptedModel([handoff_to("B", call_id="h1"), "I stay."])
    result = await run_agent(Agent("A", model, handoffs=[other], guardrails=[block]), "Go")
    assert (result.final_output, result.last_agent) == ("I stay.", "A")
    assert outputs(model) == ["Tool call blocked: no transfer_to_b"]


async def test_a_handoff_that_is_asked_about_waits_and_is_taken_when_approved():
    """RULINGS R8, R10: an interrupt on a handoff pauses the run like any other."""

    def ask(tool, args):
        raise GuardrailInterrupt("Hand over?", tool, args)

    other = Agent("B", ScriptedModel(["I am B."], prefix="b_"))
    model = ScriptedModel([handoff_to("B", call_id="h1"), "I stay."])
    agent = Agent("A", model, handoffs=[other], guardrails=[named("ask", ask)])
    paused = await run_agent(agent, "Go")
    assert [(item.tool, item.prompts) for item in paused.interruptions] == [("transfer_to_b", ["Hand over?"])]
    state, no = paused.to_state(), paused.to_state()
    state.approve("h1")
    assert (await run_agent(agent, state)).last_agent == "B"
    no.reject("h1")
    assert (await run_agent(agent, no)).final_output == "I stay."


async def test_an_output_guardrail_can_not_ask():
    """TS-GUARD-022: the tool has run; the caller is told, and the model gets no result."""

    def ask(tool, args, _result):
        raise GuardrailInterrupt("Show?", tool, args)

    agent, _, looked = desk(tool_call("look", {"place": "x"}, "c1"), "?", guardrails=[OutputGuardrail(ask, "ask")])
    with pytest.raises(UserError) as raised:
        await run_agent(agent, "Go")
    assert (raised.value.requirement, looked) == ("TS-GUARD-022", ["x"])
