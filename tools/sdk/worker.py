"""Drives the real `openai-agents` package over a scripted transport (see README.md)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from importlib.metadata import version
from typing import Any, TextIO

KEYS = ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "ANTHROPIC_API_KEY", "OLLAMA_API_KEY")
# What a saved state's form depends on besides the SDK: it makes and writes out the items of a response.
PACKAGES = ("openai",)


def refuse_keys() -> None:
    """End the process when an API key is set: nothing here may reach a network."""
    found = [name for name in KEYS if os.environ.get(name)]
    if found:
        sys.exit(f"refusing to start: {', '.join(found)} is set")


def hello() -> dict[str, Any]:
    """Tell the SDK, its version, the schema number it writes and the packages it stands on."""
    from agents.run_state import CURRENT_SCHEMA_VERSION

    return {
        "sdk": "openai-agents",
        "version": version("openai-agents"),
        "schema_version": CURRENT_SCHEMA_VERSION,
        "packages": {name: version(name) for name in PACKAGES},
    }


async def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request; a failure becomes part of the answer."""
    from py_worker.features import MissingFeatureError
    from py_worker.operations import OPERATIONS, StageError

    if request["op"] == "hello":
        return hello()
    try:
        return await OPERATIONS[request["op"]](request)
    except StageError as error:
        return error.report
    except Exception as error:
        stage = "request" if isinstance(error, MissingFeatureError) else request["op"]
        report = {"stage": stage, "type": type(error).__name__, "message": str(error)}
        return {"error": report}


def forget_nested_runs() -> None:
    """Forget the runs of agent tools, as a new process has: older releases find one again that no state holds."""
    for name, value in vars(sys.modules.get("agents.agent_tool_state", sys)).items():
        if name.startswith("_agent_tool_") and isinstance(value, dict):
            value.clear()


def serve(source: TextIO, target: TextIO) -> None:
    """Answer requests, one a line, until the input ends."""
    for line in source:
        if not line.strip():
            continue
        request = json.loads(line)
        # A fresh loop for each request: no task of one operation lives on in the next.
        reply = asyncio.run(answer(request))
        forget_nested_runs()
        target.write(json.dumps({"id": request.get("id"), **reply}) + "\n")
        target.flush()


def main() -> None:
    """Serve on stdin and stdout; what the SDK prints goes to stderr."""
    refuse_keys()
    target, sys.stdout = sys.stdout, sys.stderr
    from agents import set_tracing_disabled

    set_tracing_disabled(True)
    serve(sys.stdin, target)


if __name__ == "__main__":
    main()
