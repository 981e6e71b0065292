"""Reads `@openai/agents` run states, number 1.22 (spec/dialects/openai-agents-js.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import UNSET
from msgspec.structs import replace

from timestep.codec.pointer import join
from timestep.dialects import history, ledger, pending, usage
from timestep.dialects.below import adopt, pending_below
from timestep.dialects.openai_js import consistency, shape, story
from timestep.dialects.openai_js.fingerprint import call_id_of as js_call_id
from timestep.dialects.openai_js.keys import state_key, tool_key
from timestep.dialects.openai_js.story import wire
from timestep.dialects.tree import Tree, convert_shape
from timestep.errors import StateFormatError
from timestep.types import state
from timestep.types.base import Item
from timestep.types.items import CALL_OF, call_id_of, is_call, type_of

_WAITING = ("currentStep", "data", "interruptions")


def read(value: dict[str, Any], tree: Tree, root_id: str) -> tuple[state.Run, list[tuple[str, shape.Context]]]:
    """Read a state and the runs nested in it into the tree.

    Returns the root run, and each run's decision context with its pointer: decisions of the whole tree stand in the
    root's context, so they are read once all runs are known.
    """
    contexts: list[tuple[str, shape.Context]] = []
    return RunReader(value, tree, root_id, None, tree.base, contexts=contexts).read(), contexts


class RunReader:
    """Reads one run of a state."""

    def __init__(
        self,
        value: dict[str, Any],
        tree: Tree,
        run_id: str,
        parent: state.Parent | None,
        pointer: str,
        *,
        contexts: list[tuple[str, shape.Context]],
    ) -> None:
        self.source, self.raw = convert_shape(value, shape.State, pointer), value
        self.tree, self.id, self.parent, self.pointer, self.contexts = tree, run_id, parent, pointer, contexts
        self.agent = tree.agent(self.source.current_agent.name, self.source.current_agent.identity)
        self.facts = ledger.Facts()
        self.slot = len(tree.runs)
        contexts.append((self._at("context"), self.source.context))

    def read(self) -> state.Run:
        """Read this run, then its nested runs, in the order of their calls."""
        outputs = [
            [
                wire(item, self.pointer, "modelResponses", number, "output", index)
                for index, item in enumerate(items.output)
            ]
            for number, items in enumerate(self.source.model_responses)
        ]
        self.wired = [
            wire(item.raw_item, self.pointer, "generatedItems", index, "rawItem")
            for index, item in enumerate(self.source.generated_items)
        ]
        story.check(self.source, outputs, self.wired, self.pointer)
        inputs, form = self._inputs()
        log, view = self._history(inputs, outputs)
        consistency.work(self.source, outputs, self.wired, self.pointer)
        self._facts(log)
        placeholder = self._run(log, view, len(inputs), form)
        self.tree.runs.append(placeholder)
        children = self._children(log)
        listed = self._pending(children, log)
        calls = self._cancel_unclaimed(ledger.build(self.id, log.log, log.responses, self.facts))
        calls = self._blocked(calls, log)
        story.check_ledger(self.source, log.log, calls, self.pointer)
        consistency.check(self.source, self.wired, log.log, calls, self.pointer)
        run = replace(placeholder, calls=calls, step=self._step(log), asked=pending.order(calls, listed))
        self.tree.runs[self.slot] = run
        return run

    def _at(self, *tokens: str | int) -> str:
        return join(tokens, base=self.pointer)

    def _inputs(self) -> tuple[list[Item], Literal["text", "items"]]:
        source = self.source.original_input
        if isinstance(source, str):
            return [{"role": "user", "content": source}], "text"
        return [wire(item, self._at("originalInput", index)) for index, item in enumerate(source)], "items"

    def _history(self, inputs: Sequence[Item], outputs: Sequence[Sequence[Item]]) -> tuple[history.History, list[int]]:
        """Align generated items, proofs of completion and responses; the view is the generated items."""
        pieces = self._proofs()
        first = len(pieces)
        for item, wired in zip(self.source.generated_items, self.wired, strict=True):
            if item.type != "tool_approval_item":
                pieces.append(self._piece(item, wired))
        log = history.assemble(inputs, outputs, pieces)
        history.fill_agents(log, self.agent)
        self.claimed = set(log.seqs)
        return log, [*range(len(inputs)), *log.seqs[first:]]

    def _proofs(self) -> list[history.Piece]:
        """The items that prove completions and are no longer in the generated list, a handoff filter's doing."""
        present = {(type_of(item), call_id_of(item)) for item in self.wired}
        pieces: list[history.Piece] = []
        for index, owner in enumerate(self.source.completed_tool_invocation_evidence):
            for call_id, evidence in owner.invocations.items():
                for part in evidence.items:
                    if part.item is None:
                        continue
                    at = self._at("completedToolInvocationEvidence", index, "invocations", call_id)
                    wired = wire(part.item.raw_item, at)
                    if (type_of(wired), call_id_of(wired)) not in present:
                        pieces.append(self._piece(part.item, wired))
        return pieces

    def _piece(self, item: shape.RunItem, wired: Item) -> history.Piece:
        owner = item.owner()
        agent = self.tree.agent(owner.name, owner.identity)
        if item.target_agent is not None:
            self.tree.agent(item.target_agent.name, item.target_agent.identity)
        self._name_tool(item, wired)
        return history.Piece(wired, agent, staged=item.type == "input_item")

    def _name_tool(self, item: shape.RunItem, wired: Item) -> None:
        call_id = call_id_of(wired)
        if call_id is None or not is_call(wired):
            return
        if item.type == "handoff_call_item":
            self.facts.handoffs.add(call_id)
        if item.function_tool_state_key is not None:
            key = tool_key(item.function_tool_state_key)
            if key is not None:
                self.facts.tools.setdefault(call_id, key)
        elif item.tool_name and type_of(wired) not in {"function_call", "mcp_approval_request"}:
            self.facts.tools[call_id] = (ledger.tool_of(wired, {})[0], None, item.tool_name)

    def _facts(self, log: history.History) -> None:
        """Take over the SDK's own bookkeeping about calls."""
        facts, source = self.facts, self.source
        for item, wired in zip(source.generated_items, self.wired, strict=True):
            if item.type == "tool_approval_item":
                self._name_tool(item, wired)
        if source.last_processed_response is not None:
            self._processed_facts(source.last_processed_response)
        for owner in source.completed_tool_invocations:
            facts.completed |= owner.invocations.keys()
        for ambiguous in source.ambiguous_tool_invocation_call_ids:
            facts.executed |= set(ambiguous.call_ids)
        step = source.current_step
        if log.responses and (step is None or step.type == "next_step_run_again"):
            start, end = log.responses[-1]
            turn = {seq for seq in range(start, end) if is_call(log.log[seq].item)}
            facts.forgotten = set() if turn & self.claimed else turn

    def _processed_facts(self, processed: shape.Processed) -> None:
        for function in processed.functions:
            call_id = js_call_id(function.tool_call) or ""
            if function.tool.defer_loading and function.tool_call.get("namespace") in {None, function.tool.name}:
                self.facts.tools[call_id] = ("function_deferred", None, function.tool.name)
            binding = function.mcp_tool_binding
            if isinstance(binding, shape.McpBinding):
                self.facts.mcp[call_id] = state.McpRecipient(
                    server=binding.server_name, tool=binding.tool_name, index=binding.server_index
                )
            elif binding == "unknown":
                self.facts.mcp[call_id] = "unknown"
        for action in processed.actions():
            wired = wire(action.tool_call, self._at("lastProcessedResponse"))
            call_id = call_id_of(wired) or ""
            self.facts.tools.setdefault(call_id, (ledger.tool_of(wired, {})[0], None, action.name() or ""))
        self.facts.handoffs |= {js_call_id(handoff.tool_call) or "" for handoff in processed.handoffs}
        for handoff in processed.handoffs:
            if handoff.target_agent is not None:
                self.tree.agent(handoff.target_agent.name, handoff.target_agent.identity)

    def _cancel_unclaimed(self, calls: Sequence[state.Call]) -> list[state.Call]:
        """A call that the SDK took out of its items will never run: a second handoff in one response."""
        return [
            replace(call, state="cancelled") if call.state == "requested" and call.item not in self.claimed else call
            for call in calls
        ]

    def _blocked(self, calls: Sequence[state.Call], log: history.History) -> list[state.Call]:
        """A call whose output lacks the mark of execution never ran: a guardrail or a decision answered for it."""
        items = zip(self.source.generated_items, self.wired, self.raw["generatedItems"], strict=True)
        unmarked = {
            (CALL_OF.get(type_of(wired)), call_id_of(wired))
            for item, wired, raw in items
            if item.type == "tool_call_output_item" and raw.get("executionStatus") is None
        }
        found = {call.item for call in calls if (type_of(log.log[call.item].item), call.call_id) in unmarked}
        blocked = {call.item for call in calls if call.item in found and call.outputs and call.state == "completed"}
        return [replace(call, state="blocked") if call.item in blocked else call for call in calls]

    def _children(self, log: history.History) -> list[state.Run]:
        """Read the runs of agent tools that paused inside this one."""
        children: list[state.Run] = []
        for key, value in self.source.pending_agent_tool_runs.items():
            item = self._owner_of(key, log)
            call_id = call_id_of(log.log[item].item) or ""
            child_id = f"{self.id}.{len(children)}"
            self.facts.children[call_id] = child_id
            parent = state.Parent(run=self.id, item=item)
            pointer = self._at("pendingAgentToolRuns", key)
            children.append(RunReader(value, self.tree, child_id, parent, pointer, contexts=self.contexts).read())
        return children

    def _owner_of(self, key: str, log: history.History) -> int:
        """Find the call that a nested run's key names: its tool's state key, a colon, its id."""
        for start, end in reversed(log.responses):
            for seq in range(start, end):
                item = log.log[seq].item
                if (
                    seq in self.claimed
                    and is_call(item)
                    and key == f"{state_key(ledger.tool_of(item, self.facts.tools))}:{call_id_of(item)}"
                ):
                    return seq
        raise StateFormatError(
            code="nested-orphan",
            message=f"a nested run belongs to {key!r}, a call that the run does not have",
            pointer=self._at("pendingAgentToolRuns", key),
            requirement="TS-STATE-016",
        )

    def _pending(self, children: Sequence[state.Run], log: history.History) -> list[int]:
        """Tell this run's own interruptions from those of nested runs; one that nobody owns is refused.

        Returns the calls of this run in the order in which decisions on them, or below them, are asked for.
        """
        nested = pending_below(self.tree, children)
        own = self._last_calls(log)
        listed: list[int] = []
        for index, item in enumerate(_interruptions(self.source)):
            owner = item.owner()
            agent = self.tree.agent(owner.name, owner.identity)
            call_id = js_call_id(item.raw_item) or ""
            below = nested.get((owner.name, call_id))
            if below is not None and (call_id not in own or agent != self.agent):
                listed.append(below.under)
                run = self.tree.runs[below.slot]
                known = next(call for call in run.calls if call.call_id == call_id)
                consistency.shown(run.log[known.item], known.tool, item, self._at(*_WAITING, index))
                adopt(self.tree, below, agent, self.id)
                continue
            if own.get(call_id) not in self.claimed or agent != self.agent:
                raise StateFormatError(
                    code="interruption-orphan",
                    message=f"call {call_id!r} of agent {owner.name!r} waits for a decision, but no run has it",
                    pointer=self._at(*_WAITING, index),
                    requirement="TS-STATE-017",
                )
            entry = log.log[own[call_id]]
            tool = ledger.tool_of(entry.item, self.facts.tools)
            consistency.shown(entry, tool, item, self._at(*_WAITING, index), agent)
            self.facts.pending.add(call_id)
            listed.append(own[call_id])
        return listed

    def _last_calls(self, log: history.History) -> dict[str, int]:
        if not log.responses:
            return {}
        start, end = log.responses[-1]
        return {call_id_of(log.log[seq].item) or "": seq for seq in range(start, end) if is_call(log.log[seq].item)}

    def _run(self, log: history.History, view: Sequence[int], inputs: int, form: Any) -> state.Run:
        source = self.source
        return state.Run(
            id=self.id,
            parent=self.parent,
            bound=shape.bound_parts(self.raw),
            agent=self.agent,
            step=state.Step(type="run_again"),
            turn=state.Turn(count=source.current_turn, open=source.current_turn_in_progress),
            limits=state.Limits(max_turns=source.max_turns),
            input=state.Input(form=form, start=0, end=inputs),
            log=log.log,
            view=history.ranges(view),
            responses=history.responses(
                log,
                self.agent,
                ((usage.from_js(told.usage), told.response_id, told.request_id) for told in source.model_responses),
            ),
            calls=[],
            guardrails=self._guardrails(),
            server=_server(source),
            pending_input=[
                state.Staged(item=wire(item, self._at("pendingInput", index)))
                for index, item in enumerate(source.pending_input)
            ],
            tool_input=source.context.tool_input,
            tool_use=source.tool_use_tracker,
            settings=state.Settings(reasoning_ids=source.reasoning_item_id_policy)
            if source.reasoning_item_id_policy
            else None,
            session=self._session(log),
        )

    def _guardrails(self) -> state.Guardrails:
        source = self.source
        results = [
            *(_guardrail(entry, "input", None) for entry in source.input_guardrail_results),
            *(_guardrail(entry, "output", self._guardrail_agent(entry)) for entry in source.output_guardrail_results),
            *(_guardrail(entry, "tool_input", None) for entry in source.tool_input_guardrail_results),
            *(_guardrail(entry, "tool_output", None) for entry in source.tool_output_guardrail_results),
        ]
        done = source.initial_input_guardrails_completed
        return state.Guardrails(input_done="unknown" if done is UNSET else done, results=results)

    def _guardrail_agent(self, entry: shape.GuardrailEntry) -> str | None:
        return self.tree.agent(entry.agent.name, entry.agent.identity) if entry.agent is not None else None

    def _session(self, log: history.History) -> state.SessionMark | None:
        """The SDK counts generated items, placeholders included; the document counts log entries."""
        count = self.source.current_turn_persisted_item_count
        if not count:
            return None
        written = [
            seq
            for index, seq in zip(
                (i for i, item in enumerate(self.source.generated_items) if item.type != "tool_approval_item"),
                log.seqs[len(log.seqs) - sum(i.type != "tool_approval_item" for i in self.source.generated_items) :],
                strict=True,
            )
            if index < count
        ]
        return state.SessionMark(through=max(written) + 1) if written else None

    def _step(self, log: history.History) -> state.Step:
        step = self.source.current_step
        if step is None or step.type == "next_step_run_again":
            return state.Step(type="run_again")
        if step.type == "next_step_final_output":
            kind: Literal["accepted", "finished"] = "accepted" if step.response_accepted else "finished"
            return state.Step(type=kind, output=step.output or "", seq=len(log.log) - 1)
        if step.type == "next_step_handoff":
            target = step.new_agent or self.source.current_agent
            return state.Step(type="handoff", to=self.tree.agent(target.name, target.identity))
        accepted = step.data is not None and step.data.response_accepted and not step.data.interruptions
        return state.Step(type="interrupted", reason="error" if accepted else "approval")


def _interruptions(source: shape.State) -> list[shape.RunItem]:
    step = source.current_step
    return step.data.interruptions if step is not None and step.data is not None else []


def _server(source: shape.State) -> state.Server | None:
    if source.conversation_id is None and source.previous_response_id is None:
        return None
    return state.Server(conversation_id=source.conversation_id, previous_response_id=source.previous_response_id)


_BEHAVIOR: dict[str, Literal["allow", "reject", "raise"]] = {
    "allow": "allow",
    "rejectContent": "reject",
    "throwException": "raise",
}


def _guardrail(
    entry: shape.GuardrailEntry,
    position: Literal["input", "output", "tool_input", "tool_output"],
    agent: str | None,
) -> state.GuardrailResult:
    verdict = entry.output.behavior
    if verdict is not None:
        behavior, message = _BEHAVIOR[verdict.type], verdict.message
    else:
        behavior, message = ("tripwire" if entry.output.tripwire_triggered else "allow"), None
    return state.GuardrailResult(
        position=position,
        name=entry.guardrail.name,
        behavior=behavior,
        agent=agent,
        message=message,
        info=UNSET if entry.output.output_info is None else entry.output.output_info,
        output=entry.agent_output,
    )
