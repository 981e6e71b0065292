"""Histories of calls: how they enter the ledger, are looked at, start and end."""

from __future__ import annotations

from loop_cases.history import (
    History,
    agent,
    call_checked,
    calls,
    failed,
    finished,
    graph,
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
from loop_cases.parts import LOOK, LOOKED, MAIL, PAID, PAY, TOOLS, asked

GUARDED = graph(agent("Assistant", tool("pay"), tool("look", effect="read", tool_input=["place"])))
STOPS = graph(agent("Assistant", tool("pay"), tool("look", effect="read"), tool_use="stop_on_first_tool"))
STOPS_AT = graph(
    agent("Assistant", tool("pay"), tool("look", effect="read"), tool_use={"stop_at_tool_names": ["look"]})
)
HOSTED = graph(agent("Assistant", {"name": "web_search", "role": "hosted", "type": "web_search"}, tool("pay")))
MCP = graph(agent("Assistant", tool("docs", kind="hosted_mcp", role="hosted", approval="never")))
SHELL = graph(
    agent("Assistant", tool("shell", kind="shell"), tool("computer", kind="computer"), tool("sql", kind="custom"))
)
DEFERRED = graph(agent("Assistant", tool("late"), tool("find", namespace="crm")))

RUN = {"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls"]}}
CLICK = {"type": "computer_call", "call_id": "c2", "action": {"type": "click", "x": 1, "y": 2}}
QUERY = {"type": "custom_tool_call", "call_id": "c3", "name": "sql", "input": "select 1"}
ASKS = {"type": "mcp_approval_request", "id": "m1", "name": "read", "server_label": "docs", "arguments": "{}"}
DOMAIN = [{"position": "tool_input", "name": "place", "behavior": "modify", "agent": "Assistant", "item": 1}]
REFUSED = DOMAIN[0] | {"behavior": "reject", "message": "no"}

