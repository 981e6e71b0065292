"""Models and providers of the package, asked by a run of ours."""

from types import SimpleNamespace

import agents
import pytest
from agents.models.openai_responses import Converter
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call

from timestep import ModelSettings, UserError
from timestep.errors import ModelError
from timestep.interop import as_agent, as_model_provider
from timestep.providers.protocol import Delta, Model, ModelProvider, ModelRequest, ModelResponse, OutputFormat

pytestmark = pytest.mark.timeout(5)
TOOL = {
    "type": "function",
    "name": "look",
    "description": "Look.",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
    "strict": True,
}
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
REQUEST = ModelRequest(
    model=None,
    input=[{"role": "user", "content": "Hello"}],
    instructions="Help.",
    tools=[TOOL],
    settings=ModelSettings(temperature=0, reasoning={"effort": "low"}),
    output=OutputFormat("final_output", SCHEMA),
    previous_response_id="resp_0",
)
USAGE = agents.Usage(requests=1, input_tokens=3, output_tokens=2, total_tokens=5)


def scripted(*steps):
    """Return a model of the package with a script, and the same as ours."""
    source = ScriptedModel(steps, default_usage=USAGE)
    return source, as_agent(agents.Agent(name="Clerk", model=source)).model


async def streamed(model, request=REQUEST):
    """Return all that a model streams."""
    return [piece async for piece in model.stream(request)]


async def test_a_model_is_asked_as_the_package_asks_it():
    """RULINGS R5: instructions, items, settings, tools and schema arrive; nothing is traced."""
    source, model = scripted([assistant_message("Hi.")])
    assert isinstance(model, Model)
    await model.respond(REQUEST)
    call = source.last_call
    assert (call.system_instructions, call.input) == ("Help.", [{"role": "user", "content": "Hello"}])
    assert (call.model_settings.temperature, call.model_settings.reasoning.effort) == (0, "low")
    assert Converter.convert_tools(call.tools, call.handoffs).tools == [TOOL]
    assert (call.output_schema.json_schema(), call.output_schema.name()) == (SCHEMA, "final_output")
    assert (call.output_schema.is_strict_json_schema(), call.output_schema.is_plain_text()) == (True, False)
    assert (call.previous_response_id, call.conversation_id, call.tracing) == (
        "resp_0",
        None,
        agents.ModelTracing.DISABLED,
    )


async def test_an_answer_comes_back_as_wire_items():
    """RULINGS R5: with usage; whole, and streamed with its pieces."""
    call = function_call("look", {"at": "sea"}, call_id="c1")
    steps = [[assistant_message("Hi."), call]]
    answer = await scripted(*steps)[1].respond(REQUEST)
    message, look = answer.output
    assert (message["content"][0]["text"], look["call_id"], look["name"]) == ("Hi.", "c1", "look")
    assert (look["arguments"], answer.usage.total_tokens, answer.status) == ('{"at":"sea"}', 5, "completed")
    *pieces, whole = await streamed(scripted(*steps)[1])
    assert "".join(each.text for each in pieces if each.kind == "text") == "Hi."
    assert "".join(each.text for each in pieces if each.kind == "arguments") == '{"at":"sea"}'
    assert {type(each) for each in pieces} == {Delta}
    assert isinstance(whole, ModelResponse)
    assert [each["type"] for each in whole.output] == ["message", "function_call"]
    assert whole.usage.input_tokens == 3


async def test_a_failure_is_a_model_error():
    """RULINGS R24: whole and streamed, with the cause."""
    for ask in (lambda model: model.respond(REQUEST), streamed):
        with pytest.raises(ModelError, match="the model failed: OSError: no route") as caught:
            await ask(scripted(ModelStep.raise_error(OSError("no route")))[1])
        assert isinstance(caught.value.__cause__, OSError)


class Silent(ScriptedModel):
    """A model whose stream ends at once."""

    async def stream_response(self, *_args, **_options):  # noqa: D102 - as in the package
        for event in ():
            yield event


async def test_a_stream_without_a_whole_answer_is_a_model_error():
    """RULINGS R5: what broke off is no answer."""
    model = as_agent(agents.Agent(name="Clerk", model=Silent([]))).model
    with pytest.raises(ModelError, match="ended before its answer was whole"):
        await streamed(model)


@pytest.mark.parametrize(
    ("members", "status", "reason"),
    [
        (
            {"status": "incomplete", "incomplete_details": SimpleNamespace(reason="tokens")},
            "incomplete",
            "tokens",
        ),
        ({"status": "failed", "error": SimpleNamespace(message="overloaded")}, "failed", "overloaded"),
        ({"status": None}, "completed", None),
    ],
)
async def test_how_a_streamed_answer_ended_is_told(members, status, reason):
    """RULINGS R5: an answer that was cut off is not taken for a whole one; one without usage counts as nothing."""
    nothing = dict.fromkeys(("incomplete_details", "error", "usage", "id"))
    response = SimpleNamespace(**{**nothing, "output": [{"type": "x_call", "n": 1}], **members})

    class Ending(ScriptedModel):
        async def stream_response(self, *_args, **_options):
            yield SimpleNamespace(type=f"response.{status}", response=response)

    (whole,) = await streamed(as_agent(agents.Agent(name="Clerk", model=Ending([]))).model)
    assert (whole.status, whole.output, whole.usage.total_tokens) == (status, [{"type": "x_call", "n": 1}], 0)
    assert whole.reason == reason


def test_what_is_ours_too_is_asked_directly():
    """RULINGS R5b: a model or provider that serves both packages needs no translation."""

    class Both(ScriptedModel):
        respond = None

    provider = type("Both", (agents.ModelProvider,), {"get_model": print, "__module__": "timestep.providers.multi"})()
    model = Both([])
    assert as_agent(agents.Agent(name="Clerk", model=model)).model is model
    assert as_model_provider(provider) is provider


async def test_a_stream_left_early_is_closed():
    """RULINGS R5: the model's own stream does not linger."""
    closed = []

    class Watched(ScriptedModel):
        async def stream_response(self, *args, **options):
            try:
                async for event in super().stream_response(*args, **options):
                    yield event
            finally:
                closed.append(True)

    stream = as_agent(agents.Agent(name="Clerk", model=Watched([[assistant_message("Hi.")]]))).model.stream(REQUEST)
    assert isinstance(await anext(stream), Delta)
    await stream.aclose()
    assert closed == [True]


async def test_a_hosted_tool_is_refused_where_it_can_not_be_told():
    """RULINGS R5: the package's models take tool objects, which a definition does not make."""
    hosted = ModelRequest(model=None, input=[], tools=[{"type": "web_search"}])
    with pytest.raises(UserError, match="the hosted tool web_search of an agent with a Model object") as caught:
        await scripted([])[1].respond(hosted)
    assert caught.value.code == "interop-unsupported"


async def test_a_provider_gives_models_as_ours():
    """RULINGS R5: a provider of the package, and the error for a name that leads nowhere."""

    class Provider(agents.ModelProvider):
        def get_model(self, model_name):
            if model_name == "gone":
                raise agents.UserError("no such model")
            return ScriptedModel([[assistant_message(f"I am {model_name}.")]])

    provider = as_model_provider(Provider())
    assert isinstance(provider, ModelProvider)
    answer = await provider.get_model("m").respond(REQUEST)
    assert answer.output[0]["content"][0]["text"] == "I am m."
    with pytest.raises(UserError, match="no such model"):
        provider.get_model("gone")
