"""Copies of a stored run that are no longer the newest one."""

import pytest

from timestep import Agent, RunStateStore, StateConflictError, function_tool, run_agent
from timestep.stores.memory import MemoryKeeper
from timestep.testing import ScriptedModel, tool_call


def mailer(sent, *answers):
    """Return an agent that may send once a person has agreed."""

    @function_tool(needs_approval=True)
    def send(recipient: str) -> str:
        """Send."""
        sent.append(recipient)
        return "sent"

    return Agent("A", ScriptedModel([*answers]), tools=[send])


ASKS = tool_call("send", {"recipient": "ann"}, "c1")


async def stored(sent):
    """Return a store with a run that waits, and two copies of it as the store gives them."""
    store = RunStateStore(connection=MemoryKeeper())
    await run_agent(mailer(sent, ASKS), "Mail Ann.", state_store=store)
    return store, await store.load(), await store.load()


async def test_looking_at_a_stale_copy_does_not_undo_a_decision():
    """R17, TS-STORE-003: a resume in which nothing is decided changes nothing that is stored."""
    sent = []
    store, stale, newest = await stored(sent)
    newest.approve("c1")
    await store.save(newest)
    result = await run_agent(mailer(sent), stale, state_store=store)
    assert [asked.call_id for asked in result.interruptions] == ["c1"]
    assert [approval.decision for approval in (await store.load()).document.approvals] == ["approve"]


@pytest.mark.parametrize("approver", [None, lambda _asked: True])
async def test_a_stale_copy_that_would_act_is_refused_and_what_is_stored_stays(approver):
    """R17: also where an approver decides on the way; no tool runs."""
    sent = []
    store, stale, newest = await stored(sent)
    newest.approve("c1")
    await store.save(newest)
    if approver is None:
        stale.approve("c1")
    before = (await store.load()).version
    with pytest.raises(StateConflictError):
        await run_agent(mailer(sent, "Done."), stale, state_store=store, approver=approver)
    assert (sent, (await store.load()).version) == ([], before)


async def test_one_state_with_an_approver_goes_on_once():
    """TS-STATE-029: the approver lets the call run, so that the copy is spent."""
    sent = []
    state = (await run_agent(mailer(sent, ASKS), "Mail Ann.")).to_state()
    await run_agent(mailer(sent, "Done."), state, approver=lambda _asked: True)
    with pytest.raises(StateConflictError):
        await run_agent(mailer(sent, "Done."), state, approver=lambda _asked: True)
    assert sent == ["ann"]


async def test_a_state_that_an_approver_left_waiting_can_be_gone_on_with():
    """R11: nothing was decided, so nothing is spent, in a store either."""
    sent = []
    store, state, _ = await stored(sent)
    await run_agent(mailer(sent), state, state_store=store, approver=lambda _asked: None)
    result = await run_agent(mailer(sent, "Done."), state, state_store=store, approver=lambda _asked: True)
    assert (result.final_output, sent) == ("Done.", ["ann"])
