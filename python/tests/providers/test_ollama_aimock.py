"""Ollama's chat API with servers and a client that others wrote: npm @copilotkit/aimock and the `ollama` package."""

import asyncio
import json

import ollama
import pytest
from msgspec.structs import replace

from timestep.errors import ModelError
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.protocol import Delta
from timestep.types.model_settings import ModelSettings

from .aimock_server import KEY, aimock_server
from .conftest import http
from .ollama_server import HEAD, asked, bare, last, line, local, tool_call
from .test_ollama_request import SCHEMA, TOOL, call, output

# Its Ollama side does not read the ids of calls; it tells a second turn by the output alone.
FIXTURES = [
    {
        "match": {"userMessage": "hello", "hasToolResult": False},
        "response": {
            "content": "I'll look.",
            "toolCalls": [
                {"name": "forecast", "arguments": '{"where": {"city": "Oakland"}, "days": [1, 2.5]}'},
                {"name": "forecast", "arguments": "{}"},
            ],
        },
    },
    {
        "match": {"userMessage": "hello", "hasToolResult": True},
        "response": {"content": "Sunny, wörld 🙂 of many words!"},
    },
    {"match": {"userMessage": "busy"}, "response": {"error": {"message": "slow down"}, "status": 429, "retryAfter": 7}},
    {"match": {"userMessage": "gone"}, "response": {"error": {"message": "model 'm' not found"}, "status": 404}},
    {
        "match": {"userMessage": "cut"},
        "response": {"content": "a" * 200},
        "chunkSize": 10,
        "truncateAfterChunks": 3,
        "latency": 5,
    },
]


@pytest.fixture(scope="module")
def server(repo_root, node, tmp_path_factory):
    """Return the address of an aimock with a script for Ollama's chat API, which wants a key."""
    with aimock_server(repo_root, node, tmp_path_factory.mktemp("ollama"), FIXTURES) as url:
        yield url


@pytest.fixture
async def provider(server):
    """Return a provider of aimock."""
    found = OllamaModelProvider(api_key=KEY, base_url=server)
    yield found
    await found.aclose()


async def respond(model, request):
    """Ask for the whole answer."""
    return await model.respond(request)


async def streamed(model, request):
    """Ask for a stream, and return the whole at its end."""
    *pieces, whole = [each async for each in model.stream(request)]
    assert pieces
    assert all(isinstance(piece, Delta) for piece in pieces)
    texts = [piece.text for piece in pieces if piece.kind == "text"]
    assert "".join(texts) == "".join(item["content"][0]["text"] for item in whole.output if item["type"] == "message")
    return whole


def said(text):
    """Return a request of one message."""
    return replace(asked(), input=[{"role": "user", "content": text}])


@pytest.mark.parametrize("way", [respond, streamed])
async def test_tools_are_called_and_their_results_answered(provider, way):
    """Two turns, streamed or not: a text with two calls, two outputs, a message."""
    model = provider.get_model("m")
    question = asked(tools=[TOOL])
    async with asyncio.timeout(5):
        first = await way(model, question)
        message, *calls = first.output
        assert message["content"][0]["text"] == "I'll look."
        assert [(each["type"], each["name"], each["arguments"]) for each in calls] == [
            ("function_call", "forecast", '{"where":{"city":"Oakland"},"days":[1,2.5]}'),
            ("function_call", "forecast", "{}"),
        ]
        assert len({each["call_id"] for each in calls}) == 2
        outputs = [output(each["call_id"], "sunny") for each in calls]
        second = await way(model, replace(question, input=[*question.input, *first.output, *outputs]))
    assert second.output[0]["content"][0]["text"] == "Sunny, wörld 🙂 of many words!"
    assert (second.status, second.usage.requests) == ("completed", 1)
    assert second.answered_by.reported == "m"


@pytest.mark.parametrize("way", [respond, streamed])
@pytest.mark.parametrize(
    ("text", "status", "told", "retry_after"),
    [("busy", 429, "slow down", 7.0), ("gone", 404, "model 'm' not found", None)],
)
async def test_a_refusal_says_what_and_when(provider, *, way, text, status, told, retry_after):
    """Status, the API's own words, and that the model did not work on it."""
    with pytest.raises(ModelError) as caught:
        async with asyncio.timeout(5):
            await way(bare(provider, "m"), said(text))
    error = caught.value
    assert (error.code, error.provider, error.status, error.sent) == ("model-failed", "ollama", status, "no")
    assert told in error.message
    assert error.retry_after == retry_after


async def test_a_wrong_key_is_refused(server):
    """The key stands nowhere."""
    wrong = "key-that-is-wrong-0123456789"
    provider = OllamaModelProvider(api_key=wrong, base_url=server)
    with pytest.raises(ModelError) as caught:
        await bare(provider, "m").respond(asked())
    await provider.aclose()
    assert caught.value.status == 401
    assert "check the key" in caught.value.help
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
async def test_a_fault_of_the_server_is_a_model_error(provider, way, fault, code, sent):
    """Whatever goes wrong on the way, nothing but a ModelError comes out, and no answer is made up."""
    settings = ModelSettings(extra_headers={f"x-aimock-chaos-{fault}": "1"})
    with pytest.raises(ModelError) as caught:
        async with asyncio.timeout(5):
            await way(bare(provider, "m"), asked(settings=settings))
    assert (caught.value.code, caught.value.sent) == (code, sent)


async def test_a_stream_that_breaks_off_is_no_answer(provider):
    """After some pieces, with none left to come."""
    with pytest.raises(ModelError, match="broke off") as caught:
        async with asyncio.timeout(5):
            await streamed(bare(provider, "m"), said("cut"))
    assert caught.value.code == "model-answer"


