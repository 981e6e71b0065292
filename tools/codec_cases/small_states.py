"""Small states of our own, made of a few calls: what decides them, and what a target makes of them."""

from __future__ import annotations

import json
from typing import Any

from codec_cases.case import JSON
from timestep.codec.digest import call_digest  # the path is set where cases are made; TS-CORE-022 has cases of its own

ROOT, BELOW = "r1", "r1.0"


def call(call_id: str, name: str = "send_email", state: str = "pending", **more: Any) -> JSON:
    """Return a call as `state` takes it; `agent` and `role` are those of a mailer's tool unless told."""
    return {"call_id": call_id, "name": name, "state": state, "agent": "Mailer", "role": "tool", **more}


def run(*calls: JSON, of: str = ROOT, **more: Any) -> JSON:
    """Return a run that waits after one response, which asked for these calls."""
    log: list[JSON] = [{"source": "input", "item": {"role": "user", "content": "Mail."}}]
    ledger: list[JSON] = []
    log += [{"source": "model", "agent": each["agent"], "item": _item(each)} for each in calls]
    for place, each in enumerate(calls, 1):
        outputs: list[int] = []
        if "output" in each:
            outputs.append(len(log))
            item = {"type": "function_call_output", "call_id": each["call_id"], "output": each["output"]}
            log.append({"source": "tool", "agent": each["agent"], "item": item})
        ledger.append(_entry(of, each, place, outputs))
    response = {"agent": calls[0]["agent"], "from": 1, "to": 1 + len(calls), "status": "completed", "usage": _USAGE}
    return {
        "id": of,
        "agent": calls[0]["agent"],
        "step": {"type": "interrupted", "reason": "approval"},
        "turn": {"count": 1, "open": True},
        "limits": {"max_turns": 10},
        "input": {"form": "text", "from": 0, "to": 1},
        "log": log,
        "view": [[0, len(log)]],
        "responses": [response],
        "calls": ledger,
        "guardrails": {"input_done": True, "results": []},
        **more,
    }


def state(*runs: JSON, approvals: tuple[JSON, ...] = (), **more: Any) -> JSON:
    """Return the text of a document of these runs, the root first."""
    agents = dict.fromkeys(entry["agent"] for each in runs for entry in each["log"] if "agent" in entry)
    agents |= dict.fromkeys(each["agent"] for each in approvals if each["agent"] != "*")
    used = {
        "nested": len(runs) > 1,
        "indeterminate": any(entry["state"] in _MAY_HAVE_RUN for each in runs for entry in each["calls"]),
        "sticky": any(each.get("item") == "*" for each in approvals),
    }
    document = {
        "format": "timestep.run-state",
        "format_version": "1.0",
        "requires": [name for name, needed in used.items() if needed],
        "id": ROOT,
        "revision": 6,
        "agents": [{"key": key, "name": key} for key in agents],
        "context": {"kind": "none"},
        "usage": _USAGE,
        "approvals": list(approvals),
        "runs": list(runs),
        **more,
    }
    return {"text": json.dumps(document)}


def exact(of: JSON, place: int, decision: str) -> JSON:
    """Return a decision on a call of a run, bound to it; `place` is the number of the call among its calls."""
    entry = of["calls"][place]
    named = {name: entry[name] for name in ("tool", "call_id", "digest", "item")}
    return {"run": of["id"], "agent": of["log"][entry["item"]]["agent"], "decision": decision, **named}


def standing(decision: str, *, scope: str = ROOT, agent: str = "Mailer", tool: str = "send_email") -> JSON:
    """Return a standing decision on a function."""
    return {"run": scope, "agent": agent, "tool": ["function", None, tool], "decision": decision, "item": "*"}


_USAGE = {"requests": 1, "input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
_MAY_HAVE_RUN = {"indeterminate", "started"}


def _item(given: JSON) -> JSON:
    arguments = given.get("arguments", "{}")
    return {"type": "function_call", "call_id": given["call_id"], "name": given["name"], "arguments": arguments}


def _entry(of: str, given: JSON, place: int, outputs: list[int]) -> JSON:
    tool = ["function", None, given["name"]]
    digest = call_digest(of, given["agent"], tool, given["call_id"], given.get("arguments", "{}"))
    named = {name: given[name] for name in ("call_id", "state", "role")}
    return {**named, "item": place, "tool": tool, "effect": "once", "outputs": outputs, "digest": digest}
