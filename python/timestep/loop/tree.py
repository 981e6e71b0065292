"""A run tree in memory: what the loop moves from event to event, and the document that is saved of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec.structs import replace

from timestep.codec.calls import InForce, features
from timestep.loop.log import Index, Log
from timestep.types.base import JSON, Item
from timestep.types.items import is_output
from timestep.types.state import (
    Approval,
    Call,
    Document,
    Entry,
    GuardrailResult,
    Guardrails,
    Input,
    Limits,
    Parent,
    Range,
    Response,
    Run,
    Server,
    SessionMark,
    Settings,
    Staged,
    Step,
    Stop,
    Turn,
    Usage,
    Waiting,
)

Copied = TypeVar("Copied", bound=msgspec.Struct)

#: Roles of calls that are carried out by a nested run.
NESTED = frozenset({"agent", "delegate"})


class RunValue(msgspec.Struct, kw_only=True):
    """A run. It is never changed once a state holds it: a transition works on a copy.

    Attributes:
        calls: the calls of the open turn, in order; those of settled turns are in `settled`.
        waiting: log position of a call -> its outputs, until the turn's calls have all ended and they enter the log.
        stop: a failure that stops the run once nothing of its turn is under way.
        withheld: names of tools that were not offered in this turn.
        cleared: log positions of handoffs that may be taken once the other calls have ended.
        children: how many of the settled calls have had a nested run.
        rest: fields of the document that the loop has no use for.
    """

    id: str
    agent: str
    step: Step
    turn: Turn
    limits: Limits
    input: Input
    log: Log[Entry]
    view: tuple[Range, ...]
    responses: Log[Response]
    settled: Log[Call]
    calls: tuple[Call, ...] = ()
    waiting: dict[int, list[Item]] = {}
    input_done: bool | Literal["unknown"] = False
    results: Log[GuardrailResult]
    parent: Parent | None = None
    server: Server | None = None
    pending_input: tuple[Staged, ...] = ()
    tool_input: JSON | msgspec.UnsetType = msgspec.UNSET
    tool_use: dict[str, list[str]] = {}
    settings: Settings | None = None
    session: SessionMark | None = None
    stop: Stop | None = None
    withheld: frozenset[str] = frozenset()
    cleared: frozenset[int] = frozenset()
    ids: Index
    children: int = 0
    rest: dict[str, Any] = {}

    def call(self, item: int) -> Call | None:
        """Return the call of the open turn at a log position."""
        return next((call for call in self.calls if call.item == item), None)

    def visible(self) -> list[Entry]:
        """Return the entries the model sees."""
        return [entry for start, end in self.view for entry in self.log[start:end]]


class Tree(msgspec.Struct, kw_only=True):
    """A state of the loop: a run and those nested in it. Like its runs, it is never changed once it is a state.

    Attributes:
        base: the document it came from, for what the loop has no use for.
        top: id of the root run.
        runs: run id -> run; the root first.
        decisions: the approvals, ready to be asked.
        revision: events accepted so far.
        told: events of the stream told so far (TS-EVENT-003).
    """

    base: Document
    top: str
    runs: dict[str, RunValue]
    usage: Usage
    decisions: Decisions
    revision: int = 0
    told: int = 0
    keys: dict[str, str] = {}

    @property
    def root(self) -> RunValue:
        """The root run."""
        return self.runs[self.top]

    def name(self, key: str) -> str:
        """Return the name that code gives the agent of a key."""
        return self.keys.get(key, key)


class Decisions:
    """Approvals in the order they were made, and the index to find the one that holds."""

    def __init__(self, approvals: Sequence[Approval] = ()) -> None:
        self.approvals = list(approvals)
        self._index = InForce(self.approvals)

    def without(self, run: str, item: int) -> Decisions:
        """Return them without the exact decisions on a call, which is no longer the one that was shown."""
        kept = [approval for approval in self.approvals if (approval.run, approval.item) != (run, item)]
        return self if len(kept) == len(self.approvals) else Decisions(kept)

    def on(self, call: Call, run: str, agent: str) -> Approval | None:
        """Return the decision that holds for a call (TS-APPR-010 to TS-APPR-014)."""
        return self._index.on(call, run, agent) if self.approvals else None


def twin(value: Copied) -> Copied:
    """Return a shallow copy; `copy.copy` would take four times as long."""
    return cast("Any", value).__copy__()


def nested_in(tree: Tree, run: str, item: int) -> RunValue | None:
    """Return the nested run of a call."""
    for other in tree.runs.values():
        if other.parent is not None and other.parent.run == run and other.parent.item == item:
            return other
    return None


def depth_of(tree: Tree, run: RunValue) -> int:
    """Return how many runs a run is nested in."""
    depth = 0
    while run.parent is not None:
        run, depth = tree.runs[run.parent.run], depth + 1
    return depth


#: What a run value keeps in fields of its own; everything else of a document's run is in `rest`.
_OWN = frozenset(
    {
        "id", "agent", "step", "turn", "limits", "input", "log", "view", "responses", "calls", "guardrails", "parent",
        "server", "pending_input", "tool_input", "tool_use", "settings", "session", "waiting", "stop",
    }
)  # fmt: skip


def tree_of(document: Document) -> Tree:
    """Return the state that a document holds; it takes time for all of its length."""
    return Tree(
        base=replace(document, runs=[], approvals=[]),
        top=document.runs[0].id,
        runs={run.id: _value(run) for run in document.runs},
        usage=document.usage,
        decisions=Decisions(document.approvals),
        revision=document.revision,
        told=document.told,
        keys={agent.key: agent.name for agent in document.agents if agent.key != agent.name},
    )


def document_of(tree: Tree) -> Document:
    """Return the document of a state."""
    runs = [record(run) for run in tree.runs.values()]
    return replace(
        tree.base,
        requires=features(runs, tree.decisions.approvals),
        revision=tree.revision,
        told=tree.told,
        usage=tree.usage,
        approvals=list(tree.decisions.approvals),
        runs=runs,
    )


def place(run: RunValue) -> None:
    """Let waiting outputs enter the log in the order of their calls, whatever order they came in (TS-TRANS-020)."""
    if not run.waiting:
        return
    calls: list[Call] = []
    for call in run.calls:
        start = len(run.log)
        items = run.waiting.get(call.item, [])
        append(run, [Entry(item=item, source="tool", agent=run.agent) for item in items])
        places = [start + index for index, item in enumerate(items) if is_output(item)]  # a remark is no output
        calls.append(replace(call, outputs=[*call.outputs, *places]) if places else call)
    run.calls, run.waiting = tuple(calls), {}


def append(run: RunValue, entries: Sequence[Entry]) -> None:
    """Add entries to the end of a run's log and view, in a copy that is being worked on."""
    start = len(run.log)
    run.log = run.log.extend(entries)
    show(run, start, len(run.log))


