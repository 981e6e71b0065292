"""Stores whose process is killed, and processes that save the same run (D1, D5)."""

import random
from itertools import count

from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.stores.run_states import DocumentStore as RunStateStore


async def stored(job):
    """Return revision and note of the run that is stored, and 0 when there is none."""
    store = RunStateStore(connection=job["folder"] / "a.sqlite3")
    if not await store.list():
        return 0, store
    document = await store.load()
    assert document.unknown["x-note"].startswith(f"{document.revision} ")
    return document.revision, store


async def test_killed_at_every_write_boundary(forks, tmp_path, example):
    """D1, TS-STORE-007: what was acknowledged is stored whole, or its successor is; and saving goes on."""
    for cut in count(1):
        job = {"job": "save", "folder": tmp_path / str(cut), "cut": cut, "count": 4, "document": example}
        (child,) = forks.run(job)
        revision, store = await stored(job)
        assert revision - len(child["said"]) in (0, 1), cut
        if revision:
            document, version = await store.load_version()
            assert version == revision
            assert await store.save(document) == version + 1
        if not child["killed"]:
            break
    assert (len(child["said"]), cut > 60) == (4, True)


async def test_killed_at_any_moment(forks, tmp_path, example):
    """D1: 25 random kills of a process that saves without end: the last acknowledged state, or the next, is there."""
    chance = random.Random(1)
    for trial in range(25):
        job = {"job": "save", "folder": tmp_path / str(trial), "count": 1 << 40, "document": example}
        (child,) = forks.run(job, kill={"acks": chance.randrange(1, 20), "spin": chance.randrange(20_000)})
        assert child["killed"]
        assert (await stored(job))[0] - child["said"][-1] in (0, 1)


async def test_races_of_processes_have_one_winner_each(forks, tmp_path, example):
    """D5, TS-STORE-003: three processes save over the same version 300 times: one wins each time, none twice."""
    job = {"job": "race", "folder": tmp_path, "count": 300, "document": example}
    store = RunStateStore(connection=tmp_path / "a.sqlite3")

    await store.save(replace(codec.decode(example.encode()), revision=0))
    children = forks.run(job, job, job)
    wins = [version for child in children for version in child["said"]]
    assert sorted(wins) == list(range(1, 301))
    assert [row.version for row in await store.list()] == [301]
    assert sum(bool(child["said"]) for child in children) > 1  # it was a race
