"""Stores whose process or server is killed, and processes that save the same run (D1, D5, D7)."""

import asyncio
import random
import time
from itertools import count

from msgspec.structs import replace

from timestep.stores.run_states import DocumentStore as RunStateStore


def store_at(place):
    """Open the store at a place."""
    return RunStateStore(connection=place.get("url") or place["folder"] / "a.sqlite3")


def settled(postgres, place):
    """Wait until the server has done what a dead client had asked for; it sees only then that nobody listens."""
    if "url" in place:
        name = place["url"].partition("?")[0].rpartition("/")[2]
        deadline = time.monotonic() + 5
        while postgres.do(f"SELECT 1 FROM pg_stat_activity WHERE datname = '{name}'"):
            assert time.monotonic() < deadline


async def stored(job):
    """Return revision and note of the run that is stored, and 0 when there is none."""
    store = store_at(job)
    if not await store.list():
        return 0, store
    document = await store.load()
    assert document.unknown["x-note"].startswith(f"{document.revision} ")
    return document.revision, store


async def test_killed_at_every_write_boundary(forks, place, request, example):
    """D1, TS-STORE-007: what was acknowledged is stored whole, or its successor is; and saving goes on."""
    for cut in count(1):
        job = {"job": "save", **place(str(cut)), "cut": cut, "count": 4, "document": example}
        (child,) = forks.run(job)
        if "url" in job:
            settled(request.getfixturevalue("postgres"), job)
        revision, store = await stored(job)
        assert revision - len(child["said"]) in (0, 1), cut
        if revision:
            document, version = await store.load_version()
            assert version == revision
            assert await store.save(document) == version + 1
        if not child["killed"]:
            break
    assert (len(child["said"]), cut > (40 if "url" in job else 60)) == (4, True)


async def test_killed_at_any_moment(forks, place, example):
    """D1: 25 random kills of a process that saves without end: the last acknowledged state, or the next, is there."""
    chance = random.Random(1)
    for trial in range(25):
        job = {"job": "save", **place(str(trial)), "count": 1 << 40, "document": example}
        (child,) = forks.run(job, kill={"acks": chance.randrange(1, 20), "spin": chance.randrange(20_000)})
        assert child["killed"]
        assert (await stored(job))[0] - child["said"][-1] in (0, 1)


async def test_server_and_processes_are_killed_under_load(forks, postgres, example):
    """D7, TS-STORE-007: a process that saves without end outlives its server; when it is killed, another goes on."""
    for _ in range(4):
        job = {"job": "save", "url": postgres.database(), "count": 1 << 40, "document": example}
        saving = asyncio.create_task(asyncio.to_thread(forks.run, job, kill={"acks": 200, "spin": 0}))
        deadline = time.monotonic() + 5
        while not (await stored(job))[0]:  # who has never met the server does not wait for it
            assert time.monotonic() < deadline
        for _ in range(3):
            await asyncio.to_thread(postgres.kill)
            await asyncio.to_thread(postgres.start)
        (child,) = await asyncio.wait_for(saving, 20)
        assert child["killed"]
        settled(postgres, job)
        revision, store = await stored(job)
        assert child["said"] == list(range(1, child["said"][-1] + 1))
        assert revision - child["said"][-1] in (0, 1)
        document, version = await store.load_version()
        assert await store.save(replace(document, revision=version + 1)) == version + 1
