"""A case that is a sequence, its steps, and the documents and items that are kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]

#: A call waits for a person's decision: the example of state.md.
_CALLS = [
    {"call_id": "c1", "item": 1, "role": "tool", "tool": ["function", None, "get_weather"], "state": "completed",
     "effect": "read", "outputs": [3],
     "digest": "sha256:e7eb0a72f1a76c82fcd795cc0576846e4465ae0c493a48a414477fcda1d5ed06"},
    {"call_id": "c2", "item": 2, "role": "tool", "tool": ["function", None, "send_email"], "state": "pending",
     "effect": "once", "outputs": [],
     "digest": "sha256:e6201705c034c3e17f2b2aeef061906f023476efdcbd31556b8b0c52f49f673e"},
]  # fmt: skip
_LOG = [
    {"source": "input", "item": {"role": "user", "content": "Weather, then mail Bob"}},
    {"source": "model", "agent": "Assistant", "item": {
        "type": "function_call", "id": "fc_1", "call_id": "c1", "name": "get_weather", "arguments": '{"city":"Oslo"}',
        "status": "completed"}},
    {"source": "model", "agent": "Assistant", "item": {
        "type": "function_call", "id": "fc_2", "call_id": "c2", "name": "send_email",
        "arguments": '{"to":"bob@example.com"}', "status": "completed"}},
    {"source": "tool", "agent": "Assistant", "item": {
        "type": "function_call_output", "call_id": "c1", "output": "sunny"}},
]  # fmt: skip
_USAGE = {"requests": 1, "input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
_TOKENS = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
_ANSWER = {"type": "message", "role": "assistant", "status": "completed", "content": [
    {"type": "output_text", "text": "It is sunny."}]}  # fmt: skip


def case(  # noqa: PLR0917 - the members of a case, in their order
    name: str, title: str, rules: Sequence[str], op: str, steps: Sequence[JSON], features: Sequence[str] = ()
) -> JSON:
    """Return a case; its profile stands in its name, and a rule may be named without `TS-`."""
    return {
        "id": name,
        "title": title,
        "requirements": [f"TS-{rule}" for rule in rules],
        "profile": name.partition("/")[0],
        "introduced": "1.0",
        "origin": {"kind": "hand"},
        "features": [*features],
        "op": op,
        "sequence": [*steps],
    }


def at(place: str = "") -> JSON:
    """Return a place in the case's folder as arguments have it."""
    return {"$place": place}


def asks(op: str, args: JSON, ok: Any = None, *, err: Any = None, process: str = "a", **more: Any) -> JSON:
    """Return a request with the answer that it has to have; several codes of an error are equally right."""
    if err is None:
        expect: JSON = {"ok": {} if ok is None else ok}
    else:
        told = err if isinstance(err, dict) else {"code": err if isinstance(err, str) else {"$any": [*err]}}
        expect = {"err": told}
    by = {} if process == "a" else {"process": process}
    return {"op": op, **by, "args": args, "expect": expect, **more}


def killed(process: str = "a") -> JSON:
    """Return a kill -9."""
    return {"kill": process}


def put(name: str, text: str, **more: Any) -> JSON:
    """Return a file that is put into the folder."""
    return {"put": name, "content": {"text": text}, **more}


def sql(name: str, *statements: str | Sequence[Any], rows: Sequence[Sequence[Any]] | None = None) -> JSON:
    """Return statements that the suite has a SQLite file answer."""
    listed = [[each] if isinstance(each, str) else [*each] for each in statements]
    return {"sql": name, "do": listed, **({} if rows is None else {"rows": [[*row] for row in rows]})}


def user(text: str) -> JSON:
    """Return a message of a person, as sessions have it."""
    return {"role": "user", "content": text}


def run(name: str = "r1", revision: int = 6, step: str = "interrupted", **more: Any) -> JSON:
    """Return the document of a run as bytes: it waits for a decision, is before its first turn, or has finished."""
    document = {
        "format": "timestep.run-state", "format_version": "1.0", "requires": [], "id": name, "revision": revision,
        "agents": [{"key": "Assistant", "name": "Assistant"}], "context": {"kind": "none"}, "approvals": [],
        "usage": _USAGE, "runs": [{"id": name, "agent": "Assistant", **_AT[step]}], **more,
    }  # fmt: skip
    return {"text": json.dumps(document, ensure_ascii=False)}


_WAITS: JSON = {
    "step": {"type": "interrupted", "reason": "approval"},
    "turn": {"count": 1, "open": True},
    "limits": {"max_turns": 10},
    "input": {"form": "text", "from": 0, "to": 1},
    "log": _LOG,
    "view": [[0, 4]],
    "responses": [{"id": "resp_1", "agent": "Assistant", "from": 1, "to": 3, "status": "completed", "usage": _TOKENS}],
    "calls": _CALLS,
    "guardrails": {"input_done": True, "results": []},
}
_DONE: JSON = {
    **_WAITS,
    "step": {"type": "finished", "output": "It is sunny."},
    "turn": {"count": 1, "open": False},
    "log": [_LOG[0], {"source": "model", "agent": "Assistant", "item": _ANSWER}],
    "view": [[0, 2]],
    "responses": [{**_WAITS["responses"][0], "to": 2}],
    "calls": [],
}
_BEGUN: JSON = {
    **_WAITS,
    "step": {"type": "run_again"},
    "turn": {"count": 0, "open": False},
    "log": _LOG[:1],
    "view": [[0, 1]],
    "responses": [],
    "calls": [],
}
_AT: dict[str, JSON] = {"interrupted": _WAITS, "finished": _DONE, "run_again": _BEGUN}
