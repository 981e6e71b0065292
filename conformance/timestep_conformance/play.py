"""Asks a testee what a case asks, and compares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from timestep_conformance import asking, whole_runs
from timestep_conformance.cases import Case
from timestep_conformance.explorer import explore
from timestep_conformance.judging import failed
from timestep_conformance.payloads import filled
from timestep_conformance.sequences import play_sequence
from timestep_conformance.testee import Frame, Testee
from timestep_conformance.verdicts import Verdict
from timestep_conformance.world import World


def play(case: Case, testee: Testee) -> Verdict:
    """Return the verdict on a case.

    Raises:
        NoTestee: the testee does not start any more.
        SuiteError: a file of the case is missing or has changed.
    """
    if case.sequence:
        return play_sequence(case, testee)
    if case.world:
        return explore(case, testee) if case.crash else whole_runs.play(case, testee, World(case))
    if case.servers:
        return asking.play(case, testee)
    if not case.steps:
        return _requests(case, testee)
    held = _history(case, testee, held=True)
    return held if held.outcome != "pass" or case.args.get("held") else _history(case, testee, held=False)


def _requests(case: Case, testee: Testee) -> Verdict:
    """Ask one request, and those that follow from its answer."""
    frames: list[Frame] = []
    answer = testee.ask(case.op, filled(case.args))
    frames += answer.frames
    found = failed(case, case.expect, answer, frames)
    for following in case.expect.get("then", ()):
        if found:
            return found
        answer = testee.ask(following["op"], filled(following["args"], answer.value))
        frames += answer.frames
        found = failed(case, following["expect"], answer, frames, f"then {following['op']}: ")
    return found or Verdict(case, "pass", frames=tuple(frames))


def _history(case: Case, testee: Testee, *, held: bool) -> Verdict:
    """Go through a history, event by event: from the state that the testee holds, or from the one that it saved."""
    frames: list[Frame] = []
    rules = {name: case.args[name] for name in ("manifest", "policy") if name in case.args}
    state = {"text": json.dumps(case.args["start"])} if "start" in case.args else None
    for number, step in enumerate(case.steps):
        answer = testee.ask(case.op, {**rules, "state": state, "event": step["event"]})
        frames += answer.frames
        where = f"step {number} ({step['event']['type']}, {'held' if held else 'saved'}): "
        found = failed(case, _expected(step), answer, frames, where)
        if found:
            return found
        if answer.kind == "ok":
            state = {"held": True} if held else answer.value["state"]
    return Verdict(case, "pass", frames=tuple(frames))


def _expected(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a step of a history expects of the answer."""
    if "error" in step:
        return {"err": {"code": step["error"]}}
    state = {"$json": step["state"]} if "state" in step else {"$bytes": None}
    return {"ok": {"effects": step["effects"], "state": state}}
