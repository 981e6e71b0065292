"""A handoff: the agent it leads to, the tool the model calls for it, and what that tool gives back."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, Protocol, cast, get_args

from timestep.codec import strict_json
from timestep.errors import CodecError, ModelBehaviorError, UserError
from timestep.handoffs.filters import InputFilter
from timestep.types.base import JSON

Mode = Literal["transfer", "delegate"]
Enabled = Callable[[Any, Any], Awaitable[bool] | bool]
OnHandoff = Callable[[Any, str], Any]

LONGEST_NAME = 64  # characters of a function name; an OpenAI limit

_OTHERS = re.compile(r"[^a-z0-9_]+")
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Target(Protocol):
    """What an agent has to have to be handed over to."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def handoff_description(self) -> str | None:
        """What other agents are told it is for."""
        ...


class Handoff:
    """A way from one agent to another, which the model takes by calling a tool.

    Args:
        agent: the agent it leads to.
        mode: "transfer" moves control within one conversation; "delegate" sends a message to the agent, which answers
            out of a session of its own. None is what the agent that hands over says, else "transfer".
        tool_name: `transfer_to_` and the agent's name, unless given (TS-HAND-001).
        description: what the model is told of it.
        input_filter: for "transfer", what the other agent gets to see.
        is_enabled: whether the model is offered it, or a predicate `(ctx, agent) -> bool`.
        on_handoff: for "transfer", called as `(ctx, arguments)` when it is taken, with the call's argument string.
        input_json_schema: for "transfer", JSON Schema of the arguments; none unless given.
    """

    def __init__(
        self,
        agent: Target,
        mode: Mode | None = None,
        tool_name: str | None = None,
        description: str | None = None,
        input_filter: InputFilter | None = None,
        *,
        is_enabled: bool | Enabled = True,
        on_handoff: OnHandoff | None = None,
        input_json_schema: dict[str, Any] | None = None,
    ) -> None:
        _refuse_wrong_options(agent, mode, tool_name, input_filter or on_handoff or input_json_schema)
        self.agent = agent
        self.mode: Mode | None = mode
        self.tool_name = tool_name if tool_name is not None else tool_name_for(agent.name)
        self.description = description
        self.input_filter = input_filter
        self.is_enabled = is_enabled
        self.on_handoff = on_handoff
        self.input_json_schema = input_json_schema

    def __repr__(self) -> str:
        return f"Handoff({self.agent.name!r}, tool_name={self.tool_name!r})"

    @property
    def agent_name(self) -> str:
        """Name of the agent it leads to."""
        return self.agent.name

    def mode_for(self, default: Mode | None = None) -> Mode:
        """Return the mode: its own, else the one of the agent that hands over, else "transfer" (TS-HAND-003)."""
        return self.mode or default or "transfer"

    def definition_key(self) -> tuple[object, ...]:
        """Return what tells it from another one; equal for two that were made alike."""
        rules = (self.input_filter, self.is_enabled, self.on_handoff, self.input_json_schema)
        return id(self.agent), self.mode, self.tool_name, self.description, *(id(rule) for rule in rules)

    def definition(self, default: Mode | None = None) -> dict[str, Any]:
        """Return its tool as the Responses API is told of it (TS-HAND-004).

        Args:
            default: the mode of the agent that hands over.
        """
        mode = self.mode_for(default)
        return {
            "type": "function",
            "name": self.tool_name,
            "description": self.description if self.description is not None else described(self.agent, mode),
            "parameters": self.input_json_schema or parameters(mode),
            "strict": True,
        }

    async def taken(self, ctx: Any, arguments: str) -> None:  # noqa: ANN401 - any context
        """Tell the user's code that the handoff is taken."""
        if self.on_handoff is not None:
            answer = self.on_handoff(ctx, arguments)
            if inspect.isawaitable(answer):
                await answer

    async def enabled(self, ctx: Any, agent: Any) -> bool:  # noqa: ANN401 - any context, any agent
        """Tell whether the model is offered it."""
        if isinstance(self.is_enabled, bool):
            return self.is_enabled
        answer = self.is_enabled(ctx, agent)
        found = cast("object", await answer if inspect.isawaitable(answer) else answer)
        if not isinstance(found, bool):
            raise UserError(f"is_enabled of {self.tool_name} answered {found!r}, which is neither True nor False")
        return found


