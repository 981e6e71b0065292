"""Says what the reader of a checkout makes of states: `reader.py PYTHON_ROOT`, a list of file names on stdin.

Writes a list of as many objects to stdout: `code` and `pointer` of the refusal, or none for a state that is read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def verdict(file: str) -> dict[str, str | None]:
    """Return what the reader says of one file."""
    from timestep.codec import document
    from timestep.dialects import invariants
    from timestep.errors import TimestepError

    try:
        invariants.check(document.decode(Path(file).read_bytes()))
    except TimestepError as error:
        return {"code": error.code, "pointer": getattr(error, "pointer", None)}
    return {}


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print(json.dumps([verdict(file) for file in json.load(sys.stdin)]))
