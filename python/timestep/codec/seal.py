"""Sealed states: the exact bytes of a state, who sealed them, and a MAC over both (security.md, "Sealed states")."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, cast

from timestep.codec import base64url
from timestep.codec.digest import canonical_json
from timestep.codec.key_ring import KEY_ID, KeyRing
from timestep.codec.strict_json import DEFAULT_LIMITS, loads
from timestep.errors import CodecError, SealError, UsageError
from timestep.types.base import JSON, is_count

PREFIX = b"timestep-sealed."
"""What every sealed state begins with, and no state does."""

_VERSION = b"1"
_MOST_HEADER = 64 * 1024
MAX_BYTES = DEFAULT_LIMITS.max_bytes * 4 // 3 + _MOST_HEADER * 2
"""A sealed state is no longer than this: its payload may be as long as any document."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00")


class Header(NamedTuple):
    """What a seal says of the state below it, and binds it to (seal-header.schema.json).

    Attributes:
        key: id of the key.
        tree: id of the run tree.
        revision: the state's revision.
        tenant: who the state belongs to; None for nobody in particular.
        expires: when the seal ends, in UTC, whole seconds; None for never.
    """

    key: str
    tree: str
    revision: int
    tenant: str | None = None
    expires: datetime | None = None

    def fields(self) -> dict[str, JSON]:
        """Give the header as JSON data."""
        fields: dict[str, JSON] = {"key": self.key, "tree": self.tree, "revision": self.revision}
        if self.tenant is not None:
            fields["tenant"] = self.tenant
        if self.expires is not None:
            fields["expires"] = self.expires.isoformat(timespec="seconds")
        return fields


class Unsealed(NamedTuple):
    """The bytes that were sealed, and what the seal says of them."""

    payload: bytes
    header: Header


def is_sealed(data: bytes) -> bool:
    """Tell whether a file is meant to be a sealed state; whether it is one, `unseal` tells."""
    return data.startswith(PREFIX)


def seal(
    data: bytes,
    ring: KeyRing,
    *,
    tree: str,
    revision: int,
    tenant: str | None = None,
    expires: datetime | None = None,
    key_id: str | None = None,
) -> bytes:
    """Seal the exact bytes of a state (TS-SEC-020 to TS-SEC-023).

    Args:
        data: the state's file, of any dialect and form.
        ring: the keys.
        tree: id of the document that the file is read as.
        revision: its revision.
        tenant: who it belongs to.
        expires: when the seal ends; an aware time, of which fractions of a second are cut.
        key_id: the key, where it is not the one that signs.

    Raises:
        UsageError: the data is sealed already, or the header can't say what it is given.
        SealError: the ring has no such key.
    """
    if is_sealed(data):
        raise UsageError("the state is sealed already", help="unseal it first", requirement="TS-SEC-023")
    if expires is not None:
        if expires.tzinfo is None:
            raise UsageError("the time at which a seal ends needs a time zone", requirement="TS-SEC-026")
        try:
            expires = expires.astimezone(UTC).replace(microsecond=0)
        except OverflowError:
            raise UsageError(
                "the time at which a seal ends is in no year that there is", requirement="TS-SEC-026"
            ) from None
    header = Header(key_id or ring.signing, tree, revision, tenant, expires)
    secret = _secret(ring, header.key)
    fields = header.fields()
    if _header(fields) != header:
        raise UsageError("a seal can't say this of a state: an id is empty, or has a NUL", requirement="TS-SEC-021")
    text = canonical_json(fields)
    if len(text) > _MOST_HEADER:
        raise UsageError(f"the header would have more than {_MOST_HEADER} bytes", requirement="TS-SEC-021")
    signed = b".".join((PREFIX[:-1], _VERSION, base64url.encode(text), base64url.encode(data)))
    return signed + b"." + base64url.encode(_mac(secret, signed))


def unseal(
    data: bytes,
    ring: KeyRing,
    *,
    now: datetime,
    tenant: str | None = None,
    tree: str | None = None,
    at_least: int | None = None,
) -> Unsealed:
    """Return the bytes that were sealed, if the seal holds; nothing of them is looked at before that is known.

    Args:
        data: the sealed state.
        ring: the keys that are trusted.
        now: the time, aware.
        tenant: who the state must belong to; None for nobody in particular.
        tree: the run tree it must be of, where that is known.
        at_least: the revision that the caller knows the run to have reached.

    Raises:
        SealError: the seal does not hold.
    """
    if not is_sealed(data):
        raise SealError(
            "the file carries no seal",
            code="seal-missing",
            why="whoever gives keys wants to know who wrote the file, and nobody can tell",
            help="leave the keys out, and what the file has decided is asked again; or have it sealed by who knows it",
            requirement="TS-SEC-029",
        )
    signed, header, payload, mac = _parts(data)
    if not hmac.compare_digest(_mac(_secret(ring, header.key), signed), mac):
        raise _broken("its bytes are not those that were sealed", requirement="TS-SEC-022")
    _refuse(header, now, tenant, tree, at_least)
    return Unsealed(payload, header)


