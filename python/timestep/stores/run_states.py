"""A session's saved runs, saved by compare-and-set, loaded as whoever asks wants to hold them."""

from __future__ import annotations

import builtins
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Generic, TypeVar

from msgspec.structs import replace

from timestep.codec import document as codec
from timestep.codec import journal, strict_json
from timestep.codec.pending import interruptions, path_to, shown
from timestep.errors import SessionError, StateConflictError, StateNotFoundError, UserError
from timestep.storage.holders import is_dead, let_go, new_holder, told
from timestep.storage.places import place_of
from timestep.stores.memory import MemoryKeeper
from timestep.stores.protocol import (
    NOBODY,
    HasSessionId,
    Head,
    Hold,
    HoldsDocument,
    Record,
    RecordKeeper,
    SavedRun,
    SavedVersion,
    Wait,
)
from timestep.stores.sqlite import SQLiteKeeper
from timestep.types.state import Call, Document, Run

Held = TypeVar("Held")
#: Seconds that a claim lasts without word of its holder.
LEASE = 60.0
Connection = str | Path | RecordKeeper
# Our own bytes are read at any size: a run that was saved must not be lost because it is large.
_ANY_SIZE = strict_json.Limits(max_bytes=1 << 62, max_items=1 << 62, max_string=1 << 62)


class StateStore(ABC, Generic[Held]):
    """The saved runs of one session.

    A store object remembers the version of each run it has loaded or saved, and saves only over that version. Who
    shares one object between tasks passes `expected` instead.

    Args:
        agent: the agent whose runs these are; kept for the caller.
        session_id: the session, by its id or as an object that has one; "default" when left out.
        connection: a SQLite file, as a path or as `sqlite:///PATH`; a database, as `postgresql://...`; ":memory:"; or
            what keeps records. By default the database that `PG_CONNECTION_URI` names, else the file `runs.sqlite3`
            under `TIMESTEP_HOME`, else in the platform's data folder.
        lease: seconds for which a run that is claimed is its holder's without word of them. The holder asks for more
            in time while it lives; who dies on another machine keeps the run from others for so long.
    """

    def __init__(
        self,
        agent: object = None,
        session_id: str | HasSessionId | None = None,
        connection: Connection | None = None,
        *,
        lease: float = LEASE,
    ) -> None:
        self.agent = agent
        self.session_id = _checked_id("default" if session_id is None else session_id)
        self.keeper = keeper_of(connection)
        self.lease = _checked_lease(lease)
        self._seen: dict[str, int] = {}
        self._claims: dict[str, str] = {}

    @abstractmethod
    def held(self, document: Document, version: int) -> Held:
        """Wrap a loaded document of a version: the hook for whoever builds on this class."""

    async def save(
        self, state: HoldsDocument | Document, *, expected: int | None = None, hold: Hold | None = None
    ) -> int:
        """Save a run, if nobody else has saved it since this store loaded or saved it, or holds it (TS-STORE-003).

        Args:
            state: a run state, or its document.
            expected: the version to save over, 0 for a run that is not saved yet; by default the last one this
                store has seen.
            hold: the claim under which it is saved; by default the one that this store has, if any.

        Returns:
            The new version.

        Raises:
            StateConflictError: another version is stored, or somebody else goes on with the run; it is untouched.
            StorageError: the system refused; what is stored is untouched.
        """
        if not isinstance(state, Document) and not hasattr(state, "resumable"):
            raise UserError(f"{type(state).__name__} is no run state", help="save the state: result.to_state()")
        # What comes out of a store is trusted, so what goes in holds no decision that is not.
        document = state if isinstance(state, Document) else state.resumable()
        version = self._seen.get(document.id, 0) if expected is None else expected
        hold = Hold(self._claims.get(document.id, "")) if hold is None else hold
        await self._put(_head(document), codec.encode(document), version, hold)
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

    async def claim(self, run: str | None = None, *, over: bool = False) -> Held:
        """Load a run, or the session's newest unfinished one, and take it: nobody else goes on with it meanwhile.

        It is this store's for `lease` seconds; `run_agent(..., state_store=)` takes the claim on with the state, asks
        for more while the run goes on, and gives it up as it stops. Whoever had it before can't write any more.

        Args:
            run: id of the run.
            over: take it from whoever holds it, who may be at work.

        Raises:
            StateNotFoundError: there is no such run.
            StateConflictError: somebody else goes on with it (`run-claimed`), or has saved it this moment.
        """
        document, version = await self.load_version(run)
        holder = self._claims.get(document.id) or new_holder()
        hold = Hold(holder, self.lease, await self._holder(document.id) if over else "")
        try:
            await self._put(_head(document), codec.encode(document), version, hold)
        except BaseException:
            let_go(holder)
            raise
        self._claims[document.id] = holder
        return self.held(document, version + 1)

    async def release(self, run: str | None = None) -> bool:
        """Give up the claims of this store, or the one on a run; say whether there was one still."""
        mine = [known for known in self._claims if run in (None, known)]
        return any([await self.give_up(known, self._claims.pop(known)) for known in mine])

    async def renew(self, run: str, holder: str) -> bool:
        """Have a claim last for `lease` seconds from now, and say whether the holder still had it."""
        return await self.keeper.renew(self.session_id, run, holder, self.lease)

    async def give_up(self, run: str, holder: str) -> bool:
        """End a holder's claim, and say whether it still had it."""
        let_go(holder)
        return await self.keeper.renew(self.session_id, run, holder, 0)

    def hand_over(self, run: str) -> str:
        """Return the holder under which a run is gone on with: the one of this store's claim, which it has no more."""
        return self._claims.pop(run, None) or new_holder()

    async def history(self, run: str | None = None) -> builtins.list[SavedVersion]:
        """List the saves of a run, or of the session's newest unfinished one, the oldest first.

        Raises:
            StateNotFoundError: there is no such run.
        """
        if run is None:
            rows = await self.list()
            run = next((row.run for row in rows if not row.finished), None)
        found = await self.keeper.versions(self.session_id, run) if run is not None else []
        if not found:
            raise self._missing(run)
        return found

    async def prune(self, older_than: timedelta, *, every_session: bool = False, unfinished: bool = False) -> int:
        """Remove finished runs that were saved last before a time, and say how many.

        Args:
            older_than: how long ago; what was saved since stays.
            every_session: those of all sessions of this place.
            unfinished: runs that have not ended too, but none that somebody goes on with.
        """
        before = _moment(datetime.now(UTC) - older_than)
        return await self.keeper.prune(before, None if every_session else self.session_id, unfinished=unfinished)

    async def newest(self, runs: Sequence[str]) -> dict[str, int]:
        """Give the version of each of these runs that there is: who waits for a change asks for it again and again."""
        return await self.keeper.newest(self.session_id, runs)

    async def list(self, *, every_session: bool = False) -> builtins.list[SavedRun]:
        """List the session's runs, or all of this place, the newest first; finished ones too.

        Each says what it waits for, and who goes on with it now; a holder that is known to be dead is not told.
        """
        rows = await self.keeper.rows(None if every_session else self.session_id)
        return [replace(row, claim=None) if row.claim and is_dead(row.claim.holder) else row for row in rows]

    async def clear(self, run: str | None = None) -> int:
        """Remove one run or all of the session, and say how many."""
        count = await self.keeper.drop(self.session_id, run)
        for known in [known for known in self._seen if run in (None, known)]:
            del self._seen[known]
        return count

    async def _put(self, head: Head, data: bytes, version: int, hold: Hold) -> None:
        """Save a document under a claim; what a dead holder claimed is free."""
        record = Record(_about(head, self.session_id), data)
        if not await self.keeper.put(record, version, hold):
            holder = await self._holder(head.run)
            over = hold._replace(over=holder)
            if not is_dead(holder) or not await self.keeper.put(record, version, over):
                raise await self._conflict(head, version, hold)
        self._seen[head.run] = version + 1

    async def _holder(self, run: str) -> str:
        record = await self.keeper.get(self.session_id, run)
        return record.about.claim.holder if record is not None and record.about.claim is not None else ""

    async def _conflict(self, head: Head, version: int, hold: Hold = NOBODY) -> StateConflictError:
        """Say what is stored instead of what was expected, or who holds it."""
        record = await self.keeper.get(self.session_id, head.run)
        claim = record.about.claim if record is not None else None
        if record is not None and record.about.version == version and claim and claim.holder not in hold:
            return StateConflictError(
                f"run {head.run!r} of session {self.session_id!r} is held by {told(claim.holder)} until {claim.until}",
                code="run-claimed",
                why="it goes on there; two that go on with one run would run its tools twice",
                help="wait for it to stop; claim(over=True), or --take-over, takes it from one that is gone for good",
                requirement="TS-DUR-030",
            )
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
    waiting = [
        (run, call)
        for run, call in interruptions(document, root)
        if not call.outputs and call.state not in ("approved", "rejected")
    ]
    waits = [_wait(document, run, call, names) for run, call in waiting]
    return Head(document.id, document.revision, root.step.type, names.get(root.agent, root.agent), waits)


