"""Tools of the package as ours."""

import asyncio
from dataclasses import dataclass

import agents
import pytest
from agents.models.openai_responses import Converter
from agents.tool_context import ToolContext as SdkToolContext

from timestep import (
    HostedTool,
    ModelBehaviorError,
    ToolContext,
    ToolError,
    ToolTimeoutError,
    UserError,
    web_search,
)
from timestep.agent import AgentTool
from timestep.interop import as_agent
from timestep.tools.context import RunContextWrapper
from timestep.types.state import Usage

pytestmark = pytest.mark.timeout(5)
USAGE = Usage(requests=2, input_tokens=10, output_tokens=5, total_tokens=15, input_tokens_details={"cached_tokens": 4})
RUN = RunContextWrapper(context={"user": "Ada"}, usage=USAGE)


@agents.function_tool
def forecast(city: str, days: int = 3) -> str:
    """Tell the weather.

    Args:
        city: where.
        days: how far ahead.
    """
    return f"{city}: dry for {days} days"


@agents.function_tool(name_override="who", strict_mode=False)
async def who_asks(ctx: agents.RunContextWrapper[dict], extra: str = "") -> dict:
    """Tell who asks."""
    return {"user": ctx.context["user"], "spent": ctx.usage.total_tokens, "extra": extra}


def mapped(*tools, **options):
    """Return an agent of ours, mapped from one of the package's with these tools."""
    return as_agent(agents.Agent(name="Clerk", tools=list(tools), **options))


def only(tool, **options):
    """Return one tool of the package as ours."""
    (found,) = mapped(tool, **options).resolved_tools()
    return found


async def called(tool, arguments="{}", ctx=RUN):
    """Return what a call of one tool of the package gives."""
    return await only(tool).invoke(ctx, arguments, "call_1")


HOSTED = [
    agents.WebSearchTool(search_context_size="low"),
    agents.FileSearchTool(vector_store_ids=["vs_1"], max_num_results=3, include_search_results=True),
    agents.CodeInterpreterTool({"type": "code_interpreter", "container": {"type": "auto"}}),
    agents.ImageGenerationTool({"type": "image_generation", "size": "auto"}),
    agents.HostedMCPTool(
        {"type": "mcp", "server_label": "crm", "server_url": "https://crm.test", "require_approval": "always"}
    ),
    agents.HostedMCPTool(
        {"type": "mcp", "server_label": "erp", "server_url": "https://erp.test", "require_approval": "never"}
    ),
]


def test_definitions_are_those_the_package_sends():
    """RULINGS R5: functions, agents as tools and hosted tools alike, member by member."""
    tools = [forecast, who_asks, agents.Agent(name="Poet").as_tool("poem", "Write a poem."), *HOSTED]
    found = mapped(*tools)
    assert [tool.definition() for tool in found.resolved_tools()] == Converter.convert_tools(tools, []).tools
    assert found.model_settings.response_include == ["file_search_call.results"]


def test_a_person_finds_out_what_became_of_a_call_of_the_packages_tools():
    """TS-DUR-020: the package has no policy for it, and a tool without one asks."""
    assert {only(tool).in_doubt for tool in (forecast, agents.ShellTool(executor=lambda _: ""))} == {"ask"}


async def test_an_mcp_servers_calls_are_decided_by_the_packages_function():
    """RULINGS R5: it gets the package's context and request; without one, a person is asked."""
    seen = []

    async def decide(request):
        seen.append((request.ctx_wrapper.context, request.data.name, request.data.server_label))
        return {"approve": False, "reason": "not on Sundays"}

    config = {"type": "mcp", "server_label": "crm", "server_url": "https://a.test"}
    request = {"type": "mcp_approval_request", "id": "m1", "server_label": "crm", "name": "find", "arguments": "{}"}
    deciding = only(agents.HostedMCPTool(config, on_approval_request=decide))
    assert await deciding.decide(RUN, request) == ("reject", "not on Sundays")
    assert seen == [({"user": "Ada"}, "find", "crm")]
    assert await only(agents.HostedMCPTool(config)).decide(RUN, request) is None


