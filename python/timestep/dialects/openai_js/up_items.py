"""Items of older `@openai/agents` files in the form that they have today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timestep.dialects.openai_js import filed_calls
from timestep.dialects.openai_js.filed_calls import Json, dict_of, dicts_of, identity
from timestep.dialects.openai_js.fingerprint import call_id_of
from timestep.dialects.openai_js.items import to_protocol

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

#: Hosted calls that the first packages named by the item alone.
_HOSTED = frozenset(
    (
        *("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call"),
        *("mcp_list_tools", "mcp_approval_request", "mcp_approval_response"),
    )
)


def early_items(run: Run) -> None:
    """1.1: hosted calls name their type, a compaction has an item of its own, requests for approval say of what."""
    for item in filed_calls.protocol_items(run.value):
        data = item.get("providerData")
        if item.get("type") == "hosted_tool_call" and item.get("name") in _HOSTED and "type" not in dict_of(data):
            item["providerData"] = {"type": item["name"], **dict_of(data)}
        if item.get("type") == "unknown" and dict_of(data).get("type") == "compaction":
            compaction = to_protocol(dict_of(data))
            item.clear()
            item.update(compaction)
    _name_requests(run.value)


def _name_requests(value: Json) -> None:
    """Fill in what the requests for approval of hosted calls lost, from the placeholders that wait for them."""
    items = [item for item in filed_calls.wrapped(value) if item.get("type") == "tool_approval_item"]
    hosted = {
        call_id_of(raw): raw
        for raw in (dict_of(item.get("rawItem")) for item in items)
        if raw.get("type") == "hosted_tool_call" and raw.get("providerData")
    }
    requests = dicts_of(dict_of(value.get("lastProcessedResponse")).get("mcpApprovalRequests"))
    if len(requests) == len(hosted):
        for request, raw in zip(requests, hosted.values(), strict=True):
            found = dict_of(dict_of(request.get("requestItem")).get("rawItem"))
            if found.get("name") == raw.get("name"):
                found.setdefault("providerData", raw["providerData"])


def owners_of_waiting(run: Run) -> None:
    """1.6: a call of a nested run waits under the name of its agent; 1.5 could name the agent above."""
    own = {identity(item) for item in dicts_of(run.value.get("generatedItems"))}
    below = [call for child in run.children() for call in filed_calls.in_tree(child)]
    for item in dicts_of(dict_of(dict_of(run.value.get("currentStep")).get("data")).get("interruptions")):
        agent, call_id = identity(item)
        agents = {call.agent for call in below if call.call_id == call_id}
        if (agent, call_id) not in own and agent not in agents and len(agents) == 1:
            item["agent"] = {"name": agents.pop()}
            run.account.note("derived", "agent of a waiting call", "the nested run that has the call tells")
