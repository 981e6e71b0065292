#!/usr/bin/env python3
"""Makes the cases of routing (conformance/cases/router) of the tables in tools/router_cases.

    python3 tools/gen_router_cases.py [--write] [NAME...]

Without --write it prints how each file would change, and ends with 1 if any would. What a case expects is written by
hand in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path

from router_cases import asking, documents, names, ollama, sending, tables
from router_cases.case import Case
from router_cases.client import Asked

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "router"
MODULES = (names, ollama, tables, documents, asking, sending)


def cases() -> list[Case | Asked]:
    """Return all cases.

    Raises:
        ValueError: two have one name.
    """
    found: list[Case | Asked] = [case for module in MODULES for case in module.CASES]
    all_names = [case.name for case in found]
    twice = {name for name in all_names if all_names.count(name) > 1}
    if twice:
        raise ValueError(f"two cases are named {sorted(twice)}")
    return found


def text_of(case: Case | Asked) -> str:
    """Return a case as its file has it."""
    return json.dumps(case.to_json(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    write, chosen = "--write" in arguments, [name for name in arguments if not name.startswith("-")]
    everything = cases()
    wanted = [case for case in everything if not chosen or case.name in chosen]
    changed = 0
    for case in wanted:
        path, text = OUT / f"{case.name}.json", text_of(case)
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if before == text:
            continue
        changed += 1
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        else:
            lines = difflib.unified_diff(before.splitlines(), text.splitlines(), path.name, "now", lineterm="")
            print(*lines, sep="\n")
    stale = set(OUT.glob("*.json")) - {OUT / f"{case.name}.json" for case in everything}
    for path in sorted(stale):
        print(f"{path.name} has no case", file=sys.stderr)
        if write:
            path.unlink()
    told = "written" if write else "would change"
    print(f"gen_router_cases: {changed} of {len(wanted)} cases {told}", file=sys.stderr)
    return 1 if (changed or stale) and not write else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
