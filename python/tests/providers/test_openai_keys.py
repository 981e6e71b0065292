"""Where keys and headers of the OpenAI provider go, and where they never do."""

from traceback import extract_tb

import pytest
from openai import AsyncOpenAI

from timestep.errors import UserError
from timestep.providers import url_policy
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.routing import ResolvedModel
from timestep.types.model_settings import ModelSettings

from .conftest import KEEP, KEY, asked, bare, http
from .test_openai import ANSWER, refused, streamed


@pytest.mark.parametrize("key", [None, ""])
async def test_a_missing_key_is_told_at_the_first_request(monkeypatch, key):
    """It names the variable to set; making agents needs no key."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = OpenAIModelProvider(api_key=key).get_model()
    with pytest.raises(UserError, match="OPENAI_API_KEY") as caught:
        await model.respond(asked())
    assert caught.value.code == "key-missing"
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        await streamed(model)


@pytest.mark.parametrize("key", ["sk-0123456789\n", "sk-ключ", "Bearer\tsk", "sk-0123456789 ", " "])
async def test_a_key_that_can_be_in_no_header_is_told_and_not_shown(key):
    """A line break at the end, from a file, is the common case."""
    with pytest.raises(UserError) as caught:
        await OpenAIModelProvider(api_key=key).get_model().respond(asked())
    assert caught.value.code == "key-missing"
    assert not key.strip() or key.strip() not in caught.value.render()


async def test_a_variable_that_is_blank_is_not_set(monkeypatch):
    """A blank can be in no header, and is what is left of a key that somebody took out of a file."""
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set"):
        await OpenAIModelProvider().get_model().respond(asked())


async def test_key_and_address_come_from_the_environment(loopback, monkeypatch):
    """`OPENAI_API_KEY` and `OPENAI_BASE_URL` are enough."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.url)
    loopback.answers = [[http(ANSWER)]]
    provider = OpenAIModelProvider()
    await provider.get_model().respond(asked())
    await provider.aclose()
    assert f"Authorization: Bearer {KEY}".encode().lower() in loopback.requests[0][0].lower()


async def test_a_key_that_changes_is_sent_as_it_is_now(loopback, monkeypatch):
    """A key that was taken out of the environment, or replaced there, is not sent again by a client made before."""
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.url)
    loopback.answers = [[http(ANSWER)], [http(ANSWER)], [http(ANSWER)]]
    provider = OpenAIModelProvider()
    for key in (KEY, f"{KEY}-2"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        await provider.get_model().respond(asked())
    monkeypatch.delenv("OPENAI_API_KEY")
    await provider.get_model().respond(asked())
    await provider.aclose()
    sent = [
        [line for line in head.decode().split("\r\n") if line.startswith("authorization")]
        for head, _ in loopback.requests
    ]
    assert sent == [[f"authorization: Bearer {KEY}"], [f"authorization: Bearer {KEY}-2"], []]


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://eu.api.openai.com/v1/"])
def test_the_key_of_the_environment_is_for_openai_itself(monkeypatch, url):
    """In whichever region."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert OpenAIModelProvider().rule().key == OpenAIModelProvider(base_url=url).rule().key == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    "url", ["http://api.openai.com/v1", "https://api.openai.com.example.org/v1", "https://openai.com/v1"]
)
def test_the_key_of_the_environment_is_for_nobody_else(monkeypatch, url):
    """Neither in the clear, nor for a host that looks like it."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert OpenAIModelProvider(base_url=url).rule().key is None


async def test_another_server_is_sent_nothing_from_the_environment(loopback, monkeypatch):
    """TS-ROUTE-010: no key, no organization, no headers: they are for OpenAI, and many servers need none."""
    monkeypatch.setenv("OPENAI_API_KEY", "sentinel-of-the-key")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sentinel-of-the-admin-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "sentinel-of-the-organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "sentinel-of-the-project")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: sentinel-of-headers\nAuthorization: Bearer sentinel-too")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    loopback.answers = [[http(ANSWER), KEEP], [http(ANSWER), KEEP], [http({}, "401 Unauthorized"), KEEP]]
    provider = OpenAIModelProvider(base_url=loopback.url)
    with_key = OpenAIModelProvider(KEY, loopback.url, organization="org-mine", default_headers={"X-Gateway": "mine"})
    await bare(provider).respond(asked())
    await bare(with_key).respond(asked())
    error = await refused(bare(provider))
    await provider.aclose()
    await with_key.aclose()
    heads = [head.lower() for head, _ in loopback.requests]
    assert not [head for head in heads if b"sentinel" in head]
    assert b"authorization" not in heads[0]
    for line in (f"authorization: bearer {KEY}", "openai-organization: org-mine", "x-gateway: mine"):
        assert f"\r\n{line}\r\n".encode() in heads[1]
    assert "no key was sent" in error.help


