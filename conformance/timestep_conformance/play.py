"""Asks a testee what a case asks, and compares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from timestep_conformance.cases import Case
from timestep_conformance.matching import difference, shown
from timestep_conformance.payloads import filled
from timestep_conformance.sequences import play_sequence
from timestep_conformance.testee import ANSWERS, Answer, Frame, Testee
from timestep_conformance.verdicts import Verdict


def play(case: Case, testee: Testee) -> Verdict:
    """Return the verdict on a case.

    Raises:
        NoTestee: the testee does not start any more.
        SuiteError: a file of the case is missing or has changed.
    """
    if case.sequence:
        return play_sequence(case, testee, _failed)
    if not case.steps:
        return _requests(case, testee)
    held = _history(case, testee, held=True)
    return held if held.outcome != "pass" or case.args.get("held") else _history(case, testee, held=False)


def _requests(case: Case, testee: Testee) -> Verdict:
    """Ask one request, and those that follow from its answer."""
    frames: list[Frame] = []
    answer = testee.ask(case.op, filled(case.args))
    frames += answer.frames
    failed = _failed(case, case.expect, answer, frames)
    for following in case.expect.get("then", ()):
        if failed:
            return failed
        answer = testee.ask(following["op"], filled(following["args"], answer.value))
        frames += answer.frames
        failed = _failed(case, following["expect"], answer, frames, f"then {following['op']}: ")
    return failed or Verdict(case, "pass", frames=tuple(frames))


def _history(case: Case, testee: Testee, *, held: bool) -> Verdict:
    """Go through a history, event by event: from the state that the testee holds, or from the one that it saved."""
    frames: list[Frame] = []
    rules = {name: case.args[name] for name in ("manifest", "policy") if name in case.args}
    state = {"text": json.dumps(case.args["start"])} if "start" in case.args else None
    for number, step in enumerate(case.steps):
        answer = testee.ask(case.op, {**rules, "state": state, "event": step["event"]})
        frames += answer.frames
        where = f"step {number} ({step['event']['type']}, {'held' if held else 'saved'}): "
        failed = _failed(case, _expected(step), answer, frames, where)
        if failed:
            return failed
        if answer.kind == "ok":
            state = {"held": True} if held else answer.value["state"]
    return Verdict(case, "pass", frames=tuple(frames))


def _expected(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a step of a history expects of the answer."""
    if "error" in step:
        return {"err": {"code": step["error"]}}
    state = {"$json": step["state"]} if "state" in step else {"$bytes": None}
    return {"ok": {"effects": step["effects"], "state": state}}


def _failed(
    case: Case, expect: Mapping[str, Any], answer: Answer, frames: list[Frame], where: str = ""
) -> Verdict | None:
    """Return the verdict on an answer that is not the expected one."""
    told = _told(answer)
    if answer.kind not in ANSWERS:
        return Verdict(case, answer.kind, f"{where}{answer.value}", told, tuple(frames))
    if answer.kind in {"unsupported", "internal"}:
        if answer.kind == "internal":
            why = f"{where}it failed: {answer.value['message']}"
        else:
            why = f"{where}it declares what this needs, and says it is unsupported: {answer.value['feature']}"
        return Verdict(case, answer.kind, why, told, tuple(frames))
    kind = "ok" if "ok" in expect else "err"
    if answer.kind != kind:
        why = f"{where}expected {kind} {shown(expect[kind])}, got {answer.kind} {shown(answer.value)}"
        return Verdict(case, "fail", why, told, tuple(frames))
    found = _differs(expect, kind, answer.value)
    return Verdict(case, "fail", f"{where}{found}", told, tuple(frames)) if found else None


def _differs(expect: Mapping[str, Any], kind: str, value: Any) -> object:  # noqa: ANN401 - any JSON
    """Return the first difference of an answer of the right kind; what is said beside a code and pointer is free."""
    if kind == "err":
        return difference(expect["err"], value, subset=True)
    return difference(expect["ok"], value, subset=expect.get("match") == "subset")


def _told(answer: Answer) -> str:
    """Return what a known failure is told by."""
    return f"err {answer.value['code']}" if answer.kind == "err" else answer.kind
