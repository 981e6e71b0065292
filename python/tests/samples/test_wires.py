"""Chat Completions and Ollama's chat, asked by the official clients: the same toy model is behind them."""

import json

import httpx
import pytest
from ollama import AsyncClient, ResponseError
from openai import AsyncOpenAI, BadRequestError

from samples.server import ToyServer

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Get it.", "parameters": CITY}}
ASKED = {"role": "user", "content": "What's the weather in Oakland?"}
OAKLAND = {"city": "Oakland"}


@pytest.fixture
def server():
    """Return a running server."""
    with ToyServer() as running:
        yield running


@pytest.fixture
async def chat(server):
    """Return the chat completions of the official client of OpenAI."""
    async with AsyncOpenAI(base_url=server.url, api_key="dummy", max_retries=0) as client:
        yield client.chat.completions


@pytest.fixture
async def ollama(server):
    """Return the official client of Ollama."""
    async with AsyncClient(server.origin) as client:
        yield client


def posted(server, body):
    """Return the response to a request that no client has made better."""
    return httpx.post(f"{server.origin}/api/chat", json=body)


async def test_a_chat_completion_calls_a_tool_and_tells_what_it_gave(chat, server):
    """A call, and the output sent back under its id."""
    first = await chat.create(model="m", messages=[{"role": "system", "content": "Weather."}, ASKED], tools=[WEATHER])
    (call,) = first.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", OAKLAND)
    assert first.choices[0].finish_reason == "tool_calls"
    assert server.exchanges[0].request["instructions"] == "Weather."
    assert server.exchanges[0].offered == ["get_weather"]
    output = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    second = await chat.create(model="m", messages=[ASKED, first.choices[0].message, output], tools=[WEATHER])
    assert second.choices[0].message.content == "Here is the answer: sunny"
    assert (second.choices[0].finish_reason, second.usage.total_tokens) == ("stop", 15)


async def test_a_chat_completion_comes_in_pieces(chat):
    """Text word by word, arguments in two pieces, and the tokens at the end where they are asked for."""
    chunks = [chunk async for chunk in await chat.create(model="m", messages=[ASKED], stream=True)]
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(texts) == "You said: What's the weather in Oakland?"
    assert len(texts) > 5
    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = [chunk async for chunk in await chat.create(model="m", messages=[ASKED], tools=[WEATHER], **options)]
    parts = [call.function.arguments for chunk in chunks[:-1] for call in chunk.choices[0].delta.tool_calls or ()]
    assert (len(parts), json.loads("".join(parts))) == (2, OAKLAND)
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 15)


async def test_a_chat_completion_keeps_to_the_tool_that_is_chosen(chat):
    """`tool_choice` names the function in an object of its own."""
    choice = {"type": "function", "function": {"name": "get_weather"}}
    said = {"role": "user", "content": [{"type": "text", "text": "Tell me of life in Oakland"}]}
    found = await chat.create(model="m", messages=[said], tools=[WEATHER], tool_choice=choice)
    assert found.choices[0].message.tool_calls[0].function.name == "get_weather"


@pytest.mark.parametrize(
    "messages",
    [
        [ASKED, {"role": "tool", "tool_call_id": "call_never", "content": "sunny"}],
        [
            ASKED,
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": {}}}],
            },
        ],
    ],
)
async def test_a_chat_completion_is_strict_where_servers_are(chat, messages):
    """An output of a call that nobody made, and arguments that are no text, are refused."""
    with pytest.raises(BadRequestError):
        await chat.create(model="m", messages=messages)


async def test_ollama_calls_a_tool_and_tells_what_it_gave(ollama, server):
    """The arguments are an object; the client sends back no id, so the tool's name tells whose output it is."""
    first = await ollama.chat("m", [ASKED], tools=[WEATHER])
    (call,) = first.message.tool_calls
    assert (call.function.name, call.function.arguments, first.done) == ("get_weather", OAKLAND, True)
    output = {"role": "tool", "tool_name": "get_weather", "content": "sunny"}
    second = await ollama.chat("m", [ASKED, first.message, output], tools=[WEATHER])
    assert second.message.content == "Here is the answer: sunny"
    assert (second.prompt_eval_count, second.eval_count, second.done_reason) == (10, 5, "stop")
    assert [exchange.called for exchange in server.exchanges] == [["get_weather"], []]


async def test_ollama_answers_in_lines(ollama, server):
    """Text word by word, a call whole; it streams unless told otherwise."""
    lines = [line async for line in await ollama.chat("m", [ASKED], stream=True)]
    assert "".join(line.message.content for line in lines) == "You said: What's the weather in Oakland?"
    assert [line.done for line in lines[-2:]] == [False, True]
    lines = [line async for line in await ollama.chat("m", [ASKED], tools=[WEATHER], stream=True)]
    assert [call.function.arguments for line in lines for call in line.message.tool_calls or ()] == [OAKLAND]
    raw = posted(server, {"model": "m", "messages": [ASKED]})
    assert raw.headers["content-type"] == "application/x-ndjson"
    assert json.loads(raw.text.splitlines()[-1])["done"] is True


async def test_ollama_refuses_in_its_own_words(ollama, server):
    """Arguments that are a text are refused, in an error that is a text."""
    call = {"function": {"name": "f", "arguments": "{}"}}
    messages = [ASKED, {"role": "assistant", "content": "", "tool_calls": [call]}]
    raw = posted(server, {"model": "m", "messages": messages})
    assert raw.status_code == 400
    assert "the arguments of a call are no dict" in raw.json()["error"]
    with pytest.raises(ResponseError):
        await ollama.show("m")
