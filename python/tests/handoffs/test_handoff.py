"""Handoffs: their tools, names, outputs and filters."""

import json
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from timestep import Handoff, HandoffInputData, ModelBehaviorError, UserError, handoff, remove_all_tools
from timestep.dialects.handoffs import told_agent
from timestep.handoffs.filters import filtered
from timestep.handoffs.handoff import delegate_output, message_of, refuse_conflicts, tool_name_for, transfer_output

pytestmark = pytest.mark.timeout(5)


def target(name="Weather Assistant", description=None):
    """Return something that can be handed over to."""
    return SimpleNamespace(name=name, handoff_description=description)


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("Weather Assistant", "transfer_to_weather_assistant"),
        ("Agent B", "transfer_to_agent_b"),
        ("Q&A -- Bot!", "transfer_to_q_a_bot_"),
        ("snake_case__2", "transfer_to_snake_case__2"),
        ("Über", "transfer_to__ber"),
        ("天气", "transfer_to__"),
        ("x" * 80, "transfer_to_" + "x" * 52),
    ],
)
def test_the_tool_is_named_after_the_agent(name, tool):
    """TS-HAND-001, FEATURES 97: lower case, each run of other characters one `_`, at most 64."""
    assert tool_name_for(name) == tool
    assert Handoff(target(name)).tool_name == tool


@given(st.text())
def test_any_name_gives_a_tool_name(name):
    """TS-HAND-001: whatever an agent is called, its tool has a name that providers take."""
    assert re.fullmatch(r"[a-z0-9_]{1,64}", tool_name_for(name))


def test_a_transfer_takes_no_arguments_and_a_delegation_a_message():
    """TS-HAND-003, TS-HAND-004: the mode is the handoff's, else the agent's, else transfer, and decides the schema."""
    transfer = Handoff(target(description="Knows the sky.")).definition()
    delegate = Handoff(target(), "delegate").definition()
    assert transfer == {
        "type": "function",
        "name": "transfer_to_weather_assistant",
        "description": "Handoff to the Weather Assistant agent to handle the request. Knows the sky.",
        "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        "strict": True,
    }
    assert Handoff(target()).definition("delegate") == delegate
    assert Handoff(target(), "transfer").definition("delegate")["parameters"]["properties"] == {}
    Draft202012Validator(delegate["parameters"]).validate({"message": "hi"})
    assert delegate["description"] == "Send a message to the Weather Assistant agent and get its answer back."


def test_the_helper_knows_the_names_of_the_agents_sdk():
    """FEATURES 18: `handoff(agent, tool_name_override=..., ...)` gives the same as `Handoff`."""
    one = handoff(target(), tool_name_override="ask", tool_description_override="Ask.", input_filter=remove_all_tools)
    other = Handoff(target(), None, "ask", "Ask.", remove_all_tools)
    assert one.definition() == other.definition()
    assert (one.input_filter, one.agent_name) == (remove_all_tools, "Weather Assistant")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Handoff("billing"), "leads to an agent; got 'billing'"),
        (lambda: Handoff(target(), "forward"), "'forward' is no handoff mode"),
        (lambda: Handoff(target(), tool_name="a b"), "'a b' is no tool name"),
        (lambda: Handoff(target(), "delegate", input_filter=remove_all_tools), "are for transfers"),
    ],
)
def test_wrong_options_are_refused(make, said):
    """TS-HAND-003: when the handoff is made."""
    with pytest.raises(UserError, match=said):
        make()


def test_two_agents_with_one_slug_are_refused():
    """TS-HAND-002: the error names both, and tells how to keep both."""
    handoffs = [Handoff(target("Q&A")), Handoff(target("Q A"))]
    with pytest.raises(UserError) as caught:
        refuse_conflicts(handoffs, "Triage", {})
    assert caught.value.message == (
        "two tools of Triage are named transfer_to_q_a: the handoff to 'Q&A', and the handoff to 'Q A'"
    )
    assert caught.value.code == "handoff-conflict"
    refuse_conflicts([handoffs[0], Handoff(target("Q A"), tool_name="ask_qa")], "Triage", {})
    with pytest.raises(UserError, match="a tool, and the handoff to 'Q&A'"):
        refuse_conflicts(handoffs[:1], "Triage", {"transfer_to_q_a": "a tool"})


@given(st.text().filter(lambda name: name.isprintable()))
def test_a_transfer_says_who_took_over(name):
    """TS-HAND-005: compact JSON, non-ASCII kept, and read back as the same name."""
    output = transfer_output(name)
    assert output == json.dumps({"assistant": name}, separators=(",", ":"), ensure_ascii=False)
    assert told_agent({"output": output}) == name


def test_a_delegation_gives_answer_and_conversation():
    """TS-HAND-006: the caller gets the answer, and the id under which the other's conversation goes on."""
    assert delegate_output("72°F", "c1") == '{"result":"72°F","conversation_id":"c1"}'
    assert message_of('{"message":"hi"}', "t") == "hi"


@pytest.mark.parametrize("arguments", ["", "hi", "[]", "{}", '{"message":1}', '{"message":"a","message":"b"}'])
def test_a_delegation_without_a_message_is_explained(arguments):
    """TS-HAND-004: the model is told what the tool takes."""
    with pytest.raises(ModelBehaviorError, match=r'transfer_to_b: it takes {"message": "..."}'):
        message_of(arguments, "transfer_to_b")


async def test_a_handoff_may_be_offered_to_some_only():
    """TS-HAND-003: is_enabled is a constant or a predicate, which has to answer."""
    assert await Handoff(target()).enabled(None, None)
    assert not await Handoff(target(), is_enabled=lambda ctx, agent: ctx == agent).enabled(1, 2)
    with pytest.raises(UserError, match="neither True nor False"):
        await Handoff(target(), is_enabled=lambda *_: None).enabled(1, 2)


MESSAGE = {"role": "user", "content": "hi"}
TOOL_ITEMS = [
    {"type": kind}
    for kind in (
        "function_call", "function_call_output", "computer_call", "computer_call_output", "file_search_call",
        "tool_search_call", "tool_search_output", "web_search_call", "mcp_call", "mcp_list_tools",
        "mcp_approval_request", "mcp_approval_response", "reasoning", "code_interpreter_call",
        "image_generation_call", "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output",
        "apply_patch_call", "apply_patch_call_output", "custom_tool_call", "custom_tool_call_output",
        "hosted_tool_call", "program", "program_output",
    )
]  # fmt: skip


def test_remove_all_tools_leaves_the_conversation():
    """TS-HAND-007: messages stay; whatever the Agents SDK's filter of this name removes is gone."""
    mixed = (MESSAGE, *TOOL_ITEMS, MESSAGE)
    data = remove_all_tools(HandoffInputData(mixed, mixed, mixed))
    assert (data.input_history, data.pre_handoff_items, data.new_items) == ((MESSAGE, MESSAGE),) * 3
    assert remove_all_tools(HandoffInputData("hi")).input_history == "hi"


async def test_a_filter_gives_what_the_other_agent_sees():
    """TS-HAND-007: synchronous or not; anything but the data is refused."""

    async def last_only(data):
        return data.clone(pre_handoff_items=data.pre_handoff_items[-1:])

    data = HandoffInputData("hi", (MESSAGE, {"role": "assistant", "content": "a"}))
    assert (await filtered(last_only, data)).pre_handoff_items == data.pre_handoff_items[-1:]
    assert await filtered(lambda given: given, data) is data
    with pytest.raises(UserError, match="the input filter <lambda> gave None"):
        await filtered(lambda _: None, data)
