#!/usr/bin/env python3
"""Makes the cases of sessions and stores (conformance/cases), all of them sequences, of tools/keep_cases.

    python3 tools/gen_keep_cases.py [--write]

Without --write it prints how each file would change, and ends with 1 if any would. What a case expects is written by
hand in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from case_files import refresh, texts
from keep_cases import claims, layouts, places, services, session_files, sessions, stores

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases"
MODULES = (sessions, session_files, stores, claims, layouts, places, services)


def _is_mine(path: Path) -> bool:
    """Tell whether a case is a sequence; all others have sources of their own."""
    return "sequence" in json.loads(path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    files = texts((OUT / f"{case['id']}.json", case) for module in MODULES for case in module.cases())
    there = [path for profile in ("session", "durable") for path in (OUT / profile).glob("*.json") if _is_mine(path)]
    return refresh("gen_keep_cases", files, there, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
