"""Decisions: which call they are on, which of them holds, and what becomes of them."""

from __future__ import annotations

from typing import Any

from durable_cases.case import JSON, agent, call, decide, done, effect, result, resume, says, stops, waits
from run_cases.case import Case, alone, asks, refused, state, tool

_PAY = tool("pay", approval="always")
_PAID = {"pay": {"output": "paid"}}
_STOPS = stops("approval", waits("c1", "pay", arguments="{}"))
_TWO = asks("c1", "pay", "{}", call("c2", "pay", "{}"))
_STOPS_TWICE = stops("approval", waits("c1", "pay", arguments="{}"), waits("c2", "pay", arguments="{}"))


def decided(
    name: str, title: str, rules: tuple[str, ...], expect: JSON, *decisions: JSON, model: list[JSON], **more: Any
) -> Case:
    """Return a case of two calls that wait, and of what is decided."""
    then = (resume(expect, *decisions, carried=True), *more.pop("then", ()))
    return Case(name, title, rules, alone(_PAY), [_TWO, *model], _STOPS_TWICE, then, tools=_PAID, more=more)


_ENDS = says("Done.", result("c1"), result("c2"))
MADE = [
    decided(
        "decision-by-another-id",
        "A decision on a call that nobody made is refused, and nothing runs",
        ("TS-APPR-031",),
        refused("call-unknown"),
        decide("c3", "approve"),
        model=[],
        effects=[],
    ),
    decided(
        "decision-by-a-part-of-an-id",
        "A decision names a call by its whole id",
        ("TS-APPR-031",),
        refused("call-unknown"),
        decide("c", "approve"),
        model=[],
        effects=[],
    ),
    decided(
        "decision-on-one-of-two",
        "A decision on one call is none on the other, which waits as before",
        ("TS-APPR-031", "TS-APPR-032"),
        state(
            stops("approval", waits("c2", "pay", arguments="{}")),
            provenance__0__action="decided",
            provenance__0__subject="c1: approve",
            provenance__1={"$absent": True},
        ),
        decide("c1", "approve"),
        model=[],
        effects=[effect("pay", "c1")],
    ),
    decided(
        "decided-again",
        "The last decision on a call holds, and both are on record",
        ("TS-APPR-012", "TS-APPR-032"),
        state(
            done(),
            provenance__0__subject="c1: approve",
            provenance__1__subject="c1: reject",
            provenance__2__subject="c2: approve",
            approvals__2={"$absent": True},
        ),
        decide("c1", "approve"),
        decide("c1", "reject"),
        decide("c2", "approve"),
        model=[_ENDS],
        effects=[effect("pay", "c2")],
    ),
    decided(
        "exact-decision-before-a-standing-one",
        "A decision on one call wins over a standing one that is made later",
        ("TS-APPR-010",),
        done(),
        decide("c1", "reject"),
        decide("c2", "approve", always=True),
        model=[_ENDS],
        effects=[effect("pay", "c2")],
    ),
    decided(
        "standing-decision",
        "A standing approval lets all calls of the tool run, and one that is made later, too",
        ("TS-APPR-014",),
        done(),
        decide("c1", "approve", always=True),
        model=[asks("c3", "pay"), says("Done.")],
        effects=[effect("pay", "c1"), effect("pay", "c2"), effect("pay", "c3")],
    ),
]

MADE.append(
    Case(
        "standing-decision-of-one-agent",
        "A standing approval of one agent's calls lets no other agent's run",
        ("TS-APPR-014",),
        [agent("Clerk", _PAY, handoffs=[{"agent": "Cashier"}]), agent("Cashier", _PAY)],
        {"Clerk": [asks("c1", "pay"), asks("c2", "transfer_to_cashier")], "Cashier": [asks("c3", "pay")]},
        _STOPS,
        (
            resume(
                stops("approval", {**waits("c3", "pay", arguments="{}"), "agent": "Cashier"}),
                decide("c1", "approve", always=True),
                carried=True,
            ),
        ),
        tools=_PAID,
        features=("handoffs",),
        more={"effects": [effect("pay", "c1")]},
    )
)

