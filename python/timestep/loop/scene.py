"""What user code is asked with while a run goes on: its agents, context, model, hooks, and the state as it stands."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple, cast

from msgspec.structs import replace

from timestep.agent import Agent, manifest, reachable
from timestep.errors import AgentsException
from timestep.handoffs.handoff import Handoff
from timestep.loop.calls import NAMELESS
from timestep.loop.config import RunOptions
from timestep.loop.manifest import AgentSpec, Manifest, manifest_of
from timestep.loop.run_input import Folds, RunInput, omits_reasoning_ids, without_reasoning_id
from timestep.loop.tree import RunValue, Tree
from timestep.providers.protocol import Model, ModelProvider
from timestep.tools.context import RunContextWrapper
from timestep.tools.hosted import HostedTool
from timestep.tools.output_type import OutputType
from timestep.tools.tool import Tool
from timestep.types.state import ToolKey


class Scene:
    """A run's surroundings.

    Attributes:
        manifest: the agents as data, and the rules.
        options: how the run goes.
        ctx: the context that user code is given.
        tree: the state; the driver keeps it up to date.
        sessions: run id -> its session, for the root and for delegations.
        speaking: run id -> key of the agent whose start the hooks have been told.
        questions: run id -> what its agent asks in this turn.
        error: what made the run stop, as it was raised.
        raised: what a hook raised after a call had ended; the run stops once the call's end is noted.
        tripped: the error for the guardrail that tripped.
        final: the final output as a value of the agent's output type.
    """

    tree: Tree
    error: Exception | None = None
    raised: Exception | None = None
    tripped: AgentsException | None = None
    final: Any = None

    def __init__(self, agent: Agent, options: RunOptions) -> None:
        self.root = agent
        self.options = options
        self.agents = {each.name: each for each in reachable(agent)}
        self.manifest = _manifest(agent, list(self.agents.values()), options)
        self.ctx: RunContextWrapper[Any] = RunContextWrapper(context=options.context)
        self.sessions: dict[str, Any] = {}
        self.speaking: dict[str, str] = {}
        self.questions: dict[str, Question] = {}
        self._folds: dict[str, Folds] = {}  # run id -> what its log was made into
        self._models: dict[str, Model] = {}
        self._definitions: dict[int, dict[str, Any]] = {}
        self._tools: dict[str, dict[ToolKey, Tool]] = {}
        self._outputs: dict[str, OutputType | None] = {}

    def agent(self, key: str) -> Agent:
        """Return the agent of a key in the state."""
        return self.agents[self.tree.name(key)]

    def owner(self, run: RunValue, item: int) -> Agent:
        """Return the agent that made a call."""
        return self.agent(run.log[item].agent or run.agent)

    def tools(self, agent: Agent) -> list[Tool | HostedTool]:
        """Return the tools of an agent as they are now, for a turn of it."""
        tools = agent.resolved_tools()
        found = {(tool.kind, tool.namespace, tool.name): tool for tool in tools if isinstance(tool, Tool)}
        self._tools[agent.name] = found
        return tools

    def tool(self, agent: Agent, key: ToolKey) -> Tool | None:
        """Return the tool of an agent by its key in the ledger."""
        if agent.name not in self._tools:
            self.tools(agent)
        known = self._tools[agent.name]
        kind, namespace, name = key
        if kind == "hosted_mcp":
            return known.get((kind, None, namespace or ""))
        if kind in NAMELESS:
            return next((tool for each, tool in known.items() if each[0] == kind), None)
        return known.get(key) or (known.get(("function", namespace, name)) if kind == "function_deferred" else None)

    def handoff(self, agent: Agent, name: str) -> Handoff | None:
        """Return the handoff of an agent by the name of its tool."""
        return next((each for each in agent.resolved_handoffs() if each.tool_name == name), None)

    def model(self, agent: Agent) -> Model:
        """Return the model that an agent asks."""
        config = self.options.config
        wanted = config.model if config.model is not None else agent.model
        if wanted is not None and not isinstance(wanted, str):
            return cast("Model", wanted)
        name = wanted or ""
        if name not in self._models:
            provider = config.model_provider if config.model_provider is not None else default_provider()
            find = getattr(provider, "get_model", None)
            self._models[name] = cast("ModelProvider", provider).get_model(wanted) if find else cast("Model", provider)
        return self._models[name]

    def definition(self, tool: Tool | HostedTool) -> dict[str, Any]:
        """Return the definition of a tool; it is made once in a run."""
        found = self._definitions.get(id(tool))
        if found is None:
            found = self._definitions[id(tool)] = tool.definition()
        return found

    def output(self, agent: Agent) -> OutputType | None:
        """Return what the final output of an agent has to be; None is text."""
        if agent.name not in self._outputs:
            self._outputs[agent.name] = agent.output()
        return self._outputs[agent.name]

    def input(self, run: RunValue, since: int) -> RunInput:
        """Return what the model is sent: the run's view from a log position on."""
        view = run.view if since == 0 else tuple((max(s, since), e) for s, e in run.view if e > since)
        shown = without_reasoning_id if omits_reasoning_ids(run) else None
        return RunInput(run.log, view, self._folds.setdefault(run.id, {}), shown)

    def revived(self, output: Any) -> Any:  # noqa: ANN401 - JSON, or a value of the output type
        """Return a stored final output as a value of the output type of the agent that gave it."""
        expected = self.output(self.agent(self.tree.root.agent))
        if expected is None or isinstance(output, str):
            return output
        return expected.revive(output)

    async def call_hooks(
        self,
        name: str,
        *given: Any,  # noqa: ANN401 - whatever the hook takes
        agent: Agent,
        ctx: RunContextWrapper[Any] | None = None,
    ) -> None:
        """Tell the hooks of the run, and of an agent under the name they have there (`on_tool_start`, `on_start`)."""
        if self.options.hooks is None and agent.hooks is None:
            return
        own = name.replace("on_agent_", "on_")
        for hooks, called in ((self.options.hooks, name), (agent.hooks, own)):
            await _call(getattr(hooks, called, None), ctx or self.ctx, *given)

    async def tell_handoff(self, source: str, to: str) -> None:
        """Tell the hooks of the run, and of the agent that hands over, that another agent goes on."""
        old, new = self.agents[source], self.agents[to]
        await _call(getattr(self.options.hooks, "on_handoff", None), self.ctx, old, new)
        await _call(getattr(old.hooks, "on_handoff", None), self.ctx, agent=new, source=old)