async def test_a_function_gets_the_packages_context():
    """RULINGS R5: its class, the caller's value, and what the run has used so far."""
    assert await called(forecast, '{"city":"Oakland","days":1}') == "Oakland: dry for 1 days"
    assert await called(who_asks, '{"extra":"x"}') == {"user": "Ada", "spent": 15, "extra": "x"}


async def test_a_tool_context_tells_of_the_call():
    """RULINGS R5: call id, name, arguments, the call item, the agent, and usage in detail."""
    seen = []

    async def look(ctx, arguments):
        seen.append((ctx, arguments))
        return "seen"

    agent = agents.Agent(name="Clerk", tools=[agents.FunctionTool("look", "", {}, look)])
    (tool,) = as_agent(agent).resolved_tools()
    await tool.invoke(
        ToolContext(context=1, usage=USAGE, call_id="c", tool_name="look", tool_arguments="{ }"), "{ }", "c"
    )
    ((ctx, arguments),) = seen
    assert type(ctx) is SdkToolContext
    assert (ctx.context, ctx.tool_call_id, ctx.tool_name, ctx.tool_arguments, arguments) == (
        1,
        "c",
        "look",
        "{ }",
        "{ }",
    )
    assert (ctx.tool_call.type, ctx.tool_call.call_id, ctx.tool_call.arguments) == ("function_call", "c", "{ }")
    assert ctx.agent is agent
    assert (ctx.usage.requests, ctx.usage.input_tokens, ctx.usage.input_tokens_details.cached_tokens) == (2, 10, 4)


async def asked(tool, **arguments):
    """Tell whether a person is asked about a call."""
    return await only(tool).approval_needed(RUN, arguments, "call_1")


async def test_a_predicate_set_after_the_tool_was_made_counts():
    """RULINGS R5, FEATURES 12: `tool.needs_approval = fn` decides call by call, with the package's context."""
    seen = []

    async def risky(ctx, args, call_id):
        seen.append((type(ctx), ctx.context, call_id))
        return args["city"].lower() == "berkeley"

    @agents.function_tool
    def weather(city: str) -> str:
        return city

    assert await asked(weather, city="Berkeley") is False
    weather.needs_approval = risky
    assert await asked(weather, city="Berkeley") is True
    assert await asked(weather, city="Oakland") is False
    assert seen == [(agents.RunContextWrapper, {"user": "Ada"}, "call_1")] * 2
    weather.needs_approval = True
    assert await asked(weather, city="Oakland") is True


async def test_a_predicate_that_can_not_tell_leaves_it_to_a_person():
    """RULINGS R5: as in the package, arguments the function would not get as they were written are asked about."""

    @agents.function_tool(needs_approval=lambda _ctx, _args, _call_id: False)
    def pay(amount: int = 5) -> str:
        return str(amount)

    assert await asked(pay, amount=5) is False
    assert await asked(pay) is True
    assert await asked(pay, amount="5") is True


async def test_is_enabled_is_asked_with_the_packages_objects():
    """RULINGS R5: a predicate gets context and agent, synchronous or not; what it answers is read as true or false."""
    agent = agents.Agent(name="Clerk")
    seen = []

    def rule(ctx, each):
        seen.append((ctx.context, each))
        return 1

    tool = agents.FunctionTool("look", "", {}, called, is_enabled=rule)
    agent.tools.append(tool)
    ours = as_agent(agent)
    assert await ours.tools[0].enabled(RUN, ours) is True
    assert seen == [({"user": "Ada"}, agent)]
    tool.is_enabled = False
    assert await as_agent(agent).tools[0].enabled(RUN, ours) is False


@dataclass
class Point:
    """A result that is no text."""

    x: int


