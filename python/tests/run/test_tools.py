"""Calls of tools: what goes wrong with them, how they run beside each other, and what they are given."""

import asyncio
import threading

import pytest

from timestep import (
    Agent,
    ModelBehaviorError,
    RunConfig,
    ToolContext,
    ToolError,
    ToolTimeoutError,
    function_tool,
    run_agent,
)
from timestep.testing import ScriptedModel, handoff_to, tool_call

pytestmark = pytest.mark.timeout(5)


def outputs(model):
    """Return the outputs that the model was told with its last question."""
    return [item["output"] for item in model.requests[-1].input if item.get("type") == "function_call_output"]


def fails(**options):
    """Return a tool that raises."""

    @function_tool(**options)
    async def fetch(url: str) -> str:
        """Fetch a page."""
        raise ConnectionError(f"no way to {url}")

    return fetch


# --- failures


async def test_a_tool_that_raises_is_reported_to_the_model(watched):
    """RULINGS R7, TS-TOOL-032: the model is told class and message, and the run goes on."""
    model = ScriptedModel([tool_call("fetch", {"url": "x"}, "c1"), "It is down."])
    result = await run_agent(Agent("A", model, tools=[fails()]), "Fetch x.")
    assert result.final_output == "It is down."
    assert outputs(model) == ["The tool fetch failed: ConnectionError: no way to x"]
    (error,) = result["errors"]
    assert (error["code"], error["tool"], error["call_id"]) == ("tool-failed", "fetch", "c1")
    assert [event["output"] for event in watched if event["type"] == "tool_error"] == outputs(model)


async def test_a_tool_that_is_to_raise_stops_the_run():
    """RULINGS R7: `on_error="raise"` ends the run with a ToolError that has the cause; the state can be resumed."""
    model = ScriptedModel([tool_call("fetch", {"url": "x"}, "c1"), "Never mind."])
    agent = Agent("A", model, tools=[fails(on_error="raise")])
    with pytest.raises(ToolError) as raised:
        await run_agent(agent, "Fetch x.")
    assert isinstance(raised.value.__cause__, ConnectionError)
    assert (raised.value.requirement, len(model.requests)) == ("TS-TOOL-032", 1)
    again = await run_agent(agent, raised.value.state)
    assert again.final_output == "Never mind."
    assert "no way to x" in outputs(model)[0]


async def test_what_a_tool_error_says_is_said_to_the_model():
    """TS-TOOL-032: the message of a ToolError is written for the model and stays as it is."""

    @function_tool
    def book(day: str) -> str:
        """Book a day."""
        raise ToolError(f"{day} is taken, try another day")

    model = ScriptedModel([tool_call("book", {"day": "Monday"}, "c1"), "Sorry."])
    await run_agent(Agent("A", model, tools=[book]), "Book Monday.")
    assert outputs(model) == ["Monday is taken, try another day"]


async def test_the_siblings_of_a_call_that_stops_the_run_are_waited_for():
    """TS-TOOL-010: what has begun is not thrown away; its output is in the state."""
    gate = asyncio.Event()

    @function_tool
    async def slow() -> str:
        """Wait."""
        await gate.wait()
        return "done at last"

    @function_tool(on_error="raise")
    async def broken() -> str:
        """Fail."""
        gate.set()
        raise RuntimeError("broken")

    model = ScriptedModel([[tool_call("slow", {}, "c1"), tool_call("broken", {}, "c2")], "So be it."])
    agent = Agent("A", model, tools=[slow, broken])
    with pytest.raises(ToolError) as raised:
        await run_agent(agent, "Go")
    await run_agent(agent, raised.value.state)
    assert outputs(model)[0] == "done at last"


async def test_a_tool_that_is_not_there_is_reported_to_the_model():
    """RULINGS R7: the model is told, and can correct itself."""
    model = ScriptedModel([tool_call("nope", {}, "c1"), "I see."])
    result = await run_agent(Agent("A", model), "Go")
    assert (result.final_output, outputs(model)) == ("I see.", ["There is no tool nope."])
    assert result["errors"][0]["code"] == "tool-unknown"


async def test_a_tool_that_is_not_there_stops_the_run_where_that_is_wanted():
    """`tool_not_found="raise"`: a ModelBehaviorError, as in the SDKs; the state has no dangling call."""
    model = ScriptedModel([tool_call("nope", {}, "c1"), "I see."])
    agent = Agent("A", model)
    with pytest.raises(ModelBehaviorError, match="nope") as raised:
        await run_agent(agent, "Go", run_config=RunConfig(tool_not_found="raise"))
    assert raised.value.code == "tool-unknown"
    await run_agent(agent, raised.value.state)
    assert outputs(model) == ["There is no tool nope."]


async def test_a_handoff_that_is_not_there_is_a_tool_that_is_not_there():
    """An agent the model made up is reported to it; nobody takes over."""
    model = ScriptedModel([handoff_to("Ghost", call_id="h1"), "I stay."])
    result = await run_agent(Agent("A", model), "Go")
    assert (result.final_output, result.last_agent) == ("I stay.", "A")
    assert outputs(model) == ["There is no tool transfer_to_ghost."]


