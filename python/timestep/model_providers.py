"""The model providers as users get them: their models are asked by our runs, and by the `openai-agents` package.

Where that package is loaded, what `get_model` returns is a `Model` of its too, so that each of these can stand in its
`RunConfig(model_provider=...)`, and each of their models in its `Agent(model=...)`.
"""

from __future__ import annotations

from typing import Any

from timestep.interop import as_model_provider, as_served_model
from timestep.providers import multi, ollama, openai
from timestep.providers.attempts import AttemptedModel


class MultiModelProvider(multi.MultiModelProvider):  # noqa: D101 - told below
    __doc__ = multi.MultiModelProvider.__doc__

    def get_model(self, name: str | None = None) -> Any:  # noqa: ANN401, D102 - as in the base, and of both packages
        return as_served_model(super().get_model(name), named=name is not None)

    def _as_ours(self, value: Any) -> Any:  # noqa: ANN401 - a provider or model of either package
        found = as_model_provider(value)
        within = getattr(found, "source", None)
        return within if isinstance(within, AttemptedModel) else found


class OpenAIModelProvider(openai.OpenAIModelProvider):  # noqa: D101 - told below
    __doc__ = openai.OpenAIModelProvider.__doc__

    def get_model(self, name: str | None = None) -> Any:  # noqa: ANN401, D102 - as in the base, and of both packages
        return as_served_model(super().get_model(name), named=name is not None)


class OllamaModelProvider(ollama.OllamaModelProvider):  # noqa: D101 - told below
    __doc__ = ollama.OllamaModelProvider.__doc__

    def get_model(self, name: str | None = None) -> Any:  # noqa: ANN401, D102 - as in the base, and of both packages
        return as_served_model(super().get_model(name), named=name is not None)
