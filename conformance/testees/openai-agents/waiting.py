"""What waits in a state of the SDK: its interruptions, each with the calls above it and what was decided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from agents import RunState
from agents.agent_tool_state import peek_agent_tool_run_result
from agents.exceptions import ModelBehaviorError
from agents.items import ToolApprovalItem
from agents.run_internal.run_steps import NextStepInterruption

from serving import Refused

JSON = dict[str, Any]
_KINDS = {"shell_call": "shell", "apply_patch_call": "apply_patch", "custom_tool_call": "custom",
          "computer_call": "computer", "local_shell_call": "local_shell"}  # fmt: skip


class Call(NamedTuple):
    """A call that waits: the ids of the calls above it and its own, the state of its run, and the SDK's item."""

    path: str
    state: RunState[Any]
    item: ToolApprovalItem


def step_of(state: RunState[Any]) -> str:
    """Return the type of the step; the SDK goes on with a state that has none by asking the model."""
    return "interrupted" if isinstance(state._current_step, NextStepInterruption) else "run_again"


def calls_of(state: RunState[Any]) -> list[Call]:
    """Return the calls that are asked about and have not ended, in the order of asking."""
    asked = [_identity(item) for item in state.get_interruptions()]
    calls = [call for call in _calls(state, "") if _identity(call.item) in asked and not _ended(call)]
    return sorted(calls, key=lambda call: asked.index(_identity(call.item)))


def waits_of(state: RunState[Any]) -> list[JSON]:
    """Return what waits as the suite reads it."""
    return [
        {"path": call.path, "agent": call.item.agent.name, "tool": _tool_key(call.item), "call_id": _call_id(call.item),
         "arguments": _arguments(_raw(call.item)), "state": _state(call)}
        for call in calls_of(state)
    ]  # fmt: skip


def _calls(state: RunState[Any], above: str) -> Iterator[Call]:
    """Give the calls of a run and of those below it; an interruption of a run below stands in the list above, too."""
    below = [call for path, nested in _nested(state, above) for call in _calls(nested, f"{path}/")]
    listed = [_identity(call.item) for call in below]
    for item in state.get_interruptions():
        if _identity(item) in listed:
            listed.remove(_identity(item))
        else:
            yield Call(above + _call_id(item), state, item)
    yield from below


def _nested(state: RunState[Any], above: str) -> Iterator[tuple[str, RunState[Any]]]:
    """Give the runs that agents as tools are in, with the path of their calls."""
    processed = state._last_processed_response
    for run in processed.functions if processed else ():
        found = peek_agent_tool_run_result(run.tool_call, scope_id=state._agent_tool_state_scope_id)
        if found is not None:
            yield above + run.tool_call.call_id, found.to_state()


def _record(call: Call) -> Any:
    """Return what the SDK knows of whether the call has run: `executed`, and `completed`."""
    assert call.state._context is not None
    return call.state._context._tool_invocations.get(_call_id(call.item))


def _ended(call: Call) -> bool:
    return getattr(_record(call), "completed", False)


def _state(call: Call) -> str:
    """Return what was decided, or that the call may have run: the SDK goes on with no such call."""
    context, item = call.state._context, call.item
    assert context is not None
    if getattr(_record(call), "executed", False):
        return "indeterminate"
    try:
        decided = context.get_approval_status(
            item.tool_name or "",
            _call_id(item),
            tool_namespace=item.tool_namespace,
            existing_pending=item,
            tool_lookup_key=item.tool_lookup_key,
        )
    except ModelBehaviorError as error:  # the call is not the one that the context has a fingerprint of
        raise Refused("call-changed", None if "/" in call.path else f"/context/tool_invocations/{call.path}") from error
    return {None: "pending", True: "approved", False: "rejected"}[decided]


def _tool_key(item: ToolApprovalItem) -> list[str | None]:
    raw = _raw(item)
    if raw.get("type") in {"mcp_approval_request", "hosted_tool_call"}:
        return ["hosted_mcp", raw.get("server_label"), raw.get("name")]
    if raw.get("type") in _KINDS:
        return [_KINDS[raw["type"]], None, item.tool_name]
    key = item.tool_lookup_key
    if key is not None and key[0] == "deferred_top_level":
        return ["function_deferred", None, key[1]]
    return [
        "function",
        key[1] if key is not None and key[0] == "namespaced" else None,
        key[-1] if key else item.tool_name,
    ]


def _arguments(raw: JSON) -> str | None:
    for name in ("arguments", "input"):
        if isinstance(raw.get(name), str):
            return raw[name]
    action = {name: _told(raw[name]) for name in ("action", "operation") if raw.get(name) is not None}
    return json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(inner) for name, inner in value.items() if inner is not None}
    return value


def _call_id(item: ToolApprovalItem) -> str:
    raw = _raw(item)
    return raw.get("call_id") or raw.get("id") or ""


def _identity(item: ToolApprovalItem) -> str:
    """Return what two items of one call have in common, also where calls of two runs share an id."""
    return json.dumps([id(item.agent), _raw(item)], sort_keys=True, default=str)


def _raw(item: ToolApprovalItem) -> JSON:
    raw: Any = item.raw_item
    return dict(raw) if isinstance(raw, dict) else raw.model_dump(exclude_unset=True)
