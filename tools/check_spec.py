#!/usr/bin/env python3
"""Checks the specification: its pages, requirements, error codes, schemas and examples, and the code that follows them.

    python3 tools/check_spec.py [ROOT]

Prints `file:line: what is wrong` for each fault and ends with 1 when there is one. What is checked stands in
tools/spec_checks, one module a subject.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from spec_checks import codes, drift, examples, prose, requirements, schemas
from spec_checks.fault import Fault
from spec_checks.registry import read_json

CHECKS = (prose, codes, requirements, schemas, examples, drift)
_READ_BY_MANY = ("errors.json", "exclusions.json", "requirements.json")


def faults(root: Path) -> list[Fault]:
    """Return all faults of the specification of a checkout; those of files that can't be read alone."""
    found = set(unreadable(root))
    for check in () if found else CHECKS:
        try:
            found.update(check.faults(root))
        except (ValueError, SyntaxError, re.error) as error:  # of what can't be read, or a schema that can't be used
            found.add(Fault(root, 1, f"{check.__name__.rpartition('.')[2]} can't go on: {error}"))
    return sorted(found)


def unreadable(root: Path) -> list[Fault]:
    """Return a fault for each of the files that the checks go by which is no JSON object."""
    found: list[Fault] = []
    for file in (root / "spec" / name for name in _READ_BY_MANY):
        try:
            read_json(file)
        except ValueError as error:
            found.append(Fault(file, 1, str(error)))
    return found


def main(argv: list[str]) -> int:
    """Print all faults; 0 when there are none."""
    root = Path(argv[0]) if argv else Path(__file__).resolve().parents[1]
    found = faults(root)
    for fault in found:
        name = fault.file.relative_to(root) if fault.file.is_relative_to(root) else fault.file
        print(f"{name}:{fault.line}: {fault.message}", file=sys.stderr)
    pages = len(list((root / "spec").rglob("*.md")))
    print(f"check_spec: {len(found)} faults in {pages} pages", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
