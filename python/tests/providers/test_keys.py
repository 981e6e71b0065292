"""Secrets, wherever they are put, reach the host they are for and nothing else (BARS S1).

Each place that a secret can be put in is tried in each way that a question can go; then every other host, every log,
every error with the variables of its frames, every repr and the saved state are searched for it.
"""

import asyncio
import json
import logging
import traceback

import agents
import ollama
import openai
import pytest

from timestep import Agent, ModelSettings, model_providers, run_agent, write
from timestep.errors import TimestepError, UserError
from timestep.providers.multi import MultiModelProvider
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.provider_map import MultiModelProviderMap
from timestep.providers.routing import Retry

SECRET = "sentinel-3f9c1d7e5b2a4860"
FORGOTTEN = (SECRET.encode(), b"x" * len(SECRET))
MESSAGE = {
    "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
    "content": [{"type": "output_text", "text": "Hello.", "annotations": []}],
}  # fmt: skip
USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
# An answer that each wire takes the part of that it knows.
ANSWER = {
    "id": "resp_1", "status": "completed", "output": [MESSAGE], "usage": USAGE, "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    "model": "m", "message": {"role": "assistant", "content": "Hello."}, "done": True, "done_reason": "stop",
    "prompt_eval_count": 1, "eval_count": 1,
}  # fmt: skip


class Host:
    """A loopback server that keeps every byte it was sent, and answers in one way."""

    def __init__(self):
        self.received, self.answer, self.url = b"", reply(ANSWER), ""

    async def serve(self, reader, writer):
        """Answer one request, and hang up."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.received += head
            sizes = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            self.received += await reader.readexactly(sum(sizes))
            if self.answer is None:
                await reader.read()
            else:
                # What repeats a secret can only be whoever was sent it.
                writer.write(self.answer if SECRET.encode() in self.received else self.answer.replace(*FORGOTTEN))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def reply(body, status="200 OK", **headers):
    """Return a whole HTTP answer; text is sent as it is."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n".encode() + data


async def host():
    """Return a host that listens, and what ends it."""
    made = Host()
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    return made, listener


@pytest.fixture
async def hosts():
    """Return the host a secret is for, and another one that stands in for it."""
    (home, first), (other, second) = await host(), await host()
    other.answer = reply(ANSWER)
    yield home, other
    first.close()
    second.close()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Return the environment, with nothing in it that providers look at."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY", "OLLAMA_API_KEY", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


class Case:
    """A secret in its place.

    Attributes:
        providers: prefix -> provider; `home` leads to the host that the secret is for.
        settings: of the agent.
        options: of the provider of all.
        sent: whether the host it is for gets to see it.
    """

    def __init__(self, provider=None, *, settings=None, sent=True, **options):
        self.providers = {} if provider is None else {"home": provider}
        self.settings, self.sent, self.options = settings or ModelSettings(), sent, options


def openai_variable(url, env, _path):
    """OPENAI_API_KEY with OPENAI_BASE_URL."""
    env.setenv("OPENAI_API_KEY", SECRET)
    env.setenv("OPENAI_BASE_URL", f"{url}/v1")
    return Case(OpenAIModelProvider())


def ollama_variable(url, env, _path):
    """OLLAMA_API_KEY, with Ollama Cloud at the host."""
    env.setenv("OLLAMA_API_KEY", SECRET)
    return Case(OllamaModelProvider(cloud_base_url=url, target="cloud", api_key=None))


def firecrawl_variable(url, env, _path):
    """FIRECRAWL_API_KEY, which no model's host is to see."""
    env.setenv("FIRECRAWL_API_KEY", SECRET)
    return Case(OpenAIModelProvider(base_url=f"{url}/v1"), sent=False)


def admin_variable(url, env, _path):
    """OPENAI_ADMIN_KEY, which is for administration, and OPENAI_WEBHOOK_SECRET."""
    env.setenv("OPENAI_ADMIN_KEY", SECRET)
    env.setenv("OPENAI_WEBHOOK_SECRET", SECRET)
    env.setenv("OPENAI_API_KEY", "none")
    env.setenv("OPENAI_BASE_URL", f"{url}/v1")
    return Case(OpenAIModelProvider(), sent=False)


