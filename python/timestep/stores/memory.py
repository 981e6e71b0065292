"""Saved runs in memory: for tests, and for runs that need not outlive the process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from timestep.stores.protocol import NOBODY, Claim, Hold, Record, SavedRun, SavedVersion

_Key = tuple[str, str]


class MemoryKeeper:
    """Records in a dictionary, in the order in which the runs were first saved."""

    def __init__(self) -> None:
        self._records: dict[_Key, Record] = {}
        self._versions: dict[_Key, list[SavedVersion]] = {}

    async def put(self, record: Record, expected: int, hold: Hold = NOBODY) -> bool:
        """Replace a record if its version is the expected one, and nobody else holds the run."""
        about = record.about
        key = (about.session, about.run)
        old = self._records.get(key)
        claim = _claim(old) if old else None
        if not _fits(old, about, expected) or (claim and claim.holder not in (hold.holder, hold.over)):
            return False
        created_at = old.about.created_at if old else about.created_at
        if hold.seconds is not None:
            claim = Claim(hold.holder, _later(hold.seconds)) if hold.seconds else None
        about = replace(about, version=expected + 1, created_at=created_at, claim=claim)
        self._note(key, about, record.data)
        return True

    async def append(self, record: Record, expected: int) -> bool:
        """Add a change to those of a run if its version is the expected one."""
        about = record.about
        key = (about.session, about.run)
        old = self._records.get(key)
        if old is None or not _fits(old, about, expected):
            return False
        newer = replace(about, version=expected + 1, created_at=old.about.created_at, claim=old.about.claim)
        self._note(key, newer, old.data, [*old.changes, record.data])
        return True

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        if run is not None:
            found = self._records.get((session, run))
        else:
            mine = (record for record in reversed(self._records.values()) if record.about.session == session)
            found = next((record for record in mine if not record.about.finished), None)
        return replace(found, about=replace(found.about, claim=_claim(found))) if found else None

    async def renew(self, session: str, run: str, holder: str, seconds: float) -> bool:
        """Have a claim last for some seconds from now; 0 gives it up."""
        found = self._records.get((session, run))
        if found is None or found.about.claim is None or found.about.claim.holder != holder:
            return False
        claim = Claim(holder, _later(seconds)) if seconds else None
        self._records[session, run] = replace(found, about=replace(found.about, claim=claim))
        return True

    async def versions(self, session: str, run: str) -> list[SavedVersion]:
        """List the saves of a run, the oldest first."""
        return [*self._versions.get((session, run), ())]

    async def newest(self, session: str, runs: Sequence[str]) -> dict[str, int]:
        """Give the version of each of these runs that there is."""
        found = {run: self._records.get((session, run)) for run in runs}
        return {run: record.about.version for run, record in found.items() if record is not None}

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        found = (replace(record.about, claim=_claim(record)) for record in reversed(self._records.values()))
        return [about for about in found if session in (None, about.session)]

    async def prune(self, before: str, session: str | None = None, *, unfinished: bool = False) -> int:
        """Remove runs saved last before a time, finished ones or all, but none that is held."""
        old = [
            key
            for key, record in self._records.items()
            if session in (None, key[0])
            and record.about.saved_at < before
            and (unfinished or record.about.finished)
            and _claim(record) is None
        ]
        return sum([await self.drop(*key) for key in old])

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session."""
        keys = [key for key in self._records if key[0] == session and run in (None, key[1])]
        for key in keys:
            del self._records[key], self._versions[key]
        return len(keys)

    def _note(self, key: _Key, about: SavedRun, data: bytes, changes: list[bytes] | None = None) -> None:
        """Have a record stand for a run, and keep that it did."""
        self._records[key] = Record(about, data, changes or [])
        told = SavedVersion(about.version, about.revision, about.step, about.agent, about.saved_at, about.waits)
        self._versions.setdefault(key, []).append(told)


def _fits(old: Record | None, new: SavedRun, expected: int) -> bool:
    return (old.about.version if old else 0) == expected and not (old and old.about.revision > new.revision)


def _claim(record: Record) -> Claim | None:
    """Return the claim on a run, if it has not run out."""
    claim = record.about.claim
    return claim if claim is not None and claim.until > _later(0) else None


def _later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
