"""Crashes at every boundary of a run: wherever it dies, it can be gone on with, and nothing is done twice."""

import asyncio
import doctest
from collections import Counter

import pytest

from timestep import Agent, GuardrailFunctionOutput, Handoff, MemorySession, function_tool, input_guardrail, run_agent
from timestep.errors import UserError
from timestep.testing import ScriptedModel, SimulatedCrash, crash_points, handoff_to, tool_call
from timestep.testing import crash_points as function

pytestmark = pytest.mark.timeout(20)


class Scripted:
    """A model whose answer depends on the turn alone, so that asking for it again gives the same."""

    def __init__(self, *answers, prefix=""):
        self.answers, self.prefix, self.asked = answers, prefix, Counter()

    async def respond(self, request):
        """Give the answer of the turn that the question is of."""
        turn = int(request.key.rpartition("-")[2])
        self.asked[turn] += 1
        return await ScriptedModel([self.answers[turn - 1]], prefix=f"{self.prefix}{turn}_").respond(request)


def shop(done):
    """Return an agent with a tool of each effect, two of them called at once; `done` counts what was done."""

    @function_tool(effect="read")
    async def look() -> str:
        """Look."""
        done["look"] += 1
        return "3 left"

    @function_tool(effect="idempotent")
    async def reserve() -> str:
        """Reserve."""
        done["reserve"] += 1
        await asyncio.sleep(0)
        return "reserved"

    @function_tool(effect="once")
    async def pay() -> str:
        """Pay."""
        done["pay"] += 1
        return "paid"

    model = Scripted(
        [tool_call("look", {}, "c1"), tool_call("reserve", {}, "c2")], tool_call("pay", {}, "c3"), "All done."
    )
    return Agent("Shop", model, tools=[look, reserve, pay])


async def test_every_crash_is_gone_on_from_and_nothing_is_paid_twice():
    """TS-TRANS-004, TS-TOOL-010: each crash leads to the same answer, or to a payment to be looked into."""
    found, doubt = Counter(), 0
    for crash in crash_points():
        done = Counter()
        agent = shop(done)
        with crash:
            result = await run_agent(agent, "Buy one")
        if crash.happened:
            result = await run_agent(agent, crash.state or "Buy one")
        assert done["pay"] <= 1
        if result.interruptions:
            doubt += 1
            assert [(item.tool, item.state) for item in result.interruptions] == [("pay", "indeterminate")]
        else:
            assert (result.final_output, done["pay"]) == ("All done.", 1)
            assert [call["output"] for call in result["tool_calls"]] == ["3 left", "reserved", "paid"]
        found[crash.happened] += 1
    assert found[False] == 1
    assert found[True] > 20
    assert doubt > 0


async def test_an_answer_of_the_model_that_was_kept_is_not_asked_for_again():
    """TS-TRANS-051: a question is asked once more only where its answer was lost."""
    for crash in crash_points():
        agent = shop(Counter())
        with crash:
            await run_agent(agent, "Buy one")
        kept = len(crash.state.document.runs[0].responses) if crash.state is not None else 0
        before = sum(agent.model.asked.values())
        if crash.happened:
            await run_agent(agent, crash.state or "Buy one")
        assert before - kept in (0, 1)
        assert all(agent.model.asked[turn + 1] == 1 for turn in range(kept))


async def test_a_session_has_each_item_once_whatever_crash():
    """TS-DUR-045, TS-TRANS-021: also where the run died between writing the session and noting it."""
    for crash in crash_points():
        session, done = MemorySession(), Counter()
        agent = shop(done)
        agent.tools.pop()
        agent.model.answers = (agent.model.answers[0], "All done.")
        with crash:
            await run_agent(agent, "Buy one", session)
        if crash.happened:
            await run_agent(agent, crash.state or "Buy one", session)
        kinds = [item.get("type", "message") for item in await session.get_items()]
        assert kinds == ["message", *["function_call"] * 2, *["function_call_output"] * 2, "message"], crash


async def test_a_session_has_each_item_once_where_a_delegation_writes_its_own_first():
    """TS-TRANS-021: each session of the tree is looked at, and not only the one that is written next."""
    found = set()
    for crash in crash_points():
        session = MemorySession()
        inner = Agent("Inner", Scripted("It is 5.", prefix="i"))
        agent = shop(Counter())
        agent.model.answers = (tool_call("look", {}, "c1"), handoff_to("Inner", {"message": "?"}, "d1"), "Five.")
        agent.handoffs.append(Handoff(inner, "delegate"))
        with crash:
            await run_agent(agent, "Hi", session)
        if crash.happened:
            await run_agent(agent, crash.state or "Hi", session)
        kinds = [item.get("type", "message") for item in await session.get_items()]
        assert kinds == ["message", *["function_call", "function_call_output"] * 2, "message"], crash
        found.add(crash.happened)
    assert found == {False, True}


