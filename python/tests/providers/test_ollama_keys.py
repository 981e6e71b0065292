"""Which server an Ollama provider asks, and which key goes there: to no other."""

import asyncio
import json
import socket
import traceback

import httpx
import ollama
import pytest

from timestep.errors import ModelError, UserError
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.routing import ProviderRule, Retry, route_at
from timestep.types.model_settings import ModelSettings

from .conftest import KEEP, KEY, http
from .ollama_server import HEAD, WHOLE, asked, bare, last, line, local, refused, streamed, text_of

ENVIRONMENT_KEY = "key-of-the-environment-0123456789"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """A key of Ollama Cloud stands in the environment, as it does for its users, and no host."""
    monkeypatch.setenv("OLLAMA_API_KEY", ENVIRONMENT_KEY)
    monkeypatch.delenv("OLLAMA_HOST", raising=False)


def sent_key(loopback, number=-1):
    """Return what a request had as its Authorization."""
    lines = loopback.requests[number][0].decode().split("\r\n")
    return next((each.partition(": ")[2] for each in lines if each.lower().startswith("authorization:")), None)


# How a provider is made -> the key of its rule, and where `llama3` and `gpt-oss:20b-cloud` lead under two prefixes.
LOCAL, CLOUD = "http://localhost:11434", "https://ollama.com"
ENV, GIVEN = "OLLAMA_API_KEY", "api_key"
OWN = "http://gpu.lan:11434"
WAYS = [
    ({}, None, [(LOCAL, None), (CLOUD, ENV)], [(LOCAL, None), (CLOUD, ENV)]),
    ({"api_key": "k"}, GIVEN, [(LOCAL, None), (CLOUD, GIVEN)], [(CLOUD, GIVEN), (CLOUD, GIVEN)]),
    ({"api_key": None}, ENV, [(LOCAL, None), (CLOUD, ENV)], [(CLOUD, ENV), (CLOUD, ENV)]),
    ({"api_key": ""}, ENV, [(LOCAL, None), (CLOUD, ENV)], [(CLOUD, ENV), (CLOUD, ENV)]),
    ({"base_url": OWN}, None, [(OWN, None)] * 2, [(OWN, None)] * 2),
    ({"base_url": OWN, "api_key": None}, None, [(OWN, None)] * 2, [(OWN, None)] * 2),
    ({"base_url": OWN, "api_key": "k"}, GIVEN, [(OWN, GIVEN)] * 2, [(OWN, GIVEN)] * 2),
    ({"target": "local", "api_key": "k"}, GIVEN, [(LOCAL, None)] * 2, [(LOCAL, None)] * 2),
    ({"target": "cloud"}, None, [(CLOUD, ENV)] * 2, [(CLOUD, ENV)] * 2),
    ({"cloud_base_url": OWN, "api_key": "k"}, GIVEN, [(LOCAL, None), (OWN, GIVEN)], [(OWN, GIVEN)] * 2),
]


@pytest.mark.parametrize(("given", "key", "as_ollama", "as_other"), WAYS, ids=[str(way[0]) for way in WAYS])
def test_the_rule_says_which_key_goes_where(given, key, as_ollama, as_other):
    """TS-ROUTE-006 to 009: the key of the environment is Ollama Cloud's, a given one its server's, none is local."""
    rule = OllamaModelProvider(**given).rule()
    assert (rule.kind, rule.key) == ("ollama", key)
    for prefix, expected in (("ollama", as_ollama), ("other", as_other)):
        found = [route_at(rule, prefix, name, {ENV, GIVEN}) for name in ("llama3", "gpt-oss:20b-cloud")]
        assert [(each.base_url, each.key) for each in found] == expected
        assert all(each.allow_private for each in found)


def test_the_local_server_is_where_the_environment_says(monkeypatch):
    """As for Ollama's own programs: OLLAMA_HOST may be a host, a port, or both."""
    monkeypatch.setenv("OLLAMA_HOST", "gpu.lan:8080")
    assert OllamaModelProvider().get_model("llama3").resolved.base_url == "http://gpu.lan:8080"
    assert OllamaModelProvider(base_url=OWN).get_model("llama3").resolved.base_url == OWN
    monkeypatch.setenv("OLLAMA_HOST", "http://me:secret@gpu.lan")
    with pytest.raises(UserError, match="OLLAMA_HOST") as caught:
        OllamaModelProvider().get_model("llama3")
    assert caught.value.code == "base-url"
    assert "secret" not in caught.value.render()


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://a", "http://u:secret@a", "http://a?key=secret", ""])
def test_an_address_that_is_none_is_refused(url):
    """Before anything is sent, and without its secret parts."""
    for given in ({"base_url": url}, {"cloud_base_url": url}):
        with pytest.raises(UserError) as caught:
            OllamaModelProvider(**given)
        assert caught.value.code == "base-url"
        assert "secret" not in caught.value.render()


@pytest.mark.parametrize("more", [{"api_key": KEY}, {"api_key": None}, {"base_url": LOCAL}, {"timeout": 1.0}])
def test_a_client_has_its_own_key_and_address(more):
    """What is said beside it would be ignored."""
    with pytest.raises(UserError, match="beside it"):
        OllamaModelProvider(client=ollama.AsyncClient(), **more)


