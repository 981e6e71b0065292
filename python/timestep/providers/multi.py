"""One provider for all models: a name leads to whoever has it, by rules (routing.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from msgspec.structs import replace

from timestep.errors import UserError
from timestep.providers.attempts import AttemptedModel, Candidate
from timestep.providers.protocol import Model
from timestep.providers.provider_map import MultiModelProviderMap
from timestep.providers.routing import (
    BUILT_IN,
    GIVEN_KEY,
    ProviderRule,
    ResolvedModel,
    Retry,
    RoutingRules,
    route_with_fallbacks,
)
from timestep.providers.routing_rules import (
    OLLAMA_HOST,
    OPENAI_BASE_URL,
    available_keys,
    environment_rules,
    read_rules,
)

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_WIRES = {True: "responses", False: "chat_completions"}
_FALLBACKS = 'write them as {"gpt-4.1": ["ollama/llama3.2"]}'


class MultiModelProvider:
    """Gives the models of several providers, each by the prefix of its name.

    `ollama/llama3.2` is asked of Ollama, `gpt-4.1` and `openai/gpt-4.1` of OpenAI; more prefixes come from a map or a
    rules document.  Each is put over what follows: the map, the arguments for OpenAI and Ollama, the document, the
    environment (OPENAI_API_KEY, OPENAI_BASE_URL, OLLAMA_API_KEY, OLLAMA_HOST), what is built in.  The environment is
    read each time a model is looked up.  A text that is empty counts as not given.

    Args:
        provider_map: prefixes and providers; changed later, it counts from then on.
        openai_api_key: the key of OpenAI, or of the server at `openai_base_url`.
        openai_base_url: address of the API, up to and including `/v1`.
        openai_client: an `openai.AsyncOpenAI` to use instead, as it is but for its retries, see `retry`.
        openai_organization: the organization that is billed.
        openai_project: the project that is billed.
        openai_use_responses: whether OpenAI is asked by its Responses API (None, True), or Chat Completions (False).
        ollama_api_key: the key of Ollama Cloud, or of the server at `ollama_base_url`.
        ollama_base_url: address of the one server that `ollama/` leads to.
        unknown_prefix: a prefix that nothing is known of is an "error", or a part of a name at OpenAI ("model_id").
        rules: a rules document, or the path of one.
        fallbacks: a name -> the names to ask when its model can't be asked; put over those of `rules`.
        retry: how often a model is asked again.
        default_model: the name for agents that name no model.

    Raises:
        UserError: an address is refused (`base-url`), the document is (`routing-rules`), or the arguments contradict
            each other (`definition`).

    Example:
        >>> provider = MultiModelProvider(fallbacks={"gpt-4.1": ["ollama/llama3.2"]})
        >>> [each.base_url for each in provider.resolve("ollama/llama3.2")]
        ['http://localhost:11434']
        >>> provider.get_model("gpt-4.1")
        AttemptedModel('gpt-4.1', 'ollama/llama3.2')
    """

    def __init__(
        self,
        provider_map: MultiModelProviderMap | None = None,
        *,
        openai_api_key: str | None = None,
        openai_base_url: str | None = None,
        openai_client: AsyncOpenAI | None = None,
        openai_organization: str | None = None,
        openai_project: str | None = None,
        openai_use_responses: bool | None = None,
        ollama_api_key: str | None = None,
        ollama_base_url: str | None = None,
        unknown_prefix: Literal["error", "model_id"] | None = None,
        rules: RoutingRules | str | os.PathLike[str] | None = None,
        fallbacks: Mapping[str, Sequence[str]] | None = None,
        retry: Retry | None = None,
        default_model: str | None = None,
    ) -> None:
        self.provider_map = MultiModelProviderMap() if provider_map is None else provider_map
        if not callable(getattr(self.provider_map, "get_mapping", None)):
            raise UserError(
                f"provider_map is a {type(provider_map).__name__}, and no MultiModelProviderMap",
                help="fill one with add_provider(prefix, provider), or with set_mapping({prefix: provider})",
            )
        openai: dict[str, Any] = {
            "api_key": openai_api_key or None,
            "base_url": openai_base_url or None,
            "client": openai_client,
            "organization": openai_organization or None,
            "project": openai_project or None,
            "wire_api": None if openai_use_responses is None else _WIRES[openai_use_responses],
        }
        ollama: dict[str, Any] = {"api_key": ollama_api_key or None, "base_url": ollama_base_url or None}
        self._own = _own_providers(_stated(openai), _stated(ollama))
        said: dict[str, Any] = {
            "unknown_prefix": unknown_prefix,
            "retry": retry,
            "default_model": default_model or None,
        }
        self._rules = self._read(rules, _stated(said), fallbacks or {})
        self._made: dict[tuple[str, str | None], Any] = {}
        self._models: dict[str | None, AttemptedModel] = {}
        self._seen: object = None
        self._known = (self._rules, frozenset[str]())

    def __repr__(self) -> str:
        prefixes = sorted({*BUILT_IN, *self._rules.providers, *self.provider_map.get_mapping()})
        return f"{type(self).__name__}({', '.join(map(repr, prefixes))})"

    def rules(self) -> RoutingRules:
        """Return the rules as they are now, all that was given and the environment taken together.

        Raises:
            UserError: a variable of the environment holds no address (`base-url`).
        """
        return self._look()[0]

    def resolve(self, name: str | None = None) -> list[ResolvedModel]:
        """Return where a name leads now, and then where its fallbacks lead.

        Raises:
            UserError: one of these names leads nowhere (`model-name`, `prefix-unknown`).
        """
        rules, keys = self._look()
        return route_with_fallbacks(rules, name, keys)

    def get_model(self, name: str | None = None) -> AttemptedModel:
        """Return the model of a name, or the default one; it is asked again, and others in its place, by the rules.

        Args:
            name: with or without a prefix; None is the default model.

        Raises:
            UserError: the name, or one that stands in for it, leads nowhere (`model-name`, `prefix-unknown`).
        """
        rules, keys = self._look()  # forgets the models when anything has changed
        found = self._models.get(name)
        if found is None:
            chain = route_with_fallbacks(rules, name, keys)
            candidates = [each for resolved in chain for each in self._candidates(resolved)]
            found = self._models[name] = AttemptedModel(candidates, rules.retry)
        return found

    async def aclose(self) -> None:
        """Close what was opened here in the running event loop; providers in the map are left to whoever made them."""
        for provider in (*self._own.values(), *self._made.values()):
            await provider.aclose()

    def _read(
        self,
        given: RoutingRules | str | os.PathLike[str] | None,
        said: Mapping[str, Any],
        fallbacks: Mapping[str, Sequence[str]],
    ) -> RoutingRules:
        """Return the rules that stay the same: those given, and the arguments over them."""
        prefixes = {*self._own, *self.provider_map.get_mapping()}
        rules = given if isinstance(given, RoutingRules) else _document(given, prefixes)
        twice = sorted(self._own.keys() & rules.providers.keys())
        if twice:
            raise UserError(
                f"the rules have a provider {twice[0]!r}, and arguments tell of it too",
                why="one of the two would be ignored in silence",
                help=f"leave out the arguments that begin with {twice[0]}_, or that provider of the rules",
            )
        if not isinstance(fallbacks, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - whatever a caller gives
            raise UserError(f"the fallbacks are a {type(fallbacks).__name__}", help=_FALLBACKS)
        chains = {name: _chain(name, chain) for name, chain in fallbacks.items()}
        return replace(rules, **said, fallbacks={**rules.fallbacks, **chains})

    def _look(self) -> tuple[RoutingRules, frozenset[str]]:
        """Return the rules and the names of the keys there are; what they led to is forgotten once they change."""
        seen = (
            available_keys(self._rules, os.environ),
            os.environ.get(OPENAI_BASE_URL),
            os.environ.get(OLLAMA_HOST),
            self.provider_map.get_mapping(),
        )
        if seen != self._seen:
            rules = environment_rules(os.environ, self._rules)
            given = {prefix: _rule_of(provider) for prefix, provider in self._given().items()}
            rules = replace(rules, providers={**rules.providers, **given})
            self._known = (rules, available_keys(rules, os.environ) | {GIVEN_KEY})
            self._seen, self._models = seen, {}
        return self._known

    def _given(self) -> dict[str, Any]:
        """Return the providers that were given, by their prefixes."""
        return {**self._own, **self.provider_map.get_mapping()}

    def _candidates(self, resolved: ResolvedModel) -> Sequence[Candidate]:
        """Return the models behind a name: one, or those of a provider that has fallbacks of its own."""
        provider = self._given().get(resolved.provider)
        if resolved.kind != "custom":
            return [Candidate(resolved, (provider or self._provider_for(resolved)).model_at(resolved))]
        model = self._custom(provider, resolved.model)
        return model.candidates if isinstance(model, AttemptedModel) else [Candidate(resolved, model)]

    def _custom(self, provider: Any, name: str) -> Model:  # noqa: ANN401 - code of the caller's
        """Return the model that a provider of the caller's has under a name."""
        model = self._as_ours(self._as_ours(provider).get_model(name))
        if not callable(getattr(model, "respond", None)):
            raise UserError(
                f"a provider in the map gave what is no model: {type(model).__name__}",
                help="its get_model has to return an object with respond(request) and stream(request)",
            )
        return model

    def _as_ours(self, value: Any) -> Any:  # noqa: ANN401 - a provider or model
        """Return a provider or model of another package as one of ours; on this floor none is known."""
        return value

    def _provider_for(self, resolved: ResolvedModel) -> Any:  # noqa: ANN401 - one of two classes, loaded when needed
        """Return the provider made here for a prefix and an address."""
        place = (resolved.provider, resolved.base_url)
        if place not in self._made:
            self._made[place] = _made(resolved.kind, {})
        return self._made[place]


