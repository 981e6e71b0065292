"""Run items as `@openai/agents` wraps them."""

from __future__ import annotations

from typing import Any

from timestep.dialects.account import Account
from timestep.dialects.handoffs import handoff_target, told_agent
from timestep.dialects.openai_js.items import ItemError, to_protocol
from timestep.dialects.openai_js.keys import state_key, tool_name
from timestep.dialects.refs import AgentRefs
from timestep.types.base import Item
from timestep.types.items import is_output, type_of
from timestep.types.state import Call, Entry, Run

_WRAPPERS = {
    "reasoning": "reasoning_item",
    "tool_search_call": "tool_search_call_item",
    "tool_search_output": "tool_search_output_item",
    "compaction": "compaction_item",
    "program_output": "tool_call_output_item",
}
#: Results that the SDK itself produced by running a local tool.
_LOCAL = frozenset({"function_call_output", "computer_call_output", "shell_call_output", "apply_patch_call_output"})


class Wrapper:
    """Wraps the log entries of one run."""

    def __init__(self, run: Run, refs: AgentRefs, account: Account) -> None:
        self.run, self.refs, self.account = run, refs, account
        self.by_item = {call.item: call for call in run.calls}
        self.call_of_output = {seq: call for call in run.calls for seq in call.outputs}
        self.tool_names = {call.call_id: (call.tool[2], call.tool[1]) for call in run.calls}
        for entry in run.log:
            name, call_id = entry.item.get("name"), entry.item.get("call_id")
            if isinstance(name, str) and isinstance(call_id, str):
                namespace = entry.item.get("namespace")
                self.tool_names[call_id] = (name, namespace if isinstance(namespace, str) else None)

    def raw(self, seq: int, *, run_item: bool = False) -> Item:
        """Write one log entry as a protocol item.

        Raises:
            ConversionError: the SDK has no such item.
        """
        item = self.run.log[seq].item
        try:
            return to_protocol(item, names=self.tool_names, run_item=run_item)
        except ItemError as error:
            self.account.refuse(f"run {self.run.id}, item {seq} ({type_of(item)})", str(error))
            raise

    def wrap(self, seq: int) -> dict[str, Any]:
        """Write one log entry as a run item."""
        entry = self.run.log[seq]
        kind = self._kind(seq, entry)
        raw = self.raw(seq, run_item=kind != "input_item")
        agent = self.refs.ref(entry.agent or self.run.agent)
        if kind == "handoff_output_item":
            return {"type": kind, "rawItem": raw, **self._handoff_ends(seq)}
        item: dict[str, Any] = {"type": kind, "rawItem": raw, "agent": agent}
        if kind == "input_item":
            item["inputId"] = f"input_{self.run.id}_{seq}"
        elif kind == "tool_call_output_item":
            item |= self._output(seq, entry, raw)
        elif kind == "tool_call_item":
            call = self.by_item.get(seq)
            if call is not None and call.tool[0] == "function_deferred" and "namespace" not in entry.item:
                item["functionToolStateKey"] = state_key(call.tool)
        return item

    def approval(self, call: Call) -> dict[str, Any]:
        """Write the placeholder of a call that waits for a decision."""
        entry = self.run.log[call.item]
        raw = dict(self.raw(call.item))
        item: dict[str, Any] = {
            "type": "tool_approval_item",
            "rawItem": raw,
            "agent": self.refs.ref(entry.agent or self.run.agent),
            "toolName": tool_name(call.tool) if call.tool[0] == "function" else call.tool[2],
        }
        if call.role == "hosted":
            raw["name"], raw["status"] = call.tool[2], "in_progress"
        elif call.tool[0] in {"function", "function_deferred"}:
            item["functionToolStateKey"] = state_key(call.tool)
        return item

    def _kind(self, seq: int, entry: Entry) -> str:
        kind = type_of(entry.item)
        if kind == "message":
            return "message_output_item" if entry.item.get("role") == "assistant" else "input_item"
        if kind in _WRAPPERS:
            return _WRAPPERS[kind]
        if kind == "mcp_approval_response":
            return "tool_call_item"
        if is_output(entry.item):
            call = self.call_of_output.get(seq)
            return "handoff_output_item" if call is not None and self.taken(call) else "tool_call_output_item"
        call = self.by_item.get(seq)
        return "handoff_call_item" if call is not None and self.taken(call) else "tool_call_item"

    def taken(self, call: Call) -> bool:
        """Tell whether a call is a handoff that took place or still may; one that was turned down is a plain call."""
        return call.role == "handoff" and all(told_agent(self.run.log[seq].item) is not None for seq in call.outputs)

    def _output(self, seq: int, entry: Entry, raw: Item) -> dict[str, Any]:
        output: Any = entry.item.get("output", entry.item.get("result", ""))
        if not isinstance(output, str):
            output = raw.get("output", "")
        found: dict[str, Any] = {"output": output}
        call = self.call_of_output.get(seq)
        if call is not None and call.state == "completed" and type_of(entry.item) in _LOCAL:
            found["executionStatus"] = "executed"
        return found

    def _handoff_ends(self, seq: int) -> dict[str, Any]:
        call = self.call_of_output[seq]
        source = self.run.log[call.item].agent or self.run.agent
        return {
            "sourceAgent": self.refs.ref(source),
            "targetAgent": self.refs.ref(handoff_target(self.run, seq, self.refs.names)),
        }
