#!/usr/bin/env python3
"""Checks the protobuf sources: `buf lint`, `buf build`, their format, and that python/timestep/v1 is made of them.

    python3 tools/check_proto.py [ROOT]

Ends with 1 when something is wrong; buf says where.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import gen_proto


def checks(sources: Path, image: Path) -> list[list[str]]:
    """Return what is run on a folder of sources."""
    buf = str(Path(sys.executable).with_name("buf"))
    return [
        [buf, "lint", str(sources)],
        [buf, "build", str(sources), "-o", str(image)],
        [buf, "format", "--diff", "--exit-code", str(sources)],
    ]


def main(argv: list[str]) -> int:
    """Run all checks; 0 when every one is clean."""
    root = Path(argv[0]).resolve() if argv else gen_proto.ROOT
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        failed = [
            " ".join(check[:2]).rpartition("/")[2]
            for check in checks(root / "proto", image)
            if subprocess.run(check, check=False).returncode != 0
        ]
    if not failed and gen_proto.changes(root):
        failed.append("the generated code is not that of the sources: run tools/gen_proto.py --write")
    for name in failed:
        print(f"check_proto: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
