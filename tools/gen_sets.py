#!/usr/bin/env python3
"""Writes conformance/sets/next.json: the cases that came after the last frozen set.

    python3 tools/gen_sets.py [--write]
    python3 tools/gen_sets.py --freeze 1.0

Without --write it ends with 1 if the file would change. --freeze makes a set of all cases, for a release; it is done
once for each version, and a frozen set is never written again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from timestep_conformance import cases, sets

SETS = Path(__file__).resolve().parents[1] / "conformance" / "sets"


def freeze(version: str, folder: Path = SETS) -> str:
    """Write the set of a version, and return what became of it.

    Raises:
        ValueError: there is one already, or it is no version.
    """
    if not sets.FROZEN.fullmatch(version):
        raise ValueError(f"{version!r} is no version, such as 1.0")
    file = folder / f"{version}.json"
    if file.exists():
        raise ValueError(f"the set {version} is frozen; new cases go to the next one")
    found = sets.of_cases(version, cases.load())
    file.write_text(found.text(), encoding="utf-8")
    return f"{file.name} has {len(found.digests())} cases"


def refresh(*, write: bool, folder: Path = SETS) -> bool:
    """Tell whether next.json is as it has to be; write it where asked."""
    file = folder / f"{sets.NEXT}.json"
    text = sets.of_cases(sets.NEXT, sets.later(cases.load(), folder)).text() if sets.frozen(folder) else ""
    if (file.read_text(encoding="utf-8") if file.is_file() else "") == text:
        return True
    if write:
        file.write_text(text, encoding="utf-8")
    return write


def main(arguments: list[str]) -> int:
    """Freeze a set where asked, and write or check next.json."""
    parser = argparse.ArgumentParser(prog="tools/gen_sets.py", description="Write conformance/sets/next.json.")
    parser.add_argument("--write", action="store_true", help="write the file where it would change")
    parser.add_argument("--freeze", metavar="VERSION", help="make the set of this version of all cases")
    given = parser.parse_args(arguments)
    try:
        if given.freeze:
            print(f"gen_sets: {freeze(given.freeze)}", file=sys.stderr)
        fresh = refresh(write=given.write or bool(given.freeze))
    except ValueError as error:
        print(f"gen_sets: {error}", file=sys.stderr)
        return 1
    if not fresh:
        print("gen_sets: next.json would change; python3 tools/gen_sets.py --write", file=sys.stderr)
    return 0 if fresh else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
