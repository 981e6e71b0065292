"""`timestep models`: where names lead, and what the hosts offer; keys are named, never shown, and stay at home."""

import json
import re
import socket
import threading
import time

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.cli import model_hosts
from timestep.providers import routing
from timestep.providers.routing import ProviderRule, RoutingRules

from .model_server import ModelServer

pytestmark = pytest.mark.timeout(5)

KEYS = {"OPENAI_API_KEY": "sk-openai-sentinel-0123", "OLLAMA_API_KEY": "ollama-sentinel-0123"}
OPENAI = {
    "provider": "openai",
    "base_url": "https://api.openai.com/v1",
    "model": "gpt-4.1",
    "wire_api": "responses",
    "key": "OPENAI_API_KEY",
    "rule": "bare-name",
}
OLLAMA = {
    "provider": "ollama",
    "base_url": "http://localhost:11434",
    "model": "llama3.2",
    "wire_api": "ollama_chat",
    "key": None,
    "rule": "ollama-local",
}
CLOUD = {
    **OLLAMA,
    "base_url": "https://ollama.com",
    "model": "gpt-oss:20b",
    "key": "OLLAMA_API_KEY",
    "rule": "ollama-cloud",
}
RULES = {
    "format": "timestep.routing-rules",
    "format_version": "1.0",
    "providers": {
        "acme": {"kind": "openai", "base_url": "https://models.acme.example/v1", "wire_api": "chat_completions"}
        | {"key": "ACME_API_KEY"}
    },
    "default_model": "acme/tiny",
    "fallbacks": {"acme/large": ["gpt-4.1", "ollama/llama3.2"]},
}
ACME = {
    "provider": "acme",
    "base_url": "https://models.acme.example/v1",
    "model": "large",
    "wire_api": "chat_completions",
    "key": "ACME_API_KEY",
    "rule": "prefix",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Take out of the environment what leads models elsewhere, and set no key."""
    for name in ("OPENAI_BASE_URL", "OLLAMA_HOST", "ACME_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", *KEYS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def rules(tmp_path):
    """Return a function that writes a rules document, and gives its name."""

    def write(document=RULES):
        path = tmp_path / "rules.json"
        path.write_text(json.dumps(document))
        return path

    return write


@pytest.fixture
def valid(repo_root):
    """Return a function that holds a document against cli-models.schema.json."""
    folder = repo_root / "spec" / "schema" / "v1"
    schemas = [json.loads((folder / f"{name}.schema.json").read_text()) for name in ("cli-models", "cli-error")]
    registry = Registry().with_resources([(schema["$id"], Resource.from_contents(schema)) for schema in schemas])
    return Draft202012Validator(schemas[0], registry=registry).validate


@pytest.fixture
def server(monkeypatch):
    """Return a host that OpenAI's address, the local Ollama's and Ollama Cloud's all lead to."""
    with ModelServer() as host:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{host.address}/v1")
        monkeypatch.setenv("OLLAMA_HOST", host.address)
        monkeypatch.setattr(routing, "OLLAMA_CLOUD_URL", f"{host.address}/cloud")
        host.replies["/cloud/api/tags"] = (
            200,
            {},
            b'{"models": [{"name": "gpt-oss:20b"}, {"model": "kimi-k2.6"}, {"model": "glm:cloud"}]}',
        )
        yield host


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("gpt-4.1", None, OPENAI),
        ("openai/gpt-4.1", None, {**OPENAI, "rule": "prefix"}),
        ("ollama/llama3.2", "OLLAMA_API_KEY", OLLAMA),
        ("ollama/gpt-oss:20b-cloud", "OLLAMA_API_KEY", CLOUD),
        ("ollama/gpt-oss:20b-cloud", None, {**OLLAMA, "model": "gpt-oss:20b-cloud", "rule": "ollama-cloud-by-daemon"}),
    ],
)
def test_route_gives_where_a_name_leads_and_nothing_else(run, monkeypatch, valid, *, name, key, expected):
    """The JSON is exactly provider, base_url, model, wire_api, key and rule."""
    if key:
        monkeypatch.setenv(key, KEYS[key])
    result = run("models", "route", name, "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == expected
    valid(json.loads(result.stdout))


def test_route_goes_by_the_rules_of_a_file(run, rules, valid):
    """A prefix of the file, and the names that stand in for one, in the order they are asked."""
    told = json.loads(run("models", "route", "acme/large", "--rules", rules(), "--format", "json").stdout)
    assert told == {**ACME, "fallbacks": [OPENAI, OLLAMA]}
    valid(told)
    piped = run("models", "route", "acme/tiny", "--rules", "-", "--format=json", stdin=json.dumps(RULES))
    assert json.loads(piped.stdout) == {**ACME, "model": "tiny"}


def test_route_goes_by_the_environment(run, monkeypatch):
    """OPENAI_BASE_URL and OLLAMA_HOST lead to other servers."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")
    monkeypatch.setenv("OLLAMA_HOST", "gpu.lan:8080")
    for name, address in (("gpt-4.1", "http://127.0.0.1:8080/v1"), ("ollama/llama3.2", "http://gpu.lan:8080")):
        assert json.loads(run("models", "route", name, "--format", "json").stdout)["base_url"] == address


def test_route_tells_a_person_why(run, rules, monkeypatch):
    """All that decides is told in words; a key by its variable, and whether it is set."""
    monkeypatch.setenv("ACME_API_KEY", "acme-sentinel-0123")
    told = run("models", "route", "acme/large", "--rules", rules()).stdout
    assert told == (
        "acme/large\n"
        "  provider  acme\n"
        "  address   https://models.acme.example/v1\n"
        "  model     large\n"
        "  API       Chat Completions\n"
        "  key       ACME_API_KEY (set)\n"
        "  rule      prefix: the prefix names the provider\n"
        "  fallback  gpt-4.1: gpt-4.1 at https://api.openai.com/v1\n"
        "  fallback  ollama/llama3.2: llama3.2 at http://localhost:11434\n"
    )
    assert "  key       OPENAI_API_KEY (not set)\n" in run("models", "route", "gpt-4.1").stdout
    assert "  key       none is sent\n" in run("models", "route", "ollama/llama3.2").stdout


def test_route_says_which_name_may_be_meant(run):
    """An Ollama name without its prefix goes to OpenAI, where nobody knows it."""
    assert run("models", "route", "gpt-oss:20b").stdout.endswith("  did you mean ollama/gpt-oss:20b?\n")
    assert "did you mean" not in run("models", "route", "gpt-4.1").stdout


def test_a_terminal_is_not_tricked_by_a_name(run):
    """Directions of writing are shown, not obeyed."""
    assert "\\u202e" in run("models", "route", "gpt\u202e").stdout


@pytest.mark.parametrize(
    ("name", "code"), [("olama/llama3.2", "prefix-unknown"), ("", "model-name"), ("openai/", "model-name")]
)
def test_a_name_that_leads_nowhere_ends_with_1(run, printed, name, code):
    """The error says what is known, as text and as JSON."""
    result = run("models", "route", name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error[{code}]: ")
    told = run("models", "route", name, "--format", "json")
    assert told.exit_code == 1
    assert printed(told, "models")["error"]["code"] == code


@pytest.mark.parametrize("verb", [["route", "gpt-4.1"], ["list", "--offline"]])
def test_rules_that_are_none_are_refused_with_their_place(run, printed, tmp_path, verb):
    """A document that says what it must not ends with 1, a file that can't be read with 2."""
    path = tmp_path / "rules.json"
    path.write_text('{"format": "timestep.routing-rules", "format_version": "1.0",\n "default_modell": "x"}')
    result = run("models", *verb, "--rules", path, "--format", "json")
    assert result.exit_code == 1
    error = printed(result, "models")["error"]
    assert (error["code"], error["file"], error["line"]) == ("routing-rules", str(path), 2)
    missing = run("models", *verb, "--rules", tmp_path / "none.json", "--format", "json")
    assert (missing.exit_code, printed(missing, "models")["error"]["code"]) == (2, "io")


@pytest.mark.parametrize("words", [["route"], ["route", "a", "b"], ["list", "--format", "xml"], ["other"], []])
def test_wrong_usage_ends_with_2(run, words):
    """As with each verb."""
    assert run("models", *words).exit_code == 2


def test_list_offline_asks_nobody(run, printed, server, rules):
    """The hosts of all prefixes are told without a request."""
    result = run("models", "list", "--rules", rules(), "--offline", "--format", "json")
    told = printed(result, "models")
    assert told["default_model"] == "acme/tiny"
    assert [(host["prefix"], host["base_url"], host["key"], host["key_set"]) for host in told["hosts"]] == [
        ("openai", f"{server.address}/v1", "OPENAI_API_KEY", False),
        ("ollama", server.address, None, False),
        ("ollama", f"{server.address}/cloud", "OLLAMA_API_KEY", False),
        ("acme", "https://models.acme.example/v1", "ACME_API_KEY", False),
    ]
    assert not any({"models", "problem"} & host.keys() for host in told["hosts"])
    assert server.asked == []


def test_list_tells_what_each_host_offers(run, printed, server, monkeypatch):
    """Names are those that an agent gives: with the prefix, and where it needs one with the suffix of the cloud."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    told = printed(run("models", "list", "--format", "json"), "models")
    assert [host["models"] for host in told["hosts"]] == [
        ["openai/acme/large", "openai/tiny"],
        ["ollama/kimi-k2.6", "ollama/llama3.2:latest"],
        ["ollama/glm:cloud", "ollama/gpt-oss:20b-cloud", "ollama/kimi-k2.6:cloud"],
    ]
    sent = {path: headers.get("authorization") for _, path, headers, _ in server.asked}
    assert sent == {
        "/v1/models": f"Bearer {KEYS['OPENAI_API_KEY']}",
        "/api/tags": None,
        "/cloud/api/tags": f"Bearer {KEYS['OLLAMA_API_KEY']}",
    }
    text = run("models", "list")
    assert (
        f"ollama/  {server.address}/cloud  Ollama's chat  key: OLLAMA_API_KEY (set)\n  ollama/glm:cloud\n"
        in text.stdout
    )
    assert text.stderr == "an agent that names no model asks gpt-4.1\n"
    assert not any(value in f"{told}{text.output}" for value in KEYS.values())


def test_each_name_that_is_listed_leads_to_its_host(run, printed, server, monkeypatch):
    """What `list` tells, `route` takes."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv("OLLAMA_API_KEY", "x")
    for host in printed(run("models", "list", "--format", "json"), "models")["hosts"]:
        for name in host["models"]:
            routed = json.loads(run("models", "route", name, "--format", "json").stdout)
            assert (routed["base_url"], routed["key"]) == (host["base_url"], host["key"])
    assert server.asked


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ((401, {}, b"{}"), "answered 401; it refuses the key in OPENAI_API_KEY"),
        ((302, {"location": "http://127.0.0.1:1/"}, b""), "answered 302"),
        ((200, {}, b"<html>"), "sent what is no list of models"),
        ((200, {}, b"[" * 100_000), "sent what is no list of models"),
        ((200, {}, b'{"data": [{"id": {"x": 1}}]}'), "sent what is no list of models"),
        ((200, {}, b'{"data": null}'), "sent what is no list of models"),
    ],
)
def test_a_host_that_gives_no_list_says_so_and_fails_nothing(run, printed, server, monkeypatch, *, reply, problem):
    """TS-ROUTE-022: the others are listed, and the command ends with 0; a redirect is an answer, and not followed."""
    monkeypatch.setenv("OPENAI_API_KEY", KEYS["OPENAI_API_KEY"])
    server.replies["/v1/models"] = reply
    result = run("models", "list", "--format", "json")
    assert result.exit_code == 0
    openai, local, cloud = printed(result, "models")["hosts"]
    assert openai["problem"] == problem
    assert local["models"]
    assert cloud["problem"] == "not asked: OLLAMA_API_KEY is not set"
    assert f"  {problem}\n" in run("models", "list").stdout


