"""Agents made of what a saved file names: the SDK reads a state only into agents, tools and handoffs that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from agents import (
    Agent,
    AsyncComputer,
    ComputerTool,
    CustomTool,
    FunctionTool,
    HostedMCPTool,
    LocalShellTool,
    ProgrammaticToolCallingTool,
    ShellTool,
    handoff,
)
from agents.tool import ApplyPatchTool, tool_namespace

JSON = dict[str, Any]
_REFERENCES = {"agent", "source_agent", "target_agent", "current_agent"}


def agents_of(document: Any) -> Agent[Any]:
    """Return the current agent of a saved run, with all that the file names within reach.

    What is no saved run gets an agent too: it is the SDK's to say so.
    """
    return _Graph({}).read(_object(document))


class _Graph:
    """The agents of one run, by the identities that its file knows them by."""

    def __init__(self, shared: Mapping[str, Agent[Any]]) -> None:
        self._shared = shared  # agents of the run above, by the ids of the calls that they wait for
        self._agents: dict[str, Agent[Any]] = {}
        self._tools: dict[tuple[str, str | None], FunctionTool] = {}

    def read(self, document: JSON) -> Agent[Any]:
        for item in _waiting(document):
            call_id = _call_id(item)
            if call_id in self._shared:
                self._agents.setdefault(_identity(item.get("agent")), self._shared[call_id])
        for reference in _references(document):
            self._agent(_identity(reference))
        current = self._agent(_identity(document.get("current_agent")))
        self._equip(current, document)
        self._connect(current)
        return current

    def _agent(self, identity: str) -> Agent[Any]:
        """Return the agent of an identity; `Same#2` comes after `Same`, as the SDK sorts them by what they are."""
        if identity not in self._agents:
            name, _, number = identity.partition("#")
            if number.isdecimal() and int(number) > 1:
                previous = name if number == "2" else f"{name}#{int(number) - 1}"
                self._agent(previous)
            self._agents[identity] = Agent(name=name or "agent", handoff_description=number.rjust(4, "0"))
        return self._agents[identity]

    def _connect(self, current: Agent[Any]) -> None:
        """Put every other agent within reach of the current one."""
        for number, agent in enumerate(self._agents.values()):
            if agent is not current:
                current.handoffs.append(handoff(agent, tool_name_override=f"reach_{number}"))

    def _equip(self, agent: Agent[Any], document: JSON) -> None:
        """Give the current agent the tools and handoffs that its last response called."""
        processed = _object(document.get("last_processed_response"))
        waiting = {_call_id(item): self._agent(_identity(item.get("agent"))) for item in _waiting(document)}
        for entry in _objects(processed.get("functions")):
            self._function(agent, entry, waiting)
        for key, name, make in _BUILT_IN:
            names = {_text(_object(entry.get(name)).get("name")) for entry in _objects(processed.get(key))}
            agent.tools.extend(make(found) for found in sorted(names - {""}))
        labels = {
            _text(_object(_object(entry.get("request_item")).get("raw_item")).get("server_label"))
            for entry in _objects(processed.get("mcp_approval_requests"))
        }
        agent.tools.extend(_hosted_mcp(label) for label in sorted(labels - {""}))
        names = {_text(_object(entry.get("handoff")).get("tool_name")) for entry in _objects(processed.get("handoffs"))}
        for name in sorted(names - {""}):
            agent.handoffs.append(handoff(self._target(name), tool_name_override=name))
        if _programmatic(document):
            agent.tools.append(ProgrammaticToolCallingTool())

    def _target(self, tool: str) -> Agent[Any]:
        """Return the agent that a handoff leads to: its name is in that of the tool, where nobody changed it."""
        called = tool.removeprefix("transfer_to_")
        agents = {agent.name.replace(" ", "_").lower(): agent for agent in self._agents.values()}
        return agents.get(called) or self._agent(called)

    def _function(self, agent: Agent[Any], entry: JSON, waiting: Mapping[str, Agent[Any]]) -> None:
        """Add the tool of a function call, once; one that an agent ran behind becomes that agent's tool."""
        told, call = _object(entry.get("tool")), _object(entry.get("tool_call"))
        name = _text(told.get("name")) or _text(call.get("name"))
        lookup = _object(told.get("lookupKey"))
        namespace = _text(lookup.get("namespace")) or _text(call.get("namespace")) or None
        if not name or (name, namespace) in self._tools:
            return
        name = _text(lookup.get("name")) or name.rpartition(".")[2]
        nested = entry.get("agent_run_state")
        tool = (
            cast("FunctionTool", _Graph(waiting).read(_object(nested)).as_tool(name, _text(told.get("description"))))
            if isinstance(nested, dict)
            else _function_tool(name, told, call, deferred=lookup.get("kind") == "deferred_top_level")
        )
        if namespace is not None and namespace != name:
            tool = tool_namespace(name=namespace, description=namespace, tools=[tool])[0]
        self._tools[name, namespace] = tool
        agent.tools.append(tool)


