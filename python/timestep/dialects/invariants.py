"""What must hold between the parts of a canonical document, beyond their shape (state.md, tools.md).

A document from outside proves nothing by being well formed: its ranges, ledger and decisions have to fit one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from timestep.codec.calls import features
from timestep.codec.pointer import join
from timestep.dialects import imported, invariants_ledger
from timestep.dialects.invariants_ledger import Place, broken
from timestep.dialects.invariants_shape import shape
from timestep.errors import StateFormatError
from timestep.types import state
from timestep.types.base import LARGEST
from timestep.types.findings import Finding

#: Members that hold user data, items or text, where integers are not ours.
_FOREIGN = frozenset(
    {"item", "value", "output", "info", "tool_input", "metadata", "type", "provenance", "ext", "unknown", "write"}
)


def check(document: state.Document) -> list[Finding]:
    """Check a document; return what is remarkable about it and no error.

    Raises:
        StateFormatError, ApprovalError: parts of the document contradict each other; with the pointer.
    """
    integers(msgspec.to_builtins(document), ())
    shape(document)
    _envelope(document)
    _tree(document)
    _imported(document)
    for number, run in enumerate(document.runs):
        place: Place = ("runs", number)
        _ranges(run, place)
        _responses(run, place)
        invariants_ledger.calls(run, place)
        _step(document, run, place)
        _marks(run, place)
        _under_way(run, place)
    invariants_ledger.approvals(document)
    for run, place in _numbered(document):
        invariants_ledger.progress(document, run, place)
    return [finding for run in _numbered(document) for finding in invariants_ledger.unproven(document, *run)]


def _numbered(document: state.Document) -> Iterator[tuple[state.Run, Place]]:
    for number, run in enumerate(document.runs):
        yield run, ("runs", number)


def integers(value: Any, place: Place) -> None:
    """Refuse integers that not every language can hold, and negative ones (TS-CORE-010).

    Raises:
        StateFormatError: one of them; `place` is where the value stands.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            if key not in _FOREIGN or (key == "item" and not isinstance(inner, Mapping)):
                integers(inner, (*place, str(key)))  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            integers(inner, (*place, index))
    elif isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= LARGEST:
        raise StateFormatError(
            code="state-shape",
            message=f"an integer here lies between 0 and 2^53 - 1; got {str(value)[:24]}",
            pointer=join(place),
            requirement="TS-CORE-010",
        )


def _envelope(document: state.Document) -> None:
    _unique([agent.key for agent in document.agents], ("agents",), "agent key", "TS-STATE-005")
    used = set(features(document.runs, document.approvals))
    missing, extra = sorted(used - set(document.requires)), sorted(set(document.requires) - used)
    if missing or extra or len(document.requires) != len(used):
        what = f"it uses {missing[0]!r}" if missing else f"it does not use {(extra or document.requires)[0]!r}"
        raise broken(("requires",), f"`requires` names exactly the features the document uses; {what}", "TS-VERS-003")
    if document.context.kind == "none" and document.context.value is not msgspec.UNSET:
        raise broken(("context", "value"), 'a context of the kind "none" has no value', "TS-STATE-001")


def _tree(document: state.Document) -> None:
    """The root comes first, every other run after its parent, and below a call that can have a run (TS-STATE-002)."""
    if not document.runs:
        raise broken(("runs",), "a document has a root run", "TS-STATE-002")
    _unique([run.id for run in document.runs], ("runs",), "run id", "TS-STATE-002")
    seen: dict[str, state.Run] = {}
    taken: set[tuple[str, int]] = set()
    for number, run in enumerate(document.runs):
        place: Place = ("runs", number)
        if not run.id or "\0" in run.id:
            raise broken((*place, "id"), "an id is not empty and has no NUL", "TS-CORE-008")
        if (run.parent is None) != (number == 0):
            raise broken((*place, "parent"), "the first run has no parent, and every other run has one", "TS-STATE-002")
        if run.parent is not None:
            _child(run, run.parent, seen, (*place, "parent"))
            if not _ended(run):
                if (run.parent.run, run.parent.item) in taken:
                    raise broken((*place, "parent"), "another open run belongs to that call", "TS-STATE-016")
                taken.add((run.parent.run, run.parent.item))
        seen[run.id] = run


