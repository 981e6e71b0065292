"""Filters that edit what they are given: others see it, and the log does not (handoffs.md)."""

import copy
import json

import pytest

import timestep
from timestep import Agent, Handoff, RunConfig, function_tool, run_agent
from timestep.codec import document as codec
from timestep.testing import ScriptedModel, handoff_to, tool_call

pytestmark = pytest.mark.timeout(5)
INPUT = [{"role": "user", "content": "Hi"}, {"role": "user", "content": "there"}]


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


@function_tool(needs_approval=True)
def send() -> str:
    """Send."""
    return "sent"


def log_of(result):
    """Return the items of the root run's log, as they are saved."""
    return [entry["item"] for entry in json.loads(codec.encode(result.to_state().document))["runs"][0]["log"]]


async def handed_over(edit):
    """Run A, which ticks and hands over to B through a filter; return the log, and what B was sent."""
    model = ScriptedModel(["I am B."], prefix="b_")
    way = Handoff(Agent("B", model), input_filter=edit)
    first = ScriptedModel([tool_call("tick", {}, "c1"), handoff_to("B", call_id="h1")])
    result = await run_agent(Agent("A", first, tools=[tick], handoffs=[way]), copy.deepcopy(INPUT))
    return log_of(result), model.requests[0].input


async def test_a_filter_that_edits_in_place_changes_nothing_in_the_log():
    """TS-HAND-007: the next agent sees the edited items; the log has them as they were, and the edited ones apart."""

    def edit(data):
        for item in (*data.input_history, *data.pre_handoff_items, *data.new_items):
            item.update({name: "hidden" for name in ("content", "arguments", "output") if name in item})
        return data

    plain, _ = await handed_over(lambda data: data)
    log, sent = await handed_over(edit)
    assert log[: len(plain) - 1] == plain[:-1]
    assert [item.get("content", item.get("arguments", item.get("output"))) for item in sent] == ["hidden"] * 6
    assert log[len(plain) - 1 : -1] == sent


async def test_items_that_a_filter_leaves_as_they_are_stand_in_the_log_once():
    """TS-HAND-007: as they were given, or as copies that are equal; one of many may be edited."""

    def first(data):
        data.input_history[0]["content"] = "Note."
        return data

    plain, shown = await handed_over(lambda data: data)
    copied, same = await handed_over(copy.deepcopy)
    edited, sent = await handed_over(first)
    assert (copied, same) == (plain, shown)
    assert edited == [*plain[:-1], {**INPUT[0], "content": "Note."}, plain[-1]]
    assert [item.get("content") for item in sent[:2]] == ["Note.", "there"]


async def test_a_run_whose_filter_has_changed_an_output_can_be_saved_and_read():
    """TS-HAND-007, TS-TOOL-004: the ledger lists what the call gave, and not what the filter made of it."""

    def redact(data):
        def bare(items):
            return tuple({**item, "output": "[hidden]"} if "output" in item else item for item in items)

        return data.clone(pre_handoff_items=bare(data.pre_handoff_items), new_items=bare(data.new_items))

    model = ScriptedModel([tool_call("send", {}, "s1"), "I am B."], prefix="b_")
    way = Handoff(Agent("B", model, tools=[send]), input_filter=redact)
    first = ScriptedModel([tool_call("tick", {}, "c1"), handoff_to("B", call_id="h1")])
    agent = Agent("A", first, tools=[tick], handoffs=[way])
    state = timestep.read(codec.encode((await run_agent(agent, "Hi")).to_state().document), trusted=True)
    log = state.document.runs[0].log
    assert [log[call.outputs[0]].item["output"] for call in state.document.runs[0].calls if call.outputs] == [
        "tock", '{"assistant":"B"}',
    ]  # fmt: skip
    state.approve("s1")
    assert (await run_agent(agent, state)).final_output == "I am B."
    outputs = [item["output"] for item in model.requests[-1].input if "output" in item]
    assert outputs == ["[hidden]", "[hidden]", "sent"]


async def test_what_a_model_is_sent_may_be_edited_in_place():
    """TS-STATE-010: `RunConfig.call_model_input_filter` is given copies; the log keeps what was said."""

    def hide(given):
        for item in given.input:
            item["content"] = "hidden"
        return given

    model = ScriptedModel(["Hello."])
    result = await run_agent(
        Agent("A", model), copy.deepcopy(INPUT), run_config=RunConfig(call_model_input_filter=hide)
    )
    assert [item["content"] for item in model.requests[0].input] == ["hidden"] * 2
    assert log_of(result)[:2] == INPUT
