"""The files of generated cases: written anew, or told how they would change."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def texts(cases: Iterable[tuple[Path, Mapping[str, Any]]], indent: int = 1) -> dict[Path, str]:
    """Return the texts of cases by their files.

    Raises:
        ValueError: two have one file.
    """
    found: dict[Path, str] = {}
    for path, case in cases:
        if path in found:
            raise ValueError(f"two cases are called {path.stem}")
        found[path] = json.dumps(case, indent=indent, ensure_ascii=False) + "\n"
    return found


def refresh(script: str, files: Mapping[Path, str], there: Iterable[Path], arguments: Sequence[str]) -> int:
    """Write the files that differ where the arguments have `--write`, else say how; return the exit status.

    Args:
        script: the name of the generator.
        files: what each file has to hold.
        there: the files of this generator that there are; those that nothing makes any more go.
        arguments: of the command line; names of cases bound what is written.
    """
    write, chosen = "--write" in arguments, [name for name in arguments if not name.startswith("-")]
    wanted = {path: text for path, text in files.items() if not chosen or path.stem in chosen}
    changed = [path for path, text in wanted.items() if _read(path) != _bytes(text)]
    for path in changed:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_bytes(wanted[path]))
        else:
            before = _read(path).decode("utf-8", "replace").splitlines()
            print(*difflib.unified_diff(before, wanted[path].splitlines(), path.name, "now", lineterm=""), sep="\n")
    stale = sorted(set(there) - files.keys())
    for path in stale:
        print(f"{path.name} has no source", file=sys.stderr)
        if write:
            path.unlink()
    told = "written" if write else "would change"
    print(f"{script}: {len(changed)} of {len(wanted)} cases {told}", file=sys.stderr)
    return 1 if (changed or stale) and not write else 0


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
