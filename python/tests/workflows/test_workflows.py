"""Runs in workflows, as users start them and wait for them."""

import asyncio
import threading

import pytest

from timestep import (
    Agent,
    AgentsException,
    MaxTurnsExceeded,
    RunContextWrapper,
    RunStateStore,
    StateConflictError,
    StorageError,
    UserError,
    cleanup_dbos,
    configure_dbos,
    ensure_dbos_launched,
    function_tool,
    queue_agent_workflow,
    register_agent,
    run_agent_workflow,
)
from timestep.stores.sqlite import SQLiteKeeper
from timestep.testing import ScriptedModel, tool_call

PAID = []


@function_tool
def pay(amount: int) -> str:
    """Pay."""
    PAID.append(amount)
    return f"paid {amount}"


@function_tool(needs_approval=True)
def mail(to: str) -> str:
    """Mail."""
    return f"mailed {to}"


@pytest.fixture(autouse=True)
def _paid():
    PAID.clear()


def payer(*answers):
    """Return an agent that pays."""
    return Agent("Payer", ScriptedModel(answers), tools=[pay, mail])


@pytest.mark.usefixtures("place")
async def test_runs_of_one_id_are_one_run():
    """TS-DUR-064: a workflow's id is its idempotency key: asked for twice, at once or later, it is one run."""
    agent = payer([tool_call("pay", {"amount": 3})], "Paid.")
    ensure_dbos_launched()
    first, second = await asyncio.gather(
        *(run_agent_workflow(agent=agent, input_items="Pay", workflow_id="w") for _ in range(2))
    )
    later = await run_agent_workflow(agent=agent, input_items="Pay", workflow_id="w")
    assert [result.final_output for result in (first, second, later)] == ["Paid."] * 3
    assert first.run_id == "w"
    assert PAID == [3]
    assert (await RunStateStore().load("w")).document == later.state.document


async def test_each_call_of_a_model_and_a_tool_is_a_step():
    """TS-DUR-065: DBOS has a step of its own for each call of a model and of a tool, with a name that people know."""
    from dbos import DBOS

    agent = payer([tool_call("pay", {"amount": 3}), tool_call("pay", {"amount": 4})], "Paid.")
    await run_agent_workflow(agent=agent, input_items="Pay", workflow_id="w")
    steps = await DBOS.list_workflow_steps_async("w")
    assert sorted(step["function_name"] for step in steps) == ["model 1", "model 2", "tool pay 1", "tool pay 2"]


@pytest.mark.usefixtures("place")
async def test_a_run_waits_for_a_person_and_goes_on_by_itself():
    """TS-DUR-068: a run that waits for a decision goes on once somebody has saved one, wherever that was."""
    agent = payer([tool_call("mail", {"to": "ann"})], "Mailed.")
    await configure_dbos()
    await ensure_dbos_launched()
    result = await run_agent_workflow(agent=agent, input_items="Mail Ann", workflow_id="w")
    assert [each.tool for each in result.interruptions] == ["mail"]
    again = await run_agent_workflow(agent=agent, input_items="Mail Ann", workflow_id="w")
    assert again.state.document == result.state.document
    store = RunStateStore()
    state = await store.load("w")
    state.approve(state.get_interruptions()[0])
    await store.save(state)
    async with asyncio.timeout(5):
        result = await run_agent_workflow(agent=agent, input_items="Mail Ann", workflow_id="w")
    assert result.final_output == "Mailed."


async def test_one_of_two_decisions_lets_one_call_run():
    """TS-DUR-068: where two calls wait and one is decided, the workflow goes on as far as it can, and waits on."""
    agent = payer([tool_call("mail", {"to": "ann"}), tool_call("mail", {"to": "bob"})], "Mailed.")
    result = await run_agent_workflow(agent=agent, input_items="Mail", workflow_id="w")
    for waiting in (2, 1):
        state = result.to_state()
        asked = state.get_interruptions()
        assert len(asked) == waiting
        state.approve(asked[0])
        result = await run_agent_workflow(agent=agent, input_items=state)
    assert result.final_output == "Mailed."


async def test_a_decided_state_is_an_input():
    """TS-DUR-068: the decided state of a workflow that waits is an input of its next stretch."""
    agent = payer([tool_call("mail", {"to": "ann"})], "Mailed.")
    result = await run_agent_workflow(agent=agent, input_items="Mail Ann", workflow_id="w")
    state = result.to_state()
    state.reject(state.get_interruptions()[0])
    result = await run_agent_workflow(agent=agent, input_items=state)
    assert result.final_output == "Mailed."
    assert "mailed" not in str(result.new_items)


