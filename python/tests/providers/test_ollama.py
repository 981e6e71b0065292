"""The Ollama provider through the real client, against a loopback server that sends what servers should not."""

import asyncio
import doctest
import gc
import json
import socket
import subprocess
import sys
import warnings

import httpx
import ollama
import pytest

from timestep.errors import ModelError, UserError
from timestep.providers import ollama as provider_module
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.protocol import Delta, Model, ModelProvider
from timestep.providers.routing import Retry
from timestep.types.model_settings import ModelSettings

from .conftest import KEEP, KEY, http
from .ollama_server import HEAD, WHOLE, asked, bare, last, line, local, refused, streamed, text_of


@pytest.fixture
async def model(loopback):
    """Return a model of the loopback server, asked once."""
    provider = local(loopback)
    yield bare(provider)
    await provider.aclose()


def test_it_is_a_provider_of_models():
    """It fits the protocol, and gives the default model where none is named."""
    provider = OllamaModelProvider(default_model="llama3.2")
    assert isinstance(provider, ModelProvider)
    assert isinstance(provider.get_model(None), Model)
    assert isinstance(bare(provider), Model)
    assert [provider.get_model(name).name for name in (None, "a/b:c")] == ["ollama/llama3.2", "ollama/a/b:c"]
    for nothing in (None, ""):
        with pytest.raises(UserError, match="no model of Ollama is named") as caught:
            OllamaModelProvider().get_model(nothing)
        assert caught.value.code == "model-name"


def test_the_examples_of_the_docstrings_are_true():
    """They are what users read first."""
    result = doctest.testmod(provider_module)
    assert result.attempted
    assert not result.failed


def test_nothing_heavy_is_loaded_before_a_request():
    """A program that only looks at states need not pay for the client."""
    code = "import sys; from timestep.providers.ollama import *; OllamaModelProvider().get_model('a')"
    code += "; sys.exit(bool({'ollama', 'httpx', 'pydantic'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


async def test_an_address_may_have_a_path(loopback):
    """As behind a gateway."""
    loopback.answers = [[WHOLE]]
    provider = OllamaModelProvider(base_url=f"{loopback.url.removesuffix('/v1')}/gateway/")
    await bare(provider).respond(asked())
    await provider.aclose()
    assert loopback.requests[0][0].startswith(b"POST /gateway/api/chat HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("status", "body", "headers", "told", "hint"),
    [
        (400, {"error": "bad input"}, {}, "400: bad input", None),
        (400, {"error": {"message": "bad input"}}, {}, "400: bad input", None),
        (400, {"error": '"llama3.2" does not support thinking'}, {}, "thinking", "`ollama show llama3.2`"),
        (400, {"else": "bad input"}, {}, 'answered 400: {"else": "bad input"}', None),
        (400, {"detail": [{"msg": "bad input"}]}, {}, "answered 400: bad input", None),
        (401, {"error": "unauthorized"}, {}, "401", "no key was sent"),
        (403, b"<html>", {}, "403: <html>", "may not use"),
        (404, {"error": "model 'llama3.2' not found"}, {}, "not found", "`ollama pull llama3.2`"),
        (404, b"404 page not found", {}, "404 page not found", "base URL"),
        (429, {"error": "slow down"}, {"retry_after": "7"}, "slow down", "wait 7 s"),
        (503, b"x" * 99_999, {}, "x...", "run again later"),
        (500, b'{"error":' + b"[" * 9999, {}, "500", "run again later"),
        (307, b"", {"location": "http://127.0.0.2:9/api/chat"}, "307", "base_url"),
    ],
)
async def test_a_refusal_is_told_in_the_words_of_the_api(model, loopback, *, status, body, headers, told, hint):
    """TS-ROUTE-022: at a sane length, with what to do about it; no redirect is followed, so that nothing is sent on."""
    answer = http(body, f"{status} Whatever", **headers)
    for ask in (refused, streamed):
        loopback.answers = [[answer]]
        with pytest.raises(ModelError) as caught:
            raise await refused(model) if ask is refused else AssertionError(await streamed(model))
        error = caught.value
        assert (error.code, error.provider, error.status) == ("model-failed", "ollama", status)
        assert told in error.message
        assert len(error.message) < 600
        assert hint is None or hint in error.help
    assert len(loopback.requests) == 2
    assert error.retry_after == (7.0 if status == 429 else None)


@pytest.mark.parametrize("path", ["/v1", "/api/"])
async def test_an_address_of_another_api_is_told(loopback, path):
    """The base URL of the OpenAI-compatible API is what many have at hand."""
    loopback.answers = [[http(b"404 page not found", "404 Not Found", "text/plain")]]
    provider = OllamaModelProvider(base_url=loopback.url.removesuffix("/v1") + path)
    error = await refused(bare(provider))
    await provider.aclose()
    assert "without /v1 or /api" in error.help


