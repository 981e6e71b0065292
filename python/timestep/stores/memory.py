"""Saved runs in memory: for tests, and for runs that need not outlive the process."""

from __future__ import annotations

from msgspec.structs import replace

from timestep.stores.protocol import Record, SavedRun


class MemoryKeeper:
    """Records in a dictionary, in the order in which the runs were first saved."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], Record] = {}

    async def put(self, record: Record, expected: int) -> bool:
        """Replace a record if its version is the expected one."""
        about = record.about
        key = (about.session, about.run)
        old = self._records.get(key)
        if (old.about.version if old else 0) != expected or (old and old.about.revision > about.revision):
            return False
        created_at = old.about.created_at if old else about.created_at
        self._records[key] = replace(record, about=replace(about, version=expected + 1, created_at=created_at))
        return True

    async def append(self, record: Record, expected: int) -> bool:
        """Add a change to those of a run if its version is the expected one."""
        about = record.about
        key = (about.session, about.run)
        old = self._records.get(key)
        if old is None or old.about.version != expected or old.about.revision > about.revision:
            return False
        newer = replace(about, version=expected + 1, created_at=old.about.created_at)
        self._records[key] = Record(newer, old.data, [*old.changes, record.data])
        return True

    async def get(self, session: str, run: str | None = None) -> Record | None:
        """Give the record of a run, or of the session's newest unfinished one."""
        if run is not None:
            return self._records.get((session, run))
        found = (record for record in reversed(self._records.values()) if record.about.session == session)
        return next((record for record in found if not record.about.finished), None)

    async def rows(self, session: str | None = None) -> list[SavedRun]:
        """List the runs of a session, or all, the newest first."""
        found = (record.about for record in reversed(self._records.values()))
        return [about for about in found if session in (None, about.session)]

    async def drop(self, session: str, run: str | None = None) -> int:
        """Remove one run or all of a session."""
        keys = [key for key in self._records if key[0] == session and run in (None, key[1])]
        for key in keys:
            del self._records[key]
        return len(keys)
