"""The Chat Completions API through the real client, against a loopback server that sends what servers should not."""

import asyncio
import json

import pytest
from msgspec.structs import fields

from timestep.errors import ModelError, UserError
from timestep.providers import chat_request, responses_request
from timestep.providers.openai import OpenAIChatCompletionsModel, OpenAIModelProvider
from timestep.providers.protocol import Delta, ModelRequest
from timestep.types.model_settings import ModelSettings

from .conftest import HEAD, KEEP, KEY, asked, bare, http

ANSWER = {"id": "c_1", "model": "m-1", "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
COST = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}


def chunk(content=None, finish_reason=None):
    """Return an event with a piece of text."""
    return data({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}]})


def data(value):
    """Return an event of a stream."""
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"


STREAM = chunk("Hel") + chunk("lo") + chunk(finish_reason="stop")
DONE = data(b"[DONE]")


@pytest.fixture
async def model(loopback):
    """Return a model of the loopback server, through the real client."""
    provider = OpenAIModelProvider(api_key=KEY, base_url=loopback.url, wire_api="chat_completions")
    yield bare(provider)
    await provider.aclose()


async def streamed(model, request=None):
    """Return all that a stream gives."""
    async with asyncio.timeout(5):
        return [each async for each in model.stream(request or asked())]


def text_of(response):
    """Return what a model says."""
    return "".join(part["text"] for item in response.output for part in item["content"])


async def test_a_question_is_put_and_answered(model, loopback):
    """TS-ROUTE-050: at the address of the API, with the headers and query of the settings; who answered is kept."""
    loopback.answers = [[http(ANSWER, x_request_id="req_1")]]
    settings = ModelSettings(extra_headers={"X-Extra": "1"}, extra_query={"a": "b"}, extra_body={"c": 1})
    response = await model.respond(asked(settings=settings, key="run/1", instructions="be good"))
    head, body = loopback.requests[0]
    assert isinstance(model, OpenAIChatCompletionsModel)
    assert head.startswith(b"POST /v1/chat/completions?a=b HTTP/1.1\r\n")
    for line in (b"x-extra: 1", b"content-type: application/json", b"idempotency-key: sha256:"):
        assert b"\r\n" + line in head.lower()
    system = {"role": "system", "content": "be good"}
    assert json.loads(body) == {"messages": [system, {"role": "user", "content": "hello"}], "model": "gpt-4.1", "c": 1}
    assert (text_of(response), response.id, response.request_id) == ("Hello", "c_1", "req_1")
    by = response.answered_by
    assert (by.provider, by.model, by.base_url, by.wire_api, by.reported) == (
        "openai",
        "gpt-4.1",
        loopback.url,
        "chat_completions",
        "m-1",
    )


async def test_pieces_are_there_before_the_rest_is_sent(model, loopback):
    """A delta is given as soon as its event is whole."""
    rest = asyncio.Event()
    loopback.answers = [[HEAD + chunk("Hel"), rest, chunk("lo", "stop") + data(COST) + DONE]]
    async with asyncio.timeout(5):
        stream = model.stream(asked())
        first = await anext(stream)
        assert (first.kind, first.text) == ("text", "Hel")
        rest.set()
        piece, whole = [each async for each in stream]
    assert (piece.text, piece.item_id) == ("lo", whole.output[0]["id"])
    assert (text_of(whole), whole.usage.total_tokens, whole.request_id) == ("Hello", 3, "req_s")
    sent = json.loads(loopback.requests[0][1])
    assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    "ending",
    [b"", DONE, data(COST), data(COST) + DONE, b": bye\n\n", b"data:\n\n" + DONE, data(COST).rstrip(b"\n")],
    ids=str,
)
async def test_however_a_server_ends_a_stream_the_answer_is_whole(model, loopback, ending):
    """The reason for its end is what counts; the last word may be missing."""
    loopback.answers = [[HEAD + STREAM + ending]]
    *pieces, whole = await streamed(model)
    assert [piece.text for piece in pieces] == ["Hel", "lo"]
    assert (text_of(whole), whole.status) == ("Hello", "completed")
    assert whole.usage.total_tokens == (3 if b"usage" in ending else 0)


@pytest.mark.parametrize("ending", [DONE, data(COST)], ids=["last word", "cost"])
async def test_a_stream_that_is_held_open_keeps_nobody_waiting(model, loopback, ending):
    """After the last word, or what it cost, the answer is whole."""
    loopback.answers = [[HEAD + STREAM + ending, asyncio.Event()]]
    assert text_of((await streamed(model))[-1]) == "Hello"
    async with asyncio.timeout(5):
        await loopback.closed.wait()


async def test_lines_may_end_as_they_like_with_comments_between(model, loopback):
    """Proxies send signs of life."""
    body = b": OPENROUTER PROCESSING\n\n".join([chunk("Hel"), chunk("lo"), chunk(finish_reason="stop"), DONE])
    for ending in (b"\r\n", b"\r"):
        loopback.answers = [[HEAD + body.replace(b"\n", ending)]]
        assert text_of((await streamed(model))[-1]) == "Hello"


async def test_the_next_turn_uses_the_connection_again(model, loopback):
    """Streams are read to their end: opening a connection anew costs a turn more than the request itself."""
    chunked = HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked")
    body = STREAM + data(COST) + DONE
    stream = chunked + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    loopback.answers = [[stream, KEEP], [stream, KEEP], [http(ANSWER), KEEP]]
    for _ in range(2):
        assert text_of((await streamed(model))[-1]) == "Hello"
    await model.respond(asked())
    assert loopback.connections == 1


