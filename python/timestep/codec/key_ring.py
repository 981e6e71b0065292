"""Key rings: the secrets that states are sealed with, and the file that holds them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Self, cast

from timestep.codec.base64url import decode, encode
from timestep.codec.strict_json import dumps, loads
from timestep.errors import CodecError, UsageError
from timestep.types.base import JSON

FORMAT = "timestep.key-ring"
LEAST_SECRET = 32
"""Bytes of a secret: what HMAC-SHA-256 gives is no stronger with more (RFC 2104, section 3)."""

KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_VERSION = re.compile(r"1\.(0|[1-9][0-9]{0,5})")
_FIELDS = {"format", "format_version", "signing", "keys"}
_MOST_BYTES = 1024 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyRing:
    """Secrets by the id of their key; one of them signs, the others still open what they sealed (TS-SEC-032).

    It shows no secret: not in its `repr`, and not in an error.

    Args:
        secrets: key id -> secret, 32 bytes or more.
        signing: the id of the key that seals.

    Raises:
        UsageError: an id or a secret is none, or the signing key is not among them.
    """

    def __init__(self, secrets: Mapping[str, bytes], *, signing: str) -> None:
        for name, secret in secrets.items():
            if not KEY_ID.fullmatch(name):
                raise _wrong("the id of a key is 1 to 64 ASCII letters, digits, '.', '_' or '-'")
            if len(secret) < LEAST_SECRET:
                raise _wrong(f"the secret of key {name!r} has {len(secret)} bytes; {LEAST_SECRET} are the least")
        if signing not in secrets:
            raise _wrong("the key that signs is not among the keys")
        self._secrets = dict(secrets)
        self.signing = signing

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._secrets)}; signing={self.signing!r})"

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._secrets

    def secret(self, key_id: str) -> bytes:
        """Return a key's secret; an id that the ring does not have is a `KeyError`."""
        return self._secrets[key_id]

    @classmethod
    def generate(cls, key_id: str) -> Self:
        """Make a ring of one new key."""
        return cls({key_id: os.urandom(LEAST_SECRET)}, signing=key_id)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a key file (spec/schema/v1/key-ring.schema.json).

        Raises:
            UsageError: it can't be read, is no key ring, or others than its owner may read it (TS-SEC-033).
        """
        try:
            return cls.from_json(_private(Path(path)))
        except UsageError as error:
            error.file = str(path)
            raise

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a ring from the text of a key file.

        Raises:
            UsageError: it is no key ring; says nothing of what is in it.
        """
        try:
            value: JSON = loads(data)
        except CodecError as error:
            raise _wrong(f"no JSON ({error.code})") from None
        if not isinstance(value, dict) or value.keys() != _FIELDS or value["format"] != FORMAT:
            raise _wrong(f"it is no object of {', '.join(sorted(_FIELDS))}, whose format is {FORMAT!r}")
        ring = cast("dict[str, JSON]", value)
        version, signing, keys = ring["format_version"], ring["signing"], ring["keys"]
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise _wrong("its format_version is none that is known here")
        if not isinstance(signing, str) or not isinstance(keys, list):
            raise _wrong('"signing" is the id of a key, and "keys" a list')
        found: dict[str, bytes] = {}
        for key in cast("list[JSON]", keys):
            name, secret = _key(key)
            if name in found:
                raise _wrong(f"key {name!r} stands twice")
            found[name] = secret
        return cls(found, signing=signing)

    def to_json(self) -> bytes:
        """Write the text of a key file; whoever writes it to a disk gives the file the permissions 0600."""
        keys = [{"id": name, "secret": encode(secret).decode()} for name, secret in self._secrets.items()]
        ring = {"format": FORMAT, "format_version": "1.0", "signing": self.signing, "keys": keys}
        return dumps(ring, indent=2) + b"\n"


def _key(value: JSON) -> tuple[str, bytes]:
    """Read one key of a ring."""
    key = cast("dict[str, JSON]", value) if isinstance(value, dict) else {}
    name, secret = key.get("id"), key.get("secret")
    if key.keys() != {"id", "secret"} or not isinstance(name, str) or not isinstance(secret, str):
        raise _wrong('each key is an object of "id" and "secret", both text')
    try:
        return name, decode(secret.encode())
    except ValueError:
        raise _wrong("a secret is not base64url without padding") from None


def _private(path: Path) -> bytes:
    """Read a file that nobody but its owner may read; what is looked at is the very file that is read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _OTHERS:
                raise UsageError(
                    f"others than its owner may use this key file: its permissions are {stat.S_IMODE(mode):04o}",
                    code="key-ring-open",
                    why="whoever can read a key can seal what never happened",
                    help=f"chmod 600 {path}; if others may have read it, seal with a new key",
                    requirement="TS-SEC-033",
                )
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"can't read the key file: {reason}", code="io") from None
    if len(data) > _MOST_BYTES:
        raise _wrong(f"it has more than {_MOST_BYTES} bytes")
    return data


def _wrong(message: str) -> UsageError:
    return UsageError(
        f"no key ring: {message}",
        code="key-ring-shape",
        help="`timestep seal --help` says how one is made",
        requirement="TS-SEC-032",
    )
