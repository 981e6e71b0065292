"""One provider for all models: names, precedence, keys, and what is kept."""

import asyncio
import json
import subprocess
import sys

import openai
import pytest

from timestep import Agent, run_agent
from timestep.errors import ModelError, UserError
from timestep.loop import scene
from timestep.providers import url_policy
from timestep.providers.attempts import AttemptedModel
from timestep.providers.multi import MultiModelProvider
from timestep.providers.ollama import OllamaChatModel, OllamaModelProvider
from timestep.providers.openai import OpenAIChatCompletionsModel, OpenAIModelProvider, OpenAIResponsesModel
from timestep.providers.protocol import ModelProvider, ModelRequest
from timestep.providers.provider_map import MultiModelProviderMap
from timestep.providers.routing import ProviderRule, Retry, RoutingRules
from timestep.testing import ScriptedModel

from .conftest import http

VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_API_KEY", "OLLAMA_HOST")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Return the environment, with nothing in it that providers look at."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def mapped(**providers):
    """Return a map."""
    made = MultiModelProviderMap()
    made.set_mapping(providers)
    return made


def only(provider, name):
    """Return where a name leads, of a provider without fallbacks."""
    (found,) = provider.resolve(name)
    return found


def bare(provider, name=None):
    """Return the one model behind a name."""
    (candidate,) = provider.get_model(name).candidates
    return candidate.model


@pytest.mark.parametrize(
    ("name", "base_url", "model", "kind"),
    [
        (None, "https://api.openai.com/v1", "gpt-4.1", OpenAIResponsesModel),
        ("gpt-4.1-mini", "https://api.openai.com/v1", "gpt-4.1-mini", OpenAIResponsesModel),
        ("openai/gpt-4.1", "https://api.openai.com/v1", "gpt-4.1", OpenAIResponsesModel),
        ("ollama/llama3.2", "http://localhost:11434", "llama3.2", OllamaChatModel),
        ("ollama/kimi-k2.6:cloud", "http://localhost:11434", "kimi-k2.6:cloud", OllamaChatModel),
        ("ollama/hf.co/org/model:Q4", "http://localhost:11434", "hf.co/org/model:Q4", OllamaChatModel),
    ],
)
def test_names_lead_somewhere_without_configuration(name, base_url, model, kind):
    """The built-in prefixes (RULINGS R18, R19); nothing needs a key before it is asked."""
    provider = MultiModelProvider()
    found = only(provider, name)
    assert (found.base_url, found.model) == (base_url, model)
    assert isinstance(provider.get_model(name), AttemptedModel)
    assert type(bare(provider, name)) is kind
    assert provider.get_model(name).name == (name or "gpt-4.1")
    assert isinstance(provider, ModelProvider)


@pytest.mark.parametrize("name", ["", "/gpt", "openai/", "nowhere/llama3", "Ollama/llama3"])
def test_a_name_that_leads_nowhere_is_refused_at_once(name):
    """Before anything is asked, as `resolve` does."""
    provider = MultiModelProvider()
    with pytest.raises(UserError) as caught:
        provider.get_model(name)
    assert caught.value.code in {"model-name", "prefix-unknown"}
    with pytest.raises(UserError):
        provider.resolve(name)


def test_a_model_is_made_once_for_a_name():
    """A run that asks for it each turn pays for one look."""
    provider = MultiModelProvider()
    assert provider.get_model("ollama/llama3.2") is provider.get_model("ollama/llama3.2")
    assert provider.get_model(None) is not provider.get_model("ollama/llama3.2")


def test_a_key_that_is_set_later_is_seen(environment):
    """With it a cloud name leads to the cloud, under its name there; without it again, to the local server."""
    provider = MultiModelProvider()
    assert provider.get_model("ollama/gpt-oss:20b-cloud").resolved.base_url == "http://localhost:11434"
    environment.setenv("OLLAMA_API_KEY", "sentinel")
    found = provider.get_model("ollama/gpt-oss:20b-cloud").resolved
    assert (found.base_url, found.model, found.key) == ("https://ollama.com", "gpt-oss:20b", "OLLAMA_API_KEY")
    environment.delenv("OLLAMA_API_KEY")
    assert provider.get_model("ollama/gpt-oss:20b-cloud").resolved.key is None


def test_an_address_that_is_set_later_is_seen(environment):
    """OPENAI_BASE_URL and OLLAMA_HOST hold for what says nothing else."""
    provider = MultiModelProvider()
    before = provider.get_model("gpt-4.1")
    environment.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")
    assert provider.get_model("gpt-4.1") is not before
    assert only(provider, "gpt-4.1").base_url == "http://localhost:1234/v1"
    environment.setenv("OLLAMA_HOST", "gpu.example:8080")
    assert only(provider, "ollama/llama3.2").base_url == "http://gpu.example:8080"
    environment.setenv("OPENAI_BASE_URL", "ftp://nowhere")
    with pytest.raises(UserError) as caught:
        provider.get_model("gpt-4.1")
    assert caught.value.code == "base-url"


