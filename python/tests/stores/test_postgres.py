"""Saved runs in PostgreSQL: connections that are lost, servers that refuse, and no secret told (stores.md)."""

import asyncio

import psycopg
import pytest

from timestep import errors
from timestep.stores.postgres import PostgresKeeper
from timestep.stores.run_states import DocumentStore as RunStateStore

pytestmark = pytest.mark.timeout(20)


async def test_the_environment_names_the_database(database, monkeypatch, tmp_path, run):
    """TS-STORE-010, TS-STORE-016, R13: for a store without a place; nothing is written elsewhere."""
    monkeypatch.setenv("PG_CONNECTION_URI", database)
    monkeypatch.setenv("TIMESTEP_HOME", str(tmp_path / "home"))
    await RunStateStore().save(run())
    assert isinstance(RunStateStore().keeper, PostgresKeeper)
    assert await RunStateStore(connection=database.replace("postgresql", "postgres", 1)).load() == run()
    assert not (tmp_path / "home").exists()
    monkeypatch.delenv("PG_CONNECTION_URI")
    with pytest.raises(errors.StateNotFoundError):
        await RunStateStore().load()


@pytest.mark.parametrize("lost", ["request", "answer"])
@pytest.mark.parametrize("version", [0, 1])
async def test_a_save_whose_answer_was_lost_is_no_conflict(proxy, database, run, lost, version):
    """TS-STORE-013, D6: whether the server had done it or not, it is done once, and told so."""
    if version:
        await RunStateStore(connection=database).save(run())
    store = RunStateStore(connection=proxy.through(database))
    await store.list()
    proxy.lose(lost, after=b"timestep.runs")
    assert await store.save(run(revision=7), expected=version) == version + 1
    assert proxy.losses == 1
    assert [(row.version, row.revision) for row in await RunStateStore(connection=database).list()] == [
        (version + 1, 7)
    ]


@pytest.mark.parametrize("version", [0, 1])
async def test_a_save_that_somebody_followed_before_it_is_repeated_is_a_conflict(proxy, database, run, version):
    """TS-STORE-003, TS-STORE-013: what has been saved meanwhile stays, whoever saved it."""
    other = RunStateStore(connection=database)
    if version:
        await other.save(run())
    store = RunStateStore(connection=proxy.through(database))
    await store.list()

    async def follow():
        await other.save(run(revision=8, note="other"), expected=version + (lost == "answer"))

    for lost in ("answer", "request"):
        proxy.lose(lost, after=b"timestep.runs", meanwhile=follow)
        with pytest.raises(errors.StateConflictError):
            await store.save(run(revision=7), expected=version)
        assert (await other.load()).unknown == {"x-note": "other"}
        await other.clear()
        if version:
            await other.save(run())
    assert proxy.losses == 2


async def test_a_server_that_was_killed_and_started_again_is_used_on(postgres, database, run):
    """TS-STORE-007, D7: by the same object, with a save in the place of each step; what was saved is there."""
    store = RunStateStore(connection=database)
    for revision in range(5):
        assert await store.save(run(revision=revision)) == revision + 1
        postgres.kill()
        postgres.start()
    assert (await store.load()).revision == 4


async def test_saves_go_on_while_the_server_is_killed_again_and_again(postgres, database, run):
    """TS-STORE-007, TS-STORE-013, D6, D7: five runs are saved without end; no save is lost, done twice, or refused."""
    done, goal = dict.fromkeys("abcde", 0), 0
    reached, stop = asyncio.Event(), asyncio.Event()

    async def save(name):
        store = RunStateStore(connection=database)
        while not stop.is_set():
            assert await store.save(run(name, revision=done[name] + 1)) == done[name] + 1
            done[name] += 1
            if sum(done.values()) >= goal:
                reached.set()

    saving = [asyncio.create_task(save(name)) for name in done]
    for _ in range(6):
        goal = sum(done.values()) + 40
        reached.clear()
        await asyncio.wait_for(reached.wait(), 5)
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
    stop.set()
    await asyncio.gather(*saving)
    rows = await RunStateStore(connection=database).list()
    assert {row.run: (row.version, row.revision) for row in rows} == {name: (n, n) for name, n in done.items()}


