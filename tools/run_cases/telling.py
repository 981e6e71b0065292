"""What a reader of a run is told: each event with its keys, in order, and nothing else (events.md)."""

from __future__ import annotations

from durable_cases.case import agent, call, decide, effect, resume, says, waits
from run_cases.case import RUN, asks, tool
from run_cases.events import (
    TEXT,
    begins,
    called,
    came_to,
    cost,
    counted,
    event,
    failed,
    finished,
    numbered,
    outcome,
    piece,
    spoke,
    turn,
    turned,
    watched,
)

_CLERK = [agent("Clerk", tool("pay"), tool("look", "read"))]
_PAID = {"pay": {"output": "paid"}, "look": {"output": "seen"}}
_PAYS = cost(asks("c1", "pay"))
_DONE = cost(says("Done."))

PLAIN = [
    watched(
        "events-of-an-answer",
        "A reader is told of a run's beginning, turn, message, usage and end",
        ("TS-EVENT-001", "TS-EVENT-004"),
        _CLERK,
        [_DONE],
        outcome(
            "finished",
            numbered([begins(), turn(1), spoke("Done.", 1), counted(), turned(1), finished()]),
            output="Done.",
        ),
    ),
    watched(
        "events-of-a-call",
        "A call is told of before what it comes to, and the end of its turn after it",
        ("TS-EVENT-001", "TS-EVENT-003", "TS-EVENT-004"),
        _CLERK,
        [_PAYS, _DONE],
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), called("c1", "pay", 1), counted(), came_to("c1", "pay", 1, "paid"), turned(1)),
                    *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        tools=_PAID,
        more={"effects": [effect("pay", "c1")]},
    ),
    watched(
        "events-in-the-order-in-which-calls-end",
        "Calls are told of in the order of the answer, and their ends as they come",
        ("TS-EVENT-004",),
        _CLERK,
        [cost(asks("c1", "pay", "{}", call("c2", "look", "{}"))), _DONE],
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), called("c1", "pay", 1), called("c2", "look", 2), counted()),
                    *(came_to("c2", "look", 2, "seen"), came_to("c1", "pay", 1, "paid"), turned(1)),
                    *(turn(2), spoke("Done.", 5), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        tools={"pay": {"output": "paid", "after": "c2"}, "look": {"output": "seen"}},
        more={"effects": [effect("pay", "c1"), effect("look", "c2")]},
    ),
    watched(
        "events-of-other-items",
        "What is neither a message nor a call is told of as an item of its kind",
        ("TS-EVENT-001",),
        _CLERK,
        [cost({"output": [{"type": "reasoning", "id": "rs_1", "summary": []}, *says("Done.")["output"]]})],
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), event("item", kind="reasoning", agent="Clerk", item=1, item_id="rs_1")),
                    *(spoke("Done.", 2), counted(), turned(1), finished()),
                ]
            ),
            output="Done.",
        ),
    ),
    watched(
        "events-of-a-failed-call",
        "A call that fails is told of as an error, with what the model is told",
        ("TS-EVENT-001",),
        _CLERK,
        [_PAYS, _DONE],
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), called("c1", "pay", 1), counted()),
                    *(failed("c1", "pay", 1, "out-of-paper"), turned(1)),
                    *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        tools={"pay": {"err": {"code": "out-of-paper", "message": "there is no paper"}}},
        more={"effects": [effect("pay", "c1")]},
    ),
    watched(
        "events-for-a-late-reader",
        "A reader that begins when the run has stopped is told all of it, once and in order",
        ("TS-EVENT-005",),
        _CLERK,
        [_PAYS, _DONE],
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), called("c1", "pay", 1), counted(), came_to("c1", "pay", 1, "paid"), turned(1)),
                    *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        tools=_PAID,
        args={"events": "late"},
        more={"effects": [effect("pay", "c1")]},
    ),
]

