"""Routing rules from outside: read from a document, and what the environment adds (routing.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from timestep.codec import strict_json
from timestep.codec.pointer import join, locate
from timestep.codec.redact import is_secret_name, redact_text
from timestep.errors import CodecError, UserError, VersionError
from timestep.providers.routing import (
    BUILT_IN,
    OLLAMA_CLOUD_URL,
    OLLAMA_KEY,
    OPENAI_KEY,
    OPENAI_URL,
    ProviderRule,
    RoutingRules,
    part_problem,
    route,
)
from timestep.providers.url_policy import base_url_problem, check_base_url
from timestep.types.base import JSON

FORMAT = "timestep.routing-rules"
FORMAT_VERSION = "1.0"
OPENAI_BASE_URL = "OPENAI_BASE_URL"
OLLAMA_HOST = "OLLAMA_HOST"

_LIMITS = strict_json.Limits(max_bytes=1024 * 1024, max_depth=8, max_items=10_000)
_MOST_FALLBACKS = 16  # names to ask after one; each is asked `retry.attempts` times
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
# POSIX gives lower case to applications; a value in it is more often a key than the name of one.
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
# Whose key a variable holds, whatever a document says: key -> the domain that it may be sent to.
_OWNERS = {OPENAI_KEY: "openai.com", OLLAMA_KEY: "ollama.com"}
_OLLAMA_PORT = 11434
_SHOWN = 80  # characters of a value that a message repeats


class _Kind(NamedTuple):
    """What a member has to be."""

    told: str
    holds: Callable[[JSON], bool]


def _is_a(told: str, *types: type) -> _Kind:
    """Return the kind of the values of a type; an empty text is none."""

    def holds(value: JSON) -> bool:
        return type(value) in types and value != ""

    return _Kind(told, holds)


def _one_of(*values: str) -> _Kind:
    """Return the kind of a few texts."""

    def holds(value: JSON) -> bool:
        return value in values

    return _Kind(" or ".join(f'"{value}"' for value in values), holds)


def _within(told: str, low: int, high: int, *types: type) -> _Kind:
    """Return the kind of the numbers between two."""

    def holds(value: JSON) -> bool:
        return type(value) in types and low <= value <= high

    return _Kind(f"{told} from {low} to {high}", holds)


_TEXT = _is_a("a text that is not empty", str)
_OBJECT = _is_a("an object", dict)
_HEAD = {"format": _one_of(FORMAT), "format_version": _TEXT}
_DOCUMENT = {
    **_HEAD,
    "providers": _OBJECT,
    "default_model": _TEXT,
    "unknown_prefix": _one_of("error", "model_id"),
    "fallbacks": _OBJECT,
    "retry": _OBJECT,
}
_PROVIDER = {
    "kind": _one_of("openai", "ollama"),
    "base_url": _TEXT,
    "wire_api": _one_of("responses", "chat_completions"),
    "key": _TEXT,
    "target": _one_of("auto", "local", "cloud"),
    "local_base_url": _TEXT,
    "cloud_base_url": _TEXT,
    "allow_private": _is_a("true or false", bool),
}
# What no provider of a kind has.
_FOREIGN = {
    "openai": ("target", "local_base_url", "cloud_base_url"),
    "ollama": ("wire_api",),
}
_RETRY = {
    "attempts": _within("a whole number", 1, 10, int),
    "first_delay": _within("a number of seconds", 0, 60, int, float),
    "max_delay": _within("a number of seconds", 0, 600, int, float),
    "max_seconds": _within("a number of seconds", 0, 3600, int, float),
}


def read_rules(data: bytes | str, *, file: str | None = None, prefixes: Collection[str] = ()) -> RoutingRules:
    """Read a rules document.

    Args:
        data: the document's text.
        file: its name, for messages.
        prefixes: those of providers that are given in code, which its names may have too.

    Raises:
        CodecError: the text is not strict JSON.
        VersionError: it states another major version.
        UserError: it is no rules document, or says what it must not (`routing-rules`, `base-url`).
    """
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    try:
        value = strict_json.loads(raw, limits=_LIMITS)
    except CodecError as error:
        error.file = file
        raise
    return _Reader(raw, file).rules(value, prefixes)


class _Reader:
    """Checks a document from the outside in; the first fault is told with its place."""

    def __init__(self, raw: bytes, file: str | None) -> None:
        self._raw = raw
        self._file = file

    def rules(self, value: JSON, prefixes: Collection[str]) -> RoutingRules:
        """Return the rules of a document."""
        self._check_version(value)
        document = self._members((), value, _DOCUMENT, "a rules document")
        for prefix, rule in cast("dict[str, JSON]", document.get("providers", {})).items():
            self._check_provider(prefix, rule)
        self._check_retry(document.get("retry", {}))
        for name, chain in cast("dict[str, JSON]", document.get("fallbacks", {})).items():
            self._check_chain(name, chain)
        rules = msgspec.convert(document, RoutingRules)
        self._check_names(rules, prefixes)
        return rules

    def _members(
        self, path: tuple[str, ...], value: JSON, kinds: Mapping[str, _Kind], what: str, needed: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return an object of which each member is known and what it has to be."""
        if not isinstance(value, dict):
            self._refuse(path, f"{what} is an object; got {_shown(value)}")
        members = cast("dict[str, Any]", value)
        for name in members:
            if name not in kinds:
                self._refuse((*path, name), f"{what} has no member {_shown(name)}", _hint(name, kinds), "TS-ROUTE-002")
        for name in needed:
            if name not in members:
                self._refuse(path, f"{what} needs the member {name!r}")
        for name, member in members.items():
            if not kinds[name].holds(member):
                self._refuse((*path, name), f"{name!r} is {kinds[name].told}; got {_shown(member)}")
        return members

    def _check_version(self, value: JSON) -> None:
        """Refuse what is no rules document, and another major version, before anything else is looked at."""
        head = value
        if isinstance(value, dict):
            head = {name: member for name, member in cast("dict[str, JSON]", value).items() if name in _HEAD}
        version: str = self._members((), head, _HEAD, "a rules document", _HEAD)["format_version"]
        place = self._place(("format_version",))
        if not _VERSION.fullmatch(version):
            message = f'"format_version" must be "MAJOR.MINOR"; got {_shown(version)}'
            raise VersionError(message, code="version-shape", requirement="TS-VERS-002", **place)
        if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
            raise VersionError(
                f"format version {version} is not supported; this reader knows {FORMAT_VERSION}",
                code="version-unsupported",
                help="upgrade timestep, or write the rules as a 1.x document",
                requirement="TS-VERS-001",
                **place,
            )

    def _check_provider(self, prefix: str, value: JSON) -> None:
        """Refuse a provider that can't be, or that would lead or send a key where it must not."""
        path = ("providers", prefix)
        problem = "has a slash" if "/" in prefix else part_problem(prefix)
        if problem is not None:
            self._refuse(path, f"the prefix {_shown(prefix)} {problem}", 'write a name such as "acme"', "TS-ROUTE-003")
        if isinstance(value, dict) and cast("dict[str, JSON]", value).get("kind") == "custom":
            self._refuse((*path, "kind"), 'a "custom" provider is code', "give it to MultiModelProviderMap in code")
        rule = self._members(path, value, _PROVIDER, f"the provider {prefix!r}", ("kind",))
        for name in _FOREIGN[rule["kind"]]:
            if name in rule:
                self._refuse((*path, name), f"a provider of the kind {rule['kind']!r} has no {name!r}", "leave it out")
        for name in ("local_base_url", "cloud_base_url"):
            if name in rule and "base_url" in rule:
                self._refuse((*path, name), f'{name!r} has no use beside "base_url"', "leave one of them out")
        for name in ("base_url", "local_base_url", "cloud_base_url"):
            if name in rule:
                self._check_url((*path, name), rule[name], allow_private=rule.get("allow_private", False))
        if "key" in rule:
            self._check_key((*path, "key"), rule)

    def _check_url(self, path: tuple[str, ...], url: str, *, allow_private: bool) -> None:
        """Refuse an address that a document must not name."""
        problem = base_url_problem(url, allow_private=allow_private)
        if problem is not None:
            message, help_ = problem
            raise UserError(
                f"the base URL of the provider {path[1]!r} {message}",
                code="base-url",
                help=help_,
                requirement="TS-ROUTE-020",
                **self._place(path),
            )

    def _check_key(self, path: tuple[str, ...], rule: Mapping[str, Any]) -> None:
        """Refuse what is no name of a key, never repeating it, and a key for somebody else's host."""
        key: str = rule["key"]
        if not _VARIABLE.fullmatch(key) or redact_text(key) != key:
            self._refuse(
                path,
                "'key' is the name of an environment variable; what stands here is none, and is not repeated",
                'put the key into a variable such as "ACME_API_KEY", and write the name of that',
                "TS-ROUTE-011",
            )
        own: str = OPENAI_URL if rule["kind"] == "openai" else rule.get("cloud_base_url", OLLAMA_CLOUD_URL)
        url = urlsplit(cast("str", rule.get("base_url", own)))
        owner = _OWNERS.get(key)
        if owner and not f".{url.hostname}".endswith(f".{owner}"):
            self._refuse(
                path,
                f"{key} is a key for {owner}, and would be sent to {url.hostname}",
                "use a variable of its own for this provider's key, or set the address by the environment or in code",
                "TS-ROUTE-012",
            )
        if url.scheme.lower() != "https" and (owner or not rule.get("allow_private", False)):
            self._refuse(path, f"the key would be sent to {url.hostname} in the clear", "use https://", "TS-ROUTE-012")

    def _check_retry(self, value: JSON) -> None:
        """Refuse numbers beyond their bounds, and waits that contradict each other."""
        retry = self._members(("retry",), value, _RETRY, "'retry'")
        if "first_delay" in retry and retry["first_delay"] > retry.get("max_delay", RoutingRules().retry.max_delay):
            self._refuse(("retry", "first_delay"), "the first delay is longer than the longest", "raise 'max_delay'")

    def _check_chain(self, name: str, value: JSON) -> None:
        """Refuse a chain that is no list of names, or has one twice."""
        path = ("fallbacks", name)
        if not isinstance(value, list):
            self._refuse(path, f"fallbacks are a list of names; got {_shown(value)}")
        chain = cast("list[JSON]", value)
        if len(chain) > _MOST_FALLBACKS:
            self._refuse(path, f"more than {_MOST_FALLBACKS} fallbacks of one name")
        for index, each in enumerate(chain):
            if not isinstance(each, str):
                self._refuse((*path, str(index)), f"a fallback is a name; got {_shown(each)}")
            if each == name or each in chain[:index]:
                self._refuse((*path, str(index)), f"{_shown(each)} is already asked before", "leave it out")

    def _check_names(self, rules: RoutingRules, prefixes: Collection[str]) -> None:
        """Refuse names that lead nowhere."""
        given = {prefix: ProviderRule(kind="custom") for prefix in prefixes if prefix not in rules.providers}
        known = replace(rules, providers={**rules.providers, **given})
        self._check_name(known, rules.default_model, ("default_model",))
        for name, chain in rules.fallbacks.items():
            self._check_name(known, name, ("fallbacks", name))
            for index, each in enumerate(chain):
                self._check_name(known, each, ("fallbacks", name, str(index)))

    def _check_name(self, rules: RoutingRules, name: str, path: tuple[str, ...]) -> None:
        """Refuse a name that leads nowhere."""
        try:
            route(rules, name, ())  # keys decide where a name leads, and never whether it does
        except UserError as error:
            refused = error
        else:
            return
        self._refuse(path, refused.message, refused.help, refused.requirement or "TS-ROUTE-001")

    def _refuse(
        self, path: tuple[str, ...], message: str, help_: str | None = None, requirement: str = "TS-ROUTE-001"
    ) -> NoReturn:
        raise UserError(message, code="routing-rules", help=help_, requirement=requirement, **self._place(path))

    def _place(self, path: tuple[str, ...]) -> dict[str, Any]:
        """Return where a member stands."""
        pointer = join(path)
        at = locate(self._raw, pointer)
        return {"pointer": pointer, "line": at.line, "column": at.column, "file": self._file}


