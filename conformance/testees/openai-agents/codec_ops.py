"""Operations of the codec: the SDK reads a file, says what waits, and writes it again."""

from __future__ import annotations

import json
from typing import Any

from agents import RunState

from file_graph import agents_of
from refusals import refused
from serving import Refused, Wire, content
from waiting import step_of, waits_of


async def validate(args: dict[str, Any], _: Wire) -> dict[str, Any]:
    """Say what a document is, where the SDK takes it and can tell what waits. It has no warnings."""
    state, number = await _read(args)
    waits_of(state)
    return _what_it_is(number)


async def load(args: dict[str, Any], _: Wire) -> dict[str, Any]:
    """Say what waits in a document."""
    state, number = await _read(args)
    return {**_what_it_is(number), "step": step_of(state), "waits": waits_of(state)}


async def save(args: dict[str, Any], _: Wire) -> dict[str, Any]:
    """Read a document and write it again."""
    state, _number = await _read(args)
    try:
        return {"state": {"text": state.to_string()}}
    except Exception as error:
        raise refused(error) from error


async def _read(args: dict[str, Any]) -> tuple[RunState[Any], str]:
    """Return the state that the SDK makes of a document, and the document's number."""
    try:
        text = content(args["state"]).decode()
    except UnicodeDecodeError:
        raise Refused("json-encoding") from None
    document = _parsed(text)
    try:
        state = await RunState.from_string(agents_of(document), text)
    except Exception as error:
        raise refused(error) from error
    return state, document["$schemaVersion"]


def _parsed(text: str) -> Any:
    """Return the document as far as it can be read, for the agents that the SDK needs beside it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _what_it_is(number: str) -> dict[str, Any]:
    return {"kind": "run-state", "dialect": "openai-agents-python", "number": number, "warnings": []}
