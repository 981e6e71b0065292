"""Drives our own loop over a scripted transport, with the protocol of the workers around the SDKs (see README.md)."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from worker import refuse_keys


async def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request; a failure becomes part of the answer."""
    from own.operations import OPERATIONS, StageError

    from timestep import __version__
    from timestep.types.state import FORMAT_VERSION

    if request["op"] == "hello":
        return {"sdk": "timestep", "version": __version__, "schema_version": FORMAT_VERSION}
    try:
        return await OPERATIONS[request["op"]](request)
    except StageError as error:
        return error.report
    except Exception as error:
        return {"error": {"stage": request["op"], "type": type(error).__name__, "message": str(error)}}


def main() -> None:
    """Serve on stdin and stdout, one JSON object a line; what is printed otherwise goes to stderr."""
    refuse_keys()
    target, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        # A fresh loop for each request: no task of one operation lives on in the next.
        reply = asyncio.run(answer(request))
        target.write(json.dumps({"id": request.get("id"), **reply}) + "\n")
        target.flush()


if __name__ == "__main__":
    main()
