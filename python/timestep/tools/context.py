"""What a tool, guardrail or predicate is told about the run it works for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from timestep.types.state import Usage

T = TypeVar("T")

#: Names under which a first parameter is recognised as the context, also where another package's class is annotated.
CONTEXT_NAMES = frozenset({"RunContextWrapper", "ToolContext"})


def _no_usage() -> Usage:
    return Usage(input_tokens=0, output_tokens=0, total_tokens=0)


@dataclass(kw_only=True)
class RunContextWrapper(Generic[T]):
    """The caller's context value, and what the run has used so far.

    Attributes:
        context: what the caller passed as `context=`; never shown to the model.
        usage: token counts of the whole run tree.
    """

    context: T
    usage: Usage = field(default_factory=_no_usage)


@dataclass(kw_only=True)
class ToolContext(RunContextWrapper[T]):
    """The context of one tool call.

    Attributes:
        call_id: the provider's id of the call.
        tool_name: the tool's name, as the model called it.
        tool_arguments: the argument string the tool runs with.
        idempotency_key: the same for each attempt of this call, and for no other call (TS-TOOL-034).
        attempt: 0 at first, and one more each time the call is started again.
    """

    call_id: str
    tool_name: str
    tool_arguments: str = "{}"
    idempotency_key: str = ""
    attempt: int = 0

    @property
    def tool_call_id(self) -> str:
        """The call's id, under the name the Agents SDK uses."""
        return self.call_id

    @property
    def arguments(self) -> str:
        """The argument string, under its name in the ledger."""
        return self.tool_arguments


def idempotency_key(run: str, item: int, digest: str) -> str:
    """Return the key under which all attempts of a call are one (TS-TOOL-034).

    Args:
        run: id of the run that owns the call.
        item: log position of the call.
        digest: digest of the call, `sha256:` and 64 hex digits.
    """
    return f"{digest.removeprefix('sha256:')[:32]}-{item}-{run}"
