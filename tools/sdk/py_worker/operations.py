"""The worker's operations on one scenario."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agents import Runner, RunState

from .features import MissingFeatureError, options
from .graph import Graph
from .record import (
    call_id_of,
    empty_record,
    error_of,
    interruptions,
    nested_parents,
    usage_totals,
)
from .session import MemorySession, scenario_session

JSON = dict[str, Any]


class StageError(Exception):
    """An operation failed at a named stage; `known` holds what was found out before."""

    def __init__(self, stage: str, cause: BaseException, known: JSON) -> None:
        super().__init__(str(cause))
        # What the SDK lacks is nothing that failed in it.
        stage = "request" if isinstance(cause, MissingFeatureError) else stage
        self.report = {**known, "error": error_of(stage, cause)}


@dataclass
class Outcome:
    """What one run left behind."""

    record: JSON
    state: RunState[Any] | None


async def save(request: JSON) -> JSON:
    """Run a scenario from its start and save the state, undecided and decided."""
    scenario = request["scenario"]
    graph = Graph(scenario, {})
    session = scenario_session(scenario, None, may_fail=True)
    outcome = await _run(graph, scenario["input"], session, first=True)
    known = {"served": graph.transport.served, "record": outcome.record}
    try:
        for decisions in scenario.get("before", []):
            outcome = await _go_on(graph, outcome, decisions, session)
            known["record"] = outcome.record
        if outcome.state is None:
            raise ValueError("the failed run leaves no state")
        if "pending_input" in scenario:
            _stage_input(outcome.state, scenario["pending_input"])
        undecided = outcome.state.to_string()
        _finish(outcome.record, undecided)
    except Exception as error:
        raise StageError("save", error, known) from error
    decided = None
    if scenario.get("decisions"):
        decided = await _decided(scenario, undecided, known)
    return {"undecided": undecided, "decided": decided, **known}


def _stage_input(state: RunState[Any], pending: Any) -> None:
    """Stage input for the next turn, where the SDK can."""
    if not hasattr(state, "add_input"):
        raise MissingFeatureError("RunState.add_input")
    state.add_input(pending)


async def _go_on(graph: Graph, paused: Outcome, decisions: list[JSON], session: MemorySession | None) -> Outcome:
    """Decide in memory and resume, for a state that is saved at a later pause."""
    if paused.state is None:
        raise ValueError("the run before leaves no state to go on with")
    _decide(paused.state, decisions)
    return await _run(graph, paused.state, session, first=False)


async def _decided(scenario: JSON, text: str, known: JSON) -> str:
    """Load a state into fresh agents, decide, and save it again."""
    graph = Graph(scenario, {})
    state = await _load(graph, text, known)
    try:
        _decide(state, scenario["decisions"])
    except Exception as error:
        raise StageError("decide", error, known) from error
    return state.to_string()


async def resume(request: JSON) -> JSON:
    """Load a state, decide if asked to, and resume it once."""
    scenario = request["scenario"]
    graph = Graph(scenario, request.get("served", {}))
    known: JSON = {"record": empty_record(graph), "served": graph.transport.served, "state": None}
    state = await _load(graph, request["state"], known)
    parents = nested_parents(json.loads(request["state"]))
    pending = interruptions(graph, state.get_interruptions(), parents)
    if request.get("decide"):
        try:
            _decide(state, _decisions(scenario, request.get("round", 0)))
        except Exception as error:
            known["record"]["pending"] = pending
            raise StageError("decide", error, known) from error
    session = scenario_session(scenario, request.get("session_items"), may_fail=False)
    outcome = await _run(graph, state, session, first=False)
    outcome.record["pending"] = pending
    text = _saved_after(outcome)
    if text is not None:
        _finish(outcome.record, text)
    return {"record": outcome.record, "state": text, "served": graph.transport.served}


async def roundtrip(request: JSON) -> JSON:
    """Load and save, nothing else."""
    state = await _load(Graph(request["scenario"], {}), request["state"], {})
    try:
        return {"state": state.to_string()}
    except Exception as error:
        raise StageError("save", error, {}) from error


async def items(request: JSON) -> JSON:
    """Give the session items after the first run."""
    scenario = request["scenario"]
    graph = Graph(scenario, {})
    session = scenario_session(scenario, None, may_fail=True)
    if session is None:
        raise StageError("save", ValueError("the scenario has no session"), {})
    outcome = await _run(graph, scenario["input"], session, first=True)
    return {"items": session.items, "record": outcome.record}


def _decisions(scenario: JSON, number: int) -> list[JSON]:
    """Give the decisions of a round; 0 is the first."""
    return scenario.get("decisions", []) if number == 0 else scenario["rounds"][number - 1]


async def _load(graph: Graph, text: str, known: JSON) -> RunState[Any]:
    """Load a state with the SDK's own reader."""
    try:
        return await RunState.from_string(graph.start, text)
    except Exception as error:
        raise StageError("load", error, known) from error