async def test_a_model_that_the_cloud_does_not_have_is_not_to_be_pulled(loopback):
    """It may be retired."""
    loopback.answers = [[http({"error": "model 'x' not found"}, "404 Not Found")]]
    provider = OllamaModelProvider(KEY, cloud_base_url=loopback.url.removesuffix("/v1"))
    error = await refused(bare(provider, "x:cloud"))
    await provider.aclose()
    assert "retired" in error.help
    assert "pull" not in error.help


async def test_a_cloud_name_without_a_key_tells_which_key_was_meant(monkeypatch):
    """Who has forgotten the key does not look for a server that is not wanted."""
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")  # the discard port, where nobody listens
    model = OllamaModelProvider(retry=Retry(attempts=1)).get_model("gpt-oss:20b-cloud")
    with pytest.raises(ModelError, match="can't reach Ollama") as caught:
        await model.respond(asked())
    assert caught.value.help.startswith("set OLLAMA_API_KEY")


@pytest.mark.parametrize(("given", "hint"), [("base_url", "`ollama serve`"), ("cloud_base_url", "network")])
async def test_what_cannot_be_reached_was_never_sent(given, hint):
    """A refused connection is told apart from one that broke off later, with the address."""
    with socket.socket() as taken:  # bound, but not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        provider = OllamaModelProvider(KEY, **{given: url})
        error = await refused(bare(provider, "a:cloud"))
    await provider.aclose()
    assert (error.code, error.status, error.sent) == ("model-failed", None, "no")
    assert f"can't reach Ollama at {url}" in error.message
    assert hint in error.help
    assert error.__context__ is None


async def test_a_refusal_that_breaks_off_is_one_all_the_same(model, loopback):
    """Its status is there."""
    loopback.answers = [[http({"error": "no"}, "503 Busy")[:-3]]]
    error = await refused(model)
    assert (error.status, error.message) == (503, 'ollama answered 503: {"error": "n')


async def test_a_connection_that_breaks_off_may_have_been_worked_on(model, loopback):
    """Before the answer's head, and in the middle of its body."""
    loopback.answers = [[b""], [WHOLE[:-5]]]
    error = await refused(model)
    assert (error.code, error.sent) == ("model-failed", "unknown")
    error = await refused(model)
    assert (error.code, error.sent) == ("model-answer", "yes")


@pytest.mark.parametrize("begun", [[], [HEAD], [HEAD + line("a")]], ids=["no head", "no body", "in the stream"])
async def test_a_model_has_the_time_that_the_settings_give_it(model, loopback, begun):
    """The whole answer has to be there, whether nothing came or only the beginning."""
    loopback.answers = [[*begun, asyncio.Event()]]
    with pytest.raises(ModelError, match=r"within 0\.2 s") as caught:
        await streamed(model, asked(settings=ModelSettings(timeout=0.2)))
    assert (caught.value.code, caught.value.sent) == ("model-failed", "unknown")


async def test_the_providers_own_timeout_is_for_silence(loopback):
    """So long may a server keep silent; the hint says where to allow more."""
    provider = local(loopback, timeout=0.2)
    loopback.answers = [[asyncio.Event()]]
    error = await refused(bare(provider))
    assert (error.code, error.sent) == ("model-failed", "unknown")
    assert "did not answer: ReadTimeout" in error.message
    assert "OllamaModelProvider(timeout=...)" in error.help
    found = await provider.http(bare(provider).resolved)
    assert found.timeout == httpx.Timeout(0.2, connect=10.0)
    await provider.aclose()


async def test_there_is_a_timeout_of_every_kind():
    """The package's own default is none at all."""
    provider = OllamaModelProvider()
    found = await provider.http(bare(provider).resolved)
    await provider.aclose()
    assert found.timeout == httpx.Timeout(600.0, connect=10.0)
    assert ollama.AsyncClient()._client.timeout == httpx.Timeout(None)


async def test_pieces_are_there_before_the_rest_is_sent(model, loopback):
    """A delta is given as soon as its line is whole."""
    rest = asyncio.Event()
    loopback.answers = [[HEAD + line("Hel"), rest, last("lo")]]
    async with asyncio.timeout(5):
        stream = model.stream(asked())
        piece = await anext(stream)
        assert piece == Delta(kind="text", text="Hel", item_id=piece.item_id, output_index=0)
        rest.set()
        assert (await anext(stream)).text == "lo"
        whole = await anext(stream)
        assert (text_of(whole), whole.request_id) == ("Hello", "req_s")
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert json.loads(loopback.requests[0][1])["stream"] is True


