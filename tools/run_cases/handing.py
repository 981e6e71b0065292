"""Handoffs: how their tools are named and described, where they lead, and the graph of agents as data."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from durable_cases.case import JSON, agent, call, done, effect, result, says
from run_cases.case import Case, Graph, asks, nothing_done, refused, state, told, tool

SPEC = Path(__file__).resolve().parents[2] / "spec"


def desk(*handoffs: JSON, tools: tuple[JSON, ...] = (), others: tuple[JSON, ...] = (), **more: Any) -> list[JSON]:
    """Return an agent with handoffs, and one agent for each name that they lead to."""
    names = dict.fromkeys(each["agent"] for each in handoffs)
    return [agent("Triage", *tools, handoffs=list(handoffs), **more), *(agent(name) for name in names), *others]


def to(name: str | int, mode: str | None = None, **more: Any) -> JSON:
    """Return a handoff."""
    return {"agent": name, **({"mode": mode} if mode else {}), **more}


def named(name: str, title: str, target: str, tool_name: str, **more: Any) -> Case:
    """Return a case of the name that a handoff's tool has."""
    return Case(
        f"handoff-name-{name}",
        title,
        ("TS-HAND-001",),
        desk(to(target, **more)),
        {"Triage": [{**says("Done."), "asked": {"tools": [{"name": tool_name}]}}]},
        done(),
        features=("handoffs", "offers"),
        more={"asked": {"model": 1}},
    )


NAMES = [
    named(
        "of-two-words",
        "Letters are lower, and a space is an underscore",
        "Weather Assistant",
        "transfer_to_weather_assistant",
    ),
    named("of-signs", "A run of other characters is one underscore", "Q&A (new)!", "transfer_to_q_a_new_"),
    named("of-underscores", "Underscores stay as they are", "a__b_", "transfer_to_a__b_"),
    named("of-other-letters", "A letter that is not in ASCII is an underscore", "Zürich 2", "transfer_to_z_rich_2"),
    named("too-long", "A name is cut to 64 characters", "a" * 80, "transfer_to_" + "a" * 52),
    named(
        "of-its-own", "A handoff has the name that its definition gives", "Weather", "ask_weather", tool="ask_weather"
    ),
    Case(
        "handoffs-of-one-name",
        "Two handoffs whose tools have one name are refused before anything is asked",
        ("TS-HAND-002",),
        desk(to("Q&A"), to("Q A")),
        [],
        refused("handoff-conflict"),
        features=("handoffs",),
        more=nothing_done(),
    ),
    Case(
        "handoff-named-as-a-tool",
        "A handoff whose tool has the name of another tool is refused before anything is asked",
        ("TS-HAND-002",),
        desk(to("Weather"), tools=(tool("transfer_to_weather"),)),
        [],
        refused("handoff-conflict"),
        features=("handoffs",),
        more=nothing_done(),
    ),
    Case(
        "handoffs-of-one-slug-renamed",
        "Two agents whose handoffs would have one name may both be handed over to where one is named otherwise",
        ("TS-HAND-002", "TS-HAND-001"),
        desk(to("Q&A"), to("Q A", tool="ask_others")),
        {"Triage": [{**says("Done."), "asked": {"tools": [{"name": "transfer_to_q_a"}, {"name": "ask_others"}]}}]},
        done(),
        features=("handoffs", "offers"),
        more={"asked": {"model": 1}},
    ),
    *(
        Case(
            f"agents-of-one-name-{where}",
            f"Two different agents of one name are refused where one agent leads to both {how}",
            ("TS-HAND-008",),
            agents,
            [],
            refused("agent-conflict"),
            features=("handoffs", "nested"),
            more=nothing_done(),
        )
        for where, how, agents in (
            (
                "by-handoffs",
                "by handoffs",
                [agent("Triage", handoffs=[to(1), to(2, tool="other")]), agent("Weather"), agent("Weather")],
            ),
            (
                "by-a-tool",
                "by a handoff and as a tool",
                [agent("Triage", tool("ask", agent=2), handoffs=[to(1)]), agent("Weather"), agent("Weather")],
            ),
            ("of-the-root", "and it is one of them", [agent("Weather", handoffs=[to(1)]), agent("Weather")]),
        )
    ),
]


def described(name: str, title: str, handoff: JSON, **wanted: Any) -> Case:
    """Return a case of the arguments that a handoff's tool takes."""
    return Case(
        f"handoff-takes-{name}",
        title,
        ("TS-HAND-004",),
        desk(handoff),
        {"Triage": [{**says("Done."), "asked": {"tools": [{"parameters": {"$takes": wanted}}]}}]},
        done(),
        features=("handoffs", "delegations", "offers"),
        more={"asked": {"model": 1}},
    )


