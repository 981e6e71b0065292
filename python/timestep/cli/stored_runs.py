"""The runs that a store keeps, as `timestep runs` finds, loads and saves them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

from timestep.cli.output import command_line, file_name, one_line, paint, say
from timestep.errors import UsageError
from timestep.saved import RunStateStore
from timestep.state import Interruption, RunState
from timestep.storage.places import place_of
from timestep.stores.protocol import Hold, HoldsDocument, SavedRun
from timestep.stores.sqlite import SQLiteKeeper
from timestep.types.state import Document

_T = TypeVar("_T")
_PASSWORD = re.compile(r"(?<=//)([^:@/?]*):.*(?=@)|(?<=[?&])((?:ssl)?password)=[^&]*")


class TellingStore(RunStateStore):
    """A store that tells a person of each new run once it has it: a process that is killed says nothing afterwards.

    Attributes:
        place: what the store is called.
    """

    place = ""

    async def save(
        self, state: HoldsDocument | Document, *, expected: int | None = None, hold: Hold | None = None
    ) -> int:
        """Save a run as any store does, and tell its id the first time."""
        version = await super().save(state, expected=expected, hold=hold)
        if version == 1:
            document = state if isinstance(state, Document) else state.resumable()
            say(paint(one_line(f"run       {document.id} in {self.place}"), "bright_black", err=True), err=True)
        return version


class StoredRuns:
    """The runs of one session in one store.

    Attributes:
        store: the store itself.
        place: its file, or its address without user and password.
        options: the options of a command line that lead to it, without the password.

    Args:
        url: a SQLite file as a path or as `sqlite:///PATH`, or `postgresql://...`; None is the default place.
        session: the session.
        tells: tell of new runs, on stderr.

    Raises:
        UsageError: no store opens such a URL.
        SessionError: the session's id can't be one.
    """

    def __init__(self, url: str | None, session: str, *, tells: bool = False) -> None:
        self.store = (TellingStore if tells else RunStateStore)(session_id=session, connection=url)
        keeper = self.store.keeper
        self._file = keeper.path if isinstance(keeper, SQLiteKeeper) else None
        self.place = file_name(str(self._file)) if self._file is not None else _address(url)
        if isinstance(self.store, TellingStore):
            self.store.place = self.place
        given = {"--store": shown(url) if url is not None else None, "--session": session}
        given = given if session != "default" else {"--store": given["--store"]}
        self._taken = False
        self.options = tuple(word for name, value in given.items() if value is not None for word in (name, value))

    @property
    def session(self) -> str:
        """The session's id."""
        return self.store.session_id

    def do(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do something with the store."""
        return asyncio.run(work)

    def rows(self, *, every_session: bool = False, patience: float | None = None) -> list[SavedRun]:
        """List the runs, the newest first; a file that is not there is not made.

        Raises:
            StorageError: the system refused.
            TimeoutError: it took longer than the `patience`, in seconds.
        """
        if self._file is not None and not self._file.exists():
            return []
        return self.do(asyncio.wait_for(self.store.list(every_session=every_session), patience))

    def find(self, run: str | None, *, newest: bool = False) -> SavedRun:
        """Find a run by its id, or the session's unfinished one.

        Args:
            run: its id.
            newest: without an id, take the newest of several.

        Raises:
            UsageError: there is none, or several are meant.
        """
        known = self.rows()
        if run is not None:
            return next((row for row in known if row.run == run), None) or self.refuse(run, known)
        unfinished = [row for row in known if not row.finished]
        if not unfinished:
            raise _missing(f"session {self.session!r} has no unfinished run in {self.place}", self._elsewhere(None))
        if len(unfinished) > 1 and not newest:
            names = ", ".join(row.run for row in unfinished)
            raise UsageError(
                f"session {self.session!r} has {len(unfinished)} unfinished runs",
                help=f"name one, newest first: {names}",
            )
        return unfinished[0]

    def refuse(self, run: str, known: Sequence[SavedRun], what: str = "run") -> NoReturn:
        """Refuse a name that no run has, with the nearest.

        Raises:
            UsageError: always.
        """
        near = get_close_matches(run, [row.run for row in known], n=3)
        help_text = f"did you mean {' or '.join(near)}?" if near else self._elsewhere(run)
        raise _missing(f"session {self.session!r} has no {what} {run!r} in {self.place}", help_text)

    def load(self, run: str) -> RunState:
        """Load a run.

        Raises:
            StateNotFoundError: it is not there any more.
            TimestepError: the record can't be read.
        """
        return self.do(self.store.load(run))

    def taken(self, run: str) -> RunState:
        """Load a run and take it from whoever holds it, who can save it no more.

        Raises:
            StateNotFoundError: it is not there any more.
        """
        self._taken = True
        return self.do(self.store.claim(run, over=True))

    def release(self, run: str) -> None:
        """Let go of a run that was taken; one that has gone on has been let go of at its stop."""
        if self._taken:
            self.do(self.store.release(run))

    def save(self, state: RunState) -> None:
        """Save a run over the version that was loaded.

        Raises:
            StateConflictError: others have saved it since, or hold it.
        """
        state.version = self.do(self.store.save(state, expected=state.version))

    def keep(self, state: RunState) -> None:
        """Save what was decided on a run that has not gone on; one that has is in the store already.

        Raises:
            StateConflictError: others have gone on with it.
        """
        document, _ = self.do(self.store.load_version(state.document.id))
        if document.provenance != state.document.provenance:
            self.save(state)

    def words(self, verb: str, *more: str) -> str:
        """Write a command of `timestep runs` on this store."""
        return command_line(("timestep", "runs", verb, *more, *self.options))

    def deciding(self, run: str, call: Interruption) -> str:
        """Write the command that decides on a call of a run, or says what became of it."""
        if call.state == "indeterminate":
            return f"{self.words('settle', run, call.path)} --retry, or --output TEXT, or --fail"
        return self.words("approve", run, call.path)

    def _elsewhere(self, run: str | None) -> str:
        """Name the sessions that have what was asked for."""
        rows = [row for row in self.rows(every_session=True) if (run is None and not row.finished) or row.run == run]
        sessions = list(dict.fromkeys(row.session for row in rows))
        return (
            f"--session {' or '.join(sessions[:3])} has it" if sessions else "timestep runs list --every-session --all"
        )


def kept_in(store: str | None, session: str | None, *, tells: bool = False) -> StoredRuns | None:
    """Return the store that new runs are kept in, by `--store`; None without.

    Raises:
        UsageError: no store opens such a URL, or a session is named and no store.
        SessionError: the session's id can't be one.
    """
    if store is not None:
        return StoredRuns(store or None, session if session is not None else "default", tells=tells)
    if session is not None:
        raise UsageError("--store-session is about a store", help="give --store, too; --session is the conversation")
    return None


def shown(url: str) -> str:
    """Return an address without its password."""
    return _PASSWORD.sub(lambda found: f"{found[1]}:***" if found[1] is not None else f"{found[2]}=***", file_name(url))


def _missing(message: str, help_text: str) -> UsageError:
    return UsageError(message, code="state-not-found", help=help_text, requirement="TS-STORE-005")


def _address(url: str | None) -> str:
    """Return the place of a store that is no file."""
    place = place_of(url)
    if not isinstance(place, str):
        return str(place or url)
    from timestep.storage.postgres import place_of as address_of
    from timestep.storage.postgres import settings_of

    return address_of(settings_of(place))
