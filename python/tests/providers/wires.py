"""The four ways to a model, each with answers in the shapes its documentation gives, and a look at what was sent.

Responses and Chat: https://platform.openai.com/docs/api-reference; Ollama: https://docs.ollama.com/api and, for /v1,
https://docs.ollama.com/openai.
"""

import json
from typing import ClassVar

from timestep.providers.ollama import OllamaModelProvider
from timestep.providers.openai import OpenAIModelProvider
from timestep.providers.routing import Retry

ONCE = Retry(attempts=1)
USAGE = (10, 5)  # tokens read and written, in every answer


def http(data, kind):
    """Return a whole HTTP answer."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


def lines(values, before="", after="\n"):
    """Return values as JSON, one after the other."""
    return "".join(f"{before}{json.dumps(value)}{after}" for value in values).encode()


def whole_json(value):
    """Return an HTTP answer of one JSON value."""
    return http(json.dumps(value).encode(), "application/json")


class Responses:
    """OpenAI's Responses API."""

    title = "Responses"
    notes: ClassVar = {}  # feature -> what its server is known to make of what is sent

    def provider(self, url):
        """Return a provider whose models are asked this way at an address."""
        return OpenAIModelProvider(api_key="none", base_url=f"{url}/v1", retry=ONCE)

    def answer(self, text="", reasoning="", calls=(), *, stream):
        """Return an answer of these parts; calls are (id, name, arguments)."""
        output = []
        if reasoning:
            output.append({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": reasoning}]})
        if text:
            content = [{"type": "output_text", "text": text, "annotations": []}]
            output.append({"type": "message", "id": "msg_1", "role": "assistant", "content": content})
        output += [
            {"type": "function_call", "id": f"fc_{i}", "call_id": i, "name": n, "arguments": a} for i, n, a in calls
        ]
        usage = {"input_tokens": USAGE[0], "output_tokens": USAGE[1], "total_tokens": sum(USAGE)}
        response = {"id": "resp_1", "status": "completed", "model": "m-1", "output": output, "usage": usage}
        if not stream:
            return whole_json(response)
        events = []
        for index, item in enumerate(output):
            events.append({"type": "response.output_item.added", "output_index": index, "item": item})
            kind, piece = self._piece(item)
            events.append({"type": kind, "output_index": index, "item_id": item["id"], "delta": piece})
            events.append({"type": "response.output_item.done", "output_index": index, "item": item})
        events.append({"type": "response.completed", "response": response})
        return http(lines(events, "data: ", "\n\n"), "text/event-stream")

    def _piece(self, item):
        if item["type"] == "function_call":
            return "response.function_call_arguments.delta", item["arguments"]
        if item["type"] == "reasoning":
            return "response.reasoning_summary_text.delta", item["summary"][0]["text"]
        return "response.output_text.delta", item["content"][0]["text"]

    def schemas(self, body):
        """Return the parameters of the tools that were sent."""
        return [tool["parameters"] for tool in body["tools"]]

    def images(self, body):
        """Return the images that were sent, as they stand there."""
        return [
            part["image_url"] for item in body["input"] for part in item["content"] if part["type"] == "input_image"
        ]

    def output_schema(self, body):
        """Return the schema that the answer is held to."""
        return body["text"]["format"]["schema"]

    def thought(self, body):
        """Tell whether an earlier thought was sent back."""
        return any(item.get("type") == "reasoning" for item in body["input"])

    def effort(self, body):
        """Return how much the model is to think."""
        return body["reasoning"]["effort"]


class Chat(Responses):
    """OpenAI's Chat Completions API, as many servers have it."""

    title = "Chat Completions"
    reasons_in = "reasoning_content"

    def provider(self, url):
        """Return a provider whose models are asked this way at an address."""
        return OpenAIModelProvider(base_url=f"{url}/v1", wire_api="chat_completions", retry=ONCE)

    def answer(self, text="", reasoning="", calls=(), *, stream):
        """Return an answer of these parts."""
        made = [{"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls]
        message = {"role": "assistant", "content": text or None}
        message |= {self.reasons_in: reasoning} if reasoning else {}
        message |= {"tool_calls": made} if made else {}
        usage = {"prompt_tokens": USAGE[0], "completion_tokens": USAGE[1], "total_tokens": sum(USAGE)}
        end = "tool_calls" if made else "stop"
        head = {"id": "chatcmpl-1", "model": "m-1"}
        if not stream:
            choice = {"index": 0, "message": message, "finish_reason": end}
            return whole_json({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
        message["tool_calls"] = [{"index": index, **call} for index, call in enumerate(made)]
        chunks = [
            {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
            {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": end}]},
            {**head, "choices": [], "usage": usage},
        ]
        return http(lines(chunks, "data: ", "\n\n") + b"data: [DONE]\n\n", "text/event-stream")

    def schemas(self, body):
        """Return the parameters of the tools that were sent."""
        return [tool["function"]["parameters"] for tool in body["tools"]]

    def images(self, body):
        """Return the images that were sent, as they stand there."""
        parts = [
            part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]
        ]
        return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]

    def output_schema(self, body):
        """Return the schema that the answer is held to."""
        return body["response_format"]["json_schema"]["schema"]

    def thought(self, body):
        """Tell whether an earlier thought was sent back."""
        return any(self.reasons_in in message for message in body["messages"])

    def effort(self, body):
        """Return how much the model is to think."""
        return body["reasoning_effort"]


class OllamaV1(Chat):
    """Ollama's /v1/chat/completions."""

    title = "Ollama /v1"
    notes: ClassVar = {
        "tool_choice": ", ignored there",
        "parallel_calls_off": ", ignored there",
        "images_by_address": ", refused there",
    }
    reasons_in = "reasoning"


class Ollama(Responses):
    """Ollama's own /api/chat."""

    title = "Ollama"

    def provider(self, url):
        """Return a provider whose models are asked this way at an address."""
        return OllamaModelProvider(base_url=url, retry=ONCE)

    def answer(self, text="", reasoning="", calls=(), *, stream):
        """Return an answer of these parts."""
        message = {"role": "assistant", "content": text}
        message |= {"thinking": reasoning} if reasoning else {}
        if calls:
            message["tool_calls"] = [
                {"id": i, "function": {"name": n, "arguments": json.loads(a)}} for i, n, a in calls
            ]
        end = {"done": True, "done_reason": "stop", "prompt_eval_count": USAGE[0], "eval_count": USAGE[1]}
        if not stream:
            return whole_json({"model": "m-1", "message": message, **end})
        last = {"model": "m-1", "message": {"role": "assistant", "content": ""}, **end}
        return http(lines([{"model": "m-1", "message": message, "done": False}, last]), "application/x-ndjson")

    def schemas(self, body):
        """Return the parameters of the tools that were sent."""
        return [tool["function"]["parameters"] for tool in body["tools"]]

    def images(self, body):
        """Return the images that were sent, as they stand there."""
        return [image for message in body["messages"] for image in message.get("images", ())]

    def output_schema(self, body):
        """Return the schema that the answer is held to."""
        return body["format"]

    def thought(self, body):
        """Tell whether an earlier thought was sent back."""
        return any("thinking" in message for message in body["messages"])

    def effort(self, body):
        """Return how much the model is to think."""
        return body["think"]


WIRES = (Responses(), Chat(), Ollama(), OllamaV1())