def both_variables_elsewhere(url, env, _path):
    """OPENAI_API_KEY, OLLAMA_API_KEY and OPENAI_CUSTOM_HEADERS, with a server of one's own in code."""
    env.setenv("OPENAI_API_KEY", SECRET)
    env.setenv("OLLAMA_API_KEY", SECRET)
    env.setenv("OPENAI_CUSTOM_HEADERS", f"X-Gateway: {SECRET}")
    return Case(OpenAIModelProvider(base_url=f"{url}/v1"), sent=False)


def local_ollama(url, env, _path):
    """OLLAMA_API_KEY, with the local server asked."""
    env.setenv("OLLAMA_API_KEY", SECRET)
    env.setenv("OLLAMA_HOST", url)
    return Case(OllamaModelProvider(), sent=False)


def document(url, env, path):
    """The variable that a rules document names."""
    env.setenv("HOME_KEY", SECRET)
    rule = {"kind": "openai", "base_url": f"{url}/v1", "key": "HOME_KEY", "allow_private": True}
    rules = {"format": "timestep.routing-rules", "format_version": "1.0", "providers": {"home": rule}}
    file = path / "routing.json"
    file.write_text(json.dumps(rules), encoding="utf-8")
    return Case(rules=file)


def responses_key(url, _env, _path):
    """`api_key=` of a Responses API."""
    return Case(OpenAIModelProvider(api_key=SECRET, base_url=f"{url}/v1"))


def chat_key(url, _env, _path):
    """`api_key=` of a Chat Completions API."""
    return Case(OpenAIModelProvider(api_key=SECRET, base_url=f"{url}/v1", wire_api="chat_completions"))


def given_key(url, _env, _path):
    """`api_key=` as a function."""

    async def key():
        return SECRET

    return Case(OpenAIModelProvider(api_key=key, base_url=f"{url}/v1"))


def ollama_key(url, _env, _path):
    """`api_key=` of an Ollama."""
    return Case(OllamaModelProvider(api_key=SECRET, base_url=url))


def default_header(url, _env, _path):
    """`default_headers=` of a provider."""
    headers = {"X-Gateway": SECRET}
    return Case(OpenAIModelProvider(api_key="none", base_url=f"{url}/v1", default_headers=headers))


def openai_client(url, _env, _path):
    """The key and a header of an `AsyncOpenAI` of the caller's."""
    client = openai.AsyncOpenAI(
        api_key=SECRET, base_url=f"{url}/v1", default_headers={"X-Gateway": SECRET}, max_retries=0
    )
    return Case(OpenAIModelProvider(client=client))


def ollama_client(url, _env, _path):
    """A header of an `ollama.AsyncClient` of the caller's."""
    client = ollama.AsyncClient(host=url, headers={"Authorization": f"Bearer {SECRET}"})
    return Case(OllamaModelProvider(client=client))


def extra_header(url, _env, _path):
    """`extra_headers=` of an agent's settings."""
    settings = ModelSettings(extra_headers={"X-Gateway": SECRET})
    return Case(OpenAIModelProvider(api_key="none", base_url=f"{url}/v1"), settings=settings)


def extra_header_for_ollama(url, _env, _path):
    """The same, with an Ollama."""
    return Case(OllamaModelProvider(base_url=url), settings=ModelSettings(extra_headers={"X-Gateway": SECRET}))


PLACES = [
    openai_variable, ollama_variable, firecrawl_variable, admin_variable, both_variables_elsewhere, local_ollama,
    document, responses_key, chat_key, given_key, ollama_key, default_header, openai_client, ollama_client,
    extra_header, extra_header_for_ollama,
]  # fmt: skip


def success(home, _other):
    """It answers."""
    home.answer = reply(ANSWER)


def echoed(home, _other):
    """It turns the key down, and repeats it."""
    text = f"Incorrect API key provided: {SECRET}. Bearer {SECRET}"
    home.answer = reply({"error": {"message": text, "code": SECRET, "param": SECRET}}, "401 Unauthorized")


def echoed_by_a_fault(home, _other):
    """It breaks, and repeats what it was sent."""
    home.answer = reply(f"<html>Traceback: Authorization: Bearer {SECRET}</html>", "500 Internal Server Error")