@pytest.mark.parametrize("result", [{"a": 1}, [1, None], Point(1), 3.0, None, "text", agents.ToolOutputText(text="hi")])
def test_an_output_reads_as_in_the_package(result):
    """RULINGS R5: the model is sent what the package would send it, such as `str()` of what is no text."""
    call = {"type": "function_call", "call_id": "c", "name": "forecast", "arguments": "{}"}
    theirs = agents.ItemHelpers.tool_call_output_item(
        agents.ModelResponse([call], agents.Usage(), None).output[0], result
    )
    assert only(forecast).output(result) == theirs["output"]


def failing(**options):
    """Return a tool that fails, made with these options."""

    @agents.function_tool(**options)
    def fail() -> str:
        raise ValueError("out of paper")

    return fail


async def test_a_failure_is_worded_by_the_package(caplog):
    """RULINGS R5: by its default function, or by the user's, which gets the context; nothing is logged."""
    assert "error occurred" in await called(failing())
    assert caplog.messages == []
    worded = failing(failure_error_function=lambda ctx, error: f"{ctx.context['user']}: {error}")
    assert await called(worded) == "Ada: out of paper"


async def test_a_failure_without_a_function_for_it_stops_the_run():
    """RULINGS R5: `failure_error_function=None`, and a body of the user's own that raises."""

    async def body(_ctx, _arguments):
        raise ValueError("out of paper")

    for tool in (failing(failure_error_function=None), agents.FunctionTool("fail", "", {}, body)):
        with pytest.raises(ValueError, match="out of paper") as caught:
            await called(tool)
        assert only(tool).report(caught.value) is None
        assert isinstance(only(tool).failure(caught.value), ToolError)


def test_arguments_that_are_no_object_are_reported_unless_failures_stop_the_run():
    """RULINGS R5: they never reach the tool, but its rule for failures counts."""
    bad = ModelBehaviorError("no JSON")
    assert only(forecast).report(bad) == "no JSON"
    assert only(failing(failure_error_function=None)).report(bad) is None
    assert [only(each).on_error for each in (forecast, failing(failure_error_function=None))] == ["report", "raise"]


def hanging(**options):
    """Return a tool that never answers, made with these options."""

    @agents.function_tool(timeout=0.01, **options)
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    return hang


async def test_a_timeout_is_the_packages_own():
    """RULINGS R5: worded by default or by the user's function, or stopping the run as `ToolTimeoutError`."""
    assert await called(hanging()) == "Tool 'hang' timed out after 0.01 seconds."
    assert await called(hanging(timeout_error_function=lambda _ctx, _error: "too slow")) == "too slow"
    stopping = hanging(timeout_behavior="raise_exception")
    with pytest.raises(agents.ToolTimeoutError) as caught:
        await called(stopping)
    stopped = only(stopping).failure(caught.value)
    assert isinstance(stopped, ToolTimeoutError)
    assert isinstance(stopped, agents.ToolTimeoutError)


def guarded(behavior, position, log):
    """Return a tool with one guardrail that logs what it is shown and answers so."""

    def check(data):
        log.append(data)
        return behavior

    make = agents.tool_input_guardrail if position == "input" else agents.tool_output_guardrail

    @agents.function_tool(**{f"tool_{position}_guardrails": [make(check)]})
    def lend(book: str) -> str:
        log.append("lent")
        return f"lent {book}"

    return lend


REJECT = agents.ToolGuardrailFunctionOutput.reject_content("not this one")
ALLOW = agents.ToolGuardrailFunctionOutput.allow()
STOP = agents.ToolGuardrailFunctionOutput.raise_exception("found")


async def test_tool_guardrails_see_call_and_result():
    """RULINGS R5, R8: with the package's context and agent; a rejection is what the model is told, word for word."""
    log = []
    assert await called(guarded(ALLOW, "input", log), '{"book":"Emma"}') == "lent Emma"
    assert (log[0].context.tool_arguments, log[0].agent.name, log[1]) == ('{"book":"Emma"}', "Clerk", "lent")
    log.clear()
    assert await called(guarded(REJECT, "input", log), '{"book":"Emma"}') == "not this one"
    assert "lent" not in log
    assert await called(guarded(REJECT, "output", log), '{"book":"Emma"}') == "not this one"
    assert (log[-2], log[-1].output) == ("lent", "lent Emma")


