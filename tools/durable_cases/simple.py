"""Runs that stop for a person and are gone on with: what every implementation with saved states does."""

from __future__ import annotations

from durable_cases.case import Case, call, calls, clerk, decide, done, effect, result, resume, says, stops, tool, waits

_PAY = tool("pay", approval="always")
_LOOK = tool("look", "read")
_PAYS = calls(call("c1", "pay"))

CASES = [
    Case(
        "state-cut-short-refused",
        "A state that is cut short is refused, and nothing is asked",
        ("TS-CORE-002",),
        clerk(),
        [],
        {"err": {"code": {"$any": ["json-truncated", "json-syntax"]}}},
        args={"state": {"text": '{"run": "r1", "items": ['}},
        more={"op": "resume", "features": ["resume"], "asked": {"model": 0}},
    ),
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
        "tool-runs",
        "A tool is run, and the model is asked again with its output",
        ("TS-TRANS-021",),
        clerk(tool("look", "read")),
        [calls(call("c1", "look")), says("Done.", result("c1", "seen"))],
        done(),
        tools={"look": {"output": "seen", "asked": {"call_id": "c1", "arguments": '{"amount":5}'}}},
        more={"effects": [effect("look", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    Case(
        "approved-call-runs",
        "A call that a person has approved runs once, in whichever process the run is gone on with",
        ("TS-TOOL-009", "TS-APPR-014"),
        clerk(_PAY),
        [_PAYS, says("Done.", result("c1", "paid"))],
        stops("approval", waits("c1", "pay")),
        (resume(done(), decide("c1", "approve"), carried=True),),
        tools={"pay": {"output": "paid"}},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}, "handoff": True},
    ),
    Case(
        "rejected-call-does-not-run",
        "A call that a person has rejected does not run, and the model is told so",
        ("TS-TOOL-009", "TS-TRANS-021"),
        clerk(_PAY),
        [_PAYS, says("Done.", result("c1"))],
        stops("approval", waits("c1", "pay")),
        (resume(done(), decide("c1", "reject"), carried=True),),
        tools={"pay": {"output": "paid"}},
        more={"asked": {"model": 2, "tool": 0}, "handoff": True},
    ),
    Case(
        "one-of-two-rejected",
        "Of two calls that wait one is approved and one rejected: one runs, and the model is told of both",
        ("TS-TOOL-009", "TS-TOOL-010"),
        clerk(_PAY),
        [calls(call("c1", "pay"), call("c2", "pay", {"amount": 7})), says("Done.", result("c1", "paid"), result("c2"))],
        stops("approval", waits("c1", "pay"), waits("c2", "pay", arguments='{"amount":7}')),
        (resume(done(), decide("c1", "approve"), decide("c2", "reject"), carried=True),),
        tools={"pay": {"output": "paid"}},
        more={"effects": [effect("pay", "c1", arguments='{"amount":5}')], "asked": {"model": 2}, "handoff": True},
    ),
    Case(
        "beside-a-call-that-waits",
        "A call beside one that waits has run when the run stops, and does not run again when it is gone on with",
        ("TS-TOOL-009", "TS-TOOL-010"),
        clerk(_LOOK, _PAY),
        [calls(call("c1", "look"), call("c2", "pay")), says("Done.", result("c1", "seen"), result("c2", "paid"))],
        stops("approval", waits("c2", "pay")),
        (resume(done(), decide("c2", "approve"), carried=True),),
        tools={"look": {"output": "seen"}, "pay": {"output": "paid"}},
        more={"effects": [effect("look", "c1"), effect("pay", "c2")], "asked": {"tool": 2}, "handoff": True},
    ),
    Case(
        "turn-before-the-one-that-waits",
        "What earlier turns have brought is not asked for again when a run is gone on with",
        ("TS-TRANS-051", "TS-TOOL-009"),
        clerk(_LOOK, _PAY),
        [
            calls(call("c1", "look")),
            calls(call("c2", "pay")),
            says("Done.", result("c1", "seen"), result("c2", "paid")),
        ],
        stops("approval", waits("c2", "pay")),
        (resume(done(), decide("c2", "approve"), carried=True),),
        tools={"look": {"output": "seen"}, "pay": {"output": "paid"}},
        more={
            "effects": [effect("look", "c1"), effect("pay", "c2")],
            "asked": {"model": 3, "tool": 2},
            "handoff": True,
        },
    ),
    Case(
        "stops-twice",
        "A run that has been gone on with stops again where the next call waits",
        ("TS-TOOL-009", "TS-APPR-014"),
        clerk(_PAY),
        [_PAYS, calls(call("c2", "pay", {"amount": 7})), says("Done.", result("c1", "paid"), result("c2", "paid"))],
        stops("approval", waits("c1", "pay")),
        (
            resume(
                stops("approval", waits("c2", "pay", arguments='{"amount":7}')), decide("c1", "approve"), carried=True
            ),
            resume(done(), decide("c2", "approve"), carried=True),
        ),
        tools={"pay": {"output": "paid"}},
        more={
            "effects": [effect("pay", "c1"), effect("pay", "c2")],
            "asked": {"model": 3, "tool": 2},
            "handoff": True,
        },
    ),
    Case(
        "nothing-decided",
        "A run that is gone on with before anything is decided waits as before, and asks no model",
        ("TS-TRANS-052", "TS-TOOL-009"),
        clerk(_PAY),
        [_PAYS, says("Done.", result("c1", "paid"))],
        stops("approval", waits("c1", "pay")),
        (
            resume(stops("approval", waits("c1", "pay")), carried=True),
            resume(done(), decide("c1", "approve"), carried=True),
        ),
        tools={"pay": {"output": "paid"}},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}, "handoff": True},
    ),
]
