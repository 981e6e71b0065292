"""A run state as a story: runs, what happened in each, what was decided and what waits; the data behind `show`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any, Literal, cast

import msgspec

from timestep.cli.item_text import Kind, kind_of, text_of
from timestep.codec.strict_json import loads
from timestep.dialects.ledger import tool_of
from timestep.errors import CodecError
from timestep.types.base import JSON, Item
from timestep.types.items import OUTPUT_OF, call_id_of, type_of
from timestep.types.state import (
    Approval,
    Call,
    Document,
    GuardrailResult,
    Response,
    Run,
    Step,
    ToolKey,
)

Mask = Callable[[JSON], JSON]


class _View(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of what is shown; fields without a value are left out."""


class CallView(_View, frozen=True):
    """A call of the ledger; `child` is the run that it started, `target` whom a handoff went to."""

    call_id: str
    tool: str
    role: str
    state: str
    effect: str
    child: str | None = None
    target: str | None = None


class Moment(_View, frozen=True):
    """One entry of a log. `turn` counts the model's responses; `hidden` entries are no longer sent to the model."""

    seq: int
    turn: int
    kind: Kind
    type: str
    source: str | None = None
    agent: str | None = None
    role: str | None = None
    text: str = ""
    call: CallView | None = None
    call_id: str | None = None
    tool: str | None = None
    hidden: bool = False


class GuardrailView(_View, frozen=True):
    """What a guardrail said."""

    position: str
    name: str
    behavior: str
    message: str | None = None


class RunView(_View, frozen=True):
    """One run: where it stands, its log, and which model answered each turn ("": not known)."""

    id: str
    agent: str
    step: dict[str, Any]
    turn: int
    moments: list[Moment]
    guardrails: list[GuardrailView]
    max_turns: int | None = None
    parent: str | None = None
    waiting_input: int = 0
    models: list[str] = []


class DecisionView(_View, frozen=True):
    """A decision; a sticky one holds for later calls of the tool too."""

    decision: Literal["approve", "reject"]
    tool: str
    agent: str
    run: str
    sticky: bool = False
    call_id: str | None = None
    message: str | None = None
    by: str | None = None
    at: str | None = None


class Story(_View, frozen=True):
    """A whole run tree."""

    agents: list[str]
    runs: list[RunView]
    decisions: list[DecisionView]
    context: str


def no_mask(value: JSON) -> JSON:
    """Leave a value as it is; the counterpart of `codec.redact.redact`."""
    return value


def tell(document: Document, mask: Mask) -> Story:
    """Tell the story of a document, its texts masked."""
    names = {agent.key: agent.name for agent in document.agents}
    children = {(run.parent.run, run.parent.item): run.id for run in document.runs if run.parent is not None}
    return Story(
        agents=[agent.name for agent in document.agents],
        runs=[_run(run, children, names, mask) for run in document.runs],
        decisions=[_decision(approval, names, mask) for approval in document.approvals],
        context=_context(document),
    )


def tell_items(items: Sequence[Item], mask: Mask) -> list[Moment]:
    """Tell the items of a session."""
    return [_moment(seq, item, 0, mask) for seq, item in enumerate(items)]


def plain_data(view: msgspec.Struct | Sequence[msgspec.Struct]) -> JSON:
    """Turn a view into JSON values."""
    return msgspec.to_builtins(view, builtin_types=(Decimal,))


def tool_name(tool: ToolKey) -> str:
    """Write a tool's name as people know it."""
    kind, namespace, name = tool
    if kind == "hosted_mcp":
        return f"{namespace}/{name}" if namespace else name
    return f"{namespace}.{name}" if namespace else name


