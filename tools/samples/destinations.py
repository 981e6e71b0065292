"""Where the model of an agent has to be asked, read off the code of a sample and the rules of routing.

It says again what the package says, apart from it, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from samples import hosts
from samples.facts import Code, called_name, option
from samples.hosts import origin_of
from samples.process import Evidence


class Destination(NamedTuple):
    """Who is asked.

    Attributes:
        origin: scheme, host and port; "" where nobody is asked, because the key is missing.
        model: the name of the model there.
        key: the key that is sent, by its name in the environment; None for none.
    """

    origin: str
    model: str
    key: str | None

    def __str__(self) -> str:
        return f"{self.model!r} at {self.origin or 'nobody'} with {self.key or 'no key'}"


def destination(code: Code, name: str, keys: Collection[str]) -> Destination | None:
    """Return who is asked for a model; None where it is a provider of the sample's own making.

    Args:
        code: the code of a sample.
        name: the model's name as an agent has it.
        keys: names of the keys that the environment holds.
    """
    prefix, slash, rest = name.partition("/")
    prefix, model = (prefix, rest) if slash else ("openai", name)
    provider = code.providers.get(prefix)
    kind = called_name(provider) if provider else prefix
    base_url, key = (option(provider, "base_url"), option(provider, "api_key")) if provider else (None, None)
    if base_url:
        return Destination(origin_of(base_url), model, key if key in keys else None)
    if kind in {"openai", "OpenAIModelProvider"}:
        return Destination(hosts.OPENAI, model, "OPENAI_API_KEY")
    if kind in {"ollama", "OllamaModelProvider"}:
        return _at_ollama(prefix, model, key, keys)
    return None


def _at_ollama(prefix: str, model: str, key: str | None, keys: Collection[str]) -> Destination:
    """Return which Ollama is asked where no address is given: Ollama Cloud, or the local server."""
    if key is not None and prefix != "ollama":  # a provider of Ollama Cloud alone
        return Destination(hosts.OLLAMA_CLOUD if key in keys else "", hosts.name_at_cloud(model), key)
    key = key or "OLLAMA_API_KEY"
    if hosts.is_cloud_name(model) and key in keys:
        return Destination(hosts.OLLAMA_CLOUD, hosts.name_at_cloud(model), key)
    return Destination(hosts.OLLAMA_LOCAL, model, None)


def strays(code: Code, evidence: Evidence) -> list[str]:
    """Return what went where it does not belong: requests to hosts that no rule and no line leads to, and keys."""
    named = {origin_of(text) for text in code.strings if text.startswith(("http://", "https://"))}
    known = {*hosts.OPENED_BY, hosts.OLLAMA_LOCAL, evidence.server, *named}
    wrong = [f"it wanted to reach {sent.origin}{sent.path}" for sent in evidence.sent if sent.origin not in known]
    homes = _homes(code, evidence.server)
    return wrong + [
        f"{key} was sent to {sent.origin}"
        for sent in evidence.sent
        for key in sent.keys
        if sent.origin not in homes[key]
    ]


def _homes(code: Code, server: str) -> dict[str, set[str]]:
    """Return the hosts that may see each key: its own, and those that the code gives it to."""
    homes = {key: {origin} for origin, key in hosts.OPENED_BY.items()}
    homes["OPENAI_API_KEY"].add(server)  # where OPENAI_BASE_URL leads
    for provider in (*code.calls("OllamaModelProvider"), *code.calls("OpenAIModelProvider")):
        key, base_url = option(provider, "api_key"), option(provider, "base_url")
        if key in homes and base_url:
            homes[key].add(origin_of(base_url))
    return homes