@pytest.mark.parametrize("arguments", ["", "{", '{"url": "x"', "[]", "null", '"x"', '{"url": "x"} trailing'])
async def test_arguments_that_are_no_object_are_reported_to_the_model(arguments):
    """TS-TOOL-031: the tool does not run, and the model is told what to correct."""
    ran = []

    @function_tool
    def fetch(url: str) -> str:
        """Fetch a page."""
        ran.append(url)
        return url

    model = ScriptedModel([tool_call("fetch", arguments, "c1"), "Sorry."])
    result = await run_agent(Agent("A", model, tools=[fetch]), "Fetch x.")
    assert (result.final_output, ran) == ("Sorry.", [])
    assert "Invalid arguments for fetch" in outputs(model)[0]
    assert result["errors"][0]["code"] == "tool-arguments"


@pytest.mark.parametrize(
    "arguments", [{"count": "three"}, {"count": None}, {}, {"count": 3, "more": 1}, {"count": 3.5}]
)
async def test_arguments_of_a_wrong_type_are_reported_to_the_model(arguments):
    """TS-TOOL-031: they are not guessed at."""
    ran = []

    @function_tool
    def repeat(count: int) -> str:
        """Repeat."""
        ran.append(count)
        return "x" * count

    model = ScriptedModel([tool_call("repeat", arguments, "c1"), "Sorry."])
    await run_agent(Agent("A", model, tools=[repeat]), "Go")
    assert ran == []
    assert "Invalid arguments for repeat" in outputs(model)[0]


async def test_a_call_id_that_is_used_again_is_not_carried_out():
    """TS-TOOL-001: one id is one call."""
    ran = []

    @function_tool
    def count() -> str:
        """Count."""
        ran.append(1)
        return str(len(ran))

    model = ScriptedModel([tool_call("count", {}, "c1"), tool_call("count", {}, "c1"), "2?"])
    result = await run_agent(Agent("A", model, tools=[count]), "Go")
    assert (result.final_output, len(ran)) == ("2?", 1)
    assert "used before" in outputs(model)[1]


async def test_a_result_that_can_not_be_passed_on_is_reported():
    """TS-TOOL-030: the model is told that the tool has run, and that its result is lost."""

    @function_tool
    def find() -> object:
        """Find."""
        return object()

    model = ScriptedModel([tool_call("find", {}, "c1"), "Hm."])
    await run_agent(Agent("A", model, tools=[find]), "Go")
    assert "has run, but its result" in outputs(model)[0]


async def test_the_default_effect_of_a_tool_is_one_that_is_not_repeated():
    """TS-TOOL-034: a cancelled call of a tool that may not run twice is in doubt; it is never run again unasked."""
    begun = asyncio.Event()
    ran = []

    @function_tool
    async def pay() -> str:
        """Pay."""
        ran.append(1)
        begun.set()
        await asyncio.Event().wait()
        return "paid"

    agent = Agent("A", ScriptedModel([tool_call("pay", {}, "c1")]), tools=[pay])
    handle = run_agent(agent, "Go")
    running = asyncio.ensure_future(_result(handle))
    await begun.wait()
    handle.cancel()
    state = (await running).to_state()
    again = await run_agent(agent, state)
    assert ([item.state for item in again.interruptions], len(ran)) == (["indeterminate"], 1)


async def _result(handle):
    return await handle


# --- time


async def test_a_tool_that_takes_too_long_is_stopped_and_reported():
    """TS-TOOL-035: the model is told that it may have had an effect."""

    @function_tool(timeout=0.01)
    async def wait() -> str:
        """Wait."""
        await asyncio.Event().wait()
        return "never"

    model = ScriptedModel([tool_call("wait", {}, "c1"), "Too slow."])
    result = await run_agent(Agent("A", model, tools=[wait]), "Go")
    assert result.final_output == "Too slow."
    assert outputs(model) == ["The tool wait took longer than 0.01 seconds. It may have had an effect."]
    assert result["errors"][0]["code"] == "tool-timeout"


async def test_a_timeout_stops_the_run_where_that_is_wanted():
    """TS-TOOL-035: `on_error="raise"` holds for it too."""

    @function_tool(timeout=0.01, on_error="raise")
    async def wait() -> str:
        """Wait."""
        await asyncio.Event().wait()
        return "never"

    with pytest.raises(ToolTimeoutError):
        await run_agent(Agent("A", ScriptedModel([tool_call("wait", {}, "c1")]), tools=[wait]), "Go")


async def test_the_calls_of_one_answer_run_at_the_same_time():
    """Each waits for the other, so neither could end alone; the outputs are in the order of the calls."""
    meet = asyncio.Barrier(2)

    @function_tool
    async def left() -> str:
        """Meet."""
        await meet.wait()
        return "left"

    @function_tool
    async def right() -> str:
        """Meet."""
        await meet.wait()
        return "right"

    model = ScriptedModel([[tool_call("right", {}, "c1"), tool_call("left", {}, "c2")], "Done."])
    await run_agent(Agent("A", model, tools=[left, right]), "Go")
    assert outputs(model) == ["right", "left"]