def _run(run: Run, children: Mapping[tuple[str, int], str], names: Mapping[str, str], mask: Mask) -> RunView:
    calls = {call.item: _call(run, call, children.get((run.id, call.item))) for call in run.calls}
    changed = {call.item: call.arguments for call in run.calls if call.arguments is not None}
    seen = {seq for start, end in run.view for seq in range(start, end)}
    turns = _turns(run.responses, len(run.log))
    moments: list[Moment] = []
    for seq, entry in enumerate(run.log):
        moment = _moment(seq, entry.item, turns[seq], mask)
        agent = entry.agent or (run.agent if entry.source == "model" else None)
        moments.append(
            msgspec.structs.replace(
                moment,
                source=entry.source,
                agent=names.get(agent, agent) if agent is not None else None,
                call=calls.get(seq),
                text=mask(changed[seq]) if seq in changed else moment.text,
                hidden=seq not in seen,
            )
        )
    return RunView(
        id=run.id,
        parent=run.parent.run if run.parent is not None else None,
        agent=names.get(run.agent, run.agent),
        step=_step(run.step, mask),
        turn=run.turn.count,
        max_turns=run.limits.max_turns,
        moments=moments,
        guardrails=[_guardrail(result, mask) for result in run.guardrails.results],
        waiting_input=len(run.pending_input),
        models=_models(run.responses),
    )


def _models(responses: Sequence[Response]) -> list[str]:
    """Return who answered in each turn, or "" where that is not known; nothing where it is known of none."""
    told = [response.answered_by for response in responses]
    return [f"{by.provider}: {by.reported or by.model}" if by else "" for by in told] if any(told) else []


def _turns(responses: Sequence[Response], length: int) -> list[int]:
    """Number the log's entries by the response they follow or belong to; 0 stands before the first."""
    starts = Counter(response.start for response in responses)
    return list(accumulate(starts[seq] for seq in range(length)))


def _moment(seq: int, item: Item, turn: int, mask: Mask) -> Moment:
    role = item.get("role")
    return Moment(
        seq=seq,
        turn=turn,
        kind=kind_of(item),
        type=type_of(item),
        role=role if isinstance(role, str) else None,
        text=mask(text_of(item)),
        call_id=call_id_of(item),
        tool=tool_name(tool_of(item, {})) if type_of(item) in OUTPUT_OF else None,
    )


def _call(run: Run, call: Call, child: str | None) -> CallView:
    return CallView(
        call_id=call.call_id,
        tool=tool_name(call.tool),
        role=call.role,
        state=call.state,
        effect=call.effect,
        child=child,
        target=_target(run, call),
    )


def _target(run: Run, call: Call) -> str | None:
    """Name the agent a handoff went to, as its output tells: `{"assistant": "NAME"}`."""
    if call.role != "handoff" or not call.outputs or not 0 <= call.outputs[0] < len(run.log):
        return None
    output = run.log[call.outputs[0]].item.get("output")
    if not isinstance(output, str):
        return None
    try:
        told = loads(output)
    except CodecError:
        return None
    name = cast("dict[str, Any]", told).get("assistant") if isinstance(told, dict) else None
    return name if isinstance(name, str) else None


def _step(step: Step, mask: Mask) -> dict[str, Any]:
    """Give a step's fields; what the model or a tool said in it is masked."""
    return cast("dict[str, Any]", mask(plain_data(step)))


def _guardrail(result: GuardrailResult, mask: Mask) -> GuardrailView:
    message = mask(result.message) if result.message is not None else None
    return GuardrailView(position=result.position, name=result.name, behavior=result.behavior, message=message)


def _decision(approval: Approval, names: Mapping[str, str], mask: Mask) -> DecisionView:
    return DecisionView(
        decision=approval.decision,
        tool=tool_name(approval.tool),
        agent=names.get(approval.agent, approval.agent),
        run=approval.run,
        sticky=approval.item == "*",
        call_id=approval.call_id,
        message=mask(approval.message) if approval.message is not None else None,
        by=approval.by,
        at=approval.at,
    )


def _context(document: Document) -> str:
    """Say what kind of context there is; its values are never shown."""
    value = document.context.value
    if document.context.kind == "none":
        return "none"
    if isinstance(value, dict):
        return f"{document.context.kind}: {', '.join(cast('dict[str, Any]', value)) or 'empty'}"
    return document.context.kind
