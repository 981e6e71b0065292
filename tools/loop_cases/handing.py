"""Histories of transfers from one agent to another."""

from __future__ import annotations

from loop_cases.history import (
    History,
    agent,
    call_checked,
    calls,
    finished,
    graph,
    handoff,
    happened,
    output,
    prepared,
    responded,
    says,
    started,
    starting,
    tool,
    user,
)
from loop_cases.parts import PAID, PAIR, PAY, asked, on

FILTERED = graph(agent("Assistant", tool("pay"), handoffs=(handoff("Weather", filter=True),)), agent("Weather"))
TOLD = graph(agent("Assistant", handoffs=(handoff("Weather", callback=True),)), agent("Weather"))
GUARDED = graph(agent("Assistant", handoffs=(handoff("Weather"),), tool_input=["may_hand_over"]), agent("Weather"))
TO_WEATHER, TO_NEWS = calls("h1", "transfer_to_weather"), calls("h2", "transfer_to_news")

HISTORIES = [
    History(
        "handoff",
        "Control moves to the other agent with one output, and that agent is asked next.",
        PAIR,
        [
            *asked(TO_WEATHER, rows="T20 T30 T42 T71 T11", start=started(session="chat")),
            ("T90", happened("session.written", through=3)),
            ("T15", prepared()),
            ("T22 T77 T85", responded(says("rain"))),
        ],
        ("TS-HAND-005",),
        states=(2,),
    ),
    History(
        "handoff-text-of-the-python-sdk",
        "A run of the Python SDK's gets the output as that SDK writes it.",
        PAIR,
        asked(TO_WEATHER, rows="T20 T30 T42 T71 T11"),
        ("TS-HAND-005",),
        policy={"compat": "openai-agents-python"},
    ),
    History(
        "handoff-text-of-the-javascript-sdk",
        "A run of the JavaScript SDK's gets the output as compact JSON.",
        PAIR,
        asked(TO_WEATHER, rows="T20 T30 T42 T71 T11"),
        ("TS-HAND-005",),
        policy={"compat": "openai-agents-js"},
    ),
    History(
        "handoff-after-calls",
        "Calls beside a transfer run first.",
        PAIR,
        [
            *asked(PAY, TO_WEATHER, rows="T20 T30 T41 T42 T63"),
            ("", starting(2)),
            ("", finished(2, output("h1", "x"))),
            ("T56 T63", starting(1)),
            ("T58 T71 T11", finished(1, PAID)),
        ],
        ("TS-HAND-010",),
        held=True,
    ),
    History(
        "handoff-first-of-two",
        "The first of two transfers is taken, and the other is answered.",
        PAIR,
        asked(TO_NEWS, TO_WEATHER, rows="T20 T30 T35 T42 T71 T11"),
        ("TS-HAND-010",),
    ),
    History(
        "handoff-first-of-two-around-a-call",
        "A call between two transfers is carried out, before the first of them is taken.",
        PAIR,
        [
            *asked(TO_NEWS, PAY, TO_WEATHER, rows="T20 T30 T35 T41 T42 T63"),
            ("T56 T63", starting(2)),
            ("T58 T71 T11", finished(2, PAID)),
        ],
        ("TS-HAND-010",),
        held=True,
    ),
    History(
        "handoff-first-of-two-drops-by-rule",
        "With the rule of the JavaScript SDK the model does not see the other one.",
        PAIR,
        asked(TO_NEWS, TO_WEATHER, rows="T20 T30 T36 T42 T71 T11"),
        policy={"one_handoff": "drop"},
    ),
    History(
        "handoff-filtered",
        "A filter changes what the next agent sees, and the log keeps all.",
        FILTERED,
        [
            *asked(TO_WEATHER, rows="T20 T30 T42 T70"),
            ("", happened("handoff.prepared", item=0)),
            ("", happened("handoff.prepared", item=1, view=[[0, 9]])),
            ("", happened("handoff.prepared", item=1, view=[[0, 2], [1, 3]])),
            ("", happened("handoff.prepared", item=1, view=[[2, 2]])),
            ("T75 T11", happened("handoff.prepared", item=1, entries=[user("in short: rain?")], view=[[3, 4]])),
            ("", happened("handoff.prepared", item=1)),
        ],
        ("TS-HAND-007", "TS-TRANS-002"),
        states=(2,),
    ),
    History(
        "handoff-told-to-user-code",
        "User code that is told of a transfer need not change what is seen.",
        TOLD,
        [*asked(TO_WEATHER, rows="T20 T30 T42 T70"), ("T75 T11", happened("handoff.prepared", item=1))],
    ),
    History(
        "handoff-filtered-without-a-view",
        "Entries that no view names are in the log, and nobody sees them.",
        FILTERED,
        [
            *asked(TO_WEATHER, rows="T20 T30 T42 T70"),
            ("T75 T11", happened("handoff.prepared", item=1, entries=[user("in short: rain?")])),
        ],
        ("TS-HAND-007",),
    ),
    History(
        "handoff-cut-off",
        "A transfer that was being prepared is prepared again.",
        FILTERED,
        [
            *asked(PAY, TO_WEATHER, rows="T20 T30 T41 T42 T63"),
            ("T56 T63", starting(1)),
            ("T58 T70", finished(1, PAID)),
            ("T95", happened("run.resumed")),
            ("", happened("handoff.prepared", item=1)),
            ("T75 T11", happened("handoff.prepared", item=2)),
        ],
        held=True,
    ),
    History(
        "handoff-halted",
        "A run that is halted while a transfer is prepared prepares it again when it is resumed.",
        FILTERED,
        [
            *asked(TO_WEATHER, rows="T20 T30 T42 T70"),
            ("T87", happened("limit.reached", name="max-seconds", message="60 s")),
            ("", happened("handoff.prepared", item=1)),
            ("T99 T42 T70", happened("run.resumed")),
        ],
    ),
    History(
        "handoff-blocked",
        "A guardrail may block a transfer; the agent stays.",
        GUARDED,
        [
            *asked(TO_WEATHER, rows="T20 T30 T40 T63"),
            ("T50 T74 T11", call_checked(1, blocked=output("h1", "Tool call blocked."))),
        ],
        ("TS-GUARD-012",),
    ),
    History(
        "handoff-approved",
        "A transfer that a guardrail wants a person asked about is taken once it is approved.",
        GUARDED,
        [
            *asked(TO_WEATHER, rows="T20 T30 T40 T63"),
            ("T51 T66 T81", call_checked(1, ask=True)),
            ("T91", on("approve")),
            ("T99 T46 T63", happened("run.resumed")),
            ("T53 T42 T71 T11", call_checked(1)),
        ],
        ("TS-GUARD-015",),
    ),
    History(
        "handoff-and-back",
        "Agents may hand over in a circle; each turn counts.",
        graph(agent("Assistant", handoffs=(handoff("Weather"),)), agent("Weather", handoffs=(handoff("Assistant"),))),
        [
            *asked(TO_WEATHER, rows="T20 T30 T42 T71 T11", start=started(max_turns=2)),
            ("T15", prepared()),
            ("T20 T30 T42 T71 T12 T81", responded(calls("h2", "transfer_to_assistant"))),
        ],
    ),
]
