"""Providers of ours inside the real `agents.Runner`, over each wire (RULINGS R5b)."""

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager

import agents
import agents.testing
import pydantic
import pytest
from agents.retry import ModelRetryAdviceRequest
from openai import Omit
from openai.types.responses import ResponseReasoningItem
from openai.types.shared import Reasoning

from timestep import Agent, run_agent
from timestep.errors import ModelError, UserError
from timestep.interop import as_model_provider
from timestep.interop.serving import ServedModel
from timestep.model_providers import MultiModelProvider, OllamaModelProvider, OpenAIModelProvider
from timestep.providers.attempts import AttemptedModel
from timestep.providers.protocol import Model, ModelRequest, ModelResponse
from timestep.providers.provider_map import MultiModelProviderMap
from timestep.providers.routing import Retry
from timestep.testing import ScriptedModel

from ..providers.wires import Chat, Ollama, Responses  # noqa: TID252 - the tests have no package of a name

pytestmark = pytest.mark.timeout(20)
ONCE = Retry(attempts=1)
CALL = {"type": "function_call", "call_id": "c", "name": "t", "arguments": "{}"}


class Server:
    """A loopback server that has an answer for each request, in its order, and keeps what it was asked."""

    def __init__(self):
        self.answers, self.bodies, self.heads, self.url = [], [], [], ""

    async def serve(self, reader, writer):
        """Answer one request, and hang up."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self.heads.append(head.decode())
        self.bodies.append(json.loads(await reader.readexactly(length)))
        writer.write(self.answers.pop(0).replace(b"\r\n", b"\r\nConnection: close\r\nX-Request-Id: req_7\r\n", 1))
        await writer.drain()
        writer.close()


@pytest.fixture
async def server():
    """Return a loopback server; put whole HTTP answers into `answers`."""
    made = Server()
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield made
    listener.close()


def openai_at(url, wire_api):
    """Return what stands behind a prefix."""
    return OpenAIModelProvider(api_key="none", base_url=f"{url}/v1", wire_api=wire_api)


PROVIDERS = {
    "responses": (Responses(), lambda url: openai_at(url, "responses")),
    "chat": (Chat(), lambda url: openai_at(url, "chat_completions")),
    "ollama": (Ollama(), lambda url: OllamaModelProvider(base_url=url)),
}


@pytest.fixture(params=PROVIDERS)
def wire(request):
    """Return a wire's answers, and what makes a provider for it."""
    return PROVIDERS[request.param]


@asynccontextmanager
async def multi(server, make):
    """Give the config of a run of theirs with a provider of ours, whose prefix `x` leads to the server."""
    providers, behind = MultiModelProviderMap(), make(server.url)
    providers.add_provider("x", behind)
    provider = MultiModelProvider(providers, retry=ONCE)
    yield agents.RunConfig(model_provider=provider, tracing_disabled=True)
    await provider.aclose()
    await behind.aclose()


async def run(agent, given, *, stream, **options):
    """Run with the package's own runner; return the result, and the raw events there were."""
    async with asyncio.timeout(10):
        if not stream:
            return await agents.Runner.run(agent, given, **options), []
        result = agents.Runner.run_streamed(agent, given, **options)
        events = [event async for event in result.stream_events()]
        return result, [event.data for event in events if event.type == "raw_response_event"]


def texts(events):
    """Return the text of all deltas of text."""
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


both = pytest.mark.parametrize("stream", [False, True])


