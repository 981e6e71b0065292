#!/usr/bin/env python3
"""Makes the cases of routing (conformance/cases/router) of the tables in tools/router_cases.

    python3 tools/gen_router_cases.py [--write] [NAME...]

Without --write it prints how each file would change, and ends with 1 if any would. What a case expects is written by
hand in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from case_files import refresh, texts
from router_cases import asking, documents, names, ollama, sending, tables

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "router"
MODULES = (names, ollama, tables, documents, asking, sending)


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    found = [case for module in MODULES for case in module.CASES]
    files = texts(((OUT / f"{case.name}.json", case.to_json()) for case in found), indent=2)
    there = OUT.glob("*.json")
    return refresh("gen_router_cases", files, there, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
