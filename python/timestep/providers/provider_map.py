"""Which provider stands behind which prefix, where the caller says so."""

from __future__ import annotations

from collections.abc import Mapping

from timestep.errors import UserError
from timestep.providers.protocol import ModelProvider


class MultiModelProviderMap:
    """Prefixes of model names and the providers behind them; `cloud/llama3` asks the one under `cloud` for `llama3`.

    A prefix in a map stands over the built-in one of the same name, `openai` and `ollama` too.

    Example:
        >>> from timestep.providers.openai import OpenAIModelProvider
        >>> providers = MultiModelProviderMap()
        >>> providers.add_provider("local", OpenAIModelProvider(base_url="http://localhost:8080/v1"))
        >>> providers
        MultiModelProviderMap('local')
    """

    def __init__(self) -> None:
        self._providers: dict[str, ModelProvider] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._providers))})"

    def __len__(self) -> int:
        return len(self._providers)

    def __bool__(self) -> bool:
        """Say that a map is one, an empty one too."""
        return True

    def __contains__(self, prefix: object) -> bool:
        return prefix in self._providers

    def has_prefix(self, prefix: str) -> bool:
        """Tell whether a provider stands behind a prefix."""
        return prefix in self._providers

    def get_provider(self, prefix: str) -> ModelProvider | None:
        """Return the provider behind a prefix, if there is one."""
        return self._providers.get(prefix)

    def get_mapping(self) -> dict[str, ModelProvider]:
        """Return a copy of the whole, prefix -> provider."""
        return dict(self._providers)

    def add_provider(self, prefix: str, provider: ModelProvider) -> None:
        """Put a provider behind a prefix.

        Args:
            prefix: text without a slash.
            provider: whatever has `get_model(name)`.

        Raises:
            UserError: the prefix is malformed or stands for another provider, or this is no provider (`definition`).
        """
        _check(prefix, provider)
        if self._providers.get(prefix, provider) is not provider:
            raise UserError(
                f"the prefix {prefix!r} stands for another provider already",
                why="put in its place in silence, it would send the names of other agents elsewhere",
                help=f"remove that one first: remove_provider({prefix!r})",
            )
        self._providers[prefix] = provider

    def remove_provider(self, prefix: str) -> None:
        """Take the provider behind a prefix away.

        Raises:
            UserError: there is none (`definition`).
        """
        if self._providers.pop(prefix, None) is None:
            known = ", ".join(map(repr, self._providers)) or "none"
            raise UserError(f"there is no provider behind the prefix {prefix!r}", help=f"prefixes in the map: {known}")

    def set_mapping(self, mapping: Mapping[str, ModelProvider]) -> None:
        """Put a copy of a mapping, prefix -> provider, in place of all there is.

        Raises:
            UserError: a prefix is malformed, or something is no provider; nothing is changed then (`definition`).
        """
        for prefix, provider in mapping.items():
            _check(prefix, provider)
        self._providers = dict(mapping)


def _check(prefix: object, provider: object) -> None:
    """Refuse a prefix that no name can begin with, and what is no provider."""
    if not isinstance(prefix, str) or not prefix or "/" in prefix or prefix != prefix.strip():
        raise UserError(
            f"{prefix!r} can't be the prefix of a model's name",
            help='use text without a slash, such as "local" for "local/llama3.2"',
        )
    if isinstance(provider, type) or not callable(getattr(provider, "get_model", None)):
        what = f"the class {provider.__name__}" if isinstance(provider, type) else type(provider).__name__
        raise UserError(
            f"what is to stand behind the prefix {prefix!r} is no provider: {what}",
            help="give an object with get_model(name), such as OpenAIModelProvider(...)",
        )