@both
async def test_a_tool_is_called_and_its_result_answered(server, wire, stream):
    """RULINGS R5b: their loop runs their tool with the model's arguments; usage adds up; the deltas are seen."""
    answers, make = wire
    calls = [("call_1", "get_weather", '{"city":"Oakland"}')]
    server.answers = [answers.answer(calls=calls, stream=stream), answers.answer("It is sunny.", stream=stream)]
    asked = []

    @agents.function_tool
    def get_weather(city: str) -> str:
        """Tell the weather."""
        asked.append(city)
        return "sunny"

    agent = agents.Agent(name="Clerk", model="x/m", instructions="Be brief.", tools=[get_weather])
    async with multi(server, make) as config:
        result, events = await run(agent, "How is Oakland?", stream=stream, run_config=config)
    assert (result.final_output, asked) == ("It is sunny.", ["Oakland"])
    usage = result.context_wrapper.usage
    assert (usage.requests, usage.input_tokens, usage.output_tokens, usage.total_tokens) == (2, 20, 10, 30)
    assert "Be brief." in json.dumps(server.bodies[0])
    assert "sunny" in json.dumps(server.bodies[1])
    if stream:
        assert texts(events) == "It is sunny."
        arguments = [each.delta for each in events if each.type == "response.function_call_arguments.delta"]
        assert json.loads("".join(arguments)) == {"city": "Oakland"}


@both
async def test_a_handoff_is_taken(server, wire, stream):
    """RULINGS R5b: their handoffs are tools that the model of ours is offered."""
    answers, make = wire
    server.answers = [
        answers.answer(calls=[("call_1", "transfer_to_billing", "{}")], stream=stream),
        answers.answer("Paid.", stream=stream),
    ]
    billing = agents.Agent(name="Billing", model="x/other")
    agent = agents.Agent(name="Clerk", model="x/m", handoffs=[billing])
    async with multi(server, make) as config:
        result, _ = await run(agent, "Pay.", stream=stream, run_config=config)
    assert (result.final_output, result.last_agent.name) == ("Paid.", "Billing")
    assert [body["model"] for body in server.bodies] == ["m", "other"]


class Weather(pydantic.BaseModel):
    """What the model has to say."""

    city: str
    degrees: int


@both
async def test_a_structured_output_is_asked_for_and_read(server, wire, stream):
    """RULINGS R5b: the schema goes out as that wire has it."""
    answers, make = wire
    server.answers = [answers.answer('{"city":"Oakland","degrees":20}', stream=stream)]
    agent = agents.Agent(name="Clerk", model="x/m", output_type=Weather)
    async with multi(server, make) as config:
        result, _ = await run(agent, "How is Oakland?", stream=stream, run_config=config)
    assert result.final_output == Weather(city="Oakland", degrees=20)
    assert answers.output_schema(server.bodies[0])["required"] == ["city", "degrees"]


async def test_a_session_of_theirs_keeps_the_conversation(server, wire):
    """RULINGS R5b: what the model said, reasoning and calls too, is sent again in the next run."""
    answers, make = wire
    calls = [("call_1", "get_number", "{}")]
    server.answers = [
        answers.answer(reasoning="A number is wanted.", calls=calls, stream=False),
        answers.answer("Seven.", stream=False),
        answers.answer("Still seven.", stream=True),
    ]

    @agents.function_tool
    def get_number() -> int:
        """Give a number."""
        return 7

    agent = agents.Agent(name="Clerk", model="x/m", tools=[get_number])
    session = agents.SQLiteSession("one")
    async with multi(server, make) as config:
        await run(agent, "Which number?", stream=False, run_config=config, session=session)
        result, _ = await run(agent, "Sure?", stream=True, run_config=config, session=session)
    session.close()
    assert result.final_output == "Still seven."
    sent = json.dumps(server.bodies[2])
    assert all(part in sent for part in ("Which number?", "get_number", "Seven.", "Sure?"))


@both
async def test_an_error_is_ours_and_theirs(server, wire, stream):
    """RULINGS R24: caught by their class, with our provider, status, request id and hint."""
    server.answers = [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]
    agent = agents.Agent(name="Clerk", model="x/m")
    async with multi(server, wire[1]) as config:
        with pytest.raises(agents.ModelBehaviorError) as caught:
            await run(agent, "Hello", stream=stream, run_config=config)
    error = caught.value
    assert isinstance(error, ModelError)
    assert (error.status, error.sent, error.provider is None) == (404, "no", False)
    assert error.help


