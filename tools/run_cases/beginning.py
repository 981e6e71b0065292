"""What every implementation that carries out whole runs does: it takes one, and refuses what is no saved one."""

from __future__ import annotations

from durable_cases.case import clerk, done, says
from run_cases.case import Case, refused

CASES = [
    Case(
        "plain-answer",
        "An answer in words ends the run",
        ("TS-TRANS-007",),
        clerk(),
        [says("Done.")],
        done(),
        more={"asked": {"model": 1, "tool": 0}},
    ),
    Case(
        "state-cut-short-refused",
        "A state that is cut short is refused, and nothing is asked",
        ("TS-CORE-002",),
        clerk(),
        [],
        refused("json-truncated", "json-syntax"),
        args={"state": {"text": '{"run": "r1", "items": ['}},
        more={"op": "resume", "features": ["resume"], "asked": {"model": 0}},
    ),
]
