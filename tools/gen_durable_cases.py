#!/usr/bin/env python3
"""Makes the cases of durable runs (conformance/cases/durable) of the tables in tools/durable_cases.

    python3 tools/gen_durable_cases.py [--write] [NAME...]

Without --write it prints how each file would change, and ends with 1 if any would. What a case expects is written by
hand in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from case_files import refresh, texts
from durable_cases import crashes, doubt, handed, kept, policies, simple

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "durable"
#: How the cases begin that gen_keep_cases.py writes into the same folder.
_STORES = "store-"
MODULES = (simple, handed, crashes, doubt, policies, kept)


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    found = [case for module in MODULES for case in module.CASES]
    files = texts(((OUT / f"{case.name}.json", case.to_json()) for case in found), indent=2)
    there = [path for path in OUT.glob("*.json") if not path.name.startswith(_STORES)]
    return refresh("gen_durable_cases", files, there, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
