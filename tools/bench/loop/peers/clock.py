"""What the Python peers share: the script their model doubles follow, the measuring, and one JSON object a line.

A peer is an object with `title()`, which gives its name and version, and `run(turns)`, which runs an agent built
before. The model and the tool of that one agent find what they have to do in `SCRIPT`, so that many runs may share it.
Only the run is measured, and that inside a running event loop. Anything else a peer can be measured on is a further
method that takes the request and gives the answer.

Operations: `hello`; `turns` {turns, budget_s, limit_s}; `depth` {turns, limit_s}; `together` {runs, turns, delay_s,
limit_s}. CPU and wall times are in seconds, memory in bytes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import sys
import time
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from memory import peak_memory

JSON = dict[str, Any]

QUESTION, ANSWER = "The weather, please.", "It is sunny."
TOOL, ARGUMENTS = "get_weather", '{"city":"Berkeley"}'
#: Turns over which the cost at a depth is taken, and the depth that a later one is compared with.
SPAN, SHALLOW = 20, 20
_WARM_TURNS = 5
#: Turns in one batch of short runs: enough of them for the clock to tell.
_BATCH_TURNS = 100
#: Packages that send figures home or trace unless they are told not to.
_SILENT = {
    "AGNO_TELEMETRY": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
}


class LimitPassed(Exception):
    """The run took more CPU than it may."""


class Script:
    """What a model double does in one run: a tool call a turn, then an answer.

    Attributes:
        turns: how many turns with a tool call the run has; one more gives the answer.
        delay: seconds that each model call takes.
        marks: CPU seconds of the process at the start of each model call.
        ran: how often the tool ran.
        passed: whether the run was cut off at its limit.
        at_each: called with the number of each model call; what it takes counts as the run's.
    """

    at_each: Callable[[int], None] | None = None

    def __init__(self, turns: int, *, delay: float = 0.0, stop_at: float = float("inf")) -> None:
        self.turns, self.delay = turns, delay
        self.marks: list[float] = []
        self.ran, self.passed = 0, False
        self._stop_at = stop_at

    def stop_at(self, seconds: float) -> None:
        """Cut the run off once the process has used so much CPU."""
        self._stop_at = seconds

    def step(self) -> int | None:
        """Give the number of the tool call to make now, or None for the answer.

        Raises:
            LimitPassed: The process has used more CPU than the run may.
        """
        now = time.process_time()
        if now > self._stop_at:
            self.passed = True
            raise LimitPassed
        number = len(self.marks)
        self.marks.append(now)
        if self.at_each is not None:
            self.at_each(number)
        return number if number < self.turns else None

    @property
    def complete(self) -> bool:
        """Whether every turn was taken and every tool ran."""
        return len(self.marks) == self.turns + 1 and self.ran == self.turns

    def between(self, first: int, last: int) -> float | None:
        """Give the CPU a turn between two model calls; None where the run did not get that far."""
        found = self.marks[last] - self.marks[first] if 0 <= first < last < len(self.marks) else None
        return found / (last - first) if found is not None else None


SCRIPT: ContextVar[Script] = ContextVar("SCRIPT")


async def next_call() -> int | None:
    """Be a model: take the time it takes, then give the number of the call to make, or None for the answer."""
    script = SCRIPT.get()
    if script.delay:
        await asyncio.sleep(script.delay)
    return script.step()


async def get_weather(city: str) -> str:
    """Look up the weather."""
    SCRIPT.get().ran += 1
    return f"sunny in {city}"


class Peer(Protocol):
    """What is measured."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        ...

    async def run(self, turns: int) -> None:
        """Run the agent with the script at hand, which has this many turns."""
        ...


async def turns(peer: Peer, request: JSON) -> JSON:
    """Run batches of runs until the budget is used up; tell the CPU a turn."""
    count, spent, taken = request["turns"], 0.0, 0
    await _warm_up(peer)
    while taken == 0 or spent < request["budget_s"]:
        stop_at = time.process_time() + request["limit_s"]
        scripts = [Script(count, stop_at=stop_at) for _ in range(max(1, _BATCH_TURNS // count))]
        gc.collect()
        started = time.process_time()
        for script in scripts:
            await follow(peer, script)
        spent += time.process_time() - started
        taken += len(scripts) * count
        if any(script.passed for script in scripts):
            return {"passed": True}
    return {"passed": False, "seconds": spent / taken}


async def depth(peer: Peer, request: JSON) -> JSON:
    """Take one long run; tell what it cost, and what a turn cost early in it and at its end."""
    await _warm_up(peer)
    script = Script(request["turns"], stop_at=time.process_time() + request["limit_s"])
    gc.collect()
    started = time.process_time()
    await follow(peer, script)
    ended = time.process_time()
    last, half = len(script.marks) - 1, SPAN // 2
    return {
        "passed": script.passed,
        "seconds": ended - started,
        "reached": last,
        "shallow": script.between(SHALLOW - half, SHALLOW + half),
        "deep": script.between(last - SPAN, last),
    }


async def together(peer: Peer, request: JSON) -> JSON:
    """Take many runs at once, each with slow model calls; tell the time, the CPU and the memory beyond that before."""
    await _warm_up(peer)
    stop_at = time.process_time() + request["limit_s"]
    delay = request["delay_s"]
    scripts = [Script(request["turns"], delay=delay, stop_at=stop_at) for _ in range(request["runs"])]
    gc.collect()
    memory, started, wall = peak_memory(), time.process_time(), time.perf_counter()
    await asyncio.gather(*(follow(peer, script) for script in scripts))
    wall, cpu = time.perf_counter() - wall, time.process_time() - started
    if any(script.passed for script in scripts):
        return {"passed": True, "wall": wall}
    return {"passed": False, "wall": wall, "seconds": cpu, "bytes": peak_memory() - memory if memory else None}


async def follow(peer: Peer, script: Script) -> None:
    """Run a script to its end or its limit; a peer may have wrapped the error that cut it off, or swallowed it.

    Raises:
        RuntimeError: The run did something else.
    """
    SCRIPT.set(script)
    try:
        await peer.run(script.turns)
    except Exception:
        if not script.passed:
            raise
    if not script.passed and not script.complete:
        raise RuntimeError(f"{len(script.marks)} model calls and {script.ran} tool runs for {script.turns} turns")


def serve(peer: Any) -> None:
    """Answer requests until the input ends; what the peer prints goes to stderr."""
    target, sys.stdout = sys.stdout, sys.stderr
    warnings.simplefilter("ignore")
    _keep_inside()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = asyncio.run(_answer(peer, request))
        except Exception as error:  # noqa: BLE001 - told to the asker
            answer = {"error": f"{type(error).__name__}: {error}"}
        target.write(json.dumps({"id": request["id"], **answer}) + "\n")
        target.flush()


async def _answer(peer: Any, request: JSON) -> JSON:
    if request["op"] == "hello":
        return dict(zip(("name", "version"), peer.title(), strict=True))
    operation = {"turns": turns, "depth": depth, "together": together}.get(request["op"])
    return await (operation(peer, request) if operation else getattr(peer, request["op"])(request))


def _keep_inside() -> None:
    """Let nothing reach a network: no keys, no telemetry, and no name of a host is looked up."""

    def refuse(host: object, *_: object, **__: object) -> Any:
        raise OSError(f"the bench looks up no hosts, and {host} least of all")

    socket.getaddrinfo = refuse
    os.environ.update(_SILENT)
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        del os.environ[name]


async def _warm_up(peer: Peer) -> None:
    """Run once, so that what is loaded and cached at the first run is not measured."""
    await follow(peer, Script(_WARM_TURNS))
