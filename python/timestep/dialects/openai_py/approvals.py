"""Writes decisions into an `openai-agents` run context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from timestep.dialects import pending, records
from timestep.dialects.account import Account
from timestep.dialects.openai_py.decisions import sticky_scope
from timestep.dialects.openai_py.keys import approval_keys
from timestep.dialects.refs import AgentRefs
from timestep.types.state import Approval, Document, Run, ToolKey

_FUNCTIONS = {"function", "function_deferred"}


def _of(document: Document, run: Run) -> list[Approval]:
    """Select the decisions that this run's context has to hold."""
    agents = _agents(run)
    return [
        approval
        for approval in document.approvals
        if approval.run == run.id
        or (approval.run == "*" and approval.item == "*" and (approval.agent in agents or approval.agent == "*"))
    ]


def _agents(run: Run) -> list[str]:
    """List the agents that a run has had."""
    return list(dict.fromkeys([run.agent, *(entry.agent for entry in run.log if entry.agent)]))


def _grouped(approvals: Sequence[Approval]) -> dict[tuple[str, ToolKey], list[Approval]]:
    groups: dict[tuple[str, ToolKey], list[Approval]] = {}
    for approval in approvals:
        groups.setdefault((approval.agent, approval.tool), []).append(approval)
    return groups


def _decision(approvals: Sequence[Approval], tool: ToolKey) -> dict[str, Any]:
    record = records.build(approvals)
    decision: dict[str, Any] = {"approved": record.approved, "rejected": record.rejected}
    if record.messages:
        decision["rejection_messages"] = record.messages
    if record.sticky_message is not None:
        decision["sticky_rejection_message"] = record.sticky_message
    if record.sticky() is not None:
        decision["sticky_scope"] = sticky_scope(tool)
    return decision


def functions(document: Document, run: Run, refs: AgentRefs, account: Account) -> dict[str, Any]:
    """Write the decisions on function tools, agent by agent."""
    entries: list[dict[str, Any]] = []
    given = [
        approval if approval.agent != "*" else replace(approval, agent=agent)
        for approval in _of(document, run)
        for agent in (_agents(run) if approval.agent == "*" else [approval.agent])
    ]
    for (agent, tool), approvals in _grouped(given).items():
        if tool[0] not in _FUNCTIONS:
            continue
        entries.append(
            {
                "agent": refs.ref(agent),
                "tool_key": approval_keys(tool)[0],
                "decision": _decision(approvals, tool),
            }
        )
    narrowed = [a for a in document.approvals if a.run == "*" and a.item == "*" and run.parent is None]
    account.note(
        "derived", "standing decisions", "copied to the runs at hand; later nested runs ask again", count=len(narrowed)
    )
    return {"function_tool_approvals": entries} if entries else {}


def require_rejections(document: Document, account: Account) -> None:
    """Ask for leave where a later nested run would no longer know of a standing rejection (TS-APPR-005)."""
    root, *nested = document.runs
    known = {root.agent, *(entry.agent for entry in root.log), *(() if nested else ("*",))}
    for approval in document.approvals:
        if (approval.run, approval.item, approval.decision) == ("*", "*", "reject") and approval.agent not in known:
            subject = f"standing rejection of {approval.tool[2]}"
            message = f"a later nested run would not know of the {subject}, and run what it does not ask about"
            account.require("rejections-at-hand", subject, message)


def refuse_wider(document: Document, run: Run, account: Account) -> None:
    """Report standing decisions on tools that this dialect keeps without their agent; refuse one that decides more."""
    approvals = _of(document, run)
    written = [
        replace(each, agent="*") if each.item == "*" and each.tool[0] not in _FUNCTIONS else each for each in approvals
    ]
    pending.refuse_approved([run], written, account)
    pending.tell_wider(document, approvals, written, account)


def native(document: Document, run: Run) -> dict[str, Any]:
    """Write the decisions on built-in and custom tools, which this dialect does not keep by agent."""
    by_tool: dict[ToolKey, list[Approval]] = {}
    for approval in _of(document, run):
        if approval.tool[0] not in {*_FUNCTIONS, "hosted_mcp"}:
            by_tool.setdefault(approval.tool, []).append(approval)
    return {"approvals": {tool[2]: _decision(approvals, tool) for tool, approvals in by_tool.items()}}


def hosted(document: Document, run: Run) -> dict[str, Any]:
    """Write the decisions on hosted MCP tools, with the copies by name that the SDK's look-ups use."""
    by_tool: dict[ToolKey, list[Approval]] = {}
    for approval in _of(document, run):
        if approval.tool[0] == "hosted_mcp":
            by_tool.setdefault(approval.tool, []).append(approval)
    entries: list[dict[str, Any]] = []
    queries: list[dict[str, Any]] = []
    for tool, approvals in by_tool.items():
        identity = {"type": "server_tool", "server_label": tool[1], "tool_name": tool[2]}
        entries.append({"identity": identity, "decision": _decision(approvals, tool)})
        for approval in approvals:
            if approval.call_id is not None and approval.item != "*":
                query = {"type": "query", "tool_name": tool[2], "request_id": approval.call_id}
                queries.append({"identity": query, "decision": _decision([approval], tool)})
    return {"hosted_mcp_approvals": entries + queries} if entries else {}
