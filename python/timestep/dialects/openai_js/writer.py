"""Writes `@openai/agents` run states, number 1.22 (spec/dialects/openai-agents-js.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from timestep.codec.digest import canonical_json
from timestep.codec.pending import child_of, interruptions, last_calls
from timestep.dialects import guardrails, history, pending
from timestep.dialects.account import Account
from timestep.dialects.handoffs import guessed_target
from timestep.dialects.openai_js import approvals as approvals_out
from timestep.dialects.openai_js import completions
from timestep.dialects.openai_js.items import ItemError, to_protocol
from timestep.dialects.openai_js.keys import state_key
from timestep.dialects.openai_js.wrapped import Wrapper
from timestep.dialects.refs import AgentRefs
from timestep.types import state
from timestep.types.items import type_of

NUMBER = "1.22"
#: The first minor number whose files say whether the initial input guardrails have passed.
_GUARDRAILS_TOLD = 21
_ACTIONS = {
    "computer_call": ("computerActions", "computer", "computer"),
    "shell_call": ("shellActions", "shell", "shell"),
    "apply_patch_call": ("applyPatchActions", "applyPatch", "apply_patch"),
}
#: Tools a response used, by the names the SDK's tracker has for hosted ones.
_UNTRACKED = frozenset({"message", "reasoning", "compaction", "tool_search_call", "tool_search_output"})


def write(document: state.Document, account: Account, *, handoffs: Mapping[str, str], number: str) -> dict[str, Any]:
    """Write a document as one state of the current number; nested runs as parsed values, not yet as text.

    `number` is where the file will go down to: what that number makes no claim of needs nobody's word.

    Raises:
        ConversionError: something that matters has no place in this dialect.
    """
    return RunWriter(document, document.runs[0], account, handoffs, number).write()


class RunWriter:
    """Writes one run and those below it."""

    def __init__(
        self, document: state.Document, run: state.Run, account: Account, handoffs: Mapping[str, str], number: str
    ) -> None:
        self.document, self.run, self.account, self.handoffs, self.number = document, run, account, handoffs, number
        self.refs = AgentRefs(document, run)
        self.items = Wrapper(run, self.refs, account)
        self.view = [seq for seq in history.positions(run.view) if seq >= run.input.end]
        self.waiting = interruptions(document, run)

    def write(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        self._refuse_what_cannot_cross()
        run = self.run
        placeholders = [self.items.approval(call) for owner, call in self.waiting if owner is run]
        generated = [self.items.wrap(seq) for seq in self.view] + placeholders
        responses = self._responses()
        result: dict[str, Any] = {
            "$schemaVersion": NUMBER,
            "currentTurn": run.turn.count,
            "currentAgent": self.refs.ref(run.agent),
            "originalInput": self._input(),
            "modelResponses": responses,
            "context": self._context(),
            "toolUseTracker": {self.refs.identity(key): tools for key, tools in run.tool_use.items()},
            "maxTurns": run.limits.max_turns,
            "noActiveAgentRun": False,
            "initialInputGuardrailsCompleted": self._input_guardrails_done(),
            **self._guardrails(),
            "currentTurnInProgress": run.turn.open,
            "generatedItems": generated,
            "pendingAgentToolRuns": self._nested(),
            "pendingAgentToolRunAliases": {},
            "currentTurnPersistedItemCount": self._persisted(len(placeholders)),
            **completions.records(run, self.items, self.view),
            "trace": self._trace(),
        }
        result |= self._optional(responses, generated, placeholders)
        return result

    def _optional(self, responses: list[Any], generated: list[Any], placeholders: list[Any]) -> dict[str, Any]:
        run = self.run
        found: dict[str, Any] = {
            "currentStep": self._step(),
            "lastModelResponse": responses[-1] if responses else None,
            "lastProcessedResponse": self._processed(),
            "currentResponseGeneratedItemOwnership": self._ownership(generated, placeholders),
            "conversationId": run.server.conversation_id if run.server else None,
            "previousResponseId": run.server.previous_response_id if run.server else None,
            "reasoningItemIdPolicy": run.settings.reasoning_ids if run.settings else None,
        }
        if run.pending_input:
            found["pendingInput"] = [self._protocol(staged.item) for staged in run.pending_input]
        return {key: value for key, value in found.items() if value is not None}

    def _protocol(self, item: dict[str, Any]) -> dict[str, Any]:
        try:
            return to_protocol(item, names=self.items.tool_names)
        except ItemError as error:
            self.account.refuse("an input item", str(error))
            raise

    def _refuse_what_cannot_cross(self) -> None:
        run = self.run
        if run.step.type in {"awaiting_model", "acting", "failed"}:
            self.account.refuse(f"run {run.id}", f"a run at step {run.step.type!r} has no form in this dialect")
        if run.parent is None:
            pending.refuse_bound(self.document, "openai-agents-js", self.account)
        pending.refuse_indeterminate(run, self.account)

    def _is_native(self) -> bool:
        origin = self.document.origin
        return origin is not None and origin.dialect == "openai-agents-js"

    def _input_guardrails_done(self) -> bool:
        done = self.run.guardrails.input_done
        if done == "unknown" and self._is_native() and int(self.number.split(".")[1]) < _GUARDRAILS_TOLD:
            return False  # the file it came from made no claim, and the one it becomes makes none
        if done is False and self.run.responses and int(self.number.split(".")[1]) < _GUARDRAILS_TOLD:
            message = "its first input guardrails have not passed, and SDKs of that number would go on without them"
            self.account.refuse(f"run {self.run.id}", message)
        if done == "unknown":
            self.account.require(
                "input-guardrails-completed",
                f"run {self.run.id}",
                "the state does not show that the initial input guardrails have passed",
            )
            return True
        return done

    def _input(self) -> Any:
        run = self.run
        head = [seq for seq in history.positions(run.view) if seq < run.input.end]  # what a session held comes first
        if run.input.form == "text" and len(head) == 1:
            return run.log[head[0]].item.get("content", "")
        return [self.items.raw(seq) for seq in head]

    def _responses(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for response in self.run.responses:
            entry: dict[str, Any] = {
                "usage": _usage(response.usage),
                "output": [self.items.raw(seq) for seq in range(response.start, response.end)],
            }
            if response.id is not None:
                entry["responseId"] = response.id
            if response.request_id is not None:
                entry["requestId"] = response.request_id
            found.append(entry)
        return found

    def _context(self) -> dict[str, Any]:
        document, run = self.document, self.run
        entry: dict[str, Any] = {"usage": _usage(document.usage)}
        if run.parent is None:
            entry |= approvals_out.root(document, self.account)
        else:
            entry |= {"approvals": {}, "approvalInvocations": []}
        entry["context"] = self._context_value()
        if run.tool_input is not UNSET:
            entry["toolInput"] = run.tool_input
        return entry

    def _context_value(self) -> Any:
        context = self.document.context
        if context.kind == "typed" and self.run.parent is None:
            message = "the context is of a type that only its own code can rebuild"
            self.account.require("context-as-json", "context", message)
        return {} if context.kind == "none" or context.value is UNSET else context.value

    def _guardrails(self) -> dict[str, Any]:
        names = {"input": "input", "output": "output", "tool_input": "toolInput", "tool_output": "toolOutput"}
        return {
            f"{name}GuardrailResults": [
                guardrails.written(result, self.refs, _BEHAVIOR)
                for result in self.run.guardrails.results
                if result.position == position
            ]
            for position, name in names.items()
        }

    def _step(self) -> dict[str, Any] | None:
        step = self.run.step
        if step.type in {"finished", "accepted"}:
            found: dict[str, Any] = {"type": "next_step_final_output", "output": _text(step.output)}
            if step.type == "accepted":
                found["responseAccepted"] = True
            return found
        if step.type == "handoff" and step.to is not None:
            return {"type": "next_step_handoff", "newAgent": self.refs.ref(step.to)}
        if step.type != "interrupted":
            return {"type": "next_step_run_again"} if self.run.responses else None
        interruptions = [Wrapper(owner, self.refs, self.account).approval(call) for owner, call in self.waiting]
        return {"type": "next_step_interruption", "data": {"interruptions": interruptions}}

    def _nested(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for call in last_calls(self.run):
            child = child_of(self.document, self.run, call)
            if child is not None:
                key = f"{state_key(call.tool)}:{call.call_id}"
                found[key] = RunWriter(self.document, child, self.account, self.handoffs, self.number).write()
        return found

    def _ownership(self, generated: Sequence[Any], placeholders: Sequence[Any]) -> dict[str, Any] | None:
        """Which generated items the last response owns; the SDK keeps none for hosted MCP requests."""
        run = self.run
        if not placeholders or len(placeholders) != len(self.waiting) or not run.responses:
            return None
        seqs = self._processed_seqs()
        hosted = any(call.role == "hosted" for owner, call in self.waiting if owner is run)
        if hosted or not seqs or self.view[self.view.index(seqs[0]) :][: len(seqs)] != seqs:
            return None
        first = len(self.view)
        return {
            "generatedItemStartIndex": self.view.index(seqs[0]),
            "generatedItemEndIndexExclusive": len(generated),
            "interruptionGeneratedItemIndexes": list(range(first, len(generated))),
            "toolOutputGuardrailResultStartIndex": 0,
        }

    def _processed_seqs(self) -> list[int]:
        last = self.run.responses[-1]
        seen = set(self.view)
        return [seq for seq in range(last.start, last.end) if seq in seen]

    def _processed(self) -> dict[str, Any] | None:
        run = self.run
        if not run.responses:
            return None
        if run.step.type == "run_again":
            return None  # nothing of it is left to do, and after a handoff the SDK could not load it
        seqs = self._processed_seqs()
        last = run.responses[-1]
        groups: dict[str, list[Any]] = {
            "handoffs": [],
            "functions": [],
            "functionToolsNotFound": [],
            "computerActions": [],
            "shellActions": [],
            "applyPatchActions": [],
            "mcpApprovalRequests": [],
        }
        for call in run.calls:
            if last.start <= call.item < last.end and call.item in seqs:
                self._processed_call(call, groups)
        return {
            "newItems": [self.items.wrap(seq) for seq in seqs],
            "toolsUsed": self._tools_used(seqs),
            **groups,
        }

    def _tools_used(self, seqs: Sequence[int]) -> list[str]:
        used: list[str] = []
        for seq in seqs:
            call = self.items.by_item.get(seq)
            kind = type_of(self.run.log[seq].item)
            if call is not None and call.role != "hosted":
                used.append(call.tool[2])
            elif kind not in _UNTRACKED:
                used.append(kind)
        return used

    def _processed_call(self, call: state.Call, groups: dict[str, list[Any]]) -> None:
        raw = self.items.raw(call.item)
        kind = type_of(self.run.log[call.item].item)
        if kind == "mcp_approval_request":
            request = {key: value for key, value in self.items.approval(call)["rawItem"].items() if key != "id"}
            tool = {"type": "hosted_tool", "name": "hosted_mcp"}
            tool["providerData"] = {"type": "mcp", "server_label": call.tool[1]}  # pyright: ignore[reportArgumentType]
            groups["mcpApprovalRequests"].append({"requestItem": {"rawItem": request}, "mcpTool": tool})
        elif kind in _ACTIONS:
            group, key, tool_type = _ACTIONS[kind]
            groups[group].append({"toolCall": raw, key: {"type": tool_type, "name": call.tool[2]}})
        elif call.role == "handoff":
            groups["handoffs"].append(self._handoff(call, raw))
        else:
            groups["functions"].append(
                {
                    "toolCall": raw,
                    "tool": {
                        "type": "function",
                        "name": call.tool[2],
                        "deferLoading": call.tool[0] == "function_deferred",
                    },
                    "mcpToolBinding": _binding(call),
                }
            )

    def _handoff(self, call: state.Call, raw: dict[str, Any]) -> dict[str, Any]:
        tool = call.tool[2]
        target = self.handoffs.get(tool)
        if target is None:
            target = guessed_target(tool, self.refs.names)
            note = f"{target}; if it is another agent: --handoff {tool}=NAME"
            self.account.note("derived", f"target of {tool}", note)
        name = self.refs.names.get(target, target)
        return {
            "toolCall": raw,
            "handoff": {"toolName": tool, "agentName": name},
            "targetAgent": self.refs.ref(target),
        }

    def _persisted(self, placeholders: int) -> int:
        run = self.run
        if run.session is None:
            return 0
        written = sum(1 for seq in self.view if seq < run.session.through)
        return written + placeholders if written == len(self.view) else written

    def _trace(self) -> dict[str, Any] | None:
        trace = self.document.trace
        if trace is None:
            return None
        return {
            "object": "trace",
            "id": trace.trace_id,
            "workflow_name": trace.workflow_name,
            "group_id": trace.group_id,
            "metadata": trace.metadata or {},
        }


def _binding(call: state.Call) -> Any:
    if isinstance(call.mcp, state.McpRecipient):
        return {"serverName": call.mcp.server, "toolName": call.mcp.tool, "serverIndex": call.mcp.index}
    return call.mcp


def _text(output: Any) -> str:
    if output is UNSET:
        return ""
    return output if isinstance(output, str) else canonical_json(output).decode("utf-8")


def _counts(details: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict(details or {})


def _usage(usage: state.Usage) -> dict[str, Any]:
    parts = usage.entries or [usage]
    found: dict[str, Any] = {
        "requests": usage.requests if usage.requests is not None else 1,
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens,
        "inputTokensDetails": [_counts(part.input_tokens_details) for part in parts],
        "outputTokensDetails": [_counts(part.output_tokens_details) for part in parts],
    }
    if usage.entries:
        found["requestUsageEntries"] = [_request(entry) for entry in usage.entries]
    return found


def _request(usage: state.Usage) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.total_tokens,
        "inputTokensDetails": _counts(usage.input_tokens_details),
        "outputTokensDetails": _counts(usage.output_tokens_details),
    }
    if usage.endpoint is not None:
        entry["endpoint"] = usage.endpoint
    return entry


_BEHAVIOR = {"allow": "allow", "reject": "rejectContent", "raise": "throwException"}
