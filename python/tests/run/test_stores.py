"""Runs that are kept in a store: saved at each stop, gone on with by one, refused to whoever has an old copy."""

import asyncio

import pytest
from msgspec.structs import replace

from timestep import Agent, Handoff, RunStateStore, function_tool, read, run_agent
from timestep.codec.document import encode
from timestep.errors import AgentsException, ModelError, StateConflictError, StateNotFoundError, StorageError, UserError
from timestep.stores.memory import MemoryKeeper
from timestep.stores.sqlite import SQLiteKeeper
from timestep.testing import ScriptedModel, tool_call
from timestep.types.state import Context

pytestmark = pytest.mark.timeout(5)


@pytest.fixture(params=["memory", "sqlite"])
def connection(request, tmp_path):
    """Return what keeps records."""
    return MemoryKeeper() if request.param == "memory" else tmp_path / "runs.sqlite3"


def mail(*answers):
    """Return an agent whose tool waits for a person, and what was sent."""
    sent = []

    @function_tool(needs_approval=True)
    def send(to: str) -> str:
        """Send a mail."""
        sent.append(to)
        return f"sent to {to}"

    return Agent("Mail", ScriptedModel(answers), tools=[send]), sent


def call(to, call_id):
    """Return a call that would send mail."""
    return tool_call("send", {"to": to}, call_id)


async def test_a_run_that_waits_is_in_the_store(connection):
    """RULINGS R17: another process finds it, decides, and goes on; then no unfinished run is left."""
    agent, sent = mail(call("ann", "c1"), "Done.")
    await run_agent(agent, "Go", state_store=RunStateStore(connection=connection))
    store = RunStateStore(connection=connection)
    state = await store.load()
    state.approve("c1")
    result = await run_agent(agent, state, state_store=store)
    assert (result.final_output, sent) == ("Done.", ["ann"])
    with pytest.raises(StateNotFoundError):
        await store.load()
    stored = await store.load(result.run_id)
    assert (await run_agent(agent, stored, state_store=store)).final_output == "Done."


