"""Operations on whole runs: begin one, go on with one, and the graph of agents as data."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any

import timestep
from decide_ops import settle
from frames import Refused, ask
from reading import waits_of
from run_agents import agents_of
from run_world import AskedKeeper, AskedSession
from serving import content, operation, payload
from timestep.agent import manifest as manifest_of
from timestep.codec import document
from timestep.errors import StateNotFoundError, TimestepError
from timestep.interruptions import Interruption
from timestep.loop import in_doubt
from timestep.loop.handle import RunHandle, run_agent
from timestep.saved import RunStateStore
from timestep.state import RunState
from timestep.stores.run_states import LEASE

JSON = dict[str, Any]


@operation
def run(args: JSON) -> JSON:
    """Carry a run on from its input until it stops."""
    return asyncio.run(_run(args))


@operation
def resume(args: JSON) -> JSON:
    """Carry a saved run on until it stops again."""
    return asyncio.run(_resume(args))


@operation
def manifest(args: JSON) -> JSON:
    """Give the graph of agents as data."""
    return manifest_of(agents_of("", args["agents"]))


class _Clock:
    """Shows the time that the suite has told, to the code that notes when a policy has settled a call."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self, zone: tzinfo) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self._seconds, zone)


async def _ask_the_time(args: JSON) -> None:
    """Ask for the time where a policy may have to note it; the package takes it from nowhere else in a run."""
    tools = [tool for agent in args["agents"] for tool in agent.get("tools", ())]
    if any(tool.get("in_doubt", "ask") != "ask" for tool in tools):
        in_doubt.datetime = _Clock((await ask("now", {}))["time"])


async def _run(args: JSON) -> JSON:
    await _ask_the_time(args)
    store = _store(args)
    given: Any = args["input"]
    if store is not None:
        with suppress(StateNotFoundError):
            given = await store.load(args["run"])
    return await _outcome(args, _handle(args, given, store))


async def _resume(args: JSON) -> JSON:
    await _ask_the_time(args)
    store = _store(args)
    if "state" in args:
        state = timestep.read(content(args["state"]), trusted=args.get("trusted", False))
    else:
        state = await (store or RunStateStore(connection=AskedKeeper())).load(args["run"])
    if not isinstance(state, RunState):
        raise timestep.UsageError("session items are no run")
    for decision in args.get("decisions", ()):
        settle(state, decision)
    outcome = await _outcome(args, _handle(args, state, store))
    return await _outcome(args, _handle(args, state, store)) if args.get("again") else outcome


def _store(args: JSON) -> RunStateStore | None:
    if "place" in args:
        return RunStateStore(connection=f"{args['place']}/runs.sqlite3", lease=args.get("lease", LEASE))
    return RunStateStore(connection=AskedKeeper()) if args.get("store") else None


def _handle(args: JSON, given: Any, store: RunStateStore | None) -> RunHandle:
    """Return the handle of a run that begins or goes on."""
    turns = {"max_turns": args["max_turns"]} if "max_turns" in args else {}
    handle = run_agent(
        agents_of(args["run"], args["agents"]),
        given,
        AskedSession(args["run"]) if args.get("session") else None,
        bool(args.get("stream")),
        approver=_approver(args["run"]) if args.get("approver") else None,
        state_store=store,
        **turns,
    )
    handle._options.run = args["run"]  # noqa: SLF001 - only a workflow has a name for its run beforehand
    return handle


def _approver(run_id: str) -> Any:
    async def approver(asked: Interruption) -> Any:
        about = {"run": run_id, "agent": asked.agent, "what": "decision", "path": asked.path}
        about["tool"] = ["function", None, asked.tool]
        return (await ask("ask", {**about, "call_id": asked.call_id, "arguments": asked.arguments}))["answer"]

    return approver


async def _outcome(args: JSON, handle: RunHandle) -> JSON:
    """Wait until a run stops, and say how it stands.

    Raises:
        TimestepError: it did not come to a stop of its own.
    """
    told: list[JSON] = []
    try:
        if args.get("events") is True:
            told = await _read(handle)
        await handle.result()
    except TimestepError as error:
        state = handle.state
        step = state.document.runs[0].step if state is not None else None
        if step is None or step.type not in ("interrupted", "failed") or step.code != error.code:
            raise
    except Refused as error:
        raise TimestepError(error.message, code=error.code) from None
    if args.get("events") == "late":
        told = await _read(handle)
    state = handle.state
    assert state is not None, "a run that stopped has begun"
    return {**standing(state), **({"events": told} if "events" in args else {})}


async def _read(handle: RunHandle) -> list[JSON]:
    """Return what a reader is told."""
    told: list[JSON] = []
    with suppress(TimestepError):  # what the run has stopped with, after the last event
        async for event in handle:
            told.append(event)  # noqa: PERF401 - what was told before an error is kept
    return told


def standing(state: RunState) -> JSON:
    """Return how a run stands."""
    step = state.document.runs[0].step
    output = step.output if step.type == "finished" else None
    stopped = {"step": step.type, "reason": step.reason, "code": step.code, "output": output}
    return {**stopped, "waits": waits_of(state), "state": payload(document.encode(state.document))}
