"""The crash explorer: kills a testee at every callback, before and after what it does, and has the run gone on with."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from timestep_conformance.cases import Case
from timestep_conformance.testee import Answer, Testee
from timestep_conformance.verdicts import Verdict
from timestep_conformance.whole_runs import Playing, Request, play, requests
from timestep_conformance.world import Point, Trace, World

#: Processes that are started ahead: starting one takes longer than what it is asked.
SPARES = 3
#: How often a run that was broken off is asked for before a person gives up.
_ATTEMPTS = 8
#: How many schedules with two kills are tried of a case.
_PAIRS = 12


def explore(case: Case, testee: Testee) -> Verdict:
    """Return the verdict on a case whose testee is killed at each place where the world stands otherwise than before.

    A kill before a callback and one after the callback before it leave the same world, and are one schedule; where
    nothing has happened yet, whoever is asked next is asked as the first one was.
    """
    if ":" in case.crash:  # one schedule, as `repro` has it
        places = [each.partition(":") for each in case.crash.split(",")]
        return scheduled(case, [testee], [Point(int(number), when) for number, _, when in places])[0]
    base = World(case)
    verdict = play(case, testee, base)
    if verdict.outcome != "pass":
        return verdict
    testee.spares = SPARES
    chance = random.Random(case.id)  # noqa: S311 - a choice, no secret
    seconds: list[tuple[Point, ...]] = []
    count = 0
    try:
        for first in points(base.trace):
            found, world = scheduled(case, [testee], (first,))
            count += 1
            if found.outcome != "pass":
                return found
            later = list(points([each for each in world.trace if each.life == 1]))
            seconds += [(first, chance.choice(later))] if later else []
        if case.crash == "pairs":
            for kills in chance.sample(seconds, min(len(seconds), _PAIRS)):
                found, _ = scheduled(case, [testee], kills)
                count += 1
                if found.outcome != "pass":
                    return found
    finally:
        testee.spares = 0
    return replace(verdict, schedules=count)


def scheduled(case: Case, testees: Sequence[Testee], kills: Sequence[Point]) -> tuple[Verdict, World]:
    """Return the verdict on a case whose testee is killed at these places, one in each of its lives, and its world."""
    playing = Playing(case, World(case, kills), testees)
    for request in requests(case):
        found = carried_through(playing, request)
        if found:
            break
    else:
        found = playing.ended(counts=False)
    return replace(found, crash=",".join(map(str, kills))), playing.world


def carried_through(playing: Playing, request: Request) -> Verdict | None:
    """Ask a request, and for its run again where the testee was killed; return the verdict where it ends otherwise."""
    asked, broken_off = request, False
    for _ in range(_ATTEMPTS):
        answer = playing.ask(asked)
        if answer.kind == "killed":
            playing.where += f"killed {answer.value}: "
            broken_off = True
            asked = _again(request, playing.world)
            continue
        found = playing.unexpected(request, answer)
        if found is None:
            playing.value = answer.value
            return None
        decisions = _decisions(request, answer, playing.world) if broken_off and not playing.wrong() else []
        if not decisions:
            return found
        asked = _resumed(request, decisions)
    return playing.failure(f"{playing.where}it does not come to its end in {_ATTEMPTS} attempts", "crash")


def points(trace: Sequence[Trace]) -> Iterator[Point]:
    """Yield where a kill leaves another world than one before it, and than that in which the run began."""
    seen = {trace[0].before} if trace and trace[0].life == 0 else set[str]()
    for number, each in enumerate(trace, 1):
        for when, standing in (("before", each.before), ("after", each.after)):
            if standing not in seen:
                seen.add(standing)
                yield Point(number, when)


def _again(request: Request, world: World) -> Request:
    """Return what is asked of the process that is started anew: to go on, or where nothing is kept the same again."""
    return _resumed(request, []) if request.args.get("run") in world.store else request


def _resumed(request: Request, decisions: list[dict[str, Any]]) -> Request:
    args = {name: value for name, value in request.args.items() if name not in {"input", "state", "decisions"}}
    return request._replace(op="resume", args={**args, **({"decisions": decisions} if decisions else {})})


def _decisions(request: Request, answer: Answer, world: World) -> list[dict[str, Any]]:
    """Return what a person says where a run that was broken off waits: as before, or what the ledger shows."""
    said: Any = answer.value
    value: dict[str, Any] = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    waits = cast("list[dict[str, Any]]", value.get("waits") or [])
    open_ = {each["path"] for each in waits if each["state"] == "pending"}
    doubted = [each for each in waits if each["state"] == "indeterminate"]
    before = [each for each in request.args.get("decisions", ()) if each["path"] in open_]
    return [*before, *({"path": each["path"], **_found_out(each["call_id"], world)} for each in doubted)]


def _found_out(call_id: str, world: World) -> dict[str, str]:
    """Return what became of a call: its output if it has happened, else that it is to run again."""
    call = world.ledger.calls.get(call_id)
    if call is None or not call.keys:
        return {"how": "retry"}
    output = call.result.get("output")
    if "output" not in call.result:
        return {"how": "fail"}
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, separators=(",", ":"))
    return {"how": "output", "output": text}
