# pyright: reportMissingImports=false
"""Keeps runs of a bare loop as DBOS workflows in SQLite: the model call and the tool are steps, and nothing else is."""

from __future__ import annotations

import sys

import pysqlite3.dbapi2

sys.modules["sqlite3"] = pysqlite3  # it needs SQLite 3.42, and Python may have an older one
sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

import json  # noqa: E402
import logging  # noqa: E402
from importlib.metadata import version  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import kept  # noqa: E402
from dbos import DBOS  # noqa: E402
from kept import clock  # noqa: E402


async def ask() -> dict[str, Any]:
    """Be a model."""
    number = await clock.next_call()
    if number is None:
        return {"role": "assistant", "content": clock.ANSWER}
    return {
        "type": "function_call",
        "call_id": f"call_{number}",
        "name": clock.TOOL,
        "arguments": clock.ARGUMENTS,
    }


async def use(arguments: str) -> str:
    """Run the tool."""
    return await clock.get_weather(**json.loads(arguments))


async def loop(turns: int, ask: Any, use: Any) -> list[dict[str, Any]]:
    """Ask the model and run the tool until there is an answer."""
    items: list[dict[str, Any]] = [{"role": "user", "content": clock.QUESTION}]
    for _ in range(turns + 1):
        answer = await ask()
        items.append(answer)
        if "call_id" not in answer:
            break
        output = await use(answer["arguments"])
        items.append({"type": "function_call_output", "call_id": answer["call_id"], "output": output})
    return items


class Workflows:
    """Runs the loop as a workflow."""

    def __init__(self) -> None:
        self._items: list[dict[str, Any]] = []
        self._run: Any = None

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "dbos + sqlite", version("dbos")

    def files(self, folder: Path) -> None:
        """Keep runs in a file of a folder: it is started anew."""
        if self._run is not None:
            DBOS.destroy(destroy_registry=True)
        url = f"sqlite:///{folder / 'runs.sqlite3'}"
        logging.disable(logging.CRITICAL)
        DBOS(config={"name": "bench", "system_database_url": url})
        asked, used = DBOS.step()(ask), DBOS.step()(use)

        @DBOS.workflow()
        async def run(turns: int) -> list[dict[str, Any]]:
            return await loop(turns, asked, used)

        self._run = run
        DBOS.launch()

    async def run(self, turns: int, *, kept: bool) -> None:
        """Run the loop."""
        self._items = await (self._run(turns) if kept else loop(turns, ask, use))

    async def state(self) -> int:
        """Give the size of what the last workflow returned, as JSON."""
        return len(json.dumps(self._items, separators=(",", ":")))


if __name__ == "__main__":
    kept.serve(Workflows())
