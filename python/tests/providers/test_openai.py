"""The OpenAI provider through the real client, against a loopback server that sends what servers should not."""

import asyncio
import doctest
import gc
import gzip
import json
import socket
import subprocess
import sys
import traceback
import warnings
from types import SimpleNamespace

import httpx2
import pytest
from openai import AsyncOpenAI, OpenAIError

from timestep.errors import ModelError, UserError
from timestep.providers import openai as provider_module
from timestep.providers import transport
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.protocol import Delta, Model, ModelProvider, ModelRequest
from timestep.providers.routing import Retry
from timestep.types.model_settings import ModelSettings

from .conftest import HEAD, KEEP, KEY, asked, bare, event, http

ANSWER = {"id": "resp_1", "status": "completed", "output": [{"type": "message", "id": "msg_1", "content": []}]}
TEXT = event(type="response.output_text.delta", delta="Hel", item_id="msg_1", output_index=0)
END = event(type="response.completed", response=ANSWER)


async def refused(model, request=None):
    """Ask, and return the error."""
    with pytest.raises(ModelError) as caught:
        async with asyncio.timeout(5):
            await model.respond(request or asked())
    return caught.value


async def streamed(model, request=None):
    """Return all that a stream gives."""
    async with asyncio.timeout(5):
        return [each async for each in model.stream(request or asked())]


def test_it_is_a_provider_of_models():
    """It fits the protocol, and gives the default model where none is named."""
    provider = OpenAIModelProvider()
    assert isinstance(provider, ModelProvider)
    assert isinstance(provider.get_model(None), Model)
    assert [provider.get_model(name).name for name in (None, "o3")] == ["gpt-4.1", "o3"]
    assert OpenAIModelProvider(default_model="o3").get_model().name == "o3"
    with pytest.raises(UserError, match="empty"):
        provider.get_model("")


def test_the_examples_of_the_docstrings_are_true():
    """They are what users read first."""
    result = doctest.testmod(provider_module)
    assert result.attempted
    assert not result.failed


def test_nothing_heavy_is_loaded_before_a_request():
    """Importing the client takes most of a second, which a program that only looks at states need not pay."""
    code = "import sys; from timestep.providers.openai import *; OpenAIModelProvider().get_model('a')"
    code += "; sys.exit('openai' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


async def test_a_model_is_asked_again_as_the_server_says(loopback):
    """The loop around it waits as long as it is told, and not longer; each attempt has the same key."""
    slow_down = http({"error": {"message": "slow down"}}, "429 Too Many Requests", retry_after_ms="1")
    loopback.answers = [[slow_down, KEEP], [http(ANSWER), KEEP]]
    provider = OpenAIModelProvider(KEY, loopback.url, retry=Retry(attempts=2, first_delay=0.001))
    async with asyncio.timeout(5):
        response = await provider.get_model("gpt-4.1").respond(asked(key="run/1"))
    assert response.output == ANSWER["output"]
    keys = [head.lower().partition(b"idempotency-key: ")[2].partition(b"\r\n")[0] for head, _ in loopback.requests]
    assert keys[0].startswith(b"sha256:")
    assert keys[0] == keys[1]
    loopback.answers = [[http({"error": {"code": "insufficient_quota"}}, "429 Too Many Requests"), KEEP]]
    error = await refused(provider.get_model("gpt-4.1"))
    await provider.aclose()
    assert (error.retryable, len(loopback.requests)) == (False, 3)


async def test_an_answer_that_is_as_long_as_it_may_be_was_cut_off(model, loopback):
    """Some servers say it is complete; OpenAI itself does not."""
    usage = {"input_tokens": 1, "output_tokens": 5}
    answer = {**ANSWER, "usage": usage}
    end = event(type="response.completed", response=answer)
    loopback.answers = [[http(answer), KEEP], [HEAD + TEXT + end], [http(answer), KEEP]]
    request = asked(settings=ModelSettings(max_tokens=5))
    for response in (await model.respond(request), (await streamed(model, request))[-1]):
        assert (response.status, response.reason) == ("incomplete", "max_output_tokens")
    assert (await model.respond(asked(settings=ModelSettings(max_tokens=6)))).status == "completed"


