"""Decisions in an `openai-agents` run context (approvals.md; spec/dialects/openai-agents-python.md)."""

from __future__ import annotations

from collections.abc import Sequence

from timestep.codec.pointer import join
from timestep.dialects import records
from timestep.dialects.openai_py import shape
from timestep.dialects.openai_py.fingerprint import invocation_identity
from timestep.dialects.openai_py.keys import approval_keys, lookup_tuple, tool_name
from timestep.dialects.tree import Tree
from timestep.types.base import Item
from timestep.types.items import KIND_OF
from timestep.types.state import Approval, Call, Entry, ToolKey

_NATIVE = {"shell", "local_shell", "apply_patch", "computer"}
_TYPE_OF = {kind: call_type for call_type, kind in KIND_OF.items()} | {"function_deferred": "function_call"}


class Decisions:
    """Reads the decisions of one context against the calls of its run."""

    def __init__(
        self, tree: Tree, run: str, context: shape.Context, *, log: Sequence[Entry], calls: Sequence[Call]
    ) -> None:
        self.tree, self.run, self.context, self.log = tree, run, context, log
        self.by_id = {call.call_id: call for call in calls}
        self.calls = calls
        self.found: list[Approval] = []

    def read(self, pointer: str) -> list[Approval]:
        """Return the decisions that the SDK itself would honour; report the others."""
        for index, entry in enumerate(self.context.function_tool_approvals):
            at = join(["function_tool_approvals", index, "decision"], base=pointer)
            agent = self.tree.agent(entry.agent.name, entry.agent.identity)
            self._record(entry.decision, agent, self._function_tool(entry.tool_key), at)
        for name, decision in self.context.approvals.items():
            self._record(decision, "*", self._native_tool(name), join(["approvals", name], base=pointer))
        for index, hosted in enumerate(self.context.hosted_mcp_approvals):
            tool: ToolKey = ("hosted_mcp", hosted.identity.server_label, hosted.identity.tool_name or "")
            if hosted.identity.type != "query":  # a copy for look-ups by name, which authorizes nothing
                at = join(["hosted_mcp_approvals", index, "decision"], base=pointer)
                self._record(hosted.decision, "*", tool, at)
        return self.found

    def _record(self, decision: shape.Decision, agent: str, tool: ToolKey, pointer: str) -> None:
        record = records.Record(
            decision.approved, decision.rejected, decision.rejection_messages, decision.sticky_rejection_message
        )
        record.check(pointer)
        for decided in record.exact():
            self._exact(decided, agent, tool, pointer)
        standing = record.standing(self.run, agent, tool)
        if standing is not None and self._sticky_bound(decision.sticky_scope, tool, pointer):
            self.found.append(standing)

    def _exact(self, decided: records.Exact, agent: str, tool: ToolKey, pointer: str) -> None:
        call_id, verdict, message = decided
        call = self.by_id.get(call_id)
        if call is None:
            self.tree.warn(
                "approval-unbound",
                f"the decision on call {call_id!r} is on a call that the run does not have; it decides nothing here",
                pointer,
                why="a nested run's decisions stand in its own state",
                rule="TS-APPR-020",
            )
            self.found.append(
                Approval(run=self.run, agent=agent, tool=tool, call_id=call_id, decision=verdict, message=message)
            )
            return
        if call_id not in self.context.tool_invocations:
            self._unbound(f"the decision on call {call_id!r} is bound to no recorded call", pointer)
            return
        owner = self.log[call.item].agent or agent
        if agent not in {owner, "*"} or not _covers(tool, call.tool):
            self._unbound(f"the decision on call {call_id!r} names another tool or agent than the call does", pointer)
            return
        if any(a.item == call.item and a.decision == verdict for a in self.found):
            return  # written again under an alias of the same tool
        self.found.append(records.on_call(self.run, owner, call, decided))

    def _sticky_bound(self, scope: str | None, tool: ToolKey, pointer: str) -> bool:
        expected = sticky_scope(tool)
        if expected is not None and scope == expected:
            return True
        self._unbound(f"the standing decision on {tool_name(tool)!r} is not bound to that tool", pointer)
        return False

    def _unbound(self, message: str, pointer: str) -> None:
        self.tree.warn(
            "approval-unbound",
            message,
            pointer,
            why="the SDK would ask again; the decision is not carried",
            rule="TS-APPR-020",
        )
        self.tree.account.note("dropped", "approval", message)

    def _function_tool(self, key: str) -> ToolKey:
        for call in self.calls:
            if key in approval_keys(call.tool):
                return call.tool
        if key.startswith("deferred_top_level:"):
            return ("function_deferred", None, key.removeprefix("deferred_top_level:"))
        namespace, dot, name = key.rpartition(".")
        return ("function", namespace, name) if dot and namespace and name else ("function", None, key)

    def _native_tool(self, name: str) -> ToolKey:
        plain = name.partition(":")[0] if name.startswith("apply_patch:") else name
        for call in self.calls:
            if call.tool[0] not in {"function", "function_deferred"} and call.tool[2] == plain:
                return call.tool
        return (plain if plain in _NATIVE else "custom", None, plain)


def _covers(tool: ToolKey, actual: ToolKey) -> bool:
    """Tell whether a decision filed under `tool` may be about a call of `actual`: the same tool or its alias."""
    return tool == actual or (tool[2] == actual[2] and {tool[0], actual[0]} == {"function", "function_deferred"})


def sticky_scope(tool: ToolKey) -> str | None:
    """Return the scope digest that the SDK binds a standing decision to."""
    kind, namespace, name = tool
    call_type = _TYPE_OF.get(kind)
    if call_type is None:
        return None
    probe: Item = {"type": call_type, "call_id": "x", "id": "x", "name": name, "arguments": "{}", "input": ""}
    probe |= {"action": {}, "operation": {}}
    if namespace is not None:
        probe["server_label" if kind == "hosted_mcp" else "namespace"] = namespace
    identity = invocation_identity(probe, lookup_key=lookup_tuple(tool), tool_name=name, role=None)
    return identity.approval_scope if identity is not None else None
