"""Running the tool-level guardrails of a call, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from timestep.codec import strict_json
from timestep.codec.digest import canonical_json
from timestep.errors import UserError
from timestep.guardrails.tool_level import Arguments, GuardrailInterrupt, InputGuardrail, OutputGuardrail
from timestep.types.base import JSON
from timestep.types.state import GuardrailResult as Record

_MEMBER = "result"  # where a result that is no object stands in the dict that guardrails are shown


@dataclass(frozen=True)
class InputOutcome:
    """What the input guardrails of a call have come to.

    Attributes:
        behavior: "allow" the call, "reject" it, or "ask" a person.
        args: the arguments after all guardrails.
        changed: the argument string to use instead of the model's; None when they are the model's.
        message: for "reject", the output the model gets.
        prompts: for "ask", the questions, in order; none where only the arguments are no longer the approved ones.
        records: what each guardrail said, as the run state keeps it, without agent and item.
    """

    behavior: Literal["allow", "reject", "ask"]
    args: Arguments
    changed: str | None = None
    message: str | None = None
    prompts: list[str] = field(default_factory=list[str])
    records: list[Record] = field(default_factory=list[Record])


@dataclass(frozen=True)
class OutputOutcome:
    """What the output guardrails of a call have come to.

    Attributes:
        behavior: "allow" the result, "modify" it, or "reject" it.
        result: what the model is to be given; for "reject" the text that says so.
        records: what each guardrail said, as the run state keeps it, without agent and item.
    """

    behavior: Literal["allow", "modify", "reject"]
    result: Any
    records: list[Record] = field(default_factory=list[Record])


async def run_input_guardrails(
    guardrails: Sequence[InputGuardrail], tool_name: str, args: Arguments, *, approved: Arguments | None = None
) -> InputOutcome:
    """Run the input guardrails of a call in order; each sees what the one before changed (TS-GUARD-010).

    An interrupt does not end the row: the others may still change or block the call, so that a person is asked once,
    about the arguments the tool would run with (TS-GUARD-014).

    Args:
        guardrails: in order.
        tool_name: the tool's name, handoff tools too.
        args: the arguments the model sent.
        approved: the arguments this call was approved with. Nobody is asked about them again, but about any others
            (TS-GUARD-015).

    Raises:
        UserError: a guardrail gave an answer that is not allowed here.
        Exception: whatever a guardrail raised; the call must not run then (TS-GUARD-001).
    """
    records: list[Record] = []
    prompts: list[str] = []
    current = args
    for guardrail in guardrails:
        try:
            answer = await guardrail.ask(tool_name, current)
        except GuardrailInterrupt as interrupt:
            prompts.append(interrupt.prompt)
            continue
        if answer.action == "block":
            records.append(Record(position="tool_input", name=guardrail.name, behavior="reject", message=answer.reason))
            return InputOutcome("reject", current, None, blocked_call(answer.reason), records=records)
        changes = answer.action == "modify_args" and not _equal(answer.args, current)
        current = answer.args if changes and answer.args is not None else current
        records.append(Record(position="tool_input", name=guardrail.name, behavior="modify" if changes else "allow"))
    changed = None if _equal(current, args) else _text(current)
    asked = bool(prompts) if approved is None else not _equal(current, approved)
    behavior = "ask" if asked else "allow"
    return InputOutcome(behavior, current, changed, prompts=prompts if asked else [], records=records)


async def run_output_guardrails(
    guardrails: Sequence[OutputGuardrail], tool_name: str, args: Arguments, result: JSON
) -> OutputOutcome:
    """Run the output guardrails of a call in order; each sees what the one before changed (TS-GUARD-020).

    A result that is no object is shown as `{"result": ...}`, and taken out again if that form was kept.

    Raises:
        UserError: a guardrail gave an answer that is not allowed here, or wants a person asked.
        Exception: whatever a guardrail raised; the result must not reach the model then (TS-GUARD-001).
    """
    records: list[Record] = []
    shown: Any = cast("Any", result) if isinstance(result, dict) else {_MEMBER: result}
    first = shown
    for guardrail in guardrails:
        try:
            answer = await guardrail.ask(tool_name, args, shown)
        except GuardrailInterrupt:
            raise _too_late(guardrail.name) from None
        if answer.action == "block":
            records.append(
                Record(position="tool_output", name=guardrail.name, behavior="reject", message=answer.reason)
            )
            return OutputOutcome("reject", withheld_result(answer.reason), records)
        changes = answer.action == "modify_result"
        shown = answer.result if changes else shown
        records.append(Record(position="tool_output", name=guardrail.name, behavior="modify" if changes else "allow"))
    if shown is first:
        return OutputOutcome("allow", result, records)
    return OutputOutcome("modify", shown if isinstance(result, dict) else _taken_out(shown), records)


def blocked_call(reason: str | None) -> str:
    """Return the output of a call that was blocked (TS-GUARD-012)."""
    return f"Tool call blocked: {reason}" if reason else "Tool call blocked."


def withheld_result(reason: str | None) -> str:
    """Return the output of a call whose result was blocked (TS-GUARD-021)."""
    return f"Tool result withheld: {reason}" if reason else "Tool result withheld."


def _taken_out(shown: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(shown, dict) and set(cast("dict[str, Any]", shown)) == {_MEMBER}:
        return cast("dict[str, Any]", shown)[_MEMBER]
    return shown  # pyright: ignore[reportUnknownVariableType]


def _equal(one: JSON, other: JSON) -> bool:
    """Compare as JSON: True is not 1, and members may stand in any order."""
    return canonical_json(one) == canonical_json(other)


def _text(args: Arguments) -> str:
    return strict_json.dumps(args).decode()


def _too_late(name: str) -> UserError:
    return UserError(
        f"the output guardrail {name} wants a person asked, but the tool has run",
        code="guardrail-answer",
        help="ask in an input guardrail, or withhold the result with GuardrailResult.block(reason)",
        requirement="TS-GUARD-022",
    )
