"""Asks the agents of a sample that only makes them, so that it shows where their models are."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from samples.facts import Code, called_name
from samples.hosts import origin_of
from samples.mending import Sample

_PROVIDER = "MultiModelProvider"
_RUNS = ("run_agent", "run", "run_sync", "run_streamed", "get_model")


def question(agent: str, *, in_sdk: bool = False) -> str:
    """Return what an agent is asked; nobody else is asked the same."""
    return f"Say that {agent} was asked{' by Runner' if in_sdk else ''}."


def record(model: str, base_url: str) -> str:
    """Return what is printed of who answered."""
    return f"was answered by {model!r} at {origin_of(base_url)}"


def is_needed(code: Code) -> bool:
    """Tell whether a sample makes agents and a provider of their models, and asks none of them itself."""
    provides = any(called_name(call) == _PROVIDER for call in code.made.values())
    return provides and bool(code.models) and not any(code.calls(name) for name in _RUNS)


def asking(sample: Sample) -> str:
    """Return code that asks each agent of a sample once; none where it is not needed.

    Where the sample imports `Runner`, agents of the Agents SDK with the same models ask the same provider too.
    """
    code = Code(sample.tree)
    if not is_needed(code):
        return ""
    made = {called_name(call): name for name, call in code.made.items()}
    agents = ", ".join(f"{name!r}: {name}" for name in code.models)
    config = made.get("RunConfig", "None")
    lines = [f"await _probe.ask({{{agents}}}, {made[_PROVIDER]}, {config})"]
    if "Runner" in code.imported:
        lines += [f"await _probe.ask_in_sdk({{{agents}}}, {made[_PROVIDER]})"]
    return "\n".join(["from samples import probe as _probe", *lines, ""])


async def ask(agents: Mapping[str, Any], provider: Any, config: Any) -> None:
    """Run each agent with its question, and print after it who answered, as the run has it, or what ended the run.

    The sample's configuration is used, where it has one.
    """
    package = importlib.import_module("timestep")
    how = {"model_provider": provider} if config is None else {"run_config": config}
    for name, agent in agents.items():
        try:
            result = await package.run_agent(agent, question(name), **how)
            who = result.state.document.runs[0].responses[-1].answered_by
            print(question(name), record(who.model, who.base_url or ""))
        except package.TimestepError as error:
            print(question(name), error.code, error)


async def ask_in_sdk(agents: Mapping[str, Any], provider: Any) -> None:
    """Likewise, with agents of the Agents SDK, in its own loop; it has no place for who answered."""
    sdk = importlib.import_module("agents")
    config = sdk.RunConfig(model_provider=provider, tracing_disabled=True)
    for name, agent in agents.items():
        said = question(name, in_sdk=True)
        try:
            await sdk.Runner.run(sdk.Agent(name=name, model=agent.model), said, run_config=config)
        except sdk.AgentsException as error:
            print(said, getattr(error, "code", type(error).__name__), error)
