"""Checks that an `@openai/agents` file's lists agree on which calls there are, which wait, and whom each is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from timestep.codec.pointer import join
from timestep.dialects import ledger, story
from timestep.dialects.openai_js import shape
from timestep.dialects.openai_js.fingerprint import call_id_of as js_call_id
from timestep.dialects.openai_js.keys import tool_key
from timestep.dialects.openai_js.story import wire
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call
from timestep.types.state import Call, Entry, ToolKey

_Place = tuple[str | int, ...]


def check(
    source: shape.State, wired: Sequence[Item], log: Sequence[Entry], calls: Sequence[Call], pointer: str
) -> None:
    """Compare the copies of the last response, the work split from it, what waits, and what is recorded as done.

    Raises:
        StateFormatError: a list holds a call that the others don't, or names another tool or agent for it.
    """
    story.single_calls(calls, join(["modelResponses"], base=pointer))
    known = {call.call_id: call for call in calls}
    asked = _last_response(source, pointer)
    rest = set(asked)
    if source.last_processed_response is not None:
        for place, item, name in _processed(source.last_processed_response):
            at = join(["lastProcessedResponse", *place], base=pointer)
            call_id = js_call_id(item) or ""
            if call_id not in known or call_id not in asked:
                raise story.stray(call_id, at)
            same = ledger.semantics(log[known[call_id].item].item) == ledger.semantics(wire(item, at))
            if not same or not _names(known[call_id].tool, None, name):
                raise story.changed(call_id, at)
            rest.discard(call_id)
        _left_out(source, rest, known, pointer)
    if source.conversation_id is not None and source.previous_response_id is not None:
        at = join(["previousResponseId"], base=pointer)
        raise story.inconsistent("a conversation id and a previous response id exclude each other", at)
    _waiting(source, wired, log, known, pointer)
    _records(source, wired, log, known, pointer)
    _aliases(source, pointer)


def work(source: shape.State, outputs: Sequence[Sequence[Item]], wired: Sequence[Item], pointer: str) -> None:
    """Refuse placeholders and work to do that are no calls, or calls without an id (TS-ITEM-012).

    Raises:
        StateFormatError: with the pointer of the item.
    """
    places = ((("modelResponses", number, "output"), items) for number, items in enumerate(outputs))
    story.identified(places, pointer)
    found: list[tuple[_Place, Item]] = [
        (("generatedItems", index, "rawItem"), wire_item)
        for index, (item, wire_item) in enumerate(zip(source.generated_items, wired, strict=True))
        if item.type == "tool_approval_item"
    ]
    step, processed = source.current_step, source.last_processed_response
    for index, item in enumerate(step.data.interruptions if step is not None and step.data is not None else []):
        place = ("currentStep", "data", "interruptions", index, "rawItem")
        found.append((place, wire(item.raw_item, join(place, base=pointer))))
    for below, raw, _ in _processed(processed) if processed is not None else ():
        place = ("lastProcessedResponse", *below)
        found.append((place, wire(raw, join(place, base=pointer))))
    for place, item in found:
        if not is_call(item) or call_id_of(item) is None:
            raise story.no_call(join(place, base=pointer))


def shown(known: Entry, tool: ToolKey, item: shape.RunItem, pointer: str, agent: str | None = None) -> None:
    """Refuse an interruption that shows another call, tool or agent than the one it waits for (TS-ITEM-015)."""
    wired = wire(item.raw_item, pointer)
    same = ledger.semantics(known.item) == ledger.semantics(wired)
    owned = agent is None or known.agent is None or known.agent == agent
    if not same or not owned or not _names(tool, item.function_tool_state_key, item.tool_name):
        raise story.changed(js_call_id(item.raw_item) or "", pointer)


def _last_response(source: shape.State, pointer: str) -> set[str]:
    """Compare the two copies of the last response, which the SDK wants equal; return the ids of its calls."""
    if not source.model_responses:
        if source.last_model_response is not None:
            at = join(["lastModelResponse"], base=pointer)
            raise story.inconsistent("there is a last response, and no response in the list", at)
        return set()
    own = _calls(source.model_responses[-1], join(["modelResponses", len(source.model_responses) - 1], base=pointer))
    if source.last_model_response is not None:
        copied = _calls(source.last_model_response, join(["lastModelResponse"], base=pointer))
        if own != copied:
            raise story.changed((own or copied)[0][0], join(["lastModelResponse"], base=pointer))
    return {call_id for call_id, _ in own}


def _calls(response: shape.Response, pointer: str) -> list[tuple[str, tuple[object, ...]]]:
    items = [wire(item, join(["output", index], base=pointer)) for index, item in enumerate(response.output)]
    return [(call_id_of(item) or "", ledger.semantics(item)) for item in items if is_call(item)]


def _processed(processed: shape.Processed) -> Iterator[tuple[_Place, Item, str | None]]:
    for index, function in enumerate(processed.functions):
        yield ("functions", index, "toolCall"), function.tool_call, function.tool.name
    for index, handoff in enumerate(processed.handoffs):
        yield ("handoffs", index, "toolCall"), handoff.tool_call, handoff.handoff.tool_name
    for index, missing in enumerate(processed.function_tools_not_found):
        yield ("functionToolsNotFound", index, "toolCall"), missing.tool_call, missing.tool_name
    for index, request in enumerate(processed.mcp_approval_requests):
        yield ("mcpApprovalRequests", index, "requestItem", "rawItem"), request.request_item.raw_item, None
    for action in processed.actions():
        yield (), action.tool_call, action.name()


def _left_out(source: shape.State, rest: set[str], known: Mapping[str, Call], pointer: str) -> None:
    """A paused run has split up its whole last response; only unknown tools, answered at once, are left out."""
    paused = source.current_step is not None and source.current_step.type == "next_step_interruption"
    for call_id in sorted(rest) if paused else ():
        if call_id not in known or not known[call_id].outputs:
            at = join(["lastProcessedResponse"], base=pointer)
            raise story.inconsistent(f"call {call_id!r} of the last response is not among the work to do", at)


def _names(tool: ToolKey, key: str | None, name: str | None) -> bool:
    """Tell whether a state key and a name, as far as there are any, are the tool's."""
    if key is not None and tool_key(key) != tool:
        return False
    return name is None or name in {tool[2], f"{tool[1]}.{tool[2]}"}


