"""Operations of forms: messages and JSON, the canonical form, and what people are shown."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from serving import content, operation, payload
from timestep.cli import output, state_text
from timestep.codec import document, proto, strict_json
from timestep.codec.digest import canonical_json, sha256_of
from timestep.codec.redact import redact
from timestep.errors import StateFormatError
from timestep.providers import routing
from timestep.providers.routing_rules import read_rules
from timestep.state import read
from timestep.types import effects
from timestep.types.events import event_from_json


@operation
def transcode(args: dict[str, Any]) -> dict[str, Any]:
    """Write a document of a kind as its message, or as JSON."""
    kind, data = args["kind"], content(args["data"])
    text = proto.decode(kind, data) if args["to"] == "json" else data
    value = strict_json.loads(text)
    _check(kind, text)
    return {"data": payload(text if args["to"] == "json" else proto.encode(kind, value))}


@operation
def canonical(args: dict[str, Any]) -> dict[str, Any]:
    """Write a value in its canonical form, and digest that."""
    text = canonical_json(strict_json.loads(content(args["value"])))
    return {"text": payload(text), "digest": sha256_of(text)}


@operation
def show(args: dict[str, Any]) -> dict[str, Any]:
    """Show a state to people."""
    told = state_text.fields(read(content(args["state"])), redact)
    return {"text": payload(json.dumps(told, ensure_ascii=False).encode())}


@operation
def show_text(args: dict[str, Any]) -> dict[str, Any]:
    """Show a text on a terminal."""
    return {"text": payload(output.plain(args["text"]).encode())}


def _check(kind: str, text: bytes) -> None:
    """Refuse what is no document of a kind, where there is a reader of it."""
    value: Any = strict_json.loads(text)
    try:
        if kind == "RunState":
            document.decode(text)
        elif kind == "RoutingRules":
            read_rules(text)
        elif kind == "Event":
            event_from_json(value)
        elif kind == "Effect":
            msgspec.convert(value, effects.AnyEffect)
        elif kind == "ResolvedModel":
            msgspec.convert(value, routing.ResolvedModel)
    except msgspec.ValidationError as error:
        raise StateFormatError(str(error), code="state-shape") from None