async def test_a_server_that_stays_away_is_a_typed_error_and_is_found_again(postgres, database, run):
    """TS-STORE-008, D6: after the time the store is prepared to wait; when the server is back the store goes on."""
    store = RunStateStore(connection=PostgresKeeper(database, patience=0.5))
    await store.save(run())
    postgres.kill()
    try:
        for use in (lambda: store.save(run(revision=7)), store.load, store.list, store.clear):
            with pytest.raises(errors.StorageError) as caught:
                await use()
            assert (caught.value.code, "postgresql://" in caught.value.message) == ("storage-io", True)
    finally:
        postgres.start()
    assert (await store.load()).revision == 6
    assert await store.save(run(revision=7)) == 2


async def test_who_has_never_met_the_server_does_not_wait_for_it(run):
    """TS-STORE-010: a wrong address is told at once, whatever the patience, and no other place is used."""
    keeper = PostgresKeeper("postgresql://ann:hunter2@localhost:1/x", patience=3600)
    with pytest.raises(errors.StorageError) as caught:
        await RunStateStore(connection=keeper).save(run())
    assert caught.value.code == "storage-io"
    assert "postgresql://localhost:1/x" in caught.value.message


@pytest.mark.parametrize("problem", ["password", "user", "database", "right"])
async def test_what_the_server_denies_is_a_typed_error_without_the_password(postgres, database, run, problem):
    """TS-STORE-010, TS-STORE-015, S3: a wrong password, user or database, no right; nor does a text form show it."""
    name = database.partition("?")[0].rpartition("/")[2]
    if not postgres.do("SELECT 1 FROM pg_roles WHERE rolname = 'ann'"):
        postgres.do("CREATE ROLE ann LOGIN PASSWORD 'hunter2'")
    url = {
        "password": postgres.url(name, "ann", "hunter3"),
        "user": postgres.url(name, "bob", "hunter2"),
        "database": postgres.url("missing", "postgres", "hunter2"),
        "right": postgres.url(name, "ann", "hunter2"),
    }[problem]
    store = RunStateStore(connection=url)
    for use in (lambda: store.save(run()), store.load, store.list, store.clear):
        with pytest.raises(errors.StorageError) as caught:
            await use()
        assert (caught.value.code, caught.value.__cause__) == ("storage-denied", None)
        assert "hunter" not in caught.value.render() + repr(caught.value) + repr(store.keeper) + repr(
            store.keeper._server
        )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2%zz@host/d",
        "postgresql://ann:hun@hunter2@host:1/d",
        "postgresql://ann@host/d?passwort=hunter2",
        "postgres://[hunter2/d",
    ],
)
def test_an_address_that_can_not_be_read_is_refused_and_not_shown(monkeypatch, url):
    """TS-STORE-010, TS-STORE-015: parts of a password may stand anywhere in it."""
    for use in (lambda: RunStateStore(connection=url), RunStateStore):
        monkeypatch.setenv("PG_CONNECTION_URI", url)
        with pytest.raises(errors.UsageError) as caught:
            use()
        assert caught.value.code == "store-unknown"
        assert "hunter" not in caught.value.render()
        assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


async def test_a_run_that_somebody_holds_for_too_long_is_busy(database, run):
    """TS-STORE-008: an open transaction elsewhere is waited for, but not for ever."""
    store = RunStateStore(connection=PostgresKeeper(database, patience=0.2))
    await store.save(run())
    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("SELECT 1 FROM timestep.runs FOR UPDATE")
        with pytest.raises(errors.StorageError) as caught:
            await store.save(run(revision=7))
        assert caught.value.code == "storage-busy"
    assert await store.save(run(revision=7)) == 2


async def test_who_gives_up_waiting_leaves_the_store_in_order(database, run):
    """A save that is cancelled while it waits for a lock is not done, and its connection is used again."""
    store = RunStateStore(connection=database)
    await store.save(run())
    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("SELECT 1 FROM timestep.runs FOR UPDATE")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(store.save(run(revision=7)), 0.2)
    assert (await store.load()).revision == 6
    assert await store.save(run(revision=7)) == 2
