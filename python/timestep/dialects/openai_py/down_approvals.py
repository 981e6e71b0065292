"""Decisions of an `openai-agents` file, filed as older numbers file them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timestep.dialects.openai_py import filed_decisions as decisions
from timestep.dialects.openai_py.downgrades import refuse
from timestep.dialects.openai_py.filed import Json, calls, dict_of, dicts_of, interruptions, raw_of
from timestep.dialects.openai_py.keys import approval_keys
from timestep.types.items import call_id_of

if TYPE_CHECKING:
    from timestep.dialects.steps import Run


def by_name(run: Run) -> None:
    """1.18: decisions on functions stand under the tool's name, for every agent.

    Raises:
        ConversionError: one agent's decision would hold for a call of another that waits, or they contradict.
    """
    filed = decisions.records(run.value)
    entries = dicts_of(decisions.context(run.value).pop("function_tool_approvals", None))
    for entry in entries:
        name, record = str(entry.get("tool_key")), dict_of(entry.get("decision"))
        if decisions.standing(record):
            _alone(run, entry, entries)
            note = f"given for agent {dict_of(entry.get('agent')).get('name')!r}; older SDKs follow it for every agent"
            run.account.note("derived", f"{run.pointer or '/'}: standing decision on {name!r}", note)
        _merge(run, filed, name, record, "1.18")


def _alone(run: Run, standing: Json, entries: list[Json]) -> None:
    """Refuse a standing decision that an undecided call of another agent would fall under."""
    name = standing.get("tool_key")
    for call_id, call in calls(run.value).items():
        if call.done or call.agent == standing.get("agent") or name not in approval_keys(call.tool):
            continue
        own = [entry for entry in entries if entry.get("tool_key") == name and entry.get("agent") == call.agent]
        if not any(_settles(entry, call_id) for entry in own):
            refuse(run, f"a standing decision on {name!r} for one agent", "1.18", "decide the other agent's call first")


def _settles(entry: Json, call_id: str) -> bool:
    record = dict_of(entry.get("decision"))
    return bool(decisions.standing(record)) or call_id in decisions.named(record)


def _merge(run: Run, filed: dict[str, Json], name: str, record: Json, brought: str) -> None:
    """Put a record under a name, beside what stands there already."""
    kept = filed.setdefault(name, decisions.new())
    here, there = decisions.standing(kept), decisions.standing(record)
    if here and there and here != there:
        refuse(run, f"standing decisions on {name!r} that differ", brought)
    for verdict in decisions.VERDICTS:
        other = "rejected" if verdict == "approved" else "approved"
        if set(decisions.ids(record, verdict)) & set(decisions.ids(kept, other)):
            refuse(run, f"decisions on two calls of {name!r} that share an id", brought)
    merged = {
        verdict: [*decisions.ids(kept, verdict), *decisions.ids(record, verdict)] for verdict in decisions.VERDICTS
    }
    texts = decisions.messages(kept) | decisions.messages(record)
    found = here or there
    for verdict in decisions.VERDICTS:
        exact = list(dict.fromkeys(merged[verdict]))
        kept[verdict] = True if verdict == found else exact or (False if found == "rejected" else exact)
    if texts:
        kept["rejection_messages"] = texts
    for member in ("sticky_rejection_message", "sticky_scope"):
        if member in record:
            kept.setdefault(member, record[member])


def sticky_first(run: Run) -> None:
    """1.16: decisions on calls that differ from the standing one; before, the standing one held for them too.

    Raises:
        ConversionError: such a call is still open.
    """
    known = calls(run.value)
    for record in decisions.all_records(run.value):
        found = decisions.standing(record)
        if found is None:
            continue
        other = "rejected" if found == "approved" else "approved"
        for call_id in decisions.ids(record, other):
            if call_id not in known or not known[call_id].done:
                refuse(run, f"a decision on call {call_id!r} that differs from the standing one", "1.16")
        record[other] = False if found == "rejected" else []


def by_tool(run: Run) -> None:
    """1.15: decisions on hosted MCP calls go by tool name, and standing ones are bound to no tool.

    Raises:
        ConversionError: a standing decision on a tool of one server would hold for a call of another.
    """
    known, filed = calls(run.value), decisions.records(run.value)
    entries = dicts_of(decisions.context(run.value).pop("hosted_mcp_approvals", None))
    decided = {call_id for entry in entries for call_id in decisions.named(dict_of(entry.get("decision")))}
    for entry in entries:
        identity, record = dict_of(entry.get("identity")), dict_of(entry.get("decision"))
        asked = known.get(str(identity.get("request_id")))
        name = identity.get("tool_name") or (asked.tool[2] if asked else None)
        if identity.get("type") == "query" or name is None:
            continue
        for call_id, call in known.items() if decisions.standing(record) else ():
            elsewhere = call.tool[::2] == ("hosted_mcp", name) and call.tool[1] != identity.get("server_label")
            if elsewhere and not call.done and call_id not in decided:
                refuse(run, f"a standing decision on {name!r} of one MCP server", "1.15")
        _merge(run, filed, str(name), record, "1.15")
    for name in [name for name in filed if name.startswith("apply_patch:")]:
        _merge(run, filed, "apply_patch", filed.pop(name), "1.15")
    for record in filed.values():
        record.pop("sticky_scope", None)


def lift(run: Run) -> None:
    """1.15: decisions on calls of nested runs stand with the run above, which hands them down when it goes on.

    A standing decision stays with its run, which follows it itself; above, only the call that waits is decided.

    Raises:
        ConversionError: a decision would reach another call than the one it was made on, or its text would be lost.
    """
    filed, own = decisions.records(run.value), calls(run.value)
    lifted: set[tuple[str, str]] = set()
    for child in run.children():
        below = decisions.records(child.value)
        for item in interruptions(child.value):
            call_id, name = call_id_of(raw_of(item)) or "", decisions.names(item)[0]
            found, above = decisions.verdict_on(below, item, call_id), decisions.verdict_on(filed, item, call_id)
            if (name, call_id) in lifted or (call_id in own and name in approval_keys(own[call_id].tool)):
                refuse(run, f"calls of several runs that share the id {call_id!r}", "1.15")
            if above is not None and (found is None or found[0] != above[0]):
                refuse(run, f"a standing decision on {name!r} that is not meant for nested runs", "1.15")
            if found is not None:
                _lift(run, below, item, found)
                decisions.decide(filed, name, call_id, found[0], always=False)
                lifted.add((name, call_id))


def _lift(run: Run, below: dict[str, Json], item: Json, found: tuple[str, bool]) -> None:
    """Take a decision on a call out of the nested run's records, unless it stands for all calls."""
    call_id, always = call_id_of(raw_of(item)) or "", found[1]
    for name in decisions.names(item):
        record = below.get(name, {})
        text = decisions.messages(record).get(call_id)
        if text is not None and (not always or text != record.get("sticky_rejection_message")):
            refuse(run, "the text of a rejection in a nested run", "1.15", "reject without a text")
        if not always:
            decisions.forget(record, {call_id})
            if name in below and not decisions.says(record):
                del below[name]


def messages(run: Run) -> None:
    """1.6: what the model is told of a rejection; only texts that are still to be sent matter.

    Raises:
        ConversionError: the rejected call is open, or the rejection stands.
    """
    known = calls(run.value)
    for record in decisions.records(run.value).values():
        open_calls = [
            call_id for call_id in decisions.messages(record) if not (call_id in known and known[call_id].done)
        ]
        if record.pop("sticky_rejection_message", None) is not None or open_calls:
            refuse(run, "the text of a rejection", "1.6", "reject without a text, or convert to 1.6 or later")
        record.pop("rejection_messages", None)
