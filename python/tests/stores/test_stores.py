"""What holds for every store of saved runs (stores.md)."""

import asyncio
import gc
import sqlite3
import stat
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from timestep import FileSession, OpenAIConversationsSession, Session, errors
from timestep.codec import document as codec
from timestep.codec import journal
from timestep.state import read
from timestep.stores.memory import MemoryKeeper
from timestep.stores.protocol import Head, RecordKeeper
from timestep.stores.run_states import DocumentStore as RunStateStore
from timestep.stores.run_states import StateStore
from timestep.stores.sqlite import SQLiteKeeper
from timestep.types.journal import Change


async def test_what_was_saved_is_loaded(opened, run):
    """TS-STORE-002: with the same content, unknown fields too, by another object."""
    saved = run(note="kept")
    assert await opened().save(saved) == 1
    assert codec.encode(await opened().load()) == codec.encode(saved)


async def test_a_state_as_users_hold_it_is_saved_too(opened, run):
    """R17: what has a document is saved as that document."""
    state = read(codec.encode(run()))
    await opened().save(state)
    assert await opened().load() == state.document


async def test_a_run_that_was_loaded_can_be_saved_again_and_again(opened, run):
    """TS-STORE-003: each save follows the last one; a decision does not change the revision."""
    await opened().save(run())
    store = opened()
    await store.load()
    assert [await store.save(run(revision=revision)) for revision in (6, 7, 7, 9)] == [2, 3, 4, 5]
    assert (await opened().load()).revision == 9


async def test_a_copy_that_has_been_overtaken_is_refused(opened, run):
    """TS-STORE-008, TS-STORE-003, R17: two load, one saves, the other gets a conflict and harms nothing."""
    await opened().save(run())
    one, other = opened(), opened()
    await one.load()
    await other.load()
    await one.save(run(revision=7, note="one"))
    for again in range(2):
        with pytest.raises(errors.StateConflictError) as caught:
            await other.save(run(revision=8 + again, note="other"))
        assert (caught.value.code, caught.value.requirement) == ("state-conflict", "TS-STORE-003")
        assert "version 2, revision 7" in caught.value.message
    assert (await opened().load()).unknown == {"x-note": "one"}
    await other.load()
    assert await other.save(run(revision=8)) == 3


async def test_the_same_bytes_saved_twice_have_one_winner(opened, run):
    """TS-STORE-003: two that reach the same state by themselves may not both go on from it."""
    await opened().save(run())
    with pytest.raises(errors.StateConflictError):
        await opened().save(run())


async def test_the_version_to_save_over_can_be_named(opened, run):
    """TS-STORE-003: for tasks that share one store object, which by itself would follow the last save."""
    store = opened()
    assert await store.save(run(), expected=0) == 1
    document, version = await store.load_version()
    assert (document, version) == (run(), 1)
    outcomes = await asyncio.gather(
        *(store.save(run(revision=7), expected=version) for _ in range(5)), return_exceptions=True
    )
    assert min(map(str, outcomes)) == "2"
    assert [isinstance(outcome, errors.StateConflictError) for outcome in outcomes].count(True) == 4
    with pytest.raises(errors.StateConflictError):
        await store.save(run(), expected=0)


async def test_a_revision_never_goes_back(opened, run):
    """TS-STORE-008, TS-STORE-004: an older state is not put over a newer one, whatever its version says."""
    store = opened()
    await store.save(run(revision=6))
    with pytest.raises(errors.StateConflictError):
        await store.save(run(revision=5))
    assert (await store.load()).revision == 6


async def test_a_run_that_was_removed_is_not_brought_back(opened, run):
    """TS-STORE-003: a save that follows a version is refused when there is none."""
    store, other = opened(), opened()
    await store.save(run())
    await other.load()
    assert await store.clear() == 1
    with pytest.raises(errors.StateConflictError) as caught:
        await other.save(run(revision=7))
    assert "stored is nothing" in caught.value.message
    assert await store.save(run()) == 1


async def test_nothing_saved_is_a_typed_error(opened, run):
    """TS-STORE-005, TS-STORE-006: so is a session all of whose runs are finished, and a run that is not there."""
    store = opened()
    for name in (None, "r9"):
        with pytest.raises(errors.StateNotFoundError) as caught:
            await store.load(name)
        assert caught.value.code == "state-not-found"
    await store.save(run(step="finished"))
    with pytest.raises(errors.StateNotFoundError):
        await store.load()
    assert (await store.load("r1")).runs[0].step.type == "finished"  # TS-STORE-006


