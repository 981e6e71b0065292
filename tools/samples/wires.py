"""Chat Completions and Ollama's own chat: their requests in the form of the Responses API, its answers in theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from samples.reading import text_of

JSON = dict[str, Any]
_SYSTEM = {"system", "developer"}
_CREATED_AT = "2026-01-01T00:00:00Z"


def as_responses(body: JSON, arguments: type) -> JSON:
    """Return a request that holds messages as the Responses API would have it.

    Args:
        body: the request.
        arguments: what the arguments of calls have to be: a text in Chat Completions, an object at Ollama.

    Raises:
        TypeError: a server would refuse it: the arguments of a call are of another type.
        ValueError: likewise: it holds an output of a call that nobody made.
    """
    rest = {name: value for name, value in body.items() if name not in {"messages", "tools"}}
    messages = list(body.get("messages") or ())
    system = [text_of(message) for message in messages if message["role"] in _SYSTEM]
    tools = [{"type": "function", **tool["function"]} for tool in body.get("tools") or ()]
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        rest["tool_choice"] = choice["function"]
    items = list(_items([message for message in messages if message["role"] not in _SYSTEM], arguments))
    return {**rest, "instructions": "\n\n".join(system) or None, "tools": tools, "input": items}


def _items(messages: list[JSON], arguments: type) -> Iterator[JSON]:
    """Yield messages as items; a call without an id gets one."""
    numbers = count()
    waiting: dict[str, str] = {}  # call id -> the tool's name
    for message in messages:
        if message["role"] == "tool":
            yield _output(message, waiting)
            continue
        if text_of(message):
            yield {"type": "message", "role": message["role"], "content": message["content"]}
        for call in message.get("tool_calls") or ():
            function = call["function"]
            given = function["arguments"]
            if not isinstance(given, arguments):
                raise TypeError(f"the arguments of a call are no {arguments.__name__}: {given!r}")
            text = given if isinstance(given, str) else json.dumps(given)
            call_id = call.get("id") or f"call_unnamed_{next(numbers)}"
            waiting[call_id] = function["name"]
            yield {"type": "function_call", "call_id": call_id, "name": function["name"], "arguments": text}


def _output(message: JSON, waiting: dict[str, str]) -> JSON:
    """Return what a tool gave as an item; without an id it belongs to the oldest call of its tool that waits."""
    tool, call_id = message.get("tool_name"), message.get("tool_call_id")
    found = [each for each, name in waiting.items() if call_id in {None, each} and tool in {None, name}]
    if not found:
        raise ValueError(f"an output of a call that nobody made: {message!r}")
    del waiting[found[0]]
    return {"type": "function_call_output", "call_id": found[0], "output": text_of(message)}


def chat_document(document: JSON) -> JSON:
    """Return a response as a chat completion."""
    message = {"role": "assistant", "content": _text(document) or None}
    calls = [_chat_call(item) for item in _calls(document)]
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
    return {**_completion(document, "chat.completion"), "choices": [choice], "usage": _chat_usage(document)}


def chat_stream(document: JSON, *, usage: bool) -> bytes:
    """Return a response as the event stream of a chat completion: text word by word, arguments in two pieces.

    Args:
        document: the response.
        usage: whether the last chunk tells the tokens, as `stream_options` asks for.
    """
    calls = [_chat_call(item) for item in _calls(document)]
    deltas: list[JSON] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in in_words(_text(document))]
    for index, call in enumerate(calls):
        arguments = call["function"]["arguments"]
        half = len(arguments) // 2
        begun = {**call, "index": index, "function": {**call["function"], "arguments": arguments[:half]}}
        deltas += [{"tool_calls": [begun]}]
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": arguments[half:]}}]}]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices += [[{"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"}]]
    head = _completion(document, "chat.completion.chunk")
    chunks = [{**head, "choices": each} for each in choices]
    chunks += [{**head, "choices": [], "usage": _chat_usage(document)}] if usage else []
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"


def ollama_document(document: JSON) -> JSON:
    """Return a response as Ollama's whole answer."""
    calls = [_ollama_call(item) for item in _calls(document)]
    message = {"role": "assistant", "content": _text(document), **({"tool_calls": calls} if calls else {})}
    return {**_ollama_head(document), "message": message, **_ollama_end(document)}


def ollama_stream(document: JSON) -> bytes:
    """Return a response as Ollama's lines of JSON: text word by word, each call whole, and the end."""
    messages: list[JSON] = [{"content": piece} for piece in in_words(_text(document))]
    messages += [{"content": "", "tool_calls": [_ollama_call(item)]} for item in _calls(document)]
    head = _ollama_head(document)
    lines = [{**head, "message": {"role": "assistant", **message}, "done": False} for message in messages]
    lines += [{**head, "message": {"role": "assistant", "content": ""}, **_ollama_end(document)}]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def in_words(text: str) -> list[str]:
    """Return the pieces in which a text is streamed; none of an empty one."""
    first, *others = text.split(" ")
    return [first, *(f" {word}" for word in others)] if text else []


def _text(document: JSON) -> str:
    return "".join(text_of(item) for item in document["output"] if item["type"] == "message")


def _calls(document: JSON) -> list[JSON]:
    return [item for item in document["output"] if item["type"] == "function_call"]


def _completion(document: JSON, kind: str) -> JSON:
    """Return what a chat completion and its chunks begin with."""
    made = {"id": f"chatcmpl_{document['id']}", "object": kind}
    return {**made, "created": document["created_at"], "model": document["model"]}


def _chat_call(item: JSON) -> JSON:
    function = {"name": item["name"], "arguments": item["arguments"]}
    return {"id": item["call_id"], "type": "function", "function": function}


def _chat_usage(document: JSON) -> JSON:
    usage = document["usage"]
    tokens = {"prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"]}
    return {**tokens, "total_tokens": usage["total_tokens"]}


def _ollama_head(document: JSON) -> JSON:
    return {"model": document["model"], "created_at": _CREATED_AT}


def _ollama_call(item: JSON) -> JSON:
    return {"id": item["call_id"], "function": {"name": item["name"], "arguments": json.loads(item["arguments"])}}


def _ollama_end(document: JSON) -> JSON:
    """Return what the last line of an answer holds; the times are in nanoseconds."""
    counts = {"prompt_eval_count": document["usage"]["input_tokens"], "eval_count": document["usage"]["output_tokens"]}
    return {"done": True, "done_reason": "stop", "total_duration": 2, "load_duration": 1, **counts}
