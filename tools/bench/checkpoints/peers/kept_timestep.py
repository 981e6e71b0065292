"""Keeps runs in our own journal, in a SQLite file, with everything at its default."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from statistics import median
from typing import Any

from kept import JSON, clock, serve
from peer_timestep import ScriptedModel  # pyright: ignore[reportAttributeAccessIssue] - that of the loop's bench

import timestep
from timestep import Agent, RunStateStore
from timestep.codec import document


class Timestep:
    """Runs an agent with a store."""

    def __init__(self) -> None:
        self._agent = Agent("Weather", ScriptedModel(), tools=[clock.get_weather])
        self._file, self._store, self._result = Path(), RunStateStore(connection=":memory:"), None

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "timestep", timestep.__version__

    def files(self, folder: Path) -> None:
        """Keep runs in a file of a folder."""
        self._file = folder / "runs.sqlite3"
        self._store = RunStateStore(self._agent, connection=self._file)

    async def run(self, turns: int, *, kept: bool) -> None:
        """Run the agent."""
        store = self._store if kept else None
        run: Any = timestep.run_agent(self._agent, clock.QUESTION, max_turns=turns + 1, state_store=store)
        self._result = await run

    async def state(self) -> int:
        """Give the size of the last run's document."""
        assert self._result is not None
        return len(document.encode(self._result.to_state().document))

    async def load(self, request: JSON) -> JSON:
        """Load a long run as it is in the store every so many turns, and its document alone."""
        turns, parts = request["turns"], request["parts"]
        self.files(folder := Path(request["folder"]))
        script = clock.Script(turns)
        copies: list[Path] = []

        def copy(number: int) -> None:
            if number and number % (turns // parts) == 0:
                copies.append(folder / f"copy-{number}.sqlite3")
                with sqlite3.connect(self._file) as source, sqlite3.connect(copies[-1]) as target:
                    source.backup(target)
                source.close()
                target.close()

        script.at_each = copy
        clock.SCRIPT.set(script)
        await self.run(turns, kept=True)
        found = [await _loaded(path, request["rounds"]) for path in copies]
        worst = max(found, key=lambda pair: pair[0] / pair[1])
        return {
            "seconds": median(pair[0] for pair in found),
            "ratio": median(pair[0] / pair[1] for pair in found),
            "worst": worst[0] / worst[1],
        }


async def _loaded(path: Path, rounds: int) -> tuple[float, float]:
    """Give the CPU that loading a run from its journal takes, and that of loading it as one document."""
    store = RunStateStore(connection=path)
    whole = RunStateStore(session_id="whole", connection=path)
    await whole.save((await store.load()).document, expected=0)
    times: dict[str, list[float]] = {"default": [], "whole": []}
    for _ in range(rounds):
        for each in (store, whole):
            started = time.process_time()
            await each.load_version()
            times[each.session_id].append(time.process_time() - started)
    return min(times["default"]), min(times["whole"])


if __name__ == "__main__":
    serve(Timestep())