async def test_a_run_that_is_ended_by_a_person_fails():
    """TS-DUR-068: a run that somebody has ended for good ends its workflow, and the error says so."""
    agent = payer([tool_call("mail", {"to": "ann"})], "Mailed.")
    result = await run_agent_workflow(agent=agent, input_items="Mail Ann", workflow_id="w")
    state = result.to_state()
    state.cancel(by="ann")
    await RunStateStore().save(state, expected=state.version)
    with pytest.raises(AgentsException):
        await run_agent_workflow(agent=agent, input_items="Mail Ann", workflow_id="w")


async def test_what_stops_a_run_is_raised_with_a_state_to_go_on_with():
    """TS-DUR-064: a workflow fails with its run's error and code; the run stays in the store and can be resumed."""
    agent = payer(*[[tool_call("pay", {"amount": 1})]] * 2)
    for _ in range(2):
        with pytest.raises(MaxTurnsExceeded) as caught:
            await run_agent_workflow(agent=agent, input_items="Pay", workflow_id="w", max_turns=2)
        assert caught.value.code == "max-turns"
        assert caught.value.state.document.id == "w"
    assert PAID == [1, 1]


async def test_an_error_of_a_program_is_told():
    """TS-DUR-064: what a program raises where no rule says what it means ends the workflow, and is told by its name."""

    class Hooks:
        async def on_start(self, *_given):
            raise LookupError("no such thing")

    agent = Agent("Payer", ScriptedModel(["Hello."]), hooks=Hooks())
    with pytest.raises(AgentsException, match="LookupError: no such thing") as caught:
        await run_agent_workflow(agent=agent, input_items="Pay", workflow_id="w")
    assert caught.value.code == "workflow-failed"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"stream": True}, "workflow-stream"),
        ({"workflow_id": " "}, "run-option"),
        ({"context": object()}, "context-typed"),
        ({"max_turns": -1}, "run-option"),
        ({"session": object()}, "run-option"),
    ],
)
async def test_what_a_workflow_cannot_keep_is_refused_at_once(options, code):
    """TS-DUR-064: a stream, and what has no JSON form, is refused before anything is begun."""
    with pytest.raises(UserError) as caught:
        await run_agent_workflow(agent=payer("Hello."), input_items="Hi", **options)
    assert caught.value.code == code


async def test_two_agents_of_one_name_are_refused():
    """TS-DUR-062: another agent under a name that is taken is refused; the same one, or one defined alike, is not."""
    agent = payer("Hello.")
    register_agent(agent)
    register_agent(agent)
    with pytest.raises(UserError, match="another agent") as caught:
        register_agent(payer("Hello."))
    assert caught.value.code == "agent-registered"
    register_agent(agent, model_provider=ScriptedModel(["Hello."]))
    with pytest.raises(UserError, match="another model_provider"):
        register_agent(agent, model_provider=ScriptedModel(["Hello."]))


async def test_agents_of_the_other_package_run_too():
    """TS-DUR-062: an agent of `openai-agents` runs in a workflow as it is, with a model of either package."""
    from agents import Agent as Theirs

    agent = Theirs(name="Theirs", model="gpt-4.1")
    register_agent(agent, model_provider=ScriptedModel(["Hello."]))
    result = await queue_agent_workflow(agent=agent, input_items="Hi").get_result()
    assert result.final_output == "Hello."
    assert result.last_agent == "Theirs"


async def test_the_context_is_given_to_tools_after_a_pause_too():
    """TS-DUR-060: the context, plain JSON data, is what tools and hooks get, wherever the run goes on."""

    @function_tool(needs_approval=True)
    def who(ctx: RunContextWrapper[dict[str, str]]) -> str:
        return ctx.context["user"]

    agent = Agent("Asker", ScriptedModel([[tool_call("who")], "Done."]), tools=[who])
    result = await run_agent_workflow(agent=agent, input_items="Who?", workflow_id="w", context={"user": "ann"})
    state = result.to_state()
    state.approve(state.get_interruptions()[0])
    result = await run_agent_workflow(agent=agent, input_items=state)
    assert result["tool_calls"][0]["output"] == "ann"


async def test_an_agent_that_does_not_come_is_named(monkeypatch):
    """TS-DUR-062: a workflow waits for its agent, and where it does not come, fails and names it."""
    monkeypatch.setattr("timestep.workflows.registry.PATIENCE", 0.1)
    from timestep.workflows import registry

    agent = payer("Hello.")
    ensure_dbos_launched()
    handle = queue_agent_workflow(agent=agent, input_items="Hi")
    registry.forget_agents()
    with pytest.raises(UserError, match="no agent 'Payer'") as caught:
        await handle.get_result()
    assert caught.value.code == "agent-unregistered"