def test_the_map_stands_over_all_and_may_change():
    """RULINGS R18: a prefix of the user's wins, `openai` too; one that is added or taken away counts from then on."""
    providers = mapped(openai=OpenAIModelProvider(base_url="https://proxy.example/v1"))
    provider = MultiModelProvider(providers, openai_api_key="sentinel")
    for name in ("gpt-4.1", "openai/gpt-4.1"):
        assert (only(provider, name).base_url, only(provider, name).key) == ("https://proxy.example/v1", None)
    with pytest.raises(UserError):
        provider.get_model("local/llama3.2")
    providers.add_provider("local", OllamaModelProvider(base_url="http://localhost:9999"))
    assert provider.get_model("local/llama3.2").resolved.base_url == "http://localhost:9999"
    providers.remove_provider("openai")
    assert only(provider, "gpt-4.1").key == "api_key"


def test_a_provider_of_ollamas_cloud_under_another_prefix():
    """RULINGS R20: with a key and no address it is one for the cloud alone."""
    provider = MultiModelProvider(mapped(cloud=OllamaModelProvider(api_key="sentinel")))
    found = only(provider, "cloud/llama3")
    assert (found.base_url, found.key) == ("https://ollama.com", "api_key")


async def test_any_object_with_get_model_can_stand_in_the_map():
    """It is given the name without the prefix; who answered is told."""
    script = ScriptedModel(["Hello."])
    provider = MultiModelProvider(mapped(mine=script))
    answer = await provider.get_model("mine/some/name").respond(ModelRequest(model="mine/some/name", input=[]))
    assert (answer.answered_by.provider, answer.answered_by.model) == ("mine", "some/name")
    assert script.requests[0].model == "some/name"


def test_a_provider_that_gives_no_model_is_named():
    """The usual slip is one of another package."""

    class Odd:
        def get_model(self, name):
            return name

    with pytest.raises(UserError, match="no model: str"):
        MultiModelProvider(mapped(odd=Odd())).get_model("odd/name")


@pytest.mark.parametrize(
    ("options", "name", "expected"),
    [
        ({"openai_api_key": "k"}, "gpt-4.1", ("https://api.openai.com/v1", "responses", "api_key")),
        ({"openai_base_url": "https://a.example/v1"}, "gpt-4.1", ("https://a.example/v1", "responses", None)),
        (
            {"openai_base_url": "https://a.example/v1", "openai_api_key": "k"},
            "openai/x",
            ("https://a.example/v1", "responses", "api_key"),
        ),
        ({"openai_use_responses": False}, "x", ("https://api.openai.com/v1", "chat_completions", "OPENAI_API_KEY")),
        ({"openai_use_responses": True}, "x", ("https://api.openai.com/v1", "responses", "OPENAI_API_KEY")),
        ({"ollama_api_key": "k"}, "ollama/a:cloud", ("https://ollama.com", "ollama_chat", "api_key")),
        ({"ollama_api_key": "k"}, "ollama/a", ("http://localhost:11434", "ollama_chat", None)),
        ({"ollama_base_url": "http://b.example"}, "ollama/a:cloud", ("http://b.example", "ollama_chat", None)),
        (
            dict.fromkeys(("openai_api_key", "openai_base_url", "ollama_api_key", "ollama_base_url"), ""),
            "gpt-4.1",
            ("https://api.openai.com/v1", "responses", "OPENAI_API_KEY"),
        ),
        (
            dict.fromkeys(("openai_api_key", "openai_base_url", "ollama_api_key", "ollama_base_url"), ""),
            "ollama/a:cloud",
            ("http://localhost:11434", "ollama_chat", None),
        ),
    ],
)
def test_arguments_say_where_openai_and_ollama_are(options, name, expected):
    """An empty text counts as not given, as an unset variable in a shell script leaves it."""
    found = only(MultiModelProvider(**options), name)
    assert (found.base_url, found.wire_api, found.key) == expected


async def test_a_client_of_the_callers_is_used_as_it_is():
    """Its address is told; closing is left to whoever made it."""
    client = openai.AsyncOpenAI(api_key="sentinel", base_url="https://mine.example/v1", max_retries=0)
    provider = MultiModelProvider(openai_client=client)
    assert only(provider, "gpt-4.1").base_url.rstrip("/") == "https://mine.example/v1"
    await provider.aclose()
    assert not client.is_closed()
    await client.close()


