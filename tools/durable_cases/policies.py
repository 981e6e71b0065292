"""What tools say themselves of their calls in doubt, before a person is asked."""

from __future__ import annotations

import json
from pathlib import Path
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
from durable_cases.doubt import broken_off

_DOUBT = stops("indeterminate", waits("c1", "pay", "indeterminate"), code="call-indeterminate")
_ASKED = {"run": "r1", "agent": "Clerk", "what": "in_doubt", "tool": ["function", None, "pay"], "call_id": "c1"}
_BAD: JSON = {"answer": {"how": "perhaps"}}
_LATER: JSON = {"answer": None}


#: A run that an SDK has carried on to a turn in which it has forgotten a call that may have run.
_LOOP = Path(__file__).resolve().parents[2] / "conformance" / "cases" / "loop"
_FORGOTTEN = json.loads((_LOOP / "forgotten-call-settled.json").read_text(encoding="utf-8"))["start"]


def policy(name: str, title: str, rules: tuple[str, ...], rule: str, then: tuple[JSON, ...], **options: Any) -> Case:
    """Return a case whose process dies as its tool has run, and whose tool has a policy."""
    answer = options.pop("answer", None)
    world = {"world": {"asks": {"in_doubt": {"pay": answer}}}} if answer is not None else {}
    given: JSON = {"agents": clerk(tool("pay", in_doubt=rule)), **world, **options}
    given["features"] = ("in-doubt", *given.get("features", ()))
    return broken_off(f"policy-{name}", title, rules, then, **given)


def found(how: str, output: Any = None) -> JSON:
    """Return what user code says of a call in doubt."""
    return {"answer": {"how": how, **({"output": output} if output is not None else {})}}


def forgotten(name: str, title: str, rule: str, expect: JSON, **options: Any) -> Case:
    """Return a case that goes on from a run with a call of an earlier turn in doubt."""
    more = {"op": "resume", **options.pop("more", {})}
    return Case(
        f"policy-{name}",
        title,
        ("TS-DUR-026",),
        [agent("Assistant", tool("pay", in_doubt=rule))],
        expect=expect,
        features=("resume", "in-doubt", "timestep"),
        args={"state": {"text": json.dumps(_FORGOTTEN)}},
        more={"features": ["resume", "in-doubt", "timestep"], **more},
        **options,
    )


