"""The call ledger: what a call is, what its digest covers, and which decision holds for it (tools.md, approvals.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from timestep.codec.digest import call_digest, canonical_json
from timestep.types.base import Item
from timestep.types.items import KIND_OF, call_id_of, type_of
from timestep.types.state import Approval, Call, CallState, Entry, Run, ToolKey


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


def digest_of(run: str, entry: Entry, call: Call) -> str:
    """Return the digest of a call of the ledger (TS-CORE-022)."""
    text = call.arguments if call.arguments is not None else arguments_of(entry.item)
    return call_digest(run, entry.agent or "", list(call.tool), call.call_id, text)


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
    return [settled(call, decisions.on(call, run, agent_of.get(call.item, ""))) for call in calls]


def settled(call: Call, found: Approval | None) -> Call:
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


def features(runs: Sequence[Run], approvals: Sequence[Approval]) -> list[str]:
    """List the must-understand features that a document uses (TS-VERS-003)."""
    calls = [call for run in runs for call in run.calls]
    used = {
        "nested": len(runs) > 1,
        "delegate": any(call.role == "delegate" for call in calls),
        "indeterminate": any(call.state in {"indeterminate", "started"} for call in calls),
        "hosted_approval": any(call.role == "hosted" for call in calls),
        "sticky": any(approval.item == "*" for approval in approvals),
    }
    return [name for name, present in used.items() if present]
