"""Histories of runs nested in a call: agents as tools, and delegations."""

from __future__ import annotations

from loop_cases.history import (
    JSON,
    History,
    agent,
    agent_tool,
    call_checked,
    calls,
    checked,
    failed,
    failed_model,
    finished,
    graph,
    guard,
    handoff,
    happened,
    nested,
    output,
    prepared,
    responded,
    says,
    started,
    starting,
    tool,
)
from loop_cases.parts import LOOK, LOOKED, Step, asked, on

RESEARCH = graph(
    agent("Assistant", agent_tool("ask", "Researcher"), tool("pay"), tool("look", effect="read")),
    agent("Researcher", tool("mail", approval="always"), tool("look", effect="read"), agent_tool("dig", "Digger")),
    agent("Digger", tool("dig_up", approval="always"), agent_tool("sift", "Sifter")),
    agent("Sifter", tool("pan", approval="always")),
)
GUARDED = graph(
    agent("Assistant", agent_tool("ask", "Researcher")),
    agent("Researcher", input=[guard("scope", parallel=False)], output=["tone"]),
)
DELEGATE = graph(agent("Assistant", handoffs=(handoff("Weather", role="delegate"),)), agent("Weather"))
ASK, ANSWERED = calls("c1", "ask", '{"input":"help"}'), output("c1", "answer")
MAIL, DIG, SIFT = calls("i1", "mail"), calls("d1", "dig"), calls("s1", "sift")
MAILED = output("i1", "sent")
CHILD = "r1.0"


def asks(*others: JSON, start: JSON | None = None) -> list[Step]:
    """Return the steps up to the nested run's first turn."""
    return [
        *asked(ASK, *others, rows="T20 T30 T41 T63", start=start),
        ("T57 T63", starting(1)),
        ("T02 T05 T11", nested(CHILD, 1, "Researcher")),
        ("T15", prepared(CHILD)),
    ]


WAITS: list[Step] = [
    *asks(),
    ("T20 T30 T40 T63", responded(MAIL, run=CHILD)),
    ("T51 T66 T83 T66 T81", call_checked(1, CHILD, ask=True)),
]

