"""Protobuf messages made field by field, without any package for them: a vector is what stands here."""

from __future__ import annotations

import struct

#: A whole number, a double, a text, bytes or a message, or a list of whole numbers (which is packed).
Value = int | float | str | bytes | list[int]


def varint(number: int) -> bytes:
    """Return a whole number, seven bits a byte, the lowest first."""
    found = b""
    while number > 0x7F:
        found, number = found + bytes([number & 0x7F | 0x80]), number >> 7
    return found + bytes([number])


def field(number: int, value: Value) -> bytes:
    """Return one field: its number and wire type, and what it holds."""
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, list):
        value = b"".join(varint(each) for each in value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(*fields: tuple[int, Value]) -> bytes:
    """Return a message of these fields, in this order."""
    return b"".join(field(number, value) for number, value in fields)
