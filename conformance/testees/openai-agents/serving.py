"""Requests to answers, and callbacks to what the suite says (spec/conformance.md); the SDK is asked for everything."""

from __future__ import annotations

import asyncio
import base64
import importlib
import itertools
import json
import os
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

HELLO = {
    "name": "openai-agents",
    "language": "python",
    "version": version("openai-agents"),
    "spec": ["1.0"],
    "profiles": ["codec", "loop", "durable"],
    "features": [
        "openai-agents-python", "validate", "load", "save",
        "run", "resume", "handoffs", "nested", "guardrails", "predicates", "offers", "session",
    ],
}  # fmt: skip
#: Modules of operations; the SDK takes a second to import, and `hello` does not need it.
MODULES = {"validate": "codec_ops", "load": "codec_ops", "save": "codec_ops", "run": "run_ops", "resume": "run_ops"}
_LINE = 1 << 28  # characters of a frame that is read
Op = Callable[[dict[str, Any]], Awaitable[Any]]


class Refused(Exception):
    """What the SDK refuses: the code that fits, and a pointer where the SDK's message names the place."""

    def __init__(self, code: str, pointer: str | None = None) -> None:
        super().__init__(code)
        self.answer = {"code": code} if pointer is None else {"code": code, "pointer": pointer}


class Unsupported(Exception):
    """What the SDK does not have."""


class CallFailed(Exception):
    """What the suite says went wrong in a model, a tool or the store."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def content(payload: dict[str, str]) -> bytes:
    """Return the bytes of a payload."""
    return payload["text"].encode() if "text" in payload else base64.b64decode(payload["base64"])


class Wire:
    """Standard input and output: requests come one after the other, callbacks go out while one is served."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._open: dict[int, asyncio.Future[Any]] = {}

    async def call(self, do: str, args: dict[str, Any]) -> Any:
        """Ask the suite for something outside of the run.

        Raises:
            CallFailed: it says that this failed.
        """
        number = next(self._numbers)
        self._open[number] = asyncio.get_running_loop().create_future()
        _write({"call": number, "do": do, "args": args})
        found = await self._open[number]
        if "err" in found:
            raise CallFailed(found["err"]["code"], found["err"].get("message", found["err"]["code"]))
        return found["ok"]

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer requests until the input ends."""
        served: set[asyncio.Task[None]] = set()
        while line := await reader.readline():
            frame = json.loads(line)
            if "call" in frame:
                waiting = self._open.pop(frame["call"])
                if not waiting.done():  # or else the run has gone on without the answer
                    waiting.set_result(frame)
                continue
            task = asyncio.create_task(self._answer(frame))
            served.add(task)
            task.add_done_callback(served.discard)

    async def _answer(self, request: dict[str, Any]) -> None:
        _write({"id": request["id"], **await self._found(request["op"], request["args"])})

    async def _found(self, op: str, args: dict[str, Any]) -> dict[str, Any]:
        if op == "hello":
            return {"ok": HELLO}
        if op not in MODULES:
            return {"unsupported": {"feature": op}}
        try:
            return {"ok": await getattr(importlib.import_module(MODULES[op]), op)(args, self)}
        except Refused as error:
            return {"err": error.answer}
        except Unsupported as error:
            return {"unsupported": {"feature": str(error)}}
        except Exception as error:  # noqa: BLE001 - a defect is answered as one
            return {"internal": {"message": f"{type(error).__name__}: {error}"}}


def main() -> None:
    """Serve, without traces and without a key: nothing leaves the process but frames."""
    os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
    os.environ.pop("OPENAI_API_KEY", None)
    asyncio.run(_serve())


async def _serve() -> None:
    reader = asyncio.StreamReader(limit=_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await Wire().serve(reader)


def _write(frame: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(frame, separators=(",", ":")) + "\n")
    sys.stdout.flush()
