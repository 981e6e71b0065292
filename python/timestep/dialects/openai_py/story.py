"""Checks that a file tells one story about each call: every copy of it, and the SDK's fingerprints (TS-ITEM-015)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from timestep.codec.pointer import join
from timestep.dialects import ledger
from timestep.dialects.openai_py import shape
from timestep.dialects.openai_py.fingerprint import invocation_identity
from timestep.dialects.openai_py.keys import lookup_tuple
from timestep.errors import StateFormatError
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call, is_output, type_of
from timestep.types.state import Call, Entry

_Copy = tuple[tuple[str | int, ...], Item]


def check(source: shape.State, pointer: str) -> None:
    """Compare all copies of each call of the last response, and count the outputs of each call.

    Raises:
        StateFormatError: two copies differ in what the call does, or a call has two outputs.
    """
    responses = source.model_responses
    seen: dict[tuple[str, str], tuple[object, ...]] = {}
    for item in responses[-1].output if responses else []:
        call_id = call_id_of(item)
        if call_id is not None and is_call(item):
            seen[type_of(item), call_id] = ledger.semantics(item)
    for tokens, item in _copies(source):
        call_id = call_id_of(item)
        if call_id is None or not is_call(item):
            continue
        known = seen.setdefault((type_of(item), call_id), ledger.semantics(item))
        if known != ledger.semantics(item):
            raise changed(call_id, join(tokens, base=pointer))
    for name in ("generated_items", "session_items"):
        _single_outputs(getattr(source, name), join([name], base=pointer))


def changed(call_id: str, pointer: str) -> StateFormatError:
    """Return the error for a call whose copies or fingerprints disagree."""
    return StateFormatError(
        code="call-changed",
        message=f"call {call_id!r} differs from what the file says about it elsewhere",
        pointer=pointer,
        why="a decision covers exact arguments; with two versions nobody knows which one was decided on",
        help="use the file as its SDK wrote it; edited arguments need a new run",
        requirement="TS-ITEM-015",
    )


def _copies(source: shape.State) -> Iterator[_Copy]:
    for name in ("generated_items", "session_items"):
        for index, item in enumerate(getattr(source, name)):
            yield (name, index, "raw_item"), item.raw_item
    step = source.current_step
    for index, item in enumerate(step.data.interruptions if step is not None and step.data is not None else []):
        if item.agent.name == source.current_agent.name:
            yield ("current_step", "data", "interruptions", index, "raw_item"), item.raw_item
    processed = source.last_processed_response
    if processed is None:
        return
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


def _single_outputs(items: Sequence[shape.RunItem], pointer: str) -> None:
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(items):
        call_id = call_id_of(item.raw_item)
        if call_id is None or not is_output(item.raw_item):
            continue
        key = (type_of(item.raw_item), call_id)
        if key in seen:
            raise StateFormatError(
                code="output-duplicate",
                message=f"call {call_id!r} has two outputs",
                pointer=join([index], base=pointer),
                requirement="TS-ITEM-014",
            )
        seen.add(key)


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
            raise changed(call.call_id, at)
        if row.completed and not call.outputs:
            raise StateFormatError(
                code="output-missing",
                message=f"call {call.call_id!r} is recorded as completed, but its output is not in the file",
                pointer=at,
                why="without the output the model would be asked with a dangling call, or the tool would run again",
                requirement="TS-ITEM-013",
            )
