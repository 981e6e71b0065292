"""Which calls of an older `@openai/agents` file have completed, concluded from its items as the SDK itself does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timestep.codec.pointer import join
from timestep.dialects import story
from timestep.dialects.openai_js import filed_calls
from timestep.dialects.openai_js.filed_calls import dict_of, dicts_of, owner
from timestep.dialects.openai_js.fingerprint import call_id_of, handoff_tool_name

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

_Key = tuple[str, str]


def completions(run: Run) -> None:
    """1.18: completed calls, each with its fingerprint and the places of call and output.

    Raises:
        StateFormatError: an output stands before its call, which would be taken for one that has not run.
    """
    value = run.value
    items = dicts_of(value.get("generatedItems"))
    calls = {(call.agent, call.call_id): (call.key, call.raw) for call in filed_calls.of_run(run)}
    asked: dict[_Key, int] = {}
    early: set[_Key] = set()
    found: dict[str, dict[str, Any]] = {}
    for place, item in enumerate(items):
        raw = dict_of(item.get("rawItem"))
        key = (owner(item), filed_calls.answers(item) or call_id_of(raw) or "")
        if filed_calls.answers(item) is None:
            if key in early:
                at = join(["generatedItems", place], base=run.pointer)
                raise story.inconsistent(f"the output of call {key[1]!r} stands before it", at)
            asked.setdefault(key, place)
            if item.get("type") == "handoff_call_item":
                calls[key] = handoff_tool_name(str(raw.get("name"))), raw
            continue
        if key not in asked:
            early.add(key)
        if key not in asked or key not in calls or key[1] in found.get(key[0], {}):
            continue
        mark = filed_calls.fingerprint(*calls[key])
        if mark is not None:
            parts = [{"generatedItemIndex": asked[key]}, {"generatedItemIndex": place}]
            found.setdefault(key[0], {})[key[1]] = {"fingerprint": mark, "items": parts}
    value["completedToolInvocations"] = [
        {"agentIdentity": agent, "invocations": {call_id: row["fingerprint"] for call_id, row in rows.items()}}
        for agent, rows in found.items()
    ]
    value["completedToolInvocationEvidence"] = [
        {"agentIdentity": agent, "invocations": rows} for agent, rows in found.items()
    ]
    value["ambiguousToolInvocationCallIds"] = []
    count = sum(len(rows) for rows in found.values())
    run.account.note("derived", f"{run.pointer or '/'}: completed calls", "each has its output", count=count)
