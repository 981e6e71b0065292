"""The queue: how many runs it starts in its window, and in which order."""

import asyncio
import itertools

import pytest

from timestep import Agent, ensure_dbos_launched, queue_agent_workflow
from timestep.testing import ScriptedModel
from timestep.workflows import process


class Greeter:
    """A model that greets everybody, and notes whom in which order."""

    def __init__(self):
        self.greeted = []
        self._script = ScriptedModel(["Hello."])

    async def respond(self, request):
        """Answer."""
        self.greeted.append(request.input[-1]["content"])
        return await ScriptedModel(["Hello."]).respond(request)


@pytest.fixture
def greeter():
    """Return an agent, and its model."""
    model = Greeter()
    return Agent("Greeter", model), model


@pytest.mark.usefixtures("place")
async def test_fifty_start_in_the_first_window(greeter):
    """TS-DUR-069: the queue starts at most 50 runs in 60 seconds; the others stay queued."""
    from dbos import DBOS

    agent, model = greeter
    handles = [queue_agent_workflow(agent=agent, input_items=f"{number}") for number in range(55)]
    tasks = [asyncio.ensure_future(handle.get_result()) for handle in handles]
    for ended in itertools.islice(asyncio.as_completed(tasks, timeout=30), 50):
        await ended
    assert len(model.greeted) == 50
    queued = await DBOS.list_queued_workflows_async(queue_name="timestep", load_input=False)
    assert [each.status for each in queued].count("ENQUEUED") == 5  # one that has ended may not be noted yet
    for task in tasks:
        task.cancel()


async def test_what_the_window_holds_back_starts_in_the_next(greeter, monkeypatch):
    """TS-DUR-069: a run that found the window full starts when it has passed."""
    from dbos import DBOS

    monkeypatch.setattr(process, "LIMIT", 2)
    monkeypatch.setattr(process, "LIMIT_PERIOD", 2.0)
    agent, _ = greeter
    handles = [queue_agent_workflow(agent=agent, input_items=f"{number}") for number in range(3)]
    await asyncio.gather(*(handle.get_result() for handle in handles))
    found = await DBOS.list_workflows_async(workflow_ids=[handle.workflow_id for handle in handles])
    first, second, third = sorted(each.dequeued_at for each in found)
    assert third - first >= 2000
    assert second - first < 2000


@pytest.mark.usefixtures("place")
async def test_a_lower_number_is_earlier(greeter, monkeypatch):
    """TS-DUR-069: of what is queued, a run without a priority starts first, and then those of lower numbers."""
    monkeypatch.setattr(process, "LIMIT", 1)
    monkeypatch.setattr(process, "LIMIT_PERIOD", 0.5)
    agent, model = greeter
    ensure_dbos_launched()
    await queue_agent_workflow(agent=agent, input_items="first").get_result()
    priorities = [3, 1, None, 2]
    handles = [
        queue_agent_workflow(agent=agent, input_items=str(priority), priority=priority) for priority in priorities
    ]
    await asyncio.gather(*(handle.get_result() for handle in handles))
    assert model.greeted == ["first", "None", "1", "2", "3"]
