"""Kills at any moment, and the command that makes many more of them."""

import pytest

from .random_kills import random_kills, summary
from .trials import Settled


@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_runs_killed_at_any_moment_are_gone_on_with(forks, request, tmp_path, store, tell):
    """D1 to D4, TS-DUR-005: 100 random kills, some of processes that go on with what others have left."""
    server = request.getfixturevalue("postgres") if store == "postgres" else None
    place, seed = (tmp_path, server.database() if server else None), 7
    trials, wrong = await random_kills(forks, place, 100, seed, settled=Settled(server) if server else lambda: None)
    assert wrong == []
    tell(f"{store}, seed {seed}: {summary(trials)}")
    assert sum(len(trial.deaths) for trial in trials) == 100
    assert max(len(trial.deaths) for trial in trials) > 1
