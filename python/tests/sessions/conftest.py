"""Every kind of session, as a way to open one: the tests below hold each of them to the same rules."""

import pytest
from openai import AsyncOpenAI

from timestep.sessions.conversations import OpenAIConversationsSession
from timestep.sessions.file import FileSession
from timestep.sessions.memory import MemorySession
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.sqlite import SQLiteSession

from .conversations_server import Conversations

KINDS = ("memory", "file", "sqlite", "postgres", "conversations")


@pytest.fixture
def conversations():
    """Return a loopback server of the Conversations API."""
    server = Conversations()
    yield server
    server.stop()


@pytest.fixture
async def client(conversations):
    """Return the real client, turned to the loopback server."""
    async with AsyncOpenAI(base_url=conversations.url, api_key="none", max_retries=2) as client:
        yield client


@pytest.fixture(params=KINDS)
def opened(request, tmp_path):
    """Return a function that opens the session of an id; for all kinds but memory again and again."""
    if request.param == "memory":
        return MemorySession
    if request.param == "file":
        return lambda name="default": FileSession("Agent", name, storage_dir=tmp_path)
    if request.param == "sqlite":
        return lambda name="default": SQLiteSession(name, tmp_path / "a.sqlite3")
    if request.param == "postgres":
        url = request.getfixturevalue("database")
        return lambda name="default": PostgresSession(name, url)
    client = request.getfixturevalue("client")
    made = {}

    def conversation(name="default"):
        known = made.get(name)
        session = OpenAIConversationsSession(
            conversation_id=known.__dict__.get("session_id") if known else None, openai_client=client
        )
        return made.setdefault(name, session) if known is None else session

    return conversation
