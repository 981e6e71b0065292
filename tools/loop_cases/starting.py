"""Histories of how a run starts, and of its input guardrails."""

from __future__ import annotations

from loop_cases.history import (
    History,
    agent,
    calls,
    checked,
    graph,
    guard,
    happened,
    prepared,
    responded,
    says,
    started,
    starting,
    tool,
    user,
)
from loop_cases.parts import PAY, PLAIN, TOOLS, asked

BLOCKING = graph(agent("Assistant", tool("pay"), input=[guard("secrets", parallel=False)]))
PARALLEL = graph(agent("Assistant", tool("pay"), input=[guard("tone", parallel=True)]))
BOTH = graph(agent("Assistant", input=[guard("tone", parallel=True), guard("secrets", parallel=False)]))
READ = graph(agent("Assistant", input=[guard("tone", parallel=True)], output=["length"]))

HISTORIES = [
    History(
        "start-text",
        "A run on a text starts with one user message in its log and has its first turn prepared.",
        PLAIN,
        [("T01 T05 T11", started())],
        ("TS-TRANS-005",),
    ),
    History(
        "start-with-session-and-items",
        "A run with a session begins with the session's items, which are no part of its input.",
        PLAIN,
        [
            (
                "T01 T05 T11",
                started(
                    form="items",
                    items=[user("hi"), says("hello"), user("again")],
                    history=2,
                    session="chat",
                    context={"kind": "json", "value": {"plan": "free"}},
                    settings={"reasoning_ids": "omit"},
                ),
            )
        ],
    ),
    History(
        "start-with-nothing",
        "A run may start without any item.",
        PLAIN,
        [("T01 T05 T11", started(form="items", items=[]))],
    ),
    History(
        "start-twice",
        "A run that has started does not start again, and nothing happens before a run has started.",
        PLAIN,
        [("", prepared()), ("T01 T05 T11", started()), ("", started()), ("", started(run="r2"))],
        ("TS-TRANS-002",),
    ),
    History(
        "start-nested-first",
        "A nested run can't be the first one, nor start below a call that did not ask for it.",
        TOOLS,
        [
            ("", started(parent={"run": "r0", "item": 1})),
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("", started(run="r1.0", parent={"run": "r1", "item": 1})),
            ("", started(run="r1.0", parent={"run": "r2", "item": 1})),
        ],
        ("TS-STATE-016",),
    ),
    History(
        "start-agent-missing",
        "A run at an agent that the manifest does not have is refused.",
        PLAIN,
        [("", started(agent="Nobody"))],
        ("TS-TRANS-003",),
    ),
    History(
        "input-blocking",
        "The model is not asked before the input guardrails that it waits for have passed.",
        BLOCKING,
        [
            ("T01 T03", started()),
            ("", prepared(run="r2")),
            ("T06 T05 T11", checked("secrets", blocking=True)),
            ("T15", prepared()),
        ],
        ("TS-GUARD-005",),
    ),
    History(
        "input-blocking-trips",
        "A run whose input is refused fails without asking the model.",
        BLOCKING,
        [
            ("T01 T03", started()),
            ("T07 T84 T85", checked("secrets", blocking=True, trips="secrets")),
            ("", checked("secrets", blocking=True)),
            ("", prepared()),
        ],
        ("TS-GUARD-003", "TS-TRANS-041"),
    ),
    History(
        "input-blocking-then-parallel",
        "Parallel guardrails are asked with the first turn, after those that the model waits for.",
        BOTH,
        [
            ("T01 T03", started()),
            ("T06 T04 T11", checked("secrets", blocking=True)),
            ("T08", checked("tone", blocking=False)),
            ("", checked("tone", blocking=False)),
        ],
        ("TS-GUARD-005",),
    ),
    History(
        "input-parallel-holds-calls",
        "No call starts before the parallel guardrails have passed.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T21", responded(PAY)),
            ("", starting(1)),
            ("T09 T30 T41 T63", checked("tone", blocking=False)),
            ("T56 T63", starting(1)),
        ],
        ("TS-GUARD-003",),
    ),
    History(
        "input-parallel-trips-while-the-model-is-asked",
        "A parallel guardrail that trips stops the model call; its answer is not taken any more.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T07 T84 T85", checked("tone", blocking=False, trips="tone")),
            ("", responded(says("hi"))),
        ],
        ("TS-GUARD-003", "TS-TRANS-041"),
    ),
    History(
        "input-parallel-trips-while-a-turn-is-prepared",
        "A parallel guardrail that trips stops the preparation of a turn, and the model is not asked.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T07 T84 T85", checked("tone", blocking=False, trips="tone")),
            ("", prepared()),
        ],
        ("TS-GUARD-003", "TS-TRANS-041"),
    ),
    History(
        "input-parallel-trips-before-a-call-starts",
        "Calls that wait for a guardrail that trips never start.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T21", responded(PAY)),
            ("T07 T84 T85", checked("tone", blocking=False, trips="tone")),
            ("", starting(1)),
        ],
        ("TS-GUARD-003", "TS-TRANS-041"),
    ),
    History(
        "input-parallel-holds-the-output",
        "An answer is not final before the parallel guardrails have passed.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T23", responded(says("hi"))),
            ("T10 T77 T85", checked("tone", blocking=False)),
        ],
    ),
    History(
        "input-parallel-then-output-guardrails",
        "Output guardrails are asked once the parallel ones on the input have passed.",
        READ,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T23", responded(says("hi"))),
            ("T10 T76", checked("tone", blocking=False)),
        ],
    ),
    History(
        "input-checked-when-not-asked",
        "An answer of guardrails that were not asked, or not yet, is refused.",
        BOTH,
        [
            ("T01 T03", started()),
            ("", checked("tone", blocking=False)),
            ("T06 T04 T11", checked("secrets", blocking=True)),
            ("T15", prepared()),
            ("", checked("secrets", blocking=True)),
            ("T08", checked("tone", blocking=False)),
        ],
        ("TS-TRANS-002",),
    ),
    History(
        "input-checked-late",
        "A guardrail that answers after the run was stopped does not set it going again.",
        BLOCKING,
        [
            ("T01 T03", started()),
            ("T88", happened("run.cancelled")),
            ("T08", checked("secrets", blocking=True)),
            ("T98 T05 T11", happened("run.resumed")),
        ],
        states=(2,),
    ),
    History(
        "input-checked-late-with-more-to-ask",
        "A guardrail that answers after the run was stopped has no other one asked before the run is resumed.",
        BOTH,
        [
            ("T01 T03", started()),
            ("T87", happened("limit.reached", name="max-seconds", message="60 s")),
            ("T08", checked("secrets", blocking=True)),
            ("T98 T04 T11", happened("run.resumed")),
        ],
    ),
    History(
        "input-checked-late-in-parallel",
        "A parallel guardrail that answers after the run was stopped has answered.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T87", happened("limit.reached", name="max-seconds", message="60 s")),
            ("T08", checked("tone", blocking=False)),
        ],
    ),
    History(
        "input-checked-after-the-end",
        "No answer of a guardrail is taken for a run that has ended.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T89", happened("run.cancelled", final=True)),
            ("", checked("tone", blocking=False)),
        ],
        ("TS-TRANS-002",),
    ),
    History(
        "input-checked-incompletely",
        "Guardrails of which one has not answered have not passed.",
        BOTH | {"agents": [agent("Assistant", input=[guard("a", parallel=False), guard("b", parallel=False)])]},
        [
            ("T01 T03", started()),
            ("", checked("a", blocking=True)),
            ("T06 T05 T11", checked("a", "b", blocking=True)),
        ],
        ("TS-GUARD-001",),
    ),
    History(
        "input-trips-late",
        "A guardrail that trips after the run was stopped makes it fail.",
        BLOCKING,
        [
            ("T01 T03", started()),
            ("T88", happened("run.cancelled")),
            ("T07 T84 T85", checked("secrets", blocking=True, trips="secrets")),
        ],
        ("TS-GUARD-003",),
    ),
    History(
        "input-asked-again-after-a-crash",
        "A run that was cut off before its parallel guardrails answered asks them again, and the model too.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T97 T04 T11", happened("run.resumed")),
            ("T16", prepared()),
            ("T21", responded(calls("c1", "pay"))),
            ("T99 T104", happened("run.resumed")),
            ("T09 T30 T41 T63", checked("tone", blocking=False)),
        ],
    ),
    History(
        "input-asked-again-for-an-output",
        "An answer that waits for guardrails asks them again after a crash.",
        PARALLEL,
        [
            ("T01 T04 T11", started()),
            ("T15", prepared()),
            ("T23", responded(says("hi"))),
            ("T96 T104", happened("run.resumed")),
            ("T10 T77 T85", checked("tone", blocking=False)),
        ],
    ),
]
