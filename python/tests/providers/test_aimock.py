"""The provider with the official client against a server that others wrote (npm @copilotkit/aimock)."""

import asyncio

import pytest
from msgspec.structs import replace

from timestep.errors import ModelError
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.protocol import Delta
from timestep.types.model_settings import ModelSettings

from .conftest import KEY, asked, bare

TOOL = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture(params=["responses", "chat_completions"])
async def model(aimock, request):
    """Return a model of aimock, through each of OpenAI's APIs."""
    provider = OpenAIModelProvider(api_key=KEY, base_url=aimock, wire_api=request.param)
    yield bare(provider)
    await provider.aclose()


async def respond(model, request):
    """Ask for the whole answer."""
    return await model.respond(request)


async def streamed(model, request):
    """Ask for a stream, and return the whole at its end."""
    *pieces, whole = [each async for each in model.stream(request)]
    assert pieces
    assert all(isinstance(piece, Delta) for piece in pieces)
    return whole


@pytest.mark.parametrize("way", [respond, streamed])
async def test_a_tool_is_called_and_its_result_answered(model, way):
    """Two turns, streamed or not: call, output, message."""
    async with asyncio.timeout(5):
        question = asked("what is the weather in Oakland?", tools=[TOOL])
        first = await way(model, question)
        (call,) = first.output
        assert (call["type"], call["name"], call["arguments"]) == (
            "function_call",
            "get_weather",
            '{"city": "Oakland"}',
        )
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
        second = await way(model, replace(question, input=[*question.input, call, output]))
    assert second.output[-1]["content"][0]["text"] == "It is sunny in Oakland, and rather warm."
    assert (second.status, second.usage.requests) == ("completed", 1)
    assert second.id
    assert second.request_id


@pytest.mark.parametrize("text", ["hello", "weather in Oakland"])
@pytest.mark.parametrize("model", ["responses"], indirect=True)
async def test_the_clients_own_way_gives_the_same(model, text):
    """What is read here from the bytes is what the client makes of them, but for ids, which are new each time."""
    client = await client_of(model)
    async with asyncio.timeout(5):
        theirs = await client.responses.create(model="gpt-4.1", input=text, tools=[TOOL])
        ours = await respond(model, asked(text, tools=[TOOL]))
        whole = await streamed(model, asked(text, tools=[TOOL]))
    expected = [{**item.model_dump(mode="json", exclude_unset=True), "id": None} for item in theirs.output]
    for response in (ours, whole):
        assert [{**item, "id": None} for item in response.output] == expected
        assert response.usage.total_tokens == theirs.usage.total_tokens


@pytest.mark.parametrize("text", ["hello", "weather in Oakland"])
@pytest.mark.parametrize("model", ["chat_completions"], indirect=True)
async def test_the_clients_own_way_gives_the_same_chat(model, text):
    """Text, calls, cost and name of the model, read by the client's types and here."""
    client = await client_of(model)
    question = {"model": "gpt-4.1", "messages": [{"role": "user", "content": text}]}
    tools = [{"type": "function", "function": {key: value for key, value in TOOL.items() if key != "type"}}]
    async with asyncio.timeout(5):
        theirs = await client.chat.completions.create(**question, tools=tools)
        ours = await respond(model, asked(text, tools=[TOOL]))
        whole = await streamed(model, asked(text, tools=[TOOL]))
    message = theirs.choices[0].message
    called = [(call.function.name, call.function.arguments) for call in message.tool_calls or ()]
    for response in (ours, whole):
        said = [part["text"] for item in response.output if item["type"] == "message" for part in item["content"]]
        assert "".join(said) == (message.content or "")
        calls = [item for item in response.output if item["type"] == "function_call"]
        assert [(item["name"], item["arguments"]) for item in calls] == called
        assert response.usage.total_tokens == theirs.usage.total_tokens
        assert response.answered_by.reported == theirs.model


async def client_of(model):
    """Return the official client that a model is asked through."""
    return (await model._provider.client_for(model._resolved)).client


async def test_the_pieces_are_the_whole(model):
    """Joined, the deltas are the text of the final message, of any script."""
    async with asyncio.timeout(5):
        *pieces, whole = [each async for each in model.stream(asked("hello"))]
    assert len(pieces) > 1
    assert {piece.kind for piece in pieces} == {"text"}
    assert "".join(piece.text for piece in pieces) == whole.output[0]["content"][0]["text"]
    assert "wörld 🙂" in whole.output[0]["content"][0]["text"]


async def test_reasoning_comes_as_pieces_of_its_own(model):
    """What the model thinks is told apart from what it says."""
    model = bare(model._provider, "gpt-5")  # aimock lets only models think that do
    async with asyncio.timeout(5):
        *pieces, _ = [each async for each in model.stream(asked("think"))]
    assert "".join(piece.text for piece in pieces if piece.kind == "reasoning") == "Six times seven."
    assert "".join(piece.text for piece in pieces if piece.kind == "text") == "42"


@pytest.mark.parametrize("way", [respond, streamed])
@pytest.mark.parametrize(
    ("text", "status", "told", "hint"),
    [
        ("too much", 429, "Rate limit reached", "wait"),
        ("retired", 404, "The model `gpt-0` does not exist", "retired"),
    ],
)
async def test_a_refusal_says_what_and_what_to_do(model, *, way, text, status, told, hint):
    """Status, the API's own words, a hint, and that the model did not work on it."""
    with pytest.raises(ModelError) as caught:
        await way(model, asked(text))
    error = caught.value
    assert (error.code, error.provider, error.status, error.sent) == ("model-failed", "openai", status, "no")
    assert told in error.message
    assert hint in error.help
    assert error.request_id


async def test_a_wrong_key_is_refused_and_not_repeated(aimock):
    """The hint says which key it was; the key stands nowhere."""
    wrong = "sk-wrong-key-0123456789"
    provider = OpenAIModelProvider(api_key=wrong, base_url=aimock)
    with pytest.raises(ModelError) as caught:
        await provider.get_model("gpt-4.1").respond(asked())
    await provider.aclose()
    assert caught.value.status == 401
    assert "api_key" in caught.value.help
    assert wrong not in caught.value.render()


@pytest.mark.parametrize("way", [respond, streamed])
@pytest.mark.parametrize(
    ("fault", "code", "sent"),
    [
        ("ratelimit", "model-failed", "no"),
        ("drop", "model-failed", "unknown"),
        ("disconnect", "model-failed", "unknown"),
        ("malformed", "model-answer", "yes"),
    ],
)
async def test_a_fault_of_the_server_is_a_model_error(model, way, fault, code, sent):
    """Whatever goes wrong on the way, nothing but a ModelError comes out, and no answer is made up."""
    settings = ModelSettings(extra_headers={f"x-aimock-chaos-{fault}": "1"})
    with pytest.raises(ModelError) as caught:
        async with asyncio.timeout(5):
            await way(model, asked(settings=settings))
    assert (caught.value.code, caught.value.sent) == (code, sent)