@pytest.mark.parametrize("step", ["finished", "failed"])
async def test_the_newest_unfinished_run_is_loaded(opened, run, step):
    """TS-STORE-001, TS-STORE-005, TS-STORE-006: newest by its first save; a new run never conflicts with an old."""
    store = opened()
    for name in ("a", "b", "c"):
        await opened().save(run(name))
    assert (await store.load("a")).id == "a"
    await store.save(run("a", revision=7))
    assert (await store.load()).id == "c"
    await store.save(run("c", revision=7, step=step))
    assert (await store.load()).id == "b"


async def test_sessions_are_kept_apart(opened, run):
    """TS-STORE-001: the same run id in two sessions are two records."""
    one, other = opened("one"), opened("other")
    await one.save(run(note="one"))
    await other.save(run(note="other"))
    assert (await opened("one").load()).unknown == {"x-note": "one"}
    assert await one.clear() == 1
    assert (await opened("other").load()).unknown == {"x-note": "other"}


async def test_runs_are_listed_the_newest_first(opened, run):
    """R17: what they are, without their documents; finished ones too."""
    store = opened()
    await store.save(run("a"))
    await store.save(run("b", step="finished"))
    await store.save(run("a", revision=7))
    await opened("other").save(run("c"))
    rows = await store.list()
    assert [(row.run, row.version, row.revision, row.step, row.agent, row.finished) for row in rows] == [
        ("b", 1, 6, "finished", "Assistant", True),
        ("a", 2, 7, "interrupted", "Assistant", False),
    ]
    assert all(
        row.session == "s1" and row.created_at <= row.saved_at and row.saved_at.endswith("+00:00") for row in rows
    )
    assert [row.run for row in await store.list(every_session=True)] == ["c", "b", "a"]


async def test_the_versions_of_some_runs_are_told(opened, run):
    """TS-DUR-068: who waits for changes asks for the versions of some runs alone, and of those that are there."""
    store = opened()
    await store.save(run("a"))
    await store.save(run("b", step="finished"))
    await store.save(run("a", revision=7))
    changed = Head("a", 8, "acting", "Assistant", ())
    await store.append(journal.encode(Change(revision=8)), changed, expected=2)
    await opened("other").save(run("c"))
    assert await store.newest(["a", "c", "d"]) == {"a": 3}
    assert await store.newest([]) == {}


async def test_clearing_removes_one_run_or_all_of_the_session(opened, run):
    """A run that was removed can be saved anew."""
    store = opened()
    for name in ("a", "b", "c"):
        await store.save(run(name))
    assert await store.clear("b") == 1
    assert [row.run for row in await store.list()] == ["c", "a"]
    assert [await store.clear(), await store.clear(), await store.list()] == [2, 0, []]
    assert await store.save(run("b")) == 1


async def test_a_document_over_the_limits_for_foreign_text_is_loaded(opened, run):
    """TS-STORE-009: what could be saved is never lost for its size."""
    large = replace(run(), unknown={"x-note": "x" * 17_000_000})
    await opened().save(large)
    assert await opened().load() == large


async def test_four_hundred_races_have_one_winner_each(opened, run):
    """D5: whoever comes in between, exactly one of those who follow one version saves."""
    await opened().save(run(revision=0))
    document = run(revision=0)
    for race in range(1, 401):
        racers = [opened() for _ in range(3)]
        outcomes = await asyncio.gather(
            *(racer.save(document, expected=race) for racer in racers), return_exceptions=True
        )
        assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [race + 1]
    assert [row.version for row in await opened().list()] == [401]


async def test_who_builds_on_a_store_wraps_what_is_loaded(tmp_path, run):
    """The hook for the run state that users hold."""

    class Wrapped(StateStore[tuple]):
        def held(self, document, version):
            return ("wrapped", document, version)

    store = Wrapped(agent="an agent", session_id="s", connection=tmp_path / "a")
    await store.save(run())
    assert await store.load() == ("wrapped", run(), 1)
    assert store.agent == "an agent"
    with pytest.raises(TypeError, match="held"):
        StateStore(connection=":memory:")