async def test_crashes_around_guardrails_and_handoffs_are_gone_on_from():
    """A guardrail that has not answered is asked again; a handoff that was begun is taken once."""
    answers = set()
    for crash in crash_points():
        checked, taken = [], []

        @input_guardrail
        async def polite(_ctx, _agent, _given, checked=checked):
            checked.append(1)
            return GuardrailFunctionOutput(None, tripwire_triggered=False)

        other = Agent("B", Scripted(None, "I am B.", prefix="b"))
        way = Handoff(other, input_filter=lambda data, taken=taken: taken.append(1) or data)
        agent = Agent("A", Scripted(handoff_to("B", call_id="h1")), handoffs=[way], input_guardrails=[polite])
        with crash:
            result = await run_agent(agent, "Hi")
        if crash.happened:
            result = await run_agent(agent, crash.state or "Hi")
        answers.add((result.final_output, result.last_agent))
        assert len(checked) in (1, 2)
        assert len(taken) in (1, 2)
    assert answers == {("I am B.", "B")}


async def test_crashes_in_a_delegation_are_gone_on_from():
    """The nested run goes on where it stood, and its answer comes back."""
    outputs = set()
    for crash in crash_points():
        inner = Agent("Inner", Scripted("It is 5.", prefix="i"))
        model = Scripted(handoff_to("Inner", {"message": "?"}, "d1"), "Five.")
        agent = Agent("A", model, handoffs=[Handoff(inner, "delegate")])
        with crash:
            result = await run_agent(agent, "Hi")
        if crash.happened:
            result = await run_agent(agent, crash.state or "Hi")
        outputs.add(result.final_output)
    assert outputs == {"Five."}


async def test_a_crash_while_a_decision_is_carried_out():
    """TS-APPR: a state that was decided on and died again needs no second decision."""

    def desk():
        sent = []

        @function_tool(needs_approval=True, effect="idempotent")
        async def send() -> str:
            """Send."""
            sent.append(1)
            return "sent"

        return Agent("A", Scripted(tool_call("send", {}, "c1"), "Sent."), tools=[send])

    for crash in crash_points():
        agent = desk()
        state = (await run_agent(agent, "Go")).to_state()
        state.approve("c1")
        with crash:
            result = await run_agent(agent, state)
        if crash.happened:
            kept = crash.state
            if kept is None:
                state = (await run_agent(desk(), "Go")).to_state()
                state.approve("c1")
            result = await run_agent(agent, kept or state)
        assert result.final_output == "Sent."


# --- the tool itself


async def test_the_first_try_lives_and_names_the_boundaries():
    """Each later try dies one boundary further on."""
    deaths = []
    for crash in crash_points():
        with crash:
            await run_agent(Agent(model=ScriptedModel(["Hello."])), "Hi")
        deaths.append((crash.number, crash.happened, len(crash.names)))
        if crash.number is None:
            assert crash.names == ["event", "prepare_turn", "event", "call_model", "event", "finish"]
            assert "none" in repr(crash)
        else:
            assert crash.names[crash.number] in repr(crash)
    assert deaths == [(None, False, 6), *((number, True, number + 1) for number in range(6))]


async def test_a_crash_is_no_exception_that_can_be_handled():
    """User code that catches every Exception does not survive it."""
    assert not issubclass(SimulatedCrash, Exception)


async def test_other_errors_are_not_swallowed():
    """What goes wrong in a try is the test's to see."""
    with pytest.raises(LookupError), next(crash_points()):
        raise LookupError


async def test_a_try_that_runs_nothing_is_refused():
    """A run that was started outside of the block is not watched, and would make a test that can't fail."""
    points = crash_points()
    with next(points):
        pass
    with pytest.raises(UserError, match="0 boundaries"):
        next(points)


async def test_a_run_that_is_too_long_is_refused():
    """The number of tries is bounded."""
    points = crash_points(limit=5)
    with next(points):
        await run_agent(Agent(model=ScriptedModel(["Hello."])), "Hi")
    with pytest.raises(UserError, match="6 boundaries"):
        next(points)


async def test_of_runs_within_runs_the_first_one_is_kept():
    """A tool that runs an agent itself dies with the run it works for."""

    @function_tool(effect="read")
    async def ask() -> str:
        """Ask."""
        return (await run_agent(Agent("Inner", ScriptedModel(["Ok."])), "?")).final_output

    for crash in crash_points():
        agent = Agent("Outer", Scripted(tool_call("ask", {}, "c1"), "Done."), tools=[ask])
        with crash:
            result = await run_agent(agent, "Hi")
        if crash.happened:
            assert crash.state is None or crash.state.document.agents[0].name == "Outer"
            result = await run_agent(agent, crash.state or "Hi")
        assert result.final_output == "Done."


async def test_runs_outside_of_the_block_live():
    """A crash is for the runs that were started in it."""
    points = crash_points()
    with next(points):
        await run_agent(Agent(model=ScriptedModel(["Hello."])), "Hi")
    with next(points) as crash:
        pass
    assert (await run_agent(Agent(model=ScriptedModel(["Hello."])), "Hi")).final_output == "Hello."
    assert crash.happened is False


def test_the_example_in_the_documentation_works():
    """What stands in the docstring is run."""
    examples = doctest.DocTestFinder().find(function, globs={})
    runner = doctest.DocTestRunner()
    assert [runner.run(example).failed for example in examples] == [0]
    assert runner.tries > 0