def handoff(
    agent: Target,
    mode: Mode | None = None,
    tool_name: str | None = None,
    description: str | None = None,
    input_filter: InputFilter | None = None,
    *,
    tool_name_override: str | None = None,
    tool_description_override: str | None = None,
    is_enabled: bool | Enabled = True,
) -> Handoff:
    """Make a `Handoff`; the names the Agents SDK has for its options are understood too."""
    name = tool_name if tool_name is not None else tool_name_override
    told = description if description is not None else tool_description_override
    return Handoff(agent, mode, name, told, input_filter, is_enabled=is_enabled)


def tool_name_for(agent_name: str) -> str:
    """Return the name of the tool that hands over to an agent (TS-HAND-001)."""
    return f"transfer_to_{_OTHERS.sub('_', agent_name.lower())}"[:LONGEST_NAME]


def described(agent: Target, mode: Mode) -> str:
    """Return what the model is told of a handoff that has no description of its own."""
    does = {
        "transfer": f"Handoff to the {agent.name} agent to handle the request.",
        "delegate": f"Send a message to the {agent.name} agent and get its answer back.",
    }[mode]
    return f"{does} {agent.handoff_description or ''}".strip()


def parameters(mode: Mode) -> dict[str, Any]:
    """Return the JSON Schema of a handoff tool's arguments: none for a transfer, the message for a delegation."""
    message = {"type": "string", "description": "What the agent is to do, with all it needs to know."}
    properties = {"message": message} if mode == "delegate" else {}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def message_of(arguments: str, tool_name: str) -> str:
    """Return the message of a call that delegates.

    Raises:
        ModelBehaviorError: there is none; the error's message is written for the model.
    """
    try:
        value: object = strict_json.loads(arguments)
    except CodecError:
        value = None
    message = cast("dict[str, object]", value).get("message") if isinstance(value, dict) else None
    if not isinstance(message, str):
        raise ModelBehaviorError(
            f'Invalid arguments for {tool_name}: it takes {{"message": "..."}}. Correct them and call the tool again.',
            code="tool-arguments",
            requirement="TS-HAND-004",
        )
    return message


def transfer_output(agent_name: str) -> str:
    """Return the output of a handoff that was taken (TS-HAND-005)."""
    return strict_json.dumps({"assistant": agent_name}).decode()


def delegate_output(result: JSON, conversation_id: str) -> str:
    """Return the output of a delegation that was answered (TS-HAND-006)."""
    return strict_json.dumps({"result": result, "conversation_id": conversation_id}).decode()


def refuse_conflicts(handoffs: Iterable[Handoff], owner: str, others: Mapping[str, str]) -> None:
    """Refuse handoffs of one agent that the model could not tell apart (TS-HAND-002).

    Args:
        handoffs: of the agent.
        owner: the agent's name.
        others: name of each other tool of the agent -> what it is.

    Raises:
        UserError: names both that share a tool name.
    """
    taken = dict(others)
    for each in handoffs:
        if each.tool_name in taken:
            raise UserError(
                f"two tools of {owner} are named {each.tool_name}: {taken[each.tool_name]}, "
                f"and the handoff to {each.agent.name!r}",
                code="handoff-conflict",
                why="the model could not say which of the two it calls",
                help="rename an agent, or give one of them a name: Handoff(agent, tool_name=...)",
                requirement="TS-HAND-002",
            )
        taken[each.tool_name] = f"the handoff to {each.agent.name!r}"


def _refuse_wrong_options(agent: object, mode: object, tool_name: str | None, input_filter: object) -> None:
    problem = None
    if not isinstance(getattr(agent, "name", None), str):
        problem = f"a handoff leads to an agent; got {agent!r}; give the Agent itself"
    elif mode not in (None, *get_args(Mode)):
        problem = f"{mode!r} is no handoff mode; use transfer or delegate"
    elif tool_name is not None and not _TOOL_NAME.fullmatch(tool_name):
        problem = f"{tool_name!r} is no tool name; use letters, digits, _ and -, at most {LONGEST_NAME}"
    elif input_filter is not None and mode == "delegate":
        problem = "input_filter, on_handoff and input_json_schema are for transfers: a delegation has its own session"
    if problem:
        raise UserError(problem, requirement="TS-HAND-003")
