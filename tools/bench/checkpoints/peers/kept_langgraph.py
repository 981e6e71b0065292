# pyright: reportMissingImports=false
"""Keeps runs of the prebuilt agent with its SQLite checkpointer; each checkpoint is there before the next step."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import kept
from kept import clock
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.prebuilt import create_react_agent
from peer_langgraph import ScriptedModel


class LangGraph:
    """Runs the prebuilt agent."""

    def __init__(self) -> None:
        self._file = Path()
        self._number = 0

    def title(self) -> tuple[str, str]:
        """Give name and version."""
        return "langgraph + sqlite", version("langgraph-checkpoint-sqlite")

    def files(self, folder: Path) -> None:
        """Keep runs in a file of a folder."""
        self._file = folder / "runs.sqlite3"

    async def run(self, turns: int, *, kept: bool) -> None:
        """Run the graph: two steps a turn, for the model and the tool."""
        given = {"messages": [("user", clock.QUESTION)]}
        limit = {"recursion_limit": 2 * turns + 10}
        if not kept:
            await create_react_agent(ScriptedModel(), [clock.get_weather]).ainvoke(given, limit)
            return
        self._number += 1
        async with AsyncSqliteSaver.from_conn_string(str(self._file)) as saver:
            graph = create_react_agent(ScriptedModel(), [clock.get_weather], checkpointer=saver)
            config = {**limit, "configurable": {"thread_id": f"run {self._number}"}}
            await graph.ainvoke(given, config, durability="sync")

    async def state(self) -> int:
        """Give the size of the last checkpoint."""
        with closing(sqlite3.connect(self._file)) as connection:
            query = "SELECT length(checkpoint) FROM checkpoints WHERE thread_id = ? ORDER BY checkpoint_id DESC LIMIT 1"
            return connection.execute(query, (f"run {self._number}",)).fetchone()[0]


if __name__ == "__main__":
    kept.serve(LangGraph())
