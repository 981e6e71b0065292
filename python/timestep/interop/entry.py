"""What a run may be given, as ours: objects of this package as they are, those of `openai-agents` mapped."""

from __future__ import annotations

import sys
from typing import Any

from timestep.agent import Agent
from timestep.errors import UserError
from timestep.loop.config import RunConfig
from timestep.providers.protocol import Model

#: A module of the package; `agents` alone may be a file of the user's own.
_PACKAGE = "agents.run_context"


def as_agent(value: object) -> Agent:
    """Return an agent as ours.

    Args:
        value: an `Agent` of this package, or one of `openai-agents`, which is read anew each time.

    Raises:
        UserError: it is neither ("agent-type"), or has what can't be mapped ("interop-unsupported").
    """
    if isinstance(value, Agent):
        return value
    if _loaded():
        from timestep.interop import agents_sdk as sdk
        from timestep.interop.graph import as_timestep

        if isinstance(value, sdk.Agent):
            return as_timestep(value)  # pyright: ignore[reportUnknownArgumentType] - generic in its context
    raise UserError(
        f"a run needs an Agent; got {value!r}",
        code="agent-type",
        help="give it an Agent of timestep, or one of the openai-agents package",
    )


def as_run_config(value: object, agent: Agent | None = None) -> RunConfig:
    """Return the settings of a run as ours.

    Args:
        value: a `RunConfig` of this package or of `openai-agents`; None is one that says nothing.
        agent: the agent of the run, whose handoffs a filter of handoffs is told of.

    Raises:
        UserError: it is neither, or has what can't be mapped ("interop-unsupported").
    """
    if value is None:
        return RunConfig()
    if isinstance(value, RunConfig):
        return value
    if _loaded():
        from timestep.interop import agents_sdk as sdk
        from timestep.interop.run_config import run_config_of

        if isinstance(value, sdk.RunConfig):
            return run_config_of(value, agent)
    raise UserError(
        f"run_config is {value!r}", help="give a RunConfig of timestep, or one of the openai-agents package"
    )


def as_hooks(value: Any) -> Any:  # noqa: ANN401 - any object with hooks
    """Return hooks whose methods take our objects: those of `openai-agents` wrapped, any others as they are."""
    if not _loaded():
        return value
    from timestep.interop import agents_sdk as sdk
    from timestep.interop.hooks import Hooks

    return Hooks(value) if isinstance(value, sdk.RunHooksBase | sdk.AgentHooksBase) else value


def as_model_provider(value: Any) -> Any:  # noqa: ANN401 - a provider or model of either package
    """Return a provider or model as ours: one of `openai-agents` wrapped, any other as it is."""
    if not _loaded():
        return value
    from timestep.interop.models import as_model, as_provider

    return as_provider(as_model(value))


def as_served_model(model: Model, *, named: bool) -> Model:
    """Return a model of ours as one that `openai-agents` can ask too, where that package is loaded.

    Args:
        model: of ours.
        named: whether its name was asked for; else it is the default one.
    """
    if not _loaded():
        return model
    from timestep.interop.serving import ServedModel

    return ServedModel(model, named=named)


def _loaded() -> bool:
    """Tell whether the caller has loaded the package; if not, no value can be of it."""
    return _PACKAGE in sys.modules