_HELD = [agent("Clerk", tool("pay", approval="always"), tool("look", "read"))]
_ASKED = event("approval", call_id="c1", tool="pay", arguments="{}", agent="Clerk", item=1)
_WAITS = [waits("c1", "pay", arguments="{}")]
_STOPPED = [begins(), turn(1), called("c1", "pay", 1), counted(), _ASKED, event("run_interrupted", reason="approval")]
_RESUMED = event("run_resumed", agent="Clerk")
STOPS = [
    watched(
        "events-over-a-resume",
        "The numbers of events go on over a resume, and each stretch ends with how the run stands",
        ("TS-EVENT-003", "TS-EVENT-007", "TS-EVENT-001"),
        _HELD,
        [_PAYS, _DONE],
        outcome("interrupted", numbered(_STOPPED), reason="approval", waits=_WAITS),
        (
            resume(
                outcome(
                    "finished",
                    numbered(
                        [
                            *(_RESUMED, came_to("c1", "pay", 1, "paid"), turned(1)),
                            *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                        ],
                        7,
                    ),
                    output="Done.",
                ),
                decide("c1", "approve"),
                carried=True,
            ),
        ),
        tools=_PAID,
        more={"effects": [effect("pay", "c1")]},
    ),
    watched(
        "events-of-a-rejected-call",
        "Readers of a run that goes on are told of the calls that were rejected",
        ("TS-EVENT-001",),
        _HELD,
        [_PAYS, _DONE],
        outcome("interrupted", numbered(_STOPPED), reason="approval", waits=_WAITS),
        (
            resume(
                outcome(
                    "finished",
                    numbered(
                        [
                            *(_RESUMED, failed("c1", "pay", 1, "call-rejected", "Too much."), turned(1)),
                            *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                        ],
                        7,
                    ),
                    output="Done.",
                ),
                decide("c1", "reject", message="Too much."),
                carried=True,
            ),
        ),
        tools=_PAID,
        more={"effects": []},
    ),
    watched(
        "events-of-a-model-that-fails",
        "What a run can't go on after is told as one error just before the end of the stretch",
        ("TS-EVENT-007",),
        _CLERK,
        [{"err": {"code": "model-failed", "message": "nobody is there"}}],
        outcome(
            "interrupted",
            numbered(
                [
                    *(begins(), turn(1), event("error", code="model-failed", message="nobody is there")),
                    event("run_interrupted", reason="error", code="model-failed", message="nobody is there"),
                ]
            ),
            reason="error",
            code="model-failed",
        ),
    ),
    watched(
        "events-of-a-limit",
        "A limit that is used up is told as an error, and as what the run waits for",
        ("TS-EVENT-007",),
        _CLERK,
        [_PAYS],
        outcome(
            "interrupted",
            numbered(
                [
                    *(begins(), turn(1), called("c1", "pay", 1), counted(), came_to("c1", "pay", 1, "paid"), turned(1)),
                    event("error", code="max-turns", message=TEXT),
                    event("run_interrupted", reason="limit", code="max-turns", message=TEXT),
                ]
            ),
            reason="limit",
            code="max-turns",
        ),
        tools=_PAID,
        args={"max_turns": 1},
        more={"effects": [effect("pay", "c1")]},
    ),
    watched(
        "events-of-a-guardrail-that-trips",
        "A guardrail that stops a run is told of, and then that the run has failed",
        ("TS-EVENT-007", "TS-EVENT-001"),
        [agent("Clerk", input_guardrails=[{"name": "polite", "parallel": False}])],
        [],
        outcome(
            "failed",
            numbered(
                [
                    begins(),
                    event("guardrail", name="polite", position="input", behavior="tripwire", agent="Clerk"),
                    event("run_failed", code="input-tripwire", message=TEXT),
                ]
            ),
            code="input-tripwire",
        ),
        world={"guardrails": {"polite": {"answer": "trip"}}},
        features=("guardrails",),
        more={"asked": {"model": 0}},
    ),
]

_EXPERT = [agent("Clerk", tool("ask_expert", agent="Expert")), agent("Expert")]
_ASKS = cost(asks("c1", "ask_expert", '{"input":"Why?"}'))
_ASKED_EXPERT = called("c1", "ask_expert", 1, arguments='{"input":"Why?"}')
_BELOW = f"{RUN}.0"
NESTED = [
    watched(
        "events-of-a-nested-run",
        "Events of a nested run stand in the stream of its root under the nested run's id, before the end of its call",
        ("TS-EVENT-002", "TS-EVENT-004"),
        _EXPERT,
        {"Clerk": [_ASKS, _DONE], "Expert": [cost(says("So."))]},
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), _ASKED_EXPERT, counted()),
                    *(begins(_BELOW, "Expert", parent=RUN), turn(1, _BELOW, "Expert")),
                    *(spoke("So.", 1, _BELOW, "Expert"), counted(_BELOW, "Expert"), turned(1, _BELOW, "Expert")),
                    *(came_to("c1", "ask_expert", 1, "So."), turned(1)),
                    *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        features=("nested",),
    ),
    watched(
        "events-of-a-nested-run-that-fails",
        "A nested run that fails is told of as an error of that run, and as one of its call",
        ("TS-EVENT-002", "TS-TRANS-040"),
        _EXPERT,
        {"Clerk": [_ASKS, _DONE], "Expert": [{"err": {"code": "model-failed", "message": "nobody is there"}}]},
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), _ASKED_EXPERT, counted()),
                    *(begins(_BELOW, "Expert", parent=RUN), turn(1, _BELOW, "Expert")),
                    event("error", _BELOW, code="model-failed", message="nobody is there"),
                    *(failed("c1", "ask_expert", 1, "model-failed"), turned(1)),
                    *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        features=("nested",),
    ),
    watched(
        "events-of-a-handoff",
        "That another agent takes over is told once, with the call that led there",
        ("TS-EVENT-001",),
        [agent("Clerk", handoffs=[{"agent": "Weather"}]), agent("Weather")],
        {"Clerk": [cost(asks("c1", "transfer_to_weather"))], "Weather": [cost(says("Sunny."))]},
        outcome(
            "finished",
            numbered(
                [
                    *(begins(), turn(1), called("c1", "transfer_to_weather", 1), counted()),
                    event("handoff", call_id="c1", **{"from": "Clerk", "to": "Weather"}),
                    turned(1),
                    *(turn(2, RUN, "Weather"), spoke("Sunny.", 3, RUN, "Weather"), counted(RUN, "Weather")),
                    *(turned(2, RUN, "Weather"), finished("Sunny.", "Weather")),
                ]
            ),
            output="Sunny.",
        ),
        features=("handoffs",),
    ),
]

