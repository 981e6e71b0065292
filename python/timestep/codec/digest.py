"""Digests: SHA-256 over exact bytes, and the one byte form of a JSON value."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import msgspec

from timestep.codec.layers import layers
from timestep.codec.strict_json import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timestep.types.base import JSON


def sha256_of(data: bytes) -> str:
    """Give `sha256:` and 64 hex digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def canonical_json(value: JSON) -> bytes:
    """Write a value in the one form that equal values share.

    Compact UTF-8, nothing escaped that need not be, names sorted by code point.  A number is written by
    its exact decimal value: plain digits without exponent, no zeros that say nothing, never `-0`; so `1`,
    `1.0` and `1e0` are the same.

    Raises:
        CodecError: the value has no JSON form.
    """
    data = dumps(value, sort_keys=True)
    if any(layer.others for layer in layers([value])):  # a float or a Decimal
        return _ENCODER.encode(_with_plain_numbers(value))
    return data


def call_digest(run: str, agent: str, tool: Sequence[str | None], call_id: str, arguments: str) -> str:
    """Give the digest a decision is bound to: what would run, for whom, with which argument text.

    Args:
        run: id of the run that owns the call.
        agent: key of the agent that asked for it.
        tool: kind, namespace or None, and name.
        call_id: the provider's id of the call.
        arguments: the argument string exactly as the model sent it.
    """
    parts = ["timestep-call-1", run, agent, list(tool), call_id, arguments]
    try:
        return sha256_of(_COMPACT.encode(parts))
    except UnicodeEncodeError:
        return sha256_of(dumps(parts))  # says in which part the lone surrogate is


_ENCODER = msgspec.json.Encoder(order="sorted")
_COMPACT = msgspec.json.Encoder()  # strings only, which it writes as `dumps` does


def _with_plain_numbers(value: JSON) -> JSON:
    """Copy a value, its inexact number types replaced by their canonical text."""
    if isinstance(value, dict):
        return {name: _with_plain_numbers(member) for name, member in cast("dict[str, JSON]", value).items()}
    if isinstance(value, list | tuple):
        return [_with_plain_numbers(member) for member in cast("list[JSON]", value)]
    if isinstance(value, float | Decimal):
        return msgspec.Raw(_plain(Decimal(str(value))).encode())
    return value


def _plain(number: Decimal) -> str:
    """Write a finite number without exponent, superfluous zeros or negative zero."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "0") or number == 0 else text
