"""Cases of the router's client: whom it asks, what it sends, how often, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router_cases.case import HEAD

JSON = dict[str, Any]
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
#: Waits of next to nothing, so that a case takes no time.
QUICK: JSON = {"attempts": 3, "first_delay": 0.001, "max_delay": 0.05}
HI = [{"role": "user", "content": "Hi"}]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question to models on servers of the suite, with what they have to be asked and what comes of it."""

    name: str
    title: str
    rules: Sequence[int]
    servers: Mapping[str, Sequence[JSON]]
    requests: Sequence[JSON]
    ok: Any = None
    err: Any = None
    args: Mapping[str, Any]
    then: Sequence[JSON] = ()

    def to_json(self) -> JSON:
        """Return the case as its file has it."""
        expect: JSON = {"err": {"code": self.err}} if self.err else {"ok": self.ok, "match": "subset"}
        if self.then:
            expect["then"] = list(self.then)
        asked = json.dumps(self.args)
        servers = {name: list(self.servers.get(name, ())) for name in ("one", "two") if f"{{{name}" in asked}
        features = ["client", *(["responses"] if "responses" in asked else [])]
        return {
            "id": f"router/{self.name}",
            "title": self.title,
            "requirements": [f"TS-ROUTE-{number:03}" for number in self.rules],
            "profile": "router",
            "introduced": "1.0",
            "origin": {"kind": "hand"},
            "features": features,
            "op": "ask_model",
            "args": dict(self.args),
            "servers": servers,
            "requests": list(self.requests),
            "expect": expect,
        }


# --- what a case asks


def provider(server: str = "one", wire_api: str = "chat_completions", **more: Any) -> JSON:
    """Return a provider at a server of the suite."""
    place = {"base_url": f"{{{server}}}/v1", "allow_private": True}
    return {"kind": "openai", "wire_api": wire_api, **place, **more}


def question(name: str = "one/m", retry: JSON | None = None, **more: Any) -> JSON:
    """Return what is asked: with providers `one`, `two` and `three`, where they are not given."""
    documents = {"providers": {each: provider(each) for each in ("one", "two")}, "retry": {**QUICK, **(retry or {})}}
    rules = {**HEAD, **documents, **more.pop("rules", {})}
    return {"name": name, "rules": rules, "key": "r1 1", "input": HI, **more}


def chain(*names: str, **more: Any) -> JSON:
    """Return a question to the first of some names, the others being its fallbacks."""
    rules = {"fallbacks": {names[0]: list(names[1:])}, **more.pop("rules", {})}
    return question(names[0], rules=rules, **more)


# --- what servers reply


def answer(text: str = "Hello.", model: str = "m-2026") -> JSON:
    """Return the reply that is an answer, by Chat Completions."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    shared = {"id": "chat-1", "object": "chat.completion", "created": 1, "model": model}
    return {"json": {**shared, "choices": [choice], "usage": USAGE}}


def response(text: str = "Hello.", model: str = "m-2026") -> JSON:
    """Return the reply that is an answer, by the Responses API."""
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    shared = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": model}
    return {"json": {**shared, "output": [message], "usage": usage}}


def refused(status: int, code: str | None = None, headers: Mapping[str, str] | None = None) -> JSON:
    """Return the reply that is a status and no success."""
    error = {"message": f"status {status}", "type": "error", **({"code": code} if code else {})}
    return {"status": status, "json": {"error": error}, **({"headers": dict(headers)} if headers else {})}


def streamed(*pieces: str, whole: bool = True) -> JSON:
    """Return the reply that is an answer in pieces; one that is not whole breaks off."""
    shared = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "m-2026"}
    deltas: list[tuple[JSON, str | None]] = [({"role": "assistant", "content": piece}, None) for piece in pieces]
    deltas += [({}, "stop")] if whole else []
    chunks = [{**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in deltas]
    told = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + (["data: [DONE]\n\n"] if whole else [])
    reply: JSON = {"headers": {"content-type": "text/event-stream"}, "text": "".join(told)}
    return reply if whole else {**reply, "ends": "within"}


def to(server: str, path: str = CHAT, **more: Any) -> JSON:
    """Return a request that a server has to get."""
    return {"to": server, "path": path, **more}


def said(text: str = "Hello.") -> JSON:
    """Return what an answer has to be."""
    return {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]}