REASON = {
    "type": "object",
    "properties": {"reason": {"type": "string"}},
    "required": ["reason"],
    "additionalProperties": False,
}
TAKES = [
    described("nothing", "The tool of a transfer takes no arguments", to("Weather"), all=[{}], none=[{"message": "a"}]),
    described(
        "a-message",
        "The tool of a delegation takes one text",
        to("Weather", "delegate"),
        all=[{"message": "a"}],
        none=[{}, {"message": 1}, {"message": "a", "input": "b"}],
    ),
    described(
        "what-it-says",
        "The tool of a transfer takes the arguments that its definition has a schema for",
        to("Weather", parameters=REASON),
        all=[{"reason": "a"}],
        none=[{}, {"reason": 1}],
    ),
]


def role(name: str, title: str, mode: str | None, default: str | None, wanted: str) -> Graph:
    """Return a case of the mode that a handoff has."""
    more: JSON = {"handoff_mode": default} if default else {}
    handoff = {"tool": "transfer_to_weather", "agent": "Weather", "role": wanted}
    expected = {"agents": [{"name": "Triage", "handoffs": [handoff]}, {"name": "Weather"}]}
    return Graph(
        f"handoff-mode-{name}",
        title,
        ("TS-HAND-003",),
        desk(to("Weather", mode), **more),
        [],
        {"ok": expected, "match": "subset"},
        features=("handoffs", "delegations"),
    )


MODES = [
    role("of-nobody", "A handoff of which nothing is said is a transfer", None, None, "handoff"),
    role("of-its-agent", "A handoff has the mode that its agent has for all of them", None, "delegate", "delegate"),
    role("of-its-own", "A handoff's own mode goes before its agent's", "transfer", "delegate", "handoff"),
    role("of-its-own-alone", "A handoff's own mode is enough", "delegate", None, "delegate"),
]


def example() -> tuple[JSON, JSON]:
    """Return the first two examples of handoffs.md: a manifest, and a handoff."""
    blocks = (SPEC / "handoffs.md").read_text(encoding="utf-8").partition("## Example")[2].split("```")
    first, second = (json.loads(block.removeprefix("json")) for block in blocks[1:4:2])
    return first, second


