"""Saved documents that histories begin from: imported, cut off, or forged."""

from __future__ import annotations

from typing import Any

from loop_cases.history import JSON, output, user
from loop_cases.parts import MAIL, PAY
from timestep.codec.digest import call_digest

TAG = {"type": "function_call", "call_id": "c5", "name": "tag", "arguments": "{}"}


def saved(step: JSON, log: list[JSON], **more: Any) -> JSON:
    """Return a saved document of one run, imported or of an older version, with these entries."""
    run: JSON = {
        "id": "r1",
        "agent": "Assistant",
        "step": step,
        "turn": {"count": 1, "open": False},
        "limits": {"max_turns": 10},
        "input": {"form": "text", "from": 0, "to": 1},
        "log": log,
        "view": [[0, len(log)]],
        "responses": [],
        "calls": [],
        "guardrails": {"input_done": True, "results": []},
    }
    return {
        "format": "timestep.run-state",
        "format_version": "1.0",
        "requires": more.pop("requires", []),
        "id": "r1",
        "revision": 3,
        "agents": [{"key": "Assistant", "name": "Assistant"}],
        "context": {"kind": "none"},
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "requests": 1},
        "approvals": [],
        "runs": [run | more],
    }


def entry(item: JSON, source: str, agent: str | None = None) -> JSON:
    """Return an entry of a log."""
    return {"item": item, "source": source, **({"agent": agent} if agent else {})}


def tripped(position: str, *, input_done: bool) -> JSON:
    """Return what a saved run says of its guardrails when one of them has tripped."""
    result = {"position": position, "name": "tone", "behavior": "tripwire", "agent": "Assistant"}
    return {"input_done": input_done, "results": [result]}


USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
RESPONSE = {"agent": "Assistant", "from": 1, "to": 2, "status": "completed", "usage": USAGE}
ASKED = [entry(user("pay"), "input"), entry(PAY, "model", "Assistant")]
FORGOTTEN = saved(
    {"type": "run_again"},
    ASKED,
    requires=["indeterminate"],
    responses=[RESPONSE],
    calls=[
        {
            "call_id": "c1",
            "item": 1,
            "role": "tool",
            "tool": ["function", None, "pay"],
            "state": "indeterminate",
            "effect": "once",
            "outputs": [],
            "digest": call_digest("r1", "Assistant", ("function", None, "pay"), "c1", PAY["arguments"]),
        }
    ],
    view=[[0, 1]],
)
#: A document whose call an agent was to carry out.
NESTED = saved(
    {"type": "acting"},
    ASKED,
    turn={"count": 1, "open": True},
    responses=[RESPONSE],
    calls=[FORGOTTEN["runs"][0]["calls"][0] | {"role": "agent", "state": "approved"}],
)
#: A document as only a forger would leave it: what was approved is another call than the one that would start.
FORGED = saved(
    {"type": "interrupted", "reason": "approval"},
    [entry(user("mail"), "input"), entry(MAIL, "model", "Assistant")],
    turn={"count": 1, "open": True},
    responses=[RESPONSE],
    calls=[
        {
            "call_id": "c3",
            "item": 1,
            "role": "tool",
            "tool": ["function", None, "send_email"],
            "state": "approved",
            "effect": "once",
            "outputs": [],
            "digest": call_digest("r1", "Assistant", ("function", None, "send_email"), "c3", MAIL["arguments"]),
        }
    ],
) | {
    "approvals": [
        {
            "run": "r1",
            "agent": "Assistant",
            "tool": ["function", None, "send_email"],
            "decision": "approve",
            "item": 1,
            "call_id": "c3",
            "digest": call_digest("r1", "Assistant", ("function", None, "send_email"), "c3", "{}"),
        }
    ]
}
#: A document of an SDK that asks a person before its input guardrails have answered; the person has rejected.
UNGUARDED = saved(
    {"type": "interrupted", "reason": "approval"},
    [entry(user("mail"), "input"), entry(MAIL, "model", "Assistant")],
    turn={"count": 1, "open": True},
    responses=[RESPONSE],
    calls=[FORGED["runs"][0]["calls"][0] | {"state": "rejected"}],
    guardrails={"input_done": False, "results": []},
) | {
    "approvals": [
        {
            "run": "r1",
            "agent": "Assistant",
            "tool": ["function", None, "send_email"],
            "decision": "reject",
            "item": 1,
            "call_id": "c3",
            "digest": FORGED["runs"][0]["calls"][0]["digest"],
        }
    ]
}
#: A document of an SDK's that was saved when the transfer had its output and the other agent had not begun.
TO_WEATHER = {"type": "function_call", "call_id": "h1", "name": "transfer_to_weather", "arguments": "{}"}
HANDED: JSON = saved(
    {"type": "handoff", "item": 1, "to": "Weather"},
    [
        entry(user("rain?"), "input"),
        entry(TO_WEATHER, "model", "Assistant"),
        entry(output("h1", '{"assistant":"Weather"}'), "tool", "Assistant"),
    ],
    turn={"count": 1, "open": True},
    responses=[RESPONSE],
    calls=[
        FORGED["runs"][0]["calls"][0]
        | {
            "call_id": "h1",
            "role": "handoff",
            "tool": ["function", None, "transfer_to_weather"],
            "state": "completed",
            "outputs": [2],
            "digest": call_digest("r1", "Assistant", ("function", None, "transfer_to_weather"), "h1", "{}"),
        }
    ],
) | {"agents": [{"key": "Assistant", "name": "Assistant"}, {"key": "Weather", "name": "Weather"}]}
#: The same before the transfer had its output.
HANDING = saved(
    {"type": "handoff", "item": 1, "to": "Weather"},
    HANDED["runs"][0]["log"][:2],
    turn={"count": 1, "open": True},
    responses=[RESPONSE],
    calls=[HANDED["runs"][0]["calls"][0] | {"state": "requested", "outputs": []}],
) | {"agents": HANDED["agents"]}
#: A document in which a person has approved the call.
APPROVED = FORGED | {
    "approvals": [FORGED["approvals"][0] | {"digest": FORGED["runs"][0]["calls"][0]["digest"]}],
}
ASKS = [{"type": "function_call", "call_id": f"a{number}", "name": "ask", "arguments": "{}"} for number in (1, 2)]
ASKED_FOR = [
    FORGED["runs"][0]["calls"][0]
    | {
        "call_id": f"a{number}",
        "item": number,
        "role": "agent",
        "tool": ["function", None, "ask"],
        "state": "requested" if number == 1 else "suspended",
        "digest": call_digest("r1", "Assistant", ("function", None, "ask"), f"a{number}", "{}"),
    }
    for number in (1, 2)
]
#: A document of two calls of which the second has begun a nested run, under the first number.
NUMBERED = saved(
    {"type": "interrupted", "reason": "limit", "code": "max-seconds"},
    [entry(user("ask"), "input"), *(entry(item, "model", "Assistant") for item in ASKS)],
    turn={"count": 1, "open": True},
    responses=[RESPONSE | {"to": 3}],
    calls=ASKED_FOR,
    requires=["nested"],
) | {"agents": [{"key": name, "name": name} for name in ("Assistant", "Researcher")]}
NUMBERED["runs"].append(
    saved({"type": "interrupted", "reason": "limit", "code": "max-seconds"}, [entry(user("help"), "input")])["runs"][0]
    | {"id": "r1.0", "agent": "Researcher", "parent": {"run": "r1", "item": 2}}
)
#: A document of two calls that wait, of which an SDK asked about the second first.
ORDERED = saved(
    {"type": "interrupted", "reason": "approval"},
    [entry(user("mail"), "input"), *(entry(MAIL | {"call_id": f"c{n}"}, "model", "Assistant") for n in (1, 2))],
    turn={"count": 1, "open": True},
    responses=[RESPONSE | {"to": 3}],
    asked=[2, 1],
    calls=[
        FORGED["runs"][0]["calls"][0]
        | {
            "call_id": f"c{number}",
            "item": number,
            "state": "pending",
            "digest": call_digest("r1", "Assistant", ("function", None, "send_email"), f"c{number}", MAIL["arguments"]),
        }
        for number in (1, 2)
    ],
)
#: The same as FORGOTTEN, with two calls.
TWO_FORGOTTEN = saved(
    {"type": "run_again"},
    [*ASKED, entry(PAY | {"call_id": "c2"}, "model", "Assistant")],
    requires=["indeterminate"],
    responses=[RESPONSE | {"to": 3}],
    calls=[
        FORGOTTEN["runs"][0]["calls"][0],
        FORGOTTEN["runs"][0]["calls"][0]
        | {
            "call_id": "c2",
            "item": 2,
            "digest": call_digest("r1", "Assistant", ("function", None, "pay"), "c2", PAY["arguments"]),
        },
    ],
    view=[[0, 1]],
)
#: The same as FORGOTTEN, where the model sees the call.
SEEN = FORGOTTEN | {"runs": [FORGOTTEN["runs"][0] | {"view": [[0, 2]]}]}
NAMED = saved({"type": "run_again"}, [entry(user("hi"), "input")]) | {
    "agents": [{"key": "Assistant", "name": "Helper"}, {"key": "Old", "name": "Gone"}],
    "provenance": [{"action": "imported", "subject": "state"}],
}