async def test_a_store_without_arguments_is_one_in_sqlite_that_a_second_object_finds(tmp_path, monkeypatch, run):
    """TS-STORE-016, R13, R17: session "default", under TIMESTEP_HOME, its files the owner's alone (TS-STORE-011)."""
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PG_CONNECTION_URI", raising=False)
    await RunStateStore().save(run())
    assert await RunStateStore().load() == run()
    path = tmp_path / "home" / "runs.sqlite3"
    assert RunStateStore().keeper.path == path
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_the_place_may_be_a_path_a_url_or_a_keeper(tmp_path, monkeypatch, run):
    """TS-STORE-010: whatever names the same file finds the same runs."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a b.sqlite3"
    await RunStateStore(connection=path).save(run())
    for place in (str(path), "a b.sqlite3", f"sqlite:///{path}", "sqlite:///a%20b.sqlite3", SQLiteKeeper(path)):
        assert await RunStateStore(connection=place).load() == run()
    for keeper in (RunStateStore(connection=":memory:").keeper, SQLiteKeeper(path)):
        assert isinstance(keeper, RecordKeeper)
    assert isinstance(RunStateStore(connection=":memory:").keeper, MemoryKeeper)


@pytest.mark.parametrize("url", ["mysql://u:secret@x/y", "sqlite://host/x", "postgresql+psycopg://u:secret@h/d"])
def test_a_place_that_can_not_be_opened_is_refused(monkeypatch, url):
    """TS-STORE-010: by name, without its password, and no other place is used; from the environment as well."""
    for use in (lambda: RunStateStore(connection=url), RunStateStore):
        monkeypatch.setenv("PG_CONNECTION_URI", url)
        with pytest.raises(errors.UsageError) as caught:
            use()
        assert caught.value.code == "store-unknown"
        assert "secret" not in caught.value.render()


@pytest.mark.parametrize("bad", ["", "a\0b", "\ud800"])
def test_a_session_id_that_can_be_none_is_refused(bad):
    """TS-CORE-008: as for sessions themselves."""
    with pytest.raises(errors.SessionError) as caught:
        RunStateStore(session_id=bad, connection=":memory:")
    assert caught.value.code == "session-id"


def test_a_session_may_stand_for_its_id(tmp_path):
    """TS-CORE-008: of any kind; one that has no id yet, and what is no session, are refused with what to give."""
    for session in (Session("ann", tmp_path / "a"), FileSession("A", "ann"), SimpleNamespace(session_id="ann")):
        assert RunStateStore(session_id=session, connection=":memory:").session_id == session.session_id
    unmade = type("Unmade", (), {"session_id": property(lambda _: int("no id yet"))})
    for wrong in (OpenAIConversationsSession(), unmade(), object(), 7, SimpleNamespace(session_id=None)):
        with pytest.raises(errors.SessionError) as caught:
            RunStateStore(session_id=wrong, connection=":memory:")
        assert caught.value.code == "session-id"
        assert caught.value.help.endswith("await session.get_session_id()")


async def test_a_full_disk_is_a_typed_error_and_the_old_state_is_there(tmp_path, run):
    """D6, TS-STORE-008: nothing is torn; when there is room again the same store goes on."""
    store = RunStateStore(connection=tmp_path / "a")
    await store.save(run())
    connection = store.keeper._database._connection
    connection.execute("PRAGMA max_page_count = 8").fetchall()
    with pytest.raises(errors.StorageError) as caught:
        await store.save(run(note="x" * 100_000))
    assert caught.value.code == "storage-full"
    assert await RunStateStore(connection=tmp_path / "a").load() == run()
    connection.execute("PRAGMA max_page_count = 100000").fetchall()
    assert await store.save(run(note="x" * 100_000)) == 2


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_FULL, "storage-full"),
        (sqlite3.SQLITE_IOERR, "storage-io"),
        (sqlite3.SQLITE_PERM, "storage-denied"),
    ],
)
async def test_what_the_system_refuses_is_a_typed_error(tmp_path, monkeypatch, run, number, code):
    """D6, TS-STORE-008: the state that was stored is there, and the store has not lost its place."""
    store = RunStateStore(connection=tmp_path / "a")
    await store.save(run())

    def refuse(_connection):
        error = sqlite3.OperationalError("refused")
        error.sqlite_errorcode = number
        raise error

    real = type(store.keeper._database).run
    with monkeypatch.context() as broken:
        broken.setattr(type(store.keeper._database), "run", lambda self, _work, wait=0.0: real(self, refuse, wait))
        with pytest.raises(errors.StorageError) as caught:
            await store.save(run(revision=7))
    assert caught.value.code == code
    assert (await RunStateStore(connection=tmp_path / "a").load()).revision == 6
    assert await store.save(run(revision=7)) == 2


async def test_the_work_of_saving_does_not_grow_with_the_number_of_runs(tmp_path, run):
    """PERFORMANCE: SQLite's own count of steps for a save and a load is the same beside 10 runs and beside 1,000."""
    store, counts, steps = RunStateStore(connection=tmp_path / "a"), [], [0]

    def step():
        steps[0] += 1

    for beside in (range(10), range(10, 1000)):
        for number in beside:
            await store.save(run(f"r{number}"))
        store.keeper._database._connection.set_progress_handler(step, 1)
        steps[0] = 0
        await store.load()
        await store.save(run(f"r{beside[-1]}"))
        store.keeper._database._connection.set_progress_handler(None, 0)
        counts.append(steps[0])
    assert counts[0] == counts[1]
    gc.collect()