async def test_the_encoded_items_reach_the_wire_byte_for_byte(model, loopback):
    """No layer below encodes them again; headers, query and body are those of the settings."""

    class Remembered(list):
        def folded(self, _make):
            return SimpleNamespace(written=['{"role":"user", "content":"hellö"}'.encode()])

    loopback.answers = [[http(ANSWER, x_request_id="req_1")]]
    settings = ModelSettings(extra_headers={"X-Extra": "1"}, extra_query={"a": "b"}, extra_body={"c": 1})
    response = await model.respond(ModelRequest(model=None, input=Remembered(), settings=settings, key="run/1"))
    head, body = loopback.requests[0]
    assert body == '{"input":[{"role":"user", "content":"hellö"}],"model":"gpt-4.1","tools":[],"c":1}'.encode()
    assert head.startswith(b"POST /v1/responses?a=b HTTP/1.1\r\n")
    for line in (b"x-extra: 1", b"content-type: application/json", b"idempotency-key: sha256:"):
        assert b"\r\n" + line in head.lower()
    assert (response.id, response.request_id) == ("resp_1", "req_1")


async def test_a_failed_request_is_not_repeated(model, loopback):
    """TS-ROUTE-044: whether it may be is for the run to decide, which knows what a repetition would do."""
    loopback.answers = [[http({"error": {"message": "Oops"}}, "500 Internal Server Error", x_request_id="req_9")]]
    error = await refused(model)
    assert len(loopback.requests) == 1
    assert (error.status, error.request_id, error.sent, error.message) == (
        500,
        "req_9",
        "unknown",
        "openai answered 500: Oops",
    )


