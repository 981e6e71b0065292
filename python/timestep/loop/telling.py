"""What readers of a run are told of a transition: a pure function of the states before and after it (events.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import msgspec

from timestep.loop.calls import CUT_OFF, REUSED
from timestep.loop.tree import RunValue, Tree
from timestep.loop.turn import text_of
from timestep.types import events
from timestep.types.base import JSON, Item
from timestep.types.events import AnyEvent, RunStarted
from timestep.types.items import call_id_of, is_call, type_of
from timestep.types.outputs import REJECTED
from timestep.types.state import Call, GuardrailResult

Told = dict[str, JSON]


def told(before: Tree | None, event: AnyEvent, after: Tree) -> list[Told]:
    """Return the events that readers are told, without their sequence numbers (TS-EVENT-001)."""
    kind = type(event)
    if before is None:
        return [*_started(cast("RunStarted", event), after.root, after), *_standing(after.root, after)]
    run, old = after.runs.get(event.run), before.runs.get(event.run)
    teller = _TELLERS.get(kind)
    found = teller(event, run, after) if teller is not None and run is not None else []
    goes_on = kind is events.RunResumed
    if goes_on or kind is events.RunCancelled:
        found += [each for known in before.runs.values() for each in _answered(known, after)]
    if run is not None and old is not None and run.step is not old.step:
        found += _turned(old, run, after)
    if goes_on or after.root.step is not before.root.step:
        found += _standing(after.root, after)
    return found


def _turned(old: RunValue, run: RunValue, tree: Tree) -> list[Told]:
    """Tell of a handoff that was taken, and of the end of a turn."""
    found: list[Told] = []
    if run.agent != old.agent:
        call = next(call for call in reversed(run.settled) if call.role == "handoff" and call.state == "completed")
        names = {"from": tree.name(old.agent), "to": tree.name(run.agent)}
        found.append({"type": "handoff", "run": run.id, "call_id": call.call_id, **names})
    if old.turn.open and not run.turn.open:
        found.append({"type": "turn_finished", "run": run.id, "agent": tree.name(old.agent), "turn": run.turn.count})
    if run.parent is not None and run.step.type == "failed" and old.step.type != "failed":
        found.append(_problem(run))
    return found


def _problem(run: RunValue) -> Told:
    """Tell what stops a run."""
    return {"type": "error", "run": run.id, "code": run.step.code or "", "message": run.step.message or ""}


def _answered(old: RunValue, tree: Tree) -> list[Told]:
    """Tell of the calls that are answered by going on with a run, or by stopping it for good."""
    run = tree.runs.get(old.id)
    if run is None:
        return []
    waited = [_call(run, call.item) for call in old.calls if not call.outputs and call.item not in old.waiting]
    answered = [call for call in waited if call.role != "hosted" and _outputs(run, call)]
    return [
        _error(run, call, REJECTED, code="call-rejected")
        if call.state == "rejected"
        else _error(run, call, str(_output(_outputs(run, call))), code="cancelled")
        for call in answered
    ]


def _started(_event: events.RunStarted, run: RunValue, tree: Tree) -> list[Told]:
    parent = {"parent": run.parent.run} if run.parent is not None else {}
    return [{"type": "run_started", "run": run.id, "agent": tree.name(run.agent), **parent}]


def _resumed(_event: events.RunResumed, run: RunValue, tree: Tree) -> list[Told]:
    return [{"type": "run_resumed", "run": run.id, "agent": tree.name(run.agent)}]


def _prepared(_event: events.TurnPrepared, run: RunValue, tree: Tree) -> list[Told]:
    return [{"type": "turn_started", "run": run.id, "agent": tree.name(run.agent), "turn": run.turn.count}]


def _responded(event: events.ModelResponded, run: RunValue, tree: Tree) -> list[Told]:
    agent = tree.name(run.responses[-1].agent)
    start = run.responses[-1].start
    found = [_item(item, start + index, run, agent) for index, item in enumerate(event.output)]
    found.append({"type": "usage", "run": run.id, "agent": agent, "usage": msgspec.to_builtins(event.usage)})
    for index, item in enumerate(event.output):
        call = _call(run, start + index) if is_call(item) else None
        if call is not None and call.state == "failed":
            text = str(_output(_outputs(run, call)) or "")
            code = "call-cut-off" if text == CUT_OFF else "call-id-reused" if text == REUSED else "tool-unknown"
            found.append(_error(run, call, text, code=code))
        elif call is not None and call.state == "cancelled":
            found.append({"type": "tool_result", **_about(run, call), "output": _output(_outputs(run, call))})
    return found


def _item(item: Item, position: int, run: RunValue, agent: str) -> Told:
    """Tell of one item of a response."""
    about: Told = {"run": run.id, "agent": agent, "item": position}
    if "id" in item:
        about["item_id"] = item["id"]
    if is_call(item):
        name = item.get("name") or type_of(item)
        arguments = item.get("arguments", item.get("input"))
        call: Told = {"type": "tool_call", "call_id": call_id_of(item) or "", "tool": name}
        return {**call, "arguments": arguments if isinstance(arguments, str) else "", **about}
    if type_of(item) == "message":
        return {"type": "message", "role": "assistant", "content": text_of([item]) or "", **about}
    return {"type": "item", "kind": type_of(item), **about}


def _checked(event: events.CallChecked, run: RunValue, tree: Tree) -> list[Told]:
    found = _guardrails(event.results, run, tree)
    call = _call(run, event.item)
    if call.state == "blocked":
        found.append(_error(run, call, "a guardrail blocked the call", code="call-blocked"))
    elif call.state == "rejected":
        found.append(_error(run, call, REJECTED, code="call-rejected"))
    return found


def _finished(event: events.ToolFinished, run: RunValue, tree: Tree) -> list[Told]:
    call = _call(run, event.item)
    found = _guardrails(event.results, run, tree)
    return [*found, {"type": "tool_result", **_about(run, call), "output": _output(event.outputs)}]


def _failed(event: events.ToolFailed, run: RunValue, tree: Tree) -> list[Told]:
    found = _guardrails(event.results, run, tree)
    return [*found, _error(run, _call(run, event.item), event.message, code=event.code)]


def _settled(event: events.CallSettled, run: RunValue, tree: Tree) -> list[Told]:
    call = _call(run, event.item)
    if event.how == "output":
        return [
            *_guardrails(event.results, run, tree),
            {"type": "tool_result", **_about(run, call), "output": _output(event.outputs)},
        ]
    if event.how == "fail":
        return [_error(run, call, "the call failed, as somebody has found out", code="tool-failed")]
    return []


def _results(event: events.InputChecked | events.OutputChecked, run: RunValue, tree: Tree) -> list[Told]:
    return _guardrails(event.results, run, tree)


def _decided(event: events.ApprovalDecided, _run: RunValue, tree: Tree) -> list[Told]:
    approval = event.approval
    about: Told = {"agent": tree.name(approval.agent), "tool": approval.tool[2], "always": approval.item == "*"}
    if approval.call_id is not None:
        about["call_id"] = approval.call_id
    return [{"type": "approval_decided", "run": event.run, "decision": approval.decision, **about}]


def _guardrails(results: list[GuardrailResult], run: RunValue, tree: Tree) -> list[Told]:
    found: list[Told] = []
    for result in results:
        agent = tree.name(result.agent or run.agent)
        told_: Told = {"type": "guardrail", "run": run.id, "name": result.name, "position": result.position}
        told_ |= {"behavior": result.behavior, "agent": agent}
        if result.message is not None:
            told_["message"] = result.message
        found.append(told_)
    return found


def _error(run: RunValue, call: Call, message: str, *, code: str) -> Told:
    output = _output(_outputs(run, call))
    return {"type": "tool_error", **_about(run, call), "code": code, "message": message, "output": output}


def _about(run: RunValue, call: Call) -> Told:
    return {"run": run.id, "call_id": call.call_id, "tool": call.tool[2], "item": call.item}


def _call(run: RunValue, item: int) -> Call:
    """Return a call of the open turn, or of the one that has just been settled."""
    return run.call(item) or next(call for call in reversed(run.settled) if call.item == item)


def _outputs(run: RunValue, call: Call) -> list[Item]:
    """Return the outputs of a call, in the log or on their way there."""
    return run.waiting.get(call.item) or [run.log[position].item for position in call.outputs]


def _output(outputs: list[Item]) -> JSON:
    """Return what the first output says."""
    return outputs[0].get("output") if outputs else None


def _standing(root: RunValue, tree: Tree) -> list[Told]:
    """Tell where the run stands, when it has come to a stop."""
    step = root.step
    if step.type == "finished":
        return [{"type": "run_finished", "run": root.id, "agent": tree.name(root.agent), "final_output": step.output}]
    if step.type == "failed":
        return [{"type": "run_failed", "run": root.id, "code": step.code or "", "message": step.message or ""}]
    if step.type != "interrupted":
        return []
    asked = [each for run in tree.runs.values() for each in _asked(run, tree)] if step.reason == "approval" else []
    paused: Told = {"type": "run_interrupted", "run": root.id, "reason": step.reason or "error"}
    if step.code is not None:
        paused |= {"code": step.code, "message": step.message or ""}
    return [*asked, *([_problem(root)] if step.reason in ("error", "limit") else []), paused]


def _asked(run: RunValue, tree: Tree) -> list[Told]:
    """Tell which calls a person has to decide on."""
    found: list[Told] = []
    for call in run.calls:
        if call.state == "pending":
            item = run.log[call.item].item
            arguments = call.arguments if call.arguments is not None else item.get("arguments", item.get("input"))
            prompts = [
                result.message for result in run.results if result.item == call.item and result.behavior == "ask"
            ]
            about: Told = {**_about(run, call), "agent": tree.name(run.log[call.item].agent or run.agent)}
            about["arguments"] = arguments if isinstance(arguments, str) else ""
            found.append({"type": "approval", **about, **({"prompts": prompts} if prompts else {})})
    return found


_TELLERS = cast(
    "dict[type[Any], Callable[[Any, RunValue, Tree], list[Told]]]",
    {
        events.RunStarted: _started,
        events.RunResumed: _resumed,
        events.TurnPrepared: _prepared,
        events.ModelResponded: _responded,
        events.CallChecked: _checked,
        events.ToolFinished: _finished,
        events.ToolFailed: _failed,
        events.InputChecked: _results,
        events.OutputChecked: _results,
        events.ApprovalDecided: _decided,
        events.CallSettled: _settled,
    },
)
