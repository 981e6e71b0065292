"""What is measured, how often and for how long: the default, and the quick choice."""

from __future__ import annotations

from typing import Any, NamedTuple

TURNS, LONG, TOGETHER, FEW, MANY = (1, 20, 200), 1000, 5, 100, 1000
DELTAS = 2000
#: Seconds a model call takes where many runs are taken at once.
DELAY_S = 0.01


class Case(NamedTuple):
    """One thing that is measured on each peer.

    Attributes:
        name: its name in the figures.
        op: the operation of the peers' programs; "start" is a process of its own.
        fields: what the operation is given.
        fresh: whether it needs a process that has done nothing else, because memory is measured.
        unless: a case with fewer runs, which says beforehand whether this one would take too long.
    """

    name: str
    op: str
    fields: dict[str, Any]
    fresh: bool = False
    unless: str = ""


class Pace(NamedTuple):
    """How long it may take.

    Attributes:
        rounds: how often each case is measured, peer after peer.
        share_s: seconds a peer may take in one case; what is slower is measured less often than there are rounds.
        limit_s: CPU seconds after which a single run is cut off.
        whole_s: seconds after which nothing further is begun.
        budget_s: CPU seconds that short runs are repeated for.
    """

    rounds: int = 5
    share_s: float = 3.0
    limit_s: float = 12.0
    whole_s: float = 330.0
    budget_s: float = 0.15


QUICK = Pace(rounds=2, share_s=0.5, limit_s=1.0, whole_s=50.0, budget_s=0.1)


def cases(pace: Pace) -> list[Case]:
    """Return what is measured, in order: last is what a slow machine can best do without."""
    limit = {"limit_s": pace.limit_s}
    at_once = {"turns": TOGETHER, "delay_s": DELAY_S, **limit}
    few = f"together-{FEW}"
    # Most runs are short of any limit; this one only keeps a hopeless peer from stopping the bench.
    short = {"budget_s": pace.budget_s, "limit_s": 4 * pace.limit_s}
    return [
        *(Case(f"turns-{n}", "turns", {"turns": n, **short}) for n in TURNS),
        Case("events", "events", {"events": DELTAS}),
        Case("deltas", "deltas", {"events": DELTAS}),
        Case("start", "start", {}),
        Case("depth", "depth", {"turns": LONG, **limit}),
        Case("client", "client", {"turns": max(TURNS), **limit}),
        Case(few, "together", {"runs": FEW, **at_once}),
        Case(f"together-{MANY}", "together", {"runs": MANY, **at_once}, fresh=True, unless=few),
    ]
