"""Agents as users define them, and the graph of an agent as data (the manifest)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack, cast, get_args

import msgspec

from timestep.codec.digest import sha256_of
from timestep.errors import UserError
from timestep.guardrails.run_level import RunInputGuardrail, RunOutputGuardrail
from timestep.guardrails.tool_level import InputGuardrail, OutputGuardrail
from timestep.handoffs.handoff import Handoff, Mode, refuse_conflicts
from timestep.tools.function_tool import ToolLike, approval_of, as_tool
from timestep.tools.hosted import HostedTool
from timestep.tools.output_type import OutputType, output_type_of
from timestep.tools.tool import Effect, Enabled, Predicate, Tool
from timestep.types.base import is_count
from timestep.types.model_settings import ModelSettings

__all__ = ["Agent", "AgentTool", "ModelSettings", "manifest", "manifest_digest", "reachable"]

Instructions = str | Callable[[Any, "Agent"], Awaitable[str] | str] | None


class StopAtTools(TypedDict):
    """Ends the run with the output of the first of these tools that is called."""

    stop_at_tool_names: list[str]


ToolUse = Literal["run_llm_again", "stop_on_first_tool"] | StopAtTools
ToolGuardrail = InputGuardrail | OutputGuardrail


class Changes(TypedDict, total=False):
    """What `Agent.clone` may change: the options of an Agent."""

    name: str
    model: Any
    instructions: Instructions
    tools: Sequence[ToolLike]
    handoffs: Sequence[Agent | Handoff]
    guardrails: Sequence[ToolGuardrail]
    model_settings: ModelSettings | Mapping[str, Any] | None
    input_guardrails: Sequence[RunInputGuardrail]
    output_guardrails: Sequence[RunOutputGuardrail]
    output_type: Any
    tool_use_behavior: ToolUse
    handoff_mode: Mode | None
    handoff_description: str | None
    hooks: Any
    reset_tool_choice: bool


class Agent:
    """A model with instructions, tools, guardrails, and other agents it may hand over to.

    Its lists may be added to later, so that agents can hand over to each other; what a run uses is checked again then.

    Args:
        name: what it is called in states, handoffs and results; no two agents of a run have the same.
        model: "gpt-4.1", "ollama/llama3" and the like; None is the provider's default.
        instructions: the system prompt, or a function `(ctx, agent)` that gives it.
        tools: functions, `Tool`s and hosted tools.
        handoffs: agents, or `Handoff`s where more has to be said.
        guardrails: `InputGuardrail`s and `OutputGuardrail`s, which run on every call of a tool or handoff.
        model_settings: temperature and the like.
        input_guardrails: `@input_guardrail`s, which run on the input of a run that starts with this agent.
        output_guardrails: `@output_guardrail`s, which run on the final output.
        output_type: type of the final output; None is text.
        tool_use_behavior: what happens after tools have run: "run_llm_again", "stop_on_first_tool" (the first output
            is the final one), or `{"stop_at_tool_names": [...]}`.
        handoff_mode: the mode of its handoffs that say nothing themselves; None is "transfer".
        handoff_description: what agents that may hand over to it are told of it.
        hooks: an object whose methods are called at the events of its runs.
        reset_tool_choice: whether a forced tool choice is dropped once a tool has run, which would repeat for ever.

    Raises:
        UserError: options that can't be, two tools of one name, or two agents of one name or slug.
    """

    def __init__(  # noqa: PLR0917 - this order is public
        self,
        name: str = "Agent",
        model: Any = None,  # noqa: ANN401 - a name, or a provider's model
        instructions: Instructions = None,
        tools: Sequence[ToolLike] = (),
        handoffs: Sequence[Agent | Handoff] = (),
        guardrails: Sequence[ToolGuardrail] = (),
        *,
        model_settings: ModelSettings | Mapping[str, Any] | None = None,
        input_guardrails: Sequence[RunInputGuardrail] = (),
        output_guardrails: Sequence[RunOutputGuardrail] = (),
        output_type: Any = None,  # noqa: ANN401 - a type form
        tool_use_behavior: ToolUse = "run_llm_again",
        handoff_mode: Mode | None = None,
        handoff_description: str | None = None,
        hooks: Any = None,  # noqa: ANN401 - any object with hooks
        reset_tool_choice: bool = True,
    ) -> None:
        self.name = name
        self.model = model
        self.instructions = instructions
        self.tools: list[ToolLike] = [as_tool(tool) for tool in tools]
        self.handoffs = list(handoffs)
        self.guardrails = list(guardrails)
        self.model_settings = _settings(model_settings)
        self.input_guardrails = list(input_guardrails)
        self.output_guardrails = list(output_guardrails)
        self.output_type = output_type
        self.tool_use_behavior: ToolUse = tool_use_behavior
        self.handoff_mode: Mode | None = handoff_mode
        self.handoff_description = handoff_description
        self.hooks = hooks
        self.reset_tool_choice = reset_tool_choice
        reachable(self)

    def __repr__(self) -> str:
        return f"Agent({self.name!r})"

    def resolved_tools(self) -> list[Tool | HostedTool]:
        """Return its tools, those added as plain functions too; each function is turned into a tool once."""
        found = [as_tool(tool) for tool in self.tools]
        if any(tool is not old for tool, old in zip(found, self.tools, strict=True)):
            self.tools[:] = found
        return list(dict.fromkeys(found))

    def resolved_handoffs(self) -> list[Handoff]:
        """Return its handoffs, with one made for each plain agent."""
        for index, target in enumerate(self.handoffs):
            if not isinstance(target, Handoff):
                self.handoffs[index] = Handoff(target)
        return _once(cast("list[Handoff]", self.handoffs))

    def output(self) -> OutputType | None:
        """Return what its final output has to be; None for text."""
        return output_type_of(self.output_type)

    async def resolved_instructions(self, ctx: Any) -> str | None:  # noqa: ANN401 - any context
        """Return its instructions for a run.

        Raises:
            UserError: they are neither text nor None.
        """
        told = self.instructions
        if callable(told):
            answer = told(ctx, self)
            found = cast("object", await answer if inspect.isawaitable(answer) else answer)
        else:
            found = cast("object", told)
        if found is not None and not isinstance(found, str):
            known = "give a text, or a function (ctx, agent) that returns one"
            raise UserError(f"the instructions of {self.name} are {found!r}, which is no text", help=known)
        return found

    def as_tool(
        self,
        tool_name: str | None = None,
        tool_description: str | None = None,
        needs_approval: bool | Predicate = False,
        *,
        effect: Effect = "once",
        is_enabled: bool | Enabled = True,
        max_turns: int | None = 10,
    ) -> AgentTool:
        """Return a tool that runs this agent, in a nested run, on the `input` the model gives.

        Args:
            tool_name: its name; the agent's in lower case, unless given.
            tool_description: what the model is told it does.
            needs_approval: whether a person is asked before the nested run starts.
            effect: what running the agent again would do.
            is_enabled: whether the model is offered the tool.
            max_turns: turns of the nested run; None is no bound.
        """
        name = tool_name or re.sub(r"[^a-z0-9_]+", "_", self.name.lower())[:64]
        told = tool_description if tool_description is not None else self.handoff_description or ""
        rules: dict[str, Any] = {"needs_approval": needs_approval, "effect": effect, "is_enabled": is_enabled}
        return AgentTool(self, name, told, max_turns=max_turns, **rules)

    def clone(self, **changes: Unpack[Changes]) -> Agent:
        """Return a copy with other values for some options; its lists are its own, what is in them is shared.

        The copy has the same name unless told otherwise, so only one of the two can be in a run.
        """
        options: dict[str, Any] = {name: getattr(self, name) for name in Changes.__optional_keys__}
        return type(self)(**(options | cast("dict[str, Any]", changes)))


class AgentTool(Tool):
    """An agent as a tool: the loop carries a call out as a nested run.

    Attributes:
        agent: the agent that runs.
        max_turns: turns of its run; None is no bound.

    Raises:
        UserError: `max_turns` is no number of turns.
    """

    role: Literal["tool", "agent", "hosted"] = "agent"

    def __init__(
        self,
        agent: Agent,
        name: str,
        description: str,
        *,
        needs_approval: bool | Predicate = False,
        effect: Effect = "once",
        is_enabled: bool | Enabled = True,
        max_turns: int | None = 10,
    ) -> None:
        schema = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
        super().__init__(name, description, schema, needs_approval=needs_approval, effect=effect, is_enabled=is_enabled)
        if max_turns is not None and not is_count(max_turns):
            raise UserError(f"max_turns is {max_turns!r}", help="give a number of turns, or None for no bound")
        self.agent = agent
        self.max_turns = max_turns


def reachable(agent: Agent) -> list[Agent]:
    """Return an agent and all that its handoffs and tools lead to, each checked.

    Raises:
        UserError: two different agents of one name, or an agent that is wrongly defined.
    """
    found = [agent]
    for each in found:  # which grows meanwhile
        _check(each)
        for target in _neighbours(each):
            if target in found:
                continue
            if any(target.name == known.name for known in found):
                raise UserError(
                    f"two agents that {agent.name} leads to are named {target.name!r}",
                    code="agent-conflict",
                    why="a saved run names its agents, and could not say which of the two goes on",
                    help="give each agent a name of its own: Agent(name=...)",
                    requirement="TS-HAND-008",
                )
            found.append(target)
    return found


def manifest(agent: Agent, agents: Sequence[Agent] | None = None) -> dict[str, Any]:
    """Return the graph of an agent as JSON data: all that the loop has to know of it, and nothing else (TS-HAND-009).

    Args:
        agent: where a run starts.
        agents: what it leads to, where the caller knows.

    Raises:
        UserError: two agents of one name, or two tools of an agent of one name.
    """
    found = sorted(reachable(agent) if agents is None else agents, key=lambda each: each.name)
    graph = {"root": agent.name, "agents": [_described(each) for each in found]}
    return {**graph, "digest": manifest_digest(graph)}


def manifest_digest(graph: Mapping[str, Any]) -> str:
    """Return the digest of a manifest, which its member `digest` is no part of."""
    # Texts and booleans only, for which the sorted form is the canonical one (TS-CORE-021).
    return sha256_of(_SORTED.encode({name: value for name, value in graph.items() if name != "digest"}))


#: What no document can hold in a name: NUL, and halves of surrogate pairs.
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_SORTED = msgspec.json.Encoder(order="sorted")


def _described(agent: Agent) -> dict[str, Any]:
    stop = agent.tool_use_behavior
    tools = sorted(agent.resolved_tools(), key=lambda tool: tool.name)
    handoffs = sorted(agent.resolved_handoffs(), key=lambda each: each.tool_name)
    return {
        "name": agent.name,
        "tools": [_described_tool(tool) for tool in tools],
        "handoffs": [_described_handoff(each, agent) for each in handoffs],
        "guardrails": {
            "input": [{"name": each.name, "parallel": each.run_in_parallel} for each in agent.input_guardrails],
            "output": [each.name for each in agent.output_guardrails],
            "tool_input": _names(agent.guardrails, InputGuardrail),
            "tool_output": _names(agent.guardrails, OutputGuardrail),
        },
        "tool_use": stop if isinstance(stop, str) else {"stop_at_tool_names": sorted(set(stop["stop_at_tool_names"]))},
        "reset_tool_choice": agent.reset_tool_choice,
        "output_schema": agent.output() is not None,
    }


def _described_tool(tool: Tool | HostedTool) -> dict[str, Any]:
    if isinstance(tool, HostedTool):
        return {"name": tool.name, "role": "hosted", "type": tool.definition()["type"]}
    return {
        "name": tool.name,
        **({"kind": tool.kind} if tool.kind != "function" else {}),
        **({"namespace": tool.namespace} if tool.namespace is not None else {}),
        "role": tool.role,
        **({"agent": tool.agent.name} if isinstance(tool, AgentTool) else {}),
        "effect": tool.effect,
        "approval": approval_of(tool),
        "enabled": _told(tool.is_enabled),
        "on_error": tool.on_error,
        **({"mcp": msgspec.to_builtins(tool.mcp)} if tool.mcp is not None else {}),
        "tool_input": [each.name for each in tool.input_guardrails],
        "tool_output": [each.name for each in tool.output_guardrails],
    }


def _described_handoff(handoff: Handoff, agent: Agent) -> dict[str, Any]:
    mode = handoff.mode_for(agent.handoff_mode)
    return {
        "tool": handoff.tool_name,
        "agent": handoff.agent_name,
        "role": "handoff" if mode == "transfer" else "delegate",
        "filter": handoff.input_filter is not None,
        **({"callback": True} if handoff.on_handoff is not None else {}),
        "enabled": _told(handoff.is_enabled),
    }


def _told(rule: object) -> str:
    """Name a rule: what is no constant has to be asked each time."""
    return ("always" if rule else "never") if isinstance(rule, bool) else "ask"


def _names(guardrails: Sequence[ToolGuardrail], kind: type[ToolGuardrail]) -> list[str]:
    return [each.name for each in guardrails if isinstance(each, kind)]


def _once(handoffs: list[Handoff]) -> list[Handoff]:
    """Leave out a handoff that stands in the list twice, the same in everything; others conflict."""
    return list({each.definition_key(): each for each in reversed(handoffs)}.values())[::-1]


def _neighbours(agent: Agent) -> Iterator[Agent]:
    for each in agent.resolved_handoffs():
        if not isinstance(each.agent, Agent):
            raise UserError(f"the handoff {each.tool_name} of {agent.name} leads to {each.agent!r}, which is no Agent")
        yield each.agent
    for tool in agent.resolved_tools():
        if isinstance(tool, AgentTool):
            yield tool.agent


def _settings(given: ModelSettings | Mapping[str, Any] | None) -> ModelSettings:
    if isinstance(given, ModelSettings):
        return given
    try:
        return ModelSettings(**(given or {}))
    except TypeError as error:
        known = f"known: {', '.join(ModelSettings.__struct_fields__)}"
        raise UserError(f"model settings: {error}", help=known, requirement="TS-TOOL-036") from None


def _check(agent: Agent) -> None:
    """Refuse an agent that is wrongly defined."""
    if not isinstance(cast("object", agent.name), str) or not agent.name or _UNKEEPABLE.search(agent.name):
        raise UserError(f"{agent.name!r} is no name for an agent", help="give a text", requirement="TS-CORE-008")
    if agent.model is not None and not isinstance(agent.model, str) and not hasattr(agent.model, "respond"):
        known = 'give the name of a model, or a Model such as OpenAIModelProvider(...).get_model("gpt-4.1")'
        raise UserError(f"the model of {agent.name} is a {type(agent.model).__name__}", help=known)
    if agent.handoff_mode not in (None, *get_args(Mode)):
        raise UserError(f"{agent.handoff_mode!r} is no handoff mode; use transfer or delegate")
    tools = agent.resolved_tools()
    _refuse_guardrails(agent)
    _refuse_tools_of_one_name(agent, tools)
    refuse_conflicts(agent.resolved_handoffs(), agent.name, {tool.name: "a tool" for tool in tools})
    _refuse_tool_use(agent, {tool.name for tool in tools})


def _refuse_guardrails(agent: Agent) -> None:
    """Refuse a guardrail in the wrong list, where it would never run."""
    places: tuple[tuple[str, Sequence[object], tuple[type, ...], str], ...] = (
        ("guardrails", agent.guardrails, (InputGuardrail, OutputGuardrail), "InputGuardrail(fn), OutputGuardrail(fn)"),
        ("input_guardrails", agent.input_guardrails, (RunInputGuardrail,), "functions under @input_guardrail"),
        ("output_guardrails", agent.output_guardrails, (RunOutputGuardrail,), "functions under @output_guardrail"),
    )
    for option, given, kinds, help_ in places:
        for each in cast("Sequence[object]", given):
            if not isinstance(each, kinds):
                raise UserError(
                    f"{option} of {agent.name} holds {_shown(each)}",
                    code="guardrail-answer",
                    why="it would never run there",
                    help=f"{option} takes {help_}",
                    requirement="TS-GUARD-004",
                )


def _shown(guardrail: object) -> str:
    """Return what a person knows a guardrail by."""
    name = getattr(guardrail, "name", getattr(guardrail, "__name__", None))
    kind = type(guardrail).__name__
    return repr(guardrail) if name is None else f"the {kind} {name}"


def _refuse_tools_of_one_name(agent: Agent, tools: Sequence[Tool | HostedTool]) -> None:
    keys = [(tool.kind, tool.namespace, tool.name) if isinstance(tool, Tool) else tool.name for tool in tools]
    twice = next((tool.name for tool, key in zip(tools, keys, strict=True) if keys.count(key) > 1), None)
    if twice is not None:
        raise UserError(
            f"two tools of {agent.name} are named {twice}",
            code="tool-conflict",
            why="the model could not say which of the two it calls",
            help="give one of them a name: @function_tool(name=...)",
            requirement="TS-TOOL-038",
        )


def _refuse_tool_use(agent: Agent, names: set[str]) -> None:
    stop = cast("object", agent.tool_use_behavior)
    if stop in ("run_llm_again", "stop_on_first_tool"):
        return
    named: object = cast("dict[str, object]", stop).get("stop_at_tool_names") if isinstance(stop, dict) else None
    if not isinstance(named, list) or not set(cast("list[str]", named)) <= names:
        raise UserError(
            f"tool_use_behavior of {agent.name} is {stop!r}",
            help='use "run_llm_again", "stop_on_first_tool" or {"stop_at_tool_names": [names of its tools]}',
            requirement="TS-TOOL-038",
        )
