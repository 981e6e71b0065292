"""What JSON Schema, Python types and protobuf say of the same record, in one vocabulary, so that it can be compared."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

#: How a field is there: `REQUIRED` and `OPTIONAL`, and both with null for a value.
REQUIRED, OPTIONAL = "required", "optional"
OR_NULL = " or null"
#: What becomes of fields that a record does not know: kept, refused, or nothing, since it is never read.
KEPT, REFUSED, IGNORED = "kept", "refused", "ignored"


class Field(NamedTuple):
    """A field of a record.

    Attributes:
        kind: "string", "integer", "number", "boolean", "enum", "any", "object" (of any members), "bytes", "item", the
            name of a record, "list of KIND", "map of KIND", "[KIND, KIND]"; "KIND?" may be null, "KIND or enum" is
            either.
        presence: `REQUIRED` or `OPTIONAL`, with `OR_NULL` where null is a value; None where nothing tells.
        values: the values of its enumeration, each as JSON text; None where it has none.
        null_by_default: a list or map that is absent is another thing than an empty one; only types tell.
        bare_list: a list or map of which a message can't tell whether it is absent or empty.
    """

    kind: str
    presence: str | None
    values: frozenset[str] | None = None
    null_by_default: bool = False
    bare_list: bool = False


class Record(NamedTuple):
    """A record: where it is defined, its fields by their names in JSON, and what becomes of unknown ones."""

    place: str
    fields: dict[str, Field]
    unknown: str = REFUSED


def presence(required: bool, nullable: bool) -> str:
    """Return how a field is there, in words."""
    return (REQUIRED if required else OPTIONAL) + (OR_NULL if nullable else "")


def rename(kind: str, names: dict[str, str]) -> str:
    """Return a kind with other names for its parts."""
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), kind)


def enum_name(value: str) -> str:
    """Return the name that a value, given as JSON text, has in a protobuf enum, without the enum's prefix."""
    return re.sub(r"[^A-Z0-9*]", "_", str(json.loads(value) if value.startswith('"') else value).upper())
