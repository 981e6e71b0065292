"""What Ollama answers, line by line, for tests."""

import asyncio
import json

import pytest

from timestep.errors import ModelError
from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.ollama_stream import LineReader, OllamaAnswer
from timestep.providers.protocol import ModelRequest
from timestep.providers.routing import ProviderRule, route_at

from .conftest import http

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nX-Request-Id: req_s\r\nConnection: close\r\n\r\n"
DONE = {"done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}
LOCAL = route_at(ProviderRule(kind="ollama"), "ollama", "llama3.2", ())


def line(content=None, *, message=None, **members):
    """Return a line of a stream."""
    said = {"role": "assistant", **({} if content is None else {"content": content}), **(message or {})}
    return json.dumps({"model": "llama3.2", "message": said, "done": False, **members}).encode() + b"\n"


def last(content="", **members):
    """Return the last line of a stream, or a whole answer."""
    return line(content, **{**DONE, **members})


def tool_call(name="add", arguments=None, **members):
    """Return a call as Ollama writes it."""
    return {"function": {"name": name, "arguments": {} if arguments is None else arguments}, **members}


def asked(*items, **members):
    """Return a request with one user message, and what follows it."""
    return ModelRequest(model=None, input=[{"role": "user", "content": "hello"}, *items], **members)


def read(data, request=None):
    """Return the pieces of an answer, and the whole."""
    answer, reader = OllamaAnswer(request or asked(), LOCAL, request_id="req_1"), LineReader()
    pieces = [piece for each in [*reader.feed(data), *reader.end()] for piece in answer.take(each)]
    return pieces, answer.end()


def local(loopback, **options):
    """Return a provider of a loopback server."""
    return OllamaModelProvider(base_url=loopback.url.removesuffix("/v1"), **options)


def bare(provider, name="llama3.2"):
    """Return a model that is asked once."""
    return provider.get_model(name).candidates[0].model


WHOLE = http(json.loads(last("Hello")))


async def refused(model, request=None):
    """Ask, and return the error."""
    with pytest.raises(ModelError) as caught:
        async with asyncio.timeout(5):
            await model.respond(request or asked())
    return caught.value


async def streamed(model, request=None):
    """Return all that a stream gives."""
    async with asyncio.timeout(5):
        return [each async for each in model.stream(request or asked())]


def text_of(response):
    """Return what a model said."""
    return response.output[-1]["content"][0]["text"]
