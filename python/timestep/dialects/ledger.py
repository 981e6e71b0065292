"""Builds the call ledger of an imported run, and checks that the file tells one story about each call (tools.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec.structs import replace

from timestep.codec.digest import call_digest, canonical_json
from timestep.errors import StateFormatError
from timestep.types.base import Item
from timestep.types.items import CALL_OF, KIND_OF, call_id_of, is_call, type_of
from timestep.types.state import Approval, Call, CallState, Entry, McpRecipient, Range, ToolKey

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


def tool_of(item: Item, known: Mapping[str, ToolKey]) -> ToolKey:
    """Return the tool key of a call item; `known` has names that the item itself does not carry."""
    call_id = call_id_of(item) or ""
    if call_id in known:
        return known[call_id]
    kind = KIND_OF[type_of(item)]
    name = item.get("name")
    if kind == "hosted_mcp":
        label = item.get("server_label")
        return (kind, label if isinstance(label, str) else None, str(name))
    if kind not in {"function", "custom"} or not isinstance(name, str):
        return (kind, None, kind)
    namespace = item.get("namespace")
    if isinstance(namespace, str) and namespace:
        return ("function_deferred", None, name) if namespace == name else (kind, namespace, name)
    return (kind, None, name)


def arguments_of(item: Item) -> str:
    """Return the string that a call's digest covers: its arguments as sent, or its action as canonical JSON."""
    for key in ("arguments", "input"):
        value = item.get(key)
        if isinstance(value, str):
            return value
    body = {key: item[key] for key in ("action", "actions", "operation", "arguments", "input") if key in item}
    return canonical_json(body).decode("utf-8")


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
    """Map (call type, call id) to the positions of its outputs."""
    found: dict[tuple[str, str], list[int]] = {}
    for seq, entry in enumerate(log):
        call_type = CALL_OF.get(type_of(entry.item))
        call_id = call_id_of(entry.item)
        if call_type is not None and call_id is not None:
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


def digest_of(run: str, entry: Entry, call: Call) -> str:
    """Return the digest of a call of the ledger (TS-CORE-022)."""
    text = call.arguments if call.arguments is not None else arguments_of(entry.item)
    return call_digest(run, entry.agent or "", list(call.tool), call.call_id, text)


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


class InForce:
    """The decisions of a document, ready to be asked which one is in force for a call (TS-APPR-010..014)."""

    def __init__(self, approvals: Iterable[Approval]) -> None:
        self._exact: dict[tuple[str, int], list[Approval]] = {}
        self._sticky: dict[ToolKey, list[Approval]] = {}
        for approval in approvals:
            if approval.item == "*":
                self._sticky.setdefault(approval.tool, []).append(approval)
            elif approval.item is not None:
                self._exact.setdefault((approval.run, approval.item), []).append(approval)

    def on(self, call: Call, run: str, agent: str) -> Approval | None:
        """Exact beats sticky, this run beats "*", at one level the last wins."""
        for approval in reversed(self._exact.get((run, call.item), [])):
            if approval.agent in {agent, "*"} and approval.tool == call.tool:
                return approval
        standing = self._sticky.get(call.tool, [])
        for scope in (run, "*"):
            for approval in reversed(standing):
                if approval.run == scope and approval.agent in {agent, "*"}:
                    return approval
        return None


def decide(calls: Iterable[Call], decisions: InForce, run: str, agent_of: Mapping[int, str]) -> list[Call]:
    """Apply decisions to pending calls; an exact reject of a completed call tells why it has its output."""
    return [_settle(call, decisions.on(call, run, agent_of.get(call.item, ""))) for call in calls]


def _settle(call: Call, found: Approval | None) -> Call:
    """Return the call with the state that the decision in force gives it."""
    answered = call.state in {"completed", "blocked"}
    if answered and found is not None and found.item == call.item and found.decision == "reject":
        return replace(call, state="rejected")
    if call.state not in {"pending", "approved", "rejected"} or call.outputs:
        return call
    state: CallState = "pending"
    if found is not None:
        state = "approved" if found.decision == "approve" else "rejected"
    return call if state == call.state else replace(call, state=state)


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
