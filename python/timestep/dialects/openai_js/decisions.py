"""Decisions in an `@openai/agents` state: they stand in the root's context and hold for the whole tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from timestep.codec.pointer import join
from timestep.dialects import records, story
from timestep.dialects.openai_js import shape
from timestep.dialects.openai_js.keys import tool_key, tool_name
from timestep.dialects.openai_js.story import fingerprint
from timestep.dialects.tree import Tree
from timestep.types.state import Approval, Call, Run, ToolKey

_COMPUTER = {"computer", "computer_use_preview"}
_FUNCTIONS = {"function", "function_deferred"}


class Decisions:
    """Reads the decisions of one context against the calls of all runs."""

    def __init__(self, tree: Tree, context: shape.Context, pointer: str) -> None:
        self.tree, self.context, self.pointer = tree, context, pointer
        self.by_id: dict[str, list[tuple[Run, Call]]] = {}
        for run in tree.runs:
            for call in run.calls:
                self.by_id.setdefault(call.call_id, []).append((run, call))
        self.bound = {owner.agent_identity: owner.invocations for owner in context.approval_invocations}

    def read(self) -> None:
        """Add the decisions that the SDK itself would honour to the tree; report the others."""
        for index, owner in enumerate(self.context.function_approvals):
            for key, decision in owner.approvals.items():
                at = join(["functionApprovals", index, "approvals", key], base=self.pointer)
                self._record(decision, owner.agent_identity, tool_key(key) or ("function", None, key), at)
        for index, owner in enumerate(self.context.approval_invocations):
            for key, decision in owner.approvals.items():
                at = join(["approvalInvocations", index, "approvals", key], base=self.pointer)
                self._record(decision, owner.agent_identity, tool_key(key) or self._native_tool(key), at, sticky=False)
        # Here single decisions are copies for look-ups by name; the ones that count are kept by agent, above.
        for key, decision in self.context.approvals.items():
            at = join(["approvals", key], base=self.pointer)
            self._record(decision, "*", self._native_tool(key), at, exact=False)
        for key, decision in self.context.hosted_mcp_approvals.items():
            at = join(["hostedMcpApprovals", key], base=self.pointer)
            self._record(decision, "*", tool_key(key) or ("hosted_mcp", None, key), at, exact=False)
        for key, decision in self.context.legacy_function_approvals.items():
            at = join(["legacyFunctionApprovals", key], base=self.pointer)
            for tool in self._functions(key):
                self._record(decision, "*", tool, at)

    def _record(
        self,
        decision: shape.Decision,
        agent: str,
        tool: ToolKey,
        pointer: str,
        *,
        exact: bool = True,
        sticky: bool = True,
    ) -> None:
        record = records.Record(decision.approved, decision.rejected, decision.messages, decision.sticky_reject_message)
        record.check(pointer)
        for decided in record.exact() if exact else []:
            self._exact(decided, agent, tool, pointer)
        standing = record.standing("*", agent, tool) if sticky else None
        if standing is not None:
            self.tree.mention(agent)
            self._add(standing)

    def _exact(self, decided: records.Exact, agent: str, tool: ToolKey, pointer: str) -> None:
        call_id = decided[0]
        marks = self._marks(call_id, agent)
        if not marks:
            self._unbound(f"the decision on call {call_id!r} is bound to no exact call", pointer)
            return
        found = [(run, call) for run, call in self._calls(call_id, agent) if _covers(tool, call.tool)]
        if not found:
            there = any(call.call_id == call_id for run in self.tree.runs for call in run.calls)
            what = "names another tool or agent than the call does" if there else "is on a call that is gone"
            self._unbound(f"the decision on call {call_id!r} {what}", pointer)
            return
        for run, call in found:
            if fingerprint(call, run.log[call.item]) not in marks:
                raise story.changed(call_id, pointer)
            owner = run.log[call.item].agent or run.agent
            self._add(records.on_call(run.id, owner, call, decided))

    def _marks(self, call_id: str, agent: str) -> set[str]:
        """The fingerprints that decisions on this call are bound to."""
        owners: Sequence[Mapping[str, str]] = list(self.bound.values()) if agent == "*" else [self.bound.get(agent, {})]
        return {marks[call_id] for marks in owners if call_id in marks}

    def _calls(self, call_id: str, agent: str) -> list[tuple[Run, Call]]:
        name = self.tree.agents.get(agent, agent)
        found = [(run, call) for run, call in self.by_id.get(call_id, []) if self._named(run, call, agent, name)]
        exact = [(run, call) for run, call in found if (run.log[call.item].agent or run.agent) == agent]
        return exact or found

    def _named(self, run: Run, call: Call, agent: str, name: str) -> bool:
        """Nested runs number agents of one name within their own graph, so below the root names must do."""
        owner = run.log[call.item].agent or run.agent
        return agent in {"*", owner} or (run.parent is not None and self.tree.agents[owner] == name)

    def _add(self, approval: Approval) -> None:
        if approval not in self.tree.approvals:
            self.tree.approvals.append(approval)

    def _unbound(self, message: str, pointer: str) -> None:
        self.tree.warn(
            "approval-unbound",
            message,
            pointer,
            why="the SDK would refuse the state or ask again; the decision is not carried",
            rule="TS-APPR-020",
        )
        self.tree.account.note("dropped", "approval", message)

    def _functions(self, name: str) -> list[ToolKey]:
        """List the functions that go by a name; older numbers know tools by it alone, for every agent."""
        known = {call.tool: None for run in self.tree.runs for call in run.calls if call.tool[0] in _FUNCTIONS}
        named = [tool for tool in known if name in {tool_name(tool), f"{tool[1]}.{tool[2]}"}]
        namespace, _, last = name.rpartition(".")
        return named or [("function", namespace or None, last)]

    def _native_tool(self, name: str) -> ToolKey:
        for run in self.tree.runs:
            for call in run.calls:
                if call.tool[0] not in {"function", "function_deferred", "hosted_mcp"} and call.tool[2] == name:
                    return call.tool
        kind = "computer" if name in _COMPUTER else name
        return (kind if kind in {"computer", "shell", "apply_patch"} else "custom", None, name)


def _covers(tool: ToolKey, actual: ToolKey) -> bool:
    """Tell whether a decision filed under `tool` may be about a call of `actual`: the same tool or its alias."""
    if tool == actual or (tool[0] == actual[0] == "computer"):
        return True
    return tool[2] == actual[2] and {tool[0], actual[0]} == {"function", "function_deferred"}