@pytest.mark.parametrize(
    ("position", "kind"),
    [
        ("input", agents.ToolInputGuardrailTripwireTriggered),
        ("output", agents.ToolOutputGuardrailTripwireTriggered),
    ],
)
async def test_a_tool_guardrail_that_stops_the_run_is_caught_by_the_packages_class(position, kind):
    """RULINGS R24: code written for the package catches it, and finds the guardrail and what it said."""
    tool = guarded(STOP, position, [])
    with pytest.raises(kind) as caught:
        await called(tool, '{"book":"Emma"}')
    assert isinstance(caught.value, ToolError)
    assert (caught.value.code, caught.value.guardrail.get_name(), caught.value.output) == ("tripwire", "check", STOP)
    assert only(tool).failure(caught.value) is caught.value
    assert only(tool).report(caught.value) is None


def test_an_agent_as_a_tool_runs_nested_here():
    """RULINGS R5: it becomes an agent tool, so that an interruption within it reaches the caller."""
    poet = agents.Agent(name="Poet", tools=[forecast])
    tool = only(poet.as_tool("poem", "Write a poem.", needs_approval=True))
    assert isinstance(tool, AgentTool)
    assert (tool.role, tool.needs_approval, tool.on_error) == ("agent", True, "report")
    assert tool.agent.source is poet
    assert [each.name for each in tool.agent.resolved_tools()] == ["forecast"]
    assert only(poet.as_tool("poem", "", failure_error_function=None)).on_error == "raise"
    assert [only(poet.as_tool("poem", "", max_turns=turns)).max_turns for turns in (None, 2)] == [10, 2]


@dataclass
class Order:
    """Arguments that are more than a text, though they look like it."""

    input: str


OPTIONS = {
    "custom_output_extractor": called,
    "on_stream": called,
    "hooks": agents.RunHooks(),
    "run_config": agents.RunConfig(),
    "session": agents.SQLiteSession("a"),
    "conversation_id": "conv_1",
    "previous_response_id": "resp_1",
    "failure_error_function": str,
    "parameters": Order,
    "input_builder": str,
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_an_agent_as_a_tool_is_refused(option):
    """RULINGS R5: the package keeps these to itself, and each would change the nested run."""
    tool = agents.Agent(name="Poet").as_tool("poem", "", **{option: OPTIONS[option]})
    with pytest.raises(UserError, match=f"{option} of the tool poem of Clerk") as caught:
        mapped(tool)
    assert caught.value.code == "interop-unsupported"


@pytest.mark.parametrize("name", ["timeout_seconds", "tool_input_guardrails", "allowed_callers", "_tool_namespace"])
def test_what_only_a_body_can_have_is_refused_on_an_agent_as_a_tool(name):
    """RULINGS R5: it would be set without effect."""
    tool = agents.Agent(name="Poet").as_tool("poem", "")
    setattr(tool, name, ["a"])
    with pytest.raises(UserError, match=f"{name} of the tool poem of Clerk"):
        mapped(tool)


def test_an_agent_as_a_tool_that_can_not_be_read_is_refused():
    """RULINGS R5: what it was told stands nowhere else, so another function in its place hides it."""
    tool = agents.Agent(name="Poet").as_tool("poem", "")
    tool.on_invoke_tool = called
    with pytest.raises(UserError, match="custom_output_extractor of the tool poem of Clerk"):
        mapped(tool)


def test_a_tool_that_stands_twice_in_a_list_is_one():
    """RULINGS R5: as with our own agents."""
    assert [tool.name for tool in mapped(forecast, forecast).resolved_tools()] == ["forecast"]


def test_a_tool_of_ours_is_taken_as_it_is():
    """An agent of the package may have `web_search` and other tools of Timestep's."""
    agent = as_agent(agents.Agent(name="x", tools=[web_search, HostedTool("web_search_preview")]))
    assert agent.tools[0] is web_search
    assert [tool.name for tool in agent.tools] == ["web_search", "web_search_preview"]
