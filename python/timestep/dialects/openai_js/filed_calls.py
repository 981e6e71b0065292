"""The calls that a file of any number shows, with the names under which old and new numbers file decisions on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from timestep.dialects.openai_js.fingerprint import (
    FingerprintError,
    call_id_of,
    function_state_key,
    hosted_mcp_request,
    hosted_mcp_state_key,
    invocation_fingerprint,
)
from timestep.dialects.openai_js.items import ItemError, to_protocol, to_wire

if TYPE_CHECKING:
    from timestep.dialects.steps import Run

Json = dict[str, Any]
Kind = Literal["function", "hosted", "native"]
CallName = tuple[str, str, str]  # the type of a call, its id, and the name of its tool
#: What a built-in tool is called unless the file names it.
NATIVE = {"shell_call": "shell", "apply_patch_call": "apply_patch", "computer_call": "computer_use_preview"}
#: Names that a decision on a call of a computer tool may be filed under.
COMPUTER = frozenset({"computer", "computer_use_preview"})
_ACTIONS = (("computerActions", "computer"), ("shellActions", "shell"), ("applyPatchActions", "applyPatch"))


class FiledCall(NamedTuple):
    """A call as a file shows it.

    `agent` is the owner's identity, else its name. `key` is what current numbers file decisions under, `names` are
    what older ones did.
    """

    call_id: str
    agent: str
    raw: Json
    kind: Kind
    key: str
    names: frozenset[str]

    @property
    def fingerprint(self) -> str | None:
        """The SDK's fingerprint of the call, or None where it can have none."""
        return fingerprint(self.key, self.raw)


def fingerprint(name: str, raw: Json) -> str | None:
    """Return the SDK's fingerprint of a call, as `story.fingerprint` will compute it from the canonical item."""
    try:
        same = raw.get("type") == "function_call"  # in every number, and on the wire: no need to go there and back
        return invocation_fingerprint(name, raw if same else to_protocol(to_wire(raw)))
    except (ItemError, FingerprintError):
        return None


def in_tree(run: Run) -> list[FiledCall]:
    """List the calls of a run and of all runs below it, each call of an agent once."""
    found = {(call.agent, call.call_id): call for call in of_run(run)}
    for child in run.children():
        for call in in_tree(child):
            found.setdefault((call.agent, call.call_id), call)
    return list(found.values())


def of_run(run: Run) -> list[FiledCall]:
    """List the calls of one run, each call of an agent once; steps change neither them nor their owners after 1.6."""
    found = run.memo.get("calls")
    if found is None:
        found = run.memo["calls"] = list(_in_file(run.value))
    return found


def _in_file(value: Json) -> Iterator[FiledCall]:
    """List the calls of a file; a call stands in several places, and a placeholder may name its tool better."""
    tools, seen = _tools(value), set[tuple[str, str]]()
    for item in wrapped(value):
        if item.get("type") not in _CALLS:
            continue
        raw, key = dict_of(item.get("rawItem")), identity(item)
        filed = _filed(raw, tools) if key[1] and key not in seen else None
        if filed is not None:
            seen.add(key)
            yield FiledCall(key[1], key[0], raw, *filed)


_CALLS = ("tool_call_item", "tool_approval_item")


def wrapped(value: Json) -> Iterator[Json]:
    """List the wrapped items of one run: what it generated, what it processed, and what it waits for."""
    processed, step = dict_of(value.get("lastProcessedResponse")), dict_of(value.get("currentStep"))
    waiting = dict_of(step.get("data")).get("interruptions")
    for items in (value.get("generatedItems"), processed.get("newItems"), waiting):
        yield from dicts_of(items)


def protocol_items(value: Json) -> Iterator[Json]:
    """List the protocol items of one run, in whatever they are wrapped; the same call stands in several places."""
    yield from dicts_of(value.get("originalInput"))
    for response in (*dicts_of(value.get("modelResponses")), dict_of(value.get("lastModelResponse"))):
        yield from dicts_of(response.get("output"))
    for item in wrapped(value):
        yield dict_of(item.get("rawItem"))
    for entry in processed_calls(value):
        yield dict_of(entry.get("toolCall"))


