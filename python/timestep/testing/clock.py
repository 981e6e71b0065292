"""A clock that moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from timestep.errors import UserError


class FakeClock:
    """A clock for tests: call it, or its `now`, for the time.

    Args:
        start: the time it shows first, with a time zone; the first second of 2026 in UTC unless given.

    Example:
        >>> clock = FakeClock()
        >>> clock.advance(90)
        >>> clock().isoformat()
        '2026-01-01T00:01:30+00:00'
    """

    def __init__(self, start: datetime | None = None) -> None:
        self.set(start or datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return self._now

    def now(self) -> datetime:
        """Return the time it shows."""
        return self._now

    def set(self, time: datetime) -> None:
        """Show another time, an earlier one too.

        Raises:
            UserError: the time has no zone.
        """
        if time.tzinfo is None:
            raise UserError("the time of a clock needs a zone", help="datetime(..., tzinfo=UTC)")
        self._now = time

    def advance(self, seconds: float) -> None:
        """Move on by some seconds; a negative number moves it back, as real clocks are set back at times."""
        self._now += timedelta(seconds=seconds)
