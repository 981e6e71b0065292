"""Keys go to the provider they are for, and into no saved run."""

import asyncio
import json

import pytest

import timestep
from timestep import Agent, HostedMCPTool, ModelSettings, OpenAIModelProvider, RunStateStore, function_tool, run_agent
from timestep.errors import ModelError
from timestep.providers.routing import Retry

from .conftest import http
from .wires import Responses

WIRE = Responses()
SECRETS = {
    "key": "sk-proj-SENTINEL-of-the-provider-0123456789",
    "header": "SENTINEL-of-a-header-0123456789",
    "authorization": "SENTINEL-of-the-mcp-server-0123456789",
    "mcp header": "SENTINEL-of-an-mcp-header-0123456789",
}


@function_tool(needs_approval=True)
def pay() -> str:
    """Pay."""
    return "paid"


def asking(url):
    """Return an agent with every kind of credential, and its provider."""
    wiki = HostedMCPTool(
        "wiki",
        "https://mcp.example.invalid/wiki",
        authorization=SECRETS["authorization"],
        headers={"X-Key": SECRETS["mcp header"]},
    )
    settings = ModelSettings(extra_headers={"X-Api-Key": SECRETS["header"]})
    provider = OpenAIModelProvider(api_key=SECRETS["key"], base_url=url, retry=Retry(attempts=1))
    return Agent("A", "gpt-4.1", tools=[pay, wiki], model_settings=settings), provider


def leaked(data):
    """Return the credentials that stand in some bytes."""
    return [name for name, secret in SECRETS.items() if secret.encode() in data]


async def test_a_saved_run_holds_no_credential(loopback, tmp_path):
    """TS-SEC-007: neither the provider's key, nor a header, nor what an MCP server is sent, in any form of the run."""
    loopback.answers = [[WIRE.answer(calls=[("call_1", "pay", "{}")], stream=False)]]
    agent, provider = asking(loopback.url)
    store = RunStateStore(connection=tmp_path / "runs.sqlite3")
    async with asyncio.timeout(5):
        handle = run_agent(agent, "Pay.", model_provider=provider, state_store=store)
        told = [event async for event in handle]
        state = (await handle).to_state()
        await provider.aclose()
    ((head, body),) = loopback.requests
    assert leaked(json.dumps([str(head), body.decode()]).encode()) == list(SECRETS)
    assert [item.call_id for item in state.get_interruptions()] == ["call_1"]
    for target in ("timestep", "openai-agents-python", "openai-agents-js"):
        flags = ("faithful-error-state", "finished-calls-model", "input-guardrails-completed")
        assert leaked(timestep.write(state, target, assume=flags).data) == []
    assert leaked(json.dumps(told).encode()) == []
    assert [leaked(path.read_bytes()) for path in tmp_path.iterdir()] == [[]] * len(list(tmp_path.iterdir()))


async def test_a_run_that_failed_for_its_key_does_not_hold_it(loopback):
    """TS-SEC-007: though the server's answer quotes it."""
    refusal = {"error": {"message": f"Incorrect API key provided: {SECRETS['key']}", "code": "invalid_api_key"}}
    loopback.answers = [[http(json.dumps(refusal).encode(), status="401 Unauthorized")]]
    agent, provider = asking(loopback.url)
    async with asyncio.timeout(5):
        with pytest.raises(ModelError) as failed:
            await run_agent(agent, "Pay.", model_provider=provider)
        await provider.aclose()
    data = timestep.write(failed.value.state, "timestep").data
    assert b"Incorrect API key provided" in data
    assert leaked(data) == []
    assert leaked(failed.value.render().encode()) == []
