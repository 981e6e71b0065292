#!/usr/bin/env python3
"""Makes the cases of sessions and stores (conformance/cases), all of them sequences, of tools/keep_cases.

    python3 tools/gen_keep_cases.py [--write]

Without --write it says which files would change, and ends with 1 if any would. What a case expects is written by hand
in the tables; nothing here asks an implementation.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from keep_cases import claims, layouts, places, services, session_files, sessions, stores

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "conformance" / "cases"
MODULES = (sessions, session_files, stores, claims, layouts, places, services)


def files() -> dict[Path, str]:
    """Return the cases as their files have them.

    Raises:
        ValueError: two have one name.
    """
    found = [case for module in MODULES for case in module.cases()]
    texts = {OUT / f"{case['id']}.json": json.dumps(case, indent=1, ensure_ascii=False) + "\n" for case in found}
    if len(texts) != len(found):
        names = [case["id"] for case in found]
        raise ValueError(f"two cases are called {sorted({name for name in names if names.count(name) > 1})}")
    return texts


def _is_mine(path: Path) -> bool:
    """Tell whether a case is a sequence; all others have sources of their own."""
    return "sequence" in json.loads(path.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Write the files, or say which would change."""
    write, texts = "--write" in arguments, files()
    there = {path for profile in ("session", "durable") for path in (OUT / profile).glob("*.json") if _is_mine(path)}
    changed = [path for path, text in texts.items() if path not in there or path.read_text(encoding="utf-8") != text]
    stale = sorted(there - texts.keys())
    for path in [*changed, *stale]:
        if not write:
            print(f"{path.relative_to(ROOT).as_posix()} would change")
        elif path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
        else:
            path.unlink()
    told = "written" if write else "would change"
    print(f"gen_keep_cases: {len(changed) + len(stale)} of {len(texts)} cases {told}", file=sys.stderr)
    return 1 if (changed or stale) and not write else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
