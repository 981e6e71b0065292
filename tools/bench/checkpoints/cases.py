"""What is measured, how often and for how long: the default, and the quick choice."""

from __future__ import annotations

from typing import NamedTuple


class Pace(NamedTuple):
    """How much is measured.

    Attributes:
        turns: lengths of the runs; the last one is long, and other packages are measured with it once.
        rounds: how often each thing is measured, one after the other.
        batch: turns in one batch of short runs, enough of them for the clock to tell.
        limit_s: CPU seconds after which a single run is cut off.
        whole_s: seconds after which nothing further is begun.
    """

    turns: tuple[int, ...] = (20, 200, 1000)
    rounds: int = 5
    batch: int = 200
    limit_s: float = 30.0
    whole_s: float = 180.0


QUICK = Pace(turns=(20, 100, 1000), rounds=3, batch=100, limit_s=4.0, whole_s=50.0)
SMALLEST = Pace(turns=(2, 30), rounds=1, batch=4, limit_s=4.0)


def run_name(turns: int, *, kept: bool) -> str:
    """Return the name of the case of runs of so many turns, kept in a store or not."""
    return f"{'kept' if kept else 'plain'} {turns}"


#: Loading a run that was kept up to some turn, beside loading the document that it is then.
LOAD = "load"
