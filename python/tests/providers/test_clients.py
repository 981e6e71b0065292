"""What clients of other packages would do by themselves, and are kept from: to follow a redirect, and to ask again."""

import asyncio

import ollama
import pytest
from openai import AsyncOpenAI

from timestep.errors import ModelError
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.routing import Retry

from .conftest import KEY, Loopback, asked, http
from .test_attempts import respond, streamed
from .wires import ONCE, Chat, Ollama, Responses


@pytest.fixture
async def elsewhere():
    """Return a server that nobody is to ask."""
    server = Loopback()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield server
    listener.close()


def name_of(way):
    """Return the name of a way to ask."""
    return way if isinstance(way, str) else way.title


@pytest.fixture(params=[Responses, Chat, Ollama, "responses", "chat_completions", "ollama"], ids=name_of)
async def provider(request, loopback):
    """Return a provider of the loopback server: each wire with a client of ours, and with one of the caller's.

    The caller's have the settings of their packages, which follow redirects and, of OpenAI's, ask three times.
    """
    base = loopback.url.removesuffix("/v1")
    if not isinstance(request.param, str):
        made, client = request.param().provider(base), None
    elif request.param == "ollama":
        client = ollama.AsyncClient(base, follow_redirects=True)
        made = OllamaModelProvider(client=client, retry=ONCE)
    else:
        client = AsyncOpenAI(api_key=KEY, base_url=loopback.url)
        assert client.max_retries > 0
        made = OpenAIModelProvider(client=client, wire_api=request.param, retry=ONCE)
    yield made
    await made.aclose()
    if client is not None:
        await client.close()


async def failed(model, *, stream):
    """Ask, and return the error."""
    async with asyncio.timeout(5):
        with pytest.raises(ModelError) as caught:
            await (streamed if stream else respond)(model, asked())
    return caught.value


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(loopback, elsewhere, provider, status, stream):
    """TS-ROUTE-022: neither to another server nor to another place of the same one, whoever made the client."""
    for place in (elsewhere.url, loopback.url):
        answer = http({}, f"{status} Elsewhere", location=f"{place}/responses")
        loopback.requests, loopback.answers, elsewhere.answers = [], [[answer], [answer]], [[answer]]
        error = await failed(provider.get_model("m"), stream=stream)
        assert (error.status, len(loopback.requests), elsewhere.requests) == (status, 1, [])


@pytest.mark.parametrize("stream", [False, True])
async def test_no_client_asks_again_by_itself(loopback, provider, stream):
    """TS-ROUTE-044: one attempt is one request, also of a client of the caller's that would make three of it."""
    answer = http({"error": {"message": "Oops"}}, "503 Service Unavailable", retry_after_ms="1")
    loopback.answers = [[answer]] * 9
    error = await failed(provider.get_model("m"), stream=stream)
    assert (error.status, len(loopback.requests)) == (503, 1)


async def test_a_connection_that_broke_is_no_clients_to_mend(loopback, provider):
    """TS-ROUTE-044: nor does one ask again where no answer came; the rules count each request."""
    loopback.answers = [[b""]] * 9
    await failed(provider.get_model("m"), stream=False)
    assert len(loopback.requests) == 1
    retry = Retry(attempts=3, first_delay=0.001)
    provider._retry = retry
    loopback.requests, loopback.answers = [], [[b""]] * 9
    await failed(provider.get_model("m"), stream=False)
    assert len(loopback.requests) == 3
