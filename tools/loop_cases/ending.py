"""Histories of how a run ends, or is stopped from outside."""

from __future__ import annotations

from loop_cases.history import (
    History,
    agent,
    agent_tool,
    call_checked,
    calls,
    finished,
    graph,
    happened,
    nested,
    prepared,
    responded,
    says,
    started,
    starting,
    tool,
)
from loop_cases.parts import LOOK, LOOKED, MAIL, PAID, PAY, PLAIN, TOOLS, asked, on

READ = graph(agent("Assistant", output_schema=True, output=["length"]))
OUTER = graph(
    agent("Assistant", agent_tool("ask", "Researcher"), tool("pay")), agent("Researcher", tool("look", effect="read"))
)
LENGTH = {"position": "output", "name": "length", "behavior": "allow", "agent": "Assistant"}
LATE = {"name": "max-seconds", "message": "the run has taken its 60 seconds"}

HISTORIES = [
    History(
        "output-checked",
        "A final output is read, and its guardrails are asked, before the run has finished.",
        READ,
        [
            *asked(says('{"a":1}'), rows="T22 T76", start=started(session="chat")),
            ("T78 T85", happened("output.checked", output={"a": 1}, results=[LENGTH])),
            ("", happened("output.checked")),
            ("T94 T85", happened("run.resumed")),
        ],
        states=(2,),
    ),
    History(
        "output-null",
        "Null is an output like any other.",
        READ,
        [*asked(says("null"), rows="T22 T76"), ("T78 T85", happened("output.checked", output=None))],
    ),
    History(
        "output-as-it-came",
        "An output that is only looked at stays the text it was.",
        READ,
        [*asked(says("hi"), rows="T22 T76"), ("T78 T85", happened("output.checked"))],
    ),
    History(
        "output-trips",
        "A guardrail that trips on the output makes the run fail; the session does not get what was said.",
        READ,
        [
            *asked(says("x"), rows="T22 T76", start=started(session="chat")),
            ("T79 T84 T85", happened("output.checked", results=[LENGTH | {"behavior": "tripwire"}])),
        ],
        ("TS-GUARD-003", "TS-TRANS-041"),
    ),
    History(
        "output-not-of-its-type",
        "An output that is not of the agent's type stops the run; resumed, it asks the model in a new turn.",
        READ,
        [
            *asked(says("x"), rows="T22 T76"),
            ("T80 T81", happened("output.checked", code="output-type", message="no JSON")),
            ("T98 T05 T11", happened("run.resumed")),
            ("T15", prepared()),
        ],
        ("TS-TOOL-037",),
    ),
    History(
        "finished-is-finished",
        "A finished run that is resumed gives its stored output and calls no model; nothing else can happen to it.",
        PLAIN,
        [
            *asked(says("hi"), rows="T22 T77 T85"),
            ("T94 T85", happened("run.resumed")),
            ("", happened("run.cancelled")),
            ("", happened("limit.reached", **LATE)),
            ("", prepared()),
        ],
        ("TS-STATE-026",),
    ),
    History(
        "limit-while-the-model-is-asked",
        "A limit stops the run where it stands; a late answer is not taken, and it asks again in the same turn.",
        PLAIN,
        [
            ("T01 T05 T11", started()),
            ("T15", prepared()),
            ("T87", happened("limit.reached", **LATE)),
            ("", responded(says("late"))),
            ("T98 T05 T11", happened("run.resumed")),
            ("T16", prepared()),
        ],
        ("TS-TRANS-042",),
    ),
    History(
        "limit-while-calls-run",
        "What a call gives after the run was stopped is kept; what had not begun begins when it is resumed.",
        TOOLS,
        [
            *asked(PAY, LOOK, MAIL, rows="T20 T30 T41 T40 T63"),
            ("T56 T63", starting(1)),
            ("T87", happened("limit.reached", **LATE)),
            ("", starting(2)),
            ("T55", call_checked(3, ask=True)),
            ("T61", finished(1, PAID)),
            ("T99 T41 T40 T63", happened("run.resumed")),
        ],
        ("TS-TRANS-042", "TS-TRANS-041"),
        states=(6, 8),
    ),
    History(
        "limit-while-a-once-call-runs",
        "A call that had begun and gave nothing before the run was resumed may have run.",
        TOOLS,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T87", happened("limit.reached", **LATE)),
            ("T99 T102 T67 T81", happened("run.resumed")),
        ],
    ),
    History(
        "limit-while-nested",
        "A limit stops every open run of the tree.",
        OUTER,
        [
            *asked(calls("c1", "ask"), rows="T20 T30 T41 T63"),
            ("T57 T63", starting(1)),
            ("T02 T05 T11", nested("r1.0", 1, "Researcher")),
            ("T15", prepared("r1.0")),
            ("", happened("limit.reached", "r1.0", **LATE)),
            ("T87", happened("limit.reached", **LATE)),
            ("", responded(says("late"), run="r1.0")),
            ("T99 T103 T98 T05 T11", happened("run.resumed")),
            ("T16", prepared("r1.0")),
        ],
        states=(7,),
    ),
    History(
        "halted-before-the-output-was-checked",
        "An answer that was accepted is not asked for again when the run was stopped before its output was checked.",
        READ,
        [
            *asked(says("hi"), rows="T22 T76"),
            ("T88", happened("run.cancelled")),
            ("", happened("output.checked")),
            ("T106 T76", happened("run.resumed")),
            ("T78 T85", happened("output.checked")),
        ],
        ("TS-TRANS-051",),
        states=(3,),
    ),
    History(
        "cancelled-while-it-waits",
        "A run that waits for a person can be stopped; resumed, it waits for the same.",
        TOOLS,
        [
            *asked(MAIL, rows="T20 T30 T40 T63"),
            ("T51 T66 T81", call_checked(1, ask=True)),
            ("T88", happened("run.cancelled")),
            ("T99 T66 T81", happened("run.resumed")),
        ],
        ("TS-TRANS-052",),
        states=(4,),
    ),
    History(
        "cancelled-for-good",
        "A run that is cancelled for good has failed; each of its calls is answered, also for the session.",
        TOOLS,
        [
            *asked(PAY, LOOK, MAIL, rows="T20 T30 T41 T40 T63", start=started(session="chat")),
            ("T56 T63", starting(1)),
            ("T89", happened("run.cancelled", final=True)),
            ("", finished(1, PAID)),
            ("", happened("run.cancelled", final=True)),
            ("T94 T85", happened("run.resumed")),
        ],
        ("TS-TOOL-008", "TS-TRANS-021"),
    ),
    History(
        "cancelled-for-good-after-an-output",
        "A call that has its output keeps it when the run is cancelled for good.",
        TOOLS,
        [
            *asked(LOOK, MAIL, rows="T20 T30 T41 T40 T63"),
            ("T51 T63", call_checked(2, ask=True)),
            ("T56 T63", starting(1)),
            ("T58 T66 T81", finished(1, LOOKED)),
            ("T89", happened("run.cancelled", final=True)),
        ],
        ("TS-TRANS-021",),
    ),
    History(
        "cancelled-for-good-after-a-decision",
        "A call that a person had rejected is answered so when the run is cancelled for good.",
        TOOLS,
        [
            *asked(MAIL, MAIL | {"call_id": "c4"}, rows="T20 T30 T40 T63", start=started(session="chat")),
            ("T51 T63", call_checked(1, ask=True)),
            ("T51 T66 T81", call_checked(2, ask=True)),
            ("T91", on("reject", 0, message="no")),
            ("T89", happened("run.cancelled", final=True)),
        ],
        ("TS-TRANS-021",),
    ),
    History(
        "cancelled-for-good-in-doubt",
        "A call in doubt is answered so that the model would know of the doubt.",
        TOOLS,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T99 T102 T67 T81", happened("run.resumed")),
            ("T89", happened("run.cancelled", final=True)),
        ],
    ),
    History(
        "cancelled-for-good-with-a-nested-run",
        "Nested runs go with the run above them.",
        OUTER,
        [
            *asked(calls("c1", "ask"), PAY | {"call_id": "c2"}, rows="T20 T30 T41 T63"),
            ("T57 T63", starting(1)),
            ("T02 T05 T11", nested("r1.0", 1, "Researcher")),
            ("", happened("run.cancelled", "r1.0")),
            ("T89", happened("run.cancelled", final=True)),
        ],
    ),
    History(
        "cancelled-for-good-before-the-output-was-checked",
        "What no output guardrail has passed does not reach the session.",
        READ,
        [
            *asked(says("hi"), rows="T22 T76", start=started(session="chat")),
            ("T89", happened("run.cancelled", final=True)),
        ],
    ),
]
