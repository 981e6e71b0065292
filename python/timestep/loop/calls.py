"""The calls of a response: how they enter the ledger, are looked at, start and end (tools.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from timestep.codec.calls import arguments_of, tool_of
from timestep.codec.digest import call_digest
from timestep.loop import nested, settle
from timestep.loop.draft import Draft, changed, illegal
from timestep.loop.manifest import AgentSpec, Compat, ToolSpec
from timestep.loop.tree import NESTED, RunValue
from timestep.types.base import Item
from timestep.types.effects import CheckCall, RunTool, StartTools
from timestep.types.events import CallChecked, ToolFailed, ToolFinished, ToolStarting
from timestep.types.items import call_id_of, type_of
from timestep.types.outputs import REJECTED, remark, text_output
from timestep.types.state import Approval, Call, CallState, GuardrailResult, Stop

#: Kinds of which an agent has one tool, so that calls need not name it.
NAMELESS = frozenset({"shell", "local_shell", "apply_patch", "computer"})
IGNORED_HANDOFF = "Multiple handoffs detected, ignoring this one."
CUT_OFF = "The response was cut off before this call was complete. It was not carried out."
REUSED = "The id of this call was used before, so that it was not carried out. Give every call an id of its own."


def enter(draft: Draft, run: RunValue, positions: Sequence[int], *, cut_off: Literal["none", "last", "all"]) -> None:
    """Give each call of a response its ledger entry; those that can't be carried out fail at once (TS-TOOL-001)."""
    spec = draft.agent(run.agent)
    truncated = positions if cut_off == "all" else _truncated(run, positions) if cut_off == "last" else ()
    entered: list[Call] = []
    run.waiting = {}
    transfer = False
    for position in positions:
        item = run.log[position].item
        tool = tool_for(spec, item)
        call = _entry(run, position, item, tool)
        problem = _problem(draft, run, call, tool, cut_off=position in truncated)
        if problem is not None:
            entered.append(_ended(run, call, "failed", told(item, problem, draft.policy.compat)))
            if tool is None and draft.policy.tool_not_found == "raise":
                text = f"the model called {call.tool[2]}, which {spec.name} does not have"
                run.stop = Stop(code="tool-unknown", message=text)
        elif call.role == "handoff" and transfer:
            entered.append(_ignored(draft, run, call, item))
        else:
            transfer = transfer or call.role == "handoff"
            entered.append(call)
        run.ids = run.ids.add(call.call_id)
    run.calls, run.cleared = tuple(entered), frozenset()
    run.rest = {**run.rest, "asked": []}


def tool_for(spec: AgentSpec, item: Item) -> ToolSpec | None:
    """Return the tool or handoff of an agent that a call item names."""
    kind, namespace, name = key = tool_of(item, {})
    if kind == "hosted_mcp":
        return spec.tools.get((kind, None, namespace or ""))
    if kind in NAMELESS:
        return next((tool for known, tool in spec.tools.items() if known[0] == kind), None)
    return spec.tools.get(key) or (
        spec.tools.get(("function", namespace, name)) if kind == "function_deferred" else None
    )


def _entry(run: RunValue, position: int, item: Item, tool: ToolSpec | None) -> Call:
    key = tool_of(item, {})
    if tool is not None and key[0] in NAMELESS:
        key = (key[0], None, tool.name)
    call_id = call_id_of(item) or f"{run.id}:{position}"
    hosted = type_of(item) == "mcp_approval_request"
    return Call(
        call_id=call_id,
        item=position,
        role="hosted" if hosted else tool.role if tool is not None else "tool",
        tool=key,
        state="requested",
        effect=tool.effect if tool is not None else "once",
        outputs=[],
        digest=call_digest(run.id, run.agent, key, call_id, arguments_of(item)),
        mcp=tool.mcp if tool is not None else None,
    )


def _problem(draft: Draft, run: RunValue, call: Call, tool: ToolSpec | None, *, cut_off: bool) -> str | None:
    """Say why a call can't be carried out; the text is for the model."""
    if cut_off:
        return CUT_OFF
    if call.call_id in run.ids:
        return REUSED
    if tool is None or tool.name in run.withheld:
        name = call.tool[2]
        return f"There is no tool {name}." if draft.policy.compat is None else f"Tool '{name}' not found."
    return None


