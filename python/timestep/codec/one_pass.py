"""Records to and from JSON in one pass of C, where a second one proves that nothing needs a closer look.

`strict_json` walks plain values in Python, because msgspec writes some that nobody takes back as they were, such as NaN
as null, and reads texts that others read differently. Here what was written is read again and compared, and what was
read is written again; where the two are not the same, the answer is None and the long way says why.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar, cast

import msgspec

from timestep.codec import strict_json

_T = TypeVar("_T", bound=msgspec.Struct)

# A Decimal becomes text, which is not equal to it: its digits are for `strict_json` to look at.
_ENCODER = msgspec.json.Encoder(decimal_format="string")
_REFUSED = (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError)
_DIGITS_AS_ZERO = bytes(ord("0") if chr(code) in "0123456789" else ord("x") for code in range(256))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(code for code in range(256) if code not in b'[]{}"')


def written(record: msgspec.Struct) -> bytes | None:
    """Return a record as `strict_json` would write it, or None where that is not sure."""
    try:
        data = _ENCODER.encode(record)
        if _decoder(type(record)).decode(data) != record:
            return None
    except _REFUSED:
        return None
    return data if _is_plain(data, strict_json.DEFAULT_LIMITS) else None


def read(data: bytes, record: type[_T], limits: strict_json.Limits) -> _T | None:
    """Return a record from text as we write it, or None where the text is another or something may be wrong with it."""
    containers = data.count(b"[") + data.count(b"{")
    if len(data) > min(limits.max_bytes, limits.max_string) or containers + data.count(b",") >= limits.max_items:
        return None  # a text with less in it can't be over a limit
    try:
        found = cast("_T", _decoder(record).decode(data))
        return found if _ENCODER.encode(found) == data and _is_plain(data, limits) else None
    except _REFUSED:
        return None


@lru_cache(maxsize=8)
def _decoder(record: type[msgspec.Struct]) -> msgspec.json.Decoder[msgspec.Struct]:
    return msgspec.json.Decoder(record)


def _is_plain(data: bytes, limits: strict_json.Limits) -> bool:
    """Tell whether a text that msgspec has written has nothing too long or deep, and no field that has no place."""
    too_long = b"0" * (limits.max_number_digits + 1)
    if b'"unknown":' in data or too_long in data.translate(_DIGITS_AS_ZERO):
        return False
    if data.count(b"[") + data.count(b"{") <= limits.max_depth:
        return True
    # All but brackets and quotes goes, then what is inside quotes; each round then takes away the innermost level.
    bare = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(_AS_SQUARE, _NO_BRACKETS).replace(b'""', b"")
    left = b"".join(bare.split(b'"')[::2])
    for _ in range(limits.max_depth):
        if not left:
            return True
        left = left.replace(b"[]", b"")
    return not left
