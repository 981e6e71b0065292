"""Rules documents that are refused, and a few that look as if they should be."""

from __future__ import annotations

import json
from typing import Any

from router_cases.case import HEAD, Case, at_openai

ACME = "https://models.acme.example/v1"


def text(**members: Any) -> str:
    """Return a document."""
    return json.dumps({**HEAD, **members}, ensure_ascii=False)


def provider(kind: str = "openai", **members: Any) -> str:
    """Return a document with one provider."""
    return text(providers={"acme": {"kind": kind, **members}})


_OF_VERSIONS = {"version-unsupported": "TS-VERS-001", "version-shape": "TS-VERS-002"}


def bad(name: str, rule: int, title: str, raw: str, pointer: str | None = None, *, code: str = "routing-rules") -> Case:
    """Return the case of a document that is refused."""
    rules = [rule, *([_OF_VERSIONS[code]] if code in _OF_VERSIONS else [])]
    return Case(name=f"document-{name}", title=title, rules=rules, asks="gpt-4.1", raw=raw, err=code, pointer=pointer)


def address(name: str, title: str, url: str, **members: Any) -> Case:
    """Return the case of an address that a document must not name."""
    place = "/providers/acme/base_url"
    return bad(name, 20, title, provider(base_url=url, **members), place, code="base-url")


