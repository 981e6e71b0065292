"""Histories of crashes: a saved run is gone on with at every place where it can be cut off."""

from __future__ import annotations

from typing import Any

from loop_cases.history import (
    JSON,
    History,
    agent,
    agent_tool,
    checked,
    failed,
    finished,
    graph,
    guard,
    happened,
    nested,
    output,
    prepared,
    responded,
    says,
    started,
    starting,
    tool,
    user,
)
from loop_cases.parts import LOOK, LOOKED, MAIL, PAID, PAIR, PAY, PLAIN, TOOLS, asked
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
HANDED = saved(
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
#: The same as FORGOTTEN, where the model sees the call.
SEEN = FORGOTTEN | {"runs": [FORGOTTEN["runs"][0] | {"view": [[0, 2]]}]}
NAMED = saved({"type": "run_again"}, [entry(user("hi"), "input")]) | {
    "agents": [{"key": "Assistant", "name": "Helper"}, {"key": "Old", "name": "Gone"}],
    "provenance": [{"action": "imported", "subject": "state"}],
}

HISTORIES = [
    History(
        "crash-before-the-first-turn",
        "A run that was cut off before its first turn begins anew.",
        PLAIN,
        [("T01 T05 T11", started()), ("T98 T05 T11", happened("run.resumed")), ("T15", prepared())],
    ),
    History(
        "crash-while-the-model-is-asked",
        "The model is asked again in the same turn, as another attempt of it, each time.",
        PLAIN,
        [
            ("T01 T05 T11", started(max_turns=1)),
            ("T15", prepared()),
            ("T97 T05 T11", happened("run.resumed")),
            ("T16", prepared()),
            ("T97 T05 T11", happened("run.resumed")),
            ("T16", prepared()),
            ("T22 T77 T85", responded(says("hi"))),
        ],
        ("TS-TRANS-001",),
        states=(2,),
    ),
    History(
        "crash-while-the-model-is-asked-without-tokens",
        "A run without tokens left does not ask again after a crash.",
        PLAIN,
        [
            *asked(rows="T26 T11", start=started(max_tokens=99)),
            ("T15", prepared()),
            ("T97 T05 T13 T81", happened("run.resumed", limits={"max_turns": 10, "max_tokens": 15})),
        ],
    ),
    History(
        "crash-before-calls-start",
        "Calls that had not begun begin as usual.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T99 T41 T63", happened("run.resumed")),
            ("T56 T63", starting(1, 2)),
        ],
    ),
    History(
        "crash-while-calls-run",
        "Of calls that had begun those that may be repeated are, and one that may not waits for a person.",
        TOOLS,
        [
            *asked(PAY, LOOK, TAG, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2, 3)),
            ("T99 T101 T102 T41 T63", happened("run.resumed")),
            ("", happened("call.settled", item=1, how="retry")),
            ("T56 T63", starting(2, 3)),
            ("T58 T63", finished(3, output("c5", "tagged"))),
            ("T58 T67 T81", finished(2, LOOKED)),
            ("T99 T67 T81", happened("run.resumed")),
        ],
        ("TS-TRANS-052",),
        states=(4, 8),
    ),
    History(
        "settled-again",
        "A call in doubt that is to run again does.",
        TOOLS,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T99 T102 T67 T81", happened("run.resumed")),
            ("T92", happened("call.settled", item=1, how="retry")),
            ("T99 T41 T63", happened("run.resumed")),
            ("T56 T63", starting(1)),
        ],
        ("TS-TOOL-010",),
        states=(5,),
    ),
    History(
        "settled-with-an-output",
        "A call in doubt whose output is known has completed.",
        TOOLS,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T99 T102 T67 T81", happened("run.resumed")),
            ("", happened("call.settled", item=1, how="output")),
            ("T93", happened("call.settled", item=1, how="output", outputs=[PAID])),
            ("T99 T74 T11", happened("run.resumed")),
        ],
        ("TS-TOOL-010",),
        states=(6,),
    ),
    History(
        "settled-as-failed",
        "A call in doubt that is given up has failed, and the model is told.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T58 T63", finished(2, LOOKED)),
            ("T99 T102 T67 T81", happened("run.resumed")),
            ("T93", happened("call.settled", item=1, how="fail", outputs=[output("c1", "It is not known.")])),
            ("T99 T74 T11", happened("run.resumed")),
        ],
        ("TS-TRANS-020",),
    ),
    History(
        "crash-between-two-results",
        "A run that is saved and read between two results puts them into the log in the same order.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T58 T63", finished(2, LOOKED)),
            ("T58 T74 T11", finished(1, PAID)),
        ],
        ("TS-TRANS-020", "TS-STATE-010"),
        states=(4,),
    ),
    History(
        "crash-after-a-failure-that-stops",
        "A failure that stops the run still does after a crash.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T60 T63", failed(1, output("c1", "Error: the disk is full"), stops=True)),
            ("T99 T101 T41 T63", happened("run.resumed")),
            ("T56 T63", starting(2)),
            ("T58 T64 T81", finished(2, LOOKED)),
        ],
    ),
    History(
        "crash-while-the-output-is-checked",
        "The output is checked again, and the model is not asked.",
        graph(agent("Assistant", output=["length"])),
        [
            *asked(says("hi"), rows="T22 T76"),
            ("T96 T76", happened("run.resumed")),
            ("T78 T85", happened("output.checked")),
        ],
        ("TS-TRANS-051",),
    ),
    History(
        "forgotten-call",
        "A call of an earlier turn that may have run stops the run before the model is asked.",
        TOOLS,
        [("T98 T105 T81", happened("run.resumed"))],
        ("TS-TOOL-010",),
        start=FORGOTTEN,
    ),
    History(
        "forgotten-call-settled",
        "A call of an earlier turn whose output is known is seen again with it, and the model is asked.",
        TOOLS,
        [
            ("", happened("call.settled", item=1, how="output", outputs=[PAID])),
            ("T98 T105 T81", happened("run.resumed")),
            ("", happened("call.settled", item=1, how="retry")),
            ("", happened("call.settled", item=1, how="output")),
            ("T107", happened("call.settled", item=1, how="output", outputs=[PAID])),
            ("", happened("call.settled", item=1, how="fail", outputs=[PAID])),
            ("T98 T05 T11", happened("run.resumed")),
            ("T15", prepared()),
        ],
        ("TS-TOOL-010",),
        start=FORGOTTEN,
    ),
    History(
        "forgotten-call-settled-where-it-is-seen",
        "A call of an earlier turn that the model sees already is not shown twice.",
        TOOLS,
        [
            ("T98 T105 T81", happened("run.resumed")),
            ("T107", happened("call.settled", item=1, how="fail", outputs=[PAID])),
        ],
        start=SEEN,
    ),
    History(
        "forgotten-call-passed-over-by-rule",
        "With the rule of the SDKs the model is asked, and does not know of the call.",
        TOOLS,
        [("T98 T05 T11", happened("run.resumed"))],
        start=FORGOTTEN,
        policy={"forgotten": "pass"},
    ),
    History(
        "approved-with-other-arguments",
        "A call whose approval is of other arguments does not start: a person is asked again.",
        TOOLS,
        [("T99 T45 T66 T81", happened("run.resumed"))],
        ("TS-APPR-022",),
        start=FORGED,
    ),
    History(
        "decided-before-the-input-was-checked",
        "A decision that was made before the input guardrails answered holds once they have passed.",
        graph(agent("Assistant", tool("send_email", approval="always"), input=[guard("tone", parallel=True)])),
        [
            ("T99 T104", happened("run.resumed")),
            ("T09 T100 T74 T11", checked("tone", blocking=False)),
        ],
        ("TS-APPR-014", "TS-TOOL-010"),
        start=UNGUARDED,
    ),
    History(
        "both-kinds-of-guardrails-asked-late",
        "Of the input guardrails that a saved run has not asked, those that the model would wait for come first.",
        graph(
            agent(
                "Assistant",
                tool("send_email", approval="always"),
                input=[guard("tone", parallel=True), guard("secrets", parallel=False)],
            )
        ),
        [
            ("T99 T104", happened("run.resumed")),
            ("T06 T104", checked("secrets", blocking=True)),
            ("T09 T100 T74 T11", checked("tone", blocking=False)),
        ],
        ("TS-GUARD-005",),
        start=UNGUARDED,
    ),
    History(
        "agent-call-of-a-saved-run",
        "A call that an SDK's file tells no more of than its name starts a nested run where the tool is an agent.",
        graph(agent("Assistant", agent_tool("send_email", "Mailer")), agent("Mailer")),
        [
            ("T99 T41 T63", happened("run.resumed")),
            ("T57 T63", starting(1)),
            ("T02 T05 T11", nested("r1.0", 1, "Mailer")),
        ],
        ("TS-TOOL-007",),
        start=APPROVED,
    ),
    History(
        "nested-number-taken",
        "A nested run of an SDK's file keeps its number, and another one gets the next.",
        graph(agent("Assistant", agent_tool("ask", "Researcher")), agent("Researcher")),
        [
            ("T99 T103 T98 T05 T11 T41 T63", happened("run.resumed")),
            ("T57 T63", starting(1)),
            ("T02 T05 T11", nested("r1.1", 1, "Researcher")),
        ],
        ("TS-STATE-002",),
        start=NUMBERED,
    ),
    History(
        "stopped-by-an-input-guardrail-before-it-was-saved",
        "A run that an input guardrail has stopped fails when it is resumed.",
        graph(agent("Assistant", input=[guard("tone", parallel=True)])),
        [("T108 T84 T85", happened("run.resumed")), ("T94 T85", happened("run.resumed"))],
        ("TS-GUARD-003",),
        start=saved({"type": "run_again"}, [entry(user("hi"), "input")], guardrails=tripped("input", input_done=False)),
    ),
    History(
        "stopped-by-an-output-guardrail-before-it-was-saved",
        "A run that an output guardrail has stopped fails when it is resumed, and does not give its output.",
        graph(agent("Assistant", output=["tone"])),
        [("T108 T84 T85", happened("run.resumed"))],
        ("TS-GUARD-003",),
        start=saved(
            {"type": "accepted", "output": "hello", "seq": 0},
            [entry(user("hi"), "input")],
            guardrails=tripped("output", input_done=True),
        ),
    ),
    History(
        "stopped-by-a-guardrail-of-an-earlier-answer",
        "A result of a guardrail that has stopped nothing since stops nothing now.",
        graph(agent("Assistant", output=["tone"])),
        [("T98 T05 T11", happened("run.resumed"))],
        start=saved({"type": "run_again"}, [entry(user("hi"), "input")], guardrails=tripped("output", input_done=True)),
    ),
    History(
        "transfer-gone",
        "A transfer that the agent does not have any more can't be taken.",
        graph(agent("Assistant"), agent("Weather")),
        [("", happened("run.resumed"))],
        ("TS-TRANS-002",),
        start=HANDING,
    ),
    History(
        "halted-before-it-is-asked-again",
        "A run that is stopped before its model is asked again does not open the calls of an earlier turn.",
        graph(agent("Assistant", tool("look", effect="read"), tool_use={"stop_at_tool_names": ["pay"]}, output=["o"])),
        [
            *asked(LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, LOOKED)),
            ("T15", prepared()),
            ("T97 T05 T11", happened("run.resumed")),
            ("T87", happened("limit.reached", name="max-seconds", message="60 s")),
            ("T98 T05 T11", happened("run.resumed")),
            ("T16", prepared()),
        ],
        ("TS-TRANS-042",),
    ),
    History(
        "out-of-tokens-before-it-is-asked-again",
        "A run that has no tokens left to ask again goes on in the same turn once it has more.",
        TOOLS,
        [
            *asked(LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, LOOKED)),
            ("T15", prepared()),
            ("T97 T05 T13 T81", happened("run.resumed", limits={"max_turns": 10, "max_tokens": 15})),
            ("T98 T05 T11", happened("run.resumed", limits={"max_turns": 10, "max_tokens": 99})),
            ("T16", prepared()),
            ("T20 T30 T41 T63", responded(LOOK | {"call_id": "c9"})),
        ],
        ("TS-TRANS-042",),
    ),
    History(
        "input-checked-before-it-was-saved",
        "Input guardrails of a run whose input has passed are not asked, and no answer of theirs is taken.",
        graph(agent("Assistant", input=[guard("tone", parallel=True)])),
        [("", checked("tone", blocking=False)), ("T98 T05 T11", happened("run.resumed"))],
        start=saved({"type": "run_again"}, [entry(user("hi"), "input")]),
    ),
    History(
        "handoff-of-a-saved-run",
        "A transfer that has its output already is not answered again: the other agent goes on.",
        PAIR,
        [("T95 T11", happened("run.resumed")), ("T15", prepared())],
        ("TS-HAND-005",),
        start=HANDED,
    ),
    History(
        "names-of-agents",
        "A document's agent is found by the name that its code gives it; what the loop has no use for stays in it.",
        graph(agent("Helper", tool("pay"))),
        [
            ("T98 T05 T11", happened("run.resumed")),
            ("T15", prepared()),
            ("T20 T30 T41 T63", responded(PAY)),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, PAID)),
        ],
        ("TS-STATE-005",),
        start=NAMED,
    ),
    History(
        "agent-gone",
        "A saved run whose agent is not there any more is refused.",
        graph(agent("Other")),
        [("", happened("run.resumed"))],
        ("TS-TRANS-003",),
        start=NAMED,
    ),
]