def peek(data: bytes) -> Unsealed:
    """Return what a sealed state says, of which nothing is verified: for showing, never for acting on.

    Raises:
        SealError: it has not the form of a sealed state.
    """
    _, header, payload, _ = _parts(data)
    return Unsealed(payload, header)


def _parts(data: bytes) -> tuple[bytes, Header, bytes, bytes]:
    """Return what the MAC is over, the header, the payload and the MAC of a file that has the one permitted form."""
    if len(data) > MAX_BYTES:
        raise _broken(f"it has more than {MAX_BYTES} bytes")
    parts = data.split(b".", 5)
    version = parts[1]
    if version != _VERSION and re.fullmatch(rb"[1-9][0-9]{0,5}", version):
        raise SealError(
            f"a sealed state of version {version.decode()}; this version of timestep knows 1",
            code="seal-version",
            help="upgrade timestep",
            requirement="TS-SEC-020",
        )
    if version != _VERSION or len(parts) != 5:
        raise _broken("it is not timestep-sealed.1.HEADER.PAYLOAD.MAC")
    if len(parts[2]) > _MOST_HEADER * 4 // 3 + 3:
        raise _broken(f"its header has more than {_MOST_HEADER} bytes")
    try:
        text, payload, mac = (base64url.decode(part) for part in cast("Sequence[bytes]", parts[2:]))
    except ValueError:
        raise _broken("a part of it is not base64url in its one form") from None
    return data[: data.rindex(b".")], _header_in(text), payload, mac


def _header_in(text: bytes) -> Header:
    """Read a header, of which there is one permitted text (TS-SEC-021)."""
    try:
        fields: JSON = loads(text)
        header = _header(fields)
        if header is not None and canonical_json(fields) == text:
            return header
    except CodecError:
        pass
    raise _broken("its header is not in its one form", requirement="TS-SEC-021")


def _header(fields: JSON) -> Header | None:
    """Return the header that has these fields; None where there is none."""
    if not isinstance(fields, dict):
        return None
    known = cast("dict[str, JSON]", fields)
    key, tree, revision = known.get("key"), known.get("tree"), known.get("revision")
    tenant, expires = known.get("tenant"), known.get("expires")
    if not (isinstance(key, str) and KEY_ID.fullmatch(key) and _is_id(tree) and is_count(revision)):
        return None
    if ("tenant" in known and not _is_id(tenant)) or ("expires" in known and not isinstance(expires, str)):
        return None
    header = Header(key, cast("str", tree), cast("int", revision), cast("str | None", tenant), _moment(expires))
    return header if header.fields() == known else None


def _is_id(value: JSON) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _moment(text: str | None) -> datetime | None:
    """Read a time of the one form there is; None for another, which the comparison of the fields finds."""
    try:
        return datetime.fromisoformat(text) if text is not None and _TIME.fullmatch(text) else None
    except ValueError:
        return None


def _secret(ring: KeyRing, key_id: str) -> bytes:
    if key_id not in ring:
        raise SealError(
            f"no key {key_id!r} is in the key ring",
            code="seal-key-unknown",
            why="what an unknown key has sealed, anybody may have written",
            help="give the key file of who sealed it; a key that was taken out of the ring opens nothing any more",
            requirement="TS-SEC-022",
        )
    return ring.secret(key_id)


def _mac(secret: bytes, signed: bytes) -> bytes:
    return hmac.digest(secret, signed, "sha256")


def _refuse(header: Header, now: datetime, tenant: str | None, tree: str | None, at_least: int | None) -> None:
    """Refuse a seal that holds, and not for this caller or not now."""
    if header.tenant != tenant:
        raise SealError(
            "the state belongs to another tenant" if tenant is not None else "the state belongs to a tenant",
            code="seal-tenant",
            help="the caller says for whom it acts: read(..., tenant=...), or --tenant",
            requirement="TS-SEC-025",
        )
    if header.expires is not None and now >= header.expires:
        raise SealError(
            f"the seal ended at {header.expires.isoformat()}",
            code="seal-expired",
            help="have the state sealed again by who keeps it",
            requirement="TS-SEC-026",
        )
    if tree is not None and header.tree != tree:
        raise unbound(f"the state is of run {header.tree!r}, and not of {tree!r}")
    if at_least is not None and header.revision < at_least:
        raise SealError(
            f"the state is revision {header.revision} of its run, which has reached {at_least}",
            code="seal-stale",
            why="going on from an older copy would run calls a second time",
            help="use the newest state of the run",
            requirement="TS-SEC-028",
        )


def unbound(message: str) -> SealError:
    """Return the refusal of a seal over another state than the one that it, or the caller, names."""
    return SealError(message, code="seal-bound", help="use the file that belongs to this run", requirement="TS-SEC-027")


def _broken(message: str, requirement: str = "TS-SEC-020") -> SealError:
    return SealError(
        f"the seal is broken: {message}",
        code="seal-broken",
        why="somebody, or something, has changed the file since it was sealed",
        help="use an unchanged copy",
        requirement=requirement,
    )
