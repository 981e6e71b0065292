"""What a store holds of a long run: no change is larger than one at its beginning, and all of it is near the state."""

import sqlite3
from contextlib import closing

import pytest

from timestep import Agent, RunStateStore, function_tool, run_agent
from timestep.codec import document
from timestep.stores.sqlite import SQLiteKeeper
from timestep.testing import ScriptedModel, tool_call

TURNS = 150


@function_tool(effect="read")
def look(place: str) -> str:
    """Look."""
    return f"All is well in {place}."


def agent():
    """Return an agent that looks again and again."""
    calls = [tool_call("look", {"place": "Berkeley"}, f"c{turn:03}") for turn in range(TURNS)]
    return Agent("A", ScriptedModel([*calls, "Done."]), tools=[look])


class Weighed(SQLiteKeeper):
    """A keeper that notes the size of each change."""

    def __init__(self, path):
        super().__init__(path)
        self.sizes = []

    async def append(self, record, expected):
        """Add a change."""
        self.sizes.append(len(record.data))
        return await super().append(record, expected)


@pytest.mark.timeout(30)
async def test_what_is_kept_of_a_turn_does_not_grow_with_the_run(tmp_path):
    """PERFORMANCE: two changes a turn, as large late as early but for the digits of counts; three times the state."""
    keeper = Weighed(tmp_path / "runs.sqlite3")
    result = await run_agent(agent(), "Look", max_turns=TURNS + 1, state_store=RunStateStore(connection=keeper))
    assert 2 * TURNS - 10 < len(keeper.sizes) <= 2 * TURNS + 2  # a snapshot takes the place of some
    early, late = sum(keeper.sizes[20:40]), sum(keeper.sizes[-40:-20])
    assert late <= early + 20 * 16
    with closing(sqlite3.connect(keeper.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert keeper.path.stat().st_size < 3 * len(document.encode(result.to_state().document))
