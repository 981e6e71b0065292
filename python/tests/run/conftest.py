"""Every event that a test sees is held against its schema, and every state against the rules for states."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.codec import document as codec
from timestep.dialects import invariants
from timestep.errors import TimestepError
from timestep.loop.driver import Driver
from timestep.loop.stream import Stream
from timestep.loop.tree import document_of, tree_of

SCHEMAS = Path(__file__).resolve().parents[3] / "spec" / "schema" / "v1"


@pytest.fixture(scope="session")
def schema():
    """Return a function that says what the schema of a file name has against a value."""
    files = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.schema.json")}
    registry = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in files.values())
    known = {name: Draft202012Validator(each, registry=registry) for name, each in files.items()}

    def faults(name, value):
        found = known[f"{name}.schema.json"].iter_errors(value)
        return [f"{error.json_path}: {error.message}" for error in found]

    return faults


def state_faults(schema, document):
    """Say what is wrong with a document: by the rules of the prose, by its schema, or because a copy of it differs."""
    data = codec.encode(document)
    found = schema("run-state", json.loads(data))
    try:
        invariants.check(document)
    except TimestepError as error:
        found.append(f"{error.pointer}: {error.message}")
    if json.loads(codec.encode(document_of(tree_of(codec.decode(data))))) != json.loads(data):
        found.append("what is loaded is not what was saved")
    return found


ENDS = {"run_finished", "run_failed", "run_interrupted"}


def order_faults(events, error):
    """Say what is wrong with the order of all events of one stretch (TS-EVENT-003 to TS-EVENT-007)."""
    found, ended, open_calls, last = [], set(), {}, None
    for event in events:
        kind, call = event["type"], (event["run"], event.get("call_id"))
        if "after_seq" in event:
            found += [] if event["after_seq"] == (last or event["after_seq"]) else [f"after {last}: {event}"]
            continue
        found += [] if last is None or event["seq"] == last + 1 else [f"after {last}: {event}"]
        last = event["seq"]
        if kind == "tool_call":
            open_calls[call] = event
        elif kind in {"tool_result", "tool_error", "handoff"}:
            found += [f"ended twice: {event}"] if (call, event.get("item")) in ended else []
            ended.add((call, event.get("item")))
            open_calls.pop(call, None)
        elif kind == "turn_finished":
            found += [f"not ended: {each}" for (run, _), each in open_calls.items() if run == event["run"]]
    durable = [event["type"] for event in events if "seq" in event]
    if error is None and (not durable or durable[-1] not in ENDS):
        found.append(f"the last event is {durable[-1:]}")
    if durable.count("error") and durable[-1] == "run_interrupted" and durable[-2] not in {"error", "approval"}:
        found.append("an error is not told at the end")
    return found


@pytest.fixture(autouse=True)
def watched(monkeypatch, schema):
    """Hold all events and states of a test against schemas and rules; give the events."""
    seen, wrong, streams = [], [], {}
    tell, piece, close, take = Stream.tell, Stream.piece, Stream.close, Driver.take

    def note(stream, event):
        seen.append(event)
        streams.setdefault(stream, []).append(event)
        wrong.extend(f"{event}: {fault}" for fault in schema("stream-event", event))

    def told(stream, event):
        note(stream, event)
        tell(stream, event)

    async def told_piece(stream, event):
        note(stream, event)
        await piece(stream, event)

    def closed(stream, error=None):
        wrong.extend(order_faults(streams.get(stream, []), error))
        close(stream, error)

    def taken(driver, event):
        take(driver, event)
        wrong.extend(f"after {event}: {fault}" for fault in state_faults(schema, document_of(driver.tree)))

    monkeypatch.setattr(Stream, "tell", told)
    monkeypatch.setattr(Stream, "piece", told_piece)
    monkeypatch.setattr(Stream, "close", closed)
    monkeypatch.setattr(Driver, "take", taken)
    yield seen
    assert wrong == []