def show(run: RunValue, start: int, end: int) -> None:
    """Add a range of the log to the end of the view."""
    if start == end:
        return
    if run.view and run.view[-1][1] == start:
        run.view = (*run.view[:-1], (run.view[-1][0], end))
    else:
        run.view = (*run.view, (start, end))


def is_open(run: RunValue) -> bool:
    """Tell whether a run has not ended."""
    return run.step.type not in ("finished", "failed")


#: States of a call that still has to be answered; one that may have run is not answered by going on with the turn.
_OPEN = frozenset({"requested", "pending", "approved", "rejected", "started", "suspended"})


def _turn_start(run: Run) -> int:
    """Return where the open turn begins in the log: at the last response, if that is of it or has calls that wait.

    The JavaScript SDK counts a turn when it begins, so that a turn may be open whose response is not there yet; and it
    closes one whose approved tool has raised.
    """
    if not run.responses:
        return len(run.log)
    start = run.responses[-1].start
    asked = run.step.type == "awaiting_model" or run.step.attempt or len(run.responses) < run.turn.count
    waiting = any(call.item >= start and call.state in _OPEN and not call.outputs for call in run.calls)
    return start if waiting or (run.turn.open and not asked) else len(run.log)


def _value(run: Run) -> RunValue:
    last = _turn_start(run)
    return RunValue(
        id=run.id,
        agent=run.agent,
        step=run.step,
        turn=run.turn,
        limits=run.limits,
        input=run.input,
        log=Log(run.log),
        view=tuple(run.view),
        responses=Log(run.responses),
        settled=Log(call for call in run.calls if call.item < last),
        calls=tuple(call for call in run.calls if call.item >= last),
        input_done=run.guardrails.input_done,
        results=Log(run.guardrails.results),
        parent=run.parent,
        server=run.server,
        pending_input=tuple(run.pending_input),
        tool_input=run.tool_input,
        tool_use=run.tool_use,
        settings=run.settings,
        session=run.session,
        ids=Index(call.call_id for call in run.calls),
        waiting={each.item: each.outputs for each in run.waiting},
        stop=run.stop,
        children=sum(call.role in NESTED for call in run.calls if call.item < last),
        rest={name: getattr(run, name) for name in run.__struct_fields__ if name not in _OWN},
    )


def record(run: RunValue) -> Run:
    """Return a run as a document has it; it takes time for all of its length."""
    return Run(
        id=run.id,
        agent=run.agent,
        step=run.step,
        turn=run.turn,
        limits=run.limits,
        input=run.input,
        log=list(run.log),
        view=list(run.view),
        responses=list(run.responses),
        calls=[*run.settled, *run.calls],
        guardrails=Guardrails(input_done=run.input_done, results=list(run.results)),
        parent=run.parent,
        server=run.server,
        pending_input=list(run.pending_input),
        tool_input=run.tool_input,
        tool_use=run.tool_use,
        settings=run.settings,
        session=run.session,
        waiting=[Waiting(item=item, outputs=outputs) for item, outputs in sorted(run.waiting.items())],
        stop=run.stop,
        **run.rest,
    )
