"""What a server of each API sends: a tool call or an answer at once, and an answer in pieces."""

from __future__ import annotations

import json
from typing import Any

JSON = dict[str, Any]
RESPONSES, CHAT, OLLAMA = APIS = ("responses", "chat_completions", "ollama_chat")
PATHS = {RESPONSES: "/v1/responses", CHAT: "/v1/chat/completions", OLLAMA: "/api/chat"}

TEXT, WORD = "It is sunny.", "word "
_TOOL, _ARGUMENTS = "get_weather", {"city": "Berkeley"}
#: Stands for the number of a turn until it is known.
_NUMBER = "NUMBER"
_MODEL = "gpt-4.1"
_TOKENS = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}


class Answers:
    """The bytes that a server of one API sends; they are made beforehand, so that making them is not measured.

    Args:
        api: one of `APIS`.
        deltas: pieces in which a streamed answer comes.

    Attributes:
        pieces: that stream, a chunk an event.
        kind: content type of an answer at once.
        stream_kind: content type of the stream.
    """

    kind = "application/json"

    def __init__(self, api: str, deltas: int = 0) -> None:
        whole, stream = _FORMS[api]
        self._call, self._text = (json.dumps(whole(call)).encode() for call in (True, False))
        self.pieces = stream(deltas)
        self.stream_kind = "application/x-ndjson" if api == OLLAMA else "text/event-stream"

    def answer(self, number: int | None) -> bytes:
        """Give the tool call of that number, or the answer in words where there is none."""
        return self._text if number is None else self._call.replace(_NUMBER.encode(), str(number).encode())


def _response(call: bool) -> JSON:
    return _envelope([_function_call() if call else _message(TEXT)])


def _envelope(output: list[JSON], status: str = "completed") -> JSON:
    details: JSON = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {**_TOKENS, **details} if status == "completed" else None
    fixed: JSON = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None, "metadata": {}}
    head: JSON = {"id": f"resp_{_NUMBER}", "object": "response", "created_at": 0, "status": status, "model": _MODEL}
    return {**head, **fixed, "output": output, "usage": usage}


def _function_call() -> JSON:
    ids = {"id": f"fc_{_NUMBER}", "call_id": f"call_{_NUMBER}", "status": "completed"}
    return {"type": "function_call", **ids, "name": _TOOL, "arguments": json.dumps(_ARGUMENTS)}


def _message(text: str) -> JSON:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed", "content": [part]}


def _response_stream(deltas: int) -> list[bytes]:
    place: JSON = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
    text = WORD * deltas
    message = _message(text)
    empty: JSON = {"type": "output_text", "text": "", "annotations": []}
    opened = {**message, "status": "in_progress", "content": []}
    events: list[JSON] = [
        {"type": "response.created", "response": _envelope([], "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": opened},
        {"type": "response.content_part.added", **place, "part": empty},
        *({"type": "response.output_text.delta", **place, "delta": WORD, "logprobs": []} for _ in range(deltas)),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": message["content"][0]},
        {"type": "response.output_item.done", "output_index": 0, "item": message},
        {"type": "response.completed", "response": _envelope([message])},
    ]
    return [
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n".encode()
        for number, event in enumerate(events)
    ]


def _completion(call: bool) -> JSON:
    function = {"name": _TOOL, "arguments": json.dumps(_ARGUMENTS)}
    message: JSON = {"role": "assistant", "content": None if call else TEXT, "refusal": None}
    message |= {"tool_calls": [{"id": f"call_{_NUMBER}", "type": "function", "function": function}]} if call else {}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if call else "stop"}
    return {**_head("chat.completion"), "choices": [choice], "usage": _chat_usage()}


def _head(kind: str) -> JSON:
    return {"id": f"chatcmpl-{_NUMBER}", "object": kind, "created": 0, "model": _MODEL}


def _chat_usage() -> JSON:
    return {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def _completion_stream(deltas: int) -> list[bytes]:
    def chunk(delta: JSON, finish: str | None = None) -> JSON:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**_head("chat.completion.chunk"), "choices": [choice], "usage": None}

    chunks = [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": WORD}) for _ in range(deltas)),
        chunk({}, "stop"),
        {**_head("chat.completion.chunk"), "choices": [], "usage": _chat_usage()},
    ]
    return [*(f"data: {json.dumps(each)}\n\n".encode() for each in chunks), b"data: [DONE]\n\n"]


def _chat(call: bool) -> JSON:
    function = {"name": _TOOL, "arguments": _ARGUMENTS}
    calls: JSON = {"tool_calls": [{"id": f"call_{_NUMBER}", "function": function}]} if call else {}
    return _line({"content": "" if call else TEXT, **calls}, done=True)


def _line(message: JSON, *, done: bool = False) -> JSON:
    counts: JSON = {"prompt_eval_count": 10, "eval_count": 5, "total_duration": 1} if done else {}
    head = {"model": _MODEL, "created_at": "2026-01-01T00:00:00Z", "done": done}
    return {**head, "message": {"role": "assistant", **message}, **counts, **({"done_reason": "stop"} if done else {})}


def _chat_stream(deltas: int) -> list[bytes]:
    lines = [*(_line({"content": WORD}) for _ in range(deltas)), _line({"content": ""}, done=True)]
    return [json.dumps(line).encode() + b"\n" for line in lines]


_FORMS: dict[str, tuple[Any, Any]] = {
    RESPONSES: (_response, _response_stream),
    CHAT: (_completion, _completion_stream),
    OLLAMA: (_chat, _chat_stream),
}