HISTORIES = [
    History(
        "nested-answers",
        "A nested run that has finished gives its call an output, and is in the tree no more.",
        RESEARCH,
        [
            *asks(),
            ("", nested(CHILD, 1, "Researcher")),
            ("T22 T77 T86", responded(says("answer"), run=CHILD)),
            ("T58 T74 T11", finished(1, ANSWERED)),
        ],
        states=(3, 4, 7),
    ),
    History(
        "nested-beside-a-call",
        "A nested run and an ordinary call go on side by side, and their usage is the tree's.",
        RESEARCH,
        [
            *asks(LOOK),
            ("T56 T63", starting(2)),
            ("T22 T77 T86", responded(says("answer"), run=CHILD)),
            ("T58 T63", finished(2, LOOKED)),
            ("T58 T74 T11", finished(1, ANSWERED)),
        ],
        ("TS-TRANS-020",),
    ),
    History(
        "nested-twice",
        "Each nested run has an id of its own, also after the one before it has gone and the run was saved.",
        RESEARCH,
        [
            *asks(),
            ("T22 T77 T86", responded(says("answer"), run=CHILD)),
            ("T58 T74 T11", finished(1, ANSWERED)),
            ("T15", prepared()),
            ("T20 T30 T41 T63", responded(ASK | {"call_id": "c2"})),
            ("T57 T63", starting(3)),
            ("T02 T05 T11", nested("r1.1", 3, "Researcher")),
        ],
        ("TS-STATE-002",),
    ),
    History(
        "nested-two-at-once",
        "Two nested runs of one response are two runs; the outputs enter in call order.",
        RESEARCH,
        [
            *asked(ASK, ASK | {"call_id": "c2"}, rows="T20 T30 T41 T63"),
            ("", nested("r1.1", 2, "Researcher")),
            ("T57 T63", starting(1, 2)),
            ("T02 T05 T11", nested("r1.1", 2, "Researcher")),
            ("", nested("r1.1", 1, "Researcher")),
            ("", nested("r1.2", 2, "Researcher")),
            ("T02 T05 T11", nested("r1.0", 1, "Researcher")),
            ("T15", prepared("r1.1")),
            ("T15", prepared("r1.0")),
            ("T22 T77 T86", responded(says("second"), run="r1.1")),
            ("T58 T63", finished(2, output("c2", "second"))),
            ("T22 T77 T86", responded(says("first"), run="r1.0")),
            ("T58 T74 T11", finished(1, output("c1", "first"))),
        ],
        ("TS-TRANS-020", "TS-STATE-016"),
    ),
    History(
        "nested-standing-decision",
        "A standing decision of a nested run holds for no other nested run.",
        RESEARCH,
        [
            *WAITS,
            ("T91", on("approve", run=1, sticky=True)),
            ("T99 T103 T41 T63", happened("run.resumed")),
            ("T56 T63", starting(1, run=CHILD)),
            ("T58 T74 T11", finished(1, MAILED, run=CHILD)),
            ("T15", prepared(CHILD)),
            ("T22 T77 T86", responded(says("answer"), run=CHILD)),
            ("T58 T74 T11", finished(1, ANSWERED)),
            ("T15", prepared()),
            ("T20 T30 T41 T63", responded(ASK | {"call_id": "c2"})),
            ("T57 T63", starting(3)),
            ("T02 T05 T11", nested("r1.1", 3, "Researcher")),
            ("T15", prepared("r1.1")),
            ("T20 T30 T40 T63", responded(MAIL, run="r1.1")),
            ("T51 T66 T83 T66 T81", call_checked(1, "r1.1", ask=True)),
        ],
        ("TS-APPR-011", "TS-APPR-014"),
    ),
    History(
        "nested-fails-with-its-model",
        "A nested run that can't go on fails, and the agent above is told.",
        RESEARCH,
        [
            *asks(),
            ("T18 T82 T84 T86", failed_model(run=CHILD)),
            ("T59 T74 T11", failed(1, output("c1", "Error: no answer came"))),
        ],
        ("TS-TRANS-040",),
        states=(6,),
    ),
    History(
        "nested-out-of-turns",
        "A nested run without turns left fails, and the agent above is told.",
        RESEARCH,
        [
            *asked(ASK, rows="T20 T30 T41 T63"),
            ("T57 T63", starting(1)),
            ("T02 T05 T12 T82 T84 T86", nested(CHILD, 1, "Researcher", max_turns=0)),
            ("T59 T74 T11", failed(1, output("c1", "Error: no turns"))),
        ],
        ("TS-TRANS-040",),
    ),
    History(
        "nested-guardrails",
        "A nested run has its own input and output guardrails; one that trips makes it fail, and it alone.",
        GUARDED,
        [
            *asked(ASK, rows="T20 T30 T41 T63"),
            ("T57 T63", starting(1)),
            ("T02 T03", nested(CHILD, 1, "Researcher")),
            ("T06 T05 T11", checked("scope", blocking=True, run=CHILD)),
            ("T15", prepared(CHILD)),
            ("T22 T76", responded(says("answer"), run=CHILD)),
            (
                "T79 T84 T86",
                happened(
                    "output.checked", CHILD, results=[{"position": "output", "name": "tone", "behavior": "tripwire"}]
                ),
            ),
            ("T60 T64 T81", failed(1, output("c1", "Error: refused"), stops=True, code="output-tripwire")),
        ],
        ("TS-GUARD-003", "TS-TRANS-040"),
    ),
    History(
        "nested-by-name",
        "The nested run is that of the agent whose tool was called.",
        graph(
            agent("Assistant", agent_tool("ask", "Researcher"), agent_tool("dig", "Digger")),
            agent("Researcher"),
            agent("Digger"),
        ),
        [*asked(DIG, rows="T20 T30 T41 T63"), ("T57 T63", starting(1))],
    ),
    History(
        "nested-three-deep",
        "A run three levels down that waits makes all above it wait, and goes on first.",
        RESEARCH,
        [
            *asks(start=started(max_depth=3)),
            ("T20 T30 T41 T63", responded(DIG, run=CHILD)),
            ("T57 T63", starting(1, run=CHILD)),
            ("T02 T05 T11", nested("r1.0.0", 1, "Digger", parent=CHILD)),
            ("T15", prepared("r1.0.0")),
            ("T20 T30 T40 T63", responded(calls("u1", "dig_up"), run="r1.0.0")),
            ("T51 T66 T83 T66 T83 T66 T81", call_checked(1, "r1.0.0", ask=True)),
            ("T91", on("approve", run=2)),
            ("T99 T103 T103 T41 T63", happened("run.resumed")),
            ("T89", happened("run.cancelled", final=True)),
        ],
        ("TS-STATE-002",),
        states=(12,),
    ),
    History(
        "nested-goes-with-all-below-it",
        "A call that has its output lets go of its nested run, all runs below that, and the decisions in them.",
        RESEARCH,
        [
            *asks(),
            ("T20 T30 T41 T63", responded(DIG, run=CHILD)),
            ("T57 T63", starting(1, run=CHILD)),
            ("T02 T05 T11", nested("r1.0.0", 1, "Digger", parent=CHILD)),
            ("T15", prepared("r1.0.0")),
            ("T20 T30 T41 T63", responded(SIFT, run="r1.0.0")),
            ("T57 T63", starting(1, run="r1.0.0")),
            ("T02 T05 T11", nested("r1.0.0.0", 1, "Sifter", parent="r1.0.0")),
            ("T15", prepared("r1.0.0.0")),
            ("T20 T30 T40 T63", responded(calls("p1", "pan"), run="r1.0.0.0")),
            ("T51 T66 T83 T66 T83 T66 T83 T66 T81", call_checked(1, "r1.0.0.0", ask=True)),
            ("T91", on("reject", run=3)),
            ("T61", finished(1, ANSWERED)),
        ],
        ("TS-APPR-001",),
    ),
    History(
        "delegate",
        "A delegation is a nested run of its own agent.",
        DELEGATE,
        [
            *asked(calls("c1", "transfer_to_weather", '{"message":"Oslo?"}'), rows="T20 T30 T41 T63"),
            ("T57 T63", starting(1)),
            ("T02 T05 T11", nested(CHILD, 1, "Weather", "Oslo?", session="chat-weather")),
            ("T15", prepared(CHILD)),
            ("T22 T77 T86", responded(says("rain"), run=CHILD)),
            ("T58 T74 T11", finished(1, output("c1", '{"result":"rain","conversation_id":"chat-weather"}'))),
        ],
        ("TS-HAND-006",),
        states=(4,),
    ),
]