def test_an_unknown_prefix_may_be_a_part_of_the_name():
    """RULINGS R18: for servers whose ids hold a slash."""
    found = only(MultiModelProvider(unknown_prefix="model_id"), "meta-llama/llama-3")
    assert (found.model, found.rule) == ("meta-llama/llama-3", "unknown-prefix")


RULES = {
    "format": "timestep.routing-rules",
    "format_version": "1.0",
    "providers": {
        "acme": {"kind": "openai", "base_url": "https://api.acme.example/v1", "wire_api": "chat_completions",
                 "key": "ACME_API_KEY"},
    },
    "default_model": "acme/large",
    "unknown_prefix": "model_id",
    "fallbacks": {"acme/large": ["gpt-4.1", "mine/small"], "gpt-4.1": ["acme/large"]},
    "retry": {"attempts": 5},
}  # fmt: skip


@pytest.fixture
def document(tmp_path):
    """Return the path of a rules document."""
    path = tmp_path / "routing.json"
    path.write_text(json.dumps(RULES), encoding="utf-8")
    return path


def test_a_rules_document_is_read_and_arguments_stand_over_it(document):
    """RULINGS R21: providers, default, fallbacks and retries are data."""
    mine = mapped(mine=ScriptedModel(["Hello."]))
    provider = MultiModelProvider(mine, rules=document)
    assert [each.name for each in provider.resolve()] == ["acme/large", "gpt-4.1", "mine/small"]
    assert only(provider, "some/model").rule == "unknown-prefix"
    assert (provider.rules().retry.attempts, provider.resolve()[0].key) == (5, "ACME_API_KEY")
    assert type(provider.get_model().candidates[0].model) is OpenAIChatCompletionsModel
    changed = MultiModelProvider(
        mine,
        rules=str(document),
        unknown_prefix="error",
        fallbacks={"acme/large": ["gpt-4.1"]},
        retry=Retry(attempts=1),
        default_model="acme/small",
    )
    assert [each.name for each in changed.resolve("acme/large")] == ["acme/large", "gpt-4.1"]
    assert [each.name for each in changed.resolve("gpt-4.1")] == ["gpt-4.1", "acme/large"]
    assert (only(changed, None).model, changed.rules().retry.attempts) == ("small", 1)
    with pytest.raises(UserError):
        changed.resolve("some/model")


def test_rules_may_be_given_as_an_object():
    """As the document, without a file."""
    rules = RoutingRules(
        providers={"acme": ProviderRule(kind="ollama", base_url="http://localhost:1", allow_private=True)}
    )
    assert only(MultiModelProvider(rules=rules), "acme/m").base_url == "http://localhost:1"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rules": "missing.json"}, "can't be read"),
        ({"fallbacks": {"gpt-4.1": "ollama/llama3.2"}}, "no list of names"),
        ({"fallbacks": {"gpt-4.1": [3]}}, "no list of names"),
        (
            {"rules": RoutingRules(providers={"openai": ProviderRule(kind="openai")}), "openai_api_key": "sentinel"},
            "arguments tell of it too",
        ),
        ({"openai_base_url": "https://user:sentinel@a.example/v1"}, "user name"),
        ({"ollama_base_url": "ftp://a.example"}, "http"),
        ({"provider_map": {"lab": OpenAIModelProvider()}}, "no MultiModelProviderMap"),
        ({"fallbacks": ["ollama/llama3.2"]}, "fallbacks are a list"),
        ({"rules": {"providers": {}}}, "rules are a dict"),
        ({"unknown_prefix": "model-id"}, "unknown_prefix is 'model-id'"),
        ({"retry": {"attempts": 2}}, "retry is a dict"),
    ],
)
def test_what_contradicts_itself_is_refused_when_it_is_made(options, told, tmp_path, monkeypatch):
    """And no secret is repeated (RULINGS N12)."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=told) as caught:
        MultiModelProvider(**options)
    assert "sentinel" not in caught.value.render()


@pytest.mark.parametrize(
    "made",
    [
        lambda: OpenAIModelProvider(wire_api="chat").get_model("m"),
        lambda: OllamaModelProvider(target="remote").get_model("m"),
        lambda: MultiModelProvider(mapped(lab=OpenAIModelProvider(wire_api="chat"))).get_model("lab/m"),
        lambda: ProviderRule(kind="anthropic"),
        lambda: Retry(attempts=0),
        lambda: Retry(first_delay=-1),
        lambda: Retry(max_seconds=float("nan")),
        lambda: MultiModelProvider().get_model(5),
    ],
)
def test_what_there_is_not_is_refused_before_anybody_is_asked(made):
    """Taken for the usual one in silence, another API or host would be asked than the one that was meant."""
    with pytest.raises(UserError):
        made()


def test_a_fallback_that_leads_nowhere_is_refused_with_its_name():
    """It would be found out only when it is needed most."""
    with pytest.raises(UserError, match="nowhere"):
        MultiModelProvider(fallbacks={"gpt-4.1": ["nowhere/llama3"]}).get_model("gpt-4.1")


@pytest.mark.parametrize(
    ("name", "variable"), [("gpt-4.1", "OPENAI_API_KEY"), ("acme/large", "ACME_API_KEY"), ("cloud/a", "OLLAMA_API_KEY")]
)
async def test_a_key_that_is_missing_is_named_when_it_is_asked_for(document, name, variable):
    """Not before: a name can be looked at without any key."""
    providers = mapped(cloud=OllamaModelProvider(api_key=None), mine=ScriptedModel(["Hello."]))
    provider = MultiModelProvider(providers, rules=document, fallbacks=dict.fromkeys(RULES["fallbacks"], ()))
    with pytest.raises(UserError) as caught:
        await bare(provider, name).respond(ModelRequest(model=None, input=[]))
    assert caught.value.code == "key-missing"
    assert variable in caught.value.render()


async def test_another_model_answers_where_a_key_is_missing():
    """From the environment alone, with the first model that can be asked."""
    provider = MultiModelProvider(mapped(mine=ScriptedModel(["Hello."])), fallbacks={"gpt-4.1": ["mine/small"]})
    result = await run_agent(Agent(model="gpt-4.1"), "Hello", model_provider=provider)
    assert result.final_output == "Hello."


async def test_one_provider_is_made_for_a_prefix_and_an_address_and_closed(environment):
    """Its connections are shared by all models there; the map's are left to whoever made them."""
    provider = MultiModelProvider()
    closed = []
    first, second = bare(provider, "ollama/a"), bare(provider, "ollama/b")
    assert first._provider is second._provider
    environment.setattr(type(first._provider), "aclose", lambda self: _noted(closed, self))
    mine = OllamaModelProvider()
    provider.provider_map.add_provider("mine", mine)
    provider.get_model("mine/a")
    await provider.aclose()
    assert closed == [first._provider]