def _hint(name: str, kinds: Mapping[str, _Kind]) -> str:
    """Say what may be meant by a member that is not known."""
    near = get_close_matches(name.lower()[:40], kinds, n=1)
    if "key" in kinds and is_secret_name(name):
        return 'a document never holds a key: name the environment variable that does, in "key"'
    return f"did you mean {near[0]!r}?" if near else f"known members: {', '.join(kinds)}"


def _shown(value: JSON) -> str:
    """Return a value as a message repeats it: short, and without what looks like a secret."""
    if isinstance(value, str):
        text = redact_text(value)
        return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return strict_json.dumps(value).decode()[:_SHOWN]


def environment_rules(environ: Mapping[str, str], rules: RoutingRules | None = None) -> RoutingRules:
    """Return rules with what the environment says of the providers whose address they leave open.

    OPENAI_BASE_URL is the address of OpenAI, and OPENAI_API_KEY its key; OLLAMA_HOST is the local Ollama. A provider
    that names an address, or a key of its own, is left as it is.

    Args:
        environ: the environment, such as `os.environ`.
        rules: the rules to go on from; the built-in ones unless given.

    Raises:
        UserError: a variable holds no address (`base-url`).
    """
    rules = RoutingRules() if rules is None else rules
    openai = environ.get(OPENAI_BASE_URL, "").strip()
    ollama = environ.get(OLLAMA_HOST, "").strip(" \t\r\n\"'")
    if openai:
        check_base_url(openai, allow_private=True, what=OPENAI_BASE_URL)
    local = ollama_url(ollama) if ollama else None
    providers = dict(rules.providers)
    for prefix, rule in {**BUILT_IN, **rules.providers}.items():
        if rule.base_url or rule.local_base_url or rule.cloud_base_url:
            continue
        if rule.kind == "openai" and openai and rule.key in (None, OPENAI_KEY):
            providers[prefix] = replace(rule, base_url=openai, key=OPENAI_KEY, allow_private=True)
        elif rule.kind == "ollama" and local:
            providers[prefix] = replace(rule, local_base_url=local, allow_private=True)
    return replace(rules, providers=providers)


