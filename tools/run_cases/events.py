"""The words in which cases tell of events: what a reader of a run is told, each with its keys (events.md)."""

from __future__ import annotations

from typing import Any

from durable_cases.case import JSON
from run_cases.case import RUN, Case

USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
TEXT = {"$holds": {"all": []}}  # a text, whatever it says


def outcome(step: str, events: list[JSON], **more: Any) -> JSON:
    """Return a whole outcome, with the events numbered on from where they begin."""
    plain: JSON = {"step": step, "reason": None, "code": None, "output": None, "waits": [], "state": {"$bytes": None}}
    return {"ok": {**plain, **more, "events": events}}


def numbered(events: list[JSON], start: int = 1) -> list[JSON]:
    """Return events with their numbers; pieces have none."""
    told: list[JSON] = []
    count = start - 1
    for each in events:
        count += "after_seq" not in each
        told.append(each if "after_seq" in each else {**each, "seq": count})
    return told


def event(type_: str, run: str = RUN, /, **more: Any) -> JSON:
    """Return an event of a run."""
    return {"type": type_, "run": run, **more}


def begins(run: str = RUN, name: str = "Clerk", **more: Any) -> JSON:
    """Return that a run begins."""
    return event("run_started", run, agent=name, **more)


def turn(number: int, run: str = RUN, name: str = "Clerk") -> JSON:
    """Return that a model is about to be asked."""
    return event("turn_started", run, agent=name, turn=number)


def turned(number: int, run: str = RUN, name: str = "Clerk") -> JSON:
    """Return that a turn has ended."""
    return event("turn_finished", run, agent=name, turn=number)


def called(
    call_id: str, tool_name: str, item: int, run: str = RUN, name: str = "Clerk", *, arguments: str = "{}"
) -> JSON:
    """Return that the model has asked for a call."""
    about = {"call_id": call_id, "tool": tool_name, "arguments": arguments, "item": item, "item_id": f"fc_{call_id}"}
    return event("tool_call", run, agent=name, **about)


def spoke(text: str, item: int, run: str = RUN, name: str = "Clerk") -> JSON:
    """Return that the model has said something."""
    return event("message", run, role="assistant", content=text, agent=name, item=item, item_id="msg_1")


def counted(run: str = RUN, name: str = "Clerk") -> JSON:
    """Return what an answer has cost."""
    return event("usage", run, agent=name, usage=USAGE)


def came_to(call_id: str, tool_name: str, item: int, output: Any, run: str = RUN) -> JSON:
    """Return that a call has ended."""
    return event("tool_result", run, call_id=call_id, tool=tool_name, item=item, output=output)


def failed(call_id: str, tool_name: str, item: int, code: str, output: Any = TEXT) -> JSON:
    """Return that a call has failed, or was refused."""
    about = {"call_id": call_id, "tool": tool_name, "item": item, "code": code}
    return event("tool_error", **about, message=TEXT, output=output)


def finished(output: Any = "Done.", name: str = "Clerk") -> JSON:
    """Return that the run has ended."""
    return event("run_finished", agent=name, final_output=output)


def cost(answer: JSON) -> JSON:
    """Return an answer with its usage."""
    return {**answer, "usage": USAGE}


def watched(
    name: str, title: str, rules: tuple[str, ...], agents: list[JSON], model: Any, *rest: Any, **more: Any
) -> Case:
    """Return a case of a run that is watched from its beginning on."""
    args = {"events": True, **more.pop("args", {})}
    features = ("events", *more.pop("features", ()))
    return Case(name, title, rules, agents, model, *rest, features=features, args=args, **more)


def piece(kind: str, text: str, index: int, after: int, **more: Any) -> JSON:
    """Return a piece as a reader is told it."""
    return event(kind, content=text, index=index, after_seq=after, **more)
