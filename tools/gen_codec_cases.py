#!/usr/bin/env python3
"""Makes the cases of the codec (conformance/cases/codec) of examples, fixtures, hostile recipes and tables.

    python3 tools/gen_codec_cases.py [--write]

Without --write it says which files would change, and ends with 1 if any would. What is refused, and what waits in a
state, stands in the sources: examples, recipes, tables, and what the SDKs said when the fixtures were recorded. The
rest is what the reference gives, for a person to judge.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

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
    """Write the files, or say which would change."""
    write = "--write" in arguments
    from codec_cases import hostile

    changed = _put({OUT / "documents" / name: data for name, data in hostile.documents().items()}, write=write)
    if changed and not write:
        return 1
    found = [case for name in _MODULES for case in importlib.import_module(f"codec_cases.{name}").cases()]
    written = {OUT / f"{case['id'].partition('/')[2]}.json": _text(case) for case in found}
    if len(written) != len(found):
        names = [case["id"] for case in found]
        raise ValueError(f"two cases are called {sorted({name for name in names if names.count(name) > 1})}")
    changed += _put(written, write=write)
    for path in sorted(set(OUT.glob("*.json")) - written.keys()):
        print(f"{path.name} has no source", file=sys.stderr)
        changed += 1
        if write:
            path.unlink()
    told = "written" if write else "would change"
    print(f"gen_codec_cases: {changed} of {len(written)} cases {told}", file=sys.stderr)
    return 1 if changed and not write else 0


def _put(files: dict[Path, bytes], *, write: bool) -> int:
    """Write the files that differ, or name them; return how many they are."""
    changed = [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]
    for path in changed:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
        else:
            print(f"{path.relative_to(ROOT).as_posix()} would change")
    return len(changed)


def _text(case: dict[str, object]) -> bytes:
    return (json.dumps(case, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