def echoed_by_a_success(home, _other):
    """It answers with what is none, and repeats the key in it."""
    home.answer = reply({"error": {"message": f"no credit for {SECRET}"}})


def redirected(home, other):
    """It leads elsewhere."""
    home.answer = reply({}, "307 Temporary Redirect", Location=f"{other.url}/v1/responses")


def silent(home, _other):
    """It never answers."""
    home.answer = None


def broken_off(home, _other):
    """It hangs up in the middle."""
    home.answer = reply(ANSWER)[:-40]


WAYS = [success, echoed, echoed_by_a_fault, echoed_by_a_success, redirected, silent, broken_off]


async def outcome(case, provider, model, *, stream, patience=5.0):
    """Run an agent; return all that can be seen of it: events, states, errors, reprs."""
    settings = case.settings.resolve(ModelSettings(timeout=patience))
    agent = Agent(name="Clerk", model=model, model_settings=settings)
    seen = []
    try:
        async with asyncio.timeout(5):
            if stream:
                handle = run_agent(agent, "Hello", model_provider=provider, stream=True)
                seen += [repr(event) async for event in handle]
                result = await handle.result()
            else:
                result = await run_agent(agent, "Hello", model_provider=provider)
            seen += [repr(result), written(result.to_state())]
    except TimestepError as error:
        state = getattr(error, "state", None)
        seen += [error.render(), repr(error), str(error), str(vars(error)), *frames(error)]
        seen += [] if state is None else [repr(state), written(state)]
    found = provider.get_model(model)
    return [*seen, *map(repr, (provider, provider.provider_map, found, *found.candidates, *case.providers.values()))]


def written(state):
    """Return a state as it is saved."""
    return write(state, "timestep").data.decode()


def frames(error):
    """Return an error with its causes as text, and the variables of every frame but those of this test."""
    told, found = traceback.TracebackException.from_exception(error, capture_locals=True), []
    waiting = [told]
    while waiting:
        each = waiting.pop()
        waiting += [more for more in (each.__cause__, each.__context__, *(each.exceptions or ())) if more is not None]
        found += ["".join(each.format_exception_only())]
        found += [
            f"{frame.filename}:{frame.name}: {frame.locals}" for frame in each.stack if frame.filename != __file__
        ]
    return found


def around(text):
    """Return where the secret stands in a text."""
    return f"{text[:80]} ... {text[max(0, text.index(SECRET) - 200) :][:260]}"


