"""What the SDK's exceptions say, as codes of the specification: they have none, and most texts are withheld."""

from __future__ import annotations

from collections.abc import Iterator

from agents.exceptions import (
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    ModelRefusalError,
    OutputGuardrailTripwireTriggered,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
    ToolTimeoutError,
)

from serving import CallFailed, Refused, Unsupported

#: The beginning of a message that the SDK lets out, the code that it comes to, and the place where it tells one.
_TOLD = (
    ("Failed to parse run state JSON", "json-syntax", None),
    ("Run state JSON must be an object", "dialect-unknown", ""),
    ("Run state is missing schema version", "dialect-unknown", ""),
    ("Run state schema version has an invalid type", "version-shape", "/$schemaVersion"),
    ("Run state schema version is not supported", "version-unknown", "/$schemaVersion"),
    ("Run state contains Programmatic Tool Calling data but uses schema", "version-mislabelled", "/$schemaVersion"),
    ("Run state tool output guardrail result boundary requires schema", "version-mislabelled", "/$schemaVersion"),
    ("Run state pending_input must be a list", "state-shape", "/pending_input"),
    ("RunState completed tool invocation does not match", "output-missing", None),
    ("RunState tool invocation", "state-shape", None),
    ("RunState tool_invocations", "state-shape", "/context/tool_invocations"),
)


def refused(error: Exception) -> Refused:
    """Return what a reader's exception comes to; one whose details the SDK withholds is told by nothing else."""
    for beginning, code, pointer in _TOLD:
        if str(error).startswith(beginning):
            return Refused(code, pointer)
    return Refused("state")


#: What ends a run: the exception, the step that the run is at then, the reason, and the code.
_STOPS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str | None, str], ...] = (
    (MaxTurnsExceeded, "interrupted", "limit", "max-turns"),
    (InputGuardrailTripwireTriggered, "failed", None, "input-tripwire"),
    (OutputGuardrailTripwireTriggered, "failed", None, "output-tripwire"),
    ((ToolInputGuardrailTripwireTriggered, ToolOutputGuardrailTripwireTriggered), "failed", None, "tripwire"),
    (ModelRefusalError, "interrupted", "error", "model-refusal"),
    (ModelBehaviorError, "interrupted", "error", "model-behavior"),
    (ToolTimeoutError, "interrupted", "error", "tool-timeout"),
)


def stop_of(error: Exception | None) -> dict[str, str | None]:
    """Return how a run stands that an exception ended: what the world said went wrong is told by its own code.

    Raises:
        Unsupported: the SDK has no such thing.
    """
    for each in _causes(error):
        if isinstance(each, Unsupported):
            raise each
        if isinstance(each, CallFailed):
            return {"step": "interrupted", "reason": "error", "code": each.code}
        for kind, step, reason, code in _STOPS:
            if isinstance(each, kind):
                return {"step": step, "reason": reason, "code": code}
    return {"step": "interrupted", "reason": "error", "code": "error"}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
