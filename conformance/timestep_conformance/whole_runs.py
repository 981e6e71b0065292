"""Plays the cases of whole runs: requests with the case's world, then what has happened and what may never happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from timestep_conformance.cases import Case
from timestep_conformance.judging import failed
from timestep_conformance.matching import difference
from timestep_conformance.payloads import filled
from timestep_conformance.testee import Answer, Frame, Testee
from timestep_conformance.verdicts import Verdict
from timestep_conformance.world import World

#: What a request to go on has of the one before, unless it says otherwise.
_SAME = ("run", "agents", "store", "session", "events", "max_turns")


class Request(NamedTuple):
    """One request of a case, and what is expected of its answer."""

    number: int
    op: str
    args: Mapping[str, Any]
    expect: Mapping[str, Any]

    @property
    def where(self) -> str:
        """What stands before the reason of a failure."""
        return f"then {self.op}: " if self.number else ""


def requests(case: Case) -> list[Request]:
    """Return the requests of a case: each that goes on has what the first one had, unless it says otherwise."""
    same = {name: case.args[name] for name in _SAME if name in case.args}
    found = [Request(0, case.op, case.args, case.expect)]
    for number, each in enumerate(case.expect.get("then", ()), 1):
        args = {**same, **each["args"]} if each["op"] == "resume" else each["args"]
        found.append(Request(number, each["op"], args, each["expect"]))
    return found


def ask(testee: Testee, request: Request, world: World, before: Any = None) -> Answer:  # noqa: ANN401 - any JSON
    """Ask a request of a case."""
    args = filled(request.args, before)
    world.request(request.number, args)
    return testee.ask(request.op, args, world)


def play(case: Case, testee: Testee, world: World) -> Verdict:
    """Return the verdict on a case whose testee is killed only where its world says so."""
    frames: list[Frame] = []
    value: Any = None
    for request in requests(case):
        answer = ask(testee, request, world, value)
        frames += answer.frames
        if answer.kind == "killed":
            world.reborn()
        found = unexpected(case, request, answer, world, frames)
        if found:
            return found
        value = answer.value
    return happened(case, world, frames, counts=True) or Verdict(case, "pass", frames=tuple(frames))


def unexpected(
    case: Case, request: Request, answer: Answer, world: World, frames: list[Frame], where: str = ""
) -> Verdict | None:
    """Return the verdict on an answer that is not the expected one, or on a question that no answer was scripted for."""
    if world.faults:
        return Verdict(case, "fail", f"{where}{world.faults[0]}", "world", tuple(frames))
    if world.ledger.wrong:
        return Verdict(case, "fail", f"{where}{world.ledger.wrong[0]}", "law", tuple(frames))
    if (answer.kind == "killed") != ("killed" in request.expect):
        told = (
            "it was to be killed as it asks for a tool, and has ended" if "killed" in request.expect else answer.value
        )
        why = f"{where}{request.where}{told}"
        return Verdict(case, "fail", why, answer.kind, tuple(frames))
    if answer.kind == "killed":
        return None
    return failed(case, request.expect, answer, frames, where + request.where)


def happened(case: Case, world: World, frames: list[Frame], where: str = "", *, counts: bool) -> Verdict | None:
    """Return the verdict where something else has happened than the case says; `counts`: also how often it was asked."""
    told = ""
    if world.ledger.wrong:
        told = world.ledger.wrong[0]
    found = _effects(case, world) or (_counts(case, world) if counts else None) or _session(case, world)
    told = told or (found or "")
    return Verdict(case, "fail", where + told, "effects", tuple(frames)) if told else None


def _effects(case: Case, world: World) -> str:
    happened = {call.call_id: call.to_json() for call in world.ledger.calls.values() if call.keys}
    for row in case.effects:
        found = happened.pop(row["call_id"], None)
        if found is None:
            if row.get("times") != 0:
                return f"the tool {row['tool']} has not run for {row['call_id']}"
            continue
        differs = difference({"times": 1, **row}, found, subset=True)
        if differs:
            return f"what the tools have done differs for {row['call_id']} {differs}"
    extra = next(iter(happened.values()), None)
    return f"the tool {extra['tool']} has run for {extra['call_id']}, which it was not to" if extra else ""


def _counts(case: Case, world: World) -> str:
    for name, count in case.asked.items():
        found = world.ledger.counts.get(name, 0)
        if found != count:
            return f"it has asked for {name} {found} times; expected {count}"
    return ""


def _session(case: Case, world: World) -> str:
    differs = difference(case.session, world.session, subset=True) if case.session is not None else None
    return f"the session differs {differs}" if differs else ""
