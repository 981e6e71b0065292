"""Which calls of a run have completed, with the proofs that `@openai/agents` wants to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from timestep.dialects.openai_js.story import fingerprint
from timestep.dialects.openai_js.wrapped import Wrapper
from timestep.types.state import Call, Run


def records(run: Run, items: Wrapper, view: Sequence[int]) -> dict[str, Any]:
    """Write completed calls, their evidence, and the calls of which nothing is known, all by agent.

    A call and its output stand as indexes into the generated items, or as whole items where a handoff filter has
    taken them out of that list.
    """
    places = {seq: index for index, seq in enumerate(view)}
    completed: dict[str, dict[str, str]] = {}
    evidence: dict[str, dict[str, Any]] = {}
    ambiguous: dict[str, list[str]] = {}
    for call in run.calls:
        agent = items.refs.identity(run.log[call.item].agent or run.agent)
        if call.state in {"indeterminate", "started"} and call.item in places:
            ambiguous.setdefault(agent, []).append(call.call_id)
        plain = call if call.role != "handoff" or items.taken(call) else replace(call, role="tool")
        mark = fingerprint(plain, run.log[call.item]) if call.outputs else None
        if mark is None or not _provable(call, places):
            continue
        completed.setdefault(agent, {})[call.call_id] = mark
        evidence.setdefault(agent, {})[call.call_id] = {
            "fingerprint": mark,
            "items": [_part(call.item, places, items), _part(call.outputs[0], places, items)],
        }
    return {
        "completedToolInvocations": _by_agent("invocations", completed),
        "completedToolInvocationEvidence": _by_agent("invocations", evidence),
        "ambiguousToolInvocationCallIds": _by_agent("callIds", ambiguous),
    }


def _provable(call: Call, places: dict[int, int]) -> bool:
    """The SDK infers completions from the generated list itself; half a pair in it proves nothing."""
    return (call.item in places) == (call.outputs[0] in places) or call.item not in places


def _part(seq: int, places: dict[int, int], items: Wrapper) -> dict[str, Any]:
    return {"generatedItemIndex": places[seq]} if seq in places else {"item": items.wrap(seq)}


def _by_agent(key: str, rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"agentIdentity": agent, key: found} for agent, found in rows.items()]
