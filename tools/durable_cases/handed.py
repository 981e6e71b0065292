"""Runs that another implementation can finish: below an agent, behind a handoff, with decisions that stand."""

from __future__ import annotations

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

_PAY = tool("pay", approval="always")
_PAYS = calls(call("c1", "pay"))


def _once(*call_ids: str, **counts: int) -> JSON:
    """Return that the tool has run once for each of these calls, and that the case is handed over."""
    return {"effects": [effect("pay", call_id) for call_id in call_ids], "asked": counts, "handoff": True}


CASES = [
    Case(
        "approved-in-a-nested-run",
        "A call of a nested run that a person has approved runs once, and both runs are gone on with",
        ("TS-TOOL-009", "TS-TRANS-051"),
        [agent("Chief", {"name": "ask_clerk", "agent": "Clerk"}), agent("Clerk", _PAY)],
        {
            "Chief": [calls(call("c1", "ask_clerk", {"input": "Pay."})), says("Done.", result("c1", "Paid."))],
            "Clerk": [calls(call("c2", "pay")), says("Paid.", result("c2", "paid"))],
        },
        stops("approval", waits("c2", "pay", path="c1/c2")),
        (resume(done(), decide("c1/c2", "approve"), carried=True),),
        tools={"pay": {"output": "paid"}},
        features=("nested",),
        more=_once("c2", model=4, tool=1),
    ),
    Case(
        "approved-behind-a-handoff",
        "A run that waits behind a handoff is gone on with by the agent that it was handed to",
        ("TS-TOOL-009", "TS-TRANS-051"),
        [agent("Desk", handoffs=[{"agent": "Clerk"}]), agent("Clerk", _PAY)],
        {
            "Desk": [calls(call("c1", "transfer_to_clerk", "{}"))],
            "Clerk": [
                calls(call("c2", "pay")),
                says("Done.", result("c1"), result("c2", "paid")),
            ],
        },
        stops("approval", waits("c2", "pay")),
        (resume(done(), decide("c2", "approve"), carried=True),),
        tools={"pay": {"output": "paid"}},
        features=("handoffs",),
        more=_once("c2", model=3, tool=1),
    ),
    Case(
        "approved-for-good",
        "A standing approval holds for the next call of the tool, and nobody is asked again",
        ("TS-TOOL-008", "TS-TRANS-051"),
        clerk(_PAY),
        [_PAYS, calls(call("c2", "pay", {"amount": 7})), says("Done.", result("c1", "paid"), result("c2", "paid"))],
        stops("approval", waits("c1", "pay")),
        (resume(done(), decide("c1", "approve", always=True), carried=True),),
        tools={"pay": {"output": "paid"}},
        more=_once("c1", "c2", model=3, tool=2),
    ),
    Case(
        "rejected-with-a-message",
        "What a person says with a rejection is what the model is told",
        ("TS-TOOL-009",),
        clerk(_PAY),
        [_PAYS, says("Done.", result("c1", "Not this month."))],
        stops("approval", waits("c1", "pay")),
        (resume(done(), decide("c1", "reject", message="Not this month."), carried=True),),
        tools={"pay": {"output": "paid"}},
        more=_once(model=2, tool=0),
    ),
    Case(
        "model-asked-again-after-it-failed",
        "A run whose model has failed is gone on with by another question, and what has run does not run again",
        ("TS-TRANS-051",),
        clerk(tool("pay")),
        [_PAYS, {"err": {"code": "model-failed", "message": "nobody is there"}}, says("Done.", result("c1", "paid"))],
        stops("error", code="model-failed"),
        (resume(done(), carried=True),),
        tools={"pay": {"output": "paid"}},
        more={**_once("c1", model=3, tool=1), "handoff": False},
    ),
]