CASES = [
    forgotten(
        "does-not-retry-what-is-forgotten",
        "A call of an earlier turn does not run again, though its tool's policy is retry: a person is asked",
        "retry",
        stops("indeterminate", waits("c1", "pay", "indeterminate", agent="Assistant"), code="call-indeterminate"),
        model=[],
        tools={"pay": {"output": "paid"}},
        more={"asked": {"model": 0, "tool": 0}},
    ),
    forgotten(
        "does-not-run-what-is-forgotten",
        "A call of an earlier turn does not run again, though user code says that it has not run: a person is asked",
        "call",
        stops("indeterminate", waits("c1", "pay", "indeterminate", agent="Assistant"), code="call-indeterminate"),
        model=[],
        tools={"pay": {"output": "paid"}},
        world={"asks": {"in_doubt": {"pay": found("retry")}}},
        more={"asked": {"model": 0, "tool": 0, "ask": 1}},
    ),
    forgotten(
        "finds-what-is-forgotten",
        "A call of an earlier turn whose output user code finds is seen with it, and the model is asked",
        "call",
        done(),
        model=[says("Done.", result("c1", "paid"))],
        world={"asks": {"in_doubt": {"pay": found("output", "paid")}}},
        more={"asked": {"model": 1, "tool": 0}},
    ),
    policy(
        "retry",
        "A call in doubt runs again where its tool's policy is retry, and nobody is asked",
        ("TS-DUR-020",),
        "retry",
        (resume(done()),),
        more={"effects": [effect("pay", "c1", times=2)], "asked": {"model": 2, "tool": 2, "ask": 0}},
    ),
    policy(
        "fail",
        "A call in doubt has failed where its tool's policy is fail, and does not run again",
        ("TS-DUR-020",),
        "fail",
        (resume(done()),),
        told=None,
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1, "ask": 0}},
    ),
    policy(
        "ask",
        "A person is asked where a tool's policy is to ask",
        ("TS-DUR-020",),
        "ask",
        (resume(_DOUBT), resume(done(), decide("c1", "output", output="paid"))),
        more={"effects": [effect("pay", "c1")], "asked": {"ask": 0, "tool": 1}},
    ),
    policy(
        "finds-the-output",
        "User code that finds the effect gives the call its output, and it does not run again",
        ("TS-DUR-020", "TS-DUR-022"),
        "call",
        (resume(done()),),
        answer={**found("output", "paid"), "asked": {**_ASKED, "arguments": '{"amount":5}'}},
        more={"effects": [effect("pay", "c1")], "asked": {"model": 2, "tool": 1, "ask": 1}},
    ),
    policy(
        "finds-a-value",
        "A result that user code finds is told the model as the tool's own would be, as compact JSON",
        ("TS-DUR-023",),
        "call",
        (resume(done()),),
        answer=found("output", {"receipt": 7, "to": "Zoë"}),
        told='{"receipt":7,"to":"Zoë"}',
        more={"effects": [effect("pay", "c1")]},
    ),
    policy(
        "finds-nothing",
        "User code that does not find the effect has the call run again",
        ("TS-DUR-020", "TS-DUR-021"),
        "call",
        (resume(done()),),
        answer=found("retry"),
        dies="before",
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 2, "ask": 1}},
    ),
    policy(
        "finds-a-failure",
        "User code that finds that the call has failed has the model told so",
        ("TS-DUR-020",),
        "call",
        (resume(done()),),
        answer=found("fail", "The bank refused."),
        told="The bank refused.",
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 1}},
    ),
    policy(
        "asked-each-time",
        "User code that does not know is asked once each time that the run is gone on with, until it does",
        ("TS-DUR-020",),
        "call",
        (resume(_DOUBT), resume(_DOUBT), resume(done())),
        answer=[_LATER, _LATER, found("output", "paid")],
        more={"effects": [effect("pay", "c1")], "asked": {"ask": 3, "tool": 1, "model": 2}},
    ),
    policy(
        "person-before-it",
        "What a person has said of a call is not asked of its policy any more",
        ("TS-DUR-020",),
        "call",
        (resume(_DOUBT), resume(done(), decide("c1", "output", output="paid"))),
        answer=[_LATER],
        more={"effects": [effect("pay", "c1")], "asked": {"ask": 1, "tool": 1}},
    ),
    policy(
        "settles-one-of-two",
        "A run goes on with what its policies settle as far as it can, and waits for the call that is left open",
        ("TS-DUR-020", "TS-TOOL-010"),
        "call",
        (
            resume(
                stops("indeterminate", waits("c2", "send", "indeterminate", '{"amount":7}'), code="call-indeterminate")
            ),
            resume(done(), decide("c2", "retry")),
        ),
        agents=clerk(tool("pay", in_doubt="call"), tool("send", in_doubt="call")),
        model=[
            calls(call("c1", "pay"), call("c2", "send", {"amount": 7})),
            says("Done.", result("c1", "paid"), result("c2", "sent")),
        ],
        tools={"pay": {"output": "paid", "dies": "after"}, "send": {"output": "sent"}},
        world={"asks": {"in_doubt": {"pay": found("output", "paid"), "send": _LATER}}},
        more={"effects": [effect("pay", "c1"), effect("send", "c2")], "asked": {"model": 2, "ask": 2}},
    ),
    policy(
        "recorded",
        "What a policy has settled is in the record of the run, with when",
        ("TS-DUR-021",),
        "call",
        (
            resume(done()),
            {
                "op": "convert",
                "args": {"state": {"$from": "state"}, "to": "timestep"},
                "expect": {
                    "ok": {
                        "state": {
                            "$at": {
                                "/provenance/0/action": "decided",
                                "/provenance/0/subject": "c1: output",
                                "/provenance/0/by": "policy",
                                "/provenance/0/at": {"$holds": {"all": ["-", "T", ":"]}},
                            }
                        }
                    },
                    "match": "subset",
                },
            },
        ),
        answer=found("output", "paid"),
        features=("convert", "timestep"),
        more={"effects": [effect("pay", "c1")]},
    ),
    policy(
        "result-is-guarded",
        "A result that user code finds passes the output guardrails of the tool",
        ("TS-DUR-023",),
        "call",
        (resume(done()),),
        agents=clerk(tool("pay", in_doubt="call", output_guardrails=["plain"])),
        world={
            "asks": {"in_doubt": {"pay": found("output", "paid")}},
            "guardrails": {
                "plain": {
                    "answer": "change",
                    "value": {"result": "withheld"},
                    "asked": {"value": {"result": "paid"}},
                }
            },
        },
        told="withheld",
        features=("guardrails",),
        more={"effects": [effect("pay", "c1")], "asked": {"guardrail": 1, "tool": 1}},
    ),
    policy(
        "answer-that-is-none",
        "An answer of user code that can't be read settles nothing",
        ("TS-DUR-022",),
        "call",
        (
            resume({"err": {"code": "settle-answer"}}),
            resume(_DOUBT),
            resume(done(), decide("c1", "output", output="paid")),
        ),
        answer=[_BAD, _LATER],
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 1, "model": 2}},
    ),
    policy(
        "fails-itself",
        "User code that fails stops the run with an error, and the call stays in doubt",
        ("TS-DUR-024",),
        "call",
        (
            resume({"err": {"code": "settle-failed"}}),
            resume(_DOUBT),
            resume(done(), decide("c1", "output", output="paid")),
        ),
        answer=[{"err": {"code": "bank", "message": "no line"}}, _LATER],
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 1, "model": 2}},
    ),
    policy(
        "broken-off",
        "User code that is broken off has settled nothing, and is asked again",
        ("TS-DUR-024",),
        "call",
        (resume({"killed": True}), resume(_DOUBT), resume(done(), decide("c1", "output", output="paid"))),
        answer=[{"dies": "before"}, _LATER],
        more={"effects": [effect("pay", "c1")], "asked": {"tool": 1, "model": 2, "ask": 2}},
    ),
    policy(
        "retry-is-checked-again",
        "A call that is to run again passes its guardrails again, and the approval of the same call holds",
        ("TS-DUR-025",),
        "retry",
        (resume({"killed": True}, decide("c1", "approve")), resume(done())),
        agents=clerk(tool("pay", in_doubt="retry", approval="always", input_guardrails=["small"])),
        world={"guardrails": {"small": "pass"}},
        features=("guardrails",),
        dies="before",
        expect=stops("approval", waits("c1", "pay")),
        more={
            "effects": [effect("pay", "c1")],
            "asked": {"tool": 2, "model": 2},
        },
    ),
    policy(
        "retry-is-blocked",
        "A call that is to run again does not where a guardrail blocks it by now",
        ("TS-DUR-025",),
        "retry",
        (resume(done()),),
        agents=clerk(tool("pay", in_doubt="retry", input_guardrails=["small"])),
        world={"guardrails": {"small": ["pass", {"answer": "block", "message": "Too much."}]}},
        features=("guardrails",),
        dies="before",
        told=None,
        more={"asked": {"tool": 1, "model": 2, "guardrail": 2}},
    ),
]
