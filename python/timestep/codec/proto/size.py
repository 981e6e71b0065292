"""How many parts a message has, found out before they take memory (TS-CORE-007)."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor


def messages_in(data: bytes, message: Descriptor) -> int:
    """Count the messages that parsing would make, before they take memory; bytes that can't be parsed end the count."""
    return _counted(data, 0, len(data), message)


def _counted(data: bytes, at: int, end: int, message: Descriptor) -> int:
    found, inner = 1, {field.number: field.message_type for field in message.fields if field.message_type is not None}
    while at < end:
        tag, at = _varint(data, at)
        width = tag & 7
        if width == 0:
            _, at = _varint(data, at)
        elif width == 2:
            size, at = _varint(data, at)
            if tag >> 3 in inner:
                found += _counted(data, at, min(at + size, end), inner[tag >> 3])
            at += size
        else:
            at += 8 if width == 1 else 4
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, at
