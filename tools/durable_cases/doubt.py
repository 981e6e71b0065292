"""Calls that were broken off: who says what became of them, and what follows."""

from __future__ import annotations

from typing import Any

from durable_cases.case import (
    JSON,
    Case,
    agent,
    call,
    calls,
    clerk,
    decide,
    done,
    effect,
    result,
    resume,
    says,
    stops,
    tool,
    waits,
)

_PAY = tool("pay")
_PAYS = calls(call("c1", "pay"))
_KILLED: JSON = {"killed": True}
_DOUBT = stops("indeterminate", waits("c1", "pay", "indeterminate"), code="call-indeterminate")


def broken_off(name: str, title: str, rules: tuple[str, ...], then: tuple[JSON, ...], **options: Any) -> Case:
    """Return a case whose process dies as its tool has run, or before (`dies`), and what is asked next."""
    dies = options.pop("dies", "after")
    last = options.pop("told", "paid")
    given = {
        "agents": clerk(_PAY),
        "model": [_PAYS, says("Done.", result("c1", last))],
        "tools": {"pay": {"output": "paid", "dies": dies}},
        "args": {"store": True},
        "expect": _KILLED,
        **options,
    }
    features = ("checkpoints", *given.pop("features", ()))
    return Case(name, title, rules, then=then, features=features, **given)


CASES = [
    broken_off(
        "in-doubt",
        "A call of the effect once that was broken off is in doubt, and a person says what it has brought",
        ("TS-DUR-043", "TS-APPR-034"),
        (resume(_DOUBT), resume(done(), decide("c1", "output", output="It was paid."))),
        told="It was paid.",
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    broken_off(
        "in-doubt-runs-again",
        "A call in doubt runs again when a person says that it has not run",
        ("TS-DUR-043", "TS-APPR-034"),
        (resume(_DOUBT), resume(done(), decide("c1", "retry"))),
        dies="before",
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 2}},
    ),
    broken_off(
        "in-doubt-failed",
        "A call in doubt has failed when a person says so: the model is told, and it does not run again",
        ("TS-APPR-034",),
        (resume(_DOUBT), resume(done(), decide("c1", "fail"))),
        told=None,
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    broken_off(
        "in-doubt-not-approved",
        "A call that may have run can't be approved, and stays in doubt",
        ("TS-APPR-030",),
        (
            resume(_DOUBT),
            resume({"err": {"code": "call-indeterminate"}}, decide("c1", "approve")),
            resume(done(), decide("c1", "output", output="paid")),
        ),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    broken_off(
        "in-doubt-and-nothing-said",
        "A run with a call in doubt waits as before where it is gone on with and nobody has said anything",
        ("TS-DUR-043", "TS-TRANS-052"),
        (resume(_DOUBT), resume(_DOUBT), resume(done(), decide("c1", "output", output="paid"))),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    broken_off(
        "settled-call-that-is-not-in-doubt",
        "Nobody can say what became of a call that waits for a decision",
        ("TS-APPR-034",),
        (
            resume({"err": {"code": "call-unknown"}}, decide("c1", "output", output="paid")),
            resume(done(), decide("c1", "approve")),
        ),
        agents=clerk(tool("pay", approval="always")),
        tools={"pay": {"output": "paid"}},
        expect=stops("approval", waits("c1", "pay")),
        more={"effects": [effect("pay", "c1")]},
    ),
    broken_off(
        "read-runs-again",
        "A tool that reads runs again by itself, under the same key, where it was broken off",
        ("TS-DUR-043",),
        (resume(done()),),
        agents=clerk(tool("pay", "read")),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 2}},
    ),
    broken_off(
        "idempotent-runs-again",
        "An idempotent tool runs again by itself, under the same key, where it was broken off",
        ("TS-DUR-043",),
        (resume(done()),),
        agents=clerk(tool("pay", "idempotent")),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 2}},
    ),
    broken_off(
        "in-doubt-in-a-nested-run",
        "A call in doubt of a nested run is named by its path, and the run goes on once it is settled",
        ("TS-DUR-043", "TS-APPR-034"),
        (
            resume(
                stops(
                    "indeterminate",
                    waits("c1", "pay", "indeterminate", path="n1/c1", agent="Cashier"),
                    code="call-indeterminate",
                )
            ),
            resume(done(), decide("n1/c1", "output", output="paid")),
        ),
        agents=[agent("Clerk", {"name": "cashier", "agent": "Cashier"}), agent("Cashier", _PAY)],
        model={
            "Clerk": [calls(call("n1", "cashier", {"input": "Pay."})), says("Done.", result("n1", "It is paid."))],
            "Cashier": [_PAYS, says("It is paid.", result("c1", "paid"))],
        },
        features=("nested",),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 4, "tool": 1}},
    ),
    broken_off(
        "effect-that-the-tool-has-now",
        "A call that was begun as one that reads is in doubt where its tool has the effect once by now",
        ("TS-DUR-043",),
        (resume(_DOUBT, agents=clerk(_PAY)), resume(done(), decide("c1", "output", output="paid"), agents=clerk(_PAY))),
        agents=clerk(tool("pay", "read")),
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 1}},
    ),
]
