"""Instructions of an agent belong to its code, and not to the conversation that is kept."""

import pytest

from timestep import Agent, FileSession, run_agent
from timestep.testing import ScriptedModel

SECRET = "Be kind, and never mention the budget."


@pytest.mark.parametrize("conversation", ["c1", "x" * 300])
async def test_a_session_file_holds_no_instructions(tmp_path, conversation):
    """TS-SESS-022: not of the agent that ran, nor those the session was given, in a line or in the header."""
    session = FileSession("Clerk", conversation, agent_instructions=SECRET, storage_dir=tmp_path)
    model = ScriptedModel(["Hello.", "Bye."])
    agent = Agent("Clerk", model, instructions=SECRET)
    for text in ("Hi", "Bye"):
        await run_agent(agent, text, session=session)
    assert [request.instructions for request in model.requests] == [SECRET] * 2
    kept = session.path.read_text(encoding="utf-8")
    assert '"Hello."' in kept
    assert "budget" not in kept


async def test_instructions_that_have_changed_are_those_of_the_code(tmp_path):
    """TS-SESS-022: a conversation goes on under the new ones."""
    models = [ScriptedModel([text]) for text in ("One.", "Two.")]
    for model, told in zip(models, ("Old.", "New."), strict=True):
        session = FileSession("Clerk", "c1", agent_instructions=told, storage_dir=tmp_path)
        await run_agent(Agent("Clerk", model, instructions=told), "Hi", session=session)
    (request,) = models[1].requests
    assert request.instructions == "New."
    assert "Old." not in str(request.input)
