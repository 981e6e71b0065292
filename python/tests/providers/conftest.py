"""What the providers are tested against: aimock, which others wrote, and a server for what no server should send."""

import asyncio
import json

import pytest

from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.protocol import ModelRequest

from .aimock_server import KEY, aimock_server

FIXTURES = [
    {
        "match": {"userMessage": "weather in Oakland", "hasToolResult": False},
        "response": {"toolCalls": [{"id": "call_1", "name": "get_weather", "arguments": '{"city": "Oakland"}'}]},
    },
    {
        # Not by the call's id, which aimock does not look at in Ollama's API.
        "match": {"userMessage": "weather in Oakland", "hasToolResult": True},
        "response": {"content": "It is sunny in Oakland, and rather warm."},
    },
    {"match": {"userMessage": "think"}, "response": {"content": "42", "reasoning": "Six times seven."}},
    {
        "match": {"userMessage": "too much"},
        "response": {"error": {"message": "Rate limit reached", "type": "rate_limit_error"}, "status": 429},
    },
    {
        "match": {"userMessage": "retired"},
        "response": {
            "error": {"message": "The model `gpt-0` does not exist", "code": "model_not_found"},
            "status": 404,
        },
    },
    {"match": {"userMessage": "hello"}, "response": {"content": "Hello, wörld 🙂 of many words!"}},
]


@pytest.fixture(scope="session")
def aimock(repo_root, node, tmp_path_factory):
    """Return the address of a running aimock (npm @copilotkit/aimock), which knows the key of these tests alone."""
    with aimock_server(repo_root, node, tmp_path_factory.mktemp("aimock"), FIXTURES) as url:
        yield f"{url}/v1"


class Loopback:
    """A server that answers each request with bytes given beforehand, and keeps what it was asked.

    An answer is a list of pieces: bytes to send, or an `asyncio.Event` to wait for; the connection is closed after
    the last one unless that is `KEEP`.
    """

    def __init__(self):
        self.requests, self.answers, self.connections = [], [], 0
        self.closed = asyncio.Event()  # the client hung up while an answer was being sent
        self.url = ""

    async def serve(self, reader, writer):
        """Answer the requests of one connection."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                self.requests.append((head, await reader.readexactly(length)))
                if not await self.send(self.answers.pop(0), reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def send(self, pieces, reader, writer):
        """Send an answer; say whether the connection is to stay open."""
        for piece in pieces:
            if isinstance(piece, asyncio.Event):
                hung_up = asyncio.ensure_future(reader.read(1))
                waiting = asyncio.ensure_future(piece.wait())
                await asyncio.wait([hung_up, waiting], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if hung_up.done():
                    self.closed.set()
                    return False
                hung_up.cancel()
            elif piece is not KEEP:
                writer.write(piece)
                await writer.drain()
        return pieces[-1] is KEEP


KEEP = object()


def http(body, status="200 OK", kind="application/json", **headers):
    """Return a whole HTTP answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n{more}\r\n".encode() + data


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: req_s\r\nConnection: close\r\n\r\n"


def event(**members):
    """Return an event of a stream."""
    return f"event: {members.get('type')}\ndata: {json.dumps(members)}\n\n".encode()


@pytest.fixture
async def loopback():
    """Return a loopback server; put its answers into `answers`."""
    server = Loopback()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    yield server
    listener.close()


@pytest.fixture
async def model(loopback):
    """Return a model of the loopback server, through the real client."""
    provider = OpenAIModelProvider(api_key=KEY, base_url=loopback.url)
    yield bare(provider)
    await provider.aclose()


def bare(provider, name=None):
    """Return a model of a provider's without the loop that asks again."""
    (candidate,) = provider.get_model(name).candidates
    return candidate.model


def asked(text="hello", **members):
    """Return a request with one user message."""
    return ModelRequest(model=None, input=[{"role": "user", "content": text}], **members)