def _imported(document: state.Document) -> None:
    """An imported document and its root run have the id that the file gives them (TS-STATE-003)."""
    if document.origin is None:
        return
    expected = imported.root_id(document.origin.sha256)
    if document.id != expected:
        raise broken(("id",), f"a document imported from that file has the id {expected!r}", "TS-STATE-003")
    if document.runs[0].id != expected:
        raise broken(("runs", 0, "id"), f"the root run has the document's id {expected!r}", "TS-STATE-003")


def _child(run: state.Run, parent: state.Parent, seen: Mapping[str, state.Run], place: Place) -> None:
    above = seen.get(parent.run)
    if above is None:
        raise broken((*place, "run"), f"no run {parent.run!r} stands before this one", "TS-STATE-002")
    call = next((call for call in above.calls if call.item == parent.item), None)
    if call is None or call.role not in {"agent", "delegate"}:
        raise broken((*place, "item"), "a nested run belongs to a call that an agent carries out", "TS-STATE-016")
    if _ended(run):
        return
    last = above.responses[-1] if above.responses else None
    if last is None or not last.start <= parent.item < last.end:
        raise broken((*place, "item"), "an open nested run belongs to a call of the last response", "TS-STATE-016")
    if call.state not in {"suspended", "started"}:
        message = f"its nested run is open, so the call is suspended and not {call.state}"
        raise broken((*place, "item"), message, "TS-STATE-016")


def _ended(run: state.Run) -> bool:
    return run.step.type in {"finished", "failed"}


def _ranges(run: state.Run, place: Place) -> None:
    """Input and view are ranges of the log (TS-STATE-011)."""
    size = len(run.log)
    given = run.input
    if not given.start <= given.end <= size:
        raise broken((*place, "input"), f"the input is a range of the log, which has {size} entries", "TS-STATE-011")
    for seq in range(given.start, given.end):
        if run.log[seq].source not in {"input", "filter"}:
            raise broken((*place, "log", seq, "source"), "an entry of the input has another source", "TS-STATE-011")
    if given.form == "text" and given.end - given.start != 1:
        raise broken((*place, "input"), 'input of the form "text" is one message', "TS-STATE-011")
    seen: set[int] = set()
    for index, (start, end) in enumerate(run.view):
        at = (*place, "view", index)
        if not 0 <= start < end <= size:
            raise broken(at, f"a range of the view is not empty and within the {size} entries", "TS-STATE-011")
        if not seen.isdisjoint(range(start, end)):
            raise broken(at, "the model sees no entry twice", "TS-STATE-011")
        seen.update(range(start, end))


def _responses(run: state.Run, place: Place) -> None:
    """Responses are disjoint ascending ranges, and the model's entries are theirs (TS-STATE-012)."""
    last = run.input.end if run.input.start == 0 else 0
    own: set[int] = set()
    for index, response in enumerate(run.responses):
        at = (*place, "responses", index)
        if not last <= response.start <= response.end <= len(run.log):
            raise broken(at, "responses are disjoint, ascending ranges of the log, after the input", "TS-STATE-012")
        last = response.end
        own.update(range(response.start, response.end))
    for seq, entry in enumerate(run.log):
        if (entry.source == "model") != (seq in own):
            raise broken(
                (*place, "log", seq, "source"), "an entry is the model's exactly if a response holds it", "TS-STATE-012"
            )