async def test_where_the_environment_leads_its_headers_go_too(loopback, monkeypatch):
    """OPENAI_BASE_URL may be a gateway, which is what the headers are for; without a key, none is sent."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_BASE_URL", loopback.url)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Gateway: mine")
    loopback.answers = [[http(ANSWER)]]
    provider = OpenAIModelProvider()
    await bare(provider).respond(asked())
    await provider.aclose()
    (head, _), *_ = loopback.requests
    assert b"x-gateway: mine" in head.lower()
    assert b"authorization" not in head.lower()


async def test_headers_of_ones_own_may_hold_the_key(loopback):
    """Some gateways want another scheme, or another header; what was sent in them stands in no error."""
    told = {"error": {"message": "Bad header: gateway-secret-0123, or query-secret-0123"}}
    loopback.answers = [[http(told, "401 Unauthorized"), KEEP]]
    provider = OpenAIModelProvider(
        base_url=loopback.url, default_headers={"authorization": "Basic gateway-secret-0123"}
    )
    error = await refused(bare(provider), asked(settings=ModelSettings(extra_headers={"X-Key": "query-secret-0123"})))
    await provider.aclose()
    assert loopback.requests[0][0].lower().count(b"authorization: ") == 1
    assert b"Basic gateway-secret-0123" in loopback.requests[0][0]
    assert "Bad header: ***, or ***" in error.message
    assert "default_headers" in error.help


def resolved_at(url, **members):
    """Return where a name of a rules document leads."""
    told = {"name": "lab/m", "provider": "lab", "kind": "openai", "model": "m", "wire_api": "responses", "key": None}
    return ResolvedModel(**{**told, "rule": "prefix", "base_url": url, **members})


async def test_a_rule_names_the_variable_of_its_key(loopback, monkeypatch):
    """The key is read when it is needed, and is the one that a refusal tells of."""
    monkeypatch.delenv("LAB_KEY", raising=False)
    provider = OpenAIModelProvider()
    model = provider.model_at(resolved_at(loopback.url, key="LAB_KEY", allow_private=True))
    with pytest.raises(UserError, match="LAB_KEY is not set") as caught:
        await model.respond(asked())
    assert caught.value.code == "key-missing"
    monkeypatch.setenv("LAB_KEY", KEY)
    loopback.answers = [[http({**ANSWER, "model": "m-1"}), KEEP], [http({}, "401 Unauthorized"), KEEP]]
    by = (await model.respond(asked())).answered_by
    assert (by.provider, by.name, by.model, by.reported) == ("lab", "lab/m", "m", "m-1")
    error = await refused(model)
    await provider.aclose()
    assert f"bearer {KEY}".encode() in loopback.requests[0][0].lower()
    assert (error.provider, "LAB_KEY" in error.help) == ("lab", True)


async def test_a_rule_cannot_send_the_key_for_openai_elsewhere(loopback, monkeypatch):
    """TS-ROUTE-010: a rules document that asks for it is refused, before a connection is made."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = OpenAIModelProvider().model_at(resolved_at(loopback.url, key="OPENAI_API_KEY", allow_private=True))
    with pytest.raises(UserError, match="OPENAI_API_KEY is not sent to") as caught:
        await model.respond(asked())
    assert (caught.value.code, loopback.connections) == ("base-url", 0)


async def test_a_rule_may_not_lead_into_a_private_network(loopback, monkeypatch):
    """TS-ROUTE-021: neither by its text, nor by what a public name turns out to lead to."""
    provider = OpenAIModelProvider()
    with pytest.raises(UserError, match="no public address") as caught:
        provider.model_at(resolved_at(loopback.url))
    assert caught.value.code == "base-url"

    async def inside(_host, _port):
        return ["127.0.0.1"]

    monkeypatch.setattr(url_policy, "_resolved", inside)
    url = loopback.url.replace("127.0.0.1", "lab.example.org")
    with pytest.raises(UserError, match=r"lab\.example\.org") as caught:
        await provider.model_at(resolved_at(url)).respond(asked())
    await provider.aclose()
    assert (caught.value.code, loopback.connections) == ("base-url", 0)
    assert caught.value.__cause__ is None
    # What the client was doing holds the request with its key.
    assert not [frame for frame in extract_tb(caught.value.__traceback__) if "_base_client" in frame.filename]


async def test_a_model_that_may_be_ollamas_is_named_with_its_prefix(loopback, monkeypatch):
    """Where there is no key for OpenAI, and where OpenAI does not know it."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UserError, match="OPENAI_API_KEY") as caught:
        await OpenAIModelProvider().get_model("gpt-oss:20b").respond(asked())
    assert "ollama/gpt-oss:20b" in caught.value.help
    loopback.answers = [[http({"error": {"message": "no such model"}}, "404 Not Found")]]
    provider = OpenAIModelProvider(KEY, loopback.url)
    error = await refused(bare(provider, "gpt-oss:20b"))
    await provider.aclose()
    assert "ollama/gpt-oss:20b" in error.help


def test_a_client_of_ones_own_tells_where_it_leads():
    """For the record, without what an address may hold besides."""
    client = AsyncOpenAI(api_key=KEY, base_url="https://user:secret@lab.example.org/v1?token=secret")
    rule = OpenAIModelProvider(client=client, wire_api="chat_completions").rule()
    assert (rule.base_url, rule.wire_api, rule.key) == (
        "https://lab.example.org/v1",
        "chat_completions",
        "api_key",
    )


async def test_a_key_may_be_asked_for_each_time(loopback):
    """A short-lived key is given by an async function."""
    keys = iter(["first-key", "second-key"])

    async def key():
        return next(keys)

    provider = OpenAIModelProvider(key, loopback.url)
    loopback.answers = [[http(ANSWER), KEEP], [http(ANSWER), KEEP]]
    for _ in range(2):
        await provider.get_model().respond(asked())
    await provider.aclose()
    assert [b"second-key" in head for head, _ in loopback.requests] == [False, True]
