"""Sessions in runs: what the model is told of earlier runs, what is written when, and what a failed write costs."""

import asyncio

import pytest

from timestep import Agent, FileSession, Handoff, MemorySession, SQLiteSession, function_tool, run_agent
from timestep.errors import SessionError
from timestep.testing import ScriptedModel, handoff_to, message, tool_call

pytestmark = pytest.mark.timeout(5)


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


@pytest.fixture(params=["memory", "sqlite", "file"])
def session(request, tmp_path):
    """Return a session of each kind."""
    kinds = {
        "memory": lambda: MemorySession("s"),
        "sqlite": lambda: SQLiteSession("s", tmp_path / "s.sqlite3"),
        "file": lambda: FileSession("A", "s", storage_dir=tmp_path),
    }
    return kinds[request.param]()


def texts(items):
    """Return role or type of items, with their text."""
    found = []
    for item in items:
        content = item.get("content")
        text = content if isinstance(content, str) else "".join(part["text"] for part in content or [])
        found.append((item.get("role", item.get("type")), text))
    return found


async def test_a_second_run_sees_the_first(session):
    """R13: question and answer of the first run are what the model is told first in the second."""
    model = ScriptedModel(["Hello Ann.", "You are Ann."])
    agent = Agent("A", model)
    await run_agent(agent, "I am Ann.", session)
    await run_agent(agent, "Who am I?", session)
    assert texts(model.requests[1].input) == [("user", "I am Ann."), ("assistant", "Hello Ann."), ("user", "Who am I?")]
    assert len(await session.get_items()) == 4


async def test_calls_and_their_outputs_are_kept(session):
    """TS-TRANS-021: a turn is written when it is settled, with the outputs of its calls."""
    seen = []

    @function_tool
    async def look() -> str:
        """Look."""
        seen.append([item.get("type") for item in await session.get_items()])
        return "seen"

    model = ScriptedModel([tool_call("look", {}, "c1"), "Done.", "Again."])
    agent = Agent("A", model, tools=[look])
    await run_agent(agent, "Go", session)
    assert "function_call" not in seen[0]
    await run_agent(agent, "And?", session)
    kinds = [item.get("type", "message") for item in model.requests[-1].input]
    assert kinds == ["message", "function_call", "function_call_output", "message", "message"]


async def test_the_items_of_a_session_are_no_new_items():
    """RULINGS R2: what the run produced is told apart from what it began with."""
    session = MemorySession()
    agent = Agent("A", ScriptedModel(["one", "two"]))
    await run_agent(agent, "a", session)
    result = await run_agent(agent, "b", session)
    assert [message["content"] for message in result["messages"]] == ["two"]
    assert len(result.new_items) == 1
    assert len(result.to_input_list()) == 4


