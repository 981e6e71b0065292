"""How a run goes: what holds for all of its agents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal, Protocol, cast

from msgspec.structs import replace

from timestep.errors import UserError
from timestep.guardrails.run_level import RunInputGuardrail, RunOutputGuardrail
from timestep.handoffs.filters import InputFilter
from timestep.interruptions import Interruption
from timestep.loop.manifest import COMPATIBLE, Compat, Policy
from timestep.loop.tree import Tree
from timestep.providers.protocol import Model, ModelProvider
from timestep.types.base import Item, is_count
from timestep.types.effects import CallModel, RunTool
from timestep.types.events import AnyEvent
from timestep.types.model_settings import ModelSettings
from timestep.types.state import Limits

#: Turns of a run unless told otherwise, as both Agents SDKs have it.
MAX_TURNS = 10

#: What an approver answers: yes, no, no with a reason for the model, or None to leave the call waiting.
Verdict = bool | tuple[Literal["approve", "reject"], str | None] | None
Approver = Callable[[Interruption], Awaitable[Verdict] | Verdict]


@dataclass(frozen=True)
class ModelInput:
    """What a model is about to be sent, for `RunConfig.call_model_input_filter`.

    Attributes:
        input: wire items, oldest first.
        instructions: the system prompt.
        agent: the agent that asks.
        context: the caller's context value.
    """

    input: list[Item]
    instructions: str | None
    agent: Any = None
    context: Any = None


ModelInputFilter = Callable[[ModelInput], Awaitable[ModelInput] | ModelInput]


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings of a run that hold for all its agents.

    Attributes:
        model: a model name, or a Model, instead of those of the agents.
        model_provider: finds the model behind a name.
        model_settings: put over the settings of each agent.
        handoff_input_filter: what an agent that takes over sees, where its handoff does not say.
        input_guardrails: besides those of the agent the run starts with.
        output_guardrails: besides those of the agent that gives the output.
        call_model_input_filter: changes what the model is sent, and nothing that is kept.
        tool_not_found: a call of a tool that is not there is reported to the model, or stops the run.
        reasoning_ids: whether the model is sent the ids of its reasoning items; None is yes.
        max_tokens: tokens that all runs of the tree may use together.
        max_seconds: seconds until the run is stopped, so that it can be resumed.
        max_output: characters that the output of one call may have.
        max_depth: runs that may be nested in each other.
    """

    model: str | Model | None = None
    model_provider: ModelProvider | Model | None = None
    model_settings: ModelSettings | Mapping[str, Any] | None = None
    handoff_input_filter: InputFilter | None = None
    input_guardrails: Sequence[RunInputGuardrail] = ()
    output_guardrails: Sequence[RunOutputGuardrail] = ()
    call_model_input_filter: ModelInputFilter | None = None
    tool_not_found: Literal["report", "raise"] | None = None
    reasoning_ids: Literal["preserve", "omit"] | None = None
    max_tokens: int | None = None
    max_seconds: float | None = None
    max_output: int | None = None
    max_depth: int | None = 10

    def limits(self, max_turns: int | None) -> Limits:
        """Return the limits of a run."""
        return Limits(
            max_turns=max_turns,
            max_tokens=self.max_tokens,
            max_seconds=self.max_seconds,
            max_output=self.max_output,
            max_depth=self.max_depth,
        )

    def policy(self, compat: Compat | None) -> Policy:
        """Return the rules by which the run goes on."""
        rules = Policy() if compat is None else COMPATIBLE[compat]
        return rules if self.tool_not_found is None else replace(rules, tool_not_found=self.tool_not_found)


_SESSION = "Session(id), FileSession(agent_name, id), or another object with get_items and add_items"


def refuse_wrong_options(options: RunOptions, max_turns: object, state_store: object) -> None:
    """Refuse what a run would fail with later, when tools have run.

    Raises:
        UserError: names the option.
    """
    session, approver, provider = options.session, options.approver, options.config.model_provider
    answers = provider is None or _has(provider, "get_model") or _has(provider, "respond")
    known: tuple[tuple[bool, str, object, str], ...] = (
        (_is_bound(max_turns), "max_turns", max_turns, "a number of turns, or None for no bound"),
        *((_is_bound(bound), name, bound, "a number, or None for no bound") for name, bound in _bounds(options.config)),
        (_is_time(options.config.max_seconds), "max_seconds", options.config.max_seconds, "seconds, or None"),
        (answers, "model_provider", provider, "a provider of models, or a model"),
        (session is None or _has(session, "get_items", "add_items"), "session", session, _SESSION),
        (state_store is None or _has(state_store, "save"), "state_store", state_store, "a RunStateStore"),
        (approver is None or callable(approver), "approver", approver, "a function of an interruption"),
        (options.compat is None or options.compat in COMPATIBLE, "compat", options.compat, " or ".join(COMPATIBLE)),
    )
    for fine, name, given, wanted in known:
        if not fine:
            raise UserError(f"{name} is {given!r}", code="run-option", help=f"give {wanted}")


def _bounds(config: RunConfig) -> list[tuple[str, int | None]]:
    return [(name, getattr(config, name)) for name in ("max_tokens", "max_output", "max_depth")]


def _is_bound(value: object) -> bool:
    """Tell whether a state can hold a bound (TS-CORE-010)."""
    return value is None or is_count(value)


def _is_time(value: object) -> bool:
    """Tell whether a state can hold a time, which NaN and Infinity are not (TS-CORE-004)."""
    return value is None or (type(value) in (int, float) and 0 <= cast("float", value) < inf)


def _has(value: object, *methods: str) -> bool:
    return all(callable(getattr(value, method, None)) for method in methods)


class Recorder(Protocol):
    """Keeps what models and tools have answered in a second place, such as the steps of a workflow."""

    async def record(
        self, tree: Tree, effect: CallModel | RunTool, work: Callable[[], Awaitable[AnyEvent]]
    ) -> AnyEvent:
        """Do the work, keep the event it gives, and give it."""
        ...

    def missed(self, tree: Tree) -> list[AnyEvent]:
        """Give what is kept there and has not come into a saved run: its process died in between."""
        ...


@dataclass(kw_only=True)
class RunOptions:
    """All that a driver has to know besides agent and state.

    Attributes:
        stream: whether models are asked piece by piece.
        run: the id of a run that begins; one by chance unless given.
        recorder: keeps what models and tools answer in a second place.
    """

    config: RunConfig = field(default_factory=RunConfig)
    context: Any = None
    session: Any = None
    hooks: Any = None
    approver: Approver | None = None
    compat: Compat | None = None
    stream: bool = False
    run: str | None = None
    recorder: Recorder | None = None
