"""Run items as `openai-agents` wraps them."""

from __future__ import annotations

from typing import Any, cast

from timestep.dialects.handoffs import handoff_target, told_agent
from timestep.dialects.openai_py.keys import lookup_json, tool_name
from timestep.dialects.refs import AgentRefs
from timestep.types.base import Item
from timestep.types.items import is_call, is_output, type_of
from timestep.types.state import Call, Entry, Run

_WRAPPERS = {
    "reasoning": "reasoning_item",
    "tool_search_call": "tool_search_call_item",
    "tool_search_output": "tool_search_output_item",
    "compaction": "compaction_item",
    "mcp_list_tools": "mcp_list_tools_item",
    "mcp_approval_request": "mcp_approval_request_item",
    "mcp_approval_response": "mcp_approval_response_item",
    "program_output": "tool_call_output_item",
}


def complete(item: Item) -> Item:
    """Return an item of an answer with what the SDK does not read a message without, but for an id (TS-ITEM-005)."""
    if type_of(item) != "message" or item.get("role") != "assistant":
        return item
    whole: Item = {"type": "message", **item}
    if isinstance(whole.get("content"), list):
        whole["content"] = [_part(part) for part in whole["content"]]
    return whole


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    members = cast("dict[str, Any]", part)
    return {"annotations": [], **members} if members.get("type") == "output_text" else members


class Wrapper:
    """Wraps the log entries of one run."""

    def __init__(self, run: Run, refs: AgentRefs) -> None:
        self.run, self.refs = run, refs
        self.by_item = {call.item: call for call in run.calls}
        self.call_of_output = {seq: call for call in run.calls for seq in call.outputs}

    def wrap(self, seq: int) -> dict[str, Any]:
        """Write one log entry as a run item."""
        entry = self.run.log[seq]
        kind = self._kind(seq, entry)
        item: dict[str, Any] = {
            "type": kind,
            "raw_item": complete(entry.item),
            "agent": self.refs.ref(entry.agent or self.run.agent),
        }
        if kind == "input_item":
            item["input_id"] = f"input_{self.run.id}_{seq}"
        elif kind == "tool_call_output_item":
            item["output"] = entry.item.get("output", entry.item.get("result", ""))
        elif kind == "handoff_output_item":
            item |= self._handoff_ends(seq)
        elif kind == "tool_call_item":
            item |= self._tool_call(seq, entry)
        return item

    def approval(self, call: Call) -> dict[str, Any]:
        """Write the placeholder of a call that waits for a decision."""
        entry = self.run.log[call.item]
        item: dict[str, Any] = {
            "type": "tool_approval_item",
            "raw_item": entry.item,
            "agent": self.refs.ref(entry.agent or self.run.agent),
            "tool_name": call.tool[2],
        }
        if call.tool[0] == "function" and call.tool[1]:
            item["tool_name"] = call.tool[2]
            item["tool_namespace"] = call.tool[1]
        lookup = lookup_json(call.tool)
        if lookup is not None:
            item["tool_lookup_key"] = lookup
        return item

    def _kind(self, seq: int, entry: Entry) -> str:
        kind = type_of(entry.item)
        if kind == "message":
            return "message_output_item" if entry.item.get("role") == "assistant" else "input_item"
        if kind in _WRAPPERS:
            return _WRAPPERS[kind]
        if is_output(entry.item):
            call = self.call_of_output.get(seq)
            taken = call is not None and call.role == "handoff" and told_agent(entry.item) is not None
            return "handoff_output_item" if taken else "tool_call_output_item"
        call = self.by_item.get(seq)
        return "handoff_call_item" if call is not None and call.role == "handoff" else "tool_call_item"

    def _tool_call(self, seq: int, entry: Entry) -> dict[str, Any]:
        call = self.by_item.get(seq)
        if call is not None:
            return {"tool_name": tool_name(call.tool) if call.tool[0] == "function" else call.tool[2]}
        name = entry.item.get("name")
        return {"tool_name": name} if is_call(entry.item) and isinstance(name, str) else {}

    def _handoff_ends(self, seq: int) -> dict[str, Any]:
        call = self.call_of_output[seq]
        source = self.run.log[call.item].agent or self.run.agent
        return {
            "source_agent": self.refs.ref(source),
            "target_agent": self.refs.ref(handoff_target(self.run, seq, self.refs.names)),
        }


def tools_used(run: Run, start: int, end: int) -> list[str]:
    """List the names of the tools a response called, in order."""
    calls = {call.item: call for call in run.calls}
    used: list[str] = []
    for seq in range(start, end):
        call = calls.get(seq)
        if call is not None and call.role != "hosted":
            used.append(call.tool[2])
    return used