def _is_of(item: shape.RunItem, call: Call, entry: Entry) -> bool:
    """Tell whether a placeholder is the call's agent's and names its tool."""
    owner = item.owner()
    named = _names(call.tool, item.function_tool_state_key, item.tool_name)
    return named and entry.agent in {None, owner.identity or owner.name}


def _waiting(
    source: shape.State, wired: Sequence[Item], log: Sequence[Entry], known: Mapping[str, Call], pointer: str
) -> None:
    """What waits is listed once, for the agent that asked; placeholders among the items stand for the same calls."""
    step = source.current_step
    listed: set[tuple[str, str]] = set()
    for index, item in enumerate(step.data.interruptions if step is not None and step.data is not None else []):
        at = join(["currentStep", "data", "interruptions", index], base=pointer)
        key = (item.owner().identity or item.owner().name, js_call_id(item.raw_item) or "")
        if key in listed:
            raise story.inconsistent(f"call {key[1]!r} waits twice", at)
        listed.add(key)
    waiting = {call_id for _, call_id in listed}
    for index, (item, wire_item) in enumerate(zip(source.generated_items, wired, strict=True)):
        call = known.get(call_id_of(wire_item) or "") if item.type == "tool_approval_item" else None
        if call is not None and not _is_of(item, call, log[call.item]):
            raise story.changed(call.call_id, join(["generatedItems", index], base=pointer))
        if call is not None and not call.outputs and call.call_id not in waiting and call.state == "requested":
            at = join(["generatedItems", index], base=pointer)
            raise story.inconsistent(f"call {call.call_id!r} has a placeholder, yet nothing waits for it", at)


def _records(
    source: shape.State, wired: Sequence[Item], log: Sequence[Entry], known: Mapping[str, Call], pointer: str
) -> None:
    """A recorded completion is by the agent that made the call, and has a proof; an output has such a record."""
    marks: dict[tuple[str, str], str] = {}
    for index, owner in enumerate(source.completed_tool_invocations):
        for call_id, mark in owner.invocations.items():
            at = join(["completedToolInvocations", index, "invocations", call_id], base=pointer)
            call = known.get(call_id)
            if call is None:
                raise story.inconsistent(f"call {call_id!r} is recorded as completed, and no response has it", at)
            if log[call.item].agent not in {None, owner.agent_identity}:
                raise story.changed(call_id, at)
            marks[owner.agent_identity, call_id] = mark
    _proofs(source, wired, marks, pointer)
    at = join(["completedToolInvocations"], base=pointer)
    recorded = {call_id for _, call_id in marks}
    recorded |= {call_id for owner in source.ambiguous_tool_invocation_call_ids for call_id in owner.call_ids}
    for call in known.values():
        if call.outputs and call.call_id not in recorded:
            raise story.inconsistent(f"call {call.call_id!r} has an output, yet it is not recorded as completed", at)


def _proofs(source: shape.State, wired: Sequence[Item], marks: Mapping[tuple[str, str], str], pointer: str) -> None:
    """Each recorded completion has one proof: its call and its output, in the items or beside them."""
    proven: set[tuple[str, str]] = set()
    for index, owner in enumerate(source.completed_tool_invocation_evidence):
        for call_id, evidence in owner.invocations.items():
            at = join(["completedToolInvocationEvidence", index, "invocations", call_id], base=pointer)
            if marks.get((owner.agent_identity, call_id)) != evidence.fingerprint:
                raise story.changed(call_id, at)
            for number, part in enumerate(evidence.items):
                place = join(["items", number], base=at)
                if not _proves(part, call_id, wired, place):
                    raise story.inconsistent(f"the proof that call {call_id!r} has completed is another item", place)
            proven.add((owner.agent_identity, call_id))
    missing = next((call_id for agent, call_id in marks if (agent, call_id) not in proven), None)
    if missing is not None:
        at = join(["completedToolInvocationEvidence"], base=pointer)
        raise story.inconsistent(f"nothing proves that call {missing!r} has completed", at)


def _proves(part: shape.EvidencePart, call_id: str, wired: Sequence[Item], pointer: str) -> bool:
    if part.item is not None:
        return call_id_of(wire(part.item.raw_item, pointer)) == call_id
    place = part.generated_item_index
    return place is not None and 0 <= place < len(wired) and call_id_of(wired[place]) == call_id


def _aliases(source: shape.State, pointer: str) -> None:
    """An alias of a nested run names a run in the file, and the same call."""
    for alias, key in source.pending_agent_tool_run_aliases.items():
        same = alias.rpartition(":")[2] == key.rpartition(":")[2]
        if key not in source.pending_agent_tool_runs or not same:
            at = join(["pendingAgentToolRunAliases", alias], base=pointer)
            raise story.inconsistent("the alias names no nested run of that call", at)