async def test_leaving_off_early_ends_the_request(model, loopback):
    """What nobody reads is not computed any longer."""
    loopback.answers = [[HEAD + line("Hel"), asyncio.Event()]]
    async with asyncio.timeout(5):
        stream = model.stream(asked())
        await anext(stream)
        await stream.aclose()
        await loopback.closed.wait()


class Body(httpx.AsyncByteStream):
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


async def test_leaving_off_closes_the_response_at_once():
    """Not whenever the garbage collector comes by; likewise after a refusal of any length."""
    body = Body(line("Hel"), last("lo"))
    answers = [httpx.Response(200, stream=body)]
    client = ollama.AsyncClient(transport=httpx.MockTransport(lambda _: answers.pop()))
    model = bare(OllamaModelProvider(client=client))
    stream = model.stream(asked())
    await anext(stream)
    assert not body.closed
    await stream.aclose()
    assert (body.closed, body.rest) == (True, [last("lo")])
    endless = Body(*[b"x" * 60_000] * 9)
    answers.append(httpx.Response(500, stream=endless))
    await refused(model)
    assert (endless.closed, len(endless.rest)) == (True, 7)
    await client.close()


async def test_cancelling_ends_the_request(model, loopback):
    """Likewise when the run is cancelled while it waits."""
    loopback.answers = [[HEAD + line("Hel"), asyncio.Event()]]
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
    body = line("a") + last("b")
    stream = chunked + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    loopback.answers = [[stream, KEEP], [stream, KEEP], [WHOLE, KEEP], [WHOLE, KEEP]]
    for _ in range(2):
        assert len(await streamed(model)) == 3
    for _ in range(2):
        await model.respond(asked())
    assert loopback.connections == 1


async def test_a_stream_that_is_held_open_keeps_nobody_waiting(model, loopback):
    """After the last line the answer is whole."""
    loopback.answers = [[HEAD + line("a") + last("b"), asyncio.Event()]]
    assert len(await streamed(model)) == 3
    await loopback.closed.wait()


@pytest.mark.parametrize(
    "body",
    [b"", line("a"), line("a") + last("b")[:-5], line("a") + b"{\n" + last("b"), b"<html>Bad gateway</html>"],
    ids=["nothing", "no end", "cut off", "broken line", "HTML"],
)
async def test_a_stream_that_is_none_is_no_answer(model, loopback, body):
    """Cut off anywhere, or something else altogether."""
    loopback.answers = [[HEAD + body]]
    with pytest.raises(ModelError) as caught:
        await streamed(model)
    assert (caught.value.code, caught.value.request_id) == ("model-answer", "req_s")


@pytest.mark.parametrize(
    ("body", "kind"), [(b"<html>", "text/html"), (b"", "application/json"), (b"[]", "application/json")]
)
async def test_a_success_that_is_no_answer_is_an_error(model, loopback, body, kind):
    """A proxy's page, nothing at all, or other JSON."""
    loopback.answers = [[http(body, kind=kind)], [http(body, kind=kind)]]
    assert (await refused(model)).code == "model-answer"
    with pytest.raises(ModelError):
        await streamed(model)


async def test_a_server_that_does_not_stream_is_read_all_the_same(model, loopback):
    """It answers with the whole in one piece."""
    loopback.answers = [[WHOLE]]
    piece, whole = await streamed(model)
    assert piece.text == text_of(whole) == "Hello"


async def test_after_closing_the_next_request_opens_again(loopback):
    """A provider is never used up; closing twice is harmless."""
    loopback.answers = [[WHOLE, KEEP]] * 2
    provider = local(loopback)
    for _ in range(2):
        await bare(provider).respond(asked())
        await provider.aclose()
        await provider.aclose()
    assert loopback.connections == 2


def test_each_event_loop_has_clients_of_its_own_which_it_closes():
    """Nobody has to close anything: `asyncio.run` does, and nothing is left open."""
    provider = OllamaModelProvider(KEY)
    found = []

    async def opened():
        one, other = (bare(provider, name).resolved for name in ("llama3", "gpt-oss:20b-cloud"))
        found.extend([await provider.http(one), await provider.http(other), await provider.http(one)])

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            asyncio.run(opened())
        gc.collect()
    assert len({id(each) for each in found}) == 4
    assert all(each.is_closed for each in found)


async def test_a_question_is_asked_again_where_that_may_help(loopback):
    """A model for direct use has the retries; a bare one, which is routed to, has none."""
    busy = http({"error": "busy"}, "503 Busy")
    loopback.answers = [[busy], [WHOLE], [busy]]
    provider = local(loopback, retry=Retry(first_delay=0.0))
    assert text_of(await provider.get_model("llama3.2").respond(asked())) == "Hello"
    await refused(bare(provider))
    await provider.aclose()
    assert len(loopback.requests) == 3