def processed_calls(value: Json) -> Iterator[Json]:
    """List what the last response asked for: functions, handoffs and built-in tools, known or not."""
    processed = dict_of(value.get("lastProcessedResponse"))
    for group in ("functions", "handoffs", "functionToolsNotFound", *(group for group, _ in _ACTIONS)):
        yield from dicts_of(processed.get(group))


def owner(item: Json) -> str:
    """Return the identity, or else the name, of the agent that an item belongs to."""
    agent = dict_of(item.get("agent") or item.get("sourceAgent"))
    return str(agent.get("identity") or agent.get("name") or "")


def identity(item: Json) -> tuple[str, str]:
    """Return the owner of a wrapped item and the id of the call that it is about."""
    return owner(item), call_id_of(dict_of(item.get("rawItem"))) or ""


def answered(value: Json) -> set[str]:
    """Collect the ids of the calls that have an output among the items of one run."""
    return {found for item in dicts_of(value.get("generatedItems")) if (found := answers(item)) is not None}


def answers(item: Json) -> str | None:
    """Return the id of the call that an item is the output of."""
    raw = dict_of(item.get("rawItem"))
    if item.get("type") in ("tool_call_output_item", "handoff_output_item"):
        return call_id_of(raw)
    if raw.get("type") == "hosted_tool_call" and raw.get("name") == "mcp_approval_response":
        return str(dict_of(raw.get("providerData")).get("approval_request_id"))
    return None


def is_deferred(function: Json) -> bool:
    """Tell whether a processed function call is one of a top-level tool that is loaded when needed."""
    tool, call = dict_of(function.get("tool")), dict_of(function.get("toolCall"))
    return bool(tool.get("deferLoading")) and call.get("namespace") in (None, tool.get("name"))


def _tools(value: Json) -> dict[CallName, str]:
    """Map calls to what the file says about their tools: the state key of a function, or a tool's name.

    A file also holds the waiting calls of nested runs, where an id may come once more: of another tool.
    """
    processed = dict_of(value.get("lastProcessedResponse"))
    found: dict[CallName, str] = {}
    for function in dicts_of(processed.get("functions")):
        name = str(dict_of(function.get("tool")).get("name"))
        key = function_state_key(name, name) if is_deferred(function) else None
        if key is not None:
            found[_call_name(dict_of(function.get("toolCall")))] = key
    for group, tool in _ACTIONS:
        for action in dicts_of(processed.get(group)):
            found[_call_name(dict_of(action.get("toolCall")))] = str(dict_of(action.get(tool)).get("name"))
    for item in wrapped(value):
        raw = dict_of(item.get("rawItem"))
        told = item.get("functionToolStateKey" if raw.get("type") == "function_call" else "toolName")
        if told:
            found.setdefault(_call_name(raw), str(told))
    return found


def _call_name(raw: Json) -> CallName:
    return str(raw.get("type")), call_id_of(raw) or "", str(raw.get("name"))


def _filed(raw: Json, tools: dict[CallName, str]) -> tuple[Kind, str, frozenset[str]] | None:
    kind = str(raw.get("type"))
    if kind == "function_call":
        name, namespace = str(raw.get("name")), raw.get("namespace") or None
        names = {f"{namespace}.{name}", _display(name, namespace)} if namespace else {name}
        return "function", tools.get(_call_name(raw)) or function_state_key(name, namespace) or name, frozenset(names)
    if kind in NATIVE:
        name = tools.get(_call_name(raw)) or NATIVE[kind]
        return "native", name, COMPUTER | {name} if kind == "computer_call" else frozenset({name})
    request = hosted_mcp_request(raw)
    key = hosted_mcp_state_key(request.get("serverLabel", ""), request.get("toolName", ""))
    return ("hosted", key, frozenset({request["toolName"]})) if key is not None else None


def _display(name: str, namespace: str | None) -> str:
    return f"{namespace}.{name}" if namespace and namespace != name else name


def dict_of(value: Any) -> Json:
    """Return the value if it is an object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def dicts_of(value: Any) -> list[Json]:
    """Return the objects in a list; other values have none."""
    values = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Json", item) for item in values if isinstance(item, dict)]
