"""One agent, unchanged, on every backend: the run ends in the same items, but for what models say and ids."""

import asyncio
import json

import pytest

from timestep import Agent, MultiModelProvider, MultiModelProviderMap, function_tool, run_agent
from timestep.codec import document as codec
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.openai import OpenAIModelProvider
from timestep.testing import ScriptedModel, tool_call

from .conftest import KEY
from .llama_server import llama_server

pytestmark = pytest.mark.timeout(20)
BACKENDS = (
    "scripted", "aimock responses", "aimock chat", "aimock ollama", "llama responses", "llama chat",
)  # fmt: skip
WIRES = {"responses": "responses", "chat": "chat_completions", "ollama": "ollama_chat"}


@pytest.fixture(scope="module")
def llama():
    """Return the address of a running llama.cpp."""
    with llama_server() as url:
        yield url


@pytest.fixture(params=BACKENDS)
def provider(request, aimock):
    """Return a provider of one backend, and the API it is asked by."""
    server, _, wire = request.param.partition(" ")
    if server == "scripted":
        return ScriptedModel([tool_call("get_weather", {"city": "Oakland"}), "Sunny."]), None
    if wire == "ollama":
        return OllamaModelProvider(api_key=KEY, base_url=aimock.removesuffix("/v1")), WIRES[wire]
    if server == "llama":
        url, key = request.getfixturevalue("llama"), None
    else:
        url, key = aimock, KEY
    return OpenAIModelProvider(api_key=key, base_url=url, wire_api=WIRES[wire]), WIRES[wire]


@function_tool
def get_weather(city: str) -> str:
    """Tell the weather."""
    return {"Oakland": "sunny"}[city]


AGENT = Agent("Desk", "backend/gpt-4.1", tools=[get_weather], instructions="You are helpful.")
ITEMS = [
    {"type": "function_call", "name": "get_weather", "arguments": {"city": "Oakland"}, "status": "completed"},
    {"type": "function_call_output", "output": "sunny"},
    {"type": "message", "role": "assistant", "status": "completed", "content": ["output_text"]},
]


def plain(items):
    """Return items without ids and without what the model says; arguments by their value."""
    found = []
    for item in items:
        rest = {name: value for name, value in item.items() if name not in ("id", "call_id")}
        if "arguments" in rest:
            rest["arguments"] = json.loads(rest["arguments"])
        if item["type"] == "message":
            rest["content"] = [part["type"] for part in item["content"]]
        found.append(rest)
    return found


@pytest.mark.parametrize("stream", [False, True])
async def test_the_same_agent_ends_in_the_same_items(provider, stream):
    """And each turn says who answered it (TS-ROUTE-050); the saved run says so too (TS-STATE-031)."""
    backend, wire = provider
    providers = MultiModelProviderMap()
    providers.add_provider("backend", backend)
    models = MultiModelProvider(provider_map=providers)
    async with asyncio.timeout(10):
        result = await (await run_agent(AGENT, "What is the weather in Oakland?", model_provider=models, stream=stream))
        assert plain(result.new_items) == ITEMS
        call, output, message = result.new_items
        assert call["call_id"] == output["call_id"]
        assert message["content"][0]["text"] == result.final_output != ""
        if hasattr(backend, "aclose"):
            await backend.aclose()
    saved = json.loads(codec.encode(result.state.document))
    for response in saved["runs"][0]["responses"]:
        told = response["answered_by"]
        assert (told["provider"], told["model"], told["name"]) == ("backend", "gpt-4.1", "backend/gpt-4.1")
        assert told.get("wire_api") == wire
        assert KEY not in json.dumps(saved)