_NESTED = [
    agent("Clerk", tool("ask_first", agent="First"), tool("ask_second", agent="Second")),
    agent("First", _PAY),
    agent("Second", _PAY),
]
_GIVEN = '{"input":"Pay."}'
_BELOW = [
    {**waits("c9", "pay", arguments="{}"), "path": f"{above}/c9", "agent": who}
    for above, who in (("c1", "First"), ("c2", "Second"))
]
_ASKS_BOTH = asks("c1", "ask_first", _GIVEN, call("c2", "ask_second", _GIVEN))
_PAYS = asks("c9", "pay")
BELOW = [
    Case(
        "decision-on-an-id-that-two-calls-have",
        "A call id that two waiting calls have names neither of them",
        ("TS-APPR-031",),
        _NESTED,
        {"Clerk": [_ASKS_BOTH], "First": [_PAYS], "Second": [_PAYS]},
        stops("approval", *_BELOW),
        (resume(refused("call-ambiguous"), decide("c9", "approve"), carried=True),),
        tools=_PAID,
        features=("nested",),
        more={"effects": []},
    ),
    Case(
        "decision-by-a-path",
        "Of two calls with one id the path tells which is decided on",
        ("TS-APPR-031", "TS-APPR-032"),
        _NESTED,
        {"Clerk": [_ASKS_BOTH], "First": [_PAYS, says("First.")], "Second": [_PAYS]},
        stops("approval", *_BELOW),
        (
            resume(
                state(stops("approval", _BELOW[1]), provenance__0__subject="c1/c9: approve"),
                decide("c1/c9", "approve"),
                carried=True,
            ),
        ),
        tools=_PAID,
        features=("nested",),
        more={"effects": [effect("pay", "c9")]},
    ),
    Case(
        "decisions-of-a-nested-run-that-goes",
        "When a nested run goes its decisions go, and provenance keeps the record of them",
        ("TS-APPR-006",),
        [agent("Clerk", tool("ask_first", agent="First")), agent("First", _PAY)],
        {"Clerk": [asks("c1", "ask_first", _GIVEN), says("Done.")], "First": [_PAYS, says("First.")]},
        stops("approval", _BELOW[0]),
        (
            resume(
                state(done(), approvals=[], provenance__0__subject="c1/c9: approve"),
                decide("c1/c9", "approve"),
                carried=True,
            ),
        ),
        tools=_PAID,
        features=("nested",),
        more={"effects": [effect("pay", "c9")]},
    ),
]


def in_place(
    name: str, title: str, rules: tuple[str, ...], answer: Any, expect: JSON, *model: JSON, **more: Any
) -> Case:
    """Return a case of a person who is asked in place."""
    return Case(
        f"in-place-{name}",
        title,
        rules,
        alone(_PAY),
        [asks("c1", "pay"), *model],
        expect,
        tools=_PAID,
        world={"asks": {"decision": {"pay": {"answer": answer, "asked": {"path": "c1", "call_id": "c1"}}}}},
        features=("approver",),
        args={"approver": True},
        more={"effects": [], **more},
    )


IN_PLACE = [
    in_place(
        "approved",
        "A call that is approved in place runs",
        ("TS-APPR-032",),
        True,
        state(done(), provenance__0__subject="c1: approve"),
        says("Done.", result("c1", "paid")),
        effects=[effect("pay", "c1")],
    ),
    in_place(
        "rejected",
        "A call that is rejected in place does not run",
        ("TS-APPR-033",),
        False,
        done(),
        says("Done.", result("c1")),
    ),
    in_place("left", "A call on which nothing is said in place waits", ("TS-APPR-033",), None, _STOPS),
    *(
        in_place(
            f"answered-{name}",
            f"The answer {name} in place of yes or no is no approval",
            ("TS-APPR-033",),
            answer,
            refused("definition"),
        )
        for name, answer in (("perhaps", "perhaps"), ("yes", "yes"), ("list", [True]), ("object", {"how": "approve"}))
    ),
]

CASES = [*MADE, *BELOW, *IN_PLACE]
