"""Runs that are kept in a store are claimed while they go on (durability.md, "Claims")."""

import asyncio

import pytest

from timestep import Agent, RunStateStore, StateConflictError, function_tool, run_agent
from timestep.stores.memory import MemoryKeeper
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(20)


class Shop:
    """A run whose tool waits until it is told to go on."""

    def __init__(self, *answers, keeper=None):
        self.keeper = keeper or MemoryKeeper()
        self.paid = 0
        self.began, self.go = asyncio.Event(), asyncio.Event()

        @function_tool
        async def pay() -> str:
            """Pay."""
            self.paid += 1
            self.began.set()
            await self.go.wait()
            return "paid"

        self.agent = Agent("A", ScriptedModel([*(answers or (tool_call("pay", {}, "c1"), "Done."))]), tools=[pay])

    def store(self, **options):
        """Open the store anew."""
        return RunStateStore(connection=self.keeper, **options)


async def test_a_run_that_goes_on_is_refused_to_others():
    """TS-DUR-032, TS-DUR-030: a tool at work is not begun a second time by whoever loads the run meanwhile."""
    shop = Shop()
    task = asyncio.ensure_future(run_agent(shop.agent, "Go", state_store=shop.store()).result())
    await shop.began.wait()
    other = shop.store()
    state = await other.load()
    with pytest.raises(StateConflictError) as caught:
        await run_agent(shop.agent, state, state_store=other)
    assert caught.value.code == "run-claimed"
    shop.go.set()
    assert (await task).final_output == "Done."
    assert shop.paid == 1


@pytest.mark.parametrize("end", ["finished", "paused", "cancelled", "failed"])
async def test_a_run_that_has_stopped_is_free(end):
    """TS-DUR-033: wherever it has stopped."""
    shop = Shop(*([tool_call("pay", {}, "c1"), ValueError("no")] if end == "failed" else ()))
    store = shop.store()
    handle = run_agent(shop.agent, "Go", state_store=store, max_turns=1 if end == "paused" else 5)
    task = asyncio.ensure_future(handle.result())
    await shop.began.wait()
    assert (await store.list())[0].claim is not None
    handle.cancel() if end == "cancelled" else shop.go.set()
    await asyncio.gather(task, return_exceptions=True)
    (row,) = await store.list()
    assert (row.claim, row.finished) == (None, end == "finished")


async def test_the_claim_of_a_store_goes_over_to_the_run():
    """TS-DUR-032: what was claimed can be gone on with by whoever has claimed it, once."""
    shop = Shop()
    handle = run_agent(shop.agent, "Go", state_store=shop.store())
    task = asyncio.ensure_future(handle.result())
    await shop.began.wait()
    handle.cancel()
    await asyncio.gather(task, return_exceptions=True)
    store = shop.store()
    state = await store.claim()
    with pytest.raises(StateConflictError, match="held by"):
        await run_agent(shop.agent, await shop.store().load(), state_store=shop.store())
    (asked,) = state.get_interruptions() or (await run_agent(shop.agent, state, state_store=store)).interruptions
    assert asked.state == "indeterminate"
    state = await store.load()
    state.settle(asked, "output", "paid")
    assert (await run_agent(shop.agent, state, state_store=store)).final_output == "Done."
    assert shop.paid == 1


async def test_the_claim_lasts_as_long_as_the_run():
    """TS-DUR-032: more time is asked for before the lease ends, however long a tool takes."""
    shop = Shop()
    store = shop.store(lease=0.3)
    task = asyncio.ensure_future(run_agent(shop.agent, "Go", state_store=store).result())
    await shop.began.wait()
    first = (await store.list())[0].claim.until
    async with asyncio.timeout(5):
        while (await store.list())[0].claim.until <= first:  # noqa: ASYNC110 - the store is what is asked
            await asyncio.sleep(0.01)
    shop.go.set()
    await task


async def test_a_run_that_was_taken_stops_here_and_goes_on_there():
    """TS-DUR-032, TS-DUR-031: whoever was only slow brings nothing in; what it had begun is in doubt for the other."""
    shop = Shop()
    slow = shop.store(lease=0.3)
    task = asyncio.ensure_future(run_agent(shop.agent, "Go", state_store=slow).result())
    await shop.began.wait()
    other = shop.store()
    state = await other.claim(over=True)
    result = await run_agent(shop.agent, state, state_store=other)
    assert [asked.state for asked in result.interruptions] == ["indeterminate"]
    with pytest.raises(StateConflictError) as caught:
        await asyncio.wait_for(task, 5)  # though its tool never ends by itself
    assert caught.value.code == "run-claimed"
    state = result.to_state()
    state.settle(result.interruptions[0], "output", "paid")
    assert (await run_agent(shop.agent, state, state_store=other)).final_output == "Done."
    assert shop.paid == 1


async def test_looking_at_a_run_claims_nothing():
    """R11, TS-DUR-032: a resume in which nothing is decided leaves the run as it is, and free."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    keeper = MemoryKeeper()
    store = RunStateStore(connection=keeper)
    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1"), "Done."]), tools=[send])
    await run_agent(agent, "Go", state_store=store)
    before = (await store.list())[0]
    await run_agent(agent, await store.load(), state_store=store, approver=lambda _asked: None)
    after = (await store.list())[0]
    assert (after.claim, after.step) == (None, before.step)


@pytest.mark.parametrize("kept", [True, False])
async def test_a_run_that_is_cancelled_while_it_is_being_kept_is_saved_and_free(kept):
    """TS-DUR-033, TS-STORE-013: whether the write that was broken off has happened is found out, and not guessed."""

    class Slow(MemoryKeeper):
        async def append(self, record, expected):
            done = await super().append(record, expected) if kept else None
            reached.set()
            await asyncio.Event().wait()
            return done

    reached = asyncio.Event()
    shop = Shop(keeper=Slow())
    store = shop.store()
    handle = run_agent(shop.agent, "Go", state_store=store)
    task = asyncio.ensure_future(handle.result())
    await reached.wait()
    handle.cancel()
    result = await asyncio.wait_for(task, 5)
    (row,) = await store.list()
    assert (row.step, row.claim, row.version) == ("interrupted", None, result.to_state().version)
    assert shop.paid == 0
