#!/usr/bin/env python3
"""Makes the cases of whole runs of the loop (conformance/cases/loop/run-*) of the tables in tools/run_cases.

    python3 tools/gen_run_cases.py [--write] [NAME...]

Without --write it prints how each file would change, and ends with 1 if any would. What a case expects is written by
hand in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from case_files import refresh, texts
from run_cases import beginning, calling, deciding, going_on, guarding, handing, searching, telling

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "loop"
MODULES = (beginning, calling, deciding, going_on, guarding, handing, searching, telling)


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    found = [case for module in MODULES for case in module.CASES]
    files = texts((OUT / f"run-{case.name}.json", case.to_json()) for case in found)
    return refresh("gen_run_cases", files, OUT.glob("run-*.json"), arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