def with_digest(graph: JSON) -> JSON:
    """Return a manifest with its digest (TS-HAND-009): of texts and booleans alone, sorted JSON is canonical."""
    text = json.dumps(graph, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {**graph, "digest": f"sha256:{sha256(text.encode()).hexdigest()}"}


def kept(name: str, *tools: JSON, handoffs: tuple[JSON, ...] = (), guardrails: JSON | None = None, **more: Any) -> JSON:
    """Return an agent as a manifest has it."""
    plain: JSON = {"input": [], "output": [], "tool_input": [], "tool_output": []}
    rules = {"tool_use": "run_llm_again", "reset_tool_choice": True, "output_schema": False}
    all_ = {"guardrails": {**plain, **(guardrails or {})}, **rules}
    return {"name": name, "tools": list(tools), "handoffs": list(handoffs), **all_, **more}


def kept_tool(name: str, **more: Any) -> JSON:
    """Return a tool as a manifest has it."""
    plain = {"role": "tool", "effect": "once", "approval": "never", "enabled": "always", "on_error": "report"}
    return {"name": name, **plain, "tool_input": [], "tool_output": [], **more}


_FULL = with_digest(
    {
        "root": "Clerk",
        "agents": [
            kept(
                "Clerk",
                kept_tool("ask_expert", role="agent", agent="Expert"),
                kept_tool("look", effect="read", enabled="ask", tool_input=["place"], tool_output=["mask", "cut"]),
                kept_tool("pay", approval="always", on_error="raise"),
                kept_tool("tag", effect="idempotent", approval="ask", enabled="never"),
                guardrails={
                    "input": [{"name": "polite", "parallel": False}, {"name": "early", "parallel": True}],
                    "output": ["last"],
                    "tool_input": ["z", "a"],
                    "tool_output": ["b"],
                },
                tool_use={"stop_at_tool_names": ["look", "pay"]},
                output_schema=True,
            ),
            kept("Expert", tool_use="stop_on_first_tool"),
        ],
    }
)
_CLERK = agent(
    "Clerk",
    tool("tag", "idempotent", approval="ask", enabled="never"),
    tool("pay", approval="always", on_error="raise", timeout=5, in_doubt="retry"),
    tool("look", "read", enabled="ask", input_guardrails=["place"], output_guardrails=["mask", "cut"]),
    tool("ask_expert", agent="Expert"),
    input_guardrails=[{"name": "polite", "parallel": False}, {"name": "early", "parallel": True}],
    output_guardrails=["last"],
    tool_input_guardrails=["z", "a"],
    tool_output_guardrails=["b"],
    tool_use={"stop_at_tool_names": ["pay", "look"]},
    output_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
GRAPHS = [
    Graph(
        "manifest-of-the-specification",
        "The manifest of the specification's example",
        ("TS-HAND-009",),
        [
            agent(
                "Triage",
                tool("send_email"),
                handoffs=[to("Weather Assistant"), to("Billing", "delegate")],
            ),
            agent("Weather Assistant", tool("get_weather", "read")),
            agent("Billing"),
        ],
        [],
        {"ok": example()[0]},
        features=("handoffs", "delegations"),
        more={"origin": {"kind": "spec-example"}},
    ),
    Graph(
        "manifest-with-all-that-decides",
        "A manifest holds all that decides what a run may do next, in the order of names where the order says nothing",
        ("TS-HAND-009",),
        [_CLERK, agent("Expert", tool_use="stop_on_first_tool", instructions="Another text.")],
        [],
        {"ok": _FULL},
        features=("nested", "guardrails", "predicates"),
    ),
]

_TAKEN = asks("c1", "transfer_to_weather")
TAKEN = [
    Case(
        "transfer",
        "After a transfer the other agent goes on with the same conversation, and is told of it",
        ("TS-HAND-005",),
        desk(to("Weather")),
        {"Triage": [_TAKEN], "Weather": [says("Sunny.", result("c1", '{"assistant":"Weather"}'))]},
        state(done("Sunny."), runs__0__agent="Weather"),
        features=("handoffs",),
        more={"asked": {"model": 2}},
    ),
    Case(
        "delegation",
        "A delegation gives back the other agent's answer, and under what its session goes on",
        ("TS-HAND-006",),
        desk(to("Weather", "delegate")),
        {
            "Triage": [
                asks("c1", "transfer_to_weather", '{"message": "How is it?"}'),
                told("c1", {"$holds": {"all": ['{"result":"Sunny.","conversation_id":"']}}),
            ],
            "Weather": [{**says("Sunny."), "asked": {"input": [{"role": "user", "content": "How is it?"}]}}],
        },
        state(done(), runs__0__agent="Triage"),
        features=("handoffs", "delegations"),
        more={"asked": {"model": 3}},
    ),
    Case(
        "delegation-without-a-message",
        "A delegation without a message does not begin, and the model is told",
        ("TS-HAND-004",),
        desk(to("Weather", "delegate")),
        {
            "Triage": [
                asks("c1", "transfer_to_weather", '{"text": "How is it?"}'),
                told("c1", {"$holds": {"all": ["message"]}}),
            ],
            "Weather": [],
        },
        done(),
        features=("handoffs", "delegations"),
        more={"asked": {"model": 2}},
    ),
    Case(
        "transfer-first-of-two",
        "Of two transfers in one answer the first is taken, and the other one is told so",
        ("TS-HAND-010",),
        desk(to("Weather"), to("News")),
        {
            "Triage": [asks("c1", "transfer_to_weather", "{}", call("c2", "transfer_to_news", "{}"))],
            "Weather": [
                says(
                    "Sunny.",
                    result("c1", '{"assistant":"Weather"}'),
                    result("c2", "Multiple handoffs detected, ignoring this one."),
                )
            ],
            "News": [],
        },
        state(done("Sunny."), runs__0__agent="Weather"),
        features=("handoffs",),
        more={"asked": {"model": 2}},
    ),
    Case(
        "transfer-beside-a-call",
        "A call beside a transfer runs before the other agent goes on",
        ("TS-HAND-005",),
        desk(to("Weather"), tools=(tool("pay"),)),
        {
            "Triage": [asks("c1", "pay", "{}", call("c2", "transfer_to_weather", "{}"))],
            "Weather": [says("Sunny.", result("c1", "paid"), result("c2", '{"assistant":"Weather"}'))],
        },
        done("Sunny."),
        tools={"pay": {"output": "paid"}},
        features=("handoffs",),
        more={"effects": [effect("pay", "c1")]},
    ),
]

CASES = [*NAMES, *TAKES, *MODES, *GRAPHS, *TAKEN]
