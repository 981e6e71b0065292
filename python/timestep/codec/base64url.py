"""Base64url without padding, of which each byte string has exactly one form (RFC 4648, section 5)."""

from __future__ import annotations

import base64
import binascii


def encode(data: bytes) -> bytes:
    """Write bytes as base64url, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decode(text: bytes) -> bytes:
    """Read base64url.

    Raises:
        ValueError: the text is not the one form: another character, padding, or unused bits that are not zero.
    """
    try:
        data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        data = b""
    if encode(data) != text:  # the library's reader passes over what it does not know
        raise ValueError("not base64url in its one form")
    return data
