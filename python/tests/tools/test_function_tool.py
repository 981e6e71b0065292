"""Functions as tools: how they are called, what they refuse, and what the model is told of it."""

import asyncio
import contextlib
import functools
import json
import threading
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep import (
    HostedTool,
    ModelBehaviorError,
    RunContextWrapper,
    Tool,
    ToolContext,
    ToolError,
    ToolTimeoutError,
    UserError,
    function_tool,
)
from timestep.tools.context import idempotency_key
from timestep.tools.function_tool import approval_of, as_tool

pytestmark = pytest.mark.timeout(5)


def ctx(tool="t", call_id="c1"):
    """Return the context of a call."""
    return ToolContext(context={"user": "ann"}, call_id=call_id, tool_name=tool, idempotency_key="k")


async def invoke(tool, **arguments):
    """Call a tool with these arguments."""
    return await tool.invoke(ctx(tool.name), json.dumps(arguments), "c1")


@function_tool
def get_weather(city: str) -> str:
    """Get weather information for a city."""
    return f"The weather in {city} is sunny and 72°F"


async def test_a_typed_function_is_a_tool():
    """FEATURES 14: name, description and schema come from the function, and it still is one."""
    assert (get_weather.name, get_weather.description) == ("get_weather", "Get weather information for a city.")
    assert await invoke(get_weather, city="Oslo") == "The weather in Oslo is sunny and 72°F"
    assert get_weather("Oslo") == "The weather in Oslo is sunny and 72°F"
    assert get_weather.definition() == {
        "type": "function",
        "name": "get_weather",
        "description": "Get weather information for a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    }


async def test_options_override_what_the_function_says():
    """FEATURES 14: all options reach the tool; the Agents SDK's names for some of them are understood."""

    @function_tool(
        name="mail", description="Sends.", needs_approval=True, effect="idempotent", timeout=2, on_error="raise"
    )
    def send(to: str) -> str:
        return to

    other = function_tool(send.function, name_override="mail2", description_override="Sends too.", strict_mode=False)
    assert (send.name, send.description, send.needs_approval) == ("mail", "Sends.", True)
    assert (send.effect, send.timeout, send.on_error) == ("idempotent", 2, "raise")
    assert (other.name, other.description, other.strict, other.effect) == ("mail2", "Sends too.", False, "once")


async def test_functions_on_dicts_get_the_arguments_as_they_are():
    """FEATURES 95: an `async (args: dict) -> dict` function is a tool with an open schema, in an agent's list too."""

    async def send_email(args: dict) -> dict:
        """Send an email."""
        return {"result": f"sent to {args.get('recipient', '')}"}

    async def by_other_name(given: dict[str, object]) -> dict:
        return {"given": given}

    def with_context(context: ToolContext, args: dict) -> str:
        return f"{context.call_id}{args}"

    tool = as_tool(send_email)
    assert (tool.name, tool.description, tool.definition()["strict"]) == ("send_email", "Send an email.", False)
    assert tool.params_json_schema == {"type": "object", "properties": {}, "additionalProperties": True}
    assert await invoke(tool, recipient="bob") == {"result": "sent to bob"}
    assert await tool.invoke(ctx(), "", "c1") == {"result": "sent to "}
    assert await invoke(as_tool(by_other_name), a=1) == {"given": {"a": 1}}
    assert await invoke(as_tool(with_context), a=1) == "c1{'a': 1}"


async def test_a_function_on_dicts_may_have_a_schema_of_its_own():
    """TS-TOOL-020: a schema given for such a function is what the model is told, and is not allowed elsewhere."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}

    @function_tool(params_json_schema=schema)
    async def loose(args: dict) -> dict:
        return args

    assert loose.params_json_schema == schema
    with pytest.raises(UserError, match="comes from its signature"):
        function_tool(get_weather.function, params_json_schema=schema)


async def test_the_context_comes_first():
    """TS-TOOL-020: a function that asks for the context gets it, made from a run context where it must be."""

    @function_tool
    async def who(run: RunContextWrapper[dict[str, str]], greeting: str) -> str:
        return f"{greeting} {run.context['user']}"

    @function_tool
    def call(context: ToolContext) -> list[str]:
        return [context.call_id, context.tool_name, context.arguments, context.tool_call_id]

    assert await invoke(who, greeting="Hi") == "Hi ann"
    assert await call.invoke(RunContextWrapper(context=None), "{}", "c7") == ["c7", "call", "{}", "c7"]


@dataclass
class Point:
    """A point."""

    x: int
    y: int = 3


class City(pydantic.BaseModel):
    """A city."""

    name: str


async def test_arguments_arrive_as_the_annotated_types():
    """TS-TOOL-031: objects come as dataclasses and models, defaults are filled in, and `*args` and `**kwargs` too."""

    @function_tool(strict=False)
    def take(point: Point, city: City, /, *more: int, days: int = 2, tags: list[str] = [], **rest: str):  # noqa: B006
        tags.append("x")
        return [point, city, more, days, tags, rest]

    given = {"point": {"x": 1}, "city": {"name": "Oslo"}, "more": [1, 2], "rest": {"a": "b"}}
    expected = [Point(1, 3), City(name="Oslo"), (1, 2), 2, ["x"], {"a": "b"}]
    assert await invoke(take, **given) == expected
    assert await invoke(take, **given) == expected
    with pytest.raises(ModelBehaviorError, match="days: given both as a parameter and inside rest"):
        await invoke(take, **{**given, "rest": {"days": "b"}})


async def test_callable_objects_and_partials_with_a_name_are_tools():
    """RULINGS R7: what can be called can be a tool."""

    class Greeter:
        """Greets."""

        async def __call__(self, name: str) -> str:
            return f"Hi {name}"

    assert await invoke(function_tool(Greeter(), name="greet"), name="Ann") == "Hi Ann"
    fixed = function_tool(functools.partial(forecast.function, days=2), name="w", strict=False)
    assert await invoke(fixed, city="Oslo") == "Oslo2CNoneNone"
    assert fixed.params_json_schema["properties"]["city"] == {"type": "string"}
    with pytest.raises(UserError, match="is no tool name"):
        as_tool(lambda: 1)
    with pytest.raises(UserError, match="is no tool"):
        as_tool(3)
    hosted = HostedTool("web_search")
    assert as_tool(hosted) is hosted
    assert hosted.definition() == {"type": "web_search"}


async def test_synchronous_functions_run_in_a_thread():
    """RULINGS R7: a slow synchronous tool does not stop the loop."""

    @function_tool
    def where() -> str:
        return threading.current_thread().name

    assert await invoke(where) != threading.current_thread().name


@function_tool
def forecast(
    city: str,
    days: Annotated[int, msgspec.Meta(ge=1)],
    unit: Literal["C", "F"] = "C",
    at: Point | None = None,
    tags: list[str] | None = None,
):
    """Tell the weather."""
    return f"{city}{days}{unit}{at}{tags}"


TAKES = (
    ' The tool takes `city` (string), `days` (integer), `unit` (one of "C", "F", optional), '
    "`at` (Point or null), `tags` (array or null). Correct them and call the tool again."
)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("{", "the arguments are not JSON:"),
        ("[]", "the arguments must be a JSON object. Correct"),
        ('{"city":"Oslo","city":"Rom","days":1}', "the arguments are not JSON:"),
        ("", "`city`, `days` are missing." + TAKES),
        ('{"city":"Oslo"}', "`days` is missing." + TAKES),
        ('{"city":"Oslo","days":1,"hours":2}', "`hours` is not known to it." + TAKES),
        ('{"city":"Oslo","hours":2}', "`days` is missing; `hours` is not known to it." + TAKES),
        ('{"city":7,"days":1}', "`city`: expected str, got int." + TAKES),
        ('{"city":"Oslo","days":"many"}', "`days`: expected int, got str." + TAKES),
        ('{"city":"Oslo","days":0}', "`days`: expected int >= 1." + TAKES),
        ('{"city":"Oslo","days":1,"unit":"K"}', "`unit`: invalid enum value 'K'." + TAKES),
        ('{"city":"Oslo","days":1,"at":{"y":1}}', "`at`: object missing required field x." + TAKES),
        ('{"city":"Oslo","days":1,"tags":["a",1]}', "`tags[1]`: expected str, got int." + TAKES),
    ],
)
async def test_wrong_arguments_are_explained_to_the_model(arguments, problem):
    """TS-TOOL-031: the message names the argument, what is wrong with it, and what the tool takes."""
    with pytest.raises(ModelBehaviorError) as caught:
        await forecast.invoke(ctx(), arguments, "c1")
    assert caught.value.message.startswith("Invalid arguments for forecast: " + problem)
    assert caught.value.code == "tool-arguments"
    assert forecast.report(caught.value) == caught.value.message


@given(st.text(max_size=50) | st.dictionaries(st.text(max_size=6), st.integers() | st.text()).map(json.dumps))
def test_any_argument_text_is_taken_or_explained(text):
    """TS-TOOL-031: whatever the model writes, the tool runs or the model is told why not; nothing else is raised."""
    with contextlib.suppress(ModelBehaviorError):
        asyncio.run(forecast.invoke(ctx(), text, "c1"))


async def test_annotations_may_be_text_about_local_types():
    """TS-TOOL-020: an annotation that is a string is resolved where the function was written."""

    class Local(pydantic.BaseModel):
        size: int

    @function_tool(strict=False)
    def take(local: "Local", **rest: Annotated[int, "Further sizes.", msgspec.Meta(ge=1)]) -> str:
        """Take.

        Args:
            local: One.
            rest: More.
        """
        return f"{Local(size=local.size)} {rest}"

    assert await invoke(take, local={"size": 1}, rest={"a": 2}) == "size=1 {'a': 2}"
    assert take.params_json_schema["properties"]["rest"] == {
        "type": "object",
        "additionalProperties": {"type": "integer", "minimum": 1},
        "description": "More.",
    }
    for wrong in ({"local": {"size": "x"}}, {"local": {"size": 1}, "rest": {"a": 0}}):
        with pytest.raises(ModelBehaviorError, match=r"`(local|rest)"):
            await invoke(take, **wrong)


async def test_whole_numbers_may_have_a_fraction_of_zero():
    """TS-TOOL-031: JSON has one kind of number, so 2.0 is taken for an integer and 2 for a float."""

    @function_tool
    def take(whole: int, part: float) -> list[float]:
        return [whole, part]

    assert await take.invoke(ctx(), '{"whole": 2.0, "part": 2}', "c1") == [2, 2.0]


# --- failures


async def test_a_failure_is_reported_or_raised():
    """TS-TOOL-032, RULINGS R7: by default the model is told; with on_error="raise" the run stops."""

    @function_tool
    def fail() -> str:
        raise ValueError("no such city")

    raising = function_tool(fail.function, on_error="raise")
    with pytest.raises(ValueError, match="no such city") as caught:
        await invoke(fail)
    assert fail.report(caught.value) == "The tool fail failed: ValueError: no such city"
    told = "An error occurred while running the tool. Please try again."
    assert fail.report(caught.value, compat="openai-agents-python") == told
    assert raising.report(caught.value) is None
    assert raising.failure(caught.value).__cause__ is caught.value
    assert raising.failure(caught.value).code == "tool-failed"


def test_a_report_holds_no_secret_and_no_novel():
    """TS-TOOL-032: what looks like a secret is masked, a long message is cut, and half characters are replaced."""
    report = get_weather.report(RuntimeError("postgresql://ann:hunter2@db/x"))
    assert "hunter2" not in report
    assert len(get_weather.report(RuntimeError("x" * 100_000))) < 2100
    assert get_weather.report(KeyError()) == "The tool get_weather failed: KeyError"
    assert "\ud800" not in get_weather.report(RuntimeError("a\ud800"))


def test_a_tools_own_error_message_is_for_the_model():
    """TS-TOOL-032: a tool that raises ToolError says what the model is to read."""
    assert get_weather.report(ToolError("Oslo is closed today.")) == "Oslo is closed today."
    assert get_weather.failure(ToolError("Oslo")).message == "Oslo"


def test_wrong_use_is_never_reported_to_the_model():
    """TS-TOOL-032: an error of the program's author stops the run, whatever on_error says."""
    assert get_weather.report(UserError("wrong")) is None


async def test_a_slow_tool_times_out():
    """TS-TOOL-035: after its timeout a call fails and says that it may have had an effect."""

    @function_tool(timeout=0.01)
    async def slow() -> str:
        await asyncio.Event().wait()
        return ""

    with pytest.raises(ToolTimeoutError) as caught:
        await invoke(slow)
    assert slow.report(caught.value) == "The tool slow took longer than 0.01 seconds. It may have had an effect."


async def test_a_timeout_of_the_body_is_the_bodys_own():
    """TS-TOOL-035: a TimeoutError that a tool raises itself is an error like any other."""

    @function_tool(timeout=4)
    async def slow() -> str:
        raise TimeoutError("the database is slow")

    with pytest.raises(TimeoutError, match="the database is slow"):
        await invoke(slow)


# --- approval


async def needs_approval_for_weather(ctx, args, call_id):  # noqa: ARG001
    """Require approval for sensitive cities."""
    return args.get("city", "").lower() in ["berkeley", "san francisco"]


async def test_approval_may_depend_on_the_call():
    """FEATURES 13: a predicate set on the tool afterwards decides call by call."""
    tool = function_tool(get_weather.function)
    assert approval_of(tool) == "never"
    assert not await tool.approval_needed(ctx(), {"city": "Berkeley"}, "c1")
    tool.needs_approval = needs_approval_for_weather
    assert approval_of(tool) == "ask"
    assert await tool.approval_needed(ctx(), tool.parse('{"city":"Berkeley"}'), "c1")
    assert not await tool.approval_needed(ctx(), {"city": "Oakland"}, "c1")
    tool.needs_approval = True
    assert approval_of(tool) == "always"
    assert await tool.approval_needed(ctx(), {}, "c1")


async def test_approval_set_on_a_plain_function_is_not_lost():
    """TS-TOOL-033: `fn.needs_approval = ...` on an undecorated function holds too, also when it is set later."""

    def wipe() -> str:
        return "gone"

    tool = as_tool(wipe)
    wipe.needs_approval = lambda ctx, args, call_id: True  # noqa: ARG005
    assert approval_of(tool) == "ask"
    assert await tool.approval_needed(ctx(), {}, "c1")
    tool.needs_approval = False
    assert approval_of(tool) == "never"


@pytest.mark.parametrize("answer", [None, 0, "no", []])
async def test_a_predicate_that_does_not_answer_is_refused(answer):
    """TS-TOOL-033: an answer that is neither True nor False must not let a call pass."""
    tool = function_tool(get_weather.function, needs_approval=lambda *_: answer)
    with pytest.raises(UserError, match="neither True nor False"):
        await tool.approval_needed(ctx(), {}, "c1")


@pytest.mark.parametrize("rule", ["always", 1, None])
def test_a_rule_that_is_none_is_refused(rule):
    """TS-TOOL-033: needs_approval takes True, False or a function."""
    with pytest.raises(UserError, match="must be True, False or a function"):
        get_weather.needs_approval = rule
    assert get_weather.needs_approval is False


async def test_a_tool_may_be_offered_to_some_only():
    """RULINGS R7: is_enabled is a constant or a predicate on context and agent."""
    assert await get_weather.enabled(None, None)
    assert not await function_tool(get_weather.function, is_enabled=lambda _, agent: agent == "x").enabled(None, "y")


# --- tool objects


async def test_a_tool_object_has_a_body_of_its_own():
    """RULINGS R7: a Tool made by hand gets the context and the model's text."""

    async def body(context, arguments):
        return f"{context.tool_name} {arguments}"

    tool = Tool("raw", "Raw.", {"type": "object", "properties": {"a": {"type": "string"}}}, body)
    assert await tool.invoke(ctx("raw"), '{"a" : "b"}', "c1") == 'raw {"a" : "b"}'
    assert tool.params_json_schema["required"] == ["a"]
    assert tool.output({"n": 3}) == '{"n":3}'
    with pytest.raises(UserError, match="has no body"):
        await Tool("empty").invoke(ctx(), "{}", "c1")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "has space"}, "'has space' is no tool name"),
        ({"name": "x" * 65}, "is no tool name"),
        ({"effect": "never"}, "effect 'never'"),
        ({"on_error": "ignore"}, "on_error 'ignore'"),
        ({"in_doubt": "approve"}, "in_doubt 'approve'"),
        ({"in_doubt": None}, "in_doubt None"),
        ({"timeout": 0}, "timeout 0"),
    ],
)
def test_wrong_options_are_refused(options, said):
    """TS-TOOL-036: an option that can't be is refused when the tool is made."""
    with pytest.raises(UserError, match=said):
        Tool(**{"name": "t", **options})


def test_an_idempotency_key_is_one_for_each_call():
    """TS-TOOL-034: the same for each attempt, and another for another run, position or digest."""
    one = ("r1", 2, "sha256:" + "ab" * 32)
    keys = {idempotency_key(*each) for each in (one, one, ("r2", *one[1:]), ("r1", 3, one[2]), (*one[:2], "sha256:cd"))}
    assert len(keys) == 4
