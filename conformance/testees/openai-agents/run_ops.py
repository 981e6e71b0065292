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
    calls = calls_of(state)
    item = next((call.item for call in calls if call.path == decision["path"]), None)
    if item is None:
        named = [call for call in calls if call.path.endswith(f"/{decision['path']}")]
        raise Refused("call-ambiguous" if len(named) > 1 else "call-unknown")
    always = decision.get("always", False)
    if decision["how"] == "approve":
        state.approve(item, always_approve=always)
    elif decision["how"] == "reject":
        state.reject(item, always_reject=always, rejection_message=decision.get("message"))
    else:
        raise Unsupported("in-doubt")


async def _outcome(args: JSON, wire: Wire, root: Agent[Any], given: Any) -> JSON:
    options: JSON = {"max_turns": args["max_turns"]} if "max_turns" in args else {}
    session = AskedSession(wire, args["run"]) if args.get("session") else None
    result, error = await _carried(root, given, {"run_config": CONFIG, "session": session, **options})
    if result is None:
        return {**stop_of(error), "output": None, "waits": []}
    stop: JSON = {"step": "interrupted" if result.interruptions else "finished", "reason": None, "code": None}
    if error is not None:
        stop = stop_of(error)
    elif result.interruptions:
        stop["reason"] = "approval"
    state = result.to_state()
    output = result.final_output if stop["step"] == "finished" else None
    return {**stop, "output": output, "waits": waits_of(state), "state": {"text": state.to_string()}}


async def _carried(root: Agent[Any], given: Any, options: JSON) -> tuple[Any, Exception | None]:
    """Run until it stops, and return the result, which has the state, and what ended the run.

    A streamed run leaves a result also where it fails, and the other one none. But a streamed one waits for the model
    where a guardrail trips beside it, and the other one does not.
    """
    if any(guardrail.run_in_parallel for guardrail in root.input_guardrails):
        try:
            return await Runner.run(root, given, **options), None
        except Exception as error:  # noqa: BLE001 - whatever ends a run
            return None, error
    result = Runner.run_streamed(root, given, **options)
    try:
        async for _ in result.stream_events():
            pass
    except Exception as error:  # noqa: BLE001 - whatever ends a run
        return result, error
    return result, None
