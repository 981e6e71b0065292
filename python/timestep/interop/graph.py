"""An agent of the package as ours, with all that its handoffs and tools lead to."""

from __future__ import annotations

from typing import Any, cast

from timestep.agent import Agent, Instructions, ToolUse, reachable
from timestep.interop import agents_sdk as sdk
from timestep.interop.account import AGENT, refuse_unmapped, unsupported
from timestep.interop.contexts import context_of, source_of
from timestep.interop.guardrails import input_guardrail_of, output_guardrail_of
from timestep.interop.handoffs import SdkHandoff, handoff_of
from timestep.interop.hooks import Hooks
from timestep.interop.models import as_model
from timestep.interop.output import SdkOutput, output_of
from timestep.interop.settings import settings_of
from timestep.interop.tools import includes_of, tool_of


class SdkAgent(Agent):
    """An agent of the package; functions written for it are called with the package's own objects.

    Attributes:
        source: the package's agent.
    """

    source: Any = None

    def output(self) -> SdkOutput | None:  # noqa: D102 - as in Agent
        return output_of(self.output_type)


def as_timestep(source: Any) -> Agent:  # noqa: ANN401 - the package's generic class
    """Return an agent of the `openai-agents` package as one of ours, and all that it leads to.

    Each agent of the package becomes one of ours, also in a cycle. All is read anew each time, so a tool that was
    added, or told to need approval, since the last run counts in the next.

    Raises:
        UserError: something of it can't be mapped ("interop-unsupported"), or what it leads to is wrongly defined.
    """
    agent = _Graph().agent(source)
    reachable(agent)  # checks the whole, which was not there when its parts were made
    return agent


class _Graph:
    """The agents mapped so far, by identity: an agent is found again before its neighbours are all there."""

    def __init__(self) -> None:
        self._agents: dict[int, SdkAgent] = {}
        self._targets: dict[str, Any] = {}  # tool name of each handoff -> the package's agent

    def agent(self, source: Any) -> SdkAgent:  # noqa: ANN401 - the package's generic class
        known = self._agents.get(id(source))
        if known is not None:
            return known
        owner = f"the agent {source.name}"
        refuse_unmapped(source, AGENT, owner)
        made = self._agents[id(source)] = _alone(source)
        once = {id(tool): tool for tool in source.tools}.values()
        made.tools.extend(tool_of(tool, source, self.agent) for tool in once)
        made.handoffs.extend(self._handoff(entry, source) for entry in source.handoffs)
        made.tool_use_behavior = _tool_use(source, {tool.name for tool in made.resolved_tools()}, owner)
        return made

    def _handoff(self, entry: Any, agent: Any) -> SdkHandoff:  # noqa: ANN401 - of the package
        made = handoff_of(entry, agent, self.agent, self._targets)
        self._targets[made.tool_name] = source_of(made.agent)
        return made


def _alone(source: Any) -> SdkAgent:  # noqa: ANN401 - the package's generic class
    """Return an agent without what leads to others."""
    made = SdkAgent(
        source.name,
        as_model(source.model),
        _instructions(source),
        model_settings=settings_of(source, includes_of(source.tools, source.name)),
        input_guardrails=[input_guardrail_of(each) for each in source.input_guardrails],
        output_guardrails=[output_guardrail_of(each) for each in source.output_guardrails],
        output_type=source.output_type,
        handoff_mode="transfer",
        handoff_description=source.handoff_description,
        hooks=None if source.hooks is None else Hooks(source.hooks),
        reset_tool_choice=source.reset_tool_choice,
    )
    made.source = source
    return made


def _instructions(source: Any) -> Instructions:  # noqa: ANN401 - the package's generic class
    """Return the instructions; the package's agent is asked where it, or a subclass of the user's, has to make them."""
    told: object = source.instructions
    own = cast("Any", type(source)).get_system_prompt is not cast("Any", sdk.Agent).get_system_prompt
    if isinstance(told, str | None) and not own:
        return told

    async def ask(ctx: Any, agent: Agent) -> Any:  # noqa: ANN401, ARG001 - as Instructions
        return await source.get_system_prompt(context_of(ctx))

    return ask


def _tool_use(source: Any, names: set[str], owner: str) -> ToolUse:  # noqa: ANN401 - the package's generic class
    rule: Any = source.tool_use_behavior
    if callable(rule):
        raise unsupported("tool_use_behavior as a function", owner, "use stop_on_first_tool or stop_at_tool_names")
    if isinstance(rule, dict):
        named: list[str] = source.tool_use_behavior["stop_at_tool_names"]
        return {"stop_at_tool_names": [name for name in named if name in names]}
    return rule