async def test_the_local_server_never_gets_a_key(loopback, monkeypatch):
    """TS-ROUTE-010: neither that of the environment, which the client would send anywhere, nor one for Ollama Cloud."""
    monkeypatch.setenv("OLLAMA_HOST", loopback.url.removesuffix("/v1"))
    ways = [{}, {"api_key": KEY}, {"base_url": loopback.url.removesuffix("/v1")}, {"target": "local", "api_key": KEY}]
    loopback.answers = [[WHOLE]] * len(ways)
    for number, way in enumerate(ways):
        provider = OllamaModelProvider(**way)
        assert text_of(await provider.get_model("llama3.2").respond(asked())) == "Hello"
        await provider.aclose()
        head = loopback.requests[number][0]
        assert sent_key(loopback) is None
        assert KEY.encode() not in head
        assert ENVIRONMENT_KEY.encode() not in head


@pytest.mark.parametrize(("given", "expected"), [({}, ENVIRONMENT_KEY), ({"api_key": KEY}, KEY)])
async def test_ollama_cloud_gets_its_key_and_the_plain_name(loopback, given, expected):
    """TS-ROUTE-050: a cloud name is asked of Ollama Cloud itself where there is a key, its suffix taken off."""
    loopback.answers = [[http(json.loads(last("Hello", model="gpt-oss:20b")))]]
    provider = OllamaModelProvider(cloud_base_url=loopback.url.removesuffix("/v1"), **given)
    response = await provider.get_model("gpt-oss:20b-cloud").respond(asked())
    await provider.aclose()
    assert sent_key(loopback) == f"Bearer {expected}"
    assert json.loads(loopback.requests[0][1])["model"] == "gpt-oss:20b"
    answered = response.answered_by
    assert (answered.name, answered.model, answered.reported, answered.wire_api) == (
        "ollama/gpt-oss:20b-cloud",
        "gpt-oss:20b",
        "gpt-oss:20b",
        "ollama_chat",
    )


async def test_one_providers_hosts_are_chosen_for_each_model(loopback, monkeypatch):
    """TS-ROUTE-010, TS-ROUTE-017: R19: the one before has no say; the key goes to the cloud's address alone."""
    url = loopback.url.removesuffix("/v1")
    monkeypatch.setenv("OLLAMA_HOST", url)
    provider = OllamaModelProvider(api_key=KEY, cloud_base_url=url.replace("127.0.0.1", "localhost"))
    loopback.answers = [[WHOLE, KEEP]] * 3
    keys = []
    for name in ("llama3.2", "kimi-k2.6:cloud", "llama3.2"):
        await provider.get_model(name).respond(asked())
        keys.append(sent_key(loopback))
    await provider.aclose()
    assert keys == [None, f"Bearer {KEY}", None]
    assert [json.loads(body)["model"] for _, body in loopback.requests] == ["llama3.2", "kimi-k2.6", "llama3.2"]


async def test_without_a_key_a_cloud_name_goes_through_the_local_server_unchanged(loopback, monkeypatch):
    """R19: the daemon signs in for its user."""
    monkeypatch.delenv("OLLAMA_API_KEY")
    monkeypatch.setenv("OLLAMA_HOST", loopback.url.removesuffix("/v1"))
    loopback.answers = [[http({"error": "unauthorized", "signin_url": "https://ollama.com/connect?key=abc"}, "401 No")]]
    provider = OllamaModelProvider(retry=Retry(attempts=1))
    error = await refused(provider.get_model("gpt-oss:20b-cloud"))
    await provider.aclose()
    assert json.loads(loopback.requests[0][1])["model"] == "gpt-oss:20b-cloud"
    assert (error.status, error.sent) == (401, "no")
    assert "`ollama signin`" in error.help
    assert "OLLAMA_API_KEY" in error.help
    assert "connect?key" not in error.render()


@pytest.mark.parametrize("given", [{"api_key": None}, {"api_key": ""}, {"api_key": " "}])
async def test_a_missing_key_of_ollama_cloud_is_told_when_it_is_asked(monkeypatch, given):
    """It names the variable to set; making agents needs no key."""
    monkeypatch.delenv("OLLAMA_API_KEY")
    provider = OllamaModelProvider(**given)
    model = provider.model_at(route_at(provider.rule(), "cloud", "llama3", ()))
    with pytest.raises(UserError, match="provider 'cloud', which is Ollama's: OLLAMA_API_KEY is not set") as caught:
        await model.respond(asked())
    assert caught.value.code == "key-missing"
    with pytest.raises(UserError, match="OLLAMA_API_KEY"):
        await streamed(model)


@pytest.mark.parametrize("key", ["sk-0123456789\n", "sk-ключ", "sk-0123456789 "])
async def test_a_key_that_can_be_in_no_header_is_told_and_not_shown(key):
    """A line break at the end, from a file, is the common case."""
    provider = OllamaModelProvider(api_key=key, base_url=LOCAL)
    with pytest.raises(UserError) as caught:
        await provider.get_model("a").respond(asked())
    assert caught.value.code == "key-missing"
    assert key.strip() not in caught.value.render()