async def test_plain_functions_run_beside_the_loop():
    """A synchronous tool runs in a thread of its own, so that it holds nobody up."""
    threads = []

    @function_tool
    def where() -> str:
        """Tell the thread."""
        threads.append(threading.current_thread())
        return "here"

    model = ScriptedModel([tool_call("where", {}, "c1"), "Done."])
    await run_agent(Agent("A", model, tools=[where]), "Go")
    assert threads[0] is not threading.main_thread()


# --- what they are given


async def test_a_tool_is_given_the_context_and_the_call():
    """RULINGS R7: the caller's context, the call's id, arguments, key and attempt."""
    seen = []

    @function_tool
    def look(ctx: ToolContext, place: str) -> str:
        """Look."""
        seen.append(ctx)
        return place

    mine = {"user": "ann"}
    model = ScriptedModel([tool_call("look", '{ "place": "here" }', "c1"), "Done."])
    await run_agent(Agent("A", model, tools=[look]), "Go", context=mine)
    (ctx,) = seen
    assert ctx.context is mine
    assert (ctx.call_id, ctx.tool_name, ctx.arguments, ctx.attempt) == ("c1", "look", '{ "place": "here" }', 0)
    assert ctx.idempotency_key
    assert ctx.usage.requests == 1


async def test_all_attempts_of_a_call_have_one_key():
    """TS-TOOL-034: a tool that may run again under the same key is told the key and the attempt."""
    seen, begun = [], asyncio.Event()

    @function_tool(effect="idempotent")
    async def book(ctx: ToolContext) -> str:
        """Book."""
        seen.append((ctx.idempotency_key, ctx.attempt))
        if len(seen) == 1:
            begun.set()
            await asyncio.Event().wait()
        return "booked"

    agent = Agent("A", ScriptedModel([tool_call("book", {}, "c1"), "Done."]), tools=[book])
    handle = run_agent(agent, "Go")
    running = asyncio.ensure_future(_result(handle))
    await begun.wait()
    handle.cancel()
    result = await run_agent(agent, (await running).to_state())
    assert result.final_output == "Done."
    assert ([key for key, _ in seen], [attempt for _, attempt in seen]) == ([seen[0][0]] * 2, [0, 1])


async def test_tools_that_are_not_enabled_are_not_offered_and_not_run():
    """A predicate withholds a tool for a turn; a call of it is one of a tool that is not there."""
    ran = []

    @function_tool(is_enabled=lambda ctx, _agent: ctx.context == "admin")
    def delete() -> str:
        """Delete."""
        ran.append(1)
        return "gone"

    model = ScriptedModel([tool_call("delete", {}, "c1"), "No.", "Hi."])
    agent = Agent("A", model, tools=[delete])
    await run_agent(agent, "Go", context="guest")
    assert (model.requests[0].tools, ran, outputs(model)) == ([], [], ["There is no tool delete."])
    await run_agent(agent, "Go", context="admin")
    assert [tool["name"] for tool in model.requests[-1].tools] == ["delete"]


async def test_a_rule_that_breaks_stops_the_run_and_leaves_a_state():
    """An is_enabled that raises is the caller's to mend: the error comes as it is, and the handle has the state."""

    def rule(_ctx, _agent):
        raise LookupError("no rules")

    @function_tool(is_enabled=rule)
    def delete() -> str:
        """Delete."""
        return "gone"

    handle = run_agent(Agent("A", ScriptedModel([]), tools=[delete]), "Go")
    with pytest.raises(LookupError, match="no rules"):
        await handle
    assert handle.state.document.runs[0].turn.open is False


async def test_a_tool_that_is_gone_when_its_call_is_approved_is_reported():
    """TS-TRANS-003: an approved call of a tool that the agent no longer has fails, and nothing else runs for it."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    model = ScriptedModel([tool_call("send", {}, "c1"), "Done."])
    state = (await run_agent(Agent("A", model, tools=[send]), "Go")).to_state()
    state.approve("c1")
    result = await run_agent(Agent("A", model), state)
    assert (result.final_output, outputs(model)) == ("Done.", ["There is no tool send."])


@pytest.mark.parametrize("later", [False, True])
async def test_a_plain_function_whose_search_finds_nothing_has_failed(later):
    """A StopIteration out of `next(...)` is a failure like any other, in threads too, and hangs nobody."""

    def search(name: str) -> str:
        """Search."""
        return next(known for known in ["ann"] if known == name)

    async def search_later(name: str) -> str:
        """Search."""
        return search(name)

    tool = function_tool(search_later if later else search, name="search")
    model = ScriptedModel([tool_call("search", {"name": "bob"}, "c1"), "Nobody."])
    async with asyncio.timeout(1):
        result = await run_agent(Agent("A", model, tools=[tool]), "Who?")
    assert (result.final_output, result["errors"][0]["code"]) == ("Nobody.", "tool-failed")
