"""The `openai` client over a transport without a network: what a model class costs beside its loop."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from clock import ANSWER, ARGUMENTS, JSON, SCRIPT, TOOL, Peer, Script, follow, next_call

#: Makes an agent whose answer comes in this many deltas, runs it, and gives the number of those its user saw.
Stream = Callable[[int], Awaitable[int]]


def client(deltas: int = 0) -> Any:
    """Return a client whose server follows the script at hand.

    Args:
        deltas: pieces in which a streamed answer comes; a run that does not stream has none.
    """
    import httpx2
    from openai import AsyncOpenAI

    async def serve(request: httpx2.Request) -> httpx2.Response:
        streamed = b'"stream":true' in request.content.replace(b" ", b"")
        if streamed:
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=_pieces(events))
        body = _response(await next_call())
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=body)

    events = _events(deltas)
    transport = httpx2.AsyncClient(transport=httpx2.MockTransport(serve))
    return AsyncOpenAI(api_key="none", base_url="http://bench.invalid/v1", http_client=transport, max_retries=0)


async def turns(peer: Peer, request: JSON) -> JSON:
    """Take one run whose model calls go through the client; tell the CPU of all of it."""
    await follow(peer, Script(2))
    script = Script(request["turns"], stop_at=time.process_time() + request["limit_s"])
    gc.collect()
    started = time.process_time()
    await follow(peer, script)
    return {"passed": script.passed, "seconds": time.process_time() - started, "reached": len(script.marks) - 1}


async def deltas(stream: Stream, request: JSON) -> JSON:
    """Stream a long answer and an empty one; tell the CPU a delta costs.

    Raises:
        RuntimeError: Not every delta arrived.
    """
    many = request["events"]
    await _streamed(stream, 1)
    return {"seconds": (await _streamed(stream, many) - await _streamed(stream, 0)) / many}


async def _streamed(stream: Stream, count: int) -> float:
    SCRIPT.set(Script(0))
    gc.collect()
    started = time.process_time()
    seen = await stream(count)
    if seen != count:
        raise RuntimeError(f"{seen} deltas of {count}")
    return time.process_time() - started


def _response(number: int | None) -> bytes:
    item: JSON = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "status": "completed"}
    item |= {"name": TOOL, "arguments": ARGUMENTS}
    return json.dumps(_envelope(f"resp_{number}", [_message(ANSWER) if number is None else item])).encode()


def _envelope(name: str, output: list[JSON], status: str = "completed") -> JSON:
    details: JSON = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, **details}
    fixed: JSON = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None, "metadata": {}}
    head: JSON = {"id": name, "object": "response", "created_at": 0, "status": status, "model": "gpt-4.1"}
    return {**head, **fixed, "output": output, "usage": usage if status == "completed" else None}


def _message(text: str) -> JSON:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed", "content": [part]}


def _events(deltas: int) -> list[bytes]:
    """Return the stream of an answer as a server sends it, a chunk an event."""
    place: JSON = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
    text = "word " * deltas
    message = _message(text)
    empty: JSON = {"type": "output_text", "text": "", "annotations": []}
    opened = {**message, "status": "in_progress", "content": []}
    found: list[JSON] = [
        {"type": "response.created", "response": _envelope("resp_0", [], "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": opened},
        {"type": "response.content_part.added", **place, "part": empty},
        *({"type": "response.output_text.delta", **place, "delta": "word ", "logprobs": []} for _ in range(deltas)),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": message["content"][0]},
        {"type": "response.output_item.done", "output_index": 0, "item": message},
        {"type": "response.completed", "response": _envelope("resp_0", [message])},
    ]
    return [
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n".encode()
        for number, event in enumerate(found)
    ]


async def _pieces(events: list[bytes]) -> AsyncIterator[bytes]:
    for event in events:
        yield event
