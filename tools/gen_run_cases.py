#!/usr/bin/env python3
"""Makes the cases of whole runs of the loop (conformance/cases/loop/run-*) of the tables in tools/run_cases.

    python3 tools/gen_run_cases.py [--write] [NAME...]

Without --write it prints how each file would change, and ends with 1 if any would. What a case expects is written by
hand in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path

from run_cases import beginning, calling, deciding, going_on, guarding, handing, searching, telling
from run_cases.case import Case

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "loop"
MODULES = (beginning, calling, deciding, going_on, guarding, handing, searching, telling)


def cases() -> dict[Path, Case]:
    """Return all cases, by their files.

    Raises:
        ValueError: two have one name.
    """
    found: dict[Path, Case] = {}
    for case in (case for module in MODULES for case in module.CASES):
        path = OUT / f"run-{case.name}.json"
        if path in found:
            raise ValueError(f"two cases are named {case.name}")
        found[path] = case
    return found


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    write, chosen = "--write" in arguments, [name for name in arguments if not name.startswith("-")]
    everything = cases()
    wanted = {path: case for path, case in everything.items() if not chosen or case.name in chosen}
    changed = 0
    for path, case in wanted.items():
        text = json.dumps(case.to_json(), indent=1, ensure_ascii=False) + "\n"
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if before == text:
            continue
        changed += 1
        if write:
            path.write_text(text, encoding="utf-8")
        else:
            lines = difflib.unified_diff(before.splitlines(), text.splitlines(), path.name, "now", lineterm="")
            print(*lines, sep="\n")
    stale = set(OUT.glob("run-*.json")) - set(everything)
    for path in sorted(stale):
        print(f"{path.name} has no case", file=sys.stderr)
        if write:
            path.unlink()
    told = "written" if write else "would change"
    print(f"gen_run_cases: {changed} of {len(wanted)} cases {told}", file=sys.stderr)
    return 1 if (changed or stale) and not write else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