async def test_a_session_never_holds_a_call_that_waits():
    """RULINGS R7: a run that pauses leaves a session that another run can go on from."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    session = MemorySession()
    model = ScriptedModel([tool_call("send", {}, "c1"), "Other.", "Done."])
    agent = Agent("A", model, tools=[send])
    paused = await run_agent(agent, "Send it.", session)
    assert all(item.get("type") != "function_call" for item in await session.get_items())
    await run_agent(agent, "Something else", session)
    state = paused.to_state()
    state.approve("c1")
    assert (await run_agent(agent, state, session)).final_output == "Done."
    items = await session.get_items()
    assert [item["call_id"] for item in items if "call_id" in item] == ["c1", "c1"]


async def test_an_open_call_in_a_session_is_not_sent_to_the_model():
    """TS-SESS: a session another program left with a call nobody answered does not make the host refuse."""
    session = MemorySession()
    await session.add_items([{"role": "user", "content": "a"}, {**tool_call("x", {}, "c9"), "id": "f9"}])
    model = ScriptedModel(["Hello."])
    await run_agent(Agent("A", model), "b", session)
    assert texts(model.requests[0].input) == [("user", "a"), ("user", "b")]


async def test_the_instructions_of_now_are_what_the_model_sees():
    """RULINGS R16: a session does not keep old instructions alive."""
    session = MemorySession()
    model = ScriptedModel(["a", "b"])
    await run_agent(Agent("A", model, "Be kind."), "Hi", session)
    await run_agent(Agent("A", model, "Be short."), "Hi", session)
    assert [request.instructions for request in model.requests] == ["Be kind.", "Be short."]


async def test_a_session_of_another_package_will_do():
    """R14: anything with the methods is a session; its id may be had by the name the samples use."""

    class Foreign:
        def __init__(self):
            self.items = []

        async def _get_session_id(self):
            return "foreign"

        async def get_items(self, limit=None):  # noqa: ARG002 - a session's
            return list(self.items)

        async def add_items(self, items):
            self.items += items

    session = Foreign()
    result = await run_agent(Agent("A", ScriptedModel(["Hello."])), "Hi", session)
    assert texts(session.items) == [("user", "Hi"), ("assistant", "Hello.")]
    assert result.state.document.runs[0].session.id == "foreign"


# --- resuming


async def test_a_resume_without_the_session_does_not_lose_what_is_to_be_written():
    """TS-STATE: what a resume without the session did is written by a later one with it."""
    session = MemorySession()

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    agent = Agent("A", ScriptedModel([tool_call("send", {}, "c1"), tool_call("send", {}, "c2"), "Done."]), tools=[send])
    state = (await run_agent(agent, "Go", session)).to_state()
    state.approve("c1")
    state = (await run_agent(agent, state)).to_state()
    state.approve("c2")
    await run_agent(agent, state, session)
    kinds = [item.get("type", "message") for item in await session.get_items()]
    assert kinds == ["message", *["function_call", "function_call_output"] * 2, "message"]


async def test_nothing_is_written_twice_over_a_resume(session):
    """TS-STATE: the state knows how far the session has the log."""

    @function_tool(needs_approval=True)
    def send() -> str:
        """Send."""
        return "sent"

    model = ScriptedModel([tool_call("tick", {}, "c0"), tool_call("send", {}, "c1"), "Done."])
    agent = Agent("A", model, tools=[tick, send])
    state = (await run_agent(agent, "Go", session)).to_state()
    state.approve("c1")
    await run_agent(agent, state, session)
    assert [item["call_id"] for item in await session.get_items() if "call_id" in item] == ["c0", "c0", "c1", "c1"]


# --- failures


class Full(MemorySession):
    """A session that refuses to write while it is full."""

    full = True

    async def add_items(self, items):
        """Add, or say that there is no room."""
        if self.full:
            raise SessionError("the disk is full")
        await super().add_items(items)


async def test_a_session_that_can_not_be_written_stops_the_run_and_nothing_is_lost():
    """The caller gets the session's error; resumed once it can write, the run goes on and the session is whole."""
    session = Full()
    model = ScriptedModel([tool_call("tick", {}, "c1"), "Done."])
    agent = Agent("A", model, tools=[tick])
    handle = run_agent(agent, "Go", session)
    with pytest.raises(SessionError, match="full"):
        await handle
    session.full = False
    result = await run_agent(agent, handle.state, session)
    assert (result.final_output, len(model.requests)) == ("Done.", 2)
    kinds = [item.get("type", "message") for item in await session.get_items()]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


async def test_a_final_answer_that_can_not_be_written_is_written_on_a_resume():
    """A run whose last write failed gives its answer again, writes it then, and asks no model."""
    session = Full()
    model = ScriptedModel(["Hello."])
    agent = Agent("A", model)
    handle = run_agent(agent, "Hi", session)
    with pytest.raises(SessionError):
        await handle
    session.full = False
    result = await run_agent(agent, handle.state, session)
    assert (result.final_output, len(model.requests)) == ("Hello.", 1)
    assert texts(await session.get_items()) == [("user", "Hi"), ("assistant", "Hello.")]


