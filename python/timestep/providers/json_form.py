"""JSON on its way to a provider and back: written whole whatever its size, and looked into without trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from timestep.codec import strict_json
from timestep.types.base import JSON

ANY_SIZE = strict_json.Limits(max_bytes=1 << 62, max_items=1 << 62, max_string=1 << 62)
"""For what is ours already, or was bounded while it was read."""


def encoded(value: JSON) -> bytes:
    """Return a value as JSON.

    Raises:
        CodecError: it has no JSON form.
    """
    return strict_json.dumps(value, limits=ANY_SIZE)


def member(value: object, name: str) -> JSON:
    """Return a member of what may be an object; None where there is none."""
    return cast("Mapping[str, JSON]", value).get(name) if isinstance(value, Mapping) else None
