"""Sessions of workflows: what is kept of each, and what opens it again."""

import pytest

from timestep import (
    Agent,
    FileSession,
    MemorySession,
    OpenAIConversationsSession,
    Session,
    UserError,
    queue_agent_workflow,
    register_session,
    run_agent_workflow,
)
from timestep.sessions.postgres import PostgresSession
from timestep.testing import ScriptedModel
from timestep.workflows.sessions import describe, forget_sessions, opened

from ..sessions.conversations_server import Conversations  # noqa: TID252 - the tests have no package of a name

HELD = ["Hi", "Hello."]


def greeter():
    """Return an agent."""
    return Agent("Greeter", ScriptedModel(["Hello.", "Hello again."]))


@pytest.fixture
def conversations(monkeypatch):
    """Return a server of conversations, to which the environment leads."""
    server = Conversations()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    yield server
    server.stop()


def said(items):
    """Return the texts of items."""
    return [item["content"] if isinstance(item["content"], str) else item["content"][0]["text"] for item in items]


@pytest.mark.parametrize("kind", ["default", "file"])
@pytest.mark.usefixtures("place")
async def test_a_session_is_opened_again_and_kept(kind, tmp_path):
    """TS-DUR-063: a session of a file or a database is opened from what is kept of it, wherever the run goes on."""
    session = Session("ann") if kind == "default" else FileSession("Greeter", "ann", storage_dir=tmp_path / "talks")
    await run_agent_workflow(agent=greeter(), input_items="Hi", session=session)
    assert said(await session.get_items()) == HELD
    assert said(await opened(describe(session)).get_items()) == HELD


@pytest.mark.parametrize("package", ["timestep", "agents"])
@pytest.mark.parametrize("queued", [True, False])
async def test_a_conversation_is_made_once_and_kept(conversations, package, queued):
    """TS-DUR-063: a conversation of OpenAI's that has no id yet gets one, and the caller's session knows it."""
    if package == "agents":
        from agents import OpenAIConversationsSession as Theirs

        session = Theirs()
    else:
        session = OpenAIConversationsSession()
    given = {"agent": greeter(), "input_items": "Hi", "session": session}
    if queued:
        await queue_agent_workflow(**given).get_result()
    else:
        await run_agent_workflow(**given)
    assert list(conversations.conversations) == [session.session_id]
    assert said(conversations.conversations[session.session_id]) == HELD


async def test_a_session_of_another_kind_is_registered():
    """TS-DUR-063: what can't be opened from its id is refused, with what to do; registered, it is found by its id."""
    session = MemorySession("ann")
    with pytest.raises(UserError, match="register_session") as caught:
        await run_agent_workflow(agent=greeter(), input_items="Hi", session=session)
    assert caught.value.code == "session-unknown"
    assert register_session(session) == register_session(session) == "ann"
    await run_agent_workflow(agent=greeter(), input_items="Hi", session=session)
    assert said(await session.get_items()) == HELD
    kept = describe(session)
    forget_sessions()
    with pytest.raises(UserError, match="'ann'"):
        opened(kept)


def test_two_sessions_of_one_id_are_refused():
    """TS-DUR-063: another session under an id that is registered is refused, and so is what has none."""
    register_session(MemorySession("ann"))
    for other in (MemorySession("ann"), object()):
        with pytest.raises(UserError) as caught:
            register_session(other)
        assert caught.value.code == "session-unknown"


def test_no_password_is_kept(database, monkeypatch):
    """TS-DUR-063: of a session in PostgreSQL the id is kept, and the address only as the environment's."""
    session = PostgresSession("ann", database)
    with pytest.raises(UserError) as caught:
        describe(session)
    assert caught.value.code == "session-unknown"
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    assert describe(session) == {"kind": "postgres", "id": "ann"}


def test_a_client_of_ones_own_is_not_lost():
    """TS-DUR-063: a conversation asked for with a client of the caller's is refused: its key would be another one."""
    from openai import AsyncOpenAI

    session = OpenAIConversationsSession(conversation_id="conv_1", openai_client=AsyncOpenAI(api_key="none"))
    with pytest.raises(UserError) as caught:
        describe(session)
    assert caught.value.code == "session-unknown"
    register_session(session)
    assert opened(describe(session)) is session
