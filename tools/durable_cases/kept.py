"""Runs in a store: what is kept is gone on with, and what is refused ends the run here."""

from __future__ import annotations

from typing import Any

from durable_cases.case import (
    JSON,
    RUN,
    Case,
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
_ASKED = tool("pay", approval="always")
_PAYS = calls(call("c1", "pay"))
_PAID = {"pay": {"output": "paid"}}
_CONFLICT: JSON = {"err": {"code": "state-conflict"}}
_FULL: JSON = {"err": {"code": "storage-full", "message": "no room"}}
_REFUSED: JSON = {"err": {"code": "storage-full"}}
_ANY = {"$any": [0, 1]}


def kept(
    name: str, title: str, rules: tuple[str, ...], expect: JSON, then: tuple[JSON, ...] = (), **given: Any
) -> Case:
    """Return a case of a run with a store, which pays once."""
    options = {
        "agents": clerk(_PAY),
        "model": [_PAYS, says("Done.", result("c1", "paid"))],
        "tools": _PAID,
        **given,
    }
    features = ("checkpoints", *options.pop("features", ()))
    args = {"store": True, **options.pop("args", {})}
    return Case(name, title, rules, expect=expect, then=then, features=features, args=args, **options)


def again(expect: JSON, **more: Any) -> JSON:
    """Return a request to begin the run of that id once more."""
    return {"op": "run", "args": {"run": RUN, "input": "Please.", **more}, "expect": expect}


CASES = [
    *(
        kept(
            f"taken-by-somebody-else-at-{number}",
            f"Nothing more is begun where the {told} state is refused, since somebody else has gone on with the run",
            ("TS-DUR-004",),
            _CONFLICT,
            world={"store": [{"at": number, "conflict": True}]},
            more={"effects": [effect("pay", "c1", times=_ANY)] if number > 1 else [], "asked": asked},
        )
        for number, told, asked in (
            (1, "first", {"model": 0, "tool": 0}),
            (2, "second", {"model": 1}),
            (3, "third", {}),
        )
    ),
    kept(
        "taken-by-somebody-else-after-a-decision",
        "A run that somebody else has gone on with while a person decided is not gone on with here",
        ("TS-DUR-004",),
        stops("approval", waits("c1", "pay")),
        (resume(_CONFLICT, decide("c1", "approve")),),
        agents=clerk(_ASKED),
        world={"store": [{"request": 1, "at": 1, "conflict": True}]},
        more={"asked": {"tool": 0, "model": 1}},
    ),
    kept(
        "no-room-for-the-first-state",
        "Nothing is begun of a run whose first state the store refuses, and the run begins where it is asked for again",
        ("TS-DUR-005", "TS-DUR-040"),
        _REFUSED,
        (again(done()),),
        world={"store": [{"at": 1, **_FULL}]},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    kept(
        "no-room-for-the-answer",
        "No tool is begun where the store refuses the model's answer; it is asked for again under the same key",
        ("TS-DUR-005", "TS-DUR-041"),
        _REFUSED,
        (resume(done()),),
        world={"store": [{"at": 2, **_FULL}, {"at": 3, **_FULL}]},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 3, "tool": 1}},
    ),
    kept(
        "call-that-was-checked",
        "A call that was being checked when the process died has not run, and runs",
        ("TS-DUR-042",),
        {"killed": True},
        (resume(done()),),
        agents=clerk(tool("pay", input_guardrails=["small"])),
        world={"guardrails": {"small": [{"dies": "before"}, "pass"]}},
        features=("guardrails",),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1, "guardrail": 2}},
    ),
    kept(
        "result-beside-a-call-that-waits",
        "A result that is kept beside a call that waits is not brought again once that one is decided",
        ("TS-DUR-044",),
        stops("approval", waits("c2", "pay")),
        (resume(done(), decide("c2", "approve")),),
        agents=clerk(tool("send"), _ASKED),
        model=[calls(call("c1", "send"), call("c2", "pay")), says("Done.", result("c1", "sent"), result("c2", "paid"))],
        tools={"send": {"output": "sent"}, **_PAID},
        more={"effects": [effect("send", "c1"), effect("pay", "c2")], "asked": {"model": 2, "tool": 2}},
    ),
    kept(
        "run-of-a-kept-id",
        "A run whose id is in the store is gone on with, and not begun a second time",
        ("TS-DUR-040",),
        stops("approval", waits("c1", "pay")),
        (again(stops("approval", waits("c1", "pay"))), resume(done(), decide("c1", "approve"))),
        agents=clerk(_ASKED),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    kept(
        "run-of-an-ended-id",
        "A run that has ended gives its output where it is to be begun once more, and asks nothing",
        ("TS-DUR-040", "TS-DUR-046"),
        done(),
        (again(done()),),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    kept(
        "ended-run-resumed",
        "A run that has ended gives its output again each time, and asks nothing",
        ("TS-DUR-046",),
        done(),
        (resume(done()), resume(done())),
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    kept(
        "failed-run-resumed",
        "A run that a guardrail has stopped for good gives that again, and asks nothing",
        ("TS-DUR-046",),
        {"ok": {"step": "failed", "code": "input-tripwire", "output": None}, "match": "subset"},
        (resume({"ok": {"step": "failed", "code": "input-tripwire", "output": None}, "match": "subset"}),),
        agents=clerk(input_guardrails=[{"name": "polite", "parallel": False}]),
        world={"guardrails": {"polite": "trip"}},
        features=("guardrails",),
        more={"asked": {"model": 0, "guardrail": 1}},
    ),
    kept(
        "answer-that-ended-the-stretch",
        "An answer that is kept is not asked for again when the run goes on from its limit of turns",
        ("TS-DUR-041", "TS-TRANS-042"),
        stops("limit", code="max-turns"),
        (resume(done(), max_turns=3),),
        args={"max_turns": 1},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1}},
    ),
    kept(
        "model-that-fails",
        "A model that fails is asked again under the same key when the run is gone on with",
        ("TS-DUR-041",),
        stops("error", code="model-failed"),
        (resume(done()),),
        model=[{"err": {"code": "model-failed", "message": "overloaded"}}, says("Done.")],
        more={"asked": {"model": 2}},
    ),
    kept(
        "unknown-run",
        "A run that is not in the store can't be gone on with",
        ("TS-STORE-005",),
        {"err": {"code": "state-not-found"}},
        more={"op": "resume", "asked": {"model": 0}},
    ),
    kept(
        "session-waits-for-the-output",
        "A session has no call without its output while the run waits, and each item once when it has ended",
        ("TS-DUR-045", "TS-TRANS-021"),
        stops("approval", waits("c1", "pay")),
        (resume(done(), decide("c1", "approve")),),
        agents=clerk(_ASKED),
        features=("session",),
        args={"session": True},
        more={
            "effects": [effect("pay", "c1")],
            "session": [
                {"role": "user", "content": "Please."},
                {"type": "function_call", "call_id": "c1"},
                {"type": "function_call_output", "call_id": "c1"},
                {"type": "message", "role": "assistant"},
            ],
        },
    ),
    kept(
        "session-is-read",
        "What the session has stands before the input that the model is asked with",
        ("TS-DUR-045",),
        done(),
        agents=clerk(),
        model=[
            {
                **says("Done."),
                "asked": {"input": [{"role": "user", "content": "Hello."}, {"role": "user", "content": "Please."}]},
            }
        ],
        tools={},
        world={"session": [{"role": "user", "content": "Hello."}]},
        features=("session",),
        args={"session": True},
        more={"asked": {"model": 1}},
    ),
]
