"""The errors of Timestep: what is wrong, where, why it matters, what to do, and which rule says so.

Every error a user can cause is a `TimestepError`.  Its text form is the one HOUSE style asks for::

    error[approval-shape]: an approval list must be true, false, or a list of call ids; got a string
      --> state.json:41:21   /context/approvals/send_email/rejected
       = why:  read as text, this would turn a rejection back into "pending"
       = help: write ["cid2"]
       = spec: approvals.md#TS-APPR-021      (timestep explain TS-APPR-021)
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

if TYPE_CHECKING:
    from typing import Self

    from timestep.state import RunState

SPEC_DOCUMENTS = {
    "APPR": "approvals.md",
    "CONF": "conformance.md",
    "CORE": "core.md",
    "DUR": "durability.md",
    "EVENT": "events.md",
    "GUARD": "guardrails.md",
    "HAND": "handoffs.md",
    "ITEM": "items.md",
    "JS": "dialects/openai-agents-js.md",
    "PROTO": "protobuf.md",
    "PY": "dialects/openai-agents-python.md",
    "ROUTE": "routing.md",
    "RUN": "runner.md",
    "SEC": "security.md",
    "SESS": "sessions.md",
    "STATE": "state.md",
    "STORE": "stores.md",
    "TOOL": "tools.md",
    "TRANS": "transitions.md",
    "VERS": "versioning.md",
}
"""Requirement area (the middle of `TS-AREA-NNN`) to the spec document that holds it."""


class TimestepError(Exception):
    """A refusal with a stable code, the place that caused it, and a hint.

    Args:
        message: what is wrong, one sentence without a final full stop.
        code: slug from the error registry; the class's `default_code` when left out.
        pointer: JSON pointer (RFC 6901) of the place; `""` is the whole document, None is unknown.
        line: 1-based line in the file or text.
        column: 1-based column, counted in Unicode code points.
        file: name of the file as the user gave it.
        why: why it matters.
        help: what to do about it.
        requirement: id of the rule, such as `TS-APPR-021`.
    """

    default_code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        pointer: str | None = None,
        line: int | None = None,
        column: int | None = None,
        file: str | None = None,
        why: str | None = None,
        help: str | None = None,  # noqa: A002 - the word the registry and the text form use
        requirement: str | None = None,
    ) -> None:
        Exception.__init__(self, message)  # and not the next class: see `AgentsException`
        self.message = message
        self.code = code if code is not None else self.default_code
        self.pointer = pointer
        self.line = line
        self.column = column
        self.file = file
        self.why = why
        self.help = help
        self.requirement = requirement
        self._added: list[str] = []

    def to_dict(self) -> dict[str, str | int]:
        """Give the fields that are set, as plain JSON data."""
        fields: dict[str, str | int | None] = {
            "code": self.code,
            "message": self.message,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "file": self.file,
            "why": self.why,
            "help": self.help,
            "requirement": self.requirement,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def render(self) -> str:
        """Give the text form for people, without a final newline."""
        return "\n".join([f"error[{self.code}]: {self.message}", *self._details()])

    @property
    def __notes__(self) -> list[str]:  # pyright: ignore[reportIncompatibleVariableOverride] - never assigned
        """What a traceback shows below the message: the rest of the text form, and what `add_note` was given."""
        return [*self._details(), *self._added]

    def add_note(self, note: str, /) -> None:
        """Add a line that a traceback shows."""
        self._added.append(note)

    def _details(self) -> list[str]:
        """Give the lines below the first one."""
        place = self._place()
        lines = [f"  --> {place}"] if place else []
        if self.why:
            lines.append(f"   = why:  {self.why}")
        if self.help:
            lines.append(f"   = help: {self.help}")
        if self.requirement:
            lines.append(f"   = spec: {_spec_link(self.requirement)}      (timestep explain {self.requirement})")
        return lines

    def _place(self) -> str:
        """Give `file:line:col   /pointer` from whichever parts are known."""
        numbers = [str(n) for n in (self.line, self.column) if n is not None]
        spot = ":".join([self.file or "<input>", *numbers]) if self.file or numbers else ""
        parts = [spot] if spot else []
        if self.pointer is not None:
            parts.append(self.pointer or "(the whole document)")
        return "   ".join(parts)


class CodecError(TimestepError):
    """The bytes are not JSON as this project reads it, or a value can't be written as such."""

    default_code = "json-syntax"


