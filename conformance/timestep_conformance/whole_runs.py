"""Plays the cases of whole runs: requests with the case's world, then what has happened and what may never happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from timestep_conformance.cases import Case
from timestep_conformance.judging import failed
from timestep_conformance.matching import difference
from timestep_conformance.payloads import filled
from timestep_conformance.testee import Answer, Frame, Testee
from timestep_conformance.verdicts import Verdict
from timestep_conformance.world import World

#: What a request to go on has of the one before, unless it says otherwise.
_SAME = ("run", "agents", "store", "session", "events", "max_turns", "stream", "approver")


class Request(NamedTuple):
    """One request of a case, and what is expected of its answer."""

    number: int
    op: str
    args: Mapping[str, Any]
    expect: Mapping[str, Any]


def requests(case: Case) -> list[Request]:
    """Return the requests of a case: each that goes on has what the first one had, unless it says otherwise."""
    same = {name: case.args[name] for name in _SAME if name in case.args}
    found = [Request(0, case.op, case.args, case.expect)]
    for number, each in enumerate(case.expect.get("then", ()), 1):
        args = {**same, **each["args"]} if each["op"] in {"run", "resume"} else each["args"]
        found.append(Request(number, each["op"], args, each["expect"]))
    return found


@dataclass
class Playing:
    """A case as it is played with a world.

    Attributes:
        testees: who plays it: the first one until it is killed, then the next; the last one goes on to the end.
        where: what stands before the reason of a failure, such as where the testee was killed.
        value: the result of the request before.
    """

    case: Case
    world: World
    testees: Sequence[Testee]
    where: str = ""
    value: Any = None
    frames: list[Frame] = field(default_factory=list[Frame])

    def ask(self, request: Request) -> Answer:
        """Ask one request."""
        args = filled(request.args, self.value)
        self.world.request(request.number, args)
        testee = self.testees[min(self.world.deaths, len(self.testees) - 1)]
        answer = testee.ask(request.op, args, self.world)
        self.frames += answer.frames
        if answer.kind == "killed":
            self.world.reborn()
        return answer

    def unexpected(self, request: Request, answer: Answer) -> Verdict | None:
        """Return the verdict on an answer that is not the expected one, or on what may not have happened before it."""
        then = f"{self.where}then {request.op}: " if request.number else self.where
        wrong = self.wrong()
        if wrong:
            return wrong
        if "killed" in request.expect:
            told = "" if answer.kind == "killed" else "it was to be killed as it asks for a tool, and has ended before"
        else:
            told = answer.value if answer.kind == "killed" else ""
        if told:
            return self.failure(then + told, answer.kind)
        return None if answer.kind == "killed" else failed(self.case, request.expect, answer, self.frames, then)

    def wrong(self) -> Verdict | None:
        """Return the verdict where the world had no answer, or a law was broken."""
        for name, found in (("world", self.world.faults), ("law", self.world.ledger.wrong)):
            if found:
                return self.failure(self.where + found[0], name)
        return None

    def ended(self, *, counts: bool) -> Verdict:
        """Return the verdict at the end: on what has happened; `counts`: also on how often anything was asked for."""
        differs = _effects(self.case, self.world) or (_counts(self.case, self.world) if counts else "")
        differs = differs or _session(self.case, self.world)
        if differs:
            return self.failure(self.where + differs, "effects")
        return self.wrong() or Verdict(self.case, "pass", frames=tuple(self.frames))

    def failure(self, why: str, answer: str) -> Verdict:
        """Return the verdict that the case has failed."""
        return Verdict(self.case, "fail", why, answer, tuple(self.frames))


def play(case: Case, testee: Testee, world: World) -> Verdict:
    """Return the verdict on a case whose testee is killed only where its world says so."""
    playing = Playing(case, world, [testee])
    for request in requests(case):
        answer = playing.ask(request)
        found = playing.unexpected(request, answer)
        if found:
            return found
        playing.value = answer.value
    return playing.ended(counts=True)


def _effects(case: Case, world: World) -> str:
    happened = {call.call_id: call.to_json() for call in world.ledger.calls.values() if call.keys}
    for row in case.effects:
        found = happened.pop(row["call_id"], {**row, "times": 0})
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