async def test_what_goes_on_goes_on_after_the_next_launch():
    """TS-DUR-067: ended with DBOS and launched anew, a process goes on with what was under way and what waits."""
    started = threading.Event()

    @function_tool(effect="read")
    async def look() -> str:
        started.set()
        await asyncio.sleep(0 if again else 60)
        return "a room"

    again = False
    agent = Agent(
        "Looker", ScriptedModel([[tool_call("look")], [tool_call("mail", {"to": "ann"})], "Done."]), tools=[look, mail]
    )
    task = asyncio.ensure_future(run_agent_workflow(agent=agent, input_items="Look", workflow_id="w"))
    await asyncio.to_thread(started.wait, 5)
    cleanup_dbos()
    with pytest.raises(AgentsException) as caught:
        await task
    assert caught.value.code == "dbos-ended"
    again = True
    result = await run_agent_workflow(agent=agent, input_items="Look", workflow_id="w")
    assert [each.tool for each in result.interruptions] == ["mail"]
    cleanup_dbos()
    state = result.to_state()
    state.approve(state.get_interruptions()[0])
    result = await run_agent_workflow(agent=agent, input_items=state)
    assert result.final_output == "Done."


async def test_a_store_that_is_away_is_waited_for(monkeypatch):
    """TS-DUR-067: a store that refuses while a run goes on is waited for: the workflow does not fail, nor pay again."""
    append, failures = SQLiteKeeper.append, iter([StorageError("the disk is full", code="storage-full")] * 2)

    async def failing(keeper, record, expected):
        if PAID and (failure := next(failures, None)) is not None:
            raise failure
        return await append(keeper, record, expected)

    monkeypatch.setattr(SQLiteKeeper, "append", failing)
    monkeypatch.setattr("timestep.workflows.going._AGAIN", 0.01)
    result = await run_agent_workflow(payer([tool_call("pay", {"amount": 3})], "Paid."), "Pay", workflow_id="w")
    assert result.final_output == "Paid."
    assert next(failures, None) is None
    assert PAID == [3]


@pytest.mark.parametrize("asked", ["list_workflow_steps_async", "run_step_async", "get_workflow_status_async"])
async def test_a_database_of_dboss_that_is_away_is_waited_for(monkeypatch, asked):
    """TS-DUR-067: where DBOS's database is away for a while, the run goes on, by its journal, and its caller waits."""
    from dbos import DBOS
    from sqlalchemy.exc import OperationalError

    ask, failures = getattr(DBOS, asked), iter([OperationalError("", {}, Exception("refused"))] * 2)

    async def failing(*given, **named):
        if (failure := next(failures, None)) is not None:
            raise failure
        return await ask(*given, **named)

    ensure_dbos_launched()
    monkeypatch.setattr(DBOS, asked, failing)
    monkeypatch.setattr("timestep.workflows.going._AGAIN", 0.01)
    result = await run_agent_workflow(payer([tool_call("pay", {"amount": 3})], "Paid."), "Pay", workflow_id="w")
    assert result.final_output == "Paid."
    assert next(failures, None) is None
    assert PAID == [3]


async def test_settings_that_differ_from_those_launched_are_refused(tmp_path):
    """TS-DUR-060: DBOS is one for a process: the same settings again change nothing, others are refused."""
    configure_dbos()
    configure_dbos(tmp_path / "other.sqlite3")
    ensure_dbos_launched()
    configure_dbos(tmp_path / "other.sqlite3")
    with pytest.raises(UserError) as caught:
        configure_dbos()
    assert caught.value.code == "dbos-configured"
    assert (tmp_path / "other.sqlite3").stat().st_mode & 0o777 == 0o600


async def test_other_code_that_has_configured_dbos_is_told():
    """TS-DUR-060: where other code has configured DBOS, that is an error that says what to do."""
    from dbos import DBOS

    DBOS(config={"name": "other", "log_level": "ERROR"})
    try:
        with pytest.raises(UserError) as caught:
            ensure_dbos_launched()
        assert caught.value.code == "dbos-configured"
    finally:
        DBOS.destroy()


@pytest.mark.usefixtures("place")
async def test_a_duplicate_in_the_queue_is_an_error_of_ours():
    """TS-DUR-069: a run whose deduplication_id another queued one has is refused by a typed error."""
    agent = payer([tool_call("mail", {"to": "ann"})], "Mailed.")
    handle = await queue_agent_workflow(agent=agent, input_items="Mail", deduplication_id="d", workflow_id="w")
    assert handle.workflow_id == "w"
    with pytest.raises(StateConflictError) as caught:
        queue_agent_workflow(agent=agent, input_items="Mail", deduplication_id="d")
    assert caught.value.code == "workflow-duplicate"
    result = await handle.get_result()
    state = result.to_state()
    state.approve(state.get_interruptions()[0])
    assert (await run_agent_workflow(agent=agent, input_items=state)).final_output == "Mailed."


@pytest.mark.parametrize("priority", [0, -1, 2**31, True, "high"])
def test_a_priority_that_can_not_be_is_refused(priority):
    """TS-DUR-069: a priority is a whole number from 1."""
    with pytest.raises(UserError) as caught:
        queue_agent_workflow(agent=payer("Hello."), input_items="Hi", priority=priority)
    assert caught.value.code == "run-option"
