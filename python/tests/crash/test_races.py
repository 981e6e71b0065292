"""Processes that save the same run, or go on with it, at the same time (D5)."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.stores.run_states import DocumentStore

from .shop import done_in
from .trials import job_for

#: Rounds of four processes. In PostgreSQL each attempt is a conversation with the server, so there are fewer.
ROUNDS = {"sqlite": 2500, "postgres": 250}


def store_at(place):
    """Open the store at a place."""
    return DocumentStore(connection=place.get("url") or Path(place["folder"]) / "a.sqlite3")


async def raced(forks, job):
    """Let four processes save over the same version, round after round; return what was wrong."""
    store = store_at(job)
    await store.save(replace(codec.decode(job["document"].encode()), revision=0))
    children = forks.run(job, job, job, job)
    wins = sorted(version for child in children for version in child["said"])
    assert sum(bool(child["said"]) for child in children) > 1  # it was a race
    rounds = range(1, job["count"] + 1)
    faults = [f"version {version} had {wins.count(version)} winners" for version in rounds if wins.count(version) != 1]
    (row,) = await store.list()
    return faults if row.version == len(rounds) + 1 else [*faults, f"the version is {row.version}"]


@pytest.mark.timeout(300)
async def test_races_of_processes_have_one_winner_each(forks, place, example, tell):
    """D5, TS-STORE-003: four processes save over the same version 2,500 times: one wins each time, none twice."""
    rounds = ROUNDS["postgres" if "url" in (where := place()) else "sqlite"]
    assert await raced(forks, {"job": "race", **where, "count": rounds, "document": example}) == []
    tell(f"{'postgres' if 'url' in where else 'sqlite'}: {4 * rounds} attempts to save, {rounds} winners, none lost")


async def test_a_store_that_does_not_compare_is_found_out(forks, place, example):
    """D5: where a store saves over whatever is there, several win."""
    job = {"job": "race", **place(), "count": 50, "document": example, "mutants": ["no-fence"]}
    assert len(await raced(forks, job)) > 25


async def test_processes_that_count_in_one_run_lose_no_update(forks, place, example):
    """D5, TS-STORE-003: two processes add one 300 times each, from what they have loaded; 600 is what there is then."""
    job = {"job": "tally", **place(), "count": 300}
    store = store_at(job)
    await store.save(replace(codec.decode(example.encode()), unknown={"x-number": 0}))
    children = forks.run(job, job)
    assert [len(child["said"]) for child in children] == [300, 300]
    assert sorted(children[0]["said"] + children[1]["said"]) == list(range(1, 601))
    document, version = await store.load_version()
    assert (document.unknown["x-number"], version) == (600, 601)


def resumed_by_two(forks, folder, url, number, mutants=()):
    """Leave a run where it asks the model what to pay, and let two processes go on with it; return what they said."""
    job = job_for(str(number), folder / str(number), "every", url)
    (dead,) = forks.run({**job, "cut": "effect:before model 2"})
    assert dead["killed"]
    resume = {**job, "job": "resume", "mutants": mutants}
    said = [child["said"] for child in forks.run(resume, resume)]
    done = done_in(job["folder"])
    return sorted(last for *_, (last, _) in said), [done.count(what) for what in ("model 2", "pay")]


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_of_two_processes_that_go_on_with_a_run_one_does(forks, request, tmp_path, store):
    """D5, TS-STORE-003, TS-DUR-004: the tool runs once, and the other is told that the run is no longer its own."""
    url = request.getfixturevalue("database") if store == "postgres" else None
    for number in range(10):
        assert resumed_by_two(forks, tmp_path, url, number) == (["end", "refused"], [1, 1])


async def test_a_store_without_fence_and_claims_is_found_out(forks, tmp_path):
    """D5: two processes go on with one run, and it is paid twice."""
    found = [resumed_by_two(forks, tmp_path, None, number, ["no-fence", "no-claims"]) for number in range(5)]
    assert any(paid == 2 for _, (_, paid) in found)
