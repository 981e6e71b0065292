"""A case in words: its rules, what is asked, and what is expected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from timestep_conformance.cases import Case, requirements

_SHOWN = 2000  # characters of what is asked and expected


def explained(case: Case) -> Iterator[str]:
    """Yield the lines that tell a case."""
    yield f"{case.id}: {case.title}"
    yield f"profile {case.profile}, {case.level}" + (f", needs {', '.join(case.features)}" if case.features else "")
    for name in case.requirements:
        row = requirements().get(name)
        yield f"{name}: {row['sentence']} ({row['file']})" if row else name
    for number, step in enumerate(case.sequence):
        yield f"  {number} {_text(step)}"
    if case.sequence:
        return
    if case.steps:
        yield f"asked {len(case.steps)} times: {case.op} {_text(case.args)}"
        for number, step in enumerate(case.steps):
            yield f"  {number} {step['event']['type']}: {_followed(step)}"
        return
    yield f"asked: {case.op} {_text(case.args)}"
    yield f"expected: {_text(case.expect)}"


def _followed(step: Any) -> str:  # noqa: ANN401 - any JSON
    if "error" in step:
        return f"refused with {step['error']}"
    return ", ".join(effect["type"] for effect in step["effects"]) or "no effect"


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
