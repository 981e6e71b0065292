"""What the peers share: a run of an agent with tools, through the provider's own client, measured as in the loop's."""

from __future__ import annotations

import gc
import time
from typing import Any

from transports import Server, clock

JSON = dict[str, Any]
QUESTION, get_weather, serve = clock.QUESTION, clock.get_weather, clock.serve
_WARM_TURNS = 2


class Runs:
    """A package that runs agents; it says how one is made and run, and the operation `run` measures that."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        raise NotImplementedError

    def agent(self, request: JSON, client: Any) -> Any:
        """Make an agent with the tool `get_weather`, whose model is asked through a client, for the API in question."""
        raise NotImplementedError

    async def follow(self, agent: Any, turns: int) -> None:
        """Run the agent, which takes this many turns."""
        raise NotImplementedError

    async def run(self, request: JSON) -> JSON:
        """Take one run {api, turns, limit_s}; tell the CPU of all of it, or of what there was time for."""
        agent = self.agent(request, Server(request["api"], scripted=True).client())
        await clock.follow(_One(self, agent), clock.Script(_WARM_TURNS))
        gc.unfreeze()
        gc.collect()
        script = _Script(request["turns"], time.monotonic() + request["limit_s"])
        started = time.process_time()
        await clock.follow(_One(self, agent), script)
        seconds = time.process_time() - started
        return {"passed": script.passed, "seconds": seconds, "reached": len(script.marks) - 1}


class _Script(clock.Script):
    """A script that ends at a time of the clock on the wall, however little of it was this process's."""

    def __init__(self, turns: int, ends: float) -> None:
        super().__init__(turns)
        self._ends = ends

    def step(self) -> int | None:
        if time.monotonic() > self._ends:
            self.passed = True
            raise clock.LimitPassed
        return super().step()


class _One:
    """A package and its agent, in the form that the loop's bench follows."""

    def __init__(self, package: Runs, agent: Any) -> None:
        self._package, self._agent = package, agent
        self.title = package.title

    async def run(self, turns: int) -> None:
        await self._package.follow(self._agent, turns)