def test_names_that_are_none_are_left_out(run, server):
    """A host can't write to the terminal, nor fill it."""
    names = ["ok", "a\x1b[2J", "\ud800", "x" * 201, "", None, 7]
    server.replies["/api/tags"] = (200, {}, json.dumps({"models": [{"name": name} for name in names]}).encode())
    assert re.findall("ollama/(.+)", run("models", "list").stdout)[1:2] == ["ok"]


def test_a_key_that_a_host_sends_back_as_a_name_is_not_shown(run, server, monkeypatch):
    """Keys are never shown (S1); one as short as a word is no secret, and hides no name."""
    server.replies["/v1/models"] = (
        200,
        {},
        json.dumps({"data": [{"id": f"x-{KEYS['OPENAI_API_KEY']}"}, {"id": "tiny"}]}).encode(),
    )
    for key in (KEYS["OPENAI_API_KEY"], "tiny"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        result = run("models", "list")
        assert "openai/tiny" in result.stdout
        assert (KEYS["OPENAI_API_KEY"] in result.stdout) is (key == "tiny")


def test_a_host_that_is_not_there_is_told(run, printed, monkeypatch):
    """The kind of the failure, and no traceback."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x\n")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    openai, local, _ = printed(run("models", "list", "--format", "json"), "models")["hosts"]
    assert openai["problem"].startswith("not asked: OPENAI_API_KEY holds a blank")
    assert local["problem"] == "can't be reached (ConnectError)"


def local_host(address):
    """Return the host of a local Ollama."""
    rules = RoutingRules(providers={"ollama": ProviderRule(kind="ollama", base_url=address, allow_private=True)})
    return model_hosts.hosts(rules)[1:]


def test_a_silent_host_is_not_waited_for(server):
    """Each answer has a bound."""
    server.silent = True
    (offer,) = model_hosts.ask(local_host(server.address), 0.05)
    assert (offer.problem, offer.reached) == ("no answer within 0.05 seconds", False)


def test_more_than_a_list_is_not_read(server, monkeypatch):
    """An endless answer is cut off."""
    monkeypatch.setattr(model_hosts, "_MOST_BYTES", 10)
    (offer,) = model_hosts.ask(local_host(server.address), 2)
    assert offer.problem == "sent what is no list of models"


def test_a_name_that_nobody_looks_up_is_not_waited_for(monkeypatch):
    """Nor at the end of the command: a resolver that hangs can't be called back."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(4) and [])
    began = time.monotonic()
    (offer,) = model_hosts.ask(local_host("http://models.example"), 0.05)
    took = time.monotonic() - began
    over.set()
    assert offer.problem == "no answer within 0.05 seconds"
    assert took < 3


def test_an_address_of_a_document_leads_to_no_private_host(run, printed, rules, server, monkeypatch):
    """BARS F2: a public name that is looked up as a private address is not asked."""
    monkeypatch.setenv("ACME_API_KEY", "acme-sentinel-0123")
    real = socket.getaddrinfo

    def looked_up(host, *rest, **more):
        return real("127.0.0.1" if host == "models.acme.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    told = printed(run("models", "list", "--rules", rules(), "--format", "json"), "models")
    (acme,) = (host for host in told["hosts"] if host["prefix"] == "acme")
    assert acme["problem"] == "'models.acme.example' leads to 127.0.0.1, which is no public address"
    assert all("acme-sentinel" not in str(headers) for _, _, headers, _ in server.asked)