async def _call(hook: Any, *given: Any, **named: Any) -> None:  # noqa: ANN401 - user code
    if hook is not None:
        answer = hook(*given, **named)
        if inspect.isawaitable(answer):
            await answer


class Question(NamedTuple):
    """What an agent asks its model with in one turn."""

    agent: Agent
    instructions: str | None
    tools: list[dict[str, Any]]


def default_provider() -> ModelProvider:
    """Return the provider of runs that name none: each model by its prefix, as the environment says (routing.md)."""
    global _default  # noqa: PLW0603 - its clients are shared by all runs of the process
    if _default is None:
        from timestep.providers.multi import MultiModelProvider

        _default = MultiModelProvider()
    return _default


_default: ModelProvider | None = None


def _manifest(agent: Agent, agents: list[Agent], options: RunOptions) -> Manifest:
    """Return the manifest of an agent with what the run's configuration adds."""
    config = options.config
    found = manifest_of(manifest(agent, agents), config.policy(options.compat))
    specs = dict(found.agents)
    more = tuple((each.name, each.run_in_parallel) for each in config.input_guardrails)
    if more:
        spec: AgentSpec = specs[agent.name]
        specs[agent.name] = replace(spec, input_guardrails=(*spec.input_guardrails, *more))
    checked, filters = bool(config.output_guardrails), config.handoff_input_filter is not None
    return replace(found, agents=specs, output_checked=checked, filters=filters)
