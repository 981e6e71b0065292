"""Checks that an `openai-agents` file tells one story about each call, and that its fingerprints hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timestep.codec.pointer import join
from timestep.dialects import story
from timestep.dialects.openai_py import shape
from timestep.dialects.openai_py.fingerprint import invocation_identity
from timestep.dialects.openai_py.keys import lookup_tuple
from timestep.errors import StateFormatError
from timestep.types.items import call_id_of
from timestep.types.state import Call, Entry


def check(source: shape.State, pointer: str) -> None:
    """Compare all copies of each call, and count the outputs of each call.

    Raises:
        StateFormatError: two copies differ in what the call does, or a call has two outputs.
    """
    first = (item for response in source.model_responses for item in response.output)
    story.agree(first, _copies(source), pointer)
    for name, items in (("generated_items", source.generated_items), ("session_items", source.session_items)):
        story.single_outputs((((name, index), item.raw_item) for index, item in enumerate(items)), pointer)


def _copies(source: shape.State) -> Iterator[story.Copy]:
    step = source.current_step
    interruptions = step.data.interruptions if step is not None and step.data is not None else []
    below = {
        (item.agent.name, call_id_of(item.raw_item))
        for item in interruptions
        if item.agent.name != source.current_agent.name
    }
    for name, items in (("generated_items", source.generated_items), ("session_items", source.session_items)):
        for index, item in enumerate(items):
            # Both lists also hold placeholders of nested runs' calls, whose ids are another run's.
            waits = item.type == "tool_approval_item"
            if waits and (name == "session_items" or (item.agent.name, call_id_of(item.raw_item)) in below):
                continue
            yield (name, index, "raw_item"), item.raw_item
    for index, item in enumerate(interruptions):
        if item.agent.name == source.current_agent.name:
            yield ("current_step", "data", "interruptions", index, "raw_item"), item.raw_item
    if source.last_processed_response is not None:
        yield from _processed(source.last_processed_response)


def _processed(processed: shape.Processed) -> Iterator[story.Copy]:
    base = "last_processed_response"
    for index, item in enumerate(processed.new_items):
        yield (base, "new_items", index, "raw_item"), item.raw_item
    for index, function in enumerate(processed.functions):
        yield (base, "functions", index, "tool_call"), function.tool_call
    for index, handoff in enumerate(processed.handoffs):
        yield (base, "handoffs", index, "tool_call"), handoff.tool_call
    for index, request in enumerate(processed.mcp_approval_requests):
        yield (base, "mcp_approval_requests", index, "request_item", "raw_item"), request.request_item.raw_item
    for action in processed.actions():
        yield (base,), action.tool_call


def check_ledger(source: shape.State, log: Sequence[Entry], calls: Sequence[Call], pointer: str) -> None:
    """Recompute the SDK's fingerprint of every call it has recorded.

    Raises:
        StateFormatError: the recorded fingerprint belongs to another call.
    """
    rows = source.context.tool_invocations
    for call in calls:
        row = rows.get(call.call_id)
        if row is None:
            continue
        at = join(["context", "tool_invocations", call.call_id], base=pointer)
        identity = invocation_identity(
            log[call.item].item,
            lookup_key=lookup_tuple(call.tool),
            tool_name=None if call.tool[0] in {"function", "function_deferred"} else call.tool[2],
            role="handoff" if call.role == "handoff" else None,
        )
        if identity is None or (row.type, row.approval_scope, row.fingerprint) != (
            identity.type,
            identity.approval_scope,
            identity.fingerprint,
        ):
            raise story.changed(call.call_id, at)
        if row.completed and not call.outputs:
            raise StateFormatError(
                code="output-missing",
                message=f"call {call.call_id!r} is recorded as completed, but its output is not in the file",
                pointer=at,
                why="without the output the model would be asked with a dangling call, or the tool would run again",
                requirement="TS-ITEM-013",
            )
