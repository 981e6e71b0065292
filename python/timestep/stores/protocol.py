"""Records of saved runs, and what keeps them (stores.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import msgspec

from timestep.types.state import Document


@runtime_checkable
class HoldsDocument(Protocol):
    """A state as users hold it: the document is inside."""

    def resumable(self) -> Document:
        """The document to go on with: without decisions that nobody vouches for (TS-SEC-002)."""
        ...


class HasSessionId(Protocol):
    """A session as users hold it: its id is inside."""

    @property
    def session_id(self) -> str:
        """What tells it from others of its kind."""
        ...


class Wait(msgspec.Struct, frozen=True):
    """A call that a saved run waits for: a decision, or word on whether it ran ("indeterminate")."""

    path: str
    tool: str
    agent: str
    state: Literal["pending", "indeterminate"]


_WAITS = msgspec.json.Decoder(list[Wait])


def waits_to_json(waits: list[Wait]) -> str:
    """Write what a run waits for, as its column has it."""
    return msgspec.json.encode(waits).decode()


def waits_from_json(text: str | bytes) -> list[Wait]:
    """Read what a run waits for."""
    return _WAITS.decode(text)


class Claim(msgspec.Struct, frozen=True):
    """Who goes on with a run now, and until when it is theirs unless they say more, as ISO 8601 in UTC."""

    holder: str
    until: str


class Hold(NamedTuple):
    """Under which claim something is written.

    Attributes:
        holder: who writes; nobody in particular when empty.
        seconds: for how long the run is the writer's from now on; 0 gives it up, None leaves all as it is.
        over: a holder whose claim does not count.
    """

    holder: str = ""
    seconds: float | None = None
    over: str = ""


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
        waits: the calls that it waits for, if it does.
        claim: who goes on with it now; None where nobody does.
    """

    session: str
    run: str
    version: int
    revision: int
    step: str
    agent: str
    created_at: str
    saved_at: str
    waits: list[Wait] = []
    claim: Claim | None = None

    @property
    def finished(self) -> bool:
        """Whether the run has ended, with a result or without."""
        return self.step in FINISHED


class SavedVersion(msgspec.Struct, frozen=True):
    """One save of a run: its version, and how the run stood; `saved_at` is ISO 8601 in UTC."""

    version: int
    revision: int
    step: str
    agent: str
    saved_at: str
    waits: list[Wait] = []


def version_of(row: Sequence[Any]) -> SavedVersion:
    """Return what a row of the history tells."""
    version, revision, step, agent, saved_at, waits = row
    return SavedVersion(version, revision, step, agent, saved_at, waits_from_json(waits))


class Head(NamedTuple):
    """What is told of a run's document without reading it: its id, its revision, the root's step and agent's name."""

    run: str
    revision: int
    step: str
    agent: str
    waits: Sequence[Wait] = ()


class Record(msgspec.Struct, frozen=True):
    """A saved run: the bytes of a document, and of the changes made since, in their order (durability.md)."""

    about: SavedRun
    data: bytes
    changes: list[bytes] = []


#: Steps of a root run that has ended.
FINISHED = frozenset({"finished", "failed"})


#: A write of whoever holds nothing.
NOBODY = Hold()


@runtime_checkable
class RecordKeeper(Protocol):
    """Keeps records. Every method is atomic, and what it has done survives the death of the process."""

    async def put(self, record: Record, expected: int, hold: Hold = NOBODY) -> bool:
        """Replace the record of that session and run if its version is `expected`; 0 says that there is none.

        A record whose revision is higher than the new one's is never replaced (TS-STORE-004), nor one that another
        holder has a claim on (TS-DUR-030). The claim changes in the same step.

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

    async def renew(self, session: str, run: str, holder: str, seconds: float) -> bool:
        """Have a claim last for some seconds from now; 0 gives it up.

        Returns:
            Whether the holder still had it.
        """
        ...

    async def versions(self, session: str, run: str) -> list[SavedVersion]:
        """List the saves of a run, the oldest first."""
        ...

    async def prune(self, before: str, session: str | None = None, *, unfinished: bool = False) -> int:
        """Remove runs saved last before a time, finished ones or all, but none that is held; say how many."""
        ...

    async def newest(self, session: str, runs: Sequence[str]) -> dict[str, int]:
        """Give the version of each of these runs that there is; it costs little, however many others there are."""
        ...

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        ...

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session, and say how many."""
        ...