def _truncated(run: RunValue, positions: Sequence[int]) -> Sequence[int]:
    """Return which calls of a response that was cut off are not whole."""
    marked = [position for position in positions if run.log[position].item.get("status") == "incomplete"]
    return marked or positions[-1:]


def _ignored(draft: Draft, run: RunValue, call: Call, item: Item) -> Call:
    """Answer, or hide from the model, a further handoff of a response (TS-HAND-010)."""
    if draft.policy.one_handoff == "answer":
        return _ended(run, call, "cancelled", told(item, IGNORED_HANDOFF, draft.policy.compat, failed=False))
    cut: list[tuple[int, int]] = []
    for start, end in run.view:
        parts = ((start, min(end, call.item)), (max(start, call.item + 1), end))
        cut += [part for part in parts if part[0] < part[1]]
    run.view = tuple(cut)
    return _ended(run, call, "cancelled", [])


def _ended(run: RunValue, call: Call, state: CallState, outputs: list[Item]) -> Call:
    """Return a call of the entering response in a state that ends it."""
    if outputs:
        run.waiting[call.item] = outputs
    return replace(call, state=state)


def told(item: Item, text: str, compat: Compat | None, *, failed: bool = True) -> list[Item]:
    """Return the output items that tell the model a text in answer to a call."""
    more = remark(item, text)
    output = text_output(item, text, failed=failed, compat=compat)
    return [output] if more is None else [output, more]


def act(draft: Draft, run: RunValue) -> None:
    """Have everything done that can be done for the calls of the turn, and settle it where nothing is left."""
    spec = draft.agent(run.agent)
    ready: list[int] = []
    for call in run.calls:
        if call.state == "requested":
            tool = spec_of(draft, spec, run, call)
            if tool is None or tool.checked:
                draft.effect(CheckCall(run=run.id, item=call.item))
            else:
                ready += _let(draft, run, call)
        elif call.state == "approved":
            ready += _approved(draft, run, call, spec)
    _permit(draft, run, ready)


def spec_of(draft: Draft, spec: AgentSpec, run: RunValue, call: Call) -> ToolSpec | None:
    """Return the tool of a call; of the agent that made it, which may not be the current one."""
    key = run.log[call.item].agent
    owner = spec if key is None or key == run.agent else draft.agent(key)
    return owner.tools.get(call.tool) or tool_for(owner, run.log[call.item].item)


def _approved(draft: Draft, run: RunValue, call: Call, spec: AgentSpec) -> list[int]:
    """Go on with a call that may run: guardrails are asked again after a person has decided (TS-GUARD-015)."""
    found = decision_on(draft, run, call)
    tool = spec_of(draft, spec, run, call)
    if found is not None and found.item != "*" and found.digest != call.digest:
        changed(run, call, state="pending")  # what was approved is another call (TS-APPR-022)
        draft.tree.decisions = draft.tree.decisions.without(run.id, call.item)
        return []
    if found is not None and tool is not None and tool.rechecked:
        changed(run, call, state="requested")
        draft.effect(CheckCall(run=run.id, item=call.item, approved=True))
        return []
    return _let(draft, run, call)


def decision_on(draft: Draft, run: RunValue, call: Call) -> Approval | None:
    """Return the decision that holds for a call."""
    return draft.tree.decisions.on(call, run.id, run.log[call.item].agent or run.agent)


def _let(draft: Draft, run: RunValue, call: Call) -> list[int]:
    """Return the call if it may start now; what the host carries out is answered at once, a handoff waits its turn."""
    if call.role == "hosted":
        finish(run, call, "completed", told(run.log[call.item].item, "", draft.policy.compat, failed=False))
        return []
    if call.role == "handoff":
        changed(run, call, state="requested")
        run.cleared |= {call.item}
        return []
    if nested.too_deep(draft, run, call):
        return []
    changed(run, call, state="approved")
    return [call.item]


def _permit(draft: Draft, run: RunValue, ready: list[int]) -> None:
    if ready:
        draft.effect(StartTools(run=run.id, items=ready))
    settle.settle(draft, run)


