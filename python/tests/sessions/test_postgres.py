"""Sessions in PostgreSQL: connections that are lost, and several who use one session (sessions.md)."""

import asyncio

import psycopg
import pytest

from timestep import Agent, run_agent
from timestep.errors import StorageError
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.protocol import Session
from timestep.testing import ScriptedModel

pytestmark = pytest.mark.timeout(20)


def item(text):
    """Return a message."""
    return {"role": "user", "content": str(text)}


async def texts(session):
    """Return what a session's messages say."""
    return [each["content"] for each in await session.get_items()]


@pytest.mark.parametrize("lost", ["request", "answer"])
async def test_an_addition_whose_answer_was_lost_is_made_once(proxy, database, lost):
    """TS-SESS-014, TS-SESS-028, D6: whether the server had made it or not, and of one item or several."""
    session = PostgresSession("s", proxy.through(database))
    assert await session.get_items() == []
    for added in (["1"], ["2", "3", "4"]):
        proxy.lose(lost, after=b"INSERT INTO timestep.items")
        await session.add_items([item(text) for text in added])
    assert proxy.losses == 2
    assert await texts(PostgresSession("s", database)) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(("lost", "left"), [("request", ["1", "2"]), ("answer", ["1"])])
async def test_a_removal_whose_answer_was_lost_is_not_repeated(proxy, database, lost, left):
    """TS-SESS-028: the error says that nobody knows; one item is gone or none, and the session goes on."""
    session = PostgresSession("s", proxy.through(database))
    await session.add_items([item(1), item(2)])
    proxy.lose(lost, after=b"DELETE")
    with pytest.raises(StorageError) as caught:
        await session.pop_item()
    assert (caught.value.code, "not known" in caught.value.why) == ("storage-io", True)
    assert await texts(session) == left


async def test_a_session_goes_on_when_the_server_was_killed(postgres, database):
    """TS-SESS-014, TS-SESS-028, D7: each call by itself comes after a kill; what was added is there."""
    session = PostgresSession("s", database)

    async def killed(call):
        postgres.kill()
        postgres.start()
        return await call

    for number in range(3):
        await killed(session.add_items([item(number), item(f"{number}b")]))
    assert (await killed(session.pop_item()))["content"] == "2b"
    assert (await killed(session.get_items(1)))[0]["content"] == "2"
    assert await texts(session) == ["0", "0b", "1", "1b", "2"]
    await killed(session.clear_session())
    assert await session.get_items() == []


async def test_additions_go_on_while_the_server_is_killed_again_and_again(postgres, database):
    """TS-SESS-014, TS-SESS-028, D6, D7: no addition is lost, made twice, refused, or torn in two."""
    done, goal = dict.fromkeys("abcde", 0), 0
    reached, stop = asyncio.Event(), asyncio.Event()

    async def add(name):
        session = PostgresSession("s", database)
        while not stop.is_set():
            await session.add_items([item(f"{name}{done[name]}{part}") for part in "xyz"])
            done[name] += 1
            if sum(done.values()) >= goal:
                reached.set()

    adding = [asyncio.create_task(add(name)) for name in done]
    for _ in range(5):
        goal = sum(done.values()) + 30
        reached.clear()
        await asyncio.wait_for(reached.wait(), 5)
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
    stop.set()
    await asyncio.gather(*adding)
    found = await texts(PostgresSession("s", database))
    whole = [found[place : place + 3] for place in range(0, len(found), 3)]
    assert all([text[:-1] for text in three] == [three[0][:-1]] * 3 for three in whole)
    assert sorted(three[0] for three in whole) == sorted(
        f"{name}{n}x" for name, count in done.items() for n in range(count)
    )


async def test_who_removes_at_once_removes_different_items(database):
    """TS-SESS-013: forty that remove one at a time give all of thirty items, each once, and nothing ten times."""
    await PostgresSession("s", database).add_items([item(number) for number in range(30)])
    sessions = [PostgresSession("s", f"{database}&application_name=a{number}") for number in range(8)]
    given = await asyncio.gather(*(sessions[number % 8].pop_item() for number in range(40)))
    assert sorted(int(each["content"]) for each in given if each) == list(range(30))
    assert given.count(None) == 10


async def test_a_server_that_refuses_is_told_by_its_code(postgres, database):
    """TS-SESS-018: of adding, removing and clearing, by a user who may only read; the items stay readable."""
    await PostgresSession("s", database).add_items([item(1)])
    name = database.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE ROLE reader LOGIN PASSWORD 'hunter2'")
        owner.execute("GRANT USAGE ON SCHEMA timestep TO reader")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA timestep TO reader")
    session = PostgresSession("s", postgres.url(name, "reader", "hunter2"))
    for use in (lambda: session.add_items([item(2)]), session.pop_item, session.clear_session):
        with pytest.raises(StorageError) as caught:
            await use()
        assert caught.value.code == "storage-denied"
        assert "hunter2" not in caught.value.render() + repr(session)
    assert await texts(session) == ["1"]


async def test_a_run_remembers_what_was_said_in_postgresql(database, monkeypatch):
    """TS-SESS-023, R13: the default session of a second process holds what the first was told."""
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    model = ScriptedModel(["Hello, Bob.", "Bob."])
    for text in ("My name is Bob", "What's my name?"):
        await run_agent(Agent("Clerk", model), text, Session())
    assert [each["content"] for each in model.requests[1].input if each.get("role") == "user"] == [
        "My name is Bob",
        "What's my name?",
    ]
    assert len(await Session().get_items()) == 4
