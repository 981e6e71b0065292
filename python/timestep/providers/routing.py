"""Where a model's name leads: a pure function of rules, a name, and which keys there are (routing.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from timestep.errors import UserError
from timestep.types.state import AnsweredBy

WireApi = Literal["responses", "chat_completions", "ollama_chat"]

OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_URL = "http://localhost:11434"
OLLAMA_CLOUD_URL = "https://ollama.com"
OPENAI_KEY = "OPENAI_API_KEY"
OLLAMA_KEY = "OLLAMA_API_KEY"
GIVEN_KEY = "api_key"
"""The name of a key that was given in code."""
_SUFFIX = -6  # where ":cloud", "-cloud" and ":local" begin
_SHOWN = 100  # characters of a name that a message repeats
_KINDS = ("openai", "ollama", "custom")
_WIRES = ("responses", "chat_completions")
_TARGETS = ("auto", "local", "cloud")


def _check_choice(name: str, value: object, known: Collection[str | None]) -> None:
    """Refuse a value that is none of those known: taken for the usual one in silence, it would ask somebody else."""
    if value not in known:
        told = ", ".join(repr(each) for each in known if each is not None)
        raise UserError(f"{name} is {value!r}, which there is not", help=f"use one of {told}")


class ProviderRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stands behind a prefix.

    Attributes:
        kind: "openai" is OpenAI, or a server with one of its APIs; "ollama" is Ollama; "custom" is code of the caller.
        base_url: address of the API; None is the kind's own.
        wire_api: for "openai", which of its APIs is spoken.
        key: name of the key, mostly that of an environment variable; it is sent to this provider alone. Where neither
            it nor `base_url` is given, it is the kind's own, which goes to the kind's own address.
        target: for "ollama", where its models are asked; see `route`.
        local_base_url: for "ollama", the address of the local server.
        cloud_base_url: for "ollama", the address of Ollama Cloud.
        allow_private: whether the addresses of this rule may lie in a private network; those given in code always may.
    """

    kind: Literal["openai", "ollama", "custom"]
    base_url: str | None = None
    wire_api: Literal["responses", "chat_completions"] | None = None
    key: str | None = None
    target: Literal["auto", "local", "cloud"] = "auto"
    local_base_url: str | None = None
    cloud_base_url: str | None = None
    allow_private: bool = False

    def __post_init__(self) -> None:
        _check_choice("kind", self.kind, _KINDS)
        _check_choice("wire_api", self.wire_api, (None, *_WIRES))
        _check_choice("target", self.target, _TARGETS)


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a question is asked again; times are in seconds.

    Attributes:
        attempts: how often each model is asked, the first time included.
        first_delay: the wait before the second attempt; each later one is twice as long.
        max_delay: the longest wait, also of one that the provider asks for: it is a failure where it asks for more.
        max_seconds: no attempt begins later than this after the first one.
    """

    attempts: int = 3
    first_delay: float = 0.5
    max_delay: float = 30.0
    max_seconds: float = 120.0

    def __post_init__(self) -> None:
        seconds = (self.first_delay, self.max_delay, self.max_seconds)
        if self.attempts < 1 or not all(each >= 0 for each in seconds):  # NaN is no such number either
            raise UserError(
                f"a model can't be asked like this: {self!r}",
                help="attempts is 1 or more, and counts the first one; times are seconds, 0 or more",
            )


#: What is there unless a rule of the same prefix stands in its place.
BUILT_IN: Mapping[str, ProviderRule] = MappingProxyType(
    {"openai": ProviderRule(kind="openai", key=OPENAI_KEY), "ollama": ProviderRule(kind="ollama", key=OLLAMA_KEY)}
)


class RoutingRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules document (routing-rules.schema.json).

    Attributes:
        providers: prefix -> what stands behind it; put over the built-in ones.
        default_model: the name routed where an agent names none.
        unknown_prefix: a prefix that nothing is known of is an error, or a part of the model's name at OpenAI.
        fallbacks: a name -> the names to ask, in this order, when its model can't be asked.
        retry: how often a model is asked again.
    """

    format: Literal["timestep.routing-rules"] = "timestep.routing-rules"
    format_version: str = "1.0"
    providers: dict[str, ProviderRule] = {}
    default_model: str = "gpt-4.1"
    unknown_prefix: Literal["error", "model_id"] = "error"
    fallbacks: dict[str, list[str]] = {}
    retry: Retry = Retry()

    def __post_init__(self) -> None:
        _check_choice("unknown_prefix", self.unknown_prefix, ("error", "model_id"))
        if not isinstance(self.retry, Retry):  # pyright: ignore[reportUnnecessaryIsInstance] - whatever a caller gives
            raise UserError(f"retry is a {type(self.retry).__name__}", help="write it as Retry(attempts=2)")