CASES = [
    bad("cut-off", 1, "A text that is cut off is refused", text()[:-1], code="json-truncated"),
    bad("not-an-object", 1, "A document is an object", "[]", ""),
    bad(
        "name-twice",
        1,
        "A name that stands twice is refused",
        text()[:-1] + ', "format": 1}',
        code="json-duplicate",
    ),
    bad(
        "of-another-format", 1, "A document of another format is refused", text(format="timestep.run-state"), "/format"
    ),
    bad("without-format", 1, "A document names its format", '{"format_version": "1.0"}', ""),
    bad("without-version", 1, "A document states its version", '{"format": "timestep.routing-rules"}', ""),
    bad(
        "of-another-major-version",
        1,
        "Another major version is refused before anything else is looked at",
        text(format_version="2.0", routes=[]),
        "/format_version",
        code="version-unsupported",
    ),
    bad(
        "version-malformed",
        1,
        "A version has two numbers",
        text(format_version="1"),
        "/format_version",
        code="version-shape",
    ),
    Case(
        name="document-of-a-later-minor-version",
        title="A later minor version is read",
        rules=[1],
        asks="gpt-4.1",
        raw=text(format_version="1.7"),
        ok=at_openai("gpt-4.1"),
    ),
    bad("member-unknown", 2, "An unknown member is refused", text(models={}), "/models"),
    bad(
        "provider-member-unknown",
        2,
        "An unknown member of a provider is refused",
        provider(timeout=5),
        "/providers/acme/timeout",
    ),
    bad(
        "retry-member-unknown",
        2,
        "An unknown member of the retries is refused",
        text(retry={"jitter": True}),
        "/retry/jitter",
    ),
    bad(
        "key-as-a-member",
        2,
        "A key has no member of its own in a document",
        provider(api_key="s"),
        "/providers/acme/api_key",
    ),
    bad("null", 1, "Null is no way to leave a member out", text(retry=None), "/retry"),
    bad("default-model-empty", 1, "The default model is not empty", text(default_model=""), "/default_model"),
    bad(
        "default-model-nowhere", 15, "The default model leads somewhere", text(default_model="acme/m"), "/default_model"
    ),
    bad(
        "unknown-prefix-other",
        1,
        "An unknown prefix is an error or a model id",
        text(unknown_prefix="x"),
        "/unknown_prefix",
    ),
    bad("providers-list", 1, "Providers are an object", text(providers=[]), "/providers"),
    bad(
        "prefix-with-a-slash",
        3,
        "A prefix has no slash",
        text(providers={"a/b": {"kind": "openai"}}),
        "/providers/a~1b",
    ),
    bad("prefix-empty", 3, "A prefix is not empty", text(providers={"": {"kind": "openai"}}), "/providers/"),
    bad(
        "prefix-with-space",
        3,
        "A prefix has no space around it",
        text(providers={"a ": {"kind": "openai"}}),
        "/providers/a ",
    ),
    bad("kind-missing", 1, "A provider has a kind", text(providers={"acme": {}}), "/providers/acme"),
    bad("kind-unknown", 1, "The kind is a known one", provider("anthropic"), "/providers/acme/kind"),
    bad(
        "kind-custom",
        13,
        "Code of the caller's is no part of a document",
        provider("custom"),
        "/providers/acme/kind",
    ),
    bad(
        "wire-api-of-ollama",
        13,
        "A provider of the kind ollama has no wire API",
        provider("ollama", wire_api="responses"),
        "/providers/acme/wire_api",
    ),
    bad(
        "target-of-openai",
        13,
        "A provider of the kind openai has no target",
        provider(target="local"),
        "/providers/acme/target",
    ),
    bad(
        "local-base-url-of-openai",
        13,
        "A provider of the kind openai has no local address",
        provider(local_base_url=ACME),
        "/providers/acme/local_base_url",
    ),
    bad(
        "two-addresses",
        13,
        "An address for all models leaves no use for another",
        provider("ollama", base_url=ACME, cloud_base_url=ACME),
        "/providers/acme/cloud_base_url",
    ),
    bad(
        "wire-api-unknown",
        1,
        "The wire API is a known one",
        provider(wire_api="completions"),
        "/providers/acme/wire_api",
    ),
    bad(
        "allow-private-text",
        1,
        "allow_private is true or false",
        provider(allow_private="true"),
        "/providers/acme/allow_private",
    ),
    bad(
        "key-itself",
        11,
        "What looks like a key is refused",
        provider(key="sk-proj-abcdefghijklmnop"),
        "/providers/acme/key",
    ),
    bad(
        "key-in-small-letters",
        11,
        "A variable's name is in capitals",
        provider(key="acme_api_key"),
        "/providers/acme/key",
    ),
    bad("key-empty", 1, "The name of a key is not empty", provider(key=""), "/providers/acme/key"),
    bad(
        "key-of-openai-for-another",
        12,
        "OpenAI's key does not go elsewhere",
        provider(base_url=ACME, key="OPENAI_API_KEY"),
        "/providers/acme/key",
    ),
    bad(
        "key-of-openai-for-a-look-alike",
        12,
        "A host that only ends like OpenAI's is another one",
        provider(base_url="https://notopenai.com/v1", key="OPENAI_API_KEY"),
        "/providers/acme/key",
    ),
    bad(
        "key-of-openai-for-ollama",
        12,
        "OpenAI's key does not go to Ollama Cloud",
        provider("ollama", key="OPENAI_API_KEY"),
        "/providers/acme/key",
    ),
    bad(
        "key-of-ollama-for-openai",
        12,
        "Ollama's key does not go to OpenAI",
        provider(key="OLLAMA_API_KEY"),
        "/providers/acme/key",
    ),
    bad(
        "key-of-ollama-for-another-cloud",
        12,
        "Ollama's key does not go to another address of a cloud",
        provider("ollama", cloud_base_url=ACME, key="OLLAMA_API_KEY"),
        "/providers/acme/key",
    ),
    bad(
        "key-without-tls",
        12,
        "A key is not sent in the clear",
        provider(base_url="http://models.acme.example/v1", key="ACME_API_KEY"),
        "/providers/acme/key",
    ),
    bad(
        "key-of-openai-without-tls",
        12,
        "OpenAI's key is not sent in the clear, leave or not",
        provider(base_url="http://api.openai.com/v1", key="OPENAI_API_KEY", allow_private=True),
        "/providers/acme/key",
    ),
    address("loopback", "An address of this machine needs leave", "http://127.0.0.1:8080/v1"),
    address("localhost", "The name of this machine needs leave", "http://localhost:8080/v1"),
    address("private-network", "An address of a private network needs leave", "http://192.168.1.10/v1"),
    address("metadata", "The address of a cloud's metadata needs leave", "http://169.254.169.254/v1"),
    address("ipv6-mapped", "A private IPv4 address needs leave in IPv6, too", "http://[::ffff:10.0.0.1]/v1"),
    address("decimal-ipv4", "An address that is written as a single number is refused", "http://2130706433/v1"),
    address("octal-ipv4", "An address that is written in octal is refused", "http://0177.0.0.1/v1"),
    address(
        "internal-name", "A name that is answered inside a network needs leave", "http://metadata.google.internal/v1"
    ),
    address("name-without-a-dot", "A name without a dot needs leave", "http://gpu:8000/v1"),
    address("user-and-password", "A password has no place in an address", "https://me:pw@models.acme.example/v1"),
    address(
        "query", "A query has no place in an address", "https://models.acme.example/v1?version=1", allow_private=True
    ),
    address("fragment", "A fragment has no place in an address", "https://models.acme.example/v1#x"),
    address("scheme", "An address begins with http", "ftp://models.acme.example/v1", allow_private=True),
    address("line-break", "A line break is no part of an address", "https://models.acme.example/v1\n"),
    address("backslash", "A backslash is no part of an address", "https://models.acme.example\\@10.0.0.1/v1"),
    bad(
        "local-base-url-private",
        20,
        "The local address of a document needs leave, too",
        provider("ollama", local_base_url="http://127.0.0.1:11434"),
        "/providers/acme/local_base_url",
        code="base-url",
    ),
    bad(
        "fallback-nowhere",
        15,
        "A fallback leads somewhere",
        text(fallbacks={"gpt-4.1": ["acme/m"]}),
        "/fallbacks/gpt-4.1/0",
    ),
    bad(
        "fallback-of-nothing",
        15,
        "A name that fallbacks stand for leads somewhere",
        text(fallbacks={"acme/m": ["o3"]}),
        "/fallbacks/acme~1m",
    ),
    bad(
        "fallback-to-itself",
        16,
        "A name is no fallback of itself",
        text(fallbacks={"o3": ["o3"]}),
        "/fallbacks/o3/0",
    ),
    bad("fallback-twice", 16, "A fallback stands once", text(fallbacks={"o3": ["a", "b", "a"]}), "/fallbacks/o3/2"),
    bad("fallback-text", 1, "Fallbacks are a list", text(fallbacks={"o3": "gpt-4.1"}), "/fallbacks/o3"),
    bad("fallback-number", 1, "A fallback is a name", text(fallbacks={"o3": [4]}), "/fallbacks/o3/0"),
    bad(
        "fallbacks-too-many",
        16,
        "Seventeen fallbacks are too many",
        text(fallbacks={"o3": [f"m{number}" for number in range(17)]}),
        "/fallbacks/o3",
    ),
    bad("retry-never", 1, "A model is asked at least once", text(retry={"attempts": 0}), "/retry/attempts"),
    bad(
        "retry-eleven-times",
        1,
        "A model is asked ten times at most",
        text(retry={"attempts": 11}),
        "/retry/attempts",
    ),
    bad("retry-fraction", 1, "The number of attempts is whole", text(retry={"attempts": 1.5}), "/retry/attempts"),
    bad("retry-true", 1, "True is no number", text(retry={"attempts": True}), "/retry/attempts"),
    bad("retry-negative-wait", 1, "A wait is not negative", text(retry={"first_delay": -1}), "/retry/first_delay"),
    bad(
        "retry-long-wait",
        1,
        "A wait is no longer than ten minutes",
        text(retry={"max_delay": 601}),
        "/retry/max_delay",
    ),
    bad(
        "retry-long-budget",
        1,
        "No question is asked for longer than an hour",
        text(retry={"max_seconds": 3601}),
        "/retry/max_seconds",
    ),
    bad(
        "retry-first-wait-over-the-usual-longest",
        1,
        "The first wait is no longer than the longest that holds unless one is given",
        text(retry={"first_delay": 31}),
        "/retry/first_delay",
    ),
    bad(
        "retry-waits-contradict",
        1,
        "The first wait is no longer than the longest",
        text(retry={"first_delay": 2, "max_delay": 1}),
        "/retry/first_delay",
    ),
]
