"""Measures Timestep, the providers' own clients and HTTP alone in one process, and runs an agent of ours."""

from __future__ import annotations

import gc
import time
from typing import Any

from askers import ASKERS, Asked, model, routed
from runs import JSON, QUESTION, Runs, get_weather, serve
from transports import Server

import timestep
from timestep import Agent

_WARM_REQUESTS, _WARM_DELTAS = 3, 10


class Timestep(Runs):
    """Our agents, and all that ask a model in this process."""

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "timestep", timestep.__version__

    def agent(self, request: JSON, client: Any) -> Agent:
        """Make an agent; {routed} tells whether its model is found by name, through MultiModelProvider."""
        found = routed(request["api"], client) if request["routed"] else model(request["api"], client)
        return Agent("Weather", found, tools=[get_weather])

    async def follow(self, agent: Agent, turns: int) -> None:
        """Run it."""
        await timestep.run_agent(agent, QUESTION, max_turns=turns + 1)

    async def request(self, request: JSON) -> JSON:
        """Ask so often with a conversation {who, api, items, count}; tell the CPU of one request, and its bytes."""
        server = Server(request["api"])
        asker, count = ASKERS[request["who"]](server), request["count"]
        await _asked(await asker.requests(1, _WARM_REQUESTS))
        requests = await asker.requests(request["items"], count)
        _settle()
        seconds = await _asked(requests)
        return {"seconds": seconds / count, "bytes": len(server.body)}

    async def event(self, request: JSON) -> JSON:
        """Stream a long answer and an empty one {who, api, events}; tell the CPU that an event costs."""
        who, api, events = request["who"], request["api"], request["events"]
        await _streamed(who, api, _WARM_DELTAS)
        _settle()
        return {"seconds": (await _streamed(who, api, events) - await _streamed(who, api, 0)) / events}


def _settle() -> None:
    """Collect what is garbage, and put the rest aside: to look at all modules again each time would take longer."""
    gc.collect()
    gc.freeze()


async def _asked(requests: list[Asked]) -> float:
    """Return the CPU seconds of requests that were made ready."""
    started = time.process_time()
    for ask in requests:
        await ask()
    return time.process_time() - started


async def _streamed(who: str, api: str, deltas: int) -> float:
    """Return the CPU seconds of a stream.

    Raises:
        RuntimeError: Not every delta arrived.
    """
    asker = ASKERS[who](Server(api, deltas=deltas))
    started = time.process_time()
    seen = await asker.deltas()
    if seen != deltas:
        raise RuntimeError(f"{seen} deltas of {deltas}")
    return time.process_time() - started


if __name__ == "__main__":
    serve(Timestep())
