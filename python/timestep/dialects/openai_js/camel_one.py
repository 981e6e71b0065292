"""States that a Python package wrote with the JavaScript SDK's names, as number 1.0.

So wrote a branch of `openai-agents` for Python (openai-agents-python pull request 2021) and the first Timestep, before
that SDK had run states of its own: camelCase around items in wire form, in which at most `call_id` is renamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from timestep.dialects.openai_js.filed_calls import Json, dict_of, dicts_of, identity, wrapped
from timestep.dialects.openai_js.items import to_protocol

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

_ALWAYS = ("toolUseTracker", "noActiveAgentRun", "trace")  # in every file of the JavaScript SDK
_ABSENT = ("currentStep", "lastModelResponse", "lastProcessedResponse")  # never null there
_WIRE_TYPES = frozenset({"function_call_output", "computer_call_output", "mcp_call", "mcp_list_tools"})
#: Kinds of items that the JavaScript SDK has no name of its own for.
_TOOL_CALLS = frozenset({"mcp_list_tools_item", "mcp_approval_request_item", "mcp_approval_response_item"})


def is_camel_one(value: Json) -> bool:
    """Tell whether a file of number 1.0 has what only that Python code wrote."""
    step = dict_of(value.get("currentStep"))
    return (
        all(name not in value for name in _ALWAYS)
        or any(name in value and value[name] is None for name in _ABSENT)
        or ("interruptions" in step and "data" not in step)
        or any(item.get("type") in _WIRE_TYPES or "call_id" in item for item in _raw(value))
        or any("type" not in dict_of(entry.get("tool")) for entry in _processed(value, "functions"))
    )


def to_javascript(run: Run) -> None:
    """Bring such a file into the shape of the JavaScript SDK's 1.0, in place."""
    value = run.value
    run.account.note("derived", "the file's writer", "Python code that used the names of @openai/agents 1.0")
    for name in _ABSENT:
        if value.get(name) is None:
            value.pop(name, None)
    value.setdefault("toolUseTracker", {})
    value["noActiveAgentRun"] = False
    value.setdefault("trace", None)
    responses = dicts_of(value.get("modelResponses"))
    if value.get("currentTurn") == 0 and responses:  # that code counted none
        value["currentTurn"] = len(responses)
    step = dict_of(value.get("currentStep"))
    if "interruptions" in step:
        step["data"] = {"interruptions": step.pop("interruptions")}
    names = _names(value)
    if isinstance(value.get("originalInput"), list):
        value["originalInput"] = [_protocol(item, names) for item in cast("list[Any]", value["originalInput"])]
    for response in (*responses, dict_of(value.get("lastModelResponse"))):
        if response.get("responseId") is None:
            response.pop("responseId", None)
        if "output" in response:
            response["output"] = [_protocol(item, names) for item in cast("list[Any]", response["output"])]
    for item in wrapped(value):
        _wrap(item, names)
    _work(value, names)
    _claim(value)


def _raw(value: Json) -> Iterator[Json]:
    yield from dicts_of(value.get("originalInput"))
    for response in dicts_of(value.get("modelResponses")):
        yield from dicts_of(response.get("output"))
    for item in wrapped(value):
        yield dict_of(item.get("rawItem"))


def _processed(value: Json, group: str) -> list[Json]:
    return dicts_of(dict_of(value.get("lastProcessedResponse")).get(group))


def _names(value: Json) -> dict[str, tuple[str, str | None]]:
    """Map call ids to tool names, which outputs in wire form lack."""
    calls = (item for item in _raw(value) if isinstance(item.get("name"), str))
    return {str(item.get("callId") or item.get("call_id")): (str(item["name"]), None) for item in calls}


def _protocol(item: Any, names: dict[str, tuple[str, str | None]], *, run_item: bool = False) -> Any:
    if not isinstance(item, dict):
        return item
    members = cast("Json", item)
    wire = {"call_id" if key == "callId" else key: inner for key, inner in members.items() if inner is not None}
    return to_protocol(wire, names=names, run_item=run_item)


def _wrap(item: Json, names: dict[str, tuple[str, str | None]]) -> None:
    item["rawItem"] = _protocol(item.get("rawItem"), names, run_item=True)
    if item.get("type") in _TOOL_CALLS:
        item["type"] = "tool_call_item"
    if item.get("type") == "tool_approval_item" and dict_of(item["rawItem"]).get("type") == "hosted_tool_call":
        item["rawItem"]["name"] = dict_of(item["rawItem"].get("providerData")).get("name")


def _work(value: Json, names: dict[str, tuple[str, str | None]]) -> None:
    """Bring the calls that the last response asked for into the protocol's form."""
    for group in ("functions", "computerActions", "handoffs"):
        for entry in _processed(value, group):
            entry["toolCall"] = _protocol(entry.get("toolCall"), names)
    for request in _processed(value, "mcpApprovalRequests"):
        raw = _protocol(dict_of(request.get("requestItem")).get("rawItem"), names)
        label = dict_of(raw.get("providerData")).get("server_label")
        request["requestItem"] = {"rawItem": {**raw, "name": dict_of(raw.get("providerData")).get("name")}}
        data = {"type": "mcp", "server_label": label}
        request["mcpTool"] = {"type": "hosted_tool", "name": "hosted_mcp", "providerData": data}


def _claim(value: Json) -> None:
    """List calls that wait among the run's items, where the first versions of that code did not."""
    items = value.get("generatedItems")
    waiting = dicts_of(dict_of(dict_of(value.get("currentStep")).get("data")).get("interruptions"))
    if not isinstance(items, list):
        return
    listed = cast("list[Any]", items)
    known = {identity(item) for item in dicts_of(listed) if item.get("type") == "tool_call_item"}
    listed += [{**item, "type": "tool_call_item"} for item in waiting if identity(item) not in known]