@pytest.mark.parametrize("stream", [False, True])
async def test_the_packages_own_way_gives_the_same(loopback, stream):
    """Where the package loses nothing: the same request, and of the same answer the same text, thought and call."""
    message = {"thinking": "Hm.", "tool_calls": [tool_call("forecast", {"days": [1]})]}
    answer = (
        HEAD + line("He", message=message) + last("llo") if stream else http(json.loads(last("Hello", message=message)))
    )
    loopback.answers = [[answer], [answer]]
    client = ollama.AsyncClient(loopback.url.removesuffix("/v1"))
    plain = {"type": "object", "properties": {"days": {"type": "array", "items": {"type": "integer"}}}, "required": []}
    theirs = await client.chat(
        "llama3.2",
        [{"role": "system", "content": "be good"}, {"role": "user", "content": "hello"}],
        tools=[{"type": "function", "function": {"name": "forecast", "description": "Tell it.", "parameters": plain}}],
        stream=stream,
        think="low",
        options={"temperature": 0.5, "num_predict": 9},
        keep_alive="5m",
    )
    parts = [part async for part in theirs] if stream else [theirs]
    await client.close()
    provider = local(loopback, keep_alive="5m")
    settings = ModelSettings(temperature=0.5, max_tokens=9, reasoning={"effort": "low"})
    tools = [{**TOOL, "parameters": plain}]
    request = asked(instructions="be good", tools=tools, settings=settings)
    ours = await (streamed if stream else respond)(bare(provider), request)
    await provider.aclose()
    bodies = [json.loads(body) for _, body in loopback.requests]
    assert bodies[0] == bodies[1]
    assert [head.split(b"\r\n")[0] for head, _ in loopback.requests] == [b"POST /api/chat HTTP/1.1"] * 2
    thought, message, made = ours.output
    assert thought["content"][0]["text"] == "".join(part.message.thinking or "" for part in parts)
    assert message["content"][0]["text"] == "".join(part.message.content or "" for part in parts)
    (called,) = (each for part in parts for each in part.message.tool_calls or ())
    assert (made["name"], json.loads(made["arguments"])) == (called.function.name, called.function.arguments)
    assert (ours.usage.input_tokens, ours.usage.output_tokens) == (parts[-1].prompt_eval_count, parts[-1].eval_count)


async def test_what_the_package_loses_arrives_whole(loopback):
    """Why requests go out as bytes: schemas of tools, and the ids of calls and outputs, get lost in its types."""
    arguments = '{"where":{"city":"Oakland"},"days":[1e2,12345678901234567890.50]}'
    items = [
        call("call_1", "forecast", arguments),
        call("call_2", "forecast"),
        output("call_2", "a"),
        output("call_1", "b"),
    ]
    messages = [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": each["call_id"], "function": {"name": "forecast", "arguments": json.loads(each["arguments"])}}
                for each in items[:2]
            ],
        },
        {"role": "tool", "content": "a", "tool_call_id": "call_2", "tool_name": "forecast"},
        {"role": "tool", "content": "b", "tool_call_id": "call_1", "tool_name": "forecast"},
    ]
    function = {"name": "forecast", "description": "Tell it.", "parameters": SCHEMA}
    answer = http(json.loads(last(message={"tool_calls": [tool_call("forecast", id="call_3")]})))
    loopback.answers = [[answer], [answer]]
    client = ollama.AsyncClient(loopback.url.removesuffix("/v1"))
    hello = {"role": "user", "content": "hello"}
    theirs = await client.chat("llama3.2", [hello, *messages], tools=[{"type": "function", "function": function}])
    await client.close()
    provider = local(loopback)
    ours = await bare(provider).respond(asked(*items, tools=[TOOL]))
    await provider.aclose()
    (_, lossy), (_, whole) = loopback.requests
    schema = json.dumps(SCHEMA, separators=(",", ":")).encode()
    assert schema in whole
    assert arguments.encode() in whole
    sent = json.loads(whole)
    assert sent["messages"] == [hello, *messages]
    assert sent["tools"] == [{"type": "function", "function": function}]
    assert ours.output[0]["call_id"] == "call_3"
    # If one of these fails, the package has learned to keep it.
    kept = json.loads(lossy)
    properties = kept["tools"][0]["function"]["parameters"]["properties"]
    assert properties["where"] == {}
    assert properties["options"] == {"type": "object"}
    assert "additionalProperties" not in kept["tools"][0]["function"]["parameters"]
    assert not [each for each in kept["messages"][1]["tool_calls"] if "id" in each]
    assert not [each for each in kept["messages"] if "tool_call_id" in each]
    assert not hasattr(theirs.message.tool_calls[0], "id")


async def test_what_the_package_takes_for_an_answer_is_none(loopback, monkeypatch):
    """Why answers are read here: it takes half a stream for the whole, leaks errors, and any host gets the key."""
    monkeypatch.setenv("OLLAMA_API_KEY", KEY)
    url = loopback.url.removesuffix("/v1")
    loopback.answers = [[HEAD + line("Hel")], [HEAD + line("Hel") + b"{\n"]] * 2
    client, provider = ollama.AsyncClient(url), local(loopback)
    texts = [part.message.content async for part in await client.chat("m", [], stream=True)]
    assert texts == ["Hel"]
    with pytest.raises(json.JSONDecodeError):
        [part async for part in await client.chat("m", [], stream=True)]
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            await streamed(bare(provider), asked())
        assert caught.value.code == "model-answer"
    await client.close()
    await provider.aclose()
    assert [KEY.encode() in head for head, _ in loopback.requests] == [True, True, False, False]
