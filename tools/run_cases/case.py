"""The words in which cases of whole runs of the loop are told, besides those of durable runs."""

from __future__ import annotations

from typing import Any

from durable_cases import case as durable
from durable_cases.case import JSON, agent, call, calls, says

RUN = durable.RUN
#: The loop profile's features, in the order in which a case names them.
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}


class Case(durable.Case):
    """A whole run of the profile `loop`; its request goes as `run` unless `more` has another operation."""

    def to_json(self) -> JSON:
        """Return it as its file has it."""
        value = super().to_json()
        # What stands in a state can be told of those of this specification alone: a testee gives its own form.
        told = [value["expect"], *(each["expect"] for each in value["expect"].get("then", ()))]
        form = ["timestep"] if any("$at" in each.get("ok", {}).get("state", ()) for each in told) else []
        features = [*value["features"], *form]
        return {**value, "id": f"loop/run-{self.name}", "profile": "loop", "features": features}


class Graph(Case):
    """A graph of agents that is asked for as data."""

    def to_json(self) -> JSON:
        """Return it as its file has it."""
        value = super().to_json()
        for name in ("world", "args"):
            value.pop(name)
        return {**value, "features": ["manifest", *self.features], "op": "manifest", "args": {"agents": self.agents}}


def tool(name: str, effect: str | None = None, **more: Any) -> JSON:
    """Return a tool that takes any object."""
    return {"name": name, **({"effect": effect} if effect else {}), **more}


def alone(*tools: JSON, **more: Any) -> list[JSON]:
    """Return one agent."""
    return [agent("Clerk", *tools, **more)]


def asks(call_id: str, name: str, arguments: Any = "{}", *others: JSON) -> JSON:
    """Return an answer that calls a tool, and others."""
    return calls(call(call_id, name, arguments), *others)


def told(call_id: str, output: Any) -> JSON:
    """Return the last answer, once the model was told what a call has come to."""
    return says("Done.", durable.result(call_id, output))


def refused(code: str, *others: str) -> JSON:
    """Return that the request is refused with one of these codes."""
    return {"err": {"code": {"$any": [code, *others]} if others else code}}


def fails(code: str) -> JSON:
    """Return that the run has ended without an output."""
    value = {"step": "failed", "reason": None, "code": code, "output": None, "waits": []}
    return {"ok": value, "match": "subset"}


def state(expect: JSON, **at: Any) -> JSON:
    """Return an expectation with what stands in the state, by pointers in which `__` stands for a slash."""
    value = {"$at": {f"/{name.replace('__', '/')}": each for name, each in at.items()}}
    return {**expect, "ok": {**expect["ok"], "state": value}}


def nothing_done(**counts: int) -> JSON:
    """Return that no model was asked and no tool has run."""
    return {"effects": [], "asked": {"model": 0, "tool": 0, **counts}}
