"""Decisions of older `@openai/agents` files, filed as newer numbers file them.

Up to 1.15 they stand under the tool's name alone and hold for every agent; the context is that of the whole tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from timestep.codec.pointer import join
from timestep.dialects.openai_js import filed_calls, shape
from timestep.dialects.openai_js.filed_calls import FiledCall, Json, dict_of, dicts_of
from timestep.dialects.openai_js.filed_decisions import copy, decided, discard, is_sticky, records, settle
from timestep.dialects.records import Record
from timestep.dialects.tree import convert_shape

if TYPE_CHECKING:
    from timestep.dialects.steps import Run


def scope_functions(run: Run) -> None:
    """1.17: decisions on functions, by agent and state key; standing ones on a name keep holding for every agent."""
    context = dict_of(run.value.get("context"))
    _check(context, run.pointer)
    if run.parent is not None:
        context["approvals"] = {}  # a copy of the root's, as old as the nested run's file
        return
    calls = filed_calls.in_tree(run)
    functions: dict[str, Json] = {}
    standing, others = cast("Json", {}), cast("Json", {})
    for name, found in dict_of(context.get("approvals")).items():
        record = settle(dict_of(found))
        named = [call for call in calls if name in call.names]
        order = {call_id: place for place, call_id in enumerate(decided(record))}
        exact = [call for call in named if call.kind == "function" and call.call_id in order]
        exact.sort(key=lambda call: order[call.call_id])
        for call in exact:
            copy(record, call.call_id, functions.setdefault(call.agent, {}), call.key)
        discard(record, {call.call_id for call in exact})
        known = {call.kind for call in named}
        if is_sticky(record) and ("function" in known or not named) and name not in _BUILT_IN:
            standing[name] = dict(record)
        if known - {"function"} or name in _BUILT_IN:
            others[name] = record
        for call_id in decided(record) if name not in others else ():
            run.account.note("dropped", "approval", f"call {call_id!r} of {name!r} is no longer in the file")
    context["approvals"] = others
    if functions:
        context["functionApprovals"] = [{"agentIdentity": a, "approvals": found} for a, found in functions.items()]
    if standing:
        context["legacyFunctionApprovals"] = standing


_BUILT_IN = filed_calls.COMPUTER | {"shell", "apply_patch"}


def _check(context: Json, pointer: str) -> None:
    """Check the decisions of a file before they are filed anew.

    Raises:
        ApprovalError: one is malformed or says both yes and no; read loosely, a no could turn into a yes.
    """
    at = join(["context"], base=pointer)
    for name in ("approvals", *(["legacyFunctionApprovals"] if "legacyFunctionApprovals" in context else [])):
        _check_records(context.get(name), join([name], base=at))
    rows = context.get("functionApprovals", [])
    convert_shape(rows, list[shape.FunctionApprovals], join(["functionApprovals"], base=at))
    for place, row in enumerate(dicts_of(rows)):
        _check_records(row.get("approvals"), join(["functionApprovals", place, "approvals"], base=at))


def _check_records(found: Any, pointer: str) -> None:
    for name, decision in convert_shape(found, dict[str, shape.Decision], pointer).items():
        given = Record(decision.approved, decision.rejected, decision.messages, decision.sticky_reject_message)
        given.check(join([name], base=pointer))


def bind(run: Run) -> None:
    """1.18: each single decision is bound to the call it is about, and hosted MCP tools are told apart by server."""
    context = dict_of(run.value.get("context"))
    _check(context, run.pointer)
    calls = filed_calls.in_tree(run.root) if any(True for _ in records(context)) else []
    rows: dict[str, Json] = {}
    for row in dicts_of(context.get("functionApprovals")):
        ids = {call_id for record in dict_of(row.get("approvals")).values() for call_id in decided(record)}
        for call in calls:
            if call.agent == row.get("agentIdentity") and call.call_id in ids:
                _row(rows, call)["invocations"][call.call_id] = call.fingerprint
    hosted: Json = {}
    for name, record in list(dict_of(context.get("approvals")).items()):
        named = [call for call in calls if name in call.names and call.kind != "function"]
        for call in named:
            if call.call_id in decided(record):
                _row(rows, call)["invocations"][call.call_id] = call.fingerprint
                copy(record, call.call_id, _row(rows, call)["approvals"], call.key)
            if call.kind == "hosted":
                _host(record, call, hosted)
        if named and all(call.kind == "hosted" for call in named):
            del context["approvals"][name]
    if hosted:
        context["hostedMcpApprovals"] = hosted
    context["approvalInvocations"] = [{"agentIdentity": agent, **row} for agent, row in rows.items()]


def _row(rows: dict[str, Json], call: FiledCall) -> Json:
    return rows.setdefault(call.agent, {"invocations": {}, "approvals": {}})


def _host(record: Json, call: FiledCall, hosted: Json) -> None:
    """File the decisions on a hosted MCP tool under its server too; a standing one holds for each server at hand."""
    if is_sticky(record):
        hosted[call.key] = dict(record)
    elif call.call_id in decided(record):
        copy(record, call.call_id, hosted, call.key)


def sticky_first(run: Run) -> None:
    """1.19: single decisions may differ from the standing one from here on; before, the standing one held."""
    context = dict_of(run.value.get("context"))
    for record in records(context):
        settle(record)
    names = {name for name, record in dict_of(context.get("legacyFunctionApprovals")).items() if is_sticky(record)}
    if not names:
        return
    covered = {(call.agent, call.key) for call in filed_calls.in_tree(run.root) if call.names & names}
    for row in dicts_of(context.get("functionApprovals")):
        approvals = dict_of(row.get("approvals"))
        for key in [key for key in approvals if (row.get("agentIdentity"), key) in covered]:
            if not is_sticky(approvals[key]):
                del approvals[key]
    rows = [row for row in dicts_of(context.pop("functionApprovals", None)) if row.get("approvals")]
    if rows:
        context["functionApprovals"] = rows
