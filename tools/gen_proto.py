#!/usr/bin/env python3
"""Makes the Python code of the protobuf messages (python/timestep/v1) of the sources in proto/.

    python3 tools/gen_proto.py [--write]

Without --write it prints how each file would change, and ends with 1 if any would. It is made with the lowest
grpcio-tools that is supported, which pyproject.toml pins: newer protobuf runtimes load its code, older ones would not.
"""

from __future__ import annotations

import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_OUT = Path("python", "timestep", "v1")
_HEAD = '"""Code of the protobuf messages, made by tools/gen_proto.py of the sources in proto/."""\n'


def compiled(sources: Path) -> dict[str, str]:
    """Return the generated files of a folder of sources, by name.

    Raises:
        subprocess.CalledProcessError: the compiler refused them; it has said why on stderr.
    """
    with tempfile.TemporaryDirectory() as folder:
        places = ["-I", str(sources), "--python_out", folder, "--pyi_out", folder]
        names = sorted(path.relative_to(sources).as_posix() for path in sources.glob("timestep/v1/*.proto"))
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *places, *names], check=True, cwd=sources)
        written = sorted(Path(folder, "timestep", "v1").iterdir())
        return {"__init__.py": _HEAD} | {path.name: path.read_text(encoding="utf-8") for path in written}


def changes(root: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return what a file of the generated code is and what it would be, where they differ; None is no file."""
    after = compiled(root / "proto")
    before = {path.name: path.read_text(encoding="utf-8") for path in (root / _OUT).glob("*.py*")}
    pairs = {name: (before.get(name), after.get(name)) for name in sorted(after.keys() | before.keys())}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def write(root: Path) -> None:
    """Make the generated code what it would be."""
    (root / _OUT).mkdir(parents=True, exist_ok=True)
    for name, (_, new) in changes(root).items():
        path = root / _OUT / name
        if new is None:
            path.unlink()
        else:
            path.write_text(new, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write the files, or say how they would change."""
    if "--write" in arguments:
        write(ROOT)
        return 0
    found = changes(ROOT)
    for name, (old, new) in found.items():
        rows = difflib.unified_diff((old or "").splitlines(), (new or "").splitlines(), name, "now", lineterm="")
        print("\n".join(list(rows)[:40]))
    print(f"gen_proto: {len(found)} files would change", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
