"""The words in which histories are told: manifests, events, and the cases that are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from timestep.codec.digest import canonical_json, sha256_of

JSON = dict[str, Any]


@dataclass
class History:
    """A case before its expectations are known.

    Attributes:
        name: the file's name.
        title: the behaviour, in one sentence.
        manifest: the graph of agents.
        steps: rows of the table, and the event, of each step; an event alone is refused.
        requirements: ids of the rules it shows.
        policy: members of the policy that are not the default.
        start: a saved document to begin from.
        states: numbers of the steps, from 0, of which the whole state is kept, beside the last one's.
        held: what it shows is known of a turn while it lasts, and not saved: it is gone through without saving.
    """

    name: str
    title: str
    manifest: JSON
    steps: list[tuple[str, Any]]
    requirements: tuple[str, ...] = ()
    policy: JSON = field(default_factory=dict)
    start: JSON | None = None
    states: tuple[int, ...] = ()
    held: bool = False


# --- the graph of agents, as a manifest tells it


def graph(*agents: JSON) -> JSON:
    """Return a manifest; the first agent is the root."""
    found: JSON = {"root": agents[0]["name"], "agents": sorted(agents, key=lambda each: each["name"])}
    return {**found, "digest": sha256_of(canonical_json(found))}


def agent(name: str, *tools: JSON, handoffs: tuple[JSON, ...] = (), **more: Any) -> JSON:
    """Return an agent; `more` may name guardrails, `tool_use` and `output_schema`."""
    names = ("input", "output", "tool_input", "tool_output")
    return {
        "name": name,
        "tools": sorted(tools, key=lambda each: each["name"]),
        "handoffs": sorted(handoffs, key=lambda each: each["tool"]),
        "guardrails": {each: list(more.get(each, ())) for each in names},
        "tool_use": more.get("tool_use", "run_llm_again"),
        "reset_tool_choice": True,
        "output_schema": more.get("output_schema", False),
    }


def tool(name: str, **more: Any) -> JSON:
    """Return a function tool; `approval`, `effect`, `tool_input` and the like may be given."""
    plain = {"role": "tool", "effect": "once", "approval": "never", "enabled": "always", "on_error": "report"}
    return {"name": name, **plain, "tool_input": [], "tool_output": [], **more}


def agent_tool(name: str, agent: str, **more: Any) -> JSON:
    """Return an agent as a tool."""
    return tool(name, role="agent", agent=agent, **more)


def handoff(agent: str, role: str = "handoff", **more: Any) -> JSON:
    """Return a handoff, or a delegation, under its usual name."""
    name = "transfer_to_" + agent.lower()
    return {"tool": name, "agent": agent, "role": role, "filter": False, "enabled": "always", **more}


def guard(name: str, *, parallel: bool) -> JSON:
    """Return a guardrail on a run's input."""
    return {"name": name, "parallel": parallel}


# --- items


def user(text: str) -> JSON:
    """Return a message of the user's."""
    return {"role": "user", "content": text}


def says(text: str, *, kind: str = "output_text") -> JSON:
    """Return a message of the model's; with `refusal`, a refusal."""
    member = {"refusal": text} if kind == "refusal" else {"text": text, "annotations": []}
    content = [{"type": kind, **member}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def calls(call_id: str, name: str, arguments: str = "{}", **more: Any) -> JSON:
    """Return a call of a function."""
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments, **more}


def output(call_id: str, text: str) -> JSON:
    """Return the output of a function's call."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}


# --- events


def started(
    text: str = "hello", agent: str = "Assistant", *, run: str = "r1", max_turns: int = 10, **more: Any
) -> JSON:
    """A run starts on a text; what is named `max_...` in `more` is a limit."""
    limits = {"max_turns": max_turns, **{name: more.pop(name) for name in list(more) if name.startswith("max_")}}
    given = {"agent": agent, "items": [user(text)], "form": "text", "limits": limits}
    return {"type": "run.started", "run": run, **given, **more}


def nested(run: str, item: int, agent: str, text: str = "help", parent: str = "r1", **more: Any) -> JSON:
    """The nested run of a call starts."""
    return started(text, agent, run=run, parent={"run": parent, "item": item}, **more)


def checked(*names: str, blocking: bool, trips: str | None = None, run: str = "r1") -> JSON:
    """Input guardrails have answered; one of them may trip."""
    results = [
        {"position": "input", "name": name, "behavior": "tripwire" if name == trips else "allow", "agent": "Assistant"}
        for name in names
    ]
    return {"type": "input.checked", "run": run, "blocking": blocking, "results": results}


def prepared(run: str = "r1", **more: Any) -> JSON:
    """A turn is prepared."""
    return {"type": "turn.prepared", "run": run, **more}


def responded(*items: JSON, run: str = "r1", tokens: int = 15, **more: Any) -> JSON:
    """The model has answered with these items."""
    usage = {"input_tokens": tokens - 5, "output_tokens": 5, "total_tokens": tokens, "requests": 1}
    return {"type": "model.responded", "run": run, "output": list(items), "usage": usage, **more}


def failed_model(code: str = "model-failed", message: str = "no answer came", run: str = "r1") -> JSON:
    """No answer has come."""
    return {"type": "model.failed", "run": run, "code": code, "message": message, "sent": "unknown"}


def call_checked(item: int, run: str = "r1", **more: Any) -> JSON:
    """Guardrails and the approval rule have answered about a call."""
    return {"type": "call.checked", "run": run, "item": item, **more}


def starting(*items: int, run: str = "r1") -> JSON:
    """Calls are about to start."""
    return {"type": "tool.starting", "run": run, "items": list(items)}


def finished(item: int, *outputs: JSON, run: str = "r1", **more: Any) -> JSON:
    """A call has ended with these outputs."""
    return {"type": "tool.finished", "run": run, "item": item, "outputs": list(outputs), **more}


def failed(item: int, *outputs: JSON, run: str = "r1", stops: bool = False, **more: Any) -> JSON:
    """A call has failed, and these outputs say so."""
    told = {"code": "tool-failed", "message": "the disk is full", "outputs": list(outputs), **more}
    return {"type": "tool.failed", "run": run, "item": item, **told, **({"stops": True} if stops else {})}


def decided(decision: str, call: JSON, run: str = "r1", **more: Any) -> JSON:
    """A person has decided on a call of the ledger; `sticky` and `message` may be given."""
    exact = {"item": call["item"], "call_id": call["call_id"], "digest": call["digest"]}
    sticky = {"item": "*", "call_id": call["call_id"]}
    base = {"run": run, "agent": more.pop("agent", "Assistant"), "tool": call["tool"], "decision": decision}
    approval = {**base, **(sticky if more.pop("sticky", False) else exact), **more}
    told = {name: value for name, value in approval.items() if value is not None}
    return {"type": "approval.decided", "run": "r1", "approval": told}


def happened(kind: str, run: str = "r1", **more: Any) -> JSON:
    """Any other event."""
    return {"type": kind, "run": run, **more}
