"""A scripted HTTP transport: it answers Responses requests from a scenario and records them."""

from __future__ import annotations

import json
from typing import Any

from .features import http_library
from .sse import stream_body

CREATED_AT = 1700000000
JSON = dict[str, Any]
http = http_library()


def agent_keys_by_instructions(scenario: JSON) -> dict[str, str]:
    """Map each agent's instructions, which are unique, to its scenario key."""
    return {agent["instructions"]: key for key, agent in scenario["agents"].items()}


class ScriptedTransport(http.AsyncBaseTransport):
    """Answers `POST /responses` with the next scripted response of the agent that asks."""

    def __init__(self, scenario: JSON, served: dict[str, int]) -> None:
        self.script: dict[str, list[Any]] = scenario["script"]
        self.keys = agent_keys_by_instructions(scenario)
        self.served = dict(served)
        self.requests: list[JSON] = []

    async def handle_async_request(self, request: Any) -> Any:
        """Record the request and give the scripted answer."""
        if not request.url.path.endswith("/responses"):
            return _error(404, "unscripted_path", f"nothing is scripted for {request.url.path}")
        body = json.loads(await request.aread())
        agent = self._agent_of(body.get("instructions") or "")
        self.requests.append({"agent": agent, **body})
        number = self.served.get(agent, 0)
        entries = self.script.get(agent, [])
        if number >= len(entries):
            return _error(400, "script_exhausted", f"agent {agent!r} has no response {number}")
        self.served[agent] = number + 1
        return self._answer(agent, number, entries[number], body)

    def _agent_of(self, instructions: str) -> str:
        """Find the agent that asks; a sandbox puts more text around its instructions."""
        if instructions in self.keys:
            return self.keys[instructions]
        return next((key for text, key in self.keys.items() if text in instructions), "?")

    def _answer(self, agent: str, number: int, entry: Any, body: JSON) -> Any:
        """Build the HTTP answer of one script entry."""
        entry = {"output": entry} if isinstance(entry, list) else entry
        error = entry.get("error")
        if error and error["kind"] == "http":
            return _error(error["status"], error["code"], error["message"])
        document = response_document(agent, number, entry, body)
        headers = {"x-request-id": f"req_{agent}_{number}"}
        if body.get("stream"):
            headers["content-type"] = "text/event-stream"
            return http.Response(200, headers=headers, content=stream_body(document, error))
        if error and error["kind"] == "event":
            return _error(500, error["code"], error["message"])
        headers["content-type"] = "application/json"
        return http.Response(200, headers=headers, content=json.dumps(document).encode())


def response_document(agent: str, number: int, entry: JSON, body: JSON) -> JSON:
    """Build the Responses object of one script entry."""
    error = entry.get("error") or {}
    kind = error.get("kind", "")
    status = {"failed": "failed", "incomplete": "incomplete"}.get(kind, "completed")
    failed = {"code": error.get("code"), "message": error.get("message")}
    return {
        "id": f"resp_{agent}_{number}",
        "object": "response",
        "created_at": CREATED_AT,
        "status": entry.get("status", status),
        "model": body["model"],
        "output": entry.get("output", []),
        "error": failed if kind == "failed" else None,
        "incomplete_details": {"reason": error["code"]} if kind == "incomplete" else None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1,
        "top_p": 1,
        "tool_choice": "auto",
        "tools": [],
        "usage": entry.get("usage", usage(10, 5)),
    }


def usage(tokens_in: int, tokens_out: int) -> JSON:
    """Build the usage block of a response."""
    return {
        "input_tokens": tokens_in,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens_out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens_in + tokens_out,
    }


def _error(status: int, code: str, message: str) -> Any:
    """Build an HTTP error in the form the API gives it."""
    body = {"error": {"message": message, "type": "scripted", "param": None, "code": code}}
    return http.Response(status, json=body)