@pytest.mark.parametrize(
    "answer",
    [
        http({"error": f"Incorrect key: {KEY}"}, "401 Unauthorized"),
        http({"error": f"Incorrect key: {KEY}"}),
        HEAD + line("a") + json.dumps({"error": f"Incorrect key: {KEY}"}).encode(),
        HEAD + f'{{"error":"Incorrect key: {KEY}"}}'.encode(),
    ],
    ids=["refused", "no answer", "in the stream", "at once"],
)
async def test_a_key_stands_in_no_error(loopback, answer):
    """Servers repeat what they were sent: neither message nor traceback nor cause shows it."""
    provider = local(loopback, api_key=KEY)
    own = ollama.AsyncClient(loopback.url.removesuffix("/v1"), headers={"Authorization": f"Bearer {KEY}"})
    for each in (provider, OllamaModelProvider(client=own)):
        loopback.answers = [[answer]]
        model = bare(each)
        with pytest.raises(ModelError, match=r"Incorrect key: \*\*\*") as caught:
            await streamed(model)
        shown = [repr(caught.value), caught.value.render(), repr(model), repr(vars(caught.value)), repr(each)]
        shown += traceback.format_exception(caught.value)
        assert not [text for text in shown if KEY in text]
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        await each.aclose()
    await own.close()


async def test_a_header_of_the_settings_wins_over_the_key(loopback):
    """One Authorization is sent, and headers, query and body are those of the settings."""
    loopback.answers = [[http(json.loads(last("a")), x_request_id="req_1")]]
    provider = local(loopback, api_key=KEY)
    settings = ModelSettings(extra_headers={"authorization": "Bearer other", "X-Extra": "1"}, extra_query={"a": "b"})
    response = await bare(provider).respond(asked(settings=settings, key="run/1"))
    await provider.aclose()
    head, body = loopback.requests[0]
    assert head.startswith(b"POST /api/chat?a=b HTTP/1.1\r\n")
    assert head.lower().count(b"authorization:") == 1
    assert KEY.encode() not in head
    for each in (b"x-extra: 1", b"content-type: application/json", b"idempotency-key: sha256:"):
        assert b"\r\n" + each in head.lower()
    assert json.loads(body)["messages"] == [{"role": "user", "content": "hello"}]
    assert response.request_id == "req_1"


async def test_a_client_of_ones_own_is_used_and_left_open(loopback):
    """Its address, key and other settings hold, and closing the provider does not close it."""
    loopback.answers = [[WHOLE, KEEP], [WHOLE, KEEP]]
    client = ollama.AsyncClient(loopback.url.removesuffix("/v1"), headers={"X-Mine": "1"})
    provider = OllamaModelProvider(client=client)
    assert bare(provider).resolved.base_url == loopback.url.removesuffix("/v1")
    for _ in range(2):
        await bare(provider, "gpt-oss:20b-cloud").respond(asked())
        await provider.aclose()
    assert not client._client.is_closed
    await client.close()
    assert all(b"x-mine: 1" in head.lower() for head, _ in loopback.requests)
    assert sent_key(loopback) == f"Bearer {ENVIRONMENT_KEY}"  # as the client would do it


@pytest.mark.parametrize("client", [ollama.Client(), httpx.AsyncClient(), object()])
def test_what_is_no_client_is_refused(client):
    """One that does not wait asynchronously would stop the whole program while it waits."""
    with pytest.raises(UserError, match=f"is a {type(client).__name__}, and no ollama.AsyncClient"):
        OllamaModelProvider(client=client).get_model("a")


async def test_the_password_of_a_clients_address_is_not_kept():
    """The record of who answered goes into states."""
    client = ollama.AsyncClient("http://localhost")
    client._client.base_url = "http://me:secret@gpu.lan:8080/a/"
    assert bare(OllamaModelProvider(client=client)).resolved.base_url == "http://gpu.lan:8080/a"
    await client.close()


async def test_an_address_of_a_document_has_to_be_public():
    """F2: without `allow_private` neither by its text nor by what its name leads to."""
    provider = OllamaModelProvider()
    for url in ("http://127.0.0.1:11434", "http://169.254.169.254"):
        resolved = route_at(ProviderRule(kind="ollama", base_url=url), "a", "b", ())
        with pytest.raises(UserError, match="the base URL of the model 'a/b' leads to") as caught:
            await provider.model_at(resolved).respond(asked())
        assert caught.value.code == "base-url"


async def test_a_public_name_that_leads_inside_is_refused(loopback, monkeypatch):
    """F2: what a name leads to is looked at before anything is sent."""

    async def inside(*_args, **_options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", inside)
    provider = OllamaModelProvider()
    rule = ProviderRule(kind="ollama", base_url=loopback.url.replace("127.0.0.1", "ollama.example.com"))
    with pytest.raises(UserError, match="no public address") as caught:
        await provider.model_at(route_at(rule, "a", "b", ())).respond(asked())
    await provider.aclose()
    assert caught.value.code == "base-url"
    assert not loopback.requests
