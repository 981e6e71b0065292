"""Operations on whole runs: the SDK's runner carries them on, and its own text of the state is what is saved."""

from __future__ import annotations

from typing import Any

from agents import Agent, Runner, RunState

from asked import AskedSession
from crossing import own_text
from refusals import refused, stop_of
from run_graph import CONFIG, agents_of
from serving import Refused, Unsupported, Wire, content
from waiting import calls_of, waits_of

JSON = dict[str, Any]


async def run(args: JSON, wire: Wire) -> JSON:
    """Carry a run on from its input until it stops."""
    return await _outcome(args, wire, agents_of(wire, args["run"], args["agents"]), args["input"])


async def resume(args: JSON, wire: Wire) -> JSON:
    """Carry a saved run on until it stops again."""
    text = await own_text(content(args["state"]), args["agents"])
    root = agents_of(wire, args["run"], args["agents"])
    try:
        state = await RunState.from_string(root, text)
    except Exception as error:
        raise refused(error) from error
    for decision in args.get("decisions", ()):
        _decide(state, decision)
    return await _outcome(args, wire, root, state)


def _decide(state: RunState[Any], decision: JSON) -> None:
    item = next((call.item for call in calls_of(state) if call.path == decision["path"]), None)
    if item is None:
        raise Refused("call-unknown")
    always = decision.get("always", False)
    if decision["how"] == "approve":
        state.approve(item, always_approve=always)
    elif decision["how"] == "reject":
        state.reject(item, always_reject=always, rejection_message=decision.get("message"))
    else:
        raise Unsupported("in-doubt")


async def _outcome(args: JSON, wire: Wire, root: Agent[Any], given: Any) -> JSON:
    """Run until it stops. A streamed run leaves a state also where it fails, which the other one does not."""
    options: JSON = {"max_turns": args["max_turns"]} if "max_turns" in args else {}
    session = AskedSession(wire, args["run"]) if args.get("session") else None
    result = Runner.run_streamed(root, given, run_config=CONFIG, session=session, **options)
    try:
        async for _ in result.stream_events():
            pass
        stop: JSON = {"step": "interrupted", "reason": "approval", "code": None}
        if not result.interruptions:
            stop = {"step": "finished", "reason": None, "code": None}
    except Exception as error:  # noqa: BLE001 - whatever ends a run
        stop = stop_of(error)
    state = result.to_state()
    output = result.final_output if stop["step"] == "finished" else None
    return {**stop, "output": output, "waits": waits_of(state), "state": {"text": state.to_string()}}