def _own_providers(openai: dict[str, Any], ollama: dict[str, Any]) -> dict[str, Any]:
    """Return the providers that arguments tell of, by their prefixes."""
    told = {"openai": openai, "ollama": ollama}
    return {kind: _made(kind, options) for kind, options in told.items() if options}


def _made(kind: str, options: dict[str, Any]) -> Any:  # noqa: ANN401 - one of two classes
    """Return a new provider; its module is loaded only now, because most programs need one of the two."""
    if kind == "ollama":
        from timestep.providers.ollama import OllamaModelProvider

        return OllamaModelProvider(**options)
    from timestep.providers.openai import OpenAIModelProvider

    return OpenAIModelProvider(**options)


def _stated(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _rule_of(provider: object) -> ProviderRule:
    """Return the rule of a provider that was given; code of the caller's makes of a name what it likes."""
    ours = callable(getattr(provider, "model_at", None))
    return cast("Any", provider).rule() if ours else ProviderRule(kind="custom")


def _document(path: str | os.PathLike[str] | None, prefixes: set[str]) -> RoutingRules:
    """Return the rules of a document."""
    if path is None:
        return RoutingRules()
    if not isinstance(path, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance] - as above
        raise UserError(
            f"the rules are a {type(path).__name__}",
            help="give RoutingRules(...), or the path of a document",
        )
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(
            f"the routing rules {os.fspath(path)!r} can't be read: {error.strerror}",
            code="routing-rules",
            help="give the path of a rules document, or RoutingRules(...)",
        ) from error
    return read_rules(data, file=os.fspath(path), prefixes=prefixes)


def _chain(name: object, chain: Sequence[str]) -> list[str]:
    """Return the fallbacks of a name."""
    if isinstance(chain, str) or not all(isinstance(each, str) for each in (name, *cast("Sequence[object]", chain))):
        raise UserError(
            f"the fallbacks of {name!r} are no list of names: {chain!r}",
            help=_FALLBACKS,
        )
    return list(chain)
