"""Hooks of the package, called with the package's own objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from timestep.interop import agents_sdk as sdk
from timestep.interop.contexts import context_of, source_of
from timestep.interop.models import as_their_response
from timestep.providers.protocol import ModelResponse
from timestep.tools.context import RunContextWrapper

#: Hooks that get the package's `AgentHookContext`.
_OF_AGENTS = frozenset({"on_start", "on_end", "on_agent_start", "on_agent_end"})


class Hooks:
    """The hooks of a run or agent, under the names the package has for them.

    Attributes:
        source: the package's hooks.
    """

    def __init__(self, source: Any) -> None:  # noqa: ANN401 - the package's generic classes
        self.source = source

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Return one of the hooks; its arguments are translated when it is called."""
        if not name.startswith("on_"):
            raise AttributeError(name)
        hook = getattr(self.source, name)

        async def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the hook's own
            return await hook(
                *(_theirs(name, each) for each in args), **{key: _theirs(name, each) for key, each in options.items()}
            )

        return call


def _theirs(hook: str, value: Any) -> Any:  # noqa: ANN401 - any argument of a hook
    """Return an argument as the package's: contexts, agents, tools, responses and items; any other as it is."""
    if isinstance(value, RunContextWrapper):
        return context_of(cast("Any", value), sdk.AgentHookContext if hook in _OF_AGENTS else None)
    if isinstance(value, ModelResponse):
        return as_their_response(value)
    if isinstance(value, Sequence) and not isinstance(value, str | list):
        return list(cast("Sequence[Any]", value))  # items, of which a run gives a view
    return source_of(value)
