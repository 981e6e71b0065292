"""Guardrail results as both SDKs write them: one shape, with two sets of words for what a tool guardrail decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from timestep.dialects.refs import AgentRefs
from timestep.types import state


def written(result: state.GuardrailResult, refs: AgentRefs, behaviors: Mapping[str, str]) -> dict[str, Any]:
    """Write a result; `behaviors` are the dialect's words for "allow", "reject" and "raise"."""
    info = None if result.info is UNSET else result.info
    if result.position in {"tool_input", "tool_output"}:
        behavior: dict[str, Any] = {"type": behaviors.get(result.behavior, "allow")}
        if result.behavior == "reject":
            behavior["message"] = result.message or ""
        output: dict[str, Any] = {"outputInfo": info, "behavior": behavior}
    else:
        output = {"tripwireTriggered": result.behavior == "tripwire", "outputInfo": info}
    entry: dict[str, Any] = {"guardrail": {"type": result.position, "name": result.name}, "output": output}
    if result.position == "output":
        entry["agentOutput"] = None if result.output is UNSET else result.output
        entry["agent"] = refs.ref(result.agent or "")
    return entry
