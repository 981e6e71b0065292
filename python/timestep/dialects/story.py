"""Checks that a file tells one story about each call (TS-ITEM-014, TS-ITEM-015)."""

from __future__ import annotations

from collections.abc import Iterable

from timestep.dialects import ledger
from timestep.errors import StateFormatError
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call, is_output, type_of

Copy = tuple[str, Item]


def agree(first: Iterable[Item], copies: Iterable[Copy]) -> None:
    """Compare all copies of each call with its first one.

    Args:
        first: items whose calls set the standard, such as the last model response.
        copies: (pointer, wire item) of every place that repeats calls.

    Raises:
        StateFormatError: two copies differ in what the call does.
    """
    seen: dict[tuple[str, str], tuple[object, ...]] = {}
    for item in first:
        call_id = call_id_of(item)
        if call_id is not None and is_call(item):
            seen[type_of(item), call_id] = ledger.semantics(item)
    for pointer, item in copies:
        call_id = call_id_of(item)
        if call_id is None or not is_call(item):
            continue
        known = seen.setdefault((type_of(item), call_id), ledger.semantics(item))
        if known != ledger.semantics(item):
            raise changed(call_id, pointer)


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


def single_outputs(items: Iterable[Copy]) -> None:
    """Refuse a second output of one call.

    Raises:
        StateFormatError: a call has two outputs in one list.
    """
    seen: set[tuple[str, str]] = set()
    for pointer, item in items:
        call_id = call_id_of(item)
        if call_id is None or not is_output(item):
            continue
        key = (type_of(item), call_id)
        if key in seen:
            raise StateFormatError(
                code="output-duplicate",
                message=f"call {call_id!r} has two outputs",
                pointer=pointer,
                requirement="TS-ITEM-014",
            )
        seen.add(key)
