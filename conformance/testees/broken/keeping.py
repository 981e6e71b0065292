"""Faults of what keeps sessions and runs: what is kept where, and who may change it."""

from __future__ import annotations

import os
from typing import Any

import serving
from serving import Op

JSON = dict[str, Any]


def without_limit(op: Op) -> Op:
    """Give all items, however many are asked for."""
    return lambda args: op({name: value for name, value in args.items() if name != "limit"})


def for_this_process(op: Op) -> Op:
    """Keep items where no other process finds them."""

    def kept(args: JSON) -> Any:
        place = f"{args['place']}/{os.getpid()}"
        os.makedirs(place, exist_ok=True)  # noqa: PTH103 - one line
        return op({**args, "place": place})

    return kept


def last_writer_wins(op: Op) -> Op:
    """Save over whatever is there."""

    def saved(args: JSON) -> Any:
        listed = serving.operations()["store_list"](args)
        versions = [row["version"] for row in listed["runs"]]
        return op({**args, "expected": versions[0] if len(versions) == 1 else args["expected"]})

    return saved


def claims_nothing(op: Op) -> Op:
    """Say that a run is claimed, and leave it free."""

    def claimed(args: JSON) -> Any:
        found = op(args)
        serving.operations()["store_release"](args)
        return found

    return claimed


SESSION_OPS = ("session_add", "session_items", "session_pop", "session_clear")
FAULTS = {
    "session-without-limit": {"session_items": without_limit},
    "session-of-this-process": dict.fromkeys(SESSION_OPS, for_this_process),
    "durable-last-writer-wins": {"store_save": last_writer_wins},
    "durable-claims-nothing": {"store_claim": claims_nothing},
}
