"""Records of saved runs, and what keeps them (stores.md)."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import msgspec

from timestep.types.state import Document


@runtime_checkable
class HoldsDocument(Protocol):
    """A state as users hold it: the document is inside."""

    def resumable(self) -> Document:
        """The document to go on with: without decisions that nobody vouches for (TS-SEC-002)."""
        ...


class SavedRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a store tells about a run without reading its document.

    Attributes:
        session: the session it belongs to.
        run: id of the run's tree.
        version: how often it has been saved; what the next save is compared with.
        revision: the document's own revision.
        step: where its root run stands, such as "interrupted".
        agent: name of the root run's agent.
        created_at: when it was first saved, as ISO 8601 in UTC.
        saved_at: when it was last saved.
    """

    session: str
    run: str
    version: int
    revision: int
    step: str
    agent: str
    created_at: str
    saved_at: str

    @property
    def finished(self) -> bool:
        """Whether the run has ended, with a result or without."""
        return self.step in FINISHED


class Head(NamedTuple):
    """What is told of a run's document without reading it: its id, its revision, the root's step and agent's name."""

    run: str
    revision: int
    step: str
    agent: str


class Record(msgspec.Struct, frozen=True):
    """A saved run: the bytes of a document, and of the changes made since, in their order (durability.md)."""

    about: SavedRun
    data: bytes
    changes: list[bytes] = []


#: Steps of a root run that has ended.
FINISHED = frozenset({"finished", "failed"})


@runtime_checkable
class RecordKeeper(Protocol):
    """Keeps records. Every method is atomic, and what it has done survives the death of the process."""

    async def put(self, record: Record, expected: int) -> bool:
        """Replace the record of that session and run if its version is `expected`; 0 says that there is none.

        A record whose revision is higher than the new one's is never replaced (TS-STORE-004).

        Returns:
            Whether it was done; then the version is one higher.
        """
        ...

    async def append(self, record: Record, expected: int) -> bool:
        """Add one change, the record's `data`, to those of a run if its version is `expected`.

        What is told `about` the run is that of its newest change, which never ends a run: that is for a `put`, which
        takes the place of document and changes.

        Returns:
            Whether it was done; then the version is one higher.
        """
        ...

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        ...

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        ...

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session, and say how many."""
        ...
