"""The words in which cases of whole runs are told: agents, what their world says, and what is asked in turn."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
RUN = "r1"


@dataclass
class Case:
    """A whole run.

    Attributes:
        name: the file's name.
        title: the behaviour, in one sentence.
        rules: ids of the rules it holds.
        agents: the first one is the root.
        model: what the model answers, in turn; by the agent's name where there are several.
        expect: what the first answer has to be.
        then: what is asked next, each with what it has to be answered.
        tools: what each tool says.
        world: all else that the world says.
        features: what a testee needs besides `run` and `resume`.
        args: members of the first request besides those that all have.
        more: members of the case besides these.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    agents: list[JSON]
    model: Any
    expect: JSON
    then: tuple[JSON, ...] = ()
    tools: JSON = field(default_factory=dict)
    world: JSON = field(default_factory=dict)
    features: tuple[str, ...] = ()
    args: JSON = field(default_factory=dict)
    more: JSON = field(default_factory=dict)

    def to_json(self) -> JSON:
        """Return it as its file has it."""
        head = {"id": f"durable/{self.name}", "title": self.title, "requirements": list(self.rules)}
        kind = {"profile": "durable", "introduced": "1.0", "origin": {"kind": "hand"}}
        needs = ["run", *(["resume"] if self.then or "crash" in self.more else []), *self.features]
        begins = {} if "state" in self.args else {"input": "Please."}
        args = {"run": RUN, "agents": self.agents, **begins, **self.args}
        tools = {"tools": self.tools} if self.tools else {}
        expect = {**self.expect, **({"then": list(self.then)} if self.then else {})}
        world = {"model": self.model, **tools, **self.world}
        return {
            **head,
            **kind,
            "features": needs,
            "op": "run",
            "args": args,
            "world": world,
            "expect": expect,
            **self.more,
        }


# --- agents


def agent(name: str, *tools: JSON, **more: Any) -> JSON:
    """Return an agent."""
    return {"name": name, "instructions": "Help.", **({"tools": list(tools)} if tools else {}), **more}


def tool(name: str, effect: str | None = None, **more: Any) -> JSON:
    """Return a tool that takes an amount."""
    schema = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
    schema["additionalProperties"] = False
    return {"name": name, "parameters": schema, **({"effect": effect} if effect else {}), **more}


def clerk(*tools: JSON, **more: Any) -> list[JSON]:
    """Return the one agent of most cases."""
    return [agent("Clerk", *tools, **more)]


# --- what the model says


def call(call_id: str, name: str, arguments: Any = None) -> JSON:
    """Return a call of a tool."""
    given = {"amount": 5} if arguments is None else arguments
    text = given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
    return {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "arguments": text}


def calls(*items: JSON, **more: Any) -> JSON:
    """Return an answer that calls tools."""
    return {"output": list(items), **more}


def says(text: str, *has: JSON) -> JSON:
    """Return an answer of a text; `has`: items that the question has to have."""
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    return {"output": [item], **({"asked": {"input": {"$has": list(has)}}} if has else {})}


def result(call_id: str, output: Any = None) -> JSON:
    """Return what an item with the output of a call has."""
    return {"type": "function_call_output", "call_id": call_id, **({"output": output} if output is not None else {})}


# --- what is expected


def done(output: str | JSON = "Done.", **more: Any) -> JSON:
    """Return that the run has ended with an output."""
    value = {"step": "finished", "reason": None, "code": None, "output": output, "waits": [], **more}
    return {"ok": value, "match": "subset"}


def stops(reason: str, *waits: JSON, code: str | None = None) -> JSON:
    """Return that the run waits."""
    value = {"step": "interrupted", "reason": reason, "code": code, "output": None, "waits": list(waits)}
    return {"ok": value, "match": "subset"}


def waits(call_id: str, name: str, state: str = "pending", arguments: str = '{"amount":5}', **more: Any) -> JSON:
    """Return a call that waits."""
    about = {"path": call_id, "agent": "Clerk", "tool": ["function", None, name], "call_id": call_id}
    return {**about, "arguments": arguments, "state": state, **more}


def effect(name: str, call_id: str, **more: Any) -> JSON:
    """Return an effect that there has to be."""
    return {"tool": name, "call_id": call_id, **more}


# --- what is asked next


def resume(expect: JSON, *decisions: JSON, carried: bool = False, **more: Any) -> JSON:
    """Return a request to go on; `carried`: from the state that the answer before has, as no store does it."""
    args = {**({"state": {"$from": "state"}} if carried else {}), **more}
    return {"op": "resume", "args": {**args, **({"decisions": list(decisions)} if decisions else {})}, "expect": expect}


def decide(path: str, how: str, **more: Any) -> JSON:
    """Return a decision."""
    return {"path": path, "how": how, **more}
