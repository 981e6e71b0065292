"""Runs whose process is killed while they are kept in a store: they are gone on with, and nothing is paid twice."""

from collections import Counter
from itertools import count

import pytest

from timestep import RunStateStore, run_agent

from .jobs import shop


def done_in(folder):
    """Return what has been done, from outside the process that did it."""
    path = folder / "done"
    return path.read_text().splitlines() if path.exists() else []


async def gone_on(folder):
    """Go on with what the store has, as another process would; return the result, and whether there was a doubt."""
    store = RunStateStore(connection=folder / "a.sqlite3")
    rows = await store.list()
    if not rows:
        return await run_agent(shop(folder), "Buy one", state_store=store), False
    result = await run_agent(shop(folder), await store.load(rows[0].run), state_store=store)
    if not result.interruptions:
        return result, False
    assert [(item.tool, item.state) for item in result.interruptions] == [("pay", "indeterminate")]
    state = await store.load()
    paid = "pay" in done_in(folder)
    state.settle(result.interruptions[0], "output" if paid else "retry", "paid" if paid else None)
    return await run_agent(shop(folder), state, state_store=store), True


@pytest.mark.timeout(300)
async def test_a_run_killed_at_every_write_boundary_is_gone_on_with(forks, tmp_path):
    """D1 to D4, TS-DUR-005, TS-TRANS-004: no answer is asked for again, nothing paid twice, each doubt is told."""
    found = Counter()
    for cut in count(1):
        folder = tmp_path / str(cut)
        (child,) = forks.run({"job": "buy", "folder": folder, "cut": cut})
        before = done_in(folder)
        store = RunStateStore(connection=folder / "a.sqlite3")
        rows = await store.list()
        kept = (await store.load(rows[0].run)).document.runs[0] if rows else None
        result, doubt = await gone_on(folder)
        done = Counter(done_in(folder))
        assert (result.final_output, done["pay"]) == ("All done.", 1), cut
        assert len([line for line in done if line.startswith("reserve")]) == 1 or kept is None, cut
        for turn in range(1, len(kept.responses) + 1 if kept else 1):
            assert done[f"model {turn}"] == 1, cut  # an answer that was kept is not asked for again
        found |= Counter(doubt=doubt, before=bool(before)) if child["killed"] else Counter()
        found["doubts"] += doubt
        if not child["killed"]:
            break
    assert child["said"] == ["All done."]
    assert cut > 100
    assert found["doubts"] > 0
    print(f"{cut - 1} kills, {found['doubts']} payments in doubt")  # noqa: T201 - the counts that BARS D asks for