@both
async def test_a_model_object_of_ours_can_be_an_agents_model(server, wire, stream):
    """RULINGS R5b: it is an instance of their `Model`, and still one of ours."""
    answers, make = wire
    server.answers = [answers.answer("Hello.", stream=stream), answers.answer("Hello.", stream=False)]
    provider = make(server.url)
    model = provider.get_model("m")
    assert isinstance(model, agents.Model)
    assert isinstance(model, Model)
    assert (model.resolved.model, model.name) == ("m", model.resolved.name)
    agent = agents.Agent(name="Clerk", model=model)
    config = agents.RunConfig(tracing_disabled=True)
    result, _ = await run(agent, "Hello", stream=stream, run_config=config)
    assert result.final_output == "Hello."
    async with asyncio.timeout(5):
        ours = await run_agent(agent, "Hello")
    assert ours.final_output == "Hello."
    await provider.aclose()


def test_without_their_package_a_model_is_ours_alone():
    """Nothing of theirs is loaded for those who do not use it."""
    program = (
        "import sys; from timestep.model_providers import MultiModelProvider; "
        "print(type(MultiModelProvider().get_model('gpt-4.1')).__name__, 'agents' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["AttemptedModel", "False"]


async def test_a_provider_in_a_run_config_of_theirs_stays_ours_in_our_runs():
    """Its models are asked as ours are, and not through their interface."""
    provider = MultiModelProvider()
    assert as_model_provider(provider) is provider
    config = agents.RunConfig(model_provider=provider, tracing_disabled=True, model=ScriptedModel(["Hi."]))
    async with asyncio.timeout(5):
        result = await run_agent(agents.Agent(name="Clerk"), "Hello", run_config=config)
    assert result.final_output == "Hi."


def served(*answers, **options):
    """Return a scripted model of ours as theirs, and the script."""
    source = ScriptedModel(answers)
    return ServedModel(source, **options), source


async def asked(model, given="Hello", settings=None, tools=(), schema=None, **more):
    """Ask a model of theirs for the whole answer."""
    settings = agents.ModelSettings() if settings is None else settings
    options = {"previous_response_id": None, "conversation_id": None, "prompt": None, **more}
    return await model.get_response(
        "Be good.", given, settings, list(tools), schema, [], agents.ModelTracing.DISABLED, **options
    )


async def test_a_question_of_theirs_is_put_as_ours():
    """Items, instructions, ids and every setting that has a counterpart arrive."""
    model, source = served("Hi.")
    settings = agents.ModelSettings(
        temperature=0.5,
        tool_choice="required",
        reasoning=Reasoning(effort="low", summary="auto"),
        max_tokens=9,
        extra_args={"service_tier": "flex"},
        extra_headers={"x-a": "b"},
        prompt_cache_retention="24h",
        retry=agents.ModelRetrySettings(max_retries=2),
        response_include=["reasoning.encrypted_content"],
        timeout=3.0,
    )
    items = [
        {"role": "user", "content": "Hello"},
        {"type": "message", "id": "__fake_id__", "role": "assistant", "content": [], "provider_data": {"a": 1}},
        ResponseReasoningItem(type="reasoning", id="rs_1", summary=[]),
        {**CALL, "provider_data": {"a": 1, "thought_signature": "s"}},
    ]
    tool = agents.FileSearchTool(vector_store_ids=["vs_1"], include_search_results=True)
    await asked(model, items, settings, [tool], previous_response_id="resp_1", conversation_id="conv_1")
    (request,) = source.requests
    assert request.input == [
        {"role": "user", "content": "Hello"},
        {"type": "message", "role": "assistant", "content": []},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {**CALL, "provider_data": {"thought_signature": "s"}},  # which Gemini's models want to see again
    ]
    assert (request.instructions, request.previous_response_id, request.conversation_id) == (
        "Be good.",
        "resp_1",
        "conv_1",
    )
    assert [each["type"] for each in request.tools] == ["file_search"]
    assert request.settings.to_json() == {
        "temperature": 0.5,
        "tool_choice": "required",
        "reasoning": {"effort": "low", "summary": "auto"},
        "max_tokens": 9,
        "extra_args": {"service_tier": "flex", "prompt_cache_retention": "24h"},
        "extra_headers": {"x-a": "b"},
        "response_include": ["reasoning.encrypted_content", "file_search_call.results"],
        "timeout": 3.0,
    }
    assert len(request.key) == 32


async def test_each_question_has_a_key_of_its_own():
    """Two questions that say the same are still two."""
    model, source = served("Hi.", "Hi.")
    await asked(model)
    await asked(model)
    assert source.requests[0].key != source.requests[1].key


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"settings": agents.ModelSettings(preserve_raw_usage=True)}, "preserve_raw_usage"),
        ({"settings": agents.ModelSettings(extra_headers={"x-a": Omit()})}, "header"),
    ],
)
async def test_what_has_no_counterpart_is_refused_by_name(more, named):
    """Left out in silence, it would look as if it had been obeyed."""
    model, source = served("Hi.")
    with pytest.raises(UserError, match=named) as caught:
        await asked(model, **more)
    assert (caught.value.code, source.requests) == ("interop-unsupported", [])


