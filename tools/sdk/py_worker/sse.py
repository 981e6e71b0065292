"""Server-sent events for a scripted response, in the order the Responses API sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]


def stream_body(response: JSON, error: JSON | None) -> bytes:
    """Encode a whole event stream; an `event` error stands after the output items."""
    lines = []
    for number, event in enumerate(_events(response, error)):
        event["sequence_number"] = number
        lines.append(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n")
    return "".join(lines).encode()


def _events(response: JSON, error: JSON | None) -> Iterator[JSON]:
    """Yield the events of one response."""
    yield {"type": "response.created", "response": _unfinished(response)}
    yield {"type": "response.in_progress", "response": _unfinished(response)}
    for index, item in enumerate(response["output"]):
        yield from _item_events(index, item)
    if error and error["kind"] == "event":
        yield {"type": "error", "code": error["code"], "message": error["message"], "param": None}
        return
    yield {"type": f"response.{response['status']}", "response": response}


def _unfinished(response: JSON) -> JSON:
    """Give the response as it stands before any output."""
    return {**response, "status": "in_progress", "output": [], "usage": None, "error": None}


def _item_events(index: int, item: JSON) -> Iterator[JSON]:
    """Yield the events of one output item, with deltas for text and arguments."""
    yield {"type": "response.output_item.added", "output_index": index, "item": _opened(item)}
    place = {"item_id": item.get("id", ""), "output_index": index}
    if item["type"] == "message":
        yield from _message_events(place, item)
    if item["type"] == "function_call":
        kind = "response.function_call_arguments"
        yield {"type": f"{kind}.delta", **place, "delta": item["arguments"]}
        yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _opened(item: JSON) -> JSON:
    """Give an item as it stands when it is announced: without its content."""
    empty = {"message": {"content": []}, "function_call": {"arguments": ""}}.get(item["type"], {})
    return {**item, **empty, "status": "in_progress"} if empty else item


def _message_events(place: JSON, item: JSON) -> Iterator[JSON]:
    """Yield the content part events of a message."""
    for index, part in enumerate(item["content"]):
        where = {**place, "content_index": index}
        yield {"type": "response.content_part.added", **where, "part": {**part, **_blank(part)}}
        if part["type"] == "output_text":
            text = part["text"]
            yield {"type": "response.output_text.delta", **where, "delta": text, "logprobs": []}
            yield {"type": "response.output_text.done", **where, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **where, "part": part}


def _blank(part: JSON) -> JSON:
    """Empty the text of a content part."""
    return {"text": ""} if part["type"] == "output_text" else {"refusal": ""}
