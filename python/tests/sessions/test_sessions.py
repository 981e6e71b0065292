"""What holds for every session, whatever keeps it (sessions.md)."""

import copy
import math

import pytest

from timestep import errors
from timestep.errors import UsageError
from timestep.sessions.chat_lines import chat_form
from timestep.sessions.memory import MemorySession
from timestep.sessions.postgres import PostgresSession
from timestep.sessions.protocol import Session, SessionProtocol
from timestep.sessions.sqlite import SQLiteSession

ITEMS = [
    {"role": "user", "content": "Weather in Oslo? ☀ \u2028 \U0001f600"},
    {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
    {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "get_weather", "arguments": '{"city": "Oslo"}'},
    {"type": "function_call_output", "call_id": "c1", "output": "sunny\nand warm"},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And now?"}]},
    {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Sunny.", "annotations": []}],
    },
    {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "See", "annotations": [{"type": "url_citation", "url": "x:"}]}],
    },
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"n": 9007199254740993, "x": 1.0}},
]


def told(items):
    """Return items without what a session may leave out or add: ids, a status, and text as a list of one part."""
    bare = [{key: value for key, value in item.items() if key not in ("id", "status")} for item in items]
    return [chat_form(item) for item in bare]


async def test_items_come_back_in_order(opened):
    """TS-SESS-011: what was added in several steps is given oldest first, by a second object too."""
    session = opened()
    assert await session.get_items() == []
    await session.add_items(ITEMS[:3])
    await session.add_items([])
    await session.add_items(ITEMS[3:])
    assert told(await session.get_items()) == told(ITEMS)
    if not isinstance(session, MemorySession):
        assert told(await opened().get_items()) == told(ITEMS)


async def test_a_limit_gives_the_last_items(opened):
    """TS-SESS-012: oldest first; 0 gives none, more than there are gives all, and less than 0 is refused."""
    session = opened()
    await session.add_items(ITEMS)
    for limit in (0, 1, 3, len(ITEMS), len(ITEMS) + 1, 1 << 70):
        assert told(await session.get_items(limit)) == told(ITEMS[max(0, len(ITEMS) - limit) :])
    with pytest.raises(errors.UsageError):
        await session.get_items(-1)


async def test_the_last_item_is_removed_and_given(opened):
    """TS-SESS-013: until none is left; what is added then stands at the end."""
    session = opened()
    assert await session.pop_item() is None
    await session.add_items(ITEMS)
    assert told([await session.pop_item()]) == told(ITEMS[-1:])
    await session.add_items(ITEMS[:1])
    assert told(await session.get_items()) == told([*ITEMS[:-1], ITEMS[0]])
    for _ in ITEMS:
        assert await session.pop_item() is not None
    assert await session.pop_item() is None
    assert await session.get_items() == []


async def test_clearing_removes_all_items(opened):
    """A cleared session is empty, and can be used."""
    session = opened()
    await session.clear_session()
    await session.add_items(ITEMS)
    await session.clear_session()
    assert await session.get_items() == []
    await session.add_items(ITEMS[:2])
    assert told(await session.get_items()) == told(ITEMS[:2])


async def test_sessions_of_different_ids_hold_different_items(opened):
    """What happens to one session never shows in another."""
    one, other = opened("one"), opened("other")
    await one.add_items(ITEMS[:2])
    await other.add_items(ITEMS[2:5])
    await one.clear_session()
    assert told(await other.get_items()) == told(ITEMS[2:5])
    assert await one.get_items() == []


async def test_what_is_given_out_is_the_callers_own(opened):
    """Changing items that were added, or given, changes nothing in the session."""
    session = opened()
    given = copy.deepcopy(ITEMS)
    await session.add_items(given)
    given[2]["name"] = "changed"
    (await session.get_items())[2]["name"] = "changed"
    assert told(await session.get_items()) == told(ITEMS)


