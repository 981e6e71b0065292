"""Checks that an `openai-agents` file's lists agree on which calls there are, which wait, and whom each is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from timestep.codec.pointer import join
from timestep.dialects import ledger, story
from timestep.dialects.openai_py import shape
from timestep.dialects.openai_py.keys import tool_key, tool_name
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call, is_output
from timestep.types.state import Call, Entry, ToolKey

_FUNCTIONS = {"function", "function_deferred"}
_Place = tuple[str | int, ...]


def check(source: shape.State, log: Sequence[Entry], calls: Sequence[Call], pointer: str) -> None:
    """Compare the copies of the last response, the work split from it, and what waits (TS-ITEM-017, TS-STATE-028).

    Raises:
        StateFormatError: a list holds a call that the others don't, or names another tool for it.
    """
    _last_response(source, pointer)
    _indexes(source, pointer)
    story.single_calls(calls, join(["model_responses"], base=pointer))
    known = {call.call_id: call for call in calls}
    asked = _asked(source)
    _items(source, known, {call.call_id: log[call.item].agent for call in calls}, pointer)
    if source.last_processed_response is not None:
        for place, item, tool, name in _processed(source.last_processed_response):
            at = join(["last_processed_response", *place], base=pointer)
            call = known.get(call_id_of(item) or "")
            if call is None or call.call_id not in asked:
                raise story.stray(call_id_of(item) or "", at)
            same = ledger.semantics(log[call.item].item) == ledger.semantics(item)
            if not same or not _names(call.tool, tool, name):
                raise story.changed(call.call_id, at)
    if source.conversation_id is not None and source.previous_response_id is not None:
        at = join(["previous_response_id"], base=pointer)
        raise story.inconsistent("a conversation id and a previous response id exclude each other", at)
    _waiting(source, known, pointer)
    _records(source, known, asked, pointer)


def work(source: shape.State, pointer: str) -> None:
    """Refuse placeholders and work to do that are no calls, or calls without an id (TS-ITEM-012).

    Raises:
        StateFormatError: with the pointer of the item.
    """
    outputs = (
        (("model_responses", number, "output"), response.output)
        for number, response in enumerate(source.model_responses)
    )
    story.identified(outputs, pointer)
    step, processed = source.current_step, source.last_processed_response
    lists: list[tuple[_Place, Sequence[shape.RunItem]]] = [
        (("generated_items",), source.generated_items),
        (("session_items",), source.session_items),
        (("current_step", "data", "interruptions"), step.data.interruptions if step and step.data else []),
        (("last_processed_response", "interruptions"), processed.interruptions if processed else []),
    ]
    for place, items in lists:
        for index, item in enumerate(items):
            waits = item.type == "tool_approval_item" or "interruptions" in place
            if waits and (not is_call(item.raw_item) or call_id_of(item.raw_item) is None):
                raise story.no_call(join([*place, index, "raw_item"], base=pointer))
    for place, item, _, _ in _processed(processed) if processed else ():
        if not is_call(item) or call_id_of(item) is None:
            raise story.no_call(join(["last_processed_response", *place], base=pointer))


def shown(known: Entry, tool: ToolKey, item: shape.RunItem, pointer: str, agent: str | None = None) -> None:
    """Refuse an interruption that shows another call, tool or agent than the one it waits for (TS-ITEM-015)."""
    same = ledger.semantics(known.item) == ledger.semantics(item.raw_item)
    owned = agent is None or known.agent is None or known.agent == agent
    if not same or not owned or not _names(tool, item.tool_lookup_key, item.tool_name):
        raise story.changed(call_id_of(item.raw_item) or "", pointer)


def _last_response(source: shape.State, pointer: str) -> None:
    copy, responses = source.last_model_response, source.model_responses
    if copy is None:
        return
    at = join(["last_model_response"], base=pointer)
    own = [item for item in responses[-1].output if is_call(item)] if responses else []
    copied = [item for item in copy.output if is_call(item)]
    if [ledger.semantics(item) for item in own] != [ledger.semantics(item) for item in copied]:
        raise story.changed(call_id_of((own or copied)[0]) or "", at)
    if [call_id_of(item) for item in own] != [call_id_of(item) for item in copied]:
        raise story.changed(call_id_of((own or copied)[0]) or "", at)


def _indexes(source: shape.State, pointer: str) -> None:
    """Each generated item that is said to be a session item is that item."""
    indexes = source.generated_session_item_indexes
    if indexes is None:
        return
    if len(indexes) != len(source.generated_items):
        at = join(["generated_session_item_indexes"], base=pointer)
        raise story.inconsistent("there is not one index for each generated item", at)
    for number, (index, item) in enumerate(zip(indexes, source.generated_items, strict=True)):
        if index is None:
            continue
        inside = 0 <= index < len(source.session_items)
        if not inside or source.session_items[index].raw_item != item.raw_item:
            at = join(["generated_session_item_indexes", number], base=pointer)
            raise story.inconsistent("the session item of that position is another item", at)


def _processed(
    processed: shape.Processed,
) -> Iterator[tuple[_Place, Item, shape.LookupKey | None, str | None]]:
    for index, function in enumerate(processed.functions):
        yield ("functions", index, "tool_call"), function.tool_call, function.tool.lookupKey, function.tool.name
    for index, handoff in enumerate(processed.handoffs):
        name = handoff.handoff.tool_name if handoff.handoff is not None else None
        yield ("handoffs", index, "tool_call"), handoff.tool_call, None, name
    for index, request in enumerate(processed.mcp_approval_requests):
        yield ("mcp_approval_requests", index, "request_item", "raw_item"), request.request_item.raw_item, None, None
    for action in processed.actions():
        yield (), action.tool_call, None, action.name()


def _items(source: shape.State, known: Mapping[str, Call], owners: Mapping[str, str | None], pointer: str) -> None:
    """The items of a call, placeholders included, are its agent's and name its tool."""
    waiting = {_key(item) for item in _listed(source)}
    for name, items in (("generated_items", source.generated_items), ("session_items", source.session_items)):
        for index, item in enumerate(items):
            call = known.get(call_id_of(item.raw_item) or "") if is_call(item.raw_item) else None
            if call is None or _stands_below(item, owners[call.call_id], waiting):
                continue
            owned = owners[call.call_id] in {None, item.agent.identity or item.agent.name}
            if not owned or not _names(call.tool, item.tool_lookup_key, item.tool_name):
                raise story.changed(call.call_id, join([name, index], base=pointer))
    shown_calls = {call_id_of(item.raw_item) for item in source.generated_items if is_call(item.raw_item)}
    for index, item in enumerate(source.generated_items):
        call_id = call_id_of(item.raw_item)
        if is_output(item.raw_item) and call_id in known and call_id not in shown_calls:
            at = join(["generated_items", index], base=pointer)
            raise story.inconsistent(f"the output of call {call_id!r} stands there without its call", at)
    twice = next((call for call in known.values() if len(call.outputs) > 1), None)
    if twice is not None:
        at = join(["generated_items"], base=pointer)
        raise story.inconsistent(f"call {twice.call_id!r} has another output than in the session items", at)