def ollama_url(host: str) -> str:
    """Return the URL that Ollama's own clients make of OLLAMA_HOST: a host, a port, both, or a URL.

    Raises:
        UserError: it is no address (`base-url`).

    Example:
        >>> ollama_url("0.0.0.0"), ollama_url("gpu.example:8080"), ollama_url("https://gpu.example")
        ('http://127.0.0.1:11434', 'http://gpu.example:8080', 'https://gpu.example')
    """
    scheme, separator, rest = host.partition("://")
    if not separator:
        scheme, rest = "http", host
    rest = rest.rstrip("/")
    if _is_bare_ipv6(rest):
        rest = f"[{rest}]"
    elif not rest or rest.startswith((":", "/")):
        rest = f"127.0.0.1{rest}"
    url = f"{scheme}://{rest}"
    check_base_url(url, allow_private=True, what=OLLAMA_HOST)
    parts = urlsplit(url)
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(parts.hostname or "", parts.hostname or "")  # noqa: S104
    port = parts.port or (None if separator else _OLLAMA_PORT)
    place = f"[{name}]" if ":" in name else name
    return f"{scheme}://{place}{'' if port is None else f':{port}'}{parts.path}"


def _is_bare_ipv6(host: str) -> bool:
    """Tell whether a host is an IPv6 address without the brackets that a URL needs."""
    try:
        return isinstance(ip_address(host), IPv6Address)
    except ValueError:
        return False


def available_keys(rules: RoutingRules, environ: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the keys that the environment has, of those that the rules name."""
    names = {OPENAI_KEY, OLLAMA_KEY, *(rule.key for rule in rules.providers.values() if rule.key)}
    return frozenset(name for name in names if environ.get(name, "").strip())
