"""An answer against what a case expects of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timestep_conformance.cases import Case
from timestep_conformance.matching import difference, shown
from timestep_conformance.testee import ANSWERS, Answer, Frame
from timestep_conformance.verdicts import Verdict


def failed(
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
