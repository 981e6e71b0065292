#!/usr/bin/env python3
"""Makes the cases of the loop (conformance/cases/loop) of the histories in tools/loop_cases.

    python3 tools/gen_loop_cases.py [--write] [NAME...]

Without --write it prints how each file would change, and ends with 1 if any would. A history tells events and the rows
of spec/transitions.md that each goes through; effects and states are what the loop gives, for a person to judge.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from case_files import refresh, texts
from loop_cases import acting, deciding, ending, handing, nested_stops, nesting, resuming, starting, turns
from loop_cases.history import History
from timestep.codec import document
from timestep.loop.advance import advance
from timestep.loop.draft import IllegalEvent
from timestep.loop.manifest import Policy, manifest_of
from timestep.loop.tree import document_of, tree_of
from timestep.types.events import event_from_json

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "loop"
MODULES = (starting, turns, acting, deciding, nesting, nested_stops, handing, ending, resuming)


def histories() -> list[History]:
    """Return all histories.

    Raises:
        ValueError: two have one name.
    """
    found = [history for module in MODULES for history in module.HISTORIES]
    names = [history.name for history in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two histories are named {sorted(twice)}")
    return found


def case_of(history: History) -> dict[str, Any]:
    """Return a history with what the loop makes of it."""
    manifest = manifest_of(history.manifest, Policy(**history.policy))
    state = tree_of(document.from_json(_copy(history.start))) if history.start is not None else None
    steps: list[dict[str, Any]] = []
    for number, (rows, given) in enumerate(history.steps):
        event = given(document.to_json(document_of(state))) if state is not None and callable(given) else given
        try:
            state, effects = advance(manifest, state, event_from_json(_copy(event)))
        except IllegalEvent as error:
            steps.append({"event": event, "error": error.code, **({"unexpected": error.message} if rows else {})})
            continue
        told = {"rows": rows.split()} if rows else {"unexpected": "it is taken"}
        steps.append({**told, "event": event, "effects": to_builtins(effects)})
        if number in history.states:
            steps[-1]["state"] = document.to_json(document_of(state))
    accepted = [step for step in steps if "effects" in step]
    if state is not None and accepted:
        accepted[-1]["state"] = document.to_json(document_of(state))
    rows = sorted({row for step in steps for row in step.get("rows", ())})
    rules = history.requirements or ("TS-TRANS-007",)
    head = {"id": f"loop/{history.name}", "title": history.title, "requirements": list(rules), "rows": rows}
    kind = {"profile": "loop", "introduced": "1.0", "origin": {"kind": "hand"}, "features": ["advance"]}
    held = {"held": True} if history.held else {}
    start = {"start": history.start} if history.start is not None else {}
    policy = {"policy": history.policy} if history.policy else {}
    return {**head, **kind, "op": "advance", **held, "manifest": history.manifest, **policy, **start, "steps": steps}


def _copy(value: Any) -> Any:
    return to_builtins(value)


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    made = {OUT / f"{history.name}.json": case_of(history) for history in histories()}
    for path, case in made.items():
        for number, step in enumerate(case["steps"]):
            if "unexpected" in step:
                unexpected = step.pop("unexpected")
                print(f"{path.stem}, step {number}: {step['event']['type']}: {unexpected}", file=sys.stderr)
    there = [path for path in OUT.glob("*.json") if not path.name.startswith("run-")]
    return refresh("gen_loop_cases", texts(made.items()), there, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