_NAMED = {"output_index": 0, "call_id": "c1", "tool": "get_weather"}


PIECES = [
    watched(
        "events-with-pieces",
        "The pieces of answers have no number of their own, but that of the event before them and their place",
        ("TS-EVENT-006", "TS-EVENT-003"),
        [agent("Assistant", tool("get_weather", "read"))],
        [
            {
                **cost(asks("c1", "get_weather", '{"city":"Oslo"}')),
                "pieces": [
                    {
                        "kind": "arguments",
                        "text": '{"city":',
                        "output_index": 0,
                        "call_id": "c1",
                        "name": "get_weather",
                    },
                    {"kind": "arguments", "text": '"Oslo"}', "output_index": 0, "call_id": "c1", "name": "get_weather"},
                ],
            },
            {
                **cost(says("It is sunny.")),
                "pieces": [
                    {"kind": "reasoning", "text": "Hm."},
                    {"kind": "text", "text": "It", "output_index": 0, "item_id": "msg_1"},
                    {"kind": "text", "text": " is sunny.", "output_index": 0, "item_id": "msg_1"},
                ],
            },
        ],
        outcome(
            "finished",
            numbered(
                [
                    *(begins(RUN, "Assistant"), turn(1, RUN, "Assistant")),
                    piece("arguments_delta", '{"city":', 0, 2, **_NAMED),
                    piece("arguments_delta", '"Oslo"}', 1, 2, **_NAMED),
                    called("c1", "get_weather", 1, RUN, "Assistant", arguments='{"city":"Oslo"}'),
                    *(counted(RUN, "Assistant"), came_to("c1", "get_weather", 1, "sunny")),
                    *(turned(1, RUN, "Assistant"), turn(2, RUN, "Assistant")),
                    piece("reasoning_delta", "Hm.", 0, 7),
                    piece("content_delta", "It", 1, 7, output_index=0, item_id="msg_1"),
                    piece("content_delta", " is sunny.", 2, 7, output_index=0, item_id="msg_1"),
                    *(spoke("It is sunny.", 3, RUN, "Assistant"), counted(RUN, "Assistant")),
                    *(turned(2, RUN, "Assistant"), finished("It is sunny.", "Assistant")),
                ]
            ),
            output="It is sunny.",
        ),
        tools={"get_weather": {"output": "sunny"}},
        features=("pieces",),
        args={"stream": True},
        more={"effects": [effect("get_weather", "c1")]},
    ),
    watched(
        "events-without-pieces-for-a-late-reader",
        "Pieces are told to those who read at that moment, and to nobody later",
        ("TS-EVENT-006", "TS-EVENT-005"),
        [agent("Clerk")],
        [{**_DONE, "pieces": [{"kind": "text", "text": "Done."}]}],
        outcome(
            "finished",
            numbered([begins(), turn(1), spoke("Done.", 1), counted(), turned(1), finished()]),
            output="Done.",
        ),
        features=("pieces",),
        args={"stream": True, "events": "late"},
    ),
]

IN_PLACE = [
    watched(
        "events-of-a-decision-in-place",
        "A decision that is made while the run is watched is told of",
        ("TS-EVENT-001", "TS-EVENT-003"),
        _HELD,
        [_PAYS, _DONE],
        outcome(
            "finished",
            numbered(
                [
                    *_STOPPED,
                    event(
                        "approval_decided", decision="approve", agent="Clerk", tool="pay", always=False, call_id="c1"
                    ),
                    *(_RESUMED, came_to("c1", "pay", 1, "paid"), turned(1)),
                    *(turn(2), spoke("Done.", 3), counted(), turned(2), finished()),
                ]
            ),
            output="Done.",
        ),
        tools=_PAID,
        world={"asks": {"decision": {"pay": {"answer": True}}}},
        features=("approver",),
        args={"approver": True},
        more={"effects": [effect("pay", "c1")]},
    ),
]

CASES = [*PLAIN, *STOPS, *NESTED, *PIECES, *IN_PLACE]
