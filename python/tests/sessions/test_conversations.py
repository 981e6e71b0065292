"""Sessions in OpenAI's Conversations API, with the real client against a loopback server (R14)."""

import subprocess
import sys

import pytest

from timestep.errors import SessionError
from timestep.sessions.conversations import OpenAIConversationsSession
from timestep.sessions.protocol import SessionProtocol

ITEMS = [{"role": "user", "content": f"message {number}"} for number in range(45)]


@pytest.fixture
def session(client):
    """Return a session that has no conversation yet."""
    return OpenAIConversationsSession(openai_client=client)


async def test_the_conversation_is_made_at_first_use(session, conversations):
    """TS-SESS-024: until then there is no id, and saying so is a typed error that `hasattr` understands."""
    assert not hasattr(session, "session_id")
    assert isinstance(session, SessionProtocol)
    with pytest.raises(SessionError) as caught:
        session.session_id  # noqa: B018
    assert caught.value.code == "session-unborn"
    assert conversations.requests == []
    found = await session._get_session_id()
    assert [found] == list(conversations.conversations) == [session.session_id]
    assert await session.get_session_id() == found
    with pytest.raises(AttributeError, match="no attribute 'sesion_id'"):
        session.sesion_id  # noqa: B018


async def test_the_samples_call_needs_nothing_but_the_environment(conversations, monkeypatch):
    """Row 19: `OpenAIConversationsSession()` takes key and address from the environment."""
    monkeypatch.setenv("OPENAI_BASE_URL", conversations.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    session = OpenAIConversationsSession()
    await session.add_items(ITEMS[:1])
    second = OpenAIConversationsSession(conversation_id=session.session_id)
    assert await second.get_items(1)
    for one in (session, second, second):
        await one.close()
    assert len(await session.get_items()) == 1
    await session.close()
    assert [len(items) for items in conversations.conversations.values()] == [1]


async def test_items_are_added_twenty_a_request(session, conversations):
    """The service takes no more at once."""
    await session.add_items(ITEMS)
    assert conversations.requests == [
        ("POST", "conversations", 0),
        *[("POST", "conversations/items", count) for count in (20, 20, 5)],
    ]


async def test_numbers_come_back_as_the_service_sent_them(session, conversations):
    """The client's records would turn 1 into 1.0, and drop what they don't know."""
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"n": 2**53 + 1, "x": 1}}
    conversations.conversations[await session.get_session_id()].append(item)
    assert repr(await session.get_items()) == repr([item])


async def test_ids_are_sent_for_items_that_need_them(session):
    """Ids of messages and calls are the service's; reasoning and hosted calls keep theirs."""
    kinds = ("message", "function_call", "function_call_output", "reasoning", "web_search_call")
    await session.add_items([{"type": kind, "id": f"old_{kind}"} for kind in kinds])
    kept = [item["id"].startswith("old_") for item in await session.get_items()]
    assert kept == [False, False, False, True, True]


async def test_only_the_pages_that_are_needed_are_read(session, conversations):
    """TS-SESS-012: the last items are asked for from the end."""
    await session.add_items([ITEMS[0]] * 220)
    conversations.requests.clear()
    assert len(await session.get_items(3)) == 3
    assert len(await session.get_items()) == 220
    assert len(conversations.requests) == 1 + 3


@pytest.mark.parametrize("refusal", [500, 429, "hang up"])
async def test_adding_is_never_repeated_and_the_error_says_how_far_it_got(session, conversations, refusal):
    """TS-SESS-025: a request whose outcome is unknown is not sent again."""
    await session.get_session_id()
    conversations.refuse = [None, refusal]
    with pytest.raises(SessionError) as caught:
        await session.add_items(ITEMS)
    assert caught.value.code == "session-remote"
    assert "20 of 45 items were added" in caught.value.message
    assert [count for _, _, count in conversations.requests] == [0, 20, 20]
    assert len(await session.get_items()) == 20


async def test_reading_is_repeated(session, conversations):
    """The client's own retries hold for what changes nothing; a refusal that stays is a typed error."""
    await session.add_items(ITEMS[:1])
    conversations.refuse = ["hang up"]
    assert len(await session.get_items()) == 1
    with pytest.raises(SessionError) as caught:
        await OpenAIConversationsSession(conversation_id="conv_none", openai_client=session._client).get_items()
    assert caught.value.code == "session-remote"


async def test_clearing_deletes_the_conversation(session, conversations):
    """The next use makes another."""
    await session.add_items(ITEMS[:1])
    first = session.session_id
    await session.clear_session()
    assert conversations.conversations == {}
    assert await session.get_session_id() != first


def test_the_package_is_loaded_at_first_use():
    """U1: naming the class does not load `openai`."""
    code = (
        "import sys, timestep.sessions.conversations as c\n"
        "c.OpenAIConversationsSession()\n"
        "print('openai' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize("answer", [{"x": 1}, {"data": 1}, {"data": [{"id": "a"}]}, {"data": [{"role": "user"}]}])
async def test_an_answer_that_is_no_page_of_items_is_a_typed_error(session, conversations, answer):
    """Another service under that address, or a proxy, is not taken for a conversation."""
    await session.get_session_id()
    conversations.refuse = [answer]
    with pytest.raises(SessionError) as caught:
        await session.get_items()
    assert caught.value.code == "session-remote"
