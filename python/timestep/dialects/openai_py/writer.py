"""Writes `openai-agents` run states, number 1.21 (spec/dialects/openai-agents-python.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from timestep.codec.pending import child_of, interruptions, last_calls
from timestep.dialects import guardrails, history, pending
from timestep.dialects.account import Account
from timestep.dialects.openai_py import approvals as approvals_out
from timestep.dialects.openai_py.fingerprint import Identity, invocation_identity
from timestep.dialects.openai_py.items import Wrapper, complete, tools_used
from timestep.dialects.openai_py.keys import lookup_json, lookup_tuple, tool_name
from timestep.dialects.refs import AgentRefs
from timestep.types import state
from timestep.types.items import type_of

NUMBER = "1.21"
_ACTIONS = {
    "computer_call": ("computer_actions", "computer"),
    "custom_tool_call": ("custom_tool_actions", "custom_tool"),
    "local_shell_call": ("local_shell_actions", "local_shell"),
    "shell_call": ("shell_actions", "shell"),
    "apply_patch_call": ("apply_patch_actions", "apply_patch"),
}


def write(document: state.Document, account: Account) -> dict[str, Any]:
    """Write a document as one state, nested runs inside their parents.

    Raises:
        ConversionError: something that matters has no place in this dialect.
    """
    return RunWriter(document, document.runs[0], account).write()


class RunWriter:
    """Writes one run and those below it."""

    def __init__(self, document: state.Document, run: state.Run, account: Account) -> None:
        self.document, self.run, self.account = document, run, account
        self.refs = AgentRefs(document, run)
        self.items = Wrapper(run, self.refs)
        self.view = [seq for seq in history.positions(run.view) if seq >= run.input.end]
        self.waiting = interruptions(document, run)

    def write(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        self._refuse_what_cannot_cross()
        run = self.run
        resumed = pending.resumed_in_turn(self.document, run)
        shown = [(owner, call) for owner, call in self.waiting if owner is run or resumed]
        placeholders = [Wrapper(owner, self.refs).approval(call) for owner, call in shown]
        generated = [self.items.wrap(seq) for seq in self.view] + placeholders
        session_seqs = self._session_seqs()
        result: dict[str, Any] = {
            "$schemaVersion": NUMBER,
            "current_turn": self._turn(),
            "current_agent": self.refs.ref(self._agent()),
            "original_input": self._input(),
            "pending_input": [staged.item for staged in run.pending_input],
            "model_responses": self._responses(),
            "context": self._context(),
            "tool_use_tracker": {self.refs.identity(key): tools for key, tools in run.tool_use.items()},
            "max_turns": run.limits.max_turns,
            "no_active_agent_run": True,
            **self._guardrails(),
            **self._server(),
            "reasoning_item_id_policy": run.settings.reasoning_ids if run.settings else None,
            "nested_history_owned_session_item_refs": [],
            "generated_session_item_indexes": self._indexes(session_seqs, len(placeholders)),
            "generated_items": generated,
            "session_items": [self.items.wrap(seq) for seq in session_seqs] + placeholders,
            "current_step": self._step(),
        }
        ownership = self._ownership(generated, placeholders)
        if ownership is not None:
            result["current_response_generated_item_ownership"] = ownership
        result["last_model_response"] = result["model_responses"][-1] if result["model_responses"] else None
        result["last_processed_response"] = self._processed()
        result["current_turn_persisted_item_count"] = self._persisted()
        result["trace"] = self._trace()
        return result

    def _refuse_what_cannot_cross(self) -> None:
        run = self.run
        if run.step.type in {"accepted", "awaiting_model", "acting", "failed"}:
            self.account.refuse(f"run {run.id}", f"a run at step {run.step.type!r} has no form in this dialect")
        if run.parent is None:
            pending.refuse_bound(self.document, "openai-agents-python", self.account)
        pending.refuse_indeterminate(run, self.account)
        approvals_out.refuse_wider(self.document, run, self.account)
        if self._is_native():
            return
        if any(entry.position == "input" and entry.behavior == "tripwire" for entry in run.guardrails.results):
            self.account.refuse(f"run {run.id}", "an input guardrail stopped it, and the target SDK would go on")
        self._require_assumptions()
        for owner, call in self.waiting:
            if call.tool[0] == "computer" and owner is run:
                message = "the Python SDK has no approval for computer calls and would run it unasked"
                self.account.refuse(f"call {call.call_id!r}", message)
            if owner is run and self._identity(call) is None:
                self.account.refuse(
                    f"call {call.call_id!r}", "its arguments hold lone surrogates, which the Python SDK cannot hash"
                )

    def _require_assumptions(self) -> None:
        run = self.run
        if run.step.type == "finished":
            self.account.require(
                "finished-calls-model", f"run {run.id}", "this dialect cannot say that a run is finished"
            )
        if run.guardrails.input_done is not True:
            self.account.require(
                "input-guardrails-completed",
                f"run {run.id}",
                "the initial input guardrails have not all passed, and the target SDK would not run them again",
            )
        if any(call.mcp == "unknown" for call in last_calls(run)):
            message = "a call has no record of which MCP server it was for"
            self.account.require("mcp-recipients", f"run {run.id}", message)
        if run.parent is None:
            approvals_out.require_rejections(self.document, self.account)

    def _is_native(self) -> bool:
        origin = self.document.origin
        return origin is not None and origin.dialect == "openai-agents-python"

    def _turn(self) -> int:
        """Count the turns: one that was begun before its model call is counted when it is begun again."""
        turn = self.run.turn
        return turn.count - 1 if turn.open and turn.count and self.run.step.type == "run_again" else turn.count

    def _agent(self) -> str:
        return self.run.step.to if self.run.step.type == "handoff" and self.run.step.to else self.run.agent

    def _input(self) -> Any:
        run = self.run
        head = [seq for seq in history.positions(run.view) if seq < run.input.end]  # what a session held comes first
        items = [run.log[seq].item for seq in head]
        if run.input.form == "text" and len(items) == 1:
            return items[0].get("content", "")
        return items

    def _session_seqs(self) -> list[int]:
        """The full history: everything after the input but what the last, failed turn left unprocessed."""
        seen = set(self.view)
        run = self.run
        skipped: set[int] = set()
        if run.responses and run.step.type == "run_again":
            last = run.responses[-1]
            skipped = {seq for seq in range(last.start, last.end) if seq not in seen}
        filtered = {seq for seq in range(run.input.end, len(run.log)) if run.log[seq].source == "filter"}
        return [seq for seq in range(run.input.end, len(run.log)) if seq not in skipped and seq not in filtered]

    def _indexes(self, session: Sequence[int], placeholders: int) -> list[int | None]:
        places = {seq: index for index, seq in enumerate(session)}
        mapped: list[int | None] = [places.get(seq) for seq in self.view]
        return mapped + [len(session) + index for index in range(placeholders)]

    def _responses(self) -> list[dict[str, Any]]:
        return [
            {
                "usage": {**_usage(response.usage, requests=1), "request_usage_entries": []},
                "output": [complete(self.run.log[seq].item) for seq in range(response.start, response.end)],
                "response_id": response.id,
                "request_id": response.request_id,
            }
            for response in self.run.responses
        ]

    def _context(self) -> dict[str, Any]:
        document, run = self.document, self.run
        entry: dict[str, Any] = {
            "usage": {
                **_usage(document.usage, requests=0),
                "request_usage_entries": [_request(request) for request in document.usage.entries],
            },
            **approvals_out.native(document, run),
            "tool_invocations": self._invocations(),
            **_context_value(document.context),
        }
        if run.tool_input is not UNSET:
            entry["tool_input"] = run.tool_input
        entry |= approvals_out.hosted(document, run)
        entry |= approvals_out.functions(document, run, self.refs, self.account)
        return entry

    def _invocations(self) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for call in self.run.calls:
            if call.state == "indeterminate" and self._forgotten(call):
                continue
            identity = self._identity(call)
            if identity is None:
                continue
            done = bool(call.outputs)
            rows[call.call_id] = {
                "type": identity.type,
                "approval_scope": identity.approval_scope,
                "fingerprint": identity.fingerprint,
                "executed": done or call.state in {"completed", "suspended", "started", "indeterminate", "failed"},
                "completed": done,
            }
        return rows

    def _identity(self, call: state.Call) -> Identity | None:
        return invocation_identity(
            self.run.log[call.item].item,
            lookup_key=lookup_tuple(call.tool),
            tool_name=None if call.tool[0] in {"function", "function_deferred"} else call.tool[2],
            role="handoff" if call.role == "handoff" else None,
        )

    def _forgotten(self, call: state.Call) -> bool:
        return self.run.step.type == "run_again" and call.item not in self.view

    def _guardrails(self) -> dict[str, Any]:
        results = self.run.guardrails.results
        return {
            f"{position}_guardrail_results": [
                guardrails.written(result, self.refs, _BEHAVIOR) for result in results if result.position == position
            ]
            for position in ("input", "output", "tool_input", "tool_output")
        }

    def _server(self) -> dict[str, Any]:
        server = self.run.server or state.Server()
        return {
            "conversation_id": server.conversation_id,
            "previous_response_id": server.previous_response_id,
            "auto_previous_response_id": server.auto_previous,
            "generated_prompt_cache_key": self.run.settings.prompt_cache_key if self.run.settings else None,
        }

    def _step(self) -> dict[str, Any] | None:
        step = self.run.step
        if step.type == "finished" or not self.run.responses:
            return None
        if step.type != "interrupted":
            return {"type": "next_step_run_again"}
        return {
            "type": "next_step_interruption",
            "data": {
                "interruptions": self._interruptions(),
                "response_accepted": False,
                "llm_end_hooks_started": True,
            },
        }

    def _interruptions(self) -> list[dict[str, Any]]:
        return [Wrapper(owner, self.refs).approval(call) for owner, call in self.waiting]

    def _ownership(self, generated: list[Any], placeholders: list[Any]) -> dict[str, Any] | None:
        """Which generated items the last response owns; only where all its items stand together."""
        run = self.run
        if not placeholders or len(placeholders) != len(self.waiting) or not run.responses:
            return None
        seqs = self._processed_seqs()
        if not seqs or seqs[0] not in self.view:
            return None
        start = self.view.index(seqs[0])
        if self.view[start : start + len(seqs)] != seqs:
            return None
        first = len(self.view)
        return {
            "start": start,
            "end": len(generated),
            "interruptions": list(range(first, first + len(placeholders))),
        }

    def _processed_seqs(self) -> list[int]:
        last = self.run.responses[-1]
        seen = set(self.view)
        return [seq for seq in range(last.start, last.end) if seq in seen]

    def _processed(self) -> dict[str, Any] | None:
        run = self.run
        if not run.responses:
            return None
        seqs = self._processed_seqs()
        if not seqs and run.step.type == "run_again":
            return None
        last = run.responses[-1]
        groups: dict[str, list[Any]] = {"functions": [], **{group: [] for group, _ in _ACTIONS.values()}}
        groups |= {"handoffs": [], "mcp_approval_requests": []}
        bindings: dict[str, Any] = {}
        for call in run.calls:
            if last.start <= call.item < last.end:
                self._processed_call(call, groups)
                if isinstance(call.mcp, state.McpRecipient):
                    bindings[call.call_id] = [call.mcp.server, call.mcp.tool, call.mcp.index]
        return {
            "new_items": [self.items.wrap(seq) for seq in seqs],
            "tools_used": tools_used(run, last.start, last.end),
            **groups,
            "interruptions": self._interruptions(),
            "mcp_tool_bindings": bindings,
        }

    def _processed_call(self, call: state.Call, groups: dict[str, list[Any]]) -> None:
        item = self.run.log[call.item].item
        kind = type_of(item)
        if kind == "mcp_approval_request":
            config = {"type": "mcp", "server_label": call.tool[1]}
            groups["mcp_approval_requests"].append(
                {"request_item": {"raw_item": item}, "mcp_tool": {"name": "hosted_mcp", "tool_config": config}}
            )
        elif kind in _ACTIONS:
            group, key = _ACTIONS[kind]
            groups[group].append({"tool_call": item, key: {"name": call.tool[2]}})
        elif call.role == "handoff":
            groups["handoffs"].append({"tool_call": item, "handoff": {"tool_name": call.tool[2]}})
        else:
            entry: dict[str, Any] = {
                "tool_call": item,
                "tool": {"name": call.tool[2], "lookupKey": lookup_json(call.tool)},
            }
            if call.tool[1]:
                entry["tool"] |= {"namespace": call.tool[1], "qualifiedName": tool_name(call.tool)}
            child = child_of(self.document, self.run, call)
            if child is not None:
                entry["agent_run_state"] = RunWriter(self.document, child, self.account).write()
            groups["functions"].append(entry)

    def _persisted(self) -> int:
        run = self.run
        if run.session is None or not run.responses:
            return 0
        start = run.responses[-1].start
        return sum(1 for seq in range(start, len(run.log)) if seq < run.session.through)

    def _trace(self) -> dict[str, Any] | None:
        trace = self.document.trace
        if trace is None:
            return None
        result: dict[str, Any] = {
            "object": "trace",
            "id": trace.trace_id,
            "workflow_name": trace.workflow_name,
        }
        if trace.group_id is not None:
            result["group_id"] = trace.group_id
        if trace.metadata:
            result["metadata"] = trace.metadata
        return result


def _usage(usage: state.Usage, *, requests: int) -> dict[str, Any]:
    return {
        "requests": usage.requests if usage.requests is not None else requests,
        "input_tokens": usage.input_tokens,
        "input_tokens_details": [{"cached_tokens": 0, **(usage.input_tokens_details or {})}],
        "output_tokens": usage.output_tokens,
        "output_tokens_details": [{"reasoning_tokens": 0, **(usage.output_tokens_details or {})}],
        "total_tokens": usage.total_tokens,
    }


def _request(usage: state.Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "input_tokens_details": {"cached_tokens": 0, **(usage.input_tokens_details or {})},
        "output_tokens_details": {"reasoning_tokens": 0, **(usage.output_tokens_details or {})},
    }


def _context_value(context: state.Context) -> dict[str, Any]:
    if context.kind == "none":
        return {"context": None, "context_meta": _meta("none")}
    value: Any = {} if context.value is UNSET else context.value
    if context.kind == "typed":
        return {"context": value, "context_meta": context.type}
    return {"context": value, "context_meta": _meta("mapping")}


def _meta(kind: str) -> dict[str, Any]:
    return {"original_type": kind, "serialized_via": kind, "requires_deserializer": False, "omitted": False}


_BEHAVIOR = {"allow": "allow", "reject": "reject_content", "raise": "raise_exception"}
