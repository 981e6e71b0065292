"""Agents by name: what is kept of a workflow is the name, and each process says which agent that is (RULINGS R23)."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, cast

from timestep.agent import Agent
from timestep.errors import UserError
from timestep.interop import as_agent, as_model_provider, as_run_config
from timestep.loop.config import RunConfig

#: Seconds that a workflow waits for its agent: programs launch DBOS first, and make their agents after.
PATIENCE = 30.0


@dataclass
class Registered:
    """An agent as it was given, with what its runs are made with."""

    given: Any
    agent: Agent
    model_provider: Any = None
    run_config: Any = None

    def config(self) -> RunConfig:
        """Return the settings of its runs."""
        config = as_run_config(self.run_config, self.agent)
        if self.model_provider is None:
            return config
        return replace(config, model_provider=as_model_provider(self.model_provider))


_AGENTS: dict[str, Registered] = {}
_LOCK = threading.Lock()


def register_agent(agent: Any, *, model_provider: Any = None, run_config: Any = None) -> str:  # noqa: ANN401
    """Make an agent known to the workflows of this process, by its name.

    Every process that is to go on with workflows of the agent does so.

    Args:
        agent: the agent, as `timestep.Agent` or as one of the package `openai-agents`.
        model_provider: finds the models of its runs; OpenAI unless given.
        run_config: what holds for all agents of its runs.

    Returns:
        The name.

    Raises:
        UserError: another agent has the name, or it is known with another provider or configuration (TS-DUR-062).
    """
    ours = as_agent(agent)
    with _LOCK:
        known = _AGENTS.get(ours.name)
        if known is None:
            _AGENTS[ours.name] = Registered(agent, ours, model_provider, run_config)
            return ours.name
        others = (
            (_same(known.given, agent), "another agent"),
            (_agree(known.model_provider, model_provider), "the agent with another model_provider"),
            (_agree(known.run_config, run_config), "the agent with another run_config"),
        )
        for fine, what in others:
            if not fine:
                raise UserError(
                    f"the name {ours.name!r} is taken: {what} is registered under it",
                    code="agent-registered",
                    why="a workflow that is recovered finds its agent by this name",
                    help="give each agent a name of its own, and register each once",
                    requirement="TS-DUR-062",
                )
        known.model_provider = known.model_provider or model_provider
        known.run_config = known.run_config or run_config
    return ours.name


def forget_agents() -> None:
    """Forget all agents."""
    with _LOCK:
        _AGENTS.clear()


async def agent_named(name: str) -> Registered:
    """Return an agent by its name; one that is not there yet is waited for.

    Raises:
        UserError: it has not come.
    """
    deadline = time.monotonic() + PATIENCE
    while name not in _AGENTS:
        if time.monotonic() > deadline:
            raise UserError(
                f"no agent {name!r} is registered in this process",
                code="agent-unregistered",
                why="a workflow is never run with an agent that lacks its tools",
                help="call register_agent(agent) where the program starts, in each process that launches DBOS; "
                f"then run the workflow again under a new id. Known are: {', '.join(sorted(_AGENTS)) or 'none'}",
                requirement="TS-DUR-062",
            )
        await asyncio.sleep(0.05)
    return _AGENTS[name]


def _same(known: Any, given: Any) -> bool:  # noqa: ANN401 - agents of either package
    """Tell whether two agents are the same one, or defined alike."""
    if known is given:
        return True
    one, other = (cast("dict[str, object]", vars(each)) for each in (known, given))
    return type(cast("object", known)) is type(cast("object", given)) and one == other


def _agree(known: object, given: object) -> bool:
    return given is None or known is None or known is given or bool(known == given)
