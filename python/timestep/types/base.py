"""The common base of all document records."""

from __future__ import annotations

from typing import Any

import msgspec

#: A JSON value: None, bool, int, float, Decimal, str, list or dict with str names. `Any` ends at this border.
JSON = Any
Item = dict[str, JSON]

#: No integer of a document is larger; JavaScript holds no larger one exactly (TS-CORE-010).
LARGEST = 2**53 - 1


def is_count(value: object) -> bool:
    """Tell whether a value is a whole number that an integer field of a document can hold (TS-CORE-010)."""
    return type(value) is int and 0 <= value <= LARGEST


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen document record; fields it does not know are kept in `unknown` and written back (TS-VERS-004)."""

    unknown: dict[str, JSON] = {}


class Sealed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record in which unknown fields are an error, because they could change what may run (TS-VERS-005)."""
