"""Which model answered is kept with each turn, and leads nowhere (TS-STATE-030, TS-STATE-031)."""

import asyncio
import json

import pytest

import timestep
from timestep import Agent, MultiModelProvider, function_tool, run_agent
from timestep.codec import document as codec

from .conftest import KEEP, KEY, Loopback
from .wires import Responses

WIRE = Responses()
CALL = ("call_1", "pay", "{}")


@function_tool(needs_approval=True)
def pay() -> str:
    """Pay."""
    return "paid"


@pytest.fixture
async def elsewhere():
    """Return a server that nobody is to ask."""
    server = Loopback()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    yield server
    listener.close()


async def test_a_saved_run_is_asked_where_the_rules_say(loopback, elsewhere):
    """TS-ROUTE-050, TS-STATE-030, TS-STATE-031: a state that names another host, model and API leads nowhere."""
    loopback.answers = [
        [WIRE.answer(calls=[CALL], stream=False), KEEP],
        [WIRE.answer(text="Done.", stream=False), KEEP],
    ]
    models = MultiModelProvider(openai_api_key=KEY, openai_base_url=loopback.url)
    agent = Agent("A", "openai/gpt-4.1", tools=[pay])
    async with asyncio.timeout(5):
        paused = await run_agent(agent, "Pay", model_provider=models)
        saved = json.loads(codec.encode(paused.to_state().document))
        (first,) = saved["runs"][0]["responses"]
        assert first["answered_by"] == {
            "provider": "openai", "model": "gpt-4.1", "name": "openai/gpt-4.1", "base_url": loopback.url,
            "wire_api": "responses", "reported": "m-1",
        }  # fmt: skip
        first["answered_by"] |= {
            "provider": "elsewhere", "model": "theirs", "base_url": elsewhere.url, "wire_api": "chat_completions",
        }  # fmt: skip
        state = timestep.read(json.dumps(saved).encode(), trusted=True)
        for interruption in state.get_interruptions():
            state.approve(interruption)
        result = await run_agent(agent, state, model_provider=models)
        await models.aclose()
    assert result.final_output == "Done."
    assert [json.loads(body)["model"] for _, body in loopback.requests] == ["gpt-4.1", "gpt-4.1"]
    assert elsewhere.requests == []
    told = [response.answered_by.provider for response in result.state.document.runs[0].responses]
    assert told == ["elsewhere", "openai"]  # what a turn's record says is not rewritten