HISTORIES = [
    History(
        "calls-in-parallel",
        "Outputs enter the log in the order of the calls, whichever ends first.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T58 T63", finished(2, LOOKED)),
            ("T58 T74 T11", finished(1, PAID)),
            ("T15", prepared()),
            ("T22 T77 T85", responded(says("done"))),
        ],
        ("TS-TRANS-005", "TS-TRANS-020", "TS-TRANS-021"),
        states=(2, 4, 5),
    ),
    History(
        "calls-begun-one-by-one",
        "A driver may begin the calls that may start one after the other, and in any order.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(2)),
            ("T58 T63", finished(2, LOOKED)),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, PAID)),
        ],
        ("TS-TRANS-020",),
    ),
    History(
        "call-events-that-cannot-be",
        "No call starts twice, ends before it has started, ends twice, or is looked at when it was not to be.",
        TOOLS,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("", finished(1, PAID)),
            ("", starting(0)),
            ("", starting(1, 1)),
            ("", call_checked(1)),
            ("", happened("handoff.prepared", item=1)),
            ("T56 T63", starting(1)),
            ("", starting(1)),
            ("", finished(1)),
            ("", failed(1)),
            ("", nested("r1.0", 1, "Assistant")),
            ("T58 T74 T11", finished(1, PAID)),
            ("", finished(1, PAID)),
            ("", failed(1, PAID)),
        ],
        ("TS-TRANS-002", "TS-TOOL-008", "TS-TOOL-009"),
    ),
    History(
        "call-fails-and-is-reported",
        "The model is told of a failure, and the run goes on.",
        TOOLS,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T59 T74 T11", failed(1, output("c1", "Error: the disk is full"))),
        ],
        ("TS-TOOL-032",),
    ),
    History(
        "call-fails-before-it-starts",
        "A call whose arguments can't be read fails when it is looked at.",
        TOOLS,
        [
            *asked(MAIL, rows="T20 T30 T40 T63"),
            ("T59 T74 T11", failed(1, output("c3", "Error: no JSON"), code="tool-arguments", results=[REFUSED])),
        ],
        ("TS-TOOL-031",),
    ),
    History(
        "call-fails-and-stops",
        "A failure that stops the run does so once its siblings have ended; both outputs are in the log.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63", start=started(session="chat")),
            ("T56 T63", starting(1, 2)),
            ("T60 T63", failed(1, output("c1", "Error: the disk is full"), stops=True)),
            ("T58 T64 T81", finished(2, LOOKED)),
            ("T99 T74 T11", happened("run.resumed")),
        ],
        ("TS-TOOL-032",),
        states=(4, 5),
    ),
    History(
        "call-fails-the-first-failure-counts",
        "Of two failures that stop the run the first one is told.",
        TOOLS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T60 T63", failed(2, output("c2", "Error: dark"), stops=True, code="tool-timeout", message="dark")),
            ("T60 T64 T81", failed(1, output("c1", "Error: the disk is full"), stops=True)),
        ],
    ),
    History(
        "call-of-no-tool",
        "The model is told that there is no such tool.",
        TOOLS,
        asked(calls("c1", "fly"), PAY | {"call_id": "c2"}, rows="T20 T33 T30 T41 T63"),
    ),
    History(
        "call-of-no-tool-alone",
        "A response whose calls can't be carried out leads to the next turn at once.",
        TOOLS,
        asked(calls("c1", "fly"), rows="T20 T33 T74 T11"),
    ),
    History(
        "call-of-no-tool-of-the-host",
        "A call for a server that the agent does not have is not approved.",
        TOOLS,
        asked(ASKS, rows="T20 T33 T74 T11"),
    ),
    History(
        "call-id-used-twice-stops-nothing-by-rule",
        "The rule that stops a run at a call of no tool is about no other call that can't be carried out.",
        TOOLS,
        asked(PAY, LOOK | {"call_id": "c1"}, rows="T20 T30 T41 T32 T63"),
        policy={"tool_not_found": "raise"},
        states=(2,),
    ),
    History(
        "call-of-no-tool-stops-by-rule",
        "With the rule of the SDKs a call of no tool stops the run, once the other calls have ended.",
        TOOLS,
        [
            *asked(calls("c1", "fly"), LOOK, rows="T20 T34 T30 T41 T63"),
            ("T56 T63", starting(2)),
            ("T58 T64 T81", finished(2, LOOKED)),
        ],
        policy={"tool_not_found": "raise"},
    ),
    History(
        "call-of-no-tool-in-the-words-of-the-sdks",
        "A run of an SDK's tells the model in that SDK's words that there is no such tool.",
        TOOLS,
        asked(calls("c1", "fly"), rows="T20 T33 T74 T11"),
        policy={"compat": "openai-agents-js"},
    ),
    History(
        "call-of-a-withheld-tool",
        "A tool that was not offered this time is no tool this time, and is the next.",
        TOOLS,
        [
            ("T01 T05 T11", started()),
            ("T15", prepared(withheld=["pay"])),
            ("T20 T33 T74 T11", responded(PAY)),
            ("T15", prepared()),
            ("T20 T30 T41 T63", responded(PAY | {"call_id": "c2"})),
        ],
        held=True,
    ),
    History(
        "call-cut-off",
        "A call that was cut off is not carried out: the last one, where the host marks none.",
        TOOLS,
        asked(PAY, calls("c2", "look", '{"at":"m'), rows="T20 T30 T41 T31 T63", status="incomplete"),
        ("TS-TRANS-007", "TS-TRANS-010"),
    ),
    History(
        "call-cut-off-and-marked",
        "A call that its host marks as cut off is not carried out, the others are.",
        TOOLS,
        asked(calls("c1", "pay", '{"amou', status="incomplete"), LOOK, rows="T20 T31 T30 T41 T63", status="incomplete"),
    ),
    History(
        "call-cut-off-runs-by-rule",
        "With the rule of the SDKs a call that was cut off is carried out.",
        TOOLS,
        asked(PAY, rows="T20 T30 T41 T63", status="incomplete"),
        policy={"cut_off": "run"},
    ),
    History(
        "call-id-used-twice",
        "A call under an id that was used before, in this response or an earlier one, is not carried out.",
        TOOLS,
        [
            *asked(PAY, LOOK | {"call_id": "c1"}, rows="T20 T30 T41 T32 T63"),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, PAID)),
            ("T15", prepared()),
            ("T20 T32 T74 T11", responded(PAY)),
        ],
        ("TS-TOOL-003",),
    ),
    History(
        "call-looked-at",
        "A call is looked at before it starts where there is a guardrail, and others need not wait.",
        GUARDED,
        [
            *asked(LOOK, PAY, rows="T20 T30 T40 T41 T63"),
            ("T56 T63", starting(2)),
            ("T58 T63", finished(2, PAID)),
            ("", starting(1)),
            ("T53 T41 T63", call_checked(1)),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, LOOKED)),
        ],
        ("TS-GUARD-010",),
    ),
    History(
        "call-blocked",
        "A call that a guardrail blocks does not run, and the model is told.",
        GUARDED,
        [
            *asked(LOOK, rows="T20 T30 T40 T63"),
            (
                "T50 T74 T11",
                call_checked(
                    1,
                    blocked=output("c2", "Tool call blocked."),
                    results=[REFUSED],
                ),
            ),
        ],
        ("TS-GUARD-012", "TS-GUARD-002"),
    ),
    History(
        "call-arguments-changed",
        "Arguments that a guardrail changed are kept, and the digest is made of them.",
        GUARDED,
        [
            *asked(LOOK, rows="T20 T30 T40 T63"),
            ("T54 T53 T41 T63", call_checked(1, arguments='{"at":"sky"}', results=DOMAIN)),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, LOOKED, results=[DOMAIN[0] | {"position": "tool_output"}])),
        ],
        ("TS-GUARD-013", "TS-GUARD-002", "TS-CORE-022"),
    ),
    History(
        "call-other-kinds",
        "Shell, computer and custom calls have keys, digests and outputs of their own kind.",
        SHELL,
        [
            *asked(RUN, CLICK, QUERY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2, 3)),
            ("T58 T63", finished(3, {"type": "custom_tool_call_output", "call_id": "c3", "output": "1"})),
            (
                "T58 T63",
                finished(
                    2,
                    {
                        "type": "computer_call_output",
                        "call_id": "c2",
                        "output": {"type": "computer_screenshot", "image_url": "data:"},
                    },
                ),
            ),
            ("T58 T74 T11", finished(1, {"type": "shell_call_output", "call_id": "c1", "output": []})),
        ],
        ("TS-TOOL-005", "TS-CORE-022"),
    ),
    History(
        "call-of-a-kind-that-has-one-tool",
        "Calls of a kind of which there is one tool need not name it.",
        graph(agent("Assistant", tool("bash", kind="shell", effect="idempotent"))),
        asked(RUN, rows="T20 T30 T41 T63"),
        ("TS-TOOL-005",),
    ),
    History(
        "call-other-kinds-cut-off",
        "What can't be carried out is answered in the shape of its kind; a picture is followed by a remark.",
        graph(agent("Assistant")),
        asked(RUN, CLICK, QUERY, rows="T20 T33 T74 T11"),
    ),
    History(
        "call-deferred-and-namespaced",
        "A call with a namespace is of the tool in that namespace; one that loads a deferred tool is of that tool.",
        DEFERRED,
        asked(
            calls("c1", "late", namespace="late"),
            calls("c2", "find", namespace="crm"),
            calls("c3", "find"),
            rows="T20 T30 T41 T33 T63",
        ),
        ("TS-TOOL-006",),
    ),
    History(
        "call-of-the-host",
        "What the host carries out by itself is no call of the ledger.",
        HOSTED,
        asked({"type": "web_search_call", "id": "ws_1", "status": "completed"}, says("found"), rows="T22 T77 T85"),
    ),
    History(
        "call-for-the-host-to-carry-out",
        "A call that the host wants approved is approved where no one has to be asked.",
        MCP,
        asked(ASKS, rows="T20 T30 T43 T74 T11"),
    ),
    History(
        "output-too-long",
        "A call whose output is too long stops the run before the model is sent it; with a higher limit it goes on.",
        TOOLS,
        [
            *asked(LOOK, rows="T20 T30 T41 T63", start=started(max_output=3)),
            ("T56 T63", starting(1)),
            ("T58 T65 T81", finished(1, LOOKED)),
            ("T99 T65 T81", happened("run.resumed")),
            ("T99 T74 T11", happened("run.resumed", limits={"max_turns": 10, "max_output": 4})),
        ],
        ("TS-TRANS-042",),
        states=(4,),
    ),
    History(
        "output-of-parts-too-long",
        "The length of an output of content items is that of its texts and of all else in it.",
        TOOLS,
        [
            *asked(LOOK, rows="T20 T30 T41 T63", start=started(max_output=10)),
            ("T56 T63", starting(1)),
            ("T58 T65 T81", finished(1, LOOKED | {"output": [{"type": "input_text", "text": "twelve chars"}]})),
        ],
    ),
    History(
        "stop-on-first-tool",
        "An agent that ends with its first tool's output ends with that of the first call in order.",
        STOPS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T58 T63", finished(2, LOOKED)),
            ("T58 T72 T77 T85", finished(1, PAID)),
        ],
    ),
    History(
        "stop-on-first-tool-not-on-a-failure",
        "A failed call's output is no final output.",
        STOPS,
        [
            *asked(PAY, LOOK, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1, 2)),
            ("T59 T63", failed(1, output("c1", "Error"))),
            ("T58 T72 T77 T85", finished(2, LOOKED)),
        ],
    ),
    History(
        "stop-on-first-tool-not-on-the-host-s",
        "What the host carries out after an approval is no output to end with.",
        graph(
            agent(
                "Assistant",
                tool("docs", kind="hosted_mcp", role="hosted", approval="never"),
                tool_use="stop_on_first_tool",
            )
        ),
        asked(ASKS, rows="T20 T30 T43 T74 T11"),
    ),
    History(
        "stop-at-named-tools",
        "An agent that ends with the output of named tools goes on after others.",
        STOPS_AT,
        [
            *asked(PAY, rows="T20 T30 T41 T63"),
            ("T56 T63", starting(1)),
            ("T58 T74 T11", finished(1, PAID)),
            ("T15", prepared()),
            ("T20 T30 T41 T63", responded(LOOK)),
            ("T56 T63", starting(3)),
            ("T58 T72 T77 T85", finished(3, LOOKED)),
        ],
    ),
]
