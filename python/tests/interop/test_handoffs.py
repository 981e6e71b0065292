"""Handoffs of the package as ours, and its input filters."""

import agents
import pytest
from agents.extensions.handoff_filters import remove_all_tools
from agents.models.openai_responses import Converter
from pydantic import BaseModel

from timestep import HandoffInputData, UserError
from timestep.handoffs.filters import filtered
from timestep.interop import as_agent
from timestep.tools.context import RunContextWrapper

RUN = RunContextWrapper(context="Ada")


class Reason(BaseModel):
    """Why control moves."""

    why: str


def mapped(entry, **options):
    """Return a handoff of the package as ours, and the package's agent that has it."""
    agent = agents.Agent(name="Clerk", handoffs=[entry], **options)
    (found,) = as_agent(agent).resolved_handoffs()
    return found, agent


def test_a_definition_is_the_one_the_package_sends():
    """RULINGS R5: for a plain agent, for other names, and for a handoff with input."""
    poet = agents.Agent(name="Poet (v2)", handoff_description="Rhymes.")
    named = agents.handoff(poet, tool_name_override="rhyme", tool_description_override="Make it rhyme.")
    with_input = agents.handoff(poet, on_handoff=lambda _ctx, _reason: None, input_type=Reason)
    for entry, theirs in ((poet, agents.handoff(poet)), (named, named), (with_input, with_input)):
        found, _ = mapped(entry)
        assert [found.definition()] == Converter.convert_tools([], [theirs]).tools
        assert (found.mode, found.agent.source) == ("transfer", poet)


async def test_on_handoff_is_called_with_the_packages_context():
    """RULINGS R5: without input, and with input read as its type."""
    seen = []
    poet = agents.Agent(name="Poet")
    plain, _ = mapped(agents.handoff(poet, on_handoff=lambda ctx: seen.append((type(ctx), ctx.context))))
    await plain.taken(RUN, "{}")

    async def told(ctx, reason):
        seen.append((ctx.context, reason))

    with_input, _ = mapped(agents.handoff(poet, on_handoff=told, input_type=Reason))
    await with_input.taken(RUN, '{"why":"rhymes"}')
    assert seen == [(agents.RunContextWrapper, "Ada"), ("Ada", Reason(why="rhymes"))]


async def test_is_enabled_is_asked_with_the_packages_objects():
    """RULINGS R5: as for tools."""
    seen = []

    def rule(ctx, agent):
        seen.append((ctx.context, agent))
        return False

    found, agent = mapped(agents.handoff(agents.Agent(name="Poet"), is_enabled=rule))
    assert await found.enabled(RUN, as_agent(agent)) is False
    assert [name for name, _ in seen] == ["Ada"]
    assert seen[0][1].name == "Clerk"


def hand_made(agent, **options):
    """Return a handoff that was made without the package's `handoff`."""

    async def choose(_ctx, _arguments):
        return agent

    return agents.Handoff("go", "Go.", {}, choose, "Poet", **options)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (agents.handoff(agents.Agent(name="Poet"), nest_handoff_history=True), "nest_handoff_history of the handoff"),
        (hand_made(None, strict_json_schema=False), "strict_json_schema of the handoff go of Clerk"),
        (hand_made(None), "on_invoke_handoff without a fixed agent of the handoff go of Clerk"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_name(entry, said):
    """RULINGS R5: nothing is dropped in silence."""
    with pytest.raises(UserError, match=said) as caught:
        mapped(entry)
    assert caught.value.code == "interop-unsupported"


async def test_a_handoff_that_leads_elsewhere_is_refused():
    """RULINGS R5: the agent was fixed when the run began."""
    poet = agents.Agent(name="Poet")
    entry = hand_made(agents.Agent(name="Painter"))
    entry._agent_ref = agents.handoff(poet)._agent_ref
    found, _ = mapped(entry)
    with pytest.raises(UserError, match="gave 'Painter', and not 'Poet'"):
        await found.taken(RUN, "{}")


QUESTION = {"role": "user", "content": "Rhyme on sea."}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": []}
ANSWER = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Hm.", "annotations": []}],
}
LOOK = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": "{}"}
LOOKED = {"type": "function_call_output", "call_id": "c1", "output": "water"}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "sea"}}
GO = {"type": "function_call", "id": "fc_2", "call_id": "c2", "name": "transfer_to_poet", "arguments": "{}", "x": 1}
GONE = {"type": "function_call_output", "call_id": "c2", "output": '{"assistant":"Poet"}'}
RAN = {"type": "shell_call_output", "call_id": "c0", "status": "completed", "output": []}
DATA = HandoffInputData((QUESTION,), (THOUGHT, ANSWER, LOOK, LOOKED, SEARCH, RAN, QUESTION), (GO, GONE), RUN)


async def seen_by(rule, data=DATA):
    """Return what is left of data by an input filter of the package."""
    found, _ = mapped(agents.handoff(agents.Agent(name="Poet"), input_filter=rule))
    return await filtered(found.input_filter, data)


async def test_a_filter_gets_the_packages_items():
    """RULINGS R5: each under its class, with the package's context and agents; kept items come back as they were."""
    log = []

    def keep(data):
        log.append(data)
        return data

    assert await seen_by(keep) == DATA
    (theirs,) = log
    assert [each.type for each in theirs.pre_handoff_items] == [
        "reasoning_item",
        "message_output_item",
        "tool_call_item",
        "tool_call_output_item",
        "tool_call_item",
        "tool_call_output_item",
        "input_item",
    ]
    assert agents.ItemHelpers.text_message_outputs(list(theirs.pre_handoff_items)) == "Hm."
    went, gone = theirs.new_items
    assert (went.type, gone.type) == ("handoff_call_item", "handoff_output_item")
    assert (gone.source_agent.name, gone.target_agent.name) == ("Clerk", "Poet")
    assert (theirs.input_history, theirs.run_context.context) == ((QUESTION,), "Ada")


async def test_filters_may_drop_and_add():
    """RULINGS R5: the package's own filter, one that makes items, and one for what the model alone is shown."""
    without = await seen_by(remove_all_tools)
    assert (without.input_history, without.pre_handoff_items, without.new_items) == (
        (QUESTION,),
        (ANSWER, QUESTION),
        (),
    )

    async def rewrite(data):
        return data.clone(input_history="Start anew.", new_items=data.pre_handoff_items[:2], input_items=())

    anew = await seen_by(rewrite)
    assert (anew.input_history, anew.new_items) == ("Start anew.", ())


async def test_a_filter_may_make_items_of_its_own():
    """RULINGS R5: they become wire items by the package's own rule."""

    def add(data):
        note = agents.items.InputItem(agent=data.new_items[0].agent, raw_item={"role": "user", "content": "Be brief."})
        return data.clone(new_items=(note, data.new_items[0]))

    assert (await seen_by(add)).new_items == ({"role": "user", "content": "Be brief."}, GO)


async def test_a_filter_that_gives_something_else_is_refused():
    """TS-HAND-007: as with our own filters, under the filter's own name."""

    def forgetful(_data):
        return None

    with pytest.raises(UserError, match="the input filter forgetful gave None"):
        await seen_by(forgetful)
