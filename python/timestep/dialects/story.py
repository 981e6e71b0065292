"""Checks that a file tells one story about each call (TS-ITEM-014, TS-ITEM-015)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from timestep.codec.pointer import join
from timestep.dialects import ledger
from timestep.errors import StateFormatError
from timestep.types.base import Item
from timestep.types.items import call_id_of, is_call, is_output, type_of
from timestep.types.state import Call

#: Where a copy stands, below the run's own pointer, and the copy.
Copy = tuple[tuple[str | int, ...], Item]


def agree(first: Iterable[Item], copies: Iterable[Copy], base: str) -> None:
    """Compare all copies of each call with its first one.

    Args:
        first: items whose calls set the standard, such as the last model response.
        copies: (place, wire item) of every place that repeats calls.
        base: pointer of the run that the places are in.

    Raises:
        StateFormatError: two copies differ in what the call does.
    """
    seen: dict[tuple[str, str], tuple[object, ...]] = {}
    for item in first:
        call_id = call_id_of(item)
        if call_id is not None and is_call(item):
            seen[type_of(item), call_id] = ledger.semantics(item)
    for place, item in copies:
        if not is_call(item):
            continue
        call_id = call_id_of(item)
        if call_id is None:
            continue
        meaning = ledger.semantics(item)
        if seen.setdefault((type_of(item), call_id), meaning) != meaning:
            raise changed(call_id, join(place, base=base))


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


def single_outputs(items: Iterable[Copy], base: str) -> None:
    """Refuse a second output of one call.

    Raises:
        StateFormatError: a call has two outputs in one list.
    """
    seen: set[tuple[str, str]] = set()
    for place, item in items:
        if not is_output(item):
            continue
        call_id = call_id_of(item)
        if call_id is None:
            continue
        key = (type_of(item), call_id)
        if key in seen:
            raise StateFormatError(
                code="output-duplicate",
                message=f"call {call_id!r} has two outputs",
                pointer=join(place, base=base),
                requirement="TS-ITEM-014",
            )
        seen.add(key)


def single_calls(calls: Iterable[Call], pointer: str) -> None:
    """Refuse an open call whose id another call of the run has: decision and output could go to either (TS-TOOL-003).

    Raises:
        StateFormatError: two calls have one id, and one of them is open.
    """
    seen: dict[str, Call] = {}
    for call in calls:
        other = seen.setdefault(call.call_id, call)
        if other is not call and not (other.outputs and call.outputs):
            raise inconsistent(f"two calls have the id {call.call_id!r}, and one of them is open", pointer)


def no_call(pointer: str) -> StateFormatError:
    """Return the error for an item that stands where a call is due."""
    return StateFormatError(
        code="item-shape", message="a call with an id is due here", pointer=pointer, requirement="TS-ITEM-010"
    )


def identified(responses: Iterable[tuple[tuple[str | int, ...], Sequence[Item]]], base: str) -> None:
    """Refuse a call of a response that has no id; nothing could be bound to it (TS-ITEM-012).

    Args:
        responses: (place, wire items) of each response's output.
        base: pointer of the run that the places are in.
    """
    for place, items in responses:
        for index, item in enumerate(items):
            if is_call(item) and call_id_of(item) is None:
                raise StateFormatError(
                    code="call-without-id",
                    message=f"a {type_of(item)} has no call id, so its decision and its output cannot be bound to it",
                    pointer=join([*place, index], base=base),
                    requirement="TS-ITEM-012",
                )


def inconsistent(message: str, pointer: str) -> StateFormatError:
    """Return the error for lists of a file that contradict each other."""
    return StateFormatError(
        code="state-inconsistent",
        message=message,
        pointer=pointer,
        why="the parts of the file tell different stories about what has run and what waits",
        help="use the file as its SDK wrote it",
        requirement="TS-STATE-028",
    )


def stray(call_id: str, pointer: str) -> StateFormatError:
    """Return the error for work on a call that the model has not asked for in the last response."""
    return inconsistent(f"call {call_id!r} is not in the last response, yet it is listed as work to do", pointer)