@pytest.mark.parametrize("bad", [{}, {"content": "x"}, {"type": 1}, {"role": None}, "text", None, ["role"]])
async def test_what_is_no_item_is_refused_and_nothing_is_added(opened, bad):
    """TS-SESS-002, TS-SESS-017: neither the wrong item nor those around it are added."""
    session = opened()
    with pytest.raises(errors.SessionError) as caught:
        await session.add_items([ITEMS[0], bad, ITEMS[1]])
    assert (caught.value.code, caught.value.pointer) == ("session-item", "/1")
    assert await session.get_items() == []


@pytest.mark.parametrize("bad", [math.nan, {1: 2}, "\ud800", object()], ids=["nan", "key", "surrogate", "object"])
async def test_what_has_no_json_form_is_refused_and_nothing_is_added(opened, bad):
    """TS-SESS-017: the error names the item and the place in it."""
    session = opened()
    with pytest.raises(errors.CodecError) as caught:
        await session.add_items([ITEMS[0], {"role": "user", "content": [bad]}])
    assert caught.value.pointer.startswith("/1/content/0")
    assert await session.get_items() == []


async def test_an_item_of_any_size_and_depth_comes_back(opened):
    """An item that could be added can be read, also one over the limits for foreign text."""
    deep = []
    for _ in range(100):
        deep = [deep]
    large = [{"role": "user", "content": "x" * 5_000_000}, {"type": "custom", "id": "a", "value": deep}]
    session = opened()
    await session.add_items(large)
    assert told(await session.get_items()) == told(large)


async def test_many_items_come_back(opened):
    """More than a page of a service, a block of a file, a request's worth."""
    many = [{"role": "user", "content": f"message {number}"} for number in range(250)]
    session = opened()
    await session.add_items(many)
    assert told(await session.get_items()) == many
    assert told(await session.get_items(120)) == many[-120:]


async def test_every_session_has_an_id_under_three_names(opened):
    """R14: `session_id`, `get_session_id()`, and `_get_session_id()` as the samples call it."""
    session = opened()
    found = await session.get_session_id()
    assert found
    assert found == await session._get_session_id() == session.session_id
    assert found in repr(session)


async def test_every_session_is_one_for_us_and_for_the_agents_sdk(opened):
    """R5: our sessions fit where the SDK asks for one, and its own fit where we do."""
    from agents import SQLiteSession as Theirs
    from agents.memory import Session as TheirProtocol

    session = opened()
    await session.get_session_id()
    assert isinstance(session, Session)
    assert isinstance(session, SessionProtocol)
    assert isinstance(session, TheirProtocol)
    theirs = Theirs("x")
    assert isinstance(theirs, SessionProtocol)
    theirs.close()


@pytest.mark.parametrize("kind", [MemorySession, SQLiteSession, Session])
@pytest.mark.parametrize("bad", ["", "a\0b", "\ud800"])
def test_an_id_that_can_be_none_is_refused(kind, bad):
    """TS-CORE-008: an empty id, NUL and halves of characters are refused at once."""
    with pytest.raises(errors.SessionError) as caught:
        kind(bad)
    assert caught.value.code == "session-id"


async def test_a_kind_of_session_has_to_do_the_work_itself():
    """The base class keeps nothing."""

    class Empty(Session):
        pass

    for work in (Empty().get_items, Empty().pop_item, Empty().clear_session, lambda: Empty().add_items([])):
        with pytest.raises(NotImplementedError):
            await work()


async def test_the_default_session_is_one_in_sqlite_that_a_second_object_finds(tmp_path, monkeypatch):
    """TS-SESS-023, R14: `Session()` has the id "default", under TIMESTEP_HOME."""
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path))
    monkeypatch.delenv("PG_CONNECTION_URI", raising=False)
    session = Session()
    assert isinstance(session, SQLiteSession)
    assert await session._get_session_id() == "default"
    await session.add_items(ITEMS[:1])
    assert await Session().get_items() == ITEMS[:1]
    assert await Session("other").get_items() == []
    assert session.path == tmp_path / "sessions.sqlite3"