class AgentsException(TimestepError):
    """What stops a run, or keeps it from starting.

    While the package `agents` is loaded, an error of ours is also an instance of that package's class of the same name,
    so that code written for it catches ours.

    Attributes:
        state: the run as it stood when it stopped; None where there was none yet.
    """

    default_code = "run-stopped"
    state: RunState | None = None

    def __new__(  # noqa: D102 - as `__init__`  # pyright: ignore[reportInconsistentConstructor]
        cls,
        message: str = "",
        **_details: Any,  # noqa: ANN401 - likewise
    ) -> Self:
        return super().__new__(cast("type[Self]", _with_twin(cls, sys.modules.get("agents.exceptions"))), message)

    def __reduce__(self) -> tuple[Any, ...]:
        plain = next(c for c in type(self).__mro__ if "_twin_of" not in c.__dict__)
        return plain, self.args, self.__dict__


class StateError(AgentsException):
    """A run state that can't be used."""

    default_code = "state"


class StateFormatError(StateError):
    """The document is no state we know, or a malformed one."""

    default_code = "state-format"


class StateNotFoundError(StateError):
    """A store holds no run that was asked for."""

    default_code = "state-not-found"


class StateConflictError(StateError):
    """A run has moved on since this copy of it was read."""

    default_code = "state-conflict"


class SealError(StateError):
    """A seal that does not hold, or not for this caller, or not any more; nothing of the state was read."""

    default_code = "seal-broken"


class VersionError(StateError):
    """The document states a version or a required feature this reader does not know."""

    default_code = "version-unknown"


class ConversionError(TimestepError):
    """Something that matters can't cross from one dialect to another."""

    default_code = "conversion-loss"


class ApprovalError(TimestepError):
    """A decision that can't be recorded or must not be honoured."""

    default_code = "approval"


class StorageError(TimestepError):
    """The system refused to read or write what a session or store keeps; what was kept before is unharmed."""

    default_code = "storage-io"


class SessionError(TimestepError):
    """A session that can't do what was asked: an item it can't keep, a line it can't read, a service that refused."""

    default_code = "session"


class UsageError(TimestepError):
    """The caller asked for something that can't be done as asked."""

    default_code = "usage"


class UserError(AgentsException):
    """An agent, tool, guardrail or handoff that is defined or used wrongly."""

    default_code = "definition"


class ModelBehaviorError(AgentsException):
    """The model did what it was not allowed to do, such as calling a tool that is not there."""

    default_code = "model-behavior"


class RunLimitExceeded(AgentsException):
    """The run has used up its tokens, its time or another limit, and can be resumed with a higher one."""

    default_code = "run-limit"


class ModelError(ModelBehaviorError):
    """A model, or the way to it, failed: it refused, broke off, or answered with what is no answer.

    Attributes:
        provider: who was asked, such as "openai"; None where it is not known.
        status: the HTTP status, where there was one.
        request_id: the id under which the provider's logs have the request.
        sent: whether the model may have worked on the request: "no" means that it never arrived.
        reason: the provider's own code, such as "model_not_found".
        retry_after: seconds the provider asks to wait before the next attempt.
        retryable: whether another attempt may do better; None where status and `sent` have to tell.
    """

    default_code = "model-failed"
    provider: str | None = None
    status: int | None = None
    request_id: str | None = None
    sent: str = "unknown"
    reason: str | None = None
    retry_after: float | None = None
    retryable: bool | None = None


class MaxTurnsExceeded(AgentsException):
    """The run has used all its turns."""

    default_code = "max-turns"


class ToolError(AgentsException):
    """A tool failed; raised by a tool itself, its message is written for the model."""

    default_code = "tool-failed"


class ToolTimeoutError(ToolError):
    """A tool took longer than it was given."""

    default_code = "tool-timeout"


class GuardrailTripwireTriggered(AgentsException):
    """A guardrail on a run's input or output found what must stop the run.

    Attributes:
        guardrail_result: the result that tripped, with `.guardrail` and `.output`.
    """

    default_code = "tripwire"
    guardrail_result: Any = None


class InputGuardrailTripwireTriggered(GuardrailTripwireTriggered):
    """An input guardrail stopped the run."""

    default_code = "input-tripwire"


class OutputGuardrailTripwireTriggered(GuardrailTripwireTriggered):
    """An output guardrail stopped the run."""

    default_code = "output-tripwire"


@lru_cache(maxsize=64)  # more than there are classes
def _with_twin(cls: type[AgentsException], package: object) -> type[AgentsException]:
    """Give a subclass that also derives from the package's class of the same name, or of a base's name."""
    named = (getattr(package, base.__name__, None) for base in cls.__mro__[: cls.__mro__.index(AgentsException) + 1])
    twin = next((found for found in named if isinstance(found, type)), None)
    if twin is None or issubclass(cls, twin):
        return cls
    members = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    return type(cls.__name__, (cls, twin), {**members, "_twin_of": cls, "run_data": None})


def _spec_link(requirement: str) -> str:
    """Give `document.md#ID`, or the bare id when its area has no document."""
    area = requirement.split("-")[1] if requirement.count("-") >= 2 else ""
    document = SPEC_DOCUMENTS.get(area)
    return f"{document}#{requirement}" if document else requirement