def _asked(source: shape.State) -> set[str]:
    """Return the ids of the calls in the last response."""
    last = source.model_responses[-1].output if source.model_responses else []
    return {call_id_of(item) or "" for item in last if is_call(item)}


def _names(tool: ToolKey, key: shape.LookupKey | None, name: str | None) -> bool:
    """Tell whether a lookup key and a name, as far as there are any, are the tool's."""
    if key is not None and tool_key(key) != tool:
        return False
    return name is None or name in {tool[2], tool_name(tool)}


def _waiting(source: shape.State, known: Mapping[str, Call], pointer: str) -> None:
    """What waits is listed once, for the agent that asked; placeholders among the items stand for the same calls."""
    told: dict[tuple[str, str], shape.RunItem] = {}
    for index, item in enumerate(_listed(source)):
        if told.setdefault(_key(item), item) is not item:
            at = join(["current_step", "data", "interruptions", index], base=pointer)
            raise story.inconsistent(f"call {_key(item)[1]!r} waits twice", at)
    _repeated(source, told, pointer)
    waiting = {call_id for _, call_id in told}
    for index, item in enumerate(source.generated_items):
        other = told.get(_key(item)) if item.type == "tool_approval_item" else None
        call_id = call_id_of(item.raw_item) if item.type == "tool_approval_item" else None
        if other is None and call_id in waiting and call_id not in known:  # a nested run's call, for another agent
            raise story.changed(call_id or "", join(["generated_items", index], base=pointer))
        if other is not None and (item.tool_name, item.tool_lookup_key) != (other.tool_name, other.tool_lookup_key):
            at = join(["generated_items", index], base=pointer)
            raise story.changed(call_id_of(item.raw_item) or "", at)
    for index, item in enumerate(source.generated_items):
        call = known.get(call_id_of(item.raw_item) or "") if item.type == "tool_approval_item" else None
        if call is not None and not call.outputs and call.call_id not in waiting and call.state == "requested":
            at = join(["generated_items", index], base=pointer)
            raise story.inconsistent(f"call {call.call_id!r} has a placeholder, yet nothing waits for it", at)


def _repeated(source: shape.State, waiting: Mapping[tuple[str, str], shape.RunItem], pointer: str) -> None:
    """The processed response repeats what waits."""
    processed = source.last_processed_response
    for index, item in enumerate(processed.interruptions if processed is not None else []):
        other = waiting.get(_key(item))
        if other is not None and ledger.semantics(other.raw_item) != ledger.semantics(item.raw_item):
            at = join(["last_processed_response", "interruptions", index], base=pointer)
            raise story.changed(call_id_of(item.raw_item) or "", at)


def _listed(source: shape.State) -> Sequence[shape.RunItem]:
    step = source.current_step
    return step.data.interruptions if step is not None and step.data is not None else []


def _key(item: shape.RunItem) -> tuple[str, str]:
    """Agent and call id: runs of several agents may use one id, each for its own call."""
    return (item.agent.identity or item.agent.name, call_id_of(item.raw_item) or "")


def _stands_below(item: shape.RunItem, owner: str | None, waiting: AbstractSet[tuple[str, str]]) -> bool:
    """Tell whether a placeholder stands for a nested run's call, which only shares its id with one of this run."""
    return item.type == "tool_approval_item" and _key(item)[0] != owner and _key(item) in waiting


def _records(source: shape.State, known: Mapping[str, Call], asked: set[str], pointer: str) -> None:
    """The SDK's record of a call agrees with its output, and no call that is to run lacks a record."""
    at = join(["context", "tool_invocations"], base=pointer)
    for call in known.values():
        row = source.context.tool_invocations.get(call.call_id)
        if row is not None and ((row.completed or call.outputs) and not row.executed):
            message = f"call {call.call_id!r} has an output, yet the record says that it has not been executed"
            raise story.inconsistent(message, join([call.call_id, "executed"], base=at))
        if row is None and call.state == "requested" and call.call_id in asked:
            message = f"call {call.call_id!r} is in the last response, yet nothing is recorded about it"
            raise story.inconsistent(message, at)
