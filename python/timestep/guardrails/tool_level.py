"""Guardrails on the calls of tools: each may let a call pass, change it, block it, or have a person asked."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from timestep.errors import UserError
from timestep.types.base import JSON

Action = Literal["proceed", "block", "modify_args", "modify_result"]
Arguments = dict[str, JSON]


@dataclass(frozen=True)
class GuardrailResult:
    """What a tool-level guardrail decided; made by one of its four class methods."""

    action: Action
    reason: str | None = None
    args: Arguments | None = None
    result: JSON = None

    @classmethod
    def proceed(cls) -> GuardrailResult:
        """Let it pass."""
        return cls("proceed")

    @classmethod
    def block(cls, reason: str | None = None) -> GuardrailResult:
        """Stop the call, or withhold its result; the reason is told to the model."""
        return cls("block", reason=reason)

    @classmethod
    def modify_args(cls, args: Arguments) -> GuardrailResult:
        """Have the tool called with other arguments."""
        return cls("modify_args", args=args)

    @classmethod
    def modify_result(cls, result: JSON) -> GuardrailResult:
        """Give the model another result."""
        return cls("modify_result", result=result)


class GuardrailInterrupt(Exception):
    """Raised by an input guardrail to have a person asked before the tool runs.

    Args:
        prompt: the question.
        tool_name: the tool it is about.
        args: its arguments as the guardrail saw them. A person is shown, and the tool runs with, the arguments after
            all guardrails (TS-GUARD-014), which may be others.
    """

    def __init__(self, prompt: str, tool_name: str = "", args: Arguments | None = None) -> None:
        super().__init__(prompt, tool_name, args)
        self.prompt = prompt
        self.tool_name = tool_name
        self._arguments: Arguments = args if args is not None else {}

    @property
    def args(self) -> Arguments:  # pyright: ignore[reportIncompatibleVariableOverride] - the name users give it by
        """The tool's arguments, and not those of this exception."""
        return self._arguments

    def __str__(self) -> str:
        return self.prompt


InputCheck = Callable[[str, Arguments], Awaitable[GuardrailResult] | GuardrailResult]
OutputCheck = Callable[[str, Arguments, Any], Awaitable[GuardrailResult] | GuardrailResult]


@dataclass(frozen=True)
class InputGuardrail:
    """A guardrail before the tool runs: `(tool_name, args) -> GuardrailResult`."""

    guardrail_function: InputCheck
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.guardrail_function, self.name))

    async def ask(self, tool_name: str, args: Arguments) -> GuardrailResult:
        """Ask it about a call; it gets a copy of the arguments, so that it can change them by its answer only."""
        answer = self.guardrail_function(tool_name, deepcopy(args))
        found: object = await answer if inspect.isawaitable(answer) else answer
        return _understood(found, self.name, ("proceed", "block", "modify_args"))


@dataclass(frozen=True)
class OutputGuardrail:
    """A guardrail after the tool has run: `(tool_name, args, result) -> GuardrailResult`; the result is a dict."""

    guardrail_function: OutputCheck
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _name(self.guardrail_function, self.name))

    async def ask(self, tool_name: str, args: Arguments, result: JSON) -> GuardrailResult:
        """Ask it about a result; it gets copies."""
        answer = self.guardrail_function(tool_name, deepcopy(args), deepcopy(result))
        found: object = await answer if inspect.isawaitable(answer) else answer
        return _understood(found, self.name, ("proceed", "block", "modify_result"))


def _understood(found: object, name: str, allowed: tuple[Action, ...]) -> GuardrailResult:
    """Return an answer that may be given at this position."""
    if isinstance(found, GuardrailResult) and found.action in allowed and _is_whole(found):
        return found
    told = f"GuardrailResult.{found.action}" if isinstance(found, GuardrailResult) else repr(found)
    raise UserError(
        f"the guardrail {name} answered {told}",
        code="guardrail-answer",
        why="an answer that can't be read must not count as a pass",
        help=f"return GuardrailResult.{', .'.join(allowed)}",
        requirement="TS-GUARD-001",
    )


def _is_whole(result: GuardrailResult) -> bool:
    return result.action != "modify_args" or isinstance(result.args, dict)


def _name(function: Callable[..., Any], given: str) -> str:
    if not callable(function):
        raise UserError(
            f"a guardrail needs a function; got {function!r}", code="guardrail-answer", requirement="TS-GUARD-001"
        )
    return given or getattr(function, "__name__", type(function).__name__)
