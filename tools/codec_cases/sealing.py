"""Sealed states made with the standard library alone: what the cases of seals hand to a testee, and expect of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

from codec_cases.case import JSON, ROOT

SECRET = bytes(range(32))
OLDER = b"o" * 32
NOW = "2026-11-30T12:00:00+00:00"
#: A run that waits for an approval, and one whose call a person has approved: what a file of each holds.
EXAMPLES = ROOT / "spec" / "schema" / "v1" / "examples" / "RunState" / "valid"
WAITS, DECIDED = ((EXAMPLES / f"{name}.json").read_bytes() for name in ("parallel-one-executed", "nested-decided"))
HEADER = {"key": "2026-11", "revision": 6, "tree": "r1"}


def encoded(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value: JSON) -> bytes:
    """Return the canonical form of an object of plain texts and whole numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(text: str, secret: bytes = SECRET) -> str:
    """Return all that stands before the last full stop, and its MAC behind that."""
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def sealed(header: JSON | bytes = HEADER, payload: bytes = WAITS, *, secret: bytes = SECRET, version: str = "1") -> str:
    """Return a sealed state; a header that is given as bytes stands there as it is."""
    text = header if isinstance(header, bytes) else canonical(header)
    return signed(f"timestep-sealed.{version}.{encoded(text)}.{encoded(payload)}", secret)


def ring(*, signing: Any = "2026-11", **more: Any) -> JSON:
    """Return a key ring as a document: the key of the specification's example, and an older one."""
    keys = [{"id": "2026-11", "secret": encoded(SECRET)}, {"id": "2026-10", "secret": encoded(OLDER)}]
    return {"format": "timestep.key-ring", "format_version": "1.0", "signing": signing, "keys": keys, **more}


def text(value: str | bytes) -> JSON:
    """Return a text, or bytes, as a frame has them."""
    if isinstance(value, str):
        return {"text": value}
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}


KEYS = text(json.dumps(ring()))