def _step(document: state.Document, run: state.Run, place: Place) -> None:
    """The step agrees with the calls that are open (state.md, "Steps")."""
    keys = {agent.key for agent in document.agents}
    for at, key in _agents(run):
        if key not in keys:
            raise broken((*place, *at), f"no agent has the key {key!r}", "TS-STATE-005")
    step = run.step
    if step.seq is not None and step.seq >= len(run.log):
        raise broken((*place, "step", "seq"), "no entry of the log has that position", "TS-STATE-001")
    if step.item is not None and all(call.item != step.item for call in run.calls):
        raise broken((*place, "step", "item"), "no call has that position", "TS-STATE-001")
    if (step.type == "interrupted") != (step.reason is not None):
        raise broken((*place, "step"), "an interrupted step has a reason, and no other step has one", "TS-STATE-001")
    if step.type == "handoff" and step.to is None:
        raise broken((*place, "step"), "a handoff names the agent it leads to", "TS-STATE-001")
    for number, call in enumerate(run.calls) if step.type == "finished" else ():
        if call.state not in state.TERMINAL and call.role != "hosted":
            at = (*place, "calls", number, "state")
            raise broken(at, f"the run is finished, so no call is {call.state}", "TS-STATE-023")


def _agents(run: state.Run) -> Iterator[tuple[Place, str]]:
    yield ("agent",), run.agent
    for seq, entry in enumerate(run.log):
        if entry.agent is not None:
            yield ("log", seq, "agent"), entry.agent
    for index, response in enumerate(run.responses):
        yield ("responses", index, "agent"), response.agent
    for index, result in enumerate(run.guardrails.results):
        if result.agent is not None:
            yield ("guardrails", "results", index, "agent"), result.agent
    if run.step.to is not None:
        yield ("step", "to"), run.step.to
    for key in run.tool_use:
        yield ("tool_use", key), key
    for key in run.identities:
        yield ("identities", key), key


def _marks(run: state.Run, place: Place) -> None:
    """Positions that other parts of a run name exist."""
    calls, size = {call.item for call in run.calls}, len(run.log)
    for index, item in enumerate(run.asked):
        if item not in calls:
            raise broken((*place, "asked", index), "no call has that position", "TS-STATE-018")
    _unique(run.asked, (*place, "asked"), "call", "TS-STATE-018")
    for index, result in enumerate(run.guardrails.results):
        at = (*place, "guardrails", "results", index)
        if result.item is not None and result.item >= size:
            raise broken((*at, "item"), "no entry of the log has that position", "TS-STATE-001")
        if result.response is not None and result.response >= max(len(run.responses), 1):
            raise broken((*at, "response"), "the run has no such response", "TS-STATE-001")
    if run.session is not None and run.session.through > size:
        raise broken((*place, "session", "through"), f"the log has {size} entries", "TS-STATE-001")
    server = run.server
    if server is not None and server.conversation_id is not None and server.previous_response_id is not None:
        message = "a conversation id and a previous response id exclude each other"
        raise broken((*place, "server"), message, "TS-STATE-001")


def _under_way(run: state.Run, place: Place) -> None:
    """What waits for calls of a turn, or is past them, fits how far they are (TS-TRANS-020, TS-TOOL-010)."""
    halted = run.step.type == "interrupted" and run.step.reason in {"limit", "cancelled"}  # it may have been then
    if run.stop is not None and run.step.type != "acting" and not halted:
        raise broken((*place, "stop"), "nothing is under way that the run could stop after", "TS-TRANS-020")
    if run.step.type in {"awaiting_model", "accepted"}:
        start = run.responses[-1].start if run.responses else 0
        left = [call for call in run.calls if call.item >= start and call.state not in state.TERMINAL]
        if left:
            message = f"call {left[0].call_id!r} has not ended, and the run is past it"
            raise broken((*place, "step"), message, "TS-TOOL-010")
    ended = {call.item for call in run.calls if call.state in state.TERMINAL and not call.outputs}
    for index, each in enumerate(run.waiting):
        if run.step.type != "acting" or each.item not in ended or not each.outputs:
            message = "outputs wait for a call that has ended, in a turn that is under way"
            raise broken((*place, "waiting", index), message, "TS-TRANS-020")
        ended.remove(each.item)


def _unique(values: Sequence[object], place: Place, what: str, rule: str) -> None:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise broken((*place, index), f"the {what} {value!r} stands twice", rule)
        seen.add(value)