def checked(case, seen, home, other, caplog):
    """Search everything for the secret."""
    logged = [f"{record.name}: {record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert [around(text) for text in (*seen, *logged) if SECRET in text] == []
    assert SECRET.encode() not in other.received
    assert (SECRET.encode() in home.received) is case.sent


@pytest.fixture
async def asked(hosts, environment, tmp_path):
    """Return what puts a secret in a place and gives the provider for it; all is closed at the end."""
    made = []

    def ask(place, **options):
        providers, case = MultiModelProviderMap(), place(hosts[0].url, environment, tmp_path)
        providers.set_mapping(case.providers)
        retry = Retry(attempts=2, first_delay=0.0)
        provider = MultiModelProvider(providers, retry=retry, **case.options, **options)
        made.extend((provider, *case.providers.values()))
        return case, provider

    yield ask
    for each in made:
        await each.aclose()


@pytest.mark.parametrize("place", PLACES)
async def test_a_secret_reaches_the_host_it_is_for_and_nothing_else(place, asked, hosts, caplog):
    """BARS S1, BARS F2: whatever that host does with it, streamed or not."""
    home, other = hosts
    case, provider = asked(place)
    for way in WAYS:
        home.received = b""
        way(home, other)
        with caplog.at_level(logging.DEBUG):
            for stream in (False, True):
                patience = 0.05 if way is silent else 5.0
                seen = await outcome(case, provider, "home/m", stream=stream, patience=patience)
                checked(case, seen, home, other, caplog)


@pytest.mark.parametrize("place", [place for place in PLACES if place is not document])
async def test_a_secret_is_not_carried_to_a_model_that_stands_in(place, asked, hosts, caplog):
    """TS-ROUTE-010: BARS S1: the other host answers, and sees nothing of it."""
    home, other = hosts
    home.answer = reply({"error": {"message": f"no model for {SECRET}"}}, "404 Not Found")
    case, provider = asked(place, fallbacks={"home/m": ["other/m"]})
    for wire_api in ("responses", "chat_completions"):
        provider.provider_map.add_provider("other", OpenAIModelProvider(base_url=f"{other.url}/v1", wire_api=wire_api))
        with caplog.at_level(logging.DEBUG):
            seen = await outcome(case, provider, "home/m", stream=False)
        checked(case, seen, home, other, caplog)
        assert b"POST" in other.received
        await provider.provider_map.get_provider("other").aclose()
        provider.provider_map.remove_provider("other")


@pytest.mark.parametrize("place", [responses_key, chat_key, ollama_key, default_header, openai_client, extra_header])
async def test_a_connection_that_is_refused_tells_no_secret(place, environment, tmp_path, caplog):
    """BARS S1: neither does the second attempt."""
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    listener.close()
    case, providers = place(url, environment, tmp_path), MultiModelProviderMap()
    providers.set_mapping(case.providers)
    provider = MultiModelProvider(providers, retry=Retry(attempts=2, first_delay=0.0))
    with caplog.at_level(logging.DEBUG):
        seen = await outcome(case, provider, "home/m", stream=False)
    nobody = Host()
    nobody.received = SECRET.encode()
    checked(case, seen, nobody, Host(), caplog)
    assert any("can't reach" in text for text in seen)
    await case.providers["home"].aclose()


@pytest.mark.parametrize(
    "form", ["http://user:{}@127.0.0.1:1/v1", "http://127.0.0.1:1/v1?key={}", "http://{}@[::1]/v1"]
)
@pytest.mark.parametrize("where", ["openai", "ollama", "arguments", "OPENAI_BASE_URL", "OLLAMA_HOST", "document"])
def test_an_address_that_holds_a_secret_is_refused_and_not_repeated(where, form, environment, tmp_path):
    """BARS F2: an address ends up in logs, errors and states."""
    url = form.format(SECRET)
    path = tmp_path / "routing.json"
    rule = {"kind": "openai", "base_url": url, "allow_private": True}
    document = {"format": "timestep.routing-rules", "format_version": "1.0", "providers": {"home": rule}}
    path.write_text(json.dumps(document), encoding="utf-8")
    if where.isupper():
        environment.setenv(where, url)
    makers = {
        "openai": lambda: OpenAIModelProvider(base_url=url),
        "ollama": lambda: OllamaModelProvider(base_url=url),
        "arguments": lambda: MultiModelProvider(openai_base_url=url),
        "document": lambda: MultiModelProvider(rules=path),
    }
    with pytest.raises(UserError) as caught:
        makers.get(where, lambda: MultiModelProvider().get_model("gpt-4.1"))()
    assert caught.value.code == "base-url"
    assert SECRET not in caught.value.render() + repr(caught.value)


@pytest.mark.parametrize("place", [responses_key, chat_key, ollama_key, openai_client, default_header])
async def test_their_runner_shows_no_secret(place, hosts, environment, tmp_path, caplog):
    """BARS S1, RULINGS R5b: in a run of the `openai-agents` package, with its own DEBUG log."""
    home, other = hosts
    case, providers = place(home.url, environment, tmp_path), MultiModelProviderMap()
    providers.set_mapping(case.providers)
    provider = model_providers.MultiModelProvider(providers, retry=Retry(attempts=1))
    config = agents.RunConfig(model_provider=provider, tracing_disabled=True)
    agent, seen = agents.Agent(name="Clerk", model="home/m"), []
    for way in (success, echoed, redirected):
        way(home, other)
        with caplog.at_level(logging.DEBUG):
            try:
                async with asyncio.timeout(5):
                    result = await agents.Runner.run(agent, "Hello", run_config=config)
                seen += [repr(result), str(result.to_state().to_json())]
            except TimestepError as error:
                seen += [error.render(), repr(error.run_data), *frames(error)]
    assert len(seen) > 3
    checked(case, [*seen, repr(provider.get_model("home/m"))], home, other, caplog)
    await case.providers["home"].aclose()