@pytest.mark.parametrize("name", ["prompt_cache_retention", "prompt_cache_options", "context_management"])
async def test_a_setting_of_openais_is_refused_where_another_api_would_pass_it_over(server, wire, name):
    """It goes to the API that has it; to another one, nothing is sent, and the error names it."""
    answers, make = wire
    values = {"context_management": [{"type": "compaction", "compact_threshold": 1000}]}
    values |= {"prompt_cache_retention": "24h", "prompt_cache_options": {"mode": "explicit"}}
    known = type(answers) is Responses or (type(answers) is Chat and name != "context_management")
    server.answers = [answers.answer("Hi.", stream=False)]
    agent = agents.Agent(name="Clerk", model="x/m", model_settings=agents.ModelSettings(**{name: values[name]}))
    async with multi(server, make) as config:
        if known:
            await run(agent, "Hello", stream=False, run_config=config)
            assert server.bodies[0][name] == values[name]
            return
        with pytest.raises(UserError, match=name) as caught:
            await run(agent, "Hello", stream=False, run_config=config)
    assert (caught.value.code, server.bodies) == ("model-setting", [])


async def test_settings_for_their_default_model_are_not_put_to_ours():
    """An agent without a model has settings for a model of their choice, which ours may refuse."""
    implicit = agents.models.get_default_model_settings()
    for named, settings in ((False, {}), (True, {"reasoning", "verbosity"})):
        model, source = served("Hi.", named=named)
        await asked(model, settings=implicit)
        assert set(source.requests[0].settings.to_json()) == set(settings)


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [("incomplete", "model-incomplete", "cut off: max_output_tokens"), ("failed", "model-failed", "failed: overload")],
)
async def test_an_answer_that_is_not_complete_is_an_error(status, code, told):
    """As with their own models; a stream shows its last event first."""
    answer = ModelResponse(output=[], status=status, request_id="req_1", reason=told.rpartition(": ")[2], id="resp_1")
    with pytest.raises(ModelError, match=told) as caught:
        await asked(served(answer)[0])
    assert (caught.value.code, caught.value.request_id, caught.value.sent) == (code, "req_1", "yes")
    seen = []
    with pytest.raises(ModelError, match=told):
        await _collected(served(answer)[0], seen)
    assert seen[-1].type == f"response.{status}"
    assert seen[-1].response.status == status


async def _collected(model, seen):
    options = {"previous_response_id": None, "conversation_id": None, "prompt": None}
    arguments = (None, "Hello", agents.ModelSettings(), [], None, [], agents.ModelTracing.DISABLED)
    async for event in model.stream_response(*arguments, **options):
        seen.append(event)