def finish(run: RunValue, call: Call, state: CallState, outputs: Sequence[Item]) -> None:
    """Put a call in a state that ends it; its outputs wait for the turn to be settled."""
    changed(run, call, state=state)
    run.waiting = {**run.waiting, call.item: list(outputs)}


def call_checked(draft: Draft, event: CallChecked) -> None:
    """Go on after guardrails and the approval rule: let the call start, ask a person, or tell the model why not."""
    run, call = _open_call(draft, event.run, event.item, "requested")
    if run.step.type != "acting":
        return  # the run has stopped; who goes on with it asks again
    note(run, event.results)
    if event.arguments is not None:
        digest = call_digest(run.id, run.log[call.item].agent or run.agent, call.tool, call.call_id, event.arguments)
        if digest != call.digest:
            draft.tree.decisions = draft.tree.decisions.without(run.id, call.item)
        call = changed(run, call, arguments=event.arguments, digest=digest)
    if event.blocked is not None:
        finish(run, call, "blocked", [event.blocked])
        settle.settle(draft, run)
        return
    found = decision_on(draft, run, call) if event.ask else None
    if found is not None and found.decision == "reject":
        reject(draft, run, call, found)
        settle.settle(draft, run)
    elif event.ask and found is None:
        changed(run, call, state="pending")
        settle.settle(draft, run)
    else:
        _permit(draft, run, _let(draft, run, call))


def reject(draft: Draft, run: RunValue, call: Call, found: Approval | None) -> None:
    """Tell the model that a person has rejected a call."""
    text = found.message if found is not None and found.message is not None else REJECTED
    finish(run, call, "rejected", told(run.log[call.item].item, text, draft.policy.compat))


def tool_starting(draft: Draft, event: ToolStarting) -> None:
    """Note the intent to start calls, and have them carried out."""
    run = draft.run(event.run)
    for item in event.items:
        call = run.call(item)
        if run.step.type != "acting" or call is None or call.state != "approved":
            raise illegal(f"the call at {item} of run {run.id} may not start")
        tool = spec_of(draft, draft.agent(run.agent), run, call)
        if call.role == "tool" and tool is not None and tool.role in NESTED:
            call = changed(run, call, role=tool.role)  # a file of an SDK does not tell before the nested run begins
        changed(run, call, state="started")
        if call.role in ("agent", "delegate"):
            nested.start(draft, run, call)
        else:
            draft.effect(RunTool(run=run.id, item=item, attempt=call.attempt))


def tool_finished(draft: Draft, event: ToolFinished) -> None:
    """Keep the outputs of a call; they enter the log when all calls of the turn have ended."""
    run, call = _open_call(draft, event.run, event.item, "started", "suspended")
    refuse_silence(event.outputs)
    note(run, event.results)
    nested.drop(draft, run, call)
    finish(run, call, "completed", event.outputs)
    settle.settle(draft, run)


def tool_failed(draft: Draft, event: ToolFailed) -> None:
    """Keep what tells the model of a failure; a failure that stops the run does so once its siblings have ended."""
    run, call = _open_call(draft, event.run, event.item, "requested", "started", "suspended")
    refuse_silence(event.outputs)
    note(run, event.results)
    nested.drop(draft, run, call)
    finish(run, call, "failed", event.outputs)
    if event.stops and run.stop is None:
        run.stop = Stop(code=event.code, message=event.message)
    settle.settle(draft, run)


def refuse_silence(outputs: Sequence[Item]) -> None:
    """Refuse an end of a call that tells the model nothing: it can't be asked again then (TS-TOOL-010)."""
    if not outputs:
        raise illegal("a call that has ended has an output")


def _open_call(draft: Draft, run_id: str, item: int, *states: str) -> tuple[RunValue, Call]:
    run = draft.run(run_id)
    call = run.call(item)
    if call is None or call.state not in states:
        stands = f"is {call.state}" if call is not None else "is no call of the open turn"
        raise illegal(f"the item at {item} of run {run_id} {stands}")
    return run, call


def note(run: RunValue, results: Sequence[GuardrailResult]) -> None:
    """Keep what guardrails said of a call (TS-GUARD-002)."""
    if results:
        run.results = run.results.extend(results)
