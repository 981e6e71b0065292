"""The worker's operations on one scenario."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from timestep import RunHandle, run_agent
from timestep.loop.config import ModelInput
from timestep.sessions.memory import MemorySession
from timestep.state import Interruption, RunState, SessionItems, read

from .graph import Graph
from .record import empty_record, error_of, note_end, pending, plain, text_of

JSON = dict[str, Any]
FIRST_RUN = ("context", "max_turns", "conversation_id", "previous_response_id")
COMPATIBLE = ("openai-agents-python", "openai-agents-js")


class StageError(Exception):
    """An operation failed at a named stage; `known` holds what was found out before."""

    def __init__(self, stage: str, cause: BaseException, known: JSON) -> None:
        super().__init__(str(cause))
        self.report = {**known, "error": error_of(stage, cause)}


@dataclass
class Outcome:
    """What one run left behind."""

    record: JSON
    state: RunState | None


async def save(request: JSON) -> JSON:
    """Run a scenario from its start, with the decisions of its `before`, and save the state, undecided and decided."""
    scenario, compat = request["scenario"], request.get("compat")
    graph = Graph(scenario, {})
    session = await _session(scenario, None)
    outcome = await _run(graph, scenario["input"], session, compat=compat)
    known = {"served": graph.transport.served, "record": outcome.record}
    for decisions in scenario.get("before", []):
        if outcome.state is not None:
            _decide(outcome.state, decisions, known)
            outcome = await _run(graph, outcome.state, session, compat=compat)
            known["record"] = outcome.record
    if outcome.state is None:
        raise StageError("save", ValueError("the failed run leaves no state"), known)
    if "pending_input" in scenario:
        outcome.state.add_input(scenario["pending_input"])
    undecided, decided = text_of(outcome.state), None
    if scenario.get("decisions"):
        _decide(outcome.state, scenario["decisions"], known)
        decided = text_of(outcome.state)
    return {"undecided": undecided, "decided": decided, **known}


async def resume(request: JSON) -> JSON:
    """Load a state, decide if asked to, and resume it once."""
    scenario = request["scenario"]
    graph = Graph(scenario, request.get("served", {}))
    known: JSON = {"record": empty_record(graph), "served": graph.transport.served, "state": None}
    state = _load(request["state"], known)
    known["record"]["pending"] = waiting = pending(graph, state, state.listed())
    if request.get("decide"):
        number = request.get("round", 0)
        decisions = scenario["rounds"][number - 1] if number else scenario.get("decisions", [])
        _decide(state, decisions, known)
    session = await _session(scenario, request.get("session_items"), state.dialect)
    outcome = await _run(graph, state, session, compat=request.get("compat", _family(state)))
    outcome.record["pending"] = waiting
    text = text_of(outcome.state) if outcome.state is not None else None
    return {"record": outcome.record, "state": text, "served": graph.transport.served}


def _family(state: RunState) -> str | None:
    """Name the SDK a state came from, however often it has been saved by us since."""
    family = state.origin.dialect if state.origin is not None else state.dialect
    return family if family in COMPATIBLE else None


def _load(text: str, known: JSON) -> RunState:
    """Load a state; its decisions are trusted, as the SDKs trust them."""
    try:
        state = read(text, trusted=True)
    except Exception as error:
        raise StageError("load", error, known) from error
    if not isinstance(state, RunState):
        raise StageError("load", ValueError("this is no run state"), known)
    return state


def _decide(state: RunState, decisions: list[JSON], known: JSON) -> None:
    """Apply decisions to a state, in order."""
    try:
        for decision in decisions:
            item, always = _find(state.listed(), decision["call"]), decision.get("always", False)
            if decision["decision"] == "approve":
                state.approve(item, always)
            else:
                state.reject(item, always, rejection_message=decision.get("message"))
    except Exception as error:
        raise StageError("decide", error, known) from error


def _find(waiting: list[Interruption], call: Any) -> Interruption:
    """Find the pending call a decision names: by call id, or by tool name and index."""
    if isinstance(call, str):
        named, index = [item for item in waiting if item.call_id == call], 0
    else:
        named, index = [item for item in waiting if item.tool == call["name"]], call.get("index", 0)
    if index >= len(named):
        raise LookupError(f"no pending call {call!r}")
    return named[index]


async def _session(scenario: JSON, items: list[Any] | None, family: str | None = None) -> MemorySession | None:
    """Build the session of a scenario, holding the given or the scenario's first items."""
    spec = scenario.get("session")
    if spec is None:
        return None
    session = MemorySession(f"session_{scenario['name']}")
    held = spec.get("items", []) if items is None else _wire(items, family)
    await session.add_items(held)
    return session


def _wire(items: list[Any], family: str | None) -> list[Any]:
    """Give session items in wire form, whichever SDK wrote them."""
    found = read(json.dumps(items), dialect=family if family in COMPATIBLE else None)
    return found.items if isinstance(found, SessionItems) else items


async def _run(graph: Graph, start: Any, session: MemorySession | None, *, compat: str | None) -> Outcome:
    """Run once, to the end, a pause or an error."""
    scenario, record = graph.scenario, empty_record(graph)
    first = not isinstance(start, RunState)
    stop = _OneTurn() if first and scenario.get("save_at") == "after_turn" else None
    options: JSON = {"session": session, "run_config": graph.run_config(stop), "compat": compat}
    options["stream"] = bool(scenario.get("stream"))
    if first:
        options |= {name: scenario[name] for name in FIRST_RUN if name in scenario}
    state: RunState | None = None
    try:
        run = run_agent(graph.start, start, **options)
        if stop is not None:
            stop.run = run
        result = await (await run)  # a streamed one is awaited to its end
        state = result.to_state()
        record["final_output"] = plain(result.final_output)
    except Exception as error:
        record["error"] = error_of("resume", error)
        state = getattr(error, "state", None)
    if state is not None:
        note_end(record, graph, state)
    if session is not None:
        record["session"] = await session.get_items()
    return Outcome(record, state)


class _OneTurn:
    """Stops a run when its second turn is about to ask the model."""

    run: RunHandle
    asked = False

    async def __call__(self, given: ModelInput) -> ModelInput:
        """Let the first request pass as it is."""
        if self.asked:
            self.run.cancel()
            await asyncio.Event().wait()  # until it is cancelled
        self.asked = True
        return given


OPERATIONS = {"save": save, "resume": resume}
