#!/usr/bin/env python3
"""Makes the cases of the codec (conformance/cases/codec) of examples, fixtures, hostile recipes and tables.

    python3 tools/gen_codec_cases.py [--write]

Without --write it says which files would change, and ends with 1 if any would. What is refused, and what waits in a
state, stands in the sources: examples, recipes, tables, and what the SDKs said when the fixtures were recorded. The
rest is what the reference gives, for a person to judge.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from case_files import refresh, texts

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases" / "codec"
#: Where the cases come from, in the order of their making.
_MODULES = (
    "core",
    "examples",
    "old",
    "parts",
    "versions",
    "number_parts",
    "accounts",
    "dialect_python",
    "dialect_js",
    "imports",
    "wire_items",
    "ledger_calls",
    "decided_calls",
    "states",
    "hostile",
    "open_calls",
    "journal",
    "session_items",
    "files",
    "seals",
    "keys",
    "decisions",
    "binary",
    "values",
    "secrets",
)


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    from codec_cases import hostile

    documents = OUT / "documents"
    data = {documents / name: data.decode() for name, data in hostile.documents().items()}
    status = refresh("gen_codec_cases: documents", data, (), arguments)
    if status:
        return status  # cases name these by their digests
    found = [case for name in _MODULES for case in importlib.import_module(f"codec_cases.{name}").cases()]
    files = texts((OUT / f"{case['id'].partition('/')[2]}.json", case) for case in found)
    return refresh("gen_codec_cases", files, OUT.glob("*.json"), arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
