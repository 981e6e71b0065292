"""The binary form of documents: protobuf messages to JSON text and back (protobuf.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from timestep.codec import document, strict_json
from timestep.codec.pointer import join
from timestep.errors import CodecError, StateFormatError, UsageError
from timestep.types import state
from timestep.types.base import JSON

if TYPE_CHECKING:
    from timestep.codec.proto.mapping import Kind

MAGIC = b"\x0a\x12timestep.run-state"
"""What every binary run state begins with, and no JSON text does (TS-PROTO-002)."""

_END = b"\xb8\x3e\x01"
"""What every binary run state ends with (TS-PROTO-010)."""

_TEXT = msgspec.json.Encoder()
#: Smaller files make no more messages than memory has room for; larger ones are looked through first.
_LARGE = 1024 * 1024
_MESSAGES = 100_000


def is_binary(data: bytes) -> bool:
    """Tell whether a file is a run state in binary form."""
    return data.startswith(MAGIC)


def encode_state(found: state.Document) -> bytes:
    """Write a run state in binary form; one document gives the same bytes each time (TS-PROTO-003).

    Raises:
        CodecError: the document holds a value that has no JSON form.
        UsageError: protobuf is not installed.
    """
    return encode("RunState", document.to_json(found))


def encode(name: str, value: dict[str, JSON]) -> bytes:
    """Write a document that its JSON Schema takes as the message of this name.

    Args:
        name: a message of proto/timestep/v1, such as "RunState", "Event" or "RoutingRules".
        value: the document as JSON values.

    Raises:
        CodecError: a value has no JSON form.
        StateFormatError: the document is none of this kind; carries the pointer.
        UsageError: protobuf is not installed.
    """
    found = _kind(name)
    try:
        message = found.message(**found.write(value))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateFormatError(f"not a {name}: {error}", code="state-shape", pointer="") from None
    if name == "RunState":
        if message.format != state.FORMAT:
            raise StateFormatError(f'"format" is not "{state.FORMAT}"', code="state-format", pointer="/format")
        message.complete = True
    return message.SerializeToString(deterministic=True)


def decode(name: str, data: bytes, *, limits: strict_json.Limits = strict_json.DEFAULT_LIMITS) -> bytes:
    """Return the JSON text of a message, compact; what it says is not checked here but by whoever reads that text.

    Raises:
        CodecError: the bytes are no such message, or are written in a way that other readers may take otherwise.
        UsageError: protobuf is not installed.
    """
    if len(data) > limits.max_bytes:
        raise CodecError(f"more than the {limits.max_bytes} bytes a document may have", code="json-size", pointer="")
    found = _kind(name)
    from timestep.codec.proto.values import MismatchError

    message = _parsed(found, name, data)
    try:
        return _TEXT.encode(found.read(message))
    except MismatchError as error:
        refused = CodecError(error.problem, code="proto-shape", pointer=join(error.path), requirement=error.requirement)
        refused.code = error.code or refused.code
        raise refused from None


def _parsed(found: Kind, name: str, data: bytes) -> Any:
    """Parse a message, and refuse what another reader could take for another document."""
    from google.protobuf.message import DecodeError

    from timestep.codec.proto.size import messages_in

    if len(data) > _LARGE and messages_in(data, found.message.DESCRIPTOR) > max(_MESSAGES, len(data) // 8):
        raise CodecError(
            "it has more parts than a document of its size", code="json-items", pointer="", requirement="TS-CORE-007"
        )
    message = found.message()
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise CodecError(
            f"not a {name} message: {error}",
            code="proto-syntax",
            help="use a whole copy of the file; it may have been cut off, or changed as if it were text",
            requirement="TS-PROTO-001",
        ) from None
    if name == "RunState" and not (is_binary(data) and data.endswith(_END) and message.complete):
        raise CodecError(
            "it does not begin and end as a run state in binary form does",
            code="proto-syntax",
            help="use a whole copy of the file; it was probably cut off",
            requirement="TS-PROTO-010",
        )
    message.DiscardUnknownFields()
    if message.ByteSize() != len(data):
        raise CodecError(
            "it has fields that this version does not know, or one field twice",
            code="proto-redundant",
            pointer="",
            why="what is not known here would be lost, and of two values readers may take either",
            help="upgrade timestep, or have the file written as JSON, which keeps unknown fields",
            requirement="TS-PROTO-006",
        )
    return message


def _kind(name: str) -> Kind:
    """Load what needs protobuf, and return how the documents of a name cross.

    Raises:
        UsageError: protobuf is not installed.
    """
    try:
        from timestep.codec.proto.mapping import kind
    except ImportError as error:
        raise UsageError(
            f"the binary form needs the package protobuf: {error}",
            code="proto-missing",
            help="pip install 'protobuf>=6.33'",
        ) from None
    return kind(name)
