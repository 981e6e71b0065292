"""Events of the loop: what has happened to a run, one record each (transitions.md)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from timestep.types.base import JSON, Item
from timestep.types.state import (
    AnsweredBy,
    Approval,
    Context,
    GuardrailResult,
    Limits,
    Parent,
    Range,
    Server,
    Settings,
    Usage,
)


class Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", forbid_unknown_fields=True
):
    """Something that happened to a run; `at` is the time in ISO 8601, for the record only."""

    run: str
    at: str | None = None


class RunStarted(Event, frozen=True, kw_only=True, tag="run.started"):
    """A run begins. The first `history` items come from its session; `parent` names the call of a nested run."""

    agent: str
    items: list[Item]
    form: Literal["text", "items"] = "items"
    history: int = 0
    limits: Limits
    context: Context | None = None
    session: str | None = None
    server: Server | None = None
    settings: Settings | None = None
    parent: Parent | None = None
    tool_input: JSON | msgspec.UnsetType = msgspec.UNSET


class InputChecked(Event, frozen=True, kw_only=True, tag="input.checked"):
    """Input guardrails have answered: those the model waits for (`blocking`), or the others."""

    blocking: bool
    results: list[GuardrailResult]


class TurnPrepared(Event, frozen=True, kw_only=True, tag="turn.prepared"):
    """The intent to ask the model. `withheld` names the tools that are not offered this time."""

    withheld: list[str] = []


class ModelResponded(Event, frozen=True, kw_only=True, tag="model.responded"):
    """The model's whole answer."""

    output: list[Item]
    usage: Usage
    status: Literal["completed", "incomplete", "failed"] = "completed"
    id: str | None = None
    request_id: str | None = None
    reason: str | None = None
    answered_by: AnsweredBy | None = None


class ModelFailed(Event, frozen=True, kw_only=True, tag="model.failed"):
    """No answer came; `sent` says whether the model may have worked on the request."""

    code: str
    message: str
    sent: Literal["yes", "no", "unknown"] = "unknown"


class CallChecked(Event, frozen=True, kw_only=True, tag="call.checked"):
    """What guardrails and the approval rule say of a call: ask a person, block it with this output, or neither."""

    item: int
    ask: bool = False
    blocked: Item | None = None
    arguments: str | None = None
    results: list[GuardrailResult] = []


class ToolStarting(Event, frozen=True, kw_only=True, tag="tool.starting"):
    """The intent to start calls: from here on they may have had an effect."""

    items: list[int]


class ToolFinished(Event, frozen=True, kw_only=True, tag="tool.finished"):
    """A call has ended, with these output items."""

    item: int
    outputs: list[Item]
    results: list[GuardrailResult] = []


class ToolFailed(Event, frozen=True, kw_only=True, tag="tool.failed"):
    """A call has failed, and these output items tell the model so; with `stops` the run stops too."""

    item: int
    code: str
    message: str
    outputs: list[Item]
    stops: bool = False
    results: list[GuardrailResult] = []


class HandoffPrepared(Event, frozen=True, kw_only=True, tag="handoff.prepared"):
    """A transfer goes through.

    `view` is what the next agent sees, as ranges of the log with the call's output and `entries` added; without it
    that agent sees all that the one before saw.
    """

    item: int
    entries: list[Item] = []
    view: list[Range] | None = None


class OutputChecked(Event, frozen=True, kw_only=True, tag="output.checked"):
    """The final output has been read and its guardrails have answered; `code` and `message` say why it is refused."""

    results: list[GuardrailResult] = []
    output: JSON | msgspec.UnsetType = msgspec.UNSET
    code: str | None = None
    message: str | None = None


class ApprovalDecided(Event, frozen=True, kw_only=True, tag="approval.decided"):
    """A person or policy has decided."""

    approval: Approval


class CallSettled(Event, frozen=True, kw_only=True, tag="call.settled"):
    """Somebody, or a policy (`by`), has found out what became of a call that may have run."""

    item: int
    how: Literal["retry", "output", "fail"]
    outputs: list[Item] = []
    results: list[GuardrailResult] = []
    by: str | None = None


class InputAdded(Event, frozen=True, kw_only=True, tag="input.added"):
    """An item is staged; it enters the log when the model is asked next."""

    item: Item
    id: str | None = None


class SessionWritten(Event, frozen=True, kw_only=True, tag="session.written"):
    """The session has the log below this position."""

    through: int


class RunResumed(Event, frozen=True, kw_only=True, tag="run.resumed"):
    """Somebody goes on with a saved run; `limits` replaces the old ones."""

    limits: Limits | None = None


class LimitReached(Event, frozen=True, kw_only=True, tag="limit.reached"):
    """A limit that the driver watches is used up."""

    name: str
    message: str


class RunCancelled(Event, frozen=True, kw_only=True, tag="run.cancelled"):
    """Somebody has stopped the run; `final` says for good."""

    final: bool = False


AnyEvent = (
    RunStarted | InputChecked | TurnPrepared | ModelResponded | ModelFailed | CallChecked | ToolStarting | ToolFinished
    | ToolFailed | HandoffPrepared | OutputChecked | ApprovalDecided | CallSettled | InputAdded | SessionWritten
    | RunResumed | LimitReached | RunCancelled
)  # fmt: skip


def event_from_json(value: Any) -> AnyEvent:  # noqa: ANN401 - the JSON border
    """Read an event from plain JSON data.

    Raises:
        msgspec.ValidationError: it is none, or has null where an optional field is to be left out (TS-CORE-012).
    """
    event = msgspec.convert(value, AnyEvent)
    _refuse_nulls(value, event, "$")
    return event


def _refuse_nulls(value: dict[str, Any], record: msgspec.Struct, at: str) -> None:
    for field in msgspec.structs.fields(record):
        place = f"{at}.{field.encode_name}"
        if field.default is None and value.get(field.encode_name, 0) is None:
            raise msgspec.ValidationError(f"Expected no null - at `{place}`")
        inner = getattr(record, field.name)
        if isinstance(inner, msgspec.Struct) and field.encode_name in value:
            _refuse_nulls(value[field.encode_name], inner, place)
