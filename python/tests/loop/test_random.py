"""Runs by chance, with crashes, stops and decisions anywhere: nothing hangs, is lost, or happens twice."""

import sys

import pytest

from timestep.codec import document

from .cases import ROOT
from .world import World

sys.path.insert(0, str(ROOT / "tools"))

from loop_cases.history import agent, agent_tool, graph, guard, handoff, tool

GRAPH = graph(
    agent(
        "Assistant",
        tool("pay"),
        tool("look", effect="read"),
        tool("tag", effect="idempotent"),
        tool("mail", approval="ask"),
        agent_tool("ask", "Researcher"),
        handoffs=(handoff("Weather", filter=True),),
        input=[guard("secrets", parallel=False), guard("tone", parallel=True)],
        output=["length"],
    ),
    agent(
        "Researcher",
        tool("pay"),
        tool("look", effect="read"),
        tool("mail", approval="always"),
        agent_tool("dig", "Digger"),
        input=[guard("scope", parallel=True)],
    ),
    agent("Digger", tool("mail", approval="always"), tool("pay"), tool_use="stop_on_first_tool"),
    agent("Weather", tool("look", effect="read"), handoffs=(handoff("Assistant"),), output_schema=True),
)
CALM = graph(
    agent(
        "Assistant",
        tool("look", effect="read"),
        tool("tag", effect="idempotent"),
        agent_tool("ask", "Researcher"),
        handoffs=(handoff("Weather"),),
        input=[guard("tone", parallel=True)],
        output=["length"],
    ),
    agent("Researcher", tool("look", effect="read"), tool("tag", effect="idempotent")),
    agent("Weather", tool("look", effect="read"), tool("tag", effect="idempotent")),
)
POLICIES = (
    {},
    {"compat": "openai-agents-js", "one_handoff": "answer", "cut_off": "run", "structured_ends": True},
    {"tool_not_found": "raise", "empty": "finish", "compaction": "keep", "session_at_pause": True},
)


@pytest.mark.parametrize("seed", range(300))
def test_a_run_by_chance_ends_and_keeps_the_rules(seed):
    """BARS D1 to D3: whatever is cut off where, documents are sound, nothing hangs, no tool of `once` runs twice."""
    limits = {"max_turns": 12} if seed % 3 else {"max_turns": 4, "max_tokens": 60, "max_output": 9, "max_depth": 1}
    more = {"session": "chat"} if seed % 2 else {}
    World(GRAPH, seed, policy=POLICIES[seed % len(POLICIES)]).go(limits, **more)


@pytest.mark.parametrize("seed", range(60))
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(seed):
    """BARS D4: with tools that may run again, crashes anywhere change no item, no view, no usage and no result."""
    tools = ("look", "tag", "ask", "transfer_to_weather")
    whole, cut = (
        World(CALM, seed, calm=True, crashes=crashes, tools=tools).go({"max_turns": 20}, session="chat")
        for crashes in (0, 0.25)
    )
    assert outcome(cut) == outcome(whole)


def outcome(found):
    """Return a document without what counts attempts and events."""
    value = document.to_json(found)
    del value["revision"]
    for run in value["runs"]:
        for call in run["calls"]:
            call.pop("attempt", None)
    return value
