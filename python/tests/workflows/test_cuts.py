"""Processes killed at every boundary of a workflow's run: before and after each step, its record, and each write."""

from collections import Counter

import pytest

from timestep import RunStateStore

#: Where a cut leaves a payment in doubt: after the intent is kept, and before the step is.
IN_DOUBT = ["after append", "run_tool", "step begun", "done, and not recorded"]


@pytest.fixture
def cut(place, worker):
    """Run workflows that are cut at all their boundaries, kill their process, and return the boundaries' names."""
    first = worker(place)
    first.say("cuts")
    found = first.hear("cut")
    first.kill()
    return {name: found[name] for name in sorted(found, key=lambda name: int(name.rpartition("-")[2]))}


async def test_cut_anywhere_nothing_is_paid_twice_and_every_doubt_is_told(place, worker, effects, cut):
    """TS-DUR-066, TS-DUR-067: cut anywhere, a run ends as one that was not, but for what a person says of a doubt."""
    worker_2 = worker(place)
    worker_2.say("stops", names=["whole", *cut])
    stops = worker_2.hear("stops")
    doubts = [name for name in cut if stops[name]["waits"]]
    assert [cut[name] for name in doubts] == IN_DOUBT
    store = RunStateStore()
    for name in doubts:
        assert stops[name]["waits"] == ["pay indeterminate"]
        state = await store.load(name)
        state.settle(state.get_interruptions()[0], "output", output="paid")
        await store.save(state)
    worker_2.say("stops", names=doubts)
    stops |= worker_2.hear("stops")
    assert {name: stop["items"] for name, stop in stops.items()} == dict.fromkeys(stops, stops["whole"]["items"])
    worker_2.end()
    refuse_wrong_counts(cut, effects())


def refuse_wrong_counts(cut, had):
    """Look at what each run has had as effects: a line says the kind and the key."""
    counts = Counter(had)
    again = Counter(line.split()[0] for line, count in counts.items() if count > 1)
    unknown = sum(where == "done, and not recorded" for where in cut.values())
    print(f"{len(cut)} cuts: {len(had)} effects, of which {sum(again.values())} again: {dict(again)}")  # noqa: T201 - counts are to be seen
    assert max(counts.values()) <= 2  # one kill each
    assert 0 < again["model"] < unknown  # each where nobody had been told of the answer
    assert again.keys() <= {"model", "look", "book"}
    paid = Counter(run_of(line) for line in had if line.startswith("pay "))
    assert set(paid.values()) == {1}
    unpaid = cut.keys() - paid.keys()
    assert sorted(cut[name] for name in unpaid) == sorted(set(IN_DOUBT) - {"done, and not recorded"})


def run_of(line):
    """Return the run that an effect was for."""
    key = line.split()[1]
    return key.rpartition("-")[0] if line.startswith("model") else key.split("-", 2)[2]
