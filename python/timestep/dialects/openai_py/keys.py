"""Tool keys as `openai-agents` spells them: lookup keys, and the names decisions are filed under."""

from __future__ import annotations

from typing import Any

from timestep.dialects.openai_py import shape
from timestep.dialects.openai_py.fingerprint import LookupKey
from timestep.types.state import ToolKey


def tool_key(lookup: shape.LookupKey) -> ToolKey:
    """Read a serialized lookup key."""
    if lookup.kind == "deferred_top_level":
        return ("function_deferred", None, lookup.name)
    return ("function", lookup.namespace if lookup.kind == "namespaced" else None, lookup.name)


def lookup_tuple(tool: ToolKey) -> LookupKey | None:
    """Return the SDK's lookup key of a function tool; None for other kinds."""
    kind, namespace, name = tool
    if kind == "function_deferred":
        return ("deferred_top_level", name)
    if kind != "function":
        return None
    return ("namespaced", namespace, name) if namespace else ("bare", name)


def lookup_json(tool: ToolKey) -> dict[str, Any] | None:
    """Write a lookup key the way the state file holds it."""
    kind, namespace, name = tool
    if kind == "function_deferred":
        return {"kind": "deferred_top_level", "name": name}
    if kind != "function":
        return None
    return {"kind": "namespaced", "namespace": namespace, "name": name} if namespace else {"kind": "bare", "name": name}


def approval_keys(tool: ToolKey) -> tuple[str, ...]:
    """Return the names under which a decision on a function tool may be filed, the one the SDK prefers first."""
    kind, namespace, name = tool
    if kind == "function_deferred":
        return (f"deferred_top_level:{name}", name)
    if kind != "function":
        return (name,)
    return (f"{namespace}.{name}",) if namespace else (name,)


def tool_name(tool: ToolKey) -> str:
    """Return a tool's display name."""
    return f"{tool[1]}.{tool[2]}" if tool[1] else tool[2]
