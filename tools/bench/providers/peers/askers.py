"""Those who ask: Timestep inside a run, the provider's own client, and HTTP alone; all of them the same question."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from copy import deepcopy
from typing import Any, Protocol, cast

import msgspec
from answers import CHAT, OLLAMA, RESPONSES
from transports import Server

from timestep import MultiModelProvider, MultiModelProviderMap, OllamaModelProvider, OpenAIModelProvider
from timestep.loop.log import Log
from timestep.loop.run_input import Folds, RunInput
from timestep.providers.protocol import Delta, Model, ModelRequest
from timestep.types.state import Entry

JSON = dict[str, Any]
Asked = Callable[[], Awaitable[object]]
MODEL, NEW = "gpt-4.1", 2
_INSTRUCTIONS = "Answer questions about the weather in one sentence."
_PROPERTIES = {"city": {"type": "string"}}
_PARAMETERS: JSON = {
    "type": "object",
    "properties": _PROPERTIES,
    "required": ["city"],
    "additionalProperties": False,
}
_TOOL: JSON = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather.",
    "parameters": _PARAMETERS,
    "strict": True,
}
#: Of 200 characters, as tools give it.
_OUTPUT = "Sunny, with some clouds. " * 8


class Asker(Protocol):
    """One way to ask."""

    async def requests(self, items: int, count: int) -> list[Asked]:
        """Make ready to ask this often, with a conversation of so many items."""
        ...

    async def deltas(self) -> int:
        """Ask for a stream, and count its pieces."""
        ...


class Timestep:
    """Our model, asked as a run does: all items but the last two were sent before, and are remembered."""

    def __init__(self, server: Server) -> None:
        self._model = model(server.api, server.client())

    async def requests(self, items: int, count: int) -> list[Asked]:
        """Make a log for each; the run that asks has sent all of it before but for what is new."""
        entries = [Entry(item=item, source="model") for item in conversation(items)]
        known: Folds = {}
        before = entries[:-NEW]
        if before:
            await self._model.respond(question(RunInput(Log(before), ((0, len(before)),), known)))

        def view() -> RunInput:
            # What is remembered grows with a request, so that each one has its own.
            return RunInput(Log(entries), ((0, items),), deepcopy(known))

        asked = [question(view()) for _ in range(count)]
        return [lambda request=request: self._model.respond(request) for request in asked]

    async def deltas(self) -> int:
        """Count the deltas of the stream."""
        pieces = self._model.stream(question(conversation(1)))
        return sum([isinstance(piece, Delta) async for piece in pieces])


class Client:
    """The provider's own client; it asks what Timestep asked."""

    def __init__(self, server: Server) -> None:
        client = server.client()
        chat = client.chat if server.api == OLLAMA else client.chat.completions.create
        self._ask = client.responses.create if server.api == RESPONSES else chat
        self._server = server

    async def requests(self, items: int, count: int) -> list[Asked]:
        """Take Timestep's own body apart."""
        body = json.loads(await body_of(self._server.api, items))
        return [lambda: self._ask(**body)] * count

    async def deltas(self) -> int:
        """Count the events that hold a piece of text."""
        body = json.loads(await body_of(self._server.api, 1))
        stream = await self._ask(**{**body, "stream": True})
        return sum([bool(_TEXT[self._server.api](event)) async for event in stream])


class Raw:
    """HTTP alone: Timestep's own bytes, and JSON decoded without a type."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._http = server.connection()
        self._headers = {"content-type": "application/json", "authorization": "Bearer none"}

    async def requests(self, items: int, count: int) -> list[Asked]:
        """Keep the body."""
        body = await body_of(self._server.api, items)
        return [lambda: self._post(body)] * count

    async def _post(self, body: bytes) -> object:
        answer = await self._http.post(self._server.url, content=body, headers=self._headers)
        return msgspec.json.decode(answer.content)

    async def deltas(self) -> int:
        """Count the events that hold a piece of text."""
        body, found, text = await body_of(self._server.api, 1), 0, _RAW_TEXT[self._server.api]
        async with self._http.stream("POST", self._server.url, content=body, headers=self._headers) as answer:
            async for data in _events(answer.aiter_bytes()):
                found += bool(text(msgspec.json.decode(data)))
        return found


async def _events(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the JSON of each event, or of each line where lines are all there is."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                yield line[6:]
            elif line.startswith(b"{"):
                yield line


#: What of an event is a piece of text: as the client gives it, and as plain JSON.
_TEXT: dict[str, Callable[[Any], object]] = {
    RESPONSES: lambda event: event.type == "response.output_text.delta",
    CHAT: lambda chunk: chunk.choices and chunk.choices[0].delta.content,
    OLLAMA: lambda line: line.message.content,
}
_RAW_TEXT: dict[str, Callable[[Any], object]] = {
    RESPONSES: lambda event: event["type"] == "response.output_text.delta",
    CHAT: lambda chunk: chunk["choices"] and chunk["choices"][0]["delta"].get("content"),
    OLLAMA: lambda line: line["message"]["content"],
}
ASKERS: dict[str, Callable[[Server], Asker]] = {"timestep": Timestep, "client": Client, "raw": Raw}


def provider(api: str, client: Any) -> Any:
    """Return our provider on a client of the provider's own."""
    if api == OLLAMA:
        return OllamaModelProvider(client=client)
    return OpenAIModelProvider(client=client, wire_api=cast("Any", api))


def model(api: str, client: Any) -> Model:
    """Return our model."""
    return provider(api, client).get_model(MODEL)


def routed(api: str, client: Any) -> Model:
    """Return our model, found by its name."""
    providers = MultiModelProviderMap()
    providers.add_provider("bench", provider(api, client))
    return MultiModelProvider(provider_map=providers).get_model(f"bench/{MODEL}")


def question(items: Sequence[JSON]) -> ModelRequest:
    """Return what a run asks."""
    return ModelRequest(model=MODEL, input=items, instructions=_INSTRUCTIONS, tools=[_TOOL], key="run_0-1")


def conversation(count: int) -> list[JSON]:
    """Return a question, then calls and their outputs in turn."""
    items: list[JSON] = [{"type": "message", "role": "user", "content": "The weather, please."}]
    for number in range((count - 1) // 2):
        ids = {"id": f"fc_{number}", "call_id": f"call_{number}", "status": "completed"}
        items.append({"type": "function_call", **ids, "name": "get_weather", "arguments": '{"city":"Berkeley"}'})
        items.append({"type": "function_call_output", "call_id": f"call_{number}", "output": _OUTPUT})
    return items


async def body_of(api: str, items: int) -> bytes:
    """Return what Timestep sends."""
    server = Server(api)
    await model(api, server.client()).respond(question(conversation(items)))
    return server.body
