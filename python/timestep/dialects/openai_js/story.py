"""Checks that an `@openai/agents` file tells one story about each call, and that its fingerprints hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from timestep.codec.pointer import join
from timestep.dialects import story
from timestep.dialects.openai_js import shape
from timestep.dialects.openai_js.fingerprint import FingerprintError, invocation_fingerprint
from timestep.dialects.openai_js.items import ItemError, to_protocol, to_wire
from timestep.dialects.openai_js.keys import fingerprint_name
from timestep.errors import StateFormatError
from timestep.types.base import Item
from timestep.types.state import Call, Entry


def wire(item: Mapping[str, Any], pointer: str, *place: str | int) -> Item:
    """Turn a protocol item into a wire item.

    Args:
        item: the protocol item.
        pointer: where it stands, or the pointer of the run it is in.
        place: where it stands below that; the two are joined in an error only.

    Raises:
        StateFormatError: the item is none that the protocol knows.
    """
    try:
        return to_wire(item)
    except ItemError as error:
        raise StateFormatError(
            code="item-shape", message=str(error), pointer=join(place, base=pointer), requirement="TS-ITEM-001"
        ) from None


def check(source: shape.State, outputs: Sequence[Sequence[Item]], wired: Sequence[Item], pointer: str) -> None:
    """Compare all copies of each call, and count the outputs of each call.

    Raises:
        StateFormatError: two copies differ in what the call does, or a call has two outputs.
    """
    generated: list[story.Copy] = [(("generatedItems", index, "rawItem"), item) for index, item in enumerate(wired)]
    first = (item for items in outputs for item in items)
    story.agree(first, [*generated, *_copies(source, pointer)], pointer)
    story.single_outputs(generated, pointer)


def _copies(source: shape.State, pointer: str) -> Iterator[story.Copy]:
    step = source.current_step
    for index, item in enumerate(step.data.interruptions if step is not None and step.data is not None else []):
        if item.owner().name == source.current_agent.name:
            yield _copy(item.raw_item, ("currentStep", "data", "interruptions", index, "rawItem"), pointer)
    if source.last_processed_response is not None:
        yield from _processed(source.last_processed_response, pointer)


def _copy(item: Item, place: tuple[str | int, ...], pointer: str) -> story.Copy:
    return place, wire(item, pointer, *place)


def _processed(processed: shape.Processed, pointer: str) -> Iterator[story.Copy]:
    base = "lastProcessedResponse"
    for index, item in enumerate(processed.new_items):
        yield _copy(item.raw_item, (base, "newItems", index, "rawItem"), pointer)
    for index, function in enumerate(processed.functions):
        yield _copy(function.tool_call, (base, "functions", index, "toolCall"), pointer)
    for index, handoff in enumerate(processed.handoffs):
        yield _copy(handoff.tool_call, (base, "handoffs", index, "toolCall"), pointer)
    for index, missing in enumerate(processed.function_tools_not_found):
        yield _copy(missing.tool_call, (base, "functionToolsNotFound", index, "toolCall"), pointer)
    for index, request in enumerate(processed.mcp_approval_requests):
        place = (base, "mcpApprovalRequests", index, "requestItem", "rawItem")
        yield _copy(request.request_item.raw_item, place, pointer)
    for action in processed.actions():
        yield _copy(action.tool_call, (base,), pointer)


def fingerprint(call: Call, entry: Entry) -> str | None:
    """Return the SDK's fingerprint of a call; None where it can have none."""
    try:
        return invocation_fingerprint(fingerprint_name(call), to_protocol(entry.item))
    except (ItemError, FingerprintError):
        return None


def check_ledger(source: shape.State, log: Sequence[Entry], calls: Sequence[Call], pointer: str) -> None:
    """Recompute the SDK's fingerprint of every call it has recorded as completed.

    Raises:
        StateFormatError: the recorded fingerprint belongs to another call, or the output is gone.
    """
    recorded = {
        call_id: (mark, join(["completedToolInvocations", index, "invocations", call_id], base=pointer))
        for index, owner in enumerate(source.completed_tool_invocations)
        for call_id, mark in owner.invocations.items()
    }
    for call in calls:
        if call.call_id not in recorded:
            continue
        mark, at = recorded[call.call_id]
        if mark != fingerprint(call, log[call.item]):
            raise story.changed(call.call_id, at)
        if not call.outputs:
            raise StateFormatError(
                code="output-missing",
                message=f"call {call.call_id!r} is recorded as completed, but its output is not in the file",
                pointer=at,
                why="without the output the model would be asked with a dangling call, or the tool would run again",
                requirement="TS-ITEM-013",
            )
