"""Tool keys as `@openai/agents` spells them: state keys in JSON text, and names for fingerprints and decisions."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from timestep.dialects.openai_js.fingerprint import function_state_key, handoff_tool_name, hosted_mcp_state_key
from timestep.types.state import Call, ToolKey


def tool_key(state_key: str) -> ToolKey | None:
    """Read a state key such as `["bare","send_email"]`; None for text that is none."""
    try:
        parts: Any = json.loads(state_key)
    except (ValueError, RecursionError):
        return None
    match parts:
        case ["bare", str(name)]:
            return ("function", None, name)
        case ["deferred_top_level", str(name)]:
            return ("function_deferred", None, name)
        case ["namespaced", str(namespace), str(name)]:
            return ("function", namespace, name)
        case ["hosted_mcp", str(label), str(name)]:
            return ("hosted_mcp", label, name)
        case _:
            return None


@lru_cache(maxsize=1024)  # a run has few tools and many calls
def state_key(tool: ToolKey) -> str:
    """Write a tool's key: what decisions on it, and its nested runs, are filed under."""
    kind, namespace, name = tool
    if kind == "function_deferred":
        return function_state_key(name, name) or ""
    if kind == "function":
        return function_state_key(name, namespace) or ""
    if kind == "hosted_mcp":
        return hosted_mcp_state_key(namespace or "", name) or name
    return name


def tool_name(tool: ToolKey) -> str:
    """Return a tool's display name."""
    return f"{tool[1]}.{tool[2]}" if tool[1] else tool[2]


def fingerprint_name(call: Call) -> str:
    """Return the tool name that the SDK puts into a call's fingerprint."""
    return handoff_tool_name(call.tool[2]) if call.role == "handoff" else state_key(call.tool)
