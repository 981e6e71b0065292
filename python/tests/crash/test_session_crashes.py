"""Sessions whose process is killed: nothing acknowledged is lost, nothing becomes unreadable (D1, D5)."""

import random
from itertools import count

import pytest

from .jobs import STEPS, session_of

KINDS = ("file", "sqlite")


def state_after(steps):
    """Return the items after some steps."""
    items = []
    for name, *arguments in steps:
        items = {"add": lambda: items + arguments[0], "pop": lambda: items[:-1], "clear": list}[name]()  # noqa: B023
    return items


def possible(done, kind):
    """Return the states a session may be in when so many steps were acknowledged and the next one was not."""
    before = state_after(STEPS[:done])
    if done == len(STEPS):
        return [before]
    name, *arguments = STEPS[done]
    if name == "add" and kind == "file":
        return [before + arguments[0][:number] for number in range(len(arguments[0]) + 1)]
    return [before, state_after(STEPS[: done + 1])]


def torn(folder):
    """Leave a file behind as a dead writer would."""
    folder.mkdir()
    (folder / "Agent_c.jsonl").write_text('{"role": "user", "conte')


@pytest.mark.parametrize(("kind", "before"), [("file", None), ("file", torn), ("sqlite", None)])
async def test_killed_at_every_write_boundary(forks, tmp_path, kind, before):
    """D1, TS-SESS-014: at each one the acknowledged items are there, and the session can be used."""
    for cut in count(1):
        job = {"job": "steps", "kind": kind, "folder": tmp_path / str(cut), "cut": cut}
        if before:
            before(job["folder"])
        (child,) = forks.run(job)
        session = session_of(job)
        items = await session.get_items()
        assert items in possible(len(child["said"]), kind), cut
        await session.add_items(STEPS[0][1])
        assert await session.get_items() == items + STEPS[0][1]
        if not child["killed"]:
            break
    assert len(child["said"]) == len(STEPS)
    assert cut > 60  # the boundaries are really there


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_at_any_moment(forks, tmp_path, kind):
    """D1: 25 random kills of a process that adds items without end, in one session: 0 acknowledged items lost."""
    chance, acknowledged = random.Random(kind), []
    for trial in range(25):
        job = {"job": "many", "kind": kind, "folder": tmp_path, "name": f"t{trial}"}
        (child,) = forks.run(job, kill={"acks": chance.randrange(1, 20), "spin": chance.randrange(20_000)})
        assert child["killed"]
        acknowledged += child["said"]
        found = [item["content"] for item in await session_of(job).get_items()]
        known = set(acknowledged)
        assert [text for text in found if text in known] == acknowledged
        # What is there besides was under way when the process died: two items at most.
        assert len(found) - len(acknowledged) <= 2 * (trial + 1)


@pytest.mark.parametrize("kind", KINDS)
async def test_two_processes_share_a_session(forks, tmp_path, kind):
    """D5, TS-SESS-026: 600 items of two processes are all there, each process's in their order."""
    jobs = [{"job": "many", "kind": kind, "folder": tmp_path, "name": name, "count": 300} for name in "ab"]
    children = forks.run(*jobs)
    found = [item["content"] for item in await session_of(jobs[0]).get_items()]
    assert len(found) == sum(len(child["said"]) for child in children) >= 600
    for child, name in zip(children, "ab", strict=True):
        assert [text for text in found if text.startswith(f"{name} ")] == child["said"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_process_that_dies_does_not_harm_the_other(forks, tmp_path, kind):
    """D5: of two that share a session one is killed; the other goes on, and no acknowledged item is lost."""
    chance = random.Random(kind)
    for trial in range(5):
        jobs = [
            {"job": "many", "kind": kind, "folder": tmp_path / str(trial), "name": name, "count": 60} for name in "ab"
        ]
        children = forks.run(*jobs, kill={"acks": chance.randrange(1, 40), "spin": chance.randrange(20_000)})
        found = [item["content"] for item in await session_of(jobs[0]).get_items()]
        assert len(children[1]["said"]) >= 60
        for child in children:
            known = set(child["said"])
            assert [text for text in found if text in known] == child["said"]


async def test_a_database_log_cut_anywhere_gives_the_first_additions(forks, tmp_path):
    """D1: SQLite's log, cut short at every place a write may have ended, holds a beginning of what was added."""
    job = {"job": "many", "kind": "sqlite", "folder": tmp_path / "whole", "name": "a", "count": 12, "stay": True}
    (child,) = forks.run(job)
    files = {path.name: path.read_bytes() for path in job["folder"].iterdir()}
    log = files["a.sqlite3-wal"]
    lengths = []
    for number, end in enumerate([*range(0, len(log), 1031), len(log)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a.sqlite3").write_bytes(files["a.sqlite3"])
        (folder / "a.sqlite3-wal").write_bytes(log[:end])
        found = [item["content"] for item in await session_of({**job, "folder": folder}).get_items()]
        assert found[:12] == child["said"][: len(found)]
        lengths.append(len(found))
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1] >= 12) == (0, True)
