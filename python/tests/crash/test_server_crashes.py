"""A database server that is killed under load, and runners that are killed as well (D7)."""

import asyncio
import time

import pytest

from .shop import done_in
from .trials import Settled, Trial, faults, job_for, left_alone

#: Runners, runs of each, and how often the server is killed meanwhile.
RUNNERS, RUNS, RESTARTS = 3, 16, 3


async def more_done(folder, names, than):
    """Wait until more has been done in runs than before, and return how much."""
    deadline = time.monotonic() + 20
    while (now := sum(len(done_in(folder / name)) for name in names)) <= than:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    return now


def in_doubt(said):
    """Return the runs of which a process said that it may have been paid."""
    places = {number: name for number, (kind, name) in enumerate(said) if kind == "at"}
    found = [number for number, (kind, _) in enumerate(said) if kind == "doubt"]
    return [places[max(place for place in places if place < number)] for number in found]


@pytest.mark.timeout(300)
async def test_server_and_runners_are_killed_and_others_finish_all_runs(forks, postgres, tmp_path, tell):
    """D7, TS-STORE-007, TS-DUR-030, TS-DUR-034: 0 runs are stuck, and none has paid twice."""
    job = job_for("", tmp_path, "every", postgres.database())
    whole = await left_alone(forks, {**job, "session": "whole", "folder": str(tmp_path / "whole")})
    names = [f"{runner} {number}" for runner in range(RUNNERS) for number in range(RUNS)]
    runners = [
        {**job, "job": "serve", "names": [name for name in names if name.startswith(f"{runner} ")]}
        for runner in range(RUNNERS)
    ]
    kills = [{"acks": 40, "spin": 50_000}, {"acks": 80, "spin": 0}, None]
    at_work = asyncio.create_task(asyncio.to_thread(forks.run, *runners, kill=kills))
    done = 0
    for _ in range(RESTARTS):
        done = await more_done(tmp_path, names, done + 10)
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
    children = await asyncio.wait_for(at_work, 60)
    assert [child["killed"] for child in children] == [True, True, False]
    Settled(postgres)()
    takers = forks.run(*[{**job, "job": "serve", "names": names}] * 2)
    doubts = [name for child in (*children, *takers) for name in in_doubt(child["said"])]
    wrong = []
    for name in names:
        trial = Trial({**job, "session": name, "folder": str(tmp_path / name)}, breaks=2)
        trial.doubts = ["pay"] * doubts.count(name)
        (child,) = forks.run(trial.job)  # it has ended already, and gives its result again
        await trial.take(child)
        wrong += [(name, fault) for fault in faults(trial, whole)]
    assert wrong == []
    tell(f"{len(names)} runs, {RESTARTS} restarts of the server, 2 runners killed: {len(doubts)} payments in doubt")
