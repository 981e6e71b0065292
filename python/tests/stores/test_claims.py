"""Claims on saved runs, their history, and what is removed by age, in every kind of store."""

from datetime import datetime, timedelta

import pytest

from timestep import errors
from timestep.storage.holders import let_go
from timestep.stores.protocol import Hold, Wait

OTHER = "far 1 elsewhere 2 3"


async def held_elsewhere(store, seconds=60.0, version=1, **changes):
    """Have a holder on another machine take the run."""
    keeper = store.keeper
    record = await keeper.get(store.session_id, "r1")
    assert await keeper.put(record, version, Hold(OTHER, seconds, **changes))


async def test_a_claimed_run_is_refused_to_others(opened, run):
    """TS-DUR-030, TS-DUR-031: to take and to save; the refusal names the holder, and what is stored stays."""
    await opened().save(run())
    mine, other = opened(), opened()
    await mine.claim()
    await held_elsewhere_refused(other, run)
    with pytest.raises(errors.StateConflictError) as caught:
        await other.claim("r1")
    assert (caught.value.code, caught.value.requirement) == ("run-claimed", "TS-DUR-030")
    assert "process " in caught.value.message
    assert (await opened().load_version())[1] == 2
    assert await mine.save(run(revision=7)) == 3  # whoever holds it saves
    assert (await mine.list())[0].claim is not None
    assert await mine.release()
    assert not await mine.release()
    assert (await mine.list())[0].claim is None
    await other.claim("r1")


async def held_elsewhere_refused(other, run):
    """See a save refused that follows the newest version."""
    await other.load()
    with pytest.raises(errors.StateConflictError) as caught:
        await other.save(run(revision=7))
    assert caught.value.code == "run-claimed"


async def test_a_claim_fences_off_whoever_had_the_run(opened, run):
    """TS-DUR-031: by the version; the holder before is refused though it thinks that it still has the run."""
    await opened().save(run())
    old, new = opened(), opened()
    await old.claim()
    await new.claim("r1", over=True)
    for write in (old.save(run(revision=7)), old.claim("r1")):
        with pytest.raises(errors.StateConflictError):
            await write
    holder = (await new.list())[0].claim.holder
    assert not await old.renew("r1", "somebody else")
    assert await new.renew("r1", holder)
    assert await new.save(run(revision=7)) == 4


async def test_a_holder_on_another_machine_keeps_the_run_until_its_lease_ends(opened, run):
    """TS-DUR-034, TS-DUR-030: and not a moment longer."""
    store = opened()
    await store.save(run())
    await held_elsewhere(store)
    with pytest.raises(errors.StateConflictError, match="process 1 on far") as caught:
        await store.claim()
    assert caught.value.code == "run-claimed"
    assert await store.keeper.renew(store.session_id, "r1", OTHER, 0.001)
    while (await store.list())[0].claim is not None:
        pass
    document = await store.claim()
    assert document == run()


async def test_a_holder_that_is_dead_holds_nothing(opened, run):
    """TS-DUR-034: here one of this process that has let go of it without a word to the store."""
    await opened().save(run())
    store = opened()
    await store.claim()
    let_go((await store.list())[0].claim.holder)
    other = opened()
    assert (await other.list())[0].claim is None
    await other.load()
    assert await other.save(run(revision=7)) == 3
    await other.claim()


async def test_a_claim_of_a_run_that_is_not_there(opened):
    """TS-STORE-005: says so."""
    with pytest.raises(errors.StateNotFoundError):
        await opened().claim()
    with pytest.raises(errors.UserError):
        type(opened())(connection=":memory:", lease=0)


async def test_a_list_tells_what_a_run_waits_for(opened, run):
    """TS-STORE-018: without its document; nothing once it goes on."""
    store = opened()
    await store.save(run())
    (row,) = await store.list()
    assert row.waits == [Wait("c2", "send_email", "Assistant", "pending")]
    assert row.claim is None
    await store.save(run(revision=7, step="acting"))
    assert (await store.list())[0].waits == []
    await store.claim()
    claim = (await opened().list())[0].claim
    assert datetime.fromisoformat(claim.until).tzinfo is not None


async def test_the_history_tells_every_version(opened, run):
    """TS-STORE-019: with times and distance from UTC, also after the run has ended; until it is removed."""
    store = opened()
    await store.save(run())
    await store.save(run(revision=7, step="acting"))
    await store.save(run(revision=9, step="finished"))
    found = await store.history("r1")
    told = [(each.version, each.revision, each.step, [wait.tool for wait in each.waits]) for each in found]
    assert told == [(1, 6, "interrupted", ["send_email"]), (2, 7, "acting", []), (3, 9, "finished", [])]
    times = [datetime.fromisoformat(each.saved_at) for each in found]
    assert times == sorted(times)
    assert all(time.tzinfo for time in times)
    with pytest.raises(errors.StateNotFoundError):
        await store.history()  # none is unfinished
    await store.clear()
    with pytest.raises(errors.StateNotFoundError):
        await store.history("r1")


async def test_old_runs_are_removed(opened, run):
    """TS-STORE-020: finished ones that nobody has saved since; others if asked for, but none that is held."""
    store, other = opened(), opened("s2")
    await store.save(run("done", step="finished"))
    await store.save(run("paused"))
    await store.save(run("held"))
    await other.save(run("elsewhere", step="failed"))
    await opened().claim("held")
    assert await store.prune(timedelta(hours=1), every_session=True, unfinished=True) == 0
    old = timedelta(seconds=-1)
    assert await store.prune(old) == 1
    assert [row.run for row in await store.list()] == ["held", "paused"]
    assert await store.prune(old, every_session=True) == 1
    assert await store.prune(old, unfinished=True) == 1
    assert [row.run for row in await store.list(every_session=True)] == ["held"]
    assert await store.clear() == 1