class ResolvedModel(msgspec.Struct, frozen=True, kw_only=True):
    """Where a name leads (resolved-model.schema.json).

    Attributes:
        name: the name that was routed.
        provider: the prefix whose rule applied; "openai" where the name has none.
        kind: the kind of that rule.
        base_url: address of the API; None for code of the caller's.
        model: the model's name as it is sent.
        wire_api: which API is spoken; None for code of the caller's.
        key: name of the key that is sent; None sends none.
        rule: why it leads there: bare-name, prefix, unknown-prefix, ollama-base-url, ollama-local, ollama-cloud,
            ollama-cloud-by-daemon.
        allow_private: whether the address may lie in a private network.
    """

    name: str
    provider: str
    kind: Literal["openai", "ollama", "custom"]
    base_url: str | None
    model: str
    wire_api: WireApi | None
    key: str | None
    rule: str
    allow_private: bool = False

    def answered_by(self, reported: str | None = None) -> AnsweredBy:
        """Return what a state keeps of it."""
        return AnsweredBy(
            provider=self.provider,
            model=self.model,
            name=self.name,
            base_url=None if self.base_url is None else _without_secrets(self.base_url),
            wire_api=self.wire_api,
            reported=reported,
        )


def route(rules: RoutingRules, name: str | None, keys: Collection[str]) -> ResolvedModel:
    """Return where a name leads.

    Args:
        rules: the rules.
        name: the name as an agent gives it; None is the default model.
        keys: names of the keys that there are.

    Raises:
        UserError: the name has an empty part, or one that can't be (`model-name`), or a prefix that is not known
            (`prefix-unknown`).
    """
    if not isinstance(name, str | None):  # pyright: ignore[reportUnnecessaryIsInstance] - whatever a caller gives
        raise _bad_name(repr(name), f"it is no text, but {type(name).__name__}")
    name = rules.default_model if name is None else name
    prefix, separator, model = name.partition("/")
    if not separator:
        _check_part(name, name, "model")
        return route_at(_rule(rules, "openai"), "openai", name, keys, name=name, why="bare-name")
    _check_part(prefix, name, "prefix")
    _check_part(model, name, "model")
    if prefix in rules.providers or prefix in BUILT_IN:
        return route_at(_rule(rules, prefix), prefix, model, keys, name=name)
    if rules.unknown_prefix == "model_id":
        return route_at(_rule(rules, "openai"), "openai", name, keys, name=name, why="unknown-prefix")
    raise _unknown_prefix({*BUILT_IN, *rules.providers}, prefix, model)


def route_with_fallbacks(rules: RoutingRules, name: str | None, keys: Collection[str]) -> list[ResolvedModel]:
    """Return where a name leads, and then where its fallbacks lead; theirs are not followed.

    Raises:
        UserError: as `route`, for any of the names.
    """
    name = rules.default_model if name is None else name
    found: dict[tuple[str, str | None, str], ResolvedModel] = {}
    for each in (name, *rules.fallbacks.get(name, ())):
        resolved = route(rules, each, keys)
        # Asking again what has just failed, under whichever of its names, is for the retries to do.
        found.setdefault((resolved.provider, resolved.base_url, resolved.model), resolved)
    return list(found.values())


def suggestion(resolved: ResolvedModel) -> str | None:
    """Return the name that was probably meant, for a bare name that looks like one of Ollama's; else None.

    Example:
        >>> suggestion(route(RoutingRules(), "gpt-oss:20b", []))
        'ollama/gpt-oss:20b'
    """
    if resolved.rule != "bare-name" or not _tag(resolved.model) or resolved.model.startswith("ft:"):
        return None
    return f"ollama/{resolved.model}"


def is_cloud_name(model: str) -> bool:
    """Tell whether a name is one of Ollama Cloud: what follows its last colon is `cloud` or ends in `-cloud`.

    Case makes no difference, as it makes none to Ollama's server.
    """
    tag = _tag(model).lower()
    return tag == "cloud" or tag.endswith("-cloud")


def cloud_model(model: str) -> str:
    """Return the name that Ollama Cloud itself knows a model by.

    Example:
        >>> cloud_model("gpt-oss:20b-cloud"), cloud_model("kimi-k2.6:cloud"), cloud_model("llama3")
        ('gpt-oss:20b', 'kimi-k2.6', 'llama3')
    """
    return model[:_SUFFIX] if is_cloud_name(model) else model


def _is_local_name(model: str) -> bool:
    """Tell whether a name says that it is one of the local server's: its tag is `local`."""
    return _tag(model).lower() == "local"


def _tag(model: str) -> str:
    """Return what follows the last colon; a slash in it means that the colon separates a port, and no tag."""
    _, colon, tag = model.rpartition(":")
    return tag if colon and "/" not in tag else ""


def _rule(rules: RoutingRules, prefix: str) -> ProviderRule:
    """Return the rule of a prefix that is known."""
    return rules.providers.get(prefix) or BUILT_IN[prefix]


