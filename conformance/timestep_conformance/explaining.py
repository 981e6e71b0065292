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
        yield f"  {number} {json.dumps(step, ensure_ascii=False)[:_SHOWN]}"
    if case.sequence:
        return
    if case.steps:
        yield f"asked {len(case.steps)} times: {case.op} {_text(case.args)}"
        for number, step in enumerate(case.steps):
            yield f"  {number} {step['event']['type']}: {_followed(step)}"
        return
    yield f"asked: {case.op} {_text(case.args)}"
    yield f"expected: {_text(case.expect)}"
    if case.world:
        yield from _world(case)


def _world(case: Case) -> Iterator[str]:
    """Yield the lines that tell a world, and what has to come of it."""
    yield f"its world: {_text(case.world)}"
    for effect in case.effects:
        yield f"has to happen: {effect['tool']} {effect['call_id']}, {_text(effect.get('times', 1))} times"
    if case.asked:
        yield f"has to be asked for: {', '.join(f'{name} {count} times' for name, count in case.asked.items())}"
    if case.session is not None:
        yield f"has to stand in the session: {_text(case.session)}"
    if case.crash:
        again = ", some twice" if case.crash == "pairs" else ""
        yield f"the testee is killed at every callback, before and after what it does{again}; the end is the same"
    if case.handoff:
        yield "handed over: another testee goes on with what one has saved"


def _followed(step: Any) -> str:  # noqa: ANN401 - any JSON
    if "error" in step:
        return f"refused with {step['error']}"
    return ", ".join(effect["type"] for effect in step["effects"]) or "no effect"


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