async def _never(*_: Any) -> str:
    """Stand for what a tool does: nothing runs while a file is read and written."""
    raise AssertionError("a tool ran")


class _NoComputer(AsyncComputer):
    """Stands for a computer."""

    screenshot = click = double_click = scroll = type = wait = move = keypress = drag = _never


class _NoEditor:
    """Stands for an editor of files."""

    create_file = update_file = delete_file = _never


def _function_tool(name: str, told: JSON, call: JSON, *, deferred: bool) -> FunctionTool:
    schema = told.get("paramsJsonSchema")
    programmatic = _object(call.get("caller")).get("type") == "program"
    return FunctionTool(
        name=name,
        description=_text(told.get("description")),
        params_json_schema=cast("JSON", schema) if isinstance(schema, dict) else {"type": "object", "properties": {}},
        on_invoke_tool=_never,
        strict_json_schema=False,
        defer_loading=deferred,
        needs_approval=True,
        allowed_callers=["programmatic"] if programmatic else None,
    )


def _programmatic(document: JSON) -> bool:
    """Tell whether a model's program called tools: then that tool is the agent's, too."""
    responses = _objects(document.get("model_responses"))
    return any(item.get("type") == "program" for response in responses for item in _objects(response.get("output")))


def _hosted_mcp(label: str) -> HostedMCPTool:
    return HostedMCPTool(tool_config={"type": "mcp", "server_label": label, "server_url": "https://mcp.invalid"})


#: Where the file lists calls of built-in tools, what it calls the tool there, and how one is made.
_BUILT_IN: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("computer_actions", "computer", lambda _: ComputerTool(computer=_NoComputer())),
    ("custom_tool_actions", "custom_tool", lambda name: CustomTool(name, name, _never)),
    ("local_shell_actions", "local_shell", lambda _: LocalShellTool(executor=_never)),
    ("shell_actions", "shell", lambda name: ShellTool(executor=_never, name=name, needs_approval=True)),
    ("apply_patch_actions", "apply_patch", lambda name: ApplyPatchTool(editor=_NoEditor(), name=name)),
)


def _waiting(document: JSON) -> Iterator[JSON]:
    """Give the entries of the calls that the run waits for."""
    step = _object(document.get("current_step"))
    yield from _objects(_object(step.get("data")).get("interruptions"))


def _references(value: Any) -> Iterator[Any]:
    """Give all that refers to an agent, but for what belongs to a nested run."""
    if isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _references(inner)
    elif isinstance(value, dict):
        for name, inner in cast("JSON", value).items():
            if name in _REFERENCES and isinstance(inner, dict):
                yield inner
            elif name not in {"agent_run_state", "raw_item"}:
                yield from _references(inner)


def _identity(reference: Any) -> str:
    """Return what an agent is told from others by: its identity, or else its name."""
    told = _object(reference)
    return _text(told.get("identity")) or _text(told.get("name"))


def _call_id(item: JSON) -> str:
    raw = _object(item.get("raw_item"))
    return _text(raw.get("call_id")) or _text(raw.get("id"))


def _object(value: Any) -> JSON:
    return cast("JSON", value) if isinstance(value, dict) else {}


def _objects(value: Any) -> list[JSON]:
    return [_object(each) for each in cast("list[Any]", value)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
