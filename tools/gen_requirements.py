#!/usr/bin/env python3
"""Makes the registry of requirements, spec/requirements.json, of the pages, the tests and the conformance cases.

    python3 tools/gen_requirements.py [--write] [ROOT]

Without --write it prints how the file would change, and ends with 1 if it would. A test holds a requirement whose id
stands in its docstring, a case one that its `requirements` list. Reasons why a requirement is held by neither are
written by hand in spec/exclusions.json. A requirement whose sentence is gone moves to `retired` and stays there.
"""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from spec_checks.registry import document, read, text_of

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Write the file, or say how it would change."""
    write, roots = "--write" in arguments, [name for name in arguments if not name.startswith("-")]
    root = Path(roots[0]) if roots else ROOT
    file = root / "spec" / "requirements.json"
    try:
        text = text_of(document(root, read(root)))
    except ValueError as error:
        print(f"gen_requirements: {error}", file=sys.stderr)
        return 1
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    if before == text:
        told = "is up to date"
    elif write:
        file.write_text(text, encoding="utf-8")
        told = "written"
    else:
        print(*difflib.unified_diff(before.splitlines(), text.splitlines(), file.name, "now", lineterm=""), sep="\n")
        told = "would change"
    print(f"gen_requirements: {file.name} {told}", file=sys.stderr)
    return 0 if write or before == text else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
