"""Addresses and keys of servers with OpenAI's APIs, and chains of fallbacks."""

from __future__ import annotations

from typing import Any

from router_cases.case import BOTH, OLLAMA_KEY, OPENAI_KEY, Case, at_ollama, at_openai

ACME = "https://models.acme.example/v1"
CHAIN = {"fallbacks": {"gpt-4.1": ["ollama/gpt-oss:20b-cloud", "ollama/llama3.2"]}}


def acme(**members: Any) -> dict[str, Any]:
    """Return rules with a provider acme of the kind openai."""
    return {"providers": {"acme": {"kind": "openai", **members}}}


def at_acme(model: str = "large", **more: Any) -> dict[str, Any]:
    """Return what leads to it."""
    return at_openai(model, "prefix", **{"provider": "acme", "base_url": ACME, "key": None, **more})


def chained(name: str, **outcome: Any) -> dict[str, Any]:
    """Return one place of a chain."""
    return {"name": name, **outcome}


CASES = [
    Case(
        name="base-url-without-a-key",
        title="An address of its own gets no key unless one is named, also where OpenAI's is there",
        rules=[10],
        asks="acme/large",
        keys=BOTH,
        document=acme(base_url=ACME),
        ok=at_acme(),
    ),
    Case(
        name="base-url-with-a-key",
        title="The key that a provider names is sent to its address",
        rules=[10],
        asks="acme/large",
        document=acme(base_url=ACME, key="ACME_API_KEY"),
        ok=at_acme(key="ACME_API_KEY"),
    ),
    Case(
        name="openai-without-a-key-for-an-own-address",
        title="The rules' own openai at another address does not get OpenAI's key",
        rules=[10, 19],
        asks="gpt-4.1",
        keys=BOTH,
        document={"providers": {"openai": {"kind": "openai", "base_url": ACME}}},
        ok=at_openai("gpt-4.1", base_url=ACME, key=None),
    ),
    Case(
        name="provider-without-address",
        title="A provider without an address is OpenAI, with OpenAI's key",
        rules=[10],
        asks="acme/gpt-4.1",
        document=acme(),
        ok=at_openai("gpt-4.1", "prefix", provider="acme"),
    ),
    Case(
        name="provider-without-address-with-a-key",
        title="A provider without an address may name another key for OpenAI",
        rules=[10],
        asks="acme/gpt-4.1",
        document=acme(key="TEAM_API_KEY"),
        ok=at_openai("gpt-4.1", "prefix", provider="acme", key="TEAM_API_KEY"),
    ),
    Case(
        name="openai-key-at-another-host-of-openai",
        title="OpenAI's key may be named for a host in openai.com",
        rules=[12],
        asks="eu/gpt-4.1",
        document={
            "providers": {"eu": {"kind": "openai", "base_url": "https://eu.api.openai.com/v1", "key": OPENAI_KEY}}
        },
        ok=at_openai("gpt-4.1", "prefix", provider="eu", base_url="https://eu.api.openai.com/v1"),
    ),
    Case(
        name="ollama-cloud-through-openai-s-api",
        title="The key of Ollama may be named for a host in ollama.com, whatever is spoken there",
        rules=[12],
        asks="acme/gpt-oss:120b",
        document=acme(base_url="https://ollama.com/v1", key=OLLAMA_KEY, wire_api="chat_completions"),
        ok=at_acme("gpt-oss:120b", base_url="https://ollama.com/v1", key=OLLAMA_KEY, wire_api="chat_completions"),
    ),
    Case(
        name="wire-api",
        title="The API that is spoken is the provider's",
        rules=[18],
        asks="acme/large",
        document=acme(base_url=ACME, wire_api="chat_completions"),
        ok=at_acme(wire_api="chat_completions"),
    ),
    Case(
        name="private-address-with-leave",
        title="A private address is taken where the provider allows it",
        rules=[20],
        asks="acme/large",
        document=acme(base_url="http://10.0.0.7:8000/v1", allow_private=True),
        ok=at_acme(base_url="http://10.0.0.7:8000/v1", allow_private=True),
    ),
    Case(
        name="private-address-with-leave-and-a-key",
        title="In a private network a key of its own may be sent without TLS",
        rules=[12],
        asks="acme/large",
        document=acme(base_url="http://10.0.0.7:8000/v1", allow_private=True, key="ACME_API_KEY"),
        ok=at_acme(base_url="http://10.0.0.7:8000/v1", allow_private=True, key="ACME_API_KEY"),
    ),
    Case(
        name="base-url-stays-as-it-is",
        title="An address is handed on as it is written",
        rules=[17],
        asks="acme/large",
        document=acme(base_url="HTTPS://Models.ACME.example:443/v1/"),
        ok=at_acme(base_url="HTTPS://Models.ACME.example:443/v1/"),
    ),
    Case(
        name="keys-that-nobody-names",
        title="Keys that no provider names change nothing",
        rules=[17],
        asks="acme/large",
        keys=["ACME_API_KEY", "OTHER_API_KEY", *BOTH],
        document=acme(base_url=ACME),
        ok=at_acme(),
    ),
    Case(
        name="chain-of-one",
        title="A name without fallbacks is a chain of itself",
        rules=[30],
        asks="gpt-4.1",
        ok=[chained("gpt-4.1", **at_openai("gpt-4.1"))],
    ),
    Case(
        name="chain",
        title="Fallbacks follow in the order of the document",
        rules=[30],
        asks="gpt-4.1",
        keys=BOTH,
        document=CHAIN,
        ok=[
            chained("gpt-4.1", **at_openai("gpt-4.1")),
            chained("ollama/gpt-oss:20b-cloud", **at_ollama("gpt-oss:20b", "ollama-cloud")),
            chained("ollama/llama3.2", **at_ollama("llama3.2")),
        ],
    ),
    Case(
        name="chain-of-the-default-model",
        title="The default model has the fallbacks of its name",
        rules=[30],
        asks=None,
        document=CHAIN,
        ok=[
            chained("gpt-4.1", **at_openai("gpt-4.1")),
            chained("ollama/gpt-oss:20b-cloud", **at_ollama("gpt-oss:20b-cloud", "ollama-cloud-by-daemon")),
            chained("ollama/llama3.2", **at_ollama("llama3.2")),
        ],
    ),
    Case(
        name="chain-by-the-exact-name",
        title="Fallbacks are those of the name as it is given, not of where it leads",
        rules=[30],
        asks="openai/gpt-4.1",
        document=CHAIN,
        ok=[chained("openai/gpt-4.1", **at_openai("gpt-4.1", "prefix"))],
    ),
    Case(
        name="chain-is-not-followed",
        title="The fallbacks of a fallback are not asked",
        rules=[30],
        asks="gpt-4.1",
        document={"fallbacks": {"gpt-4.1": ["o3"], "o3": ["ollama/llama3.2"]}},
        ok=[chained("gpt-4.1", **at_openai("gpt-4.1")), chained("o3", **at_openai("o3"))],
    ),
    Case(
        name="chain-of-each-other",
        title="Two names may be each other's fallback",
        rules=[30],
        asks="o3",
        document={"fallbacks": {"gpt-4.1": ["o3"], "o3": ["gpt-4.1"]}},
        ok=[chained("o3", **at_openai("o3")), chained("gpt-4.1", **at_openai("gpt-4.1"))],
    ),
    Case(
        name="chain-without-the-same-model-twice",
        title="A fallback that is the same model at the same provider under another name is left out",
        rules=[30],
        asks="gpt-4.1",
        document={"fallbacks": {"gpt-4.1": ["openai/gpt-4.1", "o3", "openai/o3"]}},
        ok=[chained("gpt-4.1", **at_openai("gpt-4.1")), chained("o3", **at_openai("o3"))],
    ),
    Case(
        name="chain-of-the-same-model-elsewhere",
        title="The same model at another address stays in the chain",
        rules=[30],
        asks="gpt-oss:20b",
        document={"fallbacks": {"gpt-oss:20b": ["acme/gpt-oss:20b"]}, **acme(base_url=ACME)},
        ok=[chained("gpt-oss:20b", **at_openai("gpt-oss:20b")), chained("acme/gpt-oss:20b", **at_acme("gpt-oss:20b"))],
    ),
    Case(
        name="empty-chain",
        title="An empty list of fallbacks is none",
        rules=[30],
        asks="gpt-4.1",
        document={"fallbacks": {"gpt-4.1": []}},
        ok=[chained("gpt-4.1", **at_openai("gpt-4.1"))],
    ),
    Case(
        name="one-model-of-a-chain",
        title="Without the chain only the name's own model is given",
        rules=[30],
        asks="gpt-4.1",
        document=CHAIN,
        ok=at_openai("gpt-4.1"),
    ),
]