async def test_a_session_that_can_not_be_read_starts_nothing():
    """Before the model is asked."""

    class Broken(MemorySession):
        async def get_items(self, limit=None):  # noqa: ARG002 - a session's
            raise SessionError("torn")

    model = ScriptedModel(["Hello."])
    with pytest.raises(SessionError, match="torn"):
        await run_agent(Agent("A", model), "Hi", Broken())
    assert model.requests == []


async def test_two_runs_of_one_session_keep_their_items_together(session):
    """Runs at the same time each write whole turns; calls stay with their outputs."""
    meet = asyncio.Barrier(2)

    def agent():
        @function_tool
        async def wait() -> str:
            """Wait."""
            await meet.wait()
            return "met"

        name = f"r{len(agents)}_"
        agents.append(Agent("A", ScriptedModel([tool_call("wait"), "Done."], prefix=name), tools=[wait]))
        return agents[-1]

    agents = []
    await asyncio.gather(run_one(agent(), session), run_one(agent(), session))
    items = await session.get_items()
    ids = [item["call_id"] for item in items if "call_id" in item]
    assert len(items) == 8
    assert ids in (["r0_call_0"] * 2 + ["r1_call_0"] * 2, ["r1_call_0"] * 2 + ["r0_call_0"] * 2)


async def run_one(agent, session):
    """Run an agent with a session."""
    return await run_agent(agent, "Go", session)


# --- delegation


async def test_a_delegation_has_a_conversation_of_its_own(session):
    """RULINGS R12, TS-HAND-006: the other agent remembers what it was asked, and the caller's session does not."""
    inner_model = ScriptedModel(["It is 5.", "It was 5."], prefix="i_")
    inner = Agent("Inner", inner_model)
    ask = handoff_to("Inner", {"message": "What is it?"}, "d1")
    again = handoff_to("Inner", {"message": "What was it?"}, "d2")
    agent = Agent("A", ScriptedModel([ask, "5.", again, "5!"]), handoffs=[Handoff(inner, "delegate")])
    await run_agent(agent, "one", session)
    await run_agent(agent, "two", session)
    assert texts(inner_model.requests[1].input) == [
        ("user", "What is it?"), ("assistant", "It is 5."), ("user", "What was it?")
    ]  # fmt: skip
    said = texts(await session.get_items())
    assert ("assistant", "It is 5.") not in said
    assert [role for role, _ in said].count("function_call_output") == 2


async def test_a_delegation_tells_its_conversation(session):
    """TS-HAND-006: the caller gets `{"result", "conversation_id"}`."""
    inner = Agent("Inner", ScriptedModel(["It is 5."], prefix="i_"))
    model = ScriptedModel([handoff_to("Inner", {"message": "?"}, "d1"), "5."])
    await run_agent(Agent("A", model, handoffs=[Handoff(inner, "delegate")]), "Go", session)
    output = model.requests[-1].input[-1]["output"]
    assert output.startswith('{"result":"It is 5.","conversation_id":"')


async def test_delegations_without_a_session_remember_within_the_run():
    """TS-HAND-006: the second question of one run goes on with the conversation of the first."""
    inner_model = ScriptedModel(["a", "b"], prefix="i_")
    inner = Agent("Inner", inner_model)
    model = ScriptedModel([handoff_to("Inner", {"message": "1"}), handoff_to("Inner", {"message": "2"}), "Done."])
    await run_agent(Agent("A", model, handoffs=[Handoff(inner, "delegate")]), "Go")
    assert texts(inner_model.requests[1].input) == [("user", "1"), ("assistant", "a"), ("user", "2")]


async def test_chat_messages_with_calls_in_a_session_are_understood():
    """TS-SESS-006: a list in the form of Chat Completions is sent as items."""
    session = MemorySession()
    call = {"id": "c1", "type": "function", "function": {"name": "tick", "arguments": "{}"}}
    await session.add_items([
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "tock"},
    ])  # fmt: skip
    model = ScriptedModel(["Hello."])
    await run_agent(Agent("A", model, tools=[tick]), "b", session)
    kinds = [item.get("type", item.get("role")) for item in model.requests[0].input]
    assert kinds == ["user", "function_call", "function_call_output", "user"]
    assert message("x")["type"] == "message"