async def test_of_two_who_load_a_run_one_goes_on(connection):
    """RULINGS R17: the other has a stale copy, and its tools do not run."""
    agent, sent = mail(call("ann", "c1"), "Done.")
    await run_agent(agent, "Go", state_store=RunStateStore(connection=connection))
    stores = [RunStateStore(connection=connection) for _ in range(2)]
    states = [await store.load() for store in stores]
    for state in states:
        state.approve("c1")

    async def resume(state, store):
        return await run_agent(agent, state, state_store=store)

    answers = await asyncio.gather(*map(resume, states, stores), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["RunResult", "StateConflictError"]
    assert sent == ["ann"]


async def test_a_stale_copy_is_refused_before_anything_runs(connection):
    """RULINGS R17: whoever loaded before another went on is told so."""
    agent, sent = mail(call("ann", "c1"), call("bob", "c2"), "Done.")
    store = RunStateStore(connection=connection)
    await run_agent(agent, "Go", state_store=store)
    stale, fresh = await store.load(), await store.load()
    fresh.approve("c1")
    await run_agent(agent, fresh, state_store=store)
    stale.approve("c1")
    with pytest.raises(StateConflictError):
        await run_agent(agent, stale, state_store=store)
    assert sent == ["ann"]
    newest = await store.load()
    assert [item.call_id for item in newest.get_interruptions()] == ["c2"]


async def test_looking_without_deciding_leaves_the_stored_run_usable(connection):
    """RULINGS R11: a resume that does nothing does not make other copies stale."""
    agent, _ = mail(call("ann", "c1"), "Done.")
    store = RunStateStore(connection=connection)
    await run_agent(agent, "Go", state_store=store)
    state = await store.load()
    again = await run_agent(agent, state, state_store=store)
    assert [item.call_id for item in again.interruptions] == ["c1"]
    state = await store.load()
    state.approve("c1")
    assert (await run_agent(agent, state, state_store=store)).final_output == "Done."


async def test_a_decision_may_be_saved_by_one_and_carried_out_by_another(connection):
    """RULINGS N1: what comes out of the run's own store is trusted."""
    agent, sent = mail(call("ann", "c1"), "Done.")
    await run_agent(agent, "Go", state_store=RunStateStore(connection=connection))
    desk = RunStateStore(connection=connection)
    state = await desk.load()
    state.approve("c1", by="eve")
    await desk.save(state)
    worker = RunStateStore(connection=connection)
    result = await run_agent(agent, await worker.load(), state_store=worker)
    assert (result.final_output, sent) == ("Done.", ["ann"])
    assert result.state.document.approvals[0].by == "eve"


async def test_a_run_that_fails_is_saved_where_it_stands(connection):
    """A model that is down: the store has the run, and another process goes on with it."""
    model = ScriptedModel([ModelError("down"), "Hello."])
    agent = Agent("A", model)
    store = RunStateStore(connection=connection)
    with pytest.raises(ModelError):
        await run_agent(agent, "Hi", state_store=store)
    result = await run_agent(
        agent, await RunStateStore(connection=connection).load(), state_store=RunStateStore(connection=connection)
    )
    assert result.final_output == "Hello."


async def test_a_result_of_a_stored_run_can_be_decided_on_and_gone_on_with(connection):
    """The state of a result follows what the store has, so it needs no second load."""
    agent, sent = mail(call("ann", "c1"), call("bob", "c2"), "Done.")
    store = RunStateStore(connection=connection)
    state = (await run_agent(agent, "Go", state_store=store)).to_state()
    state.approve("c1")
    state = (await run_agent(agent, state, state_store=store)).to_state()
    state.approve("c2")
    assert (await run_agent(agent, state, state_store=store)).final_output == "Done."
    assert sent == ["ann", "bob"]


async def test_runs_of_one_session_do_not_conflict(connection):
    """RULINGS R17: a new run never conflicts with an old one; the newest unfinished one is loaded."""
    agent, _ = mail(call("ann", "c1"), call("bob", "c1"))
    store = RunStateStore(connection=connection)
    await run_agent(agent, "one", state_store=store)
    second = await run_agent(agent, "two", state_store=store)
    assert len(await store.list()) == 2
    assert (await store.load()).document.id == second.run_id


async def test_a_store_that_refuses_is_an_error_and_the_result_is_not_lost():
    """A run that could not be saved says so; the handle still has its state."""

    class Full(MemoryKeeper):
        async def put(self, record, expected, *hold):  # noqa: ARG002 - as it is called
            raise StorageError("the disk is full")

    agent = Agent("A", ScriptedModel(["Hello."]))
    handle = run_agent(agent, "Hi", state_store=RunStateStore(connection=Full()))
    with pytest.raises(StorageError, match="full"):
        await handle
    assert handle.state.document.runs[0].step.type == "awaiting_model"
    assert agent.model.requests == []


async def test_a_claim_that_the_store_could_not_write_may_be_tried_again():
    """Nothing has run, so the same state object is still good."""

    class Shaky(MemoryKeeper):
        full = False

        async def put(self, record, expected, *hold):
            if self.full:
                raise StorageError("the disk is full")
            return await super().put(record, expected, *hold)

    keeper = Shaky()
    agent, sent = mail(call("ann", "c1"), "Done.")
    store = RunStateStore(connection=keeper)
    await run_agent(agent, "Go", state_store=store)
    state = await store.load()
    state.approve("c1")
    keeper.full = True
    with pytest.raises(StorageError):
        await run_agent(agent, state, state_store=store)
    assert sent == []
    keeper.full = False
    assert (await run_agent(agent, state, state_store=store)).final_output == "Done."


async def test_the_state_of_a_result_goes_on_with_another_store_object(connection):
    """A store object for each request is as good as one for all: the state knows what it follows."""
    agent, sent = mail(call("ann", "c1"), call("bob", "c2"), "Done.")
    state = (await run_agent(agent, "Go", state_store=RunStateStore(connection=connection))).to_state()
    for call_id in ("c1", "c2"):
        state.approve(call_id)
        result = await run_agent(agent, state, state_store=RunStateStore(connection=connection))
        state = result.to_state()
    assert (result.final_output, sent) == ("Done.", ["ann", "bob"])


async def test_the_state_of_an_error_goes_on_with_another_store_object(connection):
    """Likewise for `error.state`."""
    agent = Agent("A", ScriptedModel([ModelError("down"), "Hello."]))
    with pytest.raises(ModelError) as raised:
        await run_agent(agent, "Hi", state_store=RunStateStore(connection=connection))
    result = await run_agent(agent, raised.value.state, state_store=RunStateStore(connection=connection))
    assert result.final_output == "Hello."


# --- the context of a stored run


async def test_the_callers_context_is_given_again_on_a_resume():
    """`context` is the caller's and not in the state; who goes on passes it again."""
    seen = []

    @function_tool(needs_approval=lambda ctx, _args, _id: bool(seen.append(ctx.context)) or True)
    def send() -> str:
        """Send."""
        return "sent"

    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1"), tool_call("send", {}, "c2")]), tools=[send])
    state = (await run_agent(agent, "Go", context={"user": "ann"})).to_state()
    state.approve("c1")
    await run_agent(agent, state, context={"user": "bob"})
    assert seen == [{"user": "ann"}, {"user": "bob"}]


async def test_a_context_that_only_code_can_rebuild_has_to_be_given():
    """TS-STATE-007: a state of an SDK that was run with an object says so, and nothing runs without it."""
    agent, sent = mail(call("ann", "c1"), "Done.")
    state = (await run_agent(agent, "Go")).to_state()
    typed = replace(state.document, context=Context(kind="typed", value={"user": "ann"}, type={"class": "User"}))
    state = read(encode(typed), trusted=True)
    state.approve("c1")
    with pytest.raises(UserError, match="only the code that made it") as raised:
        await run_agent(agent, state)
    assert (sent, raised.value.code, raised.value.requirement) == ([], "context-typed", "TS-STATE-007")
    assert (await run_agent(agent, state, context=object())).final_output == "Done."


async def test_a_state_of_another_agent_is_refused():
    """TS-TRANS-003: a run at an agent that is not there goes on with no other one."""
    agent, sent = mail(call("ann", "c1"))
    state = (await run_agent(agent, "Go")).to_state()
    state.approve("c1")
    with pytest.raises(AgentsException, match="Mail") as raised:
        await run_agent(Agent("Other", ScriptedModel([])), state)
    assert (sent, raised.value.code, raised.value.requirement) == ([], "agent-missing", "TS-TRANS-003")


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_run_whose_change_is_refused_begins_nothing_more(kind, tmp_path):
    """TS-DUR-004: somebody else has gone on with the run, so the tool that was about to begin does not."""
    ran = []
    connection = MemoryKeeper() if kind == "memory" else tmp_path / "runs.sqlite3"

    @function_tool
    def act() -> str:
        """Act."""
        ran.append("act")
        return "done"

    class Overtaken(ScriptedModel):
        async def respond(self, request):
            other = RunStateStore(connection=connection)
            (row,) = await other.list()
            await other.claim(row.run, over=True)
            return await super().respond(request)

    agent = Agent("A", Overtaken([tool_call("act", {}), "Done."]), tools=[act])
    with pytest.raises(StateConflictError) as caught:
        await run_agent(agent, "Hi", state_store=RunStateStore(connection=connection))
    assert (caught.value.code, ran) == ("state-conflict", [])


async def test_what_one_tool_brought_is_kept_while_another_is_still_at_work(tmp_path):
    """TS-DUR-044, TS-TRANS-004: a result is not lost with a call beside it that the process dies in."""
    connection, go, paid = tmp_path / "runs.sqlite3", asyncio.Event(), asyncio.Event()

    @function_tool
    async def pay() -> str:
        """Pay."""
        paid.set()
        return "paid"

    @function_tool(effect="read")
    async def wait() -> str:
        """Wait."""
        await go.wait()
        return "waited"

    answer = [tool_call("pay", {}, "c1"), tool_call("wait", {}, "c2")]
    agent = Agent("A", ScriptedModel([answer, "Done."]), tools=[pay, wait])
    task = asyncio.ensure_future(run_agent(agent, "Hi", state_store=RunStateStore(connection=connection)).result())
    other = RunStateStore(connection=connection)
    await asyncio.wait_for(paid.wait(), 5)
    for _ in range(10):
        await asyncio.sleep(0)
    calls = {call.call_id: call.state for call in (await other.load()).document.runs[0].calls}
    assert calls == {"c1": "completed", "c2": "started"}
    go.set()
    assert (await task).final_output == "Done."


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_snapshot_takes_the_place_of_the_journal(kind, tmp_path):
    """TS-DUR-006: while a run goes on its changes are kept one by one, and when it has ended there is one document."""
    keeper = MemoryKeeper() if kind == "memory" else SQLiteKeeper(tmp_path / "runs.sqlite3")
    seen = []

    @function_tool(effect="read")
    async def look() -> str:
        """Look."""
        (row,) = await keeper.rows()
        record = await keeper.get(row.session, row.run)
        seen.append((record.about.version, len(record.changes)))
        return "x" * 40_000

    agent = Agent(
        "A", ScriptedModel([*[tool_call("look", {}, f"c{turn}") for turn in range(8)], "Done."]), tools=[look]
    )
    await run_agent(agent, "Hi", state_store=RunStateStore(connection=keeper))
    versions, changes = zip(*seen, strict=True)
    assert list(versions) == sorted(versions)
    assert max(changes) > 2
    assert changes != tuple(sorted(changes))  # a snapshot was taken on the way
    (row,) = await keeper.rows()
    record = await keeper.get(row.session, row.run)
    assert (record.changes, row.step, row.version > 16) == ([], "finished", True)


async def test_a_run_that_is_gone_on_with_is_written_whole_twice_alone():
    """TS-DUR-001: when it is claimed and when it stops; what happens between costs what it adds."""
    written = []

    class Counting(MemoryKeeper):
        async def put(self, record, expected, *hold):
            written.append(record.about.step)
            return await super().put(record, expected, *hold)

    sent = []

    @function_tool(needs_approval=True)
    def act() -> str:
        """Act."""
        sent.append("act")
        return "done"

    store = RunStateStore(connection=Counting())
    await run_agent(Agent("A", ScriptedModel([tool_call("act", {})]), tools=[act]), "Hi", state_store=store)
    state = await store.load()
    state.approve(state.get_interruptions()[0])
    written.clear()
    await run_agent(Agent("A", ScriptedModel(["Done."]), tools=[act]), state, state_store=store)
    assert (written, sent) == (["interrupted", "finished"], ["act"])


@pytest.mark.parametrize("asked", ["hooks", "own hooks", "instructions", "tool", "handoff"])
async def test_the_state_is_kept_before_code_of_the_user_prepares_a_turn(asked):
    """TS-DUR-005: whatever of it is asked while a turn is prepared finds the turn before it in the store."""
    keeper, seen = MemoryKeeper(), []

    async def look():
        (row,) = await keeper.rows()
        document, _ = await RunStateStore(connection=keeper).load_version(row.run)
        seen.append((len(document.runs[0].responses), document.runs[0].step.type))

    class Hooks:
        async def on_agent_start(self, *_):
            await look()

        on_start = on_agent_start

    async def told(*_):
        await look()
        return "Be kind."

    async def enabled(*_):
        await look()
        return True

    tool = function_tool(is_enabled=enabled if asked == "tool" else True, effect="read")(_look)
    agent = Agent(
        "A",
        ScriptedModel([tool_call("_look", {}, "c1"), "Done."]),
        instructions=told if asked == "instructions" else None,
        tools=[tool],
        handoffs=[Handoff(Agent("B", ScriptedModel([])), is_enabled=enabled)] if asked == "handoff" else [],
        hooks=Hooks() if asked == "own hooks" else None,
    )
    store = RunStateStore(connection=keeper)
    await run_agent(agent, "Hi", state_store=store, hooks=Hooks() if asked == "hooks" else None)
    once = asked in ("hooks", "own hooks")
    assert seen == [(0, "run_again"), (1, "run_again")][: 1 if once else 2]


def _look() -> str:
    """Look."""
    return "nothing"


async def test_a_turn_that_asks_nobody_is_kept_with_the_question():
    """TS-TRANS-004: two writes a turn, before the model is asked and before the tool begins."""
    steps = []

    class Noted(MemoryKeeper):
        async def put(self, record, expected, *hold):
            steps.append(record.about.step)
            return await super().put(record, expected, *hold)

        async def append(self, record, expected):
            steps.append(record.about.step)
            return await super().append(record, expected)

    model = ScriptedModel([tool_call("_look", {}, "c1"), "Done."])
    agent = Agent("A", model, instructions="Be kind.", tools=[function_tool(effect="read")(_look)])
    await run_agent(agent, "Hi", state_store=RunStateStore(connection=Noted()))
    assert steps == ["awaiting_model", "acting", "awaiting_model", "finished"]
