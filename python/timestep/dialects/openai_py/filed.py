"""What stands where in an `openai-agents` file of any number, as plain JSON; missing parts are empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from timestep.dialects.openai_py.fingerprint import Identity, invocation_identity
from timestep.dialects.openai_py.keys import lookup_tuple
from timestep.types.base import Item
from timestep.types.items import CALL_OF, KIND_OF, call_id_of, is_call, type_of
from timestep.types.state import ToolKey

Json = dict[str, Any]
_GROUPS = {
    "functions": "tool",
    "computer_actions": "computer",
    "custom_tool_actions": "custom_tool",
    "local_shell_actions": "local_shell",
    "shell_actions": "shell",
    "apply_patch_actions": "apply_patch",
}


class Call(NamedTuple):
    """A call of a run's model: its wire item, the agent it is for, its tool, and what the file tells of it."""

    item: Item
    agent: Json
    tool: ToolKey
    handoff: bool
    done: bool
    nested: bool

    def identity(self) -> Identity | None:
        """Return what the SDK's ledger holds of this call; None where it holds nothing."""
        function = self.tool[0] in {"function", "function_deferred"}
        return invocation_identity(
            self.item,
            lookup_key=lookup_tuple(self.tool),
            tool_name=None if function else self.tool[2],
            role="handoff" if self.handoff else None,
        )


def dict_of(value: Any) -> Json:
    """Return an object, or an empty one for anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def dicts_of(value: Any) -> list[Json]:
    """Return the objects of a list, or nothing for anything else."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]


def processed(value: Json) -> Json:
    """Return the last response as it was split into work."""
    return dict_of(value.get("last_processed_response"))


def interruptions(value: Json) -> list[Json]:
    """List what a run waits for, nested runs' calls included."""
    return dicts_of(dict_of(dict_of(value.get("current_step")).get("data")).get("interruptions"))


def run_items(value: Json) -> Iterator[Json]:
    """Yield the run items of all lists, placeholders of waiting calls included."""
    response = processed(value)
    for items in (value.get("generated_items"), value.get("session_items"), response.get("new_items")):
        yield from dicts_of(items)
    yield from interruptions(value)


def raw_of(item: Json) -> Item:
    """Return the wire item that a run item wraps."""
    return dict_of(item.get("raw_item"))


def agents(value: Json) -> list[Json]:
    """List references to the agents of a run, the current one first, each once."""
    found: dict[tuple[str, str], Json] = {}
    references = [value.get("current_agent")]
    for item in run_items(value):
        if item.get("type") != "tool_approval_item":
            references += [item.get(key) for key in ("agent", "source_agent", "target_agent")]
    for reference in map(dict_of, references):
        if "name" in reference:
            found.setdefault((str(reference.get("name")), str(reference.get("identity"))), reference)
    return list(found.values())


def calls(value: Json) -> dict[str, Call]:
    """Map the ids of the calls in a run's responses to what the file tells of each; the last one of an id counts."""
    told = _Told(value)
    found: dict[str, Call] = {}
    for response in dicts_of(value.get("model_responses")):
        for item in dicts_of(response.get("output")):
            call_id = call_id_of(item)
            if is_call(item) and call_id is not None:
                found[call_id] = told.call(item, call_id)
    return found


class _Told:
    """What run items and the work of the last response tell of calls."""

    def __init__(self, value: Json) -> None:
        self.current = dict_of(value.get("current_agent"))
        self.tools: dict[str | None, ToolKey] = {}
        self.owners: dict[tuple[str, str | None], Json] = {}
        self.shown: dict[tuple[str, str | None], Json] = {}
        self.handoffs: set[str | None] = set()
        self.nested: set[str | None] = set()
        self.done: set[tuple[str, str | None]] = set()
        for item in run_items(value):
            self._item(item, raw_of(item))
        self._work(processed(value))

    def call(self, item: Item, call_id: str) -> Call:
        """Put together what is told of a call."""
        key = (type_of(item), call_id)
        owner = self.owners.get(key) or self.shown.get(key) or self.current
        tool = self.tools.get(call_id) or tool_of(item)
        return Call(item, owner, tool, call_id in self.handoffs, key in self.done, call_id in self.nested)

    def _item(self, item: Json, raw: Item) -> None:
        kind, call_id = type_of(raw), call_id_of(raw)
        if kind in CALL_OF:
            self.done.add((CALL_OF[kind], call_id))
        if kind not in KIND_OF:
            return
        # Placeholders may stand for calls of nested runs that share an id with one of this run.
        owners = self.shown if item.get("type") == "tool_approval_item" else self.owners
        owners.setdefault((kind, call_id), dict_of(item.get("agent")))
        if item.get("type") == "handoff_call_item":
            self.handoffs.add(call_id)
        key, name = item.get("tool_lookup_key"), item.get("tool_name")
        if key or (name and KIND_OF[kind] not in {"function", "custom", "hosted_mcp"}):
            self.tools.setdefault(call_id, tool_of(raw, dict_of(key), name))

    def _work(self, response: Json) -> None:
        for group, member in _GROUPS.items():
            for work in dicts_of(response.get(group)):
                raw, tool = dict_of(work.get("tool_call")), dict_of(work.get(member))
                key = dict_of(tool.get("lookupKey"))
                if is_call(raw) and (key or group != "functions"):
                    self.tools[call_id_of(raw)] = tool_of(raw, key, tool.get("name"))
                if work.get("agent_run_state"):
                    self.nested.add(call_id_of(raw))
        for work in dicts_of(response.get("handoffs")):
            self.handoffs.add(call_id_of(dict_of(work.get("tool_call"))))


def tool_of(item: Item, key: Json | None = None, name: str | None = None) -> ToolKey:
    """Return the tool of a call by its lookup key in the file, else by the name told beside it, else by the item's."""
    if key:
        namespace = key.get("namespace") if key.get("kind") == "namespaced" else None
        kind = "function_deferred" if key.get("kind") == "deferred_top_level" else "function"
        return (kind, namespace, str(key.get("name")))
    kind = KIND_OF[type_of(item)]
    own, namespace = str(item.get("name")), item.get("namespace")
    if kind == "hosted_mcp":
        return (kind, item.get("server_label"), own)
    if kind == "function":
        return ("function_deferred", None, own) if namespace == own else (kind, namespace or None, own)
    return (kind, None, name or (own if kind == "custom" else kind))