def _decide(state: RunState[Any], decisions: list[JSON]) -> None:
    """Apply decisions to a state, in order."""
    for decision in decisions:
        item = _find(state.get_interruptions(), decision["call"])
        always = decision.get("always", False)
        if decision["decision"] == "approve":
            state.approve(item, always_approve=always)
            continue
        message = options(state.reject, rejection_message=decision.get("message"))
        state.reject(item, always_reject=always, **message)


def _find(pending: list[Any], call: Any) -> Any:
    """Find the pending call a decision names: by call id, or by tool name and index."""
    if isinstance(call, str):
        named = [item for item in pending if call_id_of(item) == call]
        index = 0
    else:
        named = [item for item in pending if (item.tool_name or item.name) == call["name"]]
        index = call.get("index", 0)
    if index >= len(named):
        raise LookupError(f"no pending call {call!r}")
    return named[index]


async def _run(graph: Graph, start: Any, session: MemorySession | None, *, first: bool) -> Outcome:
    """Run once, to the end, a pause or an error."""
    scenario, record = graph.scenario, empty_record(graph)
    settings: JSON = {"run_config": graph.run_config(first=first), "session": session}
    if first:
        names = ("context", "max_turns", "conversation_id", "previous_response_id")
        settings |= {name: scenario[name] for name in names if name in scenario}
    result, failure = await _drive(graph, start, settings)
    if failure is not None:
        record["error"] = error_of("resume", failure)
        _note_failure(record, graph, failure)
    if session is not None:
        record["session"] = session.items
    if result is None:
        # The SDK resumes a state in place, so after a failure the given one is what is left.
        return Outcome(record, start if isinstance(start, RunState) else None)
    _note_result(record, graph, result)
    return Outcome(record, result.to_state())


async def _drive(graph: Graph, start: Any, settings: JSON) -> tuple[Any, Exception | None]:
    """Call the SDK's runner; only a streamed run leaves a result behind when it fails."""
    if not graph.scenario.get("stream"):
        try:
            return await Runner.run(graph.start, start, **settings), None
        except Exception as error:
            return None, error
    result = Runner.run_streamed(graph.start, start, **settings)
    stop = graph.scenario.get("save_at") == "after_turn" and not isinstance(start, RunState)
    try:
        async for _event in result.stream_events():
            if stop:
                result.cancel(mode="after_turn")
                stop = False
    except Exception as error:
        return result, error
    return result, None


def _note_result(record: JSON, graph: Graph, result: Any) -> None:
    """Note what the SDK's result object tells."""
    record["final_output"] = result.final_output
    record["last_agent"] = graph.key_of(result.last_agent)
    record["next"] = interruptions(graph, list(result.interruptions), {})
    record["usage"] = usage_totals(result.context_wrapper.usage)


def _note_failure(record: JSON, graph: Graph, failure: Exception) -> None:
    """Note what the SDK's exception tells about the run that failed."""
    details = getattr(failure, "run_data", None)
    if details is not None:
        record["last_agent"] = graph.key_of(details.last_agent)
        record["usage"] = usage_totals(details.context_wrapper.usage)


def _saved_after(outcome: Outcome) -> str | None:
    """Save the state after a resumed run, if there is one that can be saved."""
    if outcome.state is None:
        return None
    try:
        return outcome.state.to_string()
    except Exception as error:
        outcome.record["error"] = outcome.record["error"] or error_of("save", error)
        return None


def _finish(record: JSON, text: str) -> None:
    """Add the parents of nested pending calls, which only the saved state tells."""
    parents = nested_parents(json.loads(text))
    for entry in record["next"]:
        if entry["call_id"] in parents:
            entry["parent"] = parents[entry["call_id"]]


OPERATIONS = {"save": save, "resume": resume, "roundtrip": roundtrip, "items": items}
