"""What fuzzing found as cases: tentative, until somebody has judged who is right."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from timestep_conformance import places
from timestep_conformance.fuzzing import Finding
from timestep_conformance.matching import bytes_of, parsed
from timestep_conformance.payloads import is_payload, payload
from timestep_conformance.testee import Answer

_OPS = {"validate", "load", "save", "convert"}


def write(finding: Finding, folder: Path) -> Path:
    """Write a finding as a case file into `codec` of a folder, and return the file."""
    case = case_of(finding)
    file = folder / f"{case['id']}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(case, indent=2) + "\n", encoding="utf-8")
    return file


def case_of(finding: Finding) -> dict[str, Any]:
    """Return a case that expects what the first testee says; what the second says where the first says nothing."""
    question = finding.question
    answers = [answer for answer in finding.answers if answer.kind in {"ok", "err"}] or list(finding.answers)
    kinds = [_said(answer) for answer in finding.answers]
    digest = hashlib.sha256(repr((question.op, question.args, finding.data)).encode()).hexdigest()[:8]
    slug = re.sub("[^a-z0-9]+", "-", " ".join(dict.fromkeys(kinds)).lower()).strip("-")
    subjects = [name for name in question.case.features if name not in _OPS]
    return {
        "id": f"codec/fuzz-{question.op}-{slug}-{digest}",
        "title": f"Fuzzing, to be judged: {question.op} gives {kinds[0]}, and another implementation {kinds[1]}",
        "requirements": [_rule(finding)],
        "profile": "codec",
        "introduced": "1.0",
        "origin": {"kind": "fuzz"},
        "features": [question.op, *subjects],
        "tentative": True,
        "op": question.op,
        "args": {**question.args, "state": payload(finding.data)},
        "expect": _expected(answers[0]),
    }


def _said(answer: Answer) -> str:
    return str(answer.value["code"]) if answer.kind == "err" else answer.kind


def _expected(answer: Answer) -> dict[str, Any]:
    if answer.kind == "err":
        return {"err": {"code": answer.value["code"]}}
    return {"ok": _asked(answer.value) if answer.kind == "ok" else {}}


def _asked(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a result with questions in the place of documents: how they are written makes no difference."""
    if is_payload(value):
        try:
            parsed(bytes_of(value))
        except (ValueError, RecursionError):
            return {"$bytes": None}
        return {"$same": value}
    if isinstance(value, dict):
        return {name: _asked(each) for name, each in cast("dict[str, Any]", value).items()}
    return [_asked(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def _rule(finding: Finding) -> str:
    """Return the rule that it is about: that of an error that one of the two gives, or one of the case it came from."""
    for answer in finding.answers:
        if answer.kind == "err" and answer.value["code"] in _rules():
            return _rules()[answer.value["code"]]
    return finding.question.case.requirements[0]


@cache
def _rules() -> Mapping[str, str]:
    """Return the rule of each error code."""
    file = places.SPEC / "errors.json"
    if not file.is_file():
        return {}
    codes: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))["codes"]
    return {code: row["requirement"] for code, row in codes.items()}
