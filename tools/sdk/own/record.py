"""RECORD: what one run of ours did, in the neutral form all workers give."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from timestep.codec import document as codec
from timestep.errors import TimestepError
from timestep.state import Interruption, RunState
from timestep.types.base import Item

from .bodies import action_text, known_action
from .graph import Graph

JSON = dict[str, Any]
TOTALS = ("requests", "input_tokens", "output_tokens", "total_tokens")


def pending(graph: Graph, state: RunState, items: list[Interruption]) -> list[JSON]:
    """Describe pending calls in order."""
    logs = {run.id: run.log for run in state.document.runs}
    calls = {(run.id, call.item): call for run in state.document.runs for call in run.calls}
    described: list[JSON] = []
    for item in items:
        entry: JSON = {
            "agent": graph.key_of(item.agent),
            "tool": calls[item.run, item.item].tool[2],
            "call_id": item.call_id,
            "arguments": arguments_of(logs[item.run][item.item].item),
        }
        parent = item.path.rpartition("/")[0].rpartition("/")[2]
        described.append(entry | ({"parent": parent} if parent else {}))
    return described


def arguments_of(call: Item) -> str | None:
    """Give the argument text of a pending call of any kind."""
    for key in ("arguments", "input"):
        if isinstance(call.get(key), str):
            return call[key]
    if call["type"] == "computer_call":
        return "\n".join(action_text(action) for action in call.get("actions") or [call["action"]])
    action = call.get("action") or call.get("operation")
    return None if action is None else known_action(action)


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


def note_end(record: JSON, graph: Graph, state: RunState) -> None:
    """Note what the state of a run that has ended or paused tells."""
    root = state.document.runs[0]
    usage = state.document.usage
    record["usage"] = {name: getattr(usage, name) or 0 for name in TOTALS}
    names = {agent.key: agent.name for agent in state.document.agents}
    record["last_agent"] = graph.key_of(names.get(root.agent, root.agent))
    record["next"] = pending(graph, state, state.get_interruptions())


def plain(value: Any) -> Any:
    """Give a final output as JSON data."""
    return json.loads(msgspec.json.encode(value))


def text_of(state: RunState) -> str:
    """Write a state in our own form."""
    return codec.encode(state.document).decode("utf-8", "surrogatepass")


def error_of(stage: str, error: BaseException) -> JSON:
    """Describe an error; one of ours has a code."""
    code = {"code": error.code} if isinstance(error, TimestepError) else {}
    return {"stage": stage, "type": type(error).__name__, "message": str(error), **code}
