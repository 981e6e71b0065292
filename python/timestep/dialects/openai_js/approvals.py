"""Writes the decisions of a whole run tree into the root context of an `@openai/agents` state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from timestep.dialects import ledger, pending, records
from timestep.dialects.account import Account
from timestep.dialects.openai_js.keys import state_key, tool_name
from timestep.dialects.openai_js.story import fingerprint
from timestep.types.state import Approval, Call, Document, Run, ToolKey

_FUNCTIONS = {"function", "function_deferred"}
_Groups = dict[tuple[str, ToolKey], list[Approval]]


def root(document: Document, account: Account) -> dict[str, Any]:
    """Write all decisions, each bound to its call: on functions by agent, on others by tool, with copies by agent."""
    approvals = effective(document, account)
    tree = "sticky-for-tree" in account.assume
    written = [_as_written(each, tree=tree) for each in approvals]
    pending.refuse_approved(document.runs, written, account)
    pending.tell_wider(document, approvals, written, account)
    calls = {(run.id, call.item): (run, call) for run in document.runs for call in run.calls}
    groups: _Groups = {}
    for approval in approvals:
        groups.setdefault((approval.agent, approval.tool), []).append(approval)
    invocations: dict[str, dict[str, str]] = {}
    for approval in approvals:
        if isinstance(approval.item, int) and (approval.run, approval.item) in calls:
            _bind(*calls[approval.run, approval.item], invocations)
    functions, scoped = _by_agent(groups)
    context: dict[str, Any] = {"approvals": _by_tool(approvals, hosted=False)}
    hosted = _by_tool(approvals, hosted=True)
    if hosted:
        context["hostedMcpApprovals"] = hosted
    legacy = functions.pop("*", None)
    if legacy:
        context["legacyFunctionApprovals"] = legacy
    if functions:
        context["functionApprovals"] = [{"agentIdentity": a, "approvals": found} for a, found in functions.items()]
    agents = dict.fromkeys([*invocations, *scoped])
    context["approvalInvocations"] = [
        {"agentIdentity": a, "invocations": invocations.get(a, {}), "approvals": scoped.get(a, {})} for a in agents
    ]
    return context


def effective(document: Document, account: Account) -> list[Approval]:
    """Turn standing decisions of nested runs, which this dialect can only give to the whole tree, into exact ones."""
    found: list[Approval] = []
    decisions = ledger.InForce(document.approvals)
    runs = {run.id: run for run in document.runs}
    for approval in document.approvals:
        run = runs.get(approval.run)
        if approval.item != "*" or approval.run == "*" or run is None or run.parent is None:
            found.append(approval)
        elif "sticky-for-tree" in account.assume:
            account.require("sticky-for-tree", f"standing decision on {approval.tool[2]}", "")
            found.append(approval)
        elif approval.decision == "reject":
            note = "it held for one nested run; holds for every later run of that agent"
            account.note("derived", f"standing rejection of {approval.tool[2]}", note)
            found.append(approval)
        else:
            found.extend(_exact(approval, run, decisions))
            account.note(
                "dropped",
                f"standing decision on {approval.tool[2]}",
                "it held for one nested run; written for the calls at hand only (--assume sticky-for-tree keeps it)",
            )
    return found


def _as_written(approval: Approval, *, tree: bool) -> Approval:
    """Return a decision as this dialect keeps it: standing for the tree, and on other tools than functions for all."""
    if approval.item != "*":
        return approval
    agent = approval.agent if approval.tool[0] in _FUNCTIONS else "*"
    return replace(approval, run=approval.run if tree else "*", agent=agent)


def _exact(approval: Approval, run: Run, decisions: ledger.InForce) -> list[Approval]:
    """Write a standing decision out for the calls of its run that it decides."""
    decided: list[Approval] = []
    for call in run.calls:
        owner = run.log[call.item].agent or run.agent
        if call.state in {"approved", "rejected"} and decisions.on(call, run.id, owner) is approval:
            decided.append(
                Approval(
                    run=run.id,
                    agent=owner,
                    tool=call.tool,
                    item=call.item,
                    call_id=call.call_id,
                    digest=call.digest,
                    decision=approval.decision,
                    message=approval.message,
                )
            )
    return decided


def _bind(run: Run, call: Call, invocations: dict[str, dict[str, str]]) -> None:
    mark = fingerprint(call, run.log[call.item])
    if mark is not None:
        owner = run.log[call.item].agent or run.agent
        invocations.setdefault(owner, {})[call.call_id] = mark


def _record(approvals: Sequence[Approval]) -> dict[str, Any]:
    record = records.build(approvals)
    found: dict[str, Any] = {"approved": record.approved, "rejected": record.rejected}
    if record.messages:
        found["messages"] = record.messages
    if record.sticky_message is not None:
        found["stickyRejectMessage"] = record.sticky_message
    return found


def _by_agent(groups: _Groups) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Split the decisions into those on functions, and the single ones on other tools."""
    functions: dict[str, dict[str, Any]] = {}
    scoped: dict[str, dict[str, Any]] = {}
    for (agent, tool), approvals in groups.items():
        if tool[0] in _FUNCTIONS:
            key = tool_name(tool) if agent == "*" else state_key(tool)
            functions.setdefault(agent, {})[key] = _record(approvals)
            continue
        single = [approval for approval in approvals if approval.item != "*"]
        if single:
            scoped.setdefault(agent, {})[state_key(tool)] = _record(single)
    return functions, scoped


def _by_tool(approvals: Sequence[Approval], *, hosted: bool) -> dict[str, Any]:
    tools: dict[ToolKey, list[Approval]] = {}
    for approval in approvals:
        kind = approval.tool[0]
        if kind not in _FUNCTIONS and (kind == "hosted_mcp") == hosted:
            tools.setdefault(approval.tool, []).append(approval)
    return {state_key(tool): _record(found) for tool, found in tools.items()}
