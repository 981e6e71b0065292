"""Where models have to be asked, as the samples tool reads it off the code, and what strays from there."""

import ast

import pytest

from samples import hosts, probe
from samples.destinations import Destination, destination, strays
from samples.facts import Code
from samples.process import Evidence
from samples.server import Sent

CODE = """
providers.add_provider("local", OllamaModelProvider(base_url="http://localhost:11434"))
remote = OllamaModelProvider(base_url="http://far:11434/", api_key=os.environ["OLLAMA_API_KEY"])
providers.add_provider("remote", remote)
cloud = OllamaModelProvider(api_key=os.environ.get("OLLAMA_API_KEY"))
providers.add_provider("cloud", cloud)
providers.add_provider("box", OpenAIModelProvider(base_url="http://box:8080/v1"))
providers.add_provider("own", MyProvider())
provider = MultiModelProvider(provider_map=providers)
agent = Agent(model="cloud/llama3")
"""
CLOUD, LOCAL = hosts.OLLAMA_CLOUD, hosts.OLLAMA_LOCAL


def code(source=CODE):
    """Return the facts of a code."""
    return Code(ast.parse(source))


@pytest.mark.parametrize(
    ("model", "origin", "name", "key"),
    [
        ("gpt-4.1", hosts.OPENAI, "gpt-4.1", "OPENAI_API_KEY"),
        ("openai/gpt-4.1", hosts.OPENAI, "gpt-4.1", "OPENAI_API_KEY"),
        ("ollama/gpt-oss:20b", LOCAL, "gpt-oss:20b", None),
        ("ollama/gpt-oss:20b-cloud", CLOUD, "gpt-oss:20b", "OLLAMA_API_KEY"),
        ("ollama/kimi-k2.6:cloud", CLOUD, "kimi-k2.6", "OLLAMA_API_KEY"),
        ("ollama/my-cloud", LOCAL, "my-cloud", None),
        ("local/llama3", LOCAL, "llama3", None),
        ("remote/llama3", "http://far:11434", "llama3", "OLLAMA_API_KEY"),
        ("cloud/llama3", CLOUD, "llama3", "OLLAMA_API_KEY"),
        ("box/org/model", "http://box:8080", "org/model", None),
    ],
)
def test_a_name_leads_where_its_prefix_and_its_tag_say(model, origin, name, key):
    """Rulings R18 to R20, with all keys there."""
    assert destination(code(), model, hosts.KEYS) == Destination(origin, name, key)


def test_without_a_key_a_cloud_name_goes_to_the_local_server():
    """R19: unchanged; and a provider of the cloud alone is missing its key."""
    assert destination(code(), "ollama/gpt-oss:20b-cloud", ()) == Destination(LOCAL, "gpt-oss:20b-cloud", None)
    assert destination(code(), "cloud/llama3", ()) == Destination("", "llama3", "OLLAMA_API_KEY")


def test_a_provider_of_the_samples_own_says_nothing():
    """Nobody else knows where it leads."""
    assert destination(code(), "own/x", hosts.KEYS) is None


def did(*sent):
    """Return what a sample did that has sent these requests: origin and key of each."""
    requests = [Sent(origin, "/x", {"authorization": hosts.KEYS.get(key, "")}, {}) for origin, key in sent]
    return Evidence(0, "", "", [], [], 0.1, sent=tuple(requests), server="http://127.0.0.1:9")


def test_a_request_that_nothing_leads_to_is_told():
    """Hosts of ours, and those that the sample itself names, are fine."""
    assert strays(code(), did((hosts.OPENAI, None), ("http://far:11434", None), ("http://127.0.0.1:9", None))) == []
    assert strays(code(), did(("https://evil.example", None))) == ["it wanted to reach https://evil.example/x"]


@pytest.mark.parametrize(
    ("origin", "key"),
    [
        (hosts.OPENAI, "OLLAMA_API_KEY"),
        (CLOUD, "OPENAI_API_KEY"),
        (LOCAL, "OLLAMA_API_KEY"),
        ("http://box:8080", "OPENAI_API_KEY"),
        ("http://127.0.0.1:9", "FIRECRAWL_API_KEY"),
    ],
)
def test_a_key_that_goes_where_it_does_not_belong_is_told(origin, key):
    """Bar S1: each goes to its own host, and to those that the code gives it to."""
    assert strays(code(), did((origin, key))) == [f"{key} was sent to {origin}"]
    fine = ("http://far:11434", "OLLAMA_API_KEY"), (hosts.OPENAI, "OPENAI_API_KEY"), (CLOUD, "OLLAMA_API_KEY")
    assert strays(code(), did(*fine)) == []


def test_agents_that_nothing_runs_are_asked(sample):
    """With the sample's configuration, and in the Agents SDK where it imports that; one that runs is left alone."""
    made = "provider = MultiModelProvider()\na = Agent(name='A', model='m')\n"
    head = "from timestep import Agent, MultiModelProvider\n"
    assert "ask({'a': a}, provider, None)" in probe.asking(sample(head + made))
    config = "from agents import Runner\nfrom timestep import RunConfig\nc = RunConfig(model_provider=provider)\n"
    asking = probe.asking(sample(head + made + config))
    assert "ask({'a': a}, provider, c)" in asking
    assert "ask_in_sdk({'a': a}, provider)" in asking
    assert probe.asking(sample(head + made + "from timestep import run_agent\nrun_agent(a, 'Hi')")) == ""
    assert probe.asking(sample("from timestep import Agent\na = Agent(model='m')")) == ""
