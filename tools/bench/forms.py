"""The bench of forms: a saved run as JSON and in binary form, its size and what writing and reading it costs."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
import zlib
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from timestep.codec import document, proto
from timestep.types import state

TURNS = (1, 20, 200, 1000)


class Row(NamedTuple):
    """What was measured at one length: bytes, and seconds of CPU time."""

    turns: int
    json_bytes: int
    proto_bytes: int
    json_deflated: int
    proto_deflated: int
    json_write: float
    proto_write: float
    json_read: float
    proto_read: float


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="tools/dev.py bench forms", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="times each is written and read (default: 30)")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    arguments = parser.parse_args(argv)
    rows = [measured(turns, max(arguments.rounds, 1)) for turns in TURNS]
    if arguments.format == "json":
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return 0
    print(
        f"{'turns':>6}{'JSON':>12}{'binary':>12}{'':>7}{'deflated':>11}{'binary':>11}{'':>7}{'write':>13}{'read':>13}"
    )
    for row in rows:
        print(_line(row))
    print(
        "Sizes in bytes, with the share of JSON's; writing and reading as times of JSON's CPU time, in the same round."
    )
    return 0


def _line(row: Row) -> str:
    sizes = f"{row.json_bytes:>12,}{row.proto_bytes:>12,}{row.proto_bytes / row.json_bytes:>7.0%}"
    deflated = f"{row.json_deflated:>11,}{row.proto_deflated:>11,}{row.proto_deflated / row.json_deflated:>7.0%}"
    write = f"{row.proto_write * 1000:.2f} ms ({row.proto_write / row.json_write:.1f}x)"
    read = f"{row.proto_read * 1000:.2f} ms ({row.proto_read / row.json_read:.1f}x)"
    return f"{row.turns:>6}{sizes}{deflated}  {write:>17}  {read:>17}"


def measured(turns: int, rounds: int) -> Row:
    """Write and read a run of so many turns in both forms, in turn."""
    found = run_of(turns)
    text, data = document.encode(found), proto.encode_state(found)
    steps: list[Callable[[], object]] = [
        lambda: document.encode(found),
        lambda: proto.encode_state(found),
        lambda: document.decode(text),
        lambda: document.decode(proto.decode("RunState", data)),
    ]
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds):
        for step, taken in zip(steps, times, strict=True):
            started = time.process_time()
            step()
            taken.append(time.process_time() - started)
    json_write, proto_write, json_read, proto_read = map(median, times)
    return Row(
        turns=turns,
        json_bytes=len(text),
        proto_bytes=len(data),
        json_deflated=len(zlib.compress(text)),
        proto_deflated=len(zlib.compress(data)),
        json_write=json_write,
        proto_write=proto_write,
        json_read=json_read,
        proto_read=proto_read,
    )


def run_of(turns: int) -> state.Document:
    """Return a run of so many turns, each with one call and its output."""
    log = [state.Entry(source="input", item={"role": "user", "content": "Read the files, one after the other."})]
    calls: list[state.Call] = []
    responses: list[state.Response] = []
    for turn in range(turns):
        at, call_id = len(log), f"call_{turn:024x}"
        arguments = json.dumps({"path": f"reports/2026/{turn:04}.md"})
        call = {"type": "function_call", "id": f"fc_{turn:024x}", "call_id": call_id, "name": "read_file"}
        output = {"type": "function_call_output", "call_id": call_id, "output": f"Report {turn}: nothing to do."}
        log.append(state.Entry(source="model", agent="Reader", item={**call, "arguments": arguments}))
        log.append(state.Entry(source="tool", agent="Reader", item=output))
        calls.append(_call(call_id, at))
        usage = state.Usage(input_tokens=40 + 30 * turn, output_tokens=12, total_tokens=52 + 30 * turn)
        responses.append(
            state.Response(
                agent="Reader", start=at, end=at + 1, status="completed", usage=usage, id=f"resp_{turn:024x}"
            )
        )
    run = state.Run(
        id="r1",
        agent="Reader",
        step=state.Step(type="run_again"),
        turn=state.Turn(count=turns, open=False),
        limits=state.Limits(max_turns=None),
        input=state.Input(form="text", start=0, end=1),
        log=log,
        view=[(0, len(log))],
        responses=responses,
        calls=calls,
        guardrails=state.Guardrails(input_done=True, results=[]),
    )
    total = sum(response.usage.total_tokens for response in responses)
    return state.Document(
        format="timestep.run-state",
        format_version="1.0",
        requires=[],
        id="r1",
        revision=4 * turns + 1,
        agents=[state.Agent(key="Reader", name="Reader")],
        context=state.Context(kind="none"),
        usage=state.Usage(
            requests=turns, input_tokens=total - 12 * turns, output_tokens=12 * turns, total_tokens=total
        ),
        approvals=[],
        runs=[run],
    )


def _call(call_id: str, at: int) -> state.Call:
    return state.Call(
        call_id=call_id,
        item=at,
        role="tool",
        tool=("function", None, "read_file"),
        state="completed",
        effect="once",
        outputs=[at + 1],
        digest="sha256:" + hashlib.sha256(call_id.encode()).hexdigest(),
    )
