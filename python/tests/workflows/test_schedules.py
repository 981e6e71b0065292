"""Runs by the clock."""

import asyncio

import pytest

from timestep import Agent, RunStateStore, UserError, create_scheduled_agent_workflow, ensure_dbos_launched
from timestep.testing import ScriptedModel

EACH_SECOND = "* * * * * *"


def greeter(name="Greeter"):
    """Return an agent."""
    return Agent(name, ScriptedModel(["Hello."] * 20))


async def fired():
    """Wait until a run has been made by the clock, and return it."""
    async with asyncio.timeout(20):
        while True:
            for row in await RunStateStore().list():
                if row.finished:
                    return row
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("launched_first", [True, False])
@pytest.mark.usefixtures("place")
async def test_a_schedule_fires(launched_first):
    """TS-DUR-070: a schedule makes a run each time the crontab says, made before DBOS is launched or after."""
    if launched_first:
        ensure_dbos_launched()
    await create_scheduled_agent_workflow(crontab=EACH_SECOND, agent=greeter(), input_items="Hi")
    if not launched_first:
        ensure_dbos_launched()
    row = await fired()
    assert (row.agent, row.step) == ("Greeter", "finished")
    assert row.run.startswith("sched-Greeter-")


async def test_a_schedule_is_kept_once():
    """TS-DUR-070: the same call changes nothing, another crontab under its name in one process is an error."""
    from dbos import DBOS

    agent = greeter()
    create_scheduled_agent_workflow("0 */6 * * *", agent=agent, input_items="Hi")
    create_scheduled_agent_workflow("0 */6 * * *", agent=agent, input_items="Hi")
    with pytest.raises(UserError) as caught:
        create_scheduled_agent_workflow("0 */7 * * *", agent=agent, input_items="Hi")
    assert caught.value.code == "schedule-registered"
    create_scheduled_agent_workflow(
        "0 */7 * * *", agent=agent, input_items="Hi", name="other", timezone="Europe/Berlin"
    )
    ensure_dbos_launched()
    found = {each["schedule_name"]: each["schedule"] for each in await DBOS.list_schedules_async()}
    assert found == {"Greeter": "0 */6 * * *", "other": "0 */7 * * *"}


@pytest.mark.parametrize("crontab", ["", "every day", "61 * * * *", "* * * *", None])
def test_a_wrong_crontab_is_refused_at_once(crontab):
    """TS-DUR-070: what is no crontab is refused by a typed error, when the schedule is made."""
    with pytest.raises(UserError) as caught:
        create_scheduled_agent_workflow(crontab=crontab, agent=greeter(), input_items="Hi")
    assert caught.value.code == "schedule-crontab"


def test_a_wrong_timezone_is_refused_at_once():
    """TS-DUR-070: a timezone that the machine does not know is refused, when the schedule is made."""
    with pytest.raises(UserError, match="Mars"):
        create_scheduled_agent_workflow("0 0 * * *", agent=greeter(), input_items="Hi", timezone="Mars/Olympus")
