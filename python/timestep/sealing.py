"""`seal` and `unseal`: states that prove who wrote them (security.md, "Sealed states")."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from timestep.codec import seal as codec
from timestep.codec.key_ring import KeyRing
from timestep.codec.seal import Unsealed
from timestep.errors import UsageError
from timestep.source import file_bytes
from timestep.state import RunState, read, write


def seal(
    state: RunState | bytes | Path,
    keys: KeyRing,
    *,
    tenant: str | None = None,
    expires: datetime | timedelta | None = None,
    key_id: str | None = None,
    assume: Collection[str] = (),
) -> bytes:
    """Seal a run state, so that whoever has the keys can tell that it is as it was here.

    Who seals a file vouches for every byte of it, the decisions in it too. A state that was read from a file nobody
    vouches for is sealed without that file's decisions: what the file says was approved is asked again (TS-SEC-031).

    Args:
        state: a state, which is written in Timestep's own form; or a file of any dialect, sealed byte for byte.
        keys: the key ring.
        tenant: who the state belongs to; whoever reads it has to say the same.
        expires: when the seal ends, as an aware time or from now on.
        key_id: the key to seal with; the ring's signing key when left out.
        assume: assertions of the operator, where reading the file needs them.

    Raises:
        SealError: the ring has no such key.
        UsageError: the file has no run state, or is sealed already.
        TimestepError: the file can't be read as a state.
    """
    if isinstance(expires, timedelta):
        expires = datetime.now(UTC) + expires
    if isinstance(state, RunState):
        found = state if state.trusted else RunState(replace(state.loaded, document=state.resumable()), trusted=True)
        data = write(found, "timestep").data
    else:
        data = file_bytes(state)
        if codec.is_sealed(data):
            raise UsageError("the state is sealed already", help="unseal it first", requirement="TS-SEC-023")
        found = read(data, assume=assume)
    if not isinstance(found, RunState):
        raise UsageError("session items can't be sealed; only a run state can", requirement="TS-SEC-023")
    document = found.document
    return codec.seal(
        data, keys, tree=document.id, revision=document.revision, tenant=tenant, expires=expires, key_id=key_id
    )


def unseal(
    data: bytes | Path,
    keys: KeyRing,
    *,
    tenant: str | None = None,
    tree: str | None = None,
    at_least: int | None = None,
    assume: Collection[str] = (),
) -> Unsealed:
    """Return the very bytes that were sealed, if the seal holds; `timestep.read(..., keys=...)` reads them at once.

    Args:
        data: the sealed state.
        keys: the keys that are trusted.
        tenant: who the state has to belong to.
        tree: the run it has to be of.
        at_least: the revision that the run is known to have reached; an older state is refused.
        assume: assertions of the operator, where reading the file needs them.

    Raises:
        SealError: the seal does not hold.
        TimestepError: what was sealed can't be read as a state.
    """
    raw = file_bytes(data)
    found = codec.unseal(raw, keys, now=datetime.now(UTC), tenant=tenant, tree=tree, at_least=at_least)
    read(raw, keys=keys, tenant=tenant, assume=assume)
    return found
