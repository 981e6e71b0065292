"""Plays a case in which a testee asks models: servers of the suite answer, and what they were asked is compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timestep_conformance.cases import Case
from timestep_conformance.judging import failed
from timestep_conformance.loopback import Servers
from timestep_conformance.matching import Difference, difference, shown
from timestep_conformance.testee import Answer, Frame, Testee
from timestep_conformance.verdicts import Verdict


def play(case: Case, testee: Testee) -> Verdict:
    """Return the verdict on a case with servers.

    Raises:
        NoTestee: the testee does not start any more.
    """
    frames: list[Frame] = []
    asked: list[Mapping[str, Any]] = [{"op": case.op, "args": case.args, "expect": case.expect}]
    asked += case.expect.get("then", ())
    with Servers(case.servers) as servers:
        for number, step in enumerate(asked):
            answer = testee.ask(step["op"], servers.filled(step["args"]))
            frames += answer.frames
            where = f"then {step['op']}: " if number else ""
            told = Answer(answer.kind, servers.named(answer.value), answer.frames)
            found = failed(case, step["expect"], told, frames, where)
            if found:
                return found
        differs = _requests_differ(case, servers.named(servers.requests))
    if differs:
        return Verdict(case, "fail", f"what was asked {differs}", "requests", tuple(frames))
    return Verdict(case, "pass", frames=tuple(frames))


def _requests_differ(case: Case, requests: list[dict[str, Any]]) -> Difference | None:
    """Return the first difference between the requests that a case expects and those that came."""
    for number, (wanted, found) in enumerate(zip(case.requests, requests, strict=False)):
        differs = _differs(wanted, found, f"/{number}")
        if differs:
            return differs
    if len(case.requests) != len(requests):
        told = [f"{request['to']}{request['path']}" for request in requests]
        return Difference("", f"expected {len(case.requests)} requests, got {shown(told)}")
    return None


def _differs(wanted: Mapping[str, Any], found: Mapping[str, Any], at: str) -> Difference | None:
    """Compare one request: what a case names of it, headers that are not sent, and how long it has waited."""
    named = {name: value for name, value in wanted.items() if name not in {"without", "least", "most", "query"}}
    differs = difference(named, dict(found), subset=True, at=at)
    if differs is None and "query" in wanted:
        differs = difference(wanted["query"], found["query"], at=f"{at}/query")
    if differs:
        return differs
    for name in wanted.get("without", ()):
        if name in found["headers"]:
            return Difference(f"{at}/headers/{name}", "is not expected")
    if not wanted.get("least", 0) <= found["waited"] <= wanted.get("most", float("inf")):
        return Difference(f"{at}/waited", f"expected {shown(wanted)}, got {found['waited']:.3f} s")
    return None