def route_at(
    rule: ProviderRule, prefix: str, model: str, keys: Collection[str], *, name: str | None = None, why: str = "prefix"
) -> ResolvedModel:
    """Return what the rule of a prefix makes of a model's name, the prefix taken off.

    Args:
        rule: what stands behind the prefix.
        prefix: the prefix; the rule for cloud names is another one where it is "ollama".
        model: the rest of the name.
        keys: names of the keys that there are.
        name: the whole name, where there is more of it.
        why: why this rule applies.
    """
    name = f"{prefix}/{model}" if name is None else name
    base_url: str | None = rule.base_url or OPENAI_URL
    wire_api: WireApi | None = rule.wire_api or "responses"
    key = rule.key
    if rule.kind == "custom":
        base_url = wire_api = None
    elif rule.kind == "ollama":
        _check_ollama_name(model, name)
        wire_api = "ollama_chat"
        base_url, model, key, why = _at_ollama(rule, prefix, model, keys)
    elif rule.base_url is None:
        key = rule.key or OPENAI_KEY
    return ResolvedModel(
        name=name,
        provider=prefix,
        kind=rule.kind,
        base_url=base_url,
        model=model,
        wire_api=wire_api,
        key=key,
        rule=why,
        # An address that the rule does not say was not written by whoever wrote the rule.
        allow_private=rule.allow_private or base_url not in (rule.base_url, rule.local_base_url, rule.cloud_base_url),
    )


def _at_ollama(rule: ProviderRule, prefix: str, model: str, keys: Collection[str]) -> tuple[str, str, str | None, str]:
    """Return base URL, model as sent, key and reason: which Ollama a model is asked of (TS-ROUTE-006 to 009)."""
    if rule.base_url is not None:
        return rule.base_url, cloud_model(model) if rule.target == "cloud" else model, rule.key, "ollama-base-url"
    local, cloud = rule.local_base_url or OLLAMA_URL, rule.cloud_base_url or OLLAMA_CLOUD_URL
    key = rule.key or OLLAMA_KEY
    for_cloud_alone = prefix != "ollama" and rule.key is not None
    if rule.target == "cloud" or (rule.target == "auto" and for_cloud_alone):
        if _is_local_name(model):
            why = f"its tag asks for the local server, and {prefix!r} is Ollama Cloud"
            raise _bad_name(f"{prefix}/{model}", why, "TS-ROUTE-005")
        return cloud, cloud_model(model), key, "ollama-cloud"
    if rule.target == "local" or not is_cloud_name(model):
        return local, model, None, "ollama-local"
    if key in keys:
        return cloud, cloud_model(model), key, "ollama-cloud"
    return local, model, None, "ollama-cloud-by-daemon"


def _check_ollama_name(model: str, name: str) -> None:
    """Refuse what Ollama's server takes for no name, and what names two places (TS-ROUTE-005)."""
    told = is_cloud_name(model) or _is_local_name(model)
    plain = model[:_SUFFIX] if told else model
    if not plain or plain[0] == ":" or plain[-1] in ":/" or "/:" in plain:
        raise _bad_name(name, "a part of it is empty", "TS-ROUTE-005")
    if told and (is_cloud_name(plain) or _is_local_name(plain)):
        raise _bad_name(name, "it says twice where the model is", "TS-ROUTE-005")


def part_problem(part: str) -> str | None:
    """Return what keeps a text from being a prefix or a model's name, or nothing (TS-ROUTE-003).

    Slashes are not looked at: a prefix has none because a name is split at the first.
    """
    if not part:
        return "is empty"
    if part != part.strip():
        return "has space around it"
    odd = any(character < " " or "\x7f" <= character < "\xa0" or character in "\u2028\u2029" for character in part)
    return "holds a control character" if odd else None


def _check_part(part: str, name: str, what: str) -> None:
    """Refuse a name of which a part can't be."""
    problem = part_problem(part)
    if problem is not None:
        raise _bad_name(name, f"its {what} {problem}")


def _bad_name(name: str, why: str, requirement: str = "TS-ROUTE-003") -> UserError:
    return UserError(
        f"the model {_shown(name)} can't be routed: {why}",
        code="model-name",
        help='write it as "gpt-4.1" or "ollama/llama3.2"',
        requirement=requirement,
    )


def _unknown_prefix(known: set[str], prefix: str, model: str) -> UserError:
    """Return the error for a prefix that no rule has, with the one that may be meant."""
    lower = {each.lower(): each for each in sorted(known)}
    near = get_close_matches(prefix.lower()[:_SHOWN], lower, n=1, cutoff=0.75)
    meant = f"did you mean {lower[near[0]]}/{model[:_SHOWN]}? else " if near else ""
    return UserError(
        f"nothing is known of the prefix {_shown(prefix)} of the model {_shown(f'{prefix}/{model}')}; "
        f"known prefixes: {', '.join(sorted(known))}",
        code="prefix-unknown",
        help=f'{meant}add a provider for it, or set unknown_prefix="model_id" where names at OpenAI hold a slash',
        requirement="TS-ROUTE-004",
    )


def _shown(text: str) -> str:
    """Return a text of a caller's as a message repeats it."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _without_secrets(url: str) -> str:
    """Return a URL without user, password, query and fragment, which no rule needs but code can give."""
    if not any(mark in url for mark in "@?#"):
        return url
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
