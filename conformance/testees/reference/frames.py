"""The frames of the protocol on stdin and stdout: requests in their order, and callbacks while one is served."""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

JSON = dict[str, Any]

_requests: SimpleQueue[JSON | None] = SimpleQueue()
#: Callbacks that have no answer yet, by number: the event loop that waits, and its future.
_open: dict[int, tuple[Any, Any]] = {}
#: Numbers of callbacks; none is ever given twice in a process.
_numbers = itertools.count(1)
_ended = threading.Event()


class Refused(Exception):
    """An answer to a callback that says what went wrong, in the words of the model, the tool or the store."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def requests() -> Iterator[JSON]:
    """Yield the requests until stdin ends."""
    threading.Thread(target=_read, daemon=True).start()
    while (request := _requests.get()) is not None:
        yield request


def send(frame: JSON) -> None:
    """Write a frame."""
    sys.stdout.write(json.dumps(frame, separators=(",", ":")) + "\n")
    sys.stdout.flush()


async def ask(do: str, args: JSON) -> Any:
    """Call back, and return what the answer says.

    Raises:
        Refused: it says what went wrong.
    """
    import asyncio  # which the operations that call nobody back do without

    if _ended.is_set():
        os._exit(0)  # nobody is there to answer, and nothing is to be done any more
    loop = asyncio.get_running_loop()
    number, future = next(_numbers), loop.create_future()
    _open[number] = (loop, future)
    try:
        send({"call": number, "do": do, "args": {name: each for name, each in args.items() if each is not ...}})
        answer = await future
    finally:
        _open.pop(number, None)
    if "err" in answer:
        raise Refused(answer["err"]["code"], answer["err"].get("message", ""))
    return answer["ok"]


def _read() -> None:
    """Read frames until stdin ends: answers go to whoever waits for them, requests to the queue."""
    try:
        # A reader of its own: the one of `sys.stdin` would have to be free before the process can end.
        for line in open(0, "rb", closefd=False):  # noqa: SIM115 - it lasts as long as the process
            frame = json.loads(line)
            if "call" in frame:
                _take(frame)
            else:
                _requests.put(frame)
    except Exception:  # noqa: BLE001 - without frames there is nothing to serve
        traceback.print_exc()
        os._exit(1)
    _ended.set()
    _requests.put(None)
    if _open:
        os._exit(0)


def _take(answer: JSON) -> None:
    """Give an answer to whoever waits for it; what came too late for anybody is passed over."""
    loop, future = _open.pop(answer["call"], (None, None))
    if loop is not None:
        try:
            loop.call_soon_threadsafe(lambda: future.done() or future.set_result(answer))
        except RuntimeError:  # the request has been served meanwhile
            return