@pytest.mark.parametrize("strict", [True, False])
async def test_a_schema_is_as_strict_as_theirs(strict):
    """Strict or not, it is named as they name it."""
    model, source = served("Hi.")
    await asked(model, schema=agents.AgentOutputSchema(Weather, strict_json_schema=strict))
    output = source.requests[0].output
    assert (output.name, output.strict, output.schema["required"]) == ("final_output", strict, ["city", "degrees"])
    plain, source = served("Hi.")
    await asked(plain, schema=agents.AgentOutputSchema(str))
    assert source.requests[0].output is None


async def test_their_own_retries_are_told_what_is_known():
    """A run of theirs that retries by itself decides by our status, wait, and whether anything was done."""
    model, _ = served("Hi.")
    error = ModelError("overloaded")
    error.status, error.retry_after, error.retryable, error.sent = 503, 2.0, True, "no"
    advice = model.get_retry_advice(ModelRetryAdviceRequest(error=error, attempt=1, stream=False))
    assert (advice.suggested, advice.retry_after, advice.replay_safety) == (True, 2.0, "safe")
    assert advice.normalized.status_code == 503
    assert model.get_retry_advice(ModelRetryAdviceRequest(error=ValueError(), attempt=1, stream=False)) is None


async def test_a_provider_of_theirs_can_stand_in_the_map():
    """Its models are asked through their interface; a name that it does not know is an error of ours."""
    inner = agents.testing.ScriptedModel([[agents.testing.assistant_message("Hi.")]])

    class Theirs(agents.ModelProvider):
        def get_model(self, model_name):
            if model_name != "m":
                raise agents.UserError("no such model")
            return inner

    providers = MultiModelProviderMap()
    providers.add_provider("theirs", Theirs())
    provider = MultiModelProvider(providers)
    result = await run_agent(Agent(model="theirs/m"), "Hello", model_provider=provider)
    assert result.final_output == "Hi."
    with pytest.raises(UserError, match="no such model"):
        provider.get_model("theirs/other")


def test_a_provider_with_fallbacks_of_its_own_is_not_retried_twice():
    """Its candidates take their places in the one loop."""
    providers = MultiModelProviderMap()
    providers.add_provider("inner", MultiModelProvider(fallbacks={"gpt-4.1": ["ollama/llama3.2"]}))
    model = MultiModelProvider(providers).get_model("inner/gpt-4.1")
    assert isinstance(model.source, AttemptedModel)
    assert [each.resolved.name for each in model.candidates] == ["gpt-4.1", "ollama/llama3.2"]


def test_a_served_model_can_be_copied():
    """Agents are cloned with their models."""
    import copy

    model, source = served("Hi.")
    assert copy.copy(model).source is source


@both
async def test_an_error_of_ours_keeps_what_is_known_through_a_model_of_theirs(stream):
    """A model of the caller's that asks one of ours is no wall: status, provider and hint arrive in our run."""
    error = ModelError("overloaded", help="wait")
    error.status, error.provider = 503, "x"
    inner = ServedModel(ScriptedModel([error]))

    class Logged(agents.Model):
        async def get_response(self, *args, **options):
            return await inner.get_response(*args, **options)

        async def stream_response(self, *args, **options):
            async for event in inner.stream_response(*args, **options):
                yield event

    model = as_model_provider(Logged())
    request = ModelRequest(model=None, input=[{"role": "user", "content": "Hello"}])
    with pytest.raises(ModelError) as caught:
        _ = [each async for each in model.stream(request)] if stream else await model.respond(request)
    assert caught.value is error


async def test_a_model_of_theirs_is_not_asked_again_by_us():
    """Their clients retry by themselves; nine attempts would be no help to anyone."""
    inner = agents.testing.ScriptedModel([ValueError("no")])
    providers = MultiModelProviderMap()
    providers.add_provider("theirs", type("P", (), {"get_model": lambda *_: inner})())
    with pytest.raises(ModelError, match="no") as caught:
        await MultiModelProvider(providers).get_model("theirs/m").respond(ModelRequest(model=None, input=[]))
    assert caught.value.retryable is False
    assert len(inner.calls) == 1
