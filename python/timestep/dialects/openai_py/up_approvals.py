"""Decisions of older numbers, which stood by tool name for the whole tree, as the current number keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from timestep.dialects.openai_py import filed_decisions as decisions
from timestep.dialects.openai_py.decisions import sticky_scope
from timestep.dialects.openai_py.filed import Call, Json, agents, calls, dict_of, dicts_of, interruptions, raw_of
from timestep.dialects.openai_py.keys import approval_keys
from timestep.types.items import call_id_of
from timestep.types.state import ToolKey

if TYPE_CHECKING:
    from timestep.dialects.steps import Run


def hand_down(run: Run, known: Mapping[str, Call]) -> None:
    """1.15: decisions on calls of nested runs go into the states of those runs.

    Older SDKs kept them with the run above and took them over when the nested run went on, a standing decision
    before one on the call, and without the text of a rejection. Those on calls of nested runs that are over stayed.
    """
    filed = decisions.records(run.value)
    given: set[str] = set()
    for child in run.children():
        decisions.check(child)
        given |= _waiting(child, filed) | _made(child, filed, known)
    gone = {call_id for record in filed.values() for call_id in decisions.named(record)} - known.keys()
    _leave_out(run, filed, gone)
    run.account.note("derived", f"{run.pointer or '/'}: decisions on nested calls", "handed down", count=len(given))
    note = "on calls that no run has any more"
    run.account.note("dropped", f"{run.pointer or '/'}: decisions", note, count=len(gone - given))


def _waiting(child: Run, filed: Mapping[str, Json]) -> set[str]:
    """Decide the calls that a nested run waits for as the run above does; return their ids."""
    below, given = decisions.records(child.value), set[str]()
    for item in interruptions(child.value):
        call_id = call_id_of(raw_of(item)) or ""
        found = decisions.verdict_on(filed, item, call_id)
        if found is not None:
            decisions.decide(below, decisions.names(item)[0], call_id, found[0], always=found[1])
            given.add(call_id)
    return given


def _made(child: Run, filed: Mapping[str, Json], known: Mapping[str, Call]) -> set[str]:
    """Give a nested run the earlier decisions on its calls, and on those of runs nested in it; return their ids."""
    below, inner, given = decisions.records(child.value), _ids_below(child), set[str]()
    for name, record in filed.items():
        for verdict in decisions.VERDICTS:
            for call_id in decisions.ids(record, verdict):
                if call_id in inner and call_id not in known:
                    decisions.decide(below, name, call_id, verdict, always=False)
                    given.add(call_id)
    return given


def _ids_below(run: Run) -> set[str]:
    return {*calls(run.value), *(call_id for child in run.children() for call_id in _ids_below(child))}


def _leave_out(run: Run, filed: Mapping[str, Json], gone: set[str]) -> None:
    """Take decisions on calls of other runs out of the records of a run."""
    for record in filed.values():
        if gone & decisions.messages(record).keys():
            run.account.note("dropped", f"{run.pointer or '/'}: texts of nested rejections", "their SDK sends none")
        decisions.forget(record, gone)


def by_server(run: Run, known: Mapping[str, Call]) -> None:
    """1.15: decisions on hosted MCP calls, filed by tool name until then, go by server and tool."""
    filed = decisions.records(run.value)
    hosted = {call_id: call for call_id, call in known.items() if call.tool[0] == "hosted_mcp"}
    others = {name for call in known.values() if call.tool[0] != "hosted_mcp" for name in approval_keys(call.tool)}
    entries: list[Json] = []
    for name in [name for name in filed if any(call.tool[2] == name for call in hosted.values())]:
        record = filed[name]
        for server in dict.fromkeys(call.tool[1] for call in hosted.values() if call.tool[2] == name):
            asked = {call_id for call_id, call in hosted.items() if call.tool[1:] == (server, name)}
            identity = {"type": "server_tool", "server_label": server, "tool_name": name}
            decision = decisions.without(record, decisions.named(record) - asked)
            if decisions.says(decision):
                entries.append({"identity": identity, "decision": decision})
        if name not in others:
            del filed[name]
    if entries:
        decisions.context(run.value)["hosted_mcp_approvals"] = entries
        run.account.note("derived", f"{run.pointer or '/'}: hosted MCP approvals", "by server", count=len(entries))


def bind_sticky(run: Run, known: Mapping[str, Call]) -> None:
    """1.15: a standing decision names the digest of the tool that it is for."""
    for name, record in decisions.records(run.value).items():
        if decisions.standing(record):
            record["sticky_scope"] = sticky_scope(decisions.tool_named(name, known))
    for entry in dicts_of(decisions.context(run.value).get("hosted_mcp_approvals")):
        identity = dict_of(entry["identity"])
        if decisions.standing(entry["decision"]):
            tool: ToolKey = ("hosted_mcp", identity["server_label"], str(identity["tool_name"]))
            entry["decision"]["sticky_scope"] = sticky_scope(tool)


def sticky_first(run: Run) -> None:
    """1.16: decisions on calls win over a standing one from now on; before, they had no effect beside it."""
    decisions.check(run)
    overruled = 0
    for record in decisions.all_records(run.value):
        found = decisions.standing(record)
        other = "rejected" if found == "approved" else "approved"
        if found is not None:
            overruled += len(decisions.ids(record, other))
            record[other] = False if found == "rejected" else []
    note = "a standing one overruled them"
    run.account.note("dropped", f"{run.pointer or '/'}: decisions on calls", note, count=overruled)


def by_agent(run: Run) -> None:
    """1.18: decisions on function tools go by agent; standing ones held for every agent of the run."""
    decisions.check(run)
    filed = decisions.records(run.value)
    known = calls(run.value) if filed else {}
    entries: list[Json] = []
    for name in [name for name in filed if decisions.tool_named(name, known)[0] in decisions.FUNCTIONS]:
        record = filed.pop(name)
        named = decisions.named(record)
        owners = {str(call.agent): call.agent for call_id, call in known.items() if call_id in named}
        if decisions.standing(record):
            owners |= {str(agent): agent for agent in agents(run.value)}
            note = "for the agents at hand; later ones ask again"
            run.account.note("derived", f"{run.pointer or '/'}: standing decision on {name!r}", note)
        elif not owners:
            owners = {"": dict_of(run.value.get("current_agent"))}
        for owner, agent in owners.items():
            foreign = {call_id for call_id, call in known.items() if str(call.agent) != owner}
            entries.append({"agent": agent, "tool_key": name, "decision": decisions.without(record, foreign)})
    told = [entry for entry in entries if decisions.says(entry["decision"])]
    if told:
        decisions.context(run.value)["function_tool_approvals"] = told
