"""Where models' names lead, as the command line tells it: rules from a file and the environment, and each place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from timestep.cli import files
from timestep.cli.output import one_line
from timestep.providers.routing import ResolvedModel, RoutingRules, route_with_fallbacks, suggestion
from timestep.providers.routing_rules import available_keys, environment_rules, read_rules

#: What speaks an API, for people.
APIS = {
    "responses": "Responses",
    "chat_completions": "Chat Completions",
    "ollama_chat": "Ollama's chat",
    None: "code of your own",
}
#: The rules of routing.md, in a sentence each.
_RULES = {
    "bare-name": "a name without a prefix is one of OpenAI's",
    "prefix": "the prefix names the provider",
    "unknown-prefix": "nothing is known of the prefix, and the rules take such names as OpenAI's",
    "ollama-base-url": "all models of this provider are at one address",
    "ollama-local": "it is asked of the local Ollama",
    "ollama-cloud": "it is asked of Ollama Cloud, under the name it has there",
    "ollama-cloud-by-daemon": "it is one of Ollama Cloud; without a key the local Ollama is asked, which passes it on",
}


def rules_of(file: str | None) -> RoutingRules:
    """Return the rules of a file; the built-in ones where none is named.

    Raises:
        UsageError: the file can't be read.
        CodecError, UserError, VersionError: it holds no rules.
    """
    if file is None:
        return RoutingRules()
    source = files.read(file)
    return read_rules(source.data, file=source.name)


def effective_rules(file: str | None) -> RoutingRules:
    """Return the rules of a file with what the environment says; raises what `rules_of` does."""
    return environment_rules(os.environ, rules_of(file))


def routed(rules: RoutingRules, name: str) -> list[ResolvedModel]:
    """Return where a name leads, then its fallbacks.

    Raises:
        UserError: the name leads nowhere (`model-name`, `prefix-unknown`).
    """
    return route_with_fallbacks(rules, name, available_keys(rules, os.environ))


def fields(found: Sequence[ResolvedModel]) -> dict[str, Any]:
    """Give where a name leads as JSON output has it (cli-models.schema.json)."""
    first, *others = [
        {
            "provider": each.provider,
            "base_url": each.base_url,
            "model": each.model,
            "wire_api": each.wire_api,
            "key": each.key,
            "rule": each.rule,
        }
        for each in found
    ]
    return {**first, "fallbacks": others} if others else first


def lines(found: Sequence[ResolvedModel]) -> Iterator[str]:
    """Tell where a name leads to a person."""
    first, *others = found
    yield one_line(first.name)
    yield f"  provider  {one_line(first.provider)}"
    yield f"  address   {one_line(first.base_url or '-')}"
    yield f"  model     {one_line(first.model)}"
    yield f"  API       {APIS[first.wire_api]}"
    yield f"  key       {key_text(first.key)}"
    yield f"  rule      {first.rule}: {_RULES.get(first.rule, '')}"
    for each in others:
        yield f"  fallback  {one_line(each.name)}: {one_line(each.model)} at {one_line(each.base_url or '-')}"
    meant = suggestion(first)
    if meant is not None:
        yield f"  did you mean {one_line(meant)}?"


def key_text(key: str | None) -> str:
    """Name a key's variable, and say whether it is set; never what it holds."""
    return "none is sent" if key is None else f"{one_line(key)} ({'set' if is_set(key) else 'not set'})"


def is_set(key: str) -> bool:
    """Tell whether the environment has a key."""
    return bool(os.environ.get(key, "").strip())
