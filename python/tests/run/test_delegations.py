"""The conversation of a delegation: what it is called, and that it goes on under that name (handoffs.md)."""

import json

import pytest

from timestep import Agent, FileSession, Handoff, Session, run_agent
from timestep.testing import ScriptedModel, handoff_to

from .test_sessions import session, texts

__all__ = ["session"]  # a fixture that is used here too
pytestmark = pytest.mark.timeout(5)


def conversations(model):
    """Return the ids of the conversations that a model was told of."""
    outputs = [item["output"] for item in model.requests[-1].input if item.get("type") == "function_call_output"]
    return [json.loads(output)["conversation_id"] for output in outputs]


def pair():
    """Return an agent that delegates twice in one run, and its model."""
    inner = Agent("Inner", ScriptedModel([f"It is {n}." for n in range(4)], prefix="i_"))
    asks = [handoff_to("Inner", {"message": f"{n}?"}, f"d{n}") for n in range(4)]
    model = ScriptedModel([asks[0], asks[1], "Done.", asks[2], asks[3], "Done."])
    return Agent("A", model, handoffs=[Handoff(inner, "delegate")]), model


async def test_a_conversation_has_one_id_in_all_runs_of_a_session(session):
    """TS-HAND-006: it is not the run's, which is another one each time."""
    agent, model = pair()
    await run_agent(agent, "one", session)
    await run_agent(agent, "two", session)
    found = conversations(model)
    assert (len(found), len(set(found))) == (4, 1)


async def test_a_conversation_without_a_session_has_one_id_in_a_run():
    """TS-HAND-006: and another one in the next run, which remembers nothing."""
    agent, model = pair()
    await run_agent(agent, "one")
    first = conversations(model)
    await run_agent(agent, "two")
    second = conversations(model)
    assert (len(set(first)), len(set(second)), set(first) & set(second)) == (1, 1, set())


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "file"])
async def test_the_id_leads_to_the_other_agents_session(request, tmp_path, kind):
    """TS-HAND-006: whoever opens the session of that id reads what was said there."""
    place = request.getfixturevalue("database") if kind == "postgres" else tmp_path / "s.sqlite3"
    own = FileSession("A", "s", storage_dir=tmp_path) if kind == "file" else Session("s", place)
    agent, model = pair()
    await run_agent(agent, "one", own)
    (found,) = set(conversations(model))
    if kind != "file":
        other = Session(found, place)
    else:
        other = FileSession("Inner", "s", storage_dir=tmp_path)
        assert other.session_id == found
    said = texts(await other.get_items())
    assert said == [("user", "0?"), ("assistant", "It is 0."), ("user", "1?"), ("assistant", "It is 1.")]
