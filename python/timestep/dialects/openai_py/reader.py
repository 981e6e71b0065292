"""Reads `openai-agents` run states, number 1.21 (spec/dialects/openai-agents-python.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from msgspec import UNSET
from msgspec.structs import replace

from timestep.codec.pending import last_calls
from timestep.codec.pointer import join
from timestep.dialects import history, ledger, pending, usage
from timestep.dialects.below import adopt, pending_below
from timestep.dialects.openai_py import consistency, shape, story
from timestep.dialects.openai_py.decisions import Decisions
from timestep.dialects.openai_py.fingerprint import invocation_identity
from timestep.dialects.openai_py.keys import tool_key
from timestep.dialects.tree import Tree, convert_shape
from timestep.errors import StateFormatError
from timestep.types import state
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call, type_of

_WAITING = ("current_step", "data", "interruptions")


def read(value: dict[str, Any], tree: Tree, root_id: str) -> shape.State:
    """Read a state and the runs nested in it into the tree; returns the root's checked source."""
    reader = RunReader(value, tree, root_id, None, tree.base)
    reader.read()
    return reader.source


class RunReader:
    """Reads one run of a state."""

    def __init__(
        self, value: dict[str, Any], tree: Tree, run_id: str, parent: state.Parent | None, pointer: str
    ) -> None:
        self.source, self.raw = _once_each(convert_shape(value, shape.State, pointer)), value
        self.tree, self.id, self.parent, self.pointer = tree, run_id, parent, pointer
        self.agent = tree.agent(self.source.current_agent.name, self.source.current_agent.identity)
        self.facts = ledger.Facts()
        self.slot = len(tree.runs)

    def read(self) -> state.Run:
        """Read this run, then its nested runs, in the order of their calls."""
        story.check(self.source, self.pointer)
        inputs, form = self._inputs()
        log, view = self._history(inputs)
        consistency.work(self.source, self.pointer)
        self._facts(log)
        placeholder = self._run(log, view, [], len(inputs), form)
        self.tree.runs.append(placeholder)
        children = self._children(log)
        listed = self._pending(children, log)
        calls = ledger.build(self.id, log.log, log.responses, self.facts)
        story.check_ledger(self.source, log.log, calls, self.pointer)
        consistency.check(self.source, log.log, calls, self.pointer)
        decisions = Decisions(self.tree, self.id, self.source.context, log=log.log, calls=calls)
        approvals = decisions.read(self._at("context"))
        self.tree.approvals.extend(approvals)
        owners = {call.item: log.log[call.item].agent or self.agent for call in calls}
        calls = ledger.decide(calls, ledger.InForce(approvals), self.id, owners)
        asked = pending.order(calls, listed)
        run = replace(placeholder, calls=calls, step=self._step(log, view, calls), asked=asked)
        self.tree.runs[self.slot] = run
        return run

    def _at(self, *tokens: str | int) -> str:
        return join(tokens, base=self.pointer)

    def _inputs(self) -> tuple[list[Item], Literal["text", "items"]]:
        source = self.source.original_input
        if isinstance(source, str):
            return [{"role": "user", "content": source}], "text"
        return list(source), "items"

    def _history(self, inputs: Sequence[Item]) -> tuple[history.History, list[int]]:
        """Align session items, generated items and responses; the view is what generated items point at."""
        source = self.source
        session = [item for item in source.session_items if item.type != "tool_approval_item"]
        slots = self._session_slots()
        pieces = [self._piece(item) for item in session]
        generated: list[int] = []
        for index, item in enumerate(source.generated_items):
            if item.type == "tool_approval_item":
                continue
            slot = slots[index]
            if slot is None:
                slot = len(pieces)
                pieces.append(self._piece(item))
            generated.append(slot)
        log = history.assemble(inputs, [response.output for response in source.model_responses], pieces)
        history.fill_agents(log, self.agent)
        self.claimed = set(log.seqs)
        return log, [*range(len(inputs)), *(log.seqs[slot] for slot in generated)]

    def _session_slots(self) -> list[int | None]:
        """For each generated item, its place among the session items that are not placeholders."""
        source = self.source
        places: dict[int, int] = {}
        for index, item in enumerate(source.session_items):
            if item.type != "tool_approval_item":
                places[index] = len(places)
        indexes = source.generated_session_item_indexes
        if indexes is None or len(indexes) != len(source.generated_items):
            indexes = _match(source.generated_items, source.session_items)
        slots: list[int | None] = []
        used: set[int] = set()
        for item, index in zip(source.generated_items, indexes, strict=True):
            known = index is not None and 0 <= index < len(source.session_items) and index not in used
            if index is not None and known and source.session_items[index].raw_item == item.raw_item:
                used.add(index)
                slots.append(places.get(index))
            else:
                slots.append(None)
        return slots

    def _piece(self, item: shape.RunItem) -> history.Piece:
        agent = self.tree.agent(item.agent.name, item.agent.identity)
        if item.target_agent is not None:
            self.tree.agent(item.target_agent.name, item.target_agent.identity)
        call_id = call_id_of(item.raw_item)
        if call_id is not None and is_call(item.raw_item):
            self._name_tool(item, call_id)
        return history.Piece(item.raw_item, agent, staged=item.type == "input_item")

    def _name_tool(self, item: shape.RunItem, call_id: str) -> None:
        if item.type == "handoff_call_item":
            self.facts.handoffs.add(call_id)
        if item.tool_lookup_key is not None:
            self.facts.tools.setdefault(call_id, tool_key(item.tool_lookup_key))
        if item.tool_origin is not None and item.tool_origin.type == "agent_as_tool":
            self.facts.agents.add(call_id)
        kind = type_of(item.raw_item)
        if item.tool_name and kind not in {"function_call", "custom_tool_call", "mcp_approval_request"}:
            tool = ledger.tool_of(item.raw_item, {})
            self.facts.tools.setdefault(call_id, (tool[0], None, item.tool_name))

    def _facts(self, log: history.History) -> None:
        """Take over the SDK's own bookkeeping about calls."""
        facts, source = self.facts, self.source
        for item in _approvals_of(source):
            self._name_tool(item, call_id_of(item.raw_item) or "")
        if source.last_processed_response is not None:
            self._processed_facts(source.last_processed_response)
        for seq, entry in enumerate(log.log):
            if seq in self.claimed:
                continue  # its run item has told already
            row = source.context.tool_invocations.get(call_id_of(entry.item) or "")
            if row is not None and row.approval_scope == handoff_scope(entry.item):
                facts.handoffs.add(call_id_of(entry.item) or "")
        for call_id, row in source.context.tool_invocations.items():
            if row.completed:
                facts.completed.add(call_id)
            elif row.executed:
                facts.executed.add(call_id)
        step = source.current_step
        if step is not None and step.type == "next_step_run_again" and log.responses:
            start, end = log.responses[-1]
            facts.forgotten = {seq for seq in range(start, end) if seq not in self.claimed}

    def _processed_facts(self, processed: shape.Processed) -> None:
        facts = self.facts
        for function in processed.functions:
            if function.tool.lookupKey is not None:
                facts.tools[call_id_of(function.tool_call) or ""] = tool_key(function.tool.lookupKey)
        for action in processed.actions():
            tool = ledger.tool_of(action.tool_call, {})
            facts.tools[call_id_of(action.tool_call) or ""] = (tool[0], None, action.name() or tool[2])
        facts.handoffs |= {call_id_of(handoff.tool_call) or "" for handoff in processed.handoffs}
        for call_id, (server, tool_name, index) in processed.mcp_tool_bindings.items():
            facts.mcp[call_id] = state.McpRecipient(server=server, tool=tool_name, index=index)

    def _children(self, log: history.History) -> list[state.Run]:
        """Read the runs of agent tools that paused inside this one."""
        processed = self.source.last_processed_response
        children: list[state.Run] = []
        for index, function in enumerate(processed.functions if processed is not None else []):
            if function.agent_run_state is None:
                continue
            call_id = call_id_of(function.tool_call) or ""
            item = _position(log, call_id)
            if item is None or item not in self.claimed:
                raise StateFormatError(
                    code="nested-orphan",
                    message=f"a nested run belongs to call {call_id!r}, which the run does not have",
                    pointer=self._at("last_processed_response", "functions", index, "agent_run_state"),
                    requirement="TS-STATE-016",
                )
            if call_id in self.facts.children:
                raise StateFormatError(
                    code="state-inconsistent",
                    message=f"call {call_id!r} has two nested runs",
                    pointer=self._at("last_processed_response", "functions", index, "agent_run_state"),
                    requirement="TS-STATE-016",
                )
            child_id = f"{self.id}.{len(children)}"
            self.facts.children[call_id] = child_id
            pointer = self._at("last_processed_response", "functions", index, "agent_run_state")
            parent = state.Parent(run=self.id, item=item)
            children.append(RunReader(function.agent_run_state, self.tree, child_id, parent, pointer).read())
        return children

    def _pending(self, children: Sequence[state.Run], log: history.History) -> list[int]:
        """Tell this run's own interruptions from those of nested runs; one that nobody owns is refused.

        Returns the calls of this run in the order in which decisions on them, or below them, are asked for.
        """
        nested = pending_below(self.tree, children)
        own = self._last_calls()
        listed: list[int] = []
        shown: dict[int, list[int]] = {}
        for index, item in enumerate(_interruptions(self.source)):
            agent = self.tree.agent(item.agent.name, item.agent.identity)
            call_id = call_id_of(item.raw_item) or ""
            below = nested.get((item.agent.name, call_id))
            if below is not None and (call_id not in own or agent != self.agent):
                listed.append(below.under)
                run = self.tree.runs[below.slot]
                known = next(call for call in run.calls if call.call_id == call_id)
                consistency.shown(run.log[known.item], known.tool, item, self._at(*_WAITING, index))
                self._show(shown, below.slot, known.item)
                adopt(self.tree, below, agent, self.id)
                continue
            seq = _position(log, call_id)
            if seq is None or seq not in self.claimed or call_id not in own or agent != self.agent:
                raise StateFormatError(
                    code="interruption-orphan",
                    message=f"call {call_id!r} of agent {item.agent.name!r} waits for a decision, but no run has it",
                    pointer=self._at(*_WAITING, index),
                    why="the SDK would load the state and never ask",
                    requirement="TS-STATE-017",
                )
            tool = ledger.tool_of(log.log[seq].item, self.facts.tools)
            consistency.shown(log.log[seq], tool, item, self._at(*_WAITING, index), agent)
            self.facts.pending.add(call_id)
            listed.append(seq)
        self._narrow(shown)
        return listed

    def _show(self, shown: dict[int, list[int]], slot: int, item: int) -> None:
        """Note that a call of a nested run is asked about, and the calls above it that lead there."""
        run, slots = self.tree.runs[slot], {known.id: number for number, known in enumerate(self.tree.runs)}
        while run.id != self.id:
            if item not in shown.setdefault(slots[run.id], []):
                shown[slots[run.id]].append(item)
            if run.parent is None:
                return
            item, run = run.parent.item, self.tree.runs[slots[run.parent.run]]

    def _narrow(self, shown: dict[int, list[int]]) -> None:
        """Note on nested runs which of their calls are still asked about: after a resume, not the decided ones."""
        for slot, items in shown.items():
            run = self.tree.runs[slot]
            open_calls = [call for call in last_calls(run) if not call.outputs]
            if any(call.state in {"approved", "rejected"} and call.item not in items for call in open_calls):
                self.tree.runs[slot] = replace(run, asked=items)

    def _last_calls(self) -> set[str]:
        responses = self.source.model_responses
        return {call_id_of(item) or "" for item in responses[-1].output if is_call(item)} if responses else set()

    def _run(
        self, log: history.History, view: Sequence[int], calls: list[state.Call], inputs: int, form: Any
    ) -> state.Run:
        source = self.source
        return state.Run(
            id=self.id,
            parent=self.parent,
            bound=shape.bound_parts(self.raw),
            agent=self.agent,
            step=state.Step(type="run_again"),
            turn=state.Turn(count=source.current_turn, open=_interrupted(source)),
            limits=state.Limits(max_turns=source.max_turns),
            input=state.Input(form=form, start=0, end=inputs),
            log=log.log,
            view=history.ranges(view),
            responses=history.responses(
                log,
                self.agent,
                ((usage.from_python(told.usage), told.response_id, told.request_id) for told in source.model_responses),
            ),
            calls=calls,
            guardrails=self._guardrails(),
            server=_server(source),
            pending_input=[state.Staged(item=item) for item in source.pending_input],
            tool_input=UNSET if source.context.tool_input is None else source.context.tool_input,
            tool_use=source.tool_use_tracker,
            settings=_settings(source),
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
        return state.Guardrails(input_done=self._input_guardrails_done(), results=results)

    def _input_guardrails_done(self) -> bool | Literal["unknown"]:
        """A processed response, or a second one, is evidence that the first turn's guardrails passed (TS-VERS-034)."""
        source = self.source
        if any(entry.output.tripwireTriggered for entry in source.input_guardrail_results):
            return False
        if len(source.model_responses) > 1 or (source.last_processed_response is not None and source.model_responses):
            self.tree.derive(
                f"run {self.id}: input guardrails", "a processed response is evidence that the first ones passed"
            )
            return True
        return "unknown"

    def _guardrail_agent(self, entry: shape.GuardrailEntry) -> str | None:
        return self.tree.agent(entry.agent.name, entry.agent.identity) if entry.agent is not None else None

    def _session(self, log: history.History) -> state.SessionMark | None:
        count = self.source.current_turn_persisted_item_count
        if not count or not log.responses:
            return None
        start = log.responses[-1][0]
        return state.SessionMark(through=min(start + count, len(log.log)))

    def _step(self, log: history.History, view: Sequence[int], calls: Sequence[state.Call]) -> state.Step:
        step = self.source.current_step
        if step is not None:
            if step.type == "next_step_run_again":
                return state.Step(type="run_again")
            accepted = step.data is not None and step.data.response_accepted and not step.data.interruptions
            return state.Step(type="interrupted", reason="error" if accepted else "approval")
        if not self.source.model_responses:
            return state.Step(type="run_again")
        return self._finished(log, view, calls)

    def _finished(self, log: history.History, view: Sequence[int], calls: Sequence[state.Call]) -> state.Step:
        """A state without a step is finished if nothing is open, and it ends in a result (TS-STATE-023)."""
        opened = next((call for call in calls if call.state not in state.TERMINAL), None)
        if opened is not None:
            raise StateFormatError(
                f"the state has no next step, yet call {opened.call_id!r} is {opened.state}",
                code="state-inconsistent",
                pointer=self._at("current_step"),
                why="whether the run has ended or waits decides whether that call may still run",
                requirement="TS-STATE-023",
            )
        last = log.log[view[-1]].item if view else {}
        if not (type_of(last) == "message" or type_of(last).endswith("_output")):
            self.tree.account.require(
                "finished",
                f"run {self.id}",
                "the state has no next step, yet it does not end in a message or a tool result",
                pointer=self._at("current_step"),
            )
        return state.Step(type="finished", output=result_of(last), seq=view[-1] if view else None)


def result_of(item: Item) -> Any:
    """Return the final output that the last item of a finished run stands for."""
    if type_of(item) != "message":
        return item.get("output", "")
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = cast("list[Any]", content) if isinstance(content, list) else []
    told = [cast("Item", part) for part in parts if isinstance(part, dict)]
    texts = [part.get("text") or part.get("refusal") for part in told]
    return "".join(text for text in texts if isinstance(text, str))  # a file may hold anything there


def handoff_scope(item: Item) -> str | None:
    """Return the scope the SDK records for a call that it treats as a handoff."""
    identity = invocation_identity(item, role="handoff") if type_of(item) == "function_call" else None
    return identity.approval_scope if identity is not None else None


def _position(log: history.History, call_id: str) -> int | None:
    for start, end in reversed(log.responses):
        for seq in range(start, end):
            if is_call(log.log[seq].item) and call_id_of(log.log[seq].item) == call_id:
                return seq
    return None


def _match(generated: Sequence[shape.RunItem], session: Sequence[shape.RunItem]) -> list[int | None]:
    """Pair generated with session items by content, in order, where the file does not pair them."""
    found: list[int | None] = []
    start = 0
    for item in generated:
        index = next((i for i in range(start, len(session)) if session[i].raw_item == item.raw_item), None)
        found.append(index)
        start = start if index is None else index + 1
    return found


def _interrupted(source: shape.State) -> bool:
    return source.current_step is not None and source.current_step.type == "next_step_interruption"


def _interruptions(source: shape.State) -> list[shape.RunItem]:
    step = source.current_step
    return step.data.interruptions if step is not None and step.data is not None else []


def _once_each(source: shape.State) -> shape.State:
    """Leave out responses that stand twice: the SDK repeats them when a streamed run is resumed."""
    kept: list[shape.Response] = []
    known: dict[str, shape.Response] = {}
    for response in source.model_responses:
        earlier = known.setdefault(response.response_id or "", response)
        if earlier is response or earlier != response or not response.response_id:
            kept.append(response)
    return source if len(kept) == len(source.model_responses) else replace(source, model_responses=kept)


def _approvals_of(source: shape.State) -> list[shape.RunItem]:
    items = [*source.generated_items, *_interruptions(source)]
    return [item for item in items if item.type == "tool_approval_item"]


def _server(source: shape.State) -> state.Server | None:
    if source.conversation_id is None and source.previous_response_id is None and not source.auto_previous_response_id:
        return None
    return state.Server(
        conversation_id=source.conversation_id,
        previous_response_id=source.previous_response_id,
        auto_previous=source.auto_previous_response_id,
    )


def _settings(source: shape.State) -> state.Settings | None:
    if source.reasoning_item_id_policy is None and source.generated_prompt_cache_key is None:
        return None
    return state.Settings(
        reasoning_ids=source.reasoning_item_id_policy, prompt_cache_key=source.generated_prompt_cache_key
    )


_BEHAVIOR: dict[str, Literal["allow", "reject", "raise"]] = {
    "allow": "allow",
    "reject_content": "reject",
    "raise_exception": "raise",
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
        behavior, message = ("tripwire" if entry.output.tripwireTriggered else "allow"), None
    return state.GuardrailResult(
        position=position,
        name=entry.guardrail.name or "",
        behavior=behavior,
        agent=agent,
        message=message,
        info=UNSET if entry.output.outputInfo is None else entry.output.outputInfo,
        output=entry.agentOutput,
    )