async def _noted(closed, provider):
    closed.append(provider)


def test_it_says_what_it_knows_and_no_key():
    """Prefixes alone."""
    provider = MultiModelProvider(mapped(mine=ScriptedModel([])), openai_api_key="sentinel-key-0123")
    assert repr(provider) == "MultiModelProvider('mine', 'ollama', 'openai')"


async def test_a_run_without_configuration_finds_models_by_their_prefix(environment, loopback):
    """`Agent(model="ollama/llama3.2")` works by OLLAMA_HOST alone; the provider is one for the process."""
    environment.setattr(scene, "_default", None)
    environment.setenv("OLLAMA_HOST", loopback.url.removesuffix("/v1"))
    done = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}
    loopback.answers = [[http({"model": "llama3.2", "message": {"role": "assistant", "content": "Hi."}, **done})]]
    async with asyncio.timeout(5):
        result = await run_agent(Agent(model="ollama/llama3.2"), "Hello")
    assert result.final_output == "Hi."
    assert scene.default_provider() is scene.default_provider()
    await scene.default_provider().aclose()


def test_nothing_heavy_is_loaded_before_a_model_is_asked():
    """Neither by the provider nor by a look at where names lead (BARS U1)."""
    program = (
        "import sys; from timestep.providers.multi import MultiModelProvider; "
        "MultiModelProvider().get_model('gpt-4.1'); MultiModelProvider().get_model('ollama/a'); "
        "print([name for name in ('openai', 'ollama', 'httpx', 'httpx2', 'pydantic', 'agents') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["openai", "ollama"])
async def test_a_name_in_a_document_opens_no_way_into_a_private_network(environment, tmp_path, loopback, kind):
    """TS-ROUTE-021, BARS F2: what a name leads to is looked at; nothing is sent there unless a document allows it."""

    async def resolve(_host, _port):
        return ["127.0.0.1"]

    environment.setattr(url_policy, "_resolved", resolve)
    port = loopback.url.split(":")[2].partition("/")[0]
    loopback.answers = [[http({}, status="404 Not Found")]]
    rules = {**RULES, "fallbacks": {}}
    for host, allowed, asked in (("api.acme.example", False, 0), ("127.0.0.1", True, 1)):
        rule = {"kind": kind, "base_url": f"http://{host}:{port}", "allow_private": allowed}
        path = tmp_path / f"{host}.json"
        path.write_text(json.dumps({**rules, "providers": {"acme": rule}}), encoding="utf-8")
        provider = MultiModelProvider(rules=path)
        with pytest.raises(ModelError if allowed else UserError) as caught:
            async with asyncio.timeout(5):
                await bare(provider, "acme/m").respond(ModelRequest(model=None, input=[]))
        assert (caught.value.code == "base-url") is not allowed
        assert len(loopback.requests) == asked
        await provider.aclose()
