"""Processes killed at every boundary of a workflow's run: before and after each step, its record, and each write."""

from collections import Counter

from timestep import RunStateStore

#: Where a cut leaves a payment in doubt: after the intent is kept, and before the step is.
DONE = "done, and not recorded"
IN_DOUBT = {"after append", "run_tool", "step begun", DONE}


def cut_everywhere(agent, place, worker):
    """Run workflows that are cut at all their boundaries, kill their process, and return the boundaries' names."""
    first = worker(place)
    first.say("cuts", agent=agent)
    found = first.hear("cut")
    first.kill()
    return {name: found[name] for name in sorted(found, key=lambda name: int(name.rpartition("-")[2]))}


async def ended(cut, second):
    """Have another process go on with all, settle the doubts, and return what is in doubt and how each has ended."""
    second.say("stops", names=["whole", *cut])
    stops = second.hear("stops")
    doubts = {name: stops[name]["waits"] for name in cut if stops[name]["waits"]}
    store = RunStateStore()
    for name in doubts:
        state = await store.load(name)
        state.settle(state.get_interruptions()[0], "output", output="paid")
        await store.save(state)
    second.say("stops", names=[*doubts])
    stops |= second.hear("stops")
    second.end()
    for name, stop in stops.items():
        # A run that stops takes the outputs it has; so those of a turn may stand in another order.
        assert sorted(map(str, stop["items"])) == sorted(map(str, stops["whole"]["items"])), (name, cut.get(name))
        assert name in doubts or stop["items"] == stops["whole"]["items"]
    return doubts


async def test_cut_anywhere_nothing_is_paid_twice_and_every_doubt_is_told(place, worker, effects):
    """TS-DUR-066, TS-DUR-067: cut anywhere, a run ends as one that was not, but for what a person says of a doubt."""
    cut = cut_everywhere("Clerk", place, worker)
    doubts = await ended(cut, worker(place))
    assert set(map(tuple, doubts.values())) == {("pay indeterminate",)}
    assert {cut[name] for name in doubts} <= IN_DOUBT
    paid = refuse_wrong_counts(cut, effects())
    assert {name for name in cut if name not in paid} == {name for name in doubts if cut[name] != DONE}


async def test_a_run_within_a_run_is_cut_anywhere_too(place, worker, effects):
    """TS-DUR-065, TS-DUR-066: the steps of a nested run are found again like those of the run that it is in."""
    cut = cut_everywhere("Chief", place, worker)
    doubts = await ended(cut, worker(place))
    assert set(map(tuple, doubts.values())) == {("pay indeterminate",)}
    paid = Counter(run_of(line) for line in effects() if line.startswith("pay "))
    assert set(paid.values()) == {1}
    assert {name for name in cut if f"{name}.0" not in paid} <= doubts.keys()


def refuse_wrong_counts(cut, had):
    """Look at what the runs have had as effects, a line for each with kind and key; return the runs that have paid."""
    counts = Counter(had)
    again = Counter(line.split()[0] for line, count in counts.items() if count > 1)
    unknown = sum(where == DONE for where in cut.values())
    print(f"{len(cut)} cuts: {len(had)} effects, of which {sum(again.values())} again: {dict(again)}")  # noqa: T201 - counts are to be seen
    assert max(counts.values()) <= 2  # one kill each
    assert 0 < again["model"] <= unknown  # each where nobody had been told of the answer
    assert again.keys() <= {"model", "look", "book"}
    paid = Counter(run_of(line) for line in had if line.startswith("pay "))
    assert set(paid.values()) == {1}
    return paid.keys()


def run_of(line):
    """Return the run that an effect was for."""
    key = line.split()[1]
    return key.rpartition("-")[0] if line.startswith("model") else key.split("-", 2)[2]
