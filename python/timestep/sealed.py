"""What a seal means to whoever reads a state: which bytes count, and what is said of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from timestep.codec import seal
from timestep.codec.key_ring import KeyRing
from timestep.errors import UsageError
from timestep.types.findings import Finding
from timestep.types.state import Document


class Opened(NamedTuple):
    """A sealed state that has been opened.

    Attributes:
        payload: the bytes of the state.
        header: what the seal says of it.
        verified: whether the seal holds; without keys nobody knows.
    """

    payload: bytes
    header: seal.Header
    verified: bool

    def refuse_unbound(self, document: Document) -> None:
        """Refuse a payload that is another state than its seal names (TS-SEC-027).

        Raises:
            SealError: it is.
        """
        named, found = (self.header.tree, self.header.revision), (document.id, document.revision)
        if named != found:
            what = "revision {1} of run {0!r}"
            raise seal.unbound(f"the seal is of {what.format(*named)}; below it is {what.format(*found)}")

    def finding(self) -> Finding:
        """Say what the seal says, and whether it holds (TS-SEC-030)."""
        header = self.header
        of = f"revision {header.revision} of run {header.tree!r}"
        of += f", tenant {header.tenant!r}" if header.tenant is not None else ""
        until = f", until {header.expires.isoformat()}" if header.expires else ""
        if self.verified:
            return Finding(
                code="seal-holds", severity="note", message=f"the seal of key {header.key} holds: {of}{until}"
            )
        return Finding(
            code="seal-unverified",
            severity="note",
            message=f"sealed, not verified: it says key {header.key}, {of}{until}",
            why="without its key nobody can tell whether the file is as it was sealed",
            help="give the key file: read(..., keys=...), or --key-file",
            requirement="TS-SEC-030",
        )


def opened(
    data: bytes,
    keys: KeyRing | None,
    *,
    tenant: str | None = None,
    tree: str | None = None,
    at_least: int | None = None,
    now: datetime | None = None,
) -> Opened:
    """Open a sealed state; with keys, only if its seal holds, by this machine's clock where no time is given.

    Raises:
        SealError: the seal does not hold, or there is none and keys are given.
        UsageError: the caller says what a seal has to say, and gives no keys.
    """
    if keys is not None:
        moment = now if now is not None else datetime.now(UTC)
        found = seal.unseal(data, keys, now=moment, tenant=tenant, tree=tree, at_least=at_least)
        return Opened(found.payload, found.header, verified=True)
    if not (tenant is None and tree is None and at_least is None):
        raise UsageError("without keys, tenant, tree and revision of a seal can't be held against anything")
    found = seal.peek(data)
    return Opened(found.payload, found.header, verified=False)


def unverified_decisions(document: Document, *, sealed: bool) -> list[Finding]:
    """Say that decisions stand in a state that nobody vouches for (TS-SEC-001)."""
    if not document.approvals:
        return []
    where = "below a seal that was not verified" if sealed else "in a file that carries no seal"
    return [
        Finding(
            code="decisions-unverified",
            severity="note",
            message=f"{len(document.approvals)} decisions stand {where}",
            why="anyone who can write the file can approve calls; resuming asks again unless the source is trusted",
            requirement="TS-SEC-001",
        )
    ]