async def test_a_server_that_does_not_stream_is_read_all_the_same(model, loopback):
    """It answers with the whole; there are no pieces then."""
    loopback.answers = [[http(ANSWER, kind="application/json; charset=utf-8")]]
    (whole,) = await streamed(model)
    assert text_of(whole) == "Hello"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        chunk("Hel"),
        chunk("Hel") + DONE,
        STREAM[: len(STREAM) // 2],
        chunk("Hel") + b"data: {\n\n" + STREAM,
        b"<html>Bad gateway</html>",
        b"data: " + b"[" * 10_000 + b"\n\n",
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_stream_that_is_none_is_no_answer(model, loopback, body):
    """Cut off anywhere, or something else altogether."""
    loopback.answers = [[HEAD + body]]
    with pytest.raises(ModelError) as caught:
        await streamed(model)
    assert (caught.value.code, caught.value.provider, caught.value.request_id) == ("model-answer", "openai", "req_s")


@pytest.mark.parametrize(
    "answer",
    [
        http({"error": {"message": f"Incorrect key: {KEY}"}}, "401 Unauthorized"),
        http({"error": {"message": f"Incorrect key: {KEY}"}}),
        HEAD + chunk("Hel") + data({"error": {"message": f"Incorrect key: {KEY}"}}),
    ],
    ids=["refused", "no answer", "in the stream"],
)
async def test_a_key_stands_in_no_error(model, loopback, answer):
    """Servers repeat what they were sent."""
    loopback.answers = [[answer]]
    with pytest.raises(ModelError, match=r"Incorrect key: \*\*\*") as caught:
        await streamed(model)
    assert KEY not in repr(vars(caught.value))


async def test_leaving_off_early_ends_the_request(model, loopback):
    """What nobody reads is not paid for any longer."""
    loopback.answers = [[HEAD + chunk("Hel"), asyncio.Event()]]
    async with asyncio.timeout(5):
        stream = model.stream(asked())
        assert isinstance(await anext(stream), Delta)
        await stream.aclose()
        await loopback.closed.wait()


async def test_a_model_has_the_time_that_the_settings_give_it(model, loopback):
    """Also in the middle of a stream."""
    loopback.answers = [[HEAD + chunk("Hel"), asyncio.Event()]]
    with pytest.raises(ModelError, match=r"within 0\.2 s"):
        await streamed(model, asked(settings=ModelSettings(timeout=0.2)))


async def test_an_item_without_a_place_is_refused_before_anything_is_sent(model, loopback):
    """It is the question that is at fault, and no key or connection is needed to see that."""
    with pytest.raises(UserError) as caught:
        await model.respond(ModelRequest(model=None, input=[{"type": "web_search_call"}]))
    assert (caught.value.code, loopback.requests) == ("model-input", [])


# A value for each setting that there is; of the names after it, each API either sends what the setting means, or says
# that it has no place for it.
SETTINGS = {
    "temperature": (0.5, "temperature", "temperature"),
    "top_p": (0.5, "top_p", "top_p"),
    "frequency_penalty": (0.5, None, "frequency_penalty"),
    "presence_penalty": (0.5, None, "presence_penalty"),
    "tool_choice": ("required", "tool_choice", "tool_choice"),
    "parallel_tool_calls": (False, "parallel_tool_calls", "parallel_tool_calls"),
    "truncation": ("auto", "truncation", None),
    "max_tokens": (5, "max_output_tokens", "max_tokens"),
    "reasoning": ({"effort": "low"}, "reasoning", "reasoning_effort"),
    "verbosity": ("low", "text", "verbosity"),
    "metadata": ({"a": "b"}, "metadata", "metadata"),
    "store": (False, "store", "store"),
    "include_usage": (False, "", "stream_options"),  # the Responses API always tells it
    "response_include": (["file_search_call.results"], "include", None),
    "top_logprobs": (2, "top_logprobs", "top_logprobs"),
    "timeout": (5.0, "", ""),  # how long is waited is no matter of the server's
    "extra_query": ({"a": "b"}, "", ""),  # these two stand beside the body; see the first test
    "extra_headers": ({"A": "b"}, "", ""),
    "extra_body": ({"seed": 1}, "seed", "seed"),
    "extra_args": ({"seed": 1}, "seed", "seed"),
}


@pytest.mark.parametrize("name", [field.name for field in fields(ModelSettings)])
@pytest.mark.parametrize("wire", [0, 1], ids=["responses", "chat_completions"])
def test_every_setting_there_is_is_sent_or_refused_by_name(wire, name):
    """A setting that is added has to be thought of here: what is dropped in silence looks as if it had been obeyed."""
    value, *members = SETTINGS[name]
    written = (responses_request.request_body, chat_request.request_body)[wire]
    tools = [{"type": "function", "name": "add", "parameters": {}}]

    def body(settings):
        return json.loads(written(asked(settings=settings, tools=tools), "m", stream=True))

    plain, settings = body(ModelSettings()), ModelSettings(**{name: value})
    if members[wire] is None:
        with pytest.raises(UserError, match=f"API knows no {name}"):
            body(settings)
        return
    sent = body(settings)
    changed = {member for member in plain.keys() | sent.keys() if plain.get(member) != sent.get(member)}
    assert members[wire] in changed if members[wire] else not changed
