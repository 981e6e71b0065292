"""Decisions of an `@openai/agents` file, filed as older numbers file them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from timestep.dialects.openai_js import filed_calls
from timestep.dialects.openai_js.downgrades import refuse
from timestep.dialects.openai_js.filed_calls import FiledCall, Json, dict_of, dicts_of
from timestep.dialects.openai_js.filed_decisions import copy, decided, is_sticky, listed, records
from timestep.dialects.openai_js.keys import tool_key, tool_name

if TYPE_CHECKING:
    from timestep.dialects.steps import Run


def sticky_first(run: Run) -> None:
    """1.19: decisions on calls that differ from the standing one; before, the standing one held for them too.

    Raises:
        ConversionError: such a call is still open.
    """
    context = dict_of(run.value.get("context"))
    done = {call_id for each in _runs(run) for call_id in filed_calls.answered(each.value)}
    for record in records(context):
        standing = _standing(record)
        for verdict in ("approved", "rejected") if standing else ():
            ids = record.get(verdict)
            if isinstance(ids, list) and verdict != standing and set(cast("list[str]", ids)) - done:
                refuse(run, "a decision on a call that differs from the standing one", "1.19")
            if isinstance(ids, list):
                record[verdict] = [] if verdict == "rejected" else False
    _against_general(run, context, done)


def _against_general(run: Run, context: Json, done: set[str]) -> None:
    """Compare decisions on single calls with those that stand elsewhere for the same tool, for every agent."""
    for calls, single, general in _pairs(run, context):
        standing = _standing(general)
        for call in calls:
            verdict = next((name for name in ("approved", "rejected") if call.call_id in listed(single, name)), None)
            if standing and verdict not in (None, standing) and call.call_id not in done:
                refuse(run, f"a decision on call {call.call_id!r} that differs from the standing one", "1.19")


def _pairs(run: Run, context: Json) -> Iterator[tuple[list[FiledCall], Json, Json]]:
    calls = filed_calls.in_tree(run.root)
    for row in dicts_of(context.get("functionApprovals")):
        for key, record in dict_of(row.get("approvals")).items():
            name = legacy_name(key)
            mine = [call for call in calls if call.key == key and call.agent == row.get("agentIdentity")]
            yield mine, record, dict_of(dict_of(context.get("legacyFunctionApprovals")).get(name))
    for row in dicts_of(context.get("approvalInvocations")):
        for key, record in dict_of(row.get("approvals")).items():
            mine = [call for call in calls if call.key == key and call.agent == row.get("agentIdentity")]
            for name in ("hostedMcpApprovals", "approvals"):
                yield mine, record, dict_of(dict_of(context.get(name)).get(key))


def unbind(run: Run) -> None:
    """1.18: decisions are no longer bound to their calls, and hosted MCP tools go by their name alone.

    Raises:
        ConversionError: a standing decision on a tool of one server would hold for that of another too.
    """
    context = dict_of(run.value.get("context"))
    approvals = dict_of(context.setdefault("approvals", {}))
    context.pop("approvalInvocations", None)
    hosted = dict_of(context.pop("hostedMcpApprovals", None))
    labels: dict[str, set[str]] = {}
    for call in filed_calls.in_tree(run.root):
        if call.kind == "hosted":
            labels.setdefault(next(iter(call.names)), set()).add(call.key)
    for key, record in hosted.items():
        name = legacy_name(key)
        if is_sticky(record) and labels.get(name, {key}) != {key}:
            refuse(run, f"a standing decision on {name!r} of one MCP server", "1.18")
        _merge(run, approvals, name, record)


def by_name(run: Run) -> None:
    """1.17: decisions on functions stand under the tool's name, for every agent.

    Raises:
        ConversionError: one agent's decision would hold for a call of another that waits, or they contradict.
    """
    context = dict_of(run.value.get("context"))
    approvals = dict_of(context.setdefault("approvals", {}))
    for name, record in dict_of(context.pop("legacyFunctionApprovals", None)).items():
        _merge(run, approvals, name, record)
    rows = dicts_of(context.pop("functionApprovals", None))
    for row in rows:
        for key, record in dict_of(row.get("approvals")).items():
            if is_sticky(record):
                _alone(run, str(row.get("agentIdentity")), legacy_name(key), rows)
                note = f"given for agent {row.get('agentIdentity')!r}; older SDKs follow it for every agent"
                run.account.note("derived", f"standing decision on {legacy_name(key)}", note)
            _merge(run, approvals, legacy_name(key), record)


def _alone(run: Run, agent: str, name: str, rows: list[Json]) -> None:
    """Refuse a standing decision that an undecided call of another agent would fall under."""
    done = {call_id for each in _runs(run.root) for call_id in filed_calls.answered(each.value)}
    for call in filed_calls.in_tree(run.root):
        if call.kind != "function" or call.agent == agent or name not in call.names or call.call_id in done:
            continue
        own = (
            dict_of(dict_of(row.get("approvals")).get(call.key)) for row in rows if row["agentIdentity"] == call.agent
        )
        if not any(is_sticky(record) or call.call_id in decided(record) for record in own):
            refuse(run, f"a standing decision on {name!r} for one agent", "1.17", "decide the other agent's call first")


def _merge(run: Run, approvals: Json, name: str, record: Json) -> None:
    """Put a record under a name, beside what stands there already."""
    kept = approvals.setdefault(name, {"approved": [], "rejected": []})
    if kept is record:
        return
    here, there = _standing(kept), _standing(record)
    if here and there and here != there:
        refuse(run, f"standing decisions on {name!r} that differ from agent to agent", "1.17")
    if there and not here:
        exact = {name: listed(kept, name) for name in ("approved", "rejected")}
        if any(ids for verdict, ids in exact.items() if verdict != there):
            refuse(run, f"decisions on {name!r} that differ from agent to agent", "1.17")
        approvals[name] = dict(record)
        return
    for call_id in decided(record):
        if here and call_id not in listed(record, here):
            refuse(run, f"decisions on {name!r} that differ from agent to agent", "1.17")
        if not here:
            copy(record, call_id, approvals, name)
    if set(listed(approvals[name], "approved")) & set(listed(approvals[name], "rejected")):
        refuse(run, f"decisions on calls of {name!r} that share an id", "1.17")


def messages(run: Run) -> None:
    """1.7: what the model is told of a rejection; only texts that are still to be sent matter.

    Raises:
        ConversionError: the rejected call is open, or the rejection stands.
    """
    done = {call_id for each in _runs(run) for call_id in filed_calls.answered(each.value)}
    for record in records(dict_of(run.value.get("context"))):
        told = dict_of(record.pop("messages", None))
        if record.pop("stickyRejectMessage", None) is not None or told.keys() - done:
            refuse(run, "the text of a rejection", "1.7", "reject without a text, or convert to 1.7 or later")


def legacy_name(key: str) -> str:
    """Return the name under which older numbers file decisions on a tool."""
    tool = tool_key(key)
    if tool is None:
        return key
    return tool[2] if tool[0] == "hosted_mcp" else tool_name(tool)


def _standing(record: Json) -> str | None:
    return next((name for name in ("approved", "rejected") if record.get(name) is True), None)


def _runs(run: Run) -> Iterator[Run]:
    yield run
    for child in run.children():
        yield from _runs(child)