async def test_the_environment_names_the_database_of_the_default_session(database, tmp_path, monkeypatch):
    """TS-SESS-023, TS-STORE-016, R13: in PostgreSQL, with the id "default"; nothing is written elsewhere."""
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    session = Session()
    assert isinstance(session, PostgresSession)
    assert session.session_id == "default"
    await session.add_items(ITEMS[:1])
    assert await PostgresSession("default", database).get_items() == ITEMS[:1] == await PostgresSession().get_items()
    assert not (tmp_path / "home").exists()
    monkeypatch.delenv("PG_CONNECTION_URI")
    assert await Session().get_items() == []


async def test_a_session_is_kept_where_it_is_said(database, tmp_path, monkeypatch):
    """R13: an address of PostgreSQL, a path or `sqlite:///PATH`, by position or by name; before the environment."""
    monkeypatch.setenv("PG_CONNECTION_URI", "postgresql://u:secret@h/d")
    path = tmp_path / "a b.sqlite3"
    places = [
        path,
        str(path),
        f"sqlite:///{tmp_path}/a%20b.sqlite3",
        database,
        database.replace("postgresql:", "postgres:"),
    ]
    for place, kind in zip(places, [SQLiteSession] * 3 + [PostgresSession] * 2, strict=True):
        for session in (
            Session("ann", place),
            Session("ann", connection=place),
            Session(connection=place, session_id="ann"),
        ):
            assert type(session) is kind
            await session.add_items(ITEMS[:1])
    assert len(await SQLiteSession("ann", path).get_items()) == 9
    assert len(await PostgresSession("ann", database).get_items()) == 6


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@x/y", "sqlite://host/x", "postgresql+psycopg://u:secret@h/d", "here"]
)
def test_the_default_session_is_refused_where_the_environment_names_another_place(monkeypatch, url):
    """TS-STORE-010, TS-STORE-015: a session elsewhere would not be the one that other processes find."""
    monkeypatch.setenv("PG_CONNECTION_URI", url)
    uses = [Session, PostgresSession]
    if "://" in url:
        uses += [lambda: Session("x", url), lambda: PostgresSession("x", url), lambda: SQLiteSession("x", url)]
    for use in uses:
        with pytest.raises(UsageError) as refused:
            use()
        assert refused.value.code == "store-unknown"
        assert "secret" not in refused.value.render()


async def test_a_session_in_a_database_is_exact(database, tmp_path):
    """TS-SESS-011: SQLite, PostgreSQL and memory give items back as they were, all members and numbers."""
    for session in (SQLiteSession(path=tmp_path / "a"), PostgresSession(connection=database), MemorySession()):
        await session.add_items(ITEMS)
        assert await session.get_items() == ITEMS
        assert list(map(list, await session.get_items())) == list(map(list, ITEMS))


async def test_an_item_as_deep_as_can_be_is_read_by_itself(tmp_path):
    """Reading many at once adds a level; the item at the limit is read all the same."""
    deep = []
    for _ in range(126):
        deep = [deep]
    session = SQLiteSession(path=tmp_path / "a")
    await session.add_items([{"type": "x", "value": deep}, ITEMS[0]])
    assert await session.get_items() == [{"type": "x", "value": deep}, ITEMS[0]]


@pytest.mark.parametrize("limit", [20, None])
async def test_the_work_of_a_short_read_and_an_append_does_not_grow(tmp_path, limit):
    """PERFORMANCE: SQLite's own count of steps is the same after 10 items and after 10,000; a whole read grows."""
    session = SQLiteSession(path=tmp_path / "a")
    steps = [0]

    def step():
        steps[0] += 1

    counts = []
    for more in (50, 10_000):
        await session.add_items([ITEMS[0]] * more)
        session._database._connection.set_progress_handler(step, 1)
        steps[0] = 0
        await session.get_items(limit)
        await session.add_items([ITEMS[0]])
        await session.pop_item()
        session._database._connection.set_progress_handler(None, 0)
        counts.append(steps[0])
    assert (counts[0] == counts[1]) is (limit is not None)
