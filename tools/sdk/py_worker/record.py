"""RECORD: what one run did, in the neutral form both workers give."""

from __future__ import annotations

from typing import Any

from .graph import Graph
from .templates import compact

JSON = dict[str, Any]
# The parts of a shell action or patch operation that decide what happens, in a fixed order.
ACTION_KEYS = ("commands", "command", "type", "path", "diff")


def _raw(item: Any) -> JSON:
    """Give an approval item's raw call as a dict."""
    raw = item.raw_item
    return dict(raw) if isinstance(raw, dict) else raw.model_dump(exclude_unset=True)


def call_id_of(item: Any) -> str | None:
    """Give the id a decision names: the call id, or the id of a hosted approval request."""
    raw = _raw(item)
    return raw.get("call_id") or raw.get("id")


def arguments_of(raw: JSON) -> str | None:
    """Give the argument text of a pending call of any kind."""
    for key in ("arguments", "input"):
        if isinstance(raw.get(key), str):
            return raw[key]
    action = raw.get("action") or raw.get("operation")
    if action is None:
        return None
    return compact({key: action[key] for key in ACTION_KEYS if action.get(key) is not None})


def interruptions(graph: Graph, items: list[Any], parents: dict[str, str]) -> list[JSON]:
    """Describe pending calls in order."""
    described = []
    for item in items:
        call_id = call_id_of(item)
        entry = {
            "agent": graph.key_of(item.agent),
            "tool": item.tool_name or item.name,
            "call_id": call_id,
            "arguments": arguments_of(_raw(item)),
        }
        if call_id in parents:
            entry["parent"] = parents[call_id]
        described.append(entry)
    return described


def nested_parents(document: JSON) -> dict[str, str]:
    """Map each nested pending call of a saved state to the agent tool call above it."""
    parents: dict[str, str] = {}
    functions = (document.get("last_processed_response") or {}).get("functions", [])
    for function in functions:
        child = function.get("agent_run_state")
        if child is None:
            continue
        inner = nested_parents(child)
        step = child.get("current_step") or {}
        for item in (step.get("data") or {}).get("interruptions", []):
            raw = item["raw_item"]
            identity = raw.get("call_id") or raw.get("id")
            inner.setdefault(identity, function["tool_call"]["call_id"])
        parents.update(inner)
    return parents


def usage_totals(usage: Any) -> JSON:
    """Give the usage totals."""
    names = ("requests", "input_tokens", "output_tokens", "total_tokens")
    return {name: getattr(usage, name) for name in names}


def empty_record(graph: Graph) -> JSON:
    """Give a record in which nothing has happened, sharing the graph's growing lists."""
    return {
        "pending": [],
        "requests": graph.transport.requests,
        "executed": graph.executed.calls,
        "final_output": None,
        "last_agent": None,
        "next": [],
        "usage": None,
        "error": None,
    }


def error_of(stage: str, error: BaseException) -> JSON:
    """Describe an error."""
    return {"stage": stage, "type": type(error).__name__, "message": str(error)}
