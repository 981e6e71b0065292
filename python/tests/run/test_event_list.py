"""The closed list of events: what the prose, the schema and real runs say is the same."""

import json
import re
from pathlib import Path

import pytest

from timestep import (
    Agent,
    GuardrailFunctionOutput,
    GuardrailInterrupt,
    Handoff,
    InputGuardrail,
    function_tool,
    input_guardrail,
    run_agent,
)
from timestep.errors import AgentsException
from timestep.testing import ScriptedModel, handoff_to, tool_call

pytestmark = pytest.mark.timeout(5)
SPEC = Path(__file__).resolve().parents[3] / "spec"
SCHEMA = json.loads((SPEC / "schema/v1/stream-event.schema.json").read_text(encoding="utf-8"))
PROSE = (SPEC / "events.md").read_text(encoding="utf-8")
PIECE = {"type", "run", "content", "index", "after_seq", "item_id", "output_index", "call_id", "tool"}


def listed():
    """Return the events of the table of durable events: their keys, and those that may be left out."""
    found = {}
    table = PROSE[: PROSE.index("## Pieces")].split("| --- |", 1)[1]
    for name, keys in re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", table, re.MULTILINE):
        optional = re.findall(r"`(\w+)`", " ".join(re.findall(r"\[[^]]*\]", keys)))
        found[name] = (set(re.findall(r"`(\w+)`", keys)), set(optional))
    return found


def test_the_table_of_events_is_that_of_the_schema():
    """TS-EVENT-001: names, keys, and which may be left out."""
    defined = {}
    for name, part in SCHEMA["$defs"].items():
        keys = set(part["properties"])
        if "seq" in keys:
            defined[name] = (keys - {"type", "seq", "run"}, keys - set(part["required"]))
    assert listed() == defined


def test_the_pieces_have_the_keys_that_the_prose_says():
    """TS-EVENT-006: all kinds of pieces have the same keys, and none has a number of its own."""
    pieces = {name: part for name, part in SCHEMA["$defs"].items() if name.endswith("_delta")}
    assert set(pieces) == set(re.findall(r"^\| `(\w+_delta)` \|", PROSE, re.MULTILINE))
    assert {frozenset(part["properties"]) for part in pieces.values()} == {frozenset(PIECE)}


def test_the_schema_lists_each_event_once():
    """The type list, the branches and the definitions are the same."""
    branches = [branch["if"]["properties"]["type"]["const"] for branch in SCHEMA["allOf"]]
    assert SCHEMA["properties"]["type"]["enum"] == branches == list(SCHEMA["$defs"])


async def whole(agent, given, **options):
    """Run to the stop, whatever it is, with streaming; return the handle's state."""
    handle = run_agent(agent, given, stream=True, **options)
    try:
        async for _event in handle:
            pass
    except AgentsException:
        pass
    return handle.state


async def test_every_event_of_the_list_is_told_by_some_run(watched):
    """TS-EVENT-001: none of the list is never told, and every key that may be left out is sometimes there."""

    @function_tool(needs_approval=True)
    def send(to: str) -> str:
        """Send."""
        return to

    @function_tool
    def fail() -> str:
        """Fail."""
        raise ValueError

    @input_guardrail(run_in_parallel=False)
    def no_spam(_ctx, _agent, given):
        return GuardrailFunctionOutput(None, given == "spam")

    def ask(tool, args):
        if tool == "send":
            raise GuardrailInterrupt("Sure?", tool, args)
        from timestep import GuardrailResult

        return GuardrailResult.proceed()

    thought = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "so"}]}
    refusal = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    inner = Agent("Inner", ScriptedModel(["I am in."], prefix="i_"))
    last = Agent("Last", ScriptedModel(["One two.", refusal], prefix="l_"))
    model = ScriptedModel(
        [
            [thought, tool_call("send", {"to": "ann"}, "c1"), tool_call("fail", {}, "c2")],
            handoff_to("Inner", {"message": "?"}, "d1"),
            handoff_to("Last", call_id="h1"),
        ]
    )
    agent = Agent("A", model, tools=[send, fail], handoffs=[Handoff(inner, "delegate"), last])
    agent.guardrails.append(InputGuardrail(ask))
    agent.input_guardrails.append(no_spam)
    state = await whole(agent, "Hi")
    state.approve("c1")
    await whole(agent, state)
    await whole(agent, "spam")
    await whole(last, "Hi")
    approving = Agent("B", ScriptedModel([tool_call("send", {"to": "x"}, "c9"), "Ok."]), tools=[send])
    await whole(approving, "Hi", approver=lambda _asked: True)
    kinds = {event["type"] for event in watched}
    assert sorted(kinds) == sorted(SCHEMA["$defs"])
    for name, part in SCHEMA["$defs"].items():
        seen = set().union(*(event.keys() for event in watched if event["type"] == name))
        missing = set(part["properties"]) - seen
        assert not missing or name.endswith("_delta"), (name, missing)