@pytest.mark.parametrize(
    ("status", "body", "headers", "told", "hint"),
    [
        (400, {"error": {"message": "bad input"}}, {}, "400: bad input", None),
        (400, {"error": "bad input"}, {}, "400: bad input", None),
        (400, {"detail": "bad input"}, {}, "400: bad input", None),
        (400, {"else": "bad input"}, {}, '400: {"else": "bad input"}', None),
        (400, [{"error": {"code": 400, "message": "bad input"}}], {}, "400: bad input", None),
        (400, {"object": "error", "message": {"detail": [{"msg": "bad input"}]}}, {}, "400: bad input", None),
        (400, {"error": {"message": "bad input", "code": ["x"]}}, {}, "400: bad input", None),
        (400, b"[" * 9999, {}, "400: [[", None),
        (403, b"<html>", {}, "403: <html>", "this key may not use"),
        (404, b"", {}, "404: Not Found", "base URL"),
        (408, {}, {}, "answered 408", "timeout"),
        (413, b"", {}, "413", "shorten"),
        (429, {"error": {"message": "slow down"}}, {"retry_after": "7"}, "slow down", "wait 7 s"),
        (429, {"error": {"message": "slow down"}}, {"retry_after": "<b>"}, "slow down", "wait, and run again"),
        (503, b"x" * 9999, {}, "x...", "run again later"),
        (307, b"", {"location": "http://127.0.0.2:9/v1/responses"}, "307", "base_url"),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_the_api(model, loopback, *, status, body, headers, told, hint):
    """TS-ROUTE-022: at a sane length, with what to do about it; no redirect is followed, so that nothing is sent on."""
    reason = {404: "Not Found"}.get(status, "Whatever")
    loopback.answers = [[http(body, f"{status} {reason}", **headers)]]
    error = await refused(model)
    assert (error.code, error.provider, error.status) == ("model-failed", "openai", status)
    assert told in error.message
    assert len(error.message) < 600
    assert hint is None or hint in error.help
    assert len(loopback.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http({"error": {"message": f"Incorrect key: {KEY}"}}, "401 Unauthorized"),
        http({"error": {"message": f"Incorrect key: {KEY}"}}),
        HEAD + event(type="error", message=f"Incorrect key: {KEY}"),
    ],
    ids=["refused", "no answer", "in the stream"],
)
async def test_a_key_stands_in_no_error(model, loopback, answer):
    """Servers repeat what they were sent: neither message nor traceback nor cause shows it."""
    loopback.answers = [[answer], [answer]]
    with pytest.raises(ModelError, match=r"Incorrect key: \*\*\*") as caught:
        await streamed(model)
    shown = [repr(caught.value), caught.value.render(), repr(model), repr(vars(caught.value))]
    shown += traceback.format_exception(caught.value)
    assert not [text for text in shown if KEY in text]
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("status", ["400 Bad Request", "503 Service Unavailable"])
async def test_of_a_refusal_only_the_beginning_is_read(model, loopback, status):
    """One that never ends, that is compressed a thousand times, or that breaks off says what it has said."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n".encode()
    bomb = gzip.compress(bytes(1 << 24), 1)
    endless = [head + b"\r\n" + b"no " * 30_000, asyncio.Event()]
    squeezed = [head + b"Content-Encoding: gzip\r\n\r\n" + bomb, asyncio.Event()]
    short = [head + b"Content-Length: 99\r\n\r\nno "]
    for answer in (endless, squeezed, short):
        loopback.answers = [answer]
        error = await refused(model)
        assert f"openai answered {error.status}" in error.message
        assert str(error.status) == status[:3]
        assert len(error.message) < 600


async def test_what_cannot_be_reached_was_never_sent():
    """A refused connection is told apart from one that broke off later."""
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        provider = OpenAIModelProvider(KEY, f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        error = await refused(bare(provider))
    await provider.aclose()
    assert (error.code, error.status, error.sent) == ("model-failed", None, "no")
    assert "127.0.0.1" in error.message
    assert "OPENAI_BASE_URL" in error.help


@pytest.mark.parametrize("url", ["localhost:80/v1", "ftp://localhost/v1", "/v1", ""])
async def test_an_address_that_is_none_is_an_error_of_ours(url):
    """Never a bare traceback for a typing error."""
    with pytest.raises((ModelError, UserError)):
        await OpenAIModelProvider(KEY, url).get_model().respond(asked())


async def test_a_connection_that_breaks_off_may_have_been_worked_on(model, loopback):
    """Before the answer's head, and in the middle of its body."""
    loopback.answers = [[b""], [http(ANSWER)[:-5]]]
    error = await refused(model)
    assert (error.code, error.sent) == ("model-failed", "unknown")
    error = await refused(model)
    assert (error.code, error.sent) == ("model-answer", "yes")


@pytest.mark.parametrize("begun", [[], [HEAD], [HEAD + TEXT]], ids=["no head", "no body", "in the stream"])
async def test_a_model_has_the_time_that_the_settings_give_it(model, loopback, begun):
    """The whole answer has to be there, whether nothing came or only the beginning."""
    loopback.answers = [[*begun, asyncio.Event()]]
    with pytest.raises(ModelError, match=r"within 0\.2 s") as caught:
        await streamed(model, asked(settings=ModelSettings(timeout=0.2)))
    assert (caught.value.code, caught.value.sent) == ("model-failed", "unknown")
    assert "timeout" in caught.value.help


async def test_the_providers_own_timeout_is_for_silence(loopback):
    """It is the client's: so long may a server keep silent."""
    provider = OpenAIModelProvider(KEY, loopback.url, timeout=0.2)
    loopback.answers = [[asyncio.Event()]]
    error = await refused(bare(provider))
    await provider.aclose()
    assert (error.code, error.sent) == ("model-failed", "unknown")
    assert "127.0.0.1 did not answer: ReadTimeout" in error.message


async def test_an_answer_beyond_all_measure_is_refused(model, loopback, monkeypatch):
    """A server can't fill the memory."""
    monkeypatch.setattr(transport, "MOST_BYTES", 1000)
    loopback.answers = [[http(b"x" * 2000)], [HEAD + b": " + b"x" * 2000]]
    assert "more than 1000 bytes" in (await refused(model)).message
    with pytest.raises(ModelError, match="more than 1000 bytes"):
        await streamed(model)


async def test_a_compressed_answer_is_read(model, loopback):
    """The client asks for compression, so servers use it, in streams too."""
    stream = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + gzip.compress(TEXT + END)
    loopback.answers = [[http(gzip.compress(json.dumps(ANSWER).encode()), content_encoding="gzip")], [stream]]
    assert (await model.respond(asked())).output == ANSWER["output"]
    assert len(await streamed(model)) == 2


async def test_pieces_are_there_before_the_rest_is_sent(model, loopback):
    """A delta is given as soon as its event is whole."""
    rest = asyncio.Event()
    loopback.answers = [[HEAD + TEXT, rest, END]]
    async with asyncio.timeout(5):
        stream = model.stream(asked())
        assert await anext(stream) == Delta(kind="text", text="Hel", item_id="msg_1", output_index=0)
        rest.set()
        whole = await anext(stream)
        assert (whole.output, whole.request_id) == (ANSWER["output"], "req_s")
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert json.loads(loopback.requests[0][1])["stream"] is True


async def test_leaving_off_early_ends_the_request(model, loopback):
    """What nobody reads is not paid for any longer."""
    loopback.answers = [[HEAD + TEXT, asyncio.Event()]]
    async with asyncio.timeout(5):
        stream = model.stream(asked())
        await anext(stream)
        await stream.aclose()
        await loopback.closed.wait()


class Body(httpx2.AsyncByteStream):
    """The body of an answer that knows how far it was read."""

    def __init__(self, *chunks):
        self.rest = list(chunks)
        self.closed = False

    async def __aiter__(self):
        while self.rest:
            yield self.rest.pop(0)

    async def aclose(self):
        """Note that nobody reads any more."""
        self.closed = True


def over(answer):
    """Return a model whose client gets its answers from a function."""
    http_client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return bare(OpenAIModelProvider(client=AsyncOpenAI(api_key="none", http_client=http_client)))


async def test_leaving_off_closes_the_response_at_once():
    """Not whenever the garbage collector comes by."""
    body = Body(TEXT, END)
    stream = over(lambda _: httpx2.Response(200, stream=body)).stream(asked())
    await anext(stream)
    assert not body.closed
    await stream.aclose()
    assert (body.closed, body.rest) == (True, [END])


async def test_what_follows_the_last_event_is_read_and_left_out():
    """An unread rest would cost the connection."""
    body = Body(TEXT, END, b": bye\n\n", TEXT)
    assert len(await streamed(over(lambda _: httpx2.Response(200, stream=body)))) == 2
    assert (body.closed, body.rest) == (True, [])


@pytest.mark.parametrize(
    ("failure", "sent"), [(OpenAIError("no token"), "no"), (RuntimeError("no token"), "unknown")], ids=repr
)
async def test_whatever_the_client_fails_with_is_an_error_of_ours(failure, sent):
    """Sign-in by other means than a key can fail before anything is sent, and a transport in ways of its own."""

    def answer(_):
        raise failure

    error = await refused(over(answer))
    assert (error.code, error.status, error.sent) == ("model-failed", None, sent)
    assert "no token" in error.message
    assert error.__context__ is None


async def test_cancelling_ends_the_request(model, loopback):
    """Likewise when the run is cancelled while it waits."""
    loopback.answers = [[HEAD + TEXT, asyncio.Event()]]
    stream = model.stream(asked())
    async with asyncio.timeout(5):
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.wait([waiting], timeout=0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await loopback.closed.wait()


async def test_the_next_turn_uses_the_connection_again(model, loopback):
    """Streams are read to their end: opening a connection anew costs a turn more than the request itself."""
    chunked = HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked")
    body = TEXT + END
    stream = chunked + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    loopback.answers = [[stream, KEEP], [stream, KEEP], [http(ANSWER), KEEP], [http(ANSWER), KEEP]]
    for _ in range(2):
        assert len(await streamed(model)) == 2
    for _ in range(2):
        await model.respond(asked())
    assert loopback.connections == 1


async def test_a_stream_that_is_held_open_keeps_nobody_waiting(model, loopback):
    """After the last event the answer is whole."""
    loopback.answers = [[HEAD + TEXT + END, asyncio.Event()]]
    assert len(await streamed(model)) == 2
    await loopback.closed.wait()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        TEXT,
        TEXT + END[: len(END) // 2],
        TEXT + b"data: {\n\n" + END,
        b"<html>Bad gateway</html>",
        b"data: " + b"[" * 10_000 + b"\n\n",
    ],
)
async def test_a_stream_that_is_none_is_no_answer(model, loopback, body):
    """Cut off anywhere, or something else altogether."""
    loopback.answers = [[HEAD + body]]
    with pytest.raises(ModelError) as caught:
        await streamed(model)
    assert (caught.value.code, caught.value.request_id) == ("model-answer", "req_s")


async def test_a_last_event_without_its_empty_line_counts_when_it_is_whole(model, loopback):
    """Some servers close the connection a byte too early; JSON says itself where it ends."""
    loopback.answers = [[HEAD + TEXT + END.rstrip(b"\n")]]
    assert (await streamed(model))[-1].output == ANSWER["output"]


async def test_a_server_that_does_not_stream_is_read_all_the_same(model, loopback):
    """It answers with the whole; there are no pieces then."""
    loopback.answers = [[http(ANSWER, kind="application/json; charset=utf-8")]]
    (whole,) = await streamed(model)
    assert whole.output == ANSWER["output"]


async def test_a_client_of_ones_own_is_used_and_left_open(loopback):
    """Its settings hold, and closing the provider does not close it."""
    loopback.answers = [[http(ANSWER), KEEP], [http(ANSWER), KEEP]]
    headers = {"X-Mine": "1"}
    async with AsyncOpenAI(api_key=KEY, base_url=loopback.url, default_headers=headers, max_retries=0) as client:
        provider = OpenAIModelProvider(client=client)
        await bare(provider).respond(asked())
        await provider.aclose()
        assert not client.is_closed()
        await provider.get_model().respond(asked())
    assert all(b"x-mine: 1" in head.lower() for head, _ in loopback.requests)


async def test_after_closing_the_next_request_opens_again(model, loopback):
    """A provider is never used up; closing twice is harmless."""
    loopback.answers = [[http(ANSWER), KEEP]] * 3
    provider = model._provider
    await model.respond(asked())
    first = (await provider.client_for(model._resolved)).client
    assert (await provider.client_for(model._resolved)).client is first
    await provider.aclose()
    await provider.aclose()
    assert first.is_closed()
    await model.respond(asked())
    await (await provider.client_for(model._resolved)).client.close()  # by hand
    await model.respond(asked())
    assert loopback.connections == 3


def test_one_provider_serves_event_loops_one_after_another(aimock):
    """A second `asyncio.run` works like the first, and each leaves nothing open behind it."""
    provider = OpenAIModelProvider(KEY, aimock)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            response = asyncio.run(provider.get_model().respond(asked()))
            assert response.status == "completed"
        gc.collect()


@pytest.mark.parametrize(
    "make", [lambda: OpenAIModelProvider(wire_api="chat"), lambda: OllamaModelProvider(target="somewhere")]
)
def test_a_choice_that_is_none_is_refused_at_once(make):
    """Not when the first question is asked."""
    with pytest.raises(UserError, match=r"chat|somewhere"):
        make()