def _wait(document: Document, run: Run, call: Call, names: Mapping[str, str]) -> Wait:
    agent = run.log[call.item].agent or run.agent
    state = "pending" if call.state == "pending" else "indeterminate"
    return Wait(path_to(document, run, call), shown(call.tool), names.get(agent, agent), state)


def _about(head: Head, session: str) -> SavedRun:
    now = _now()
    return SavedRun(
        session=session,
        run=head.run,
        version=0,
        revision=head.revision,
        step=head.step,
        agent=head.agent,
        created_at=now,
        saved_at=now,
        waits=[*head.waits],
    )


def _now() -> str:
    """Return this moment; all but its milliseconds is made once a second."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}+00:00"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _checked_lease(seconds: float) -> float:
    if not 0 < seconds < inf:
        raise UserError(f"lease is {seconds!r}", code="run-option", help="give seconds, more than 0")
    return seconds


def _checked_id(session: object) -> str:
    """Return a session's id, given as such or by the session."""
    given = session
    with suppress(ValueError):  # a session of openai-agents that is not made yet
        given = getattr(session, "session_id", session)
    if not isinstance(given, str):
        raise SessionError(
            f"session_id is a text, or a session that has one; got {type(session).__name__}",
            code="session-id",
            help="give the session's id; where a service makes it: await session.get_session_id()",
            requirement="TS-CORE-008",
        )
    if not given or "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given):
        raise SessionError(
            f"session_id is a text, not empty, without NUL and without halves of surrogate pairs; got {given!r}",
            code="session-id",
            requirement="TS-CORE-008",
        )
    return given
