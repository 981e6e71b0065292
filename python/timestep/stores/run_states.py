"""A session's saved runs, saved by compare-and-set, loaded as whoever asks wants to hold them."""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from timestep.codec import document as codec
from timestep.codec import journal, strict_json
from timestep.errors import SessionError, StateConflictError, StateNotFoundError, UserError
from timestep.storage.places import place_of
from timestep.stores.memory import MemoryKeeper
from timestep.stores.protocol import Head, HoldsDocument, Record, RecordKeeper, SavedRun
from timestep.stores.sqlite import SQLiteKeeper
from timestep.types.state import Document

Held = TypeVar("Held")
Connection = str | Path | RecordKeeper
# Our own bytes are read at any size: a run that was saved must not be lost because it is large.
_ANY_SIZE = strict_json.Limits(max_bytes=1 << 62, max_items=1 << 62, max_string=1 << 62)


class StateStore(ABC, Generic[Held]):
    """The saved runs of one session.

    A store object remembers the version of each run it has loaded or saved, and saves only over that version. Who
    shares one object between tasks passes `expected` instead.

    Args:
        agent: the agent whose runs these are; kept for the caller.
        session_id: the session; "default" when left out.
        connection: a SQLite file, as a path or as `sqlite:///PATH`; a database, as `postgresql://...`; ":memory:"; or
            what keeps records. By default the database that `PG_CONNECTION_URI` names, else the file `runs.sqlite3`
            under `TIMESTEP_HOME`, else in the platform's data folder.
    """

    def __init__(
        self, agent: object = None, session_id: str | None = None, connection: Connection | None = None
    ) -> None:
        self.agent = agent
        self.session_id = _checked_id("default" if session_id is None else session_id)
        self.keeper = keeper_of(connection)
        self._seen: dict[str, int] = {}

    @abstractmethod
    def held(self, document: Document, version: int) -> Held:
        """Wrap a loaded document of a version: the hook for whoever builds on this class."""

    async def save(self, state: HoldsDocument | Document, *, expected: int | None = None) -> int:
        """Save a run, if nobody else has saved it since this store loaded or saved it (TS-STORE-003).

        Args:
            state: a run state, or its document.
            expected: the version to save over, 0 for a run that is not saved yet; by default the last one this
                store has seen.

        Returns:
            The new version.

        Raises:
            StateConflictError: another version is stored; it is untouched.
            StorageError: the system refused; what is stored is untouched.
        """
        if not isinstance(state, Document) and not hasattr(state, "resumable"):
            raise UserError(f"{type(state).__name__} is no run state", help="save the state: result.to_state()")
        # What comes out of a store is trusted, so what goes in holds no decision that is not.
        document = state if isinstance(state, Document) else state.resumable()
        version = self._seen.get(document.id, 0) if expected is None else expected
        head = _head(document)
        if not await self.keeper.put(Record(_about(head, self.session_id), codec.encode(document)), version):
            raise await self._conflict(head, version)
        self._seen[document.id] = version + 1
        return version + 1

    async def append(self, change: bytes, head: Head, *, expected: int) -> int:
        """Add a change to a saved run that goes on, if nobody else has saved it; it costs what the change holds.

        Args:
            change: what has changed since the version `expected`, as the journal writes it.
            head: what is told of the run without reading it.
            expected: the version that the change follows.

        Returns:
            The new version.

        Raises:
            StateConflictError: another version is stored; it is untouched.
            StorageError: the system refused; what is stored is untouched.
        """
        if not await self.keeper.append(Record(_about(head, self.session_id), change), expected):
            raise await self._conflict(head, expected)
        self._seen[head.run] = expected + 1
        return expected + 1

    async def load(self, run: str | None = None) -> Held:
        """Give a run, or the session's newest unfinished one (TS-STORE-005, TS-STORE-006).

        Raises:
            StateNotFoundError: there is none.
            TimestepError: the record can't be read.
        """
        return self.held(*await self.load_version(run))

    async def load_version(self, run: str | None = None) -> tuple[Document, int]:
        """Give a run's document and the version to save over."""
        record = await self.keeper.get(self.session_id, run)
        if record is None:
            raise self._missing(run)
        self._seen[record.about.run] = record.about.version
        document = codec.decode(record.data, limits=_ANY_SIZE)
        changes = [journal.decode(change, limits=_ANY_SIZE) for change in record.changes]
        return journal.applied(document, changes) if changes else document, record.about.version

    async def list(self, *, every_session: bool = False) -> builtins.list[SavedRun]:
        """List the session's runs, or all of this place, the newest first; finished ones too."""
        return await self.keeper.rows(None if every_session else self.session_id)

    async def clear(self, run: str | None = None) -> int:
        """Remove one run or all of the session, and say how many."""
        count = await self.keeper.drop(self.session_id, run)
        for known in [known for known in self._seen if run in (None, known)]:
            del self._seen[known]
        return count

    async def _conflict(self, head: Head, version: int) -> StateConflictError:
        """Say what is stored instead of what was expected."""
        record = await self.keeper.get(self.session_id, head.run)
        stored = f"version {record.about.version}, revision {record.about.revision}" if record else "nothing"
        based = f"version {version}" if version else "a run that is not saved yet"
        return StateConflictError(
            f"run {head.run!r} of session {self.session_id!r} has moved on: stored is {stored}; "
            f"this copy is revision {head.revision} and follows {based}",
            why="saving it would undo what somebody else has saved",
            help="load the run again, and apply the change to that",
            requirement="TS-STORE-003",
        )

    def _missing(self, run: str | None) -> StateNotFoundError:
        what = f"no run {run!r}" if run is not None else "no unfinished run"
        return StateNotFoundError(
            f"session {self.session_id!r} has {what}",
            help="list() shows the runs of this session; save one first, or give the session it was saved under",
            requirement="TS-STORE-005",
        )


class DocumentStore(StateStore[Document]):
    """A store that gives the documents themselves."""

    def held(self, document: Document, version: int) -> Document:  # noqa: ARG002 - see `load_version`
        """Give the document as it is."""
        return document


def keeper_of(connection: Connection | None) -> RecordKeeper:
    """Return what keeps records at a place.

    Raises:
        UsageError: a URL of a kind that nothing here opens, or one that needs a package that is not installed.
    """
    if connection == ":memory:":
        return MemoryKeeper()
    if not (connection is None or isinstance(connection, str | Path)):
        return connection
    place = place_of(connection)
    if isinstance(place, str):
        from timestep.stores.postgres import PostgresKeeper

        return PostgresKeeper(place)
    return SQLiteKeeper(place)


def _head(document: Document) -> Head:
    root = document.runs[0]
    names = {agent.key: agent.name for agent in document.agents}
    return Head(document.id, document.revision, root.step.type, names.get(root.agent, root.agent))


def _about(head: Head, session: str) -> SavedRun:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return SavedRun(
        session=session,
        run=head.run,
        version=0,
        revision=head.revision,
        step=head.step,
        agent=head.agent,
        created_at=now,
        saved_at=now,
    )


def _checked_id(session_id: str) -> str:
    if not session_id or "\0" in session_id or any("\ud800" <= letter <= "\udfff" for letter in session_id):
        raise SessionError(
            f"session_id is a text, not empty, without NUL and without halves of surrogate pairs; got {session_id!r}",
            code="session-id",
            requirement="TS-CORE-008",
        )
    return session_id
