"""Builds the call ledger of an imported run, and checks that the file tells one story about each call (tools.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from timestep.codec.calls import InForce, arguments_of, decide, digest_of, tool_of
from timestep.codec.digest import call_digest
from timestep.errors import StateFormatError
from timestep.types.base import Item
from timestep.types.items import CALL_OF, call_id_of, is_call, type_of
from timestep.types.state import Call, CallState, Entry, McpRecipient, Range, ToolKey

__all__ = [
    "Facts",
    "InForce",
    "arguments_of",
    "build",
    "decide",
    "digest_of",
    "outputs_by_call",
    "semantics",
    "tool_of",
]

Role = Literal["tool", "agent", "handoff", "delegate", "hosted"]


@dataclass(slots=True)
class Facts:
    """What the source's own bookkeeping says about calls, by call id."""

    pending: set[str] = field(default_factory=set[str])
    completed: set[str] = field(default_factory=set[str])
    executed: set[str] = field(default_factory=set[str])
    handoffs: set[str] = field(default_factory=set[str])
    agents: set[str] = field(default_factory=set[str])
    children: dict[str, str] = field(default_factory=dict[str, str])
    tools: dict[str, ToolKey] = field(default_factory=dict[str, ToolKey])
    forgotten: set[int] = field(default_factory=set[int])
    mcp: dict[str, McpRecipient | Literal["unknown"]] = field(
        default_factory=dict[str, "McpRecipient | Literal['unknown']"]
    )


def build(run: str, log: Sequence[Entry], responses: Sequence[Range], facts: Facts) -> list[Call]:
    """List the calls of the model's responses with their states (CANONICAL 1.3, "Import").

    Args:
        run: id of the run the calls belong to.
        log: the run's log.
        responses: the log ranges of the model responses.
        facts: the source's own bookkeeping.
    """
    outputs = outputs_by_call(log)
    calls: list[Call] = []
    for start, end in responses:
        for seq in range(start, end):
            entry = log[seq]
            if is_call(entry.item):
                last = (start, end) == responses[-1]
                calls.append(_call(run, seq, entry, facts, outputs, last=last))
    return calls


def outputs_by_call(log: Sequence[Entry]) -> dict[tuple[str, str], list[int]]:
    """Map (call type, call id) to the positions of its outputs; what a filter made of one for others is none."""
    found: dict[tuple[str, str], list[int]] = {}
    for seq, entry in enumerate(log):
        call_type = CALL_OF.get(type_of(entry.item))
        call_id = call_id_of(entry.item)
        if call_type is not None and call_id is not None and entry.source != "filter":
            found.setdefault((call_type, call_id), []).append(seq)
    return found


def _call(
    run: str, seq: int, entry: Entry, facts: Facts, outputs: Mapping[tuple[str, str], list[int]], *, last: bool
) -> Call:
    item = entry.item
    call_id = call_id_of(item)
    if call_id is None:
        raise StateFormatError(
            code="call-without-id",
            message=f"a {type_of(item)} has no call id, so its decision and its output cannot be bound to it",
            requirement="TS-ITEM-012",
        )
    tool = tool_of(item, facts.tools)
    done = [at for at in outputs.get((type_of(item), call_id), []) if at > seq]
    return Call(
        call_id=call_id,
        item=seq,
        role=_role(item, call_id, facts),
        tool=tool,
        state=_state(seq, call_id, bool(done), facts, last=last),
        effect="once",
        outputs=done,
        digest=call_digest(run, entry.agent or "", list(tool), call_id, arguments_of(item)),
        mcp=facts.mcp.get(call_id),
    )


def _role(item: Item, call_id: str, facts: Facts) -> Role:
    if type_of(item) == "mcp_approval_request":
        return "hosted"
    if call_id in facts.handoffs:
        return "handoff"
    return "agent" if call_id in facts.children or call_id in facts.agents else "tool"


def _state(seq: int, call_id: str, has_output: bool, facts: Facts, *, last: bool) -> CallState:
    if has_output or call_id in facts.completed:
        return "completed"
    if call_id in facts.children:
        return "suspended"
    if call_id in facts.executed:
        # A handoff filter may remove the handoff's own output; the model has been asked since, so it took place.
        return "completed" if call_id in facts.handoffs and not last else "indeterminate"
    if call_id in facts.pending:
        return "pending"
    return "indeterminate" if seq in facts.forgotten else "requested"


def semantics(item: Item) -> tuple[Any, ...]:
    """Return what a call does, all that its copies in a file must agree on; nulls count as absent."""
    get = item.get
    return (
        get("type"),
        get("name"),
        get("namespace"),
        get("server_label"),
        get("arguments"),
        get("input"),
        get("action"),
        get("actions"),
        get("operation"),
        get("caller"),
    )
