"""Times Timestep, and the standard library's JSON reader beside it, on one saved run.

Serves one JSON object a line, as `tools/sdk/client.py` asks for.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import timestep
from timestep.codec import document as codec

JSON = dict[str, Any]


class Clock:
    """CPU seconds by name, each call timed on its own with the garbage of the one before out of the way."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, name: str, action: Callable[[], Any]) -> Any:
        """Call something and keep what it cost."""
        gc.collect()
        started = time.process_time()
        result = action()
        self.seconds[name] = time.process_time() - started
        return result


def measure(request: JSON) -> JSON:
    """Read, write, encode and decode a file, once each."""
    raw = Path(request["file"]).read_bytes()
    clock = Clock()
    clock.time("json", lambda: json.loads(raw))
    state = clock.time("read", lambda: timestep.read(raw))
    clock.time("write", lambda: timestep.write(state, state.dialect))
    canonical = clock.time("encode", lambda: codec.encode(state.document))
    clock.time("decode", lambda: codec.decode(canonical))
    return {"seconds": clock.seconds, "bytes": len(raw), "canonical_bytes": len(canonical)}


def hello(_request: JSON) -> JSON:
    """Tell the version."""
    return {"name": "timestep", "version": timestep.__version__}


def main() -> None:
    """Serve until the input ends."""
    operations = {"hello": hello, "measure": measure}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = operations[request["op"]](request)
        except Exception as error:  # noqa: BLE001 - told to the asker
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request["id"], **answer}), flush=True)


if __name__ == "__main__":
    main()
