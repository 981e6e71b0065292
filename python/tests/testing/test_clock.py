"""The clock that moves only when told."""

from datetime import UTC, datetime, timedelta

import pytest

from timestep.errors import UserError
from timestep.testing import FakeClock


def test_it_shows_the_same_time_until_it_is_moved():
    """Two looks at it are equal, by call and by name; a test decides what passes between them."""
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock = FakeClock(start)
    assert clock() == clock.now() == clock() == start
    clock.advance(0.5)
    clock.advance(60)
    assert clock() - start == timedelta(seconds=60.5)
    clock.advance(-120)
    assert clock() < start
    clock.set(start)
    assert clock.now() == start


def test_two_clocks_begin_alike():
    """Unless told otherwise, so that what a test records is the same each time."""
    assert FakeClock()() == FakeClock()() == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused():
    """It would be another moment on another machine."""
    with pytest.raises(UserError, match="zone"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001
