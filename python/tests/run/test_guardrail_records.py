"""What guardrails leave behind: their results in the saved run, arguments, states of calls (guardrails.md)."""

import asyncio
import hashlib
import json

import pytest

from timestep import (
    Agent,
    GuardrailFunctionOutput,
    GuardrailInterrupt,
    GuardrailResult,
    InputGuardrail,
    OutputGuardrail,
    function_tool,
    input_guardrail,
    output_guardrail,
    run_agent,
)
from timestep.codec import document as codec
from timestep.testing import ScriptedModel

pytestmark = pytest.mark.timeout(5)


def saved(result):
    """Return the root run as it is saved."""
    return json.loads(codec.encode(result.to_state().document))["runs"][0]


def waiting_for(event, then, name, kind):
    """Return a guardrail that lets pass once an event is set, and then sets another one."""

    async def check(_ctx, _agent, _given):
        if event is not None:
            await event.wait()
        if then is not None:
            then.set()
        return GuardrailFunctionOutput(name, tripwire_triggered=False)

    return kind(name=name)(check)


@pytest.mark.parametrize("position", ["input", "output"])
async def test_results_are_kept_in_the_order_of_the_guardrails(position):
    """TS-GUARD-002: the last of three answers first, and stands last in `guardrails.results`."""
    second, third = asyncio.Event(), asyncio.Event()
    kind = input_guardrail if position == "input" else output_guardrail
    checks = [
        waiting_for(second, None, "one", kind),
        waiting_for(third, second, "two", kind),
        waiting_for(None, third, "three", kind),
    ]
    agent = Agent("A", ScriptedModel(["Hello."]), **{f"{position}_guardrails": checks})
    kept = saved(await run_agent(agent, "Hi"))["guardrails"]["results"]
    assert [(each["position"], each["name"], each["behavior"], each["info"]) for each in kept] == [
        (position, name, "allow", name) for name in ("one", "two", "three")
    ]


def desk(arguments, *guardrails, then="Done."):
    """Return an agent with a tool that looks things up, its model, and what the tool was called with."""
    seen = []

    @function_tool(strict=False)
    def look(place: str, deep: bool = False) -> str:
        """Look."""
        seen.append((place, deep))
        return f"gold in {place}"

    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": arguments}
    model = ScriptedModel([[call], then])
    return Agent("A", model, tools=[look], guardrails=list(guardrails)), model, seen


async def test_what_each_guardrail_of_a_call_said_is_kept():
    """TS-GUARD-002: before the call and after it, with the call they are about."""
    before = [InputGuardrail(lambda *_: GuardrailResult.proceed(), name) for name in ("a", "b")]
    after = OutputGuardrail(lambda *_: GuardrailResult.block("private"), "c")
    agent, _, _ = desk('{"place":"x"}', *before, after)
    kept = saved(await run_agent(agent, "Go"))["guardrails"]["results"]
    assert [(each["position"], each["name"], each["behavior"], each["item"]) for each in kept] == [
        ("tool_input", "a", "allow", 1), ("tool_input", "b", "allow", 1), ("tool_output", "c", "reject", 1),
    ]  # fmt: skip


async def test_the_models_text_stays_where_the_arguments_are_equal():
    """TS-GUARD-011: a guardrail that answers with the same object changes no byte, in the log or in the ledger."""
    text = '{ "place": "x",\n "deep" : true }'
    same = InputGuardrail(lambda _tool, args: GuardrailResult.modify_args(dict(reversed(args.items()))), "same")
    agent, _, seen = desk(text, same)
    run = saved(await run_agent(agent, "Go"))
    (call,) = run["calls"]
    assert (run["log"][1]["item"]["arguments"], "arguments" in call, seen) == (text, False, [("x", True)])


async def test_changed_arguments_are_kept_as_compact_json_and_digested():
    """TS-GUARD-013: letters stay as they are; the digest is of them, and not of what the model sent."""
    change = InputGuardrail(lambda _tool, _args: GuardrailResult.modify_args({"place": "Åre", "deep": True}), "change")
    agent, _, seen = desk('{"place": "x"}', change)
    run = saved(await run_agent(agent, "Go"))
    (call,) = run["calls"]
    assert (call["arguments"], seen) == ('{"place":"Åre","deep":true}', [("Åre", True)])
    covered = ["timestep-call-1", run["id"], run["log"][1]["agent"], call["tool"], "c1", call["arguments"]]
    compact = json.dumps(covered, separators=(",", ":"), ensure_ascii=False).encode()
    assert call["digest"] == f"sha256:{hashlib.sha256(compact).hexdigest()}"


async def test_an_interrupt_is_answered_once():
    """TS-GUARD-016: the guardrail interrupts again when the approved call is looked at, and nobody is asked again."""
    asked = []

    def ask(tool, args):
        asked.append(args)
        raise GuardrailInterrupt("Sure?", tool, args)

    agent, _, seen = desk('{"place":"x"}', InputGuardrail(ask, "ask"))
    paused = await run_agent(agent, "Go")
    assert [item.prompts for item in paused.interruptions] == [["Sure?"]]
    state = paused.to_state()
    state.approve("c1")
    result = await run_agent(agent, state)
    assert (result.final_output, result.interruptions, seen, len(asked)) == ("Done.", [], [("x", False)], 2)


async def test_a_call_whose_result_is_withheld_is_completed():
    """TS-GUARD-021: it has run; the result is nowhere in the conversation, nor in the saved run."""
    block = OutputGuardrail(lambda *_: GuardrailResult.block("private"), "no")
    agent, model, seen = desk('{"place":"x"}', block)
    run = saved(await run_agent(agent, "Go"))
    (call,) = run["calls"]
    assert (call["state"], seen, model.requests[-1].input[-1]["output"]) == (
        "completed", [("x", False)], "Tool result withheld: private",
    )  # fmt: skip
    assert "gold" not in json.dumps(run)


async def test_a_blocked_call_has_its_state_and_its_output():
    """TS-GUARD-012: with and without a reason, and the call is over."""
    for reason, output in (("not there", "Tool call blocked: not there"), (None, "Tool call blocked.")):
        block = InputGuardrail(lambda *_, reason=reason: GuardrailResult.block(reason), "no")
        agent, model, seen = desk('{"place":"x"}', block)
        (call,) = saved(await run_agent(agent, "Go"))["calls"]
        assert (call["state"], seen, model.requests[-1].input[-1]["output"]) == ("blocked", [], output)


def asking_for(*places):
    """Return guardrails that interrupt, and leave these places one after the other."""
    left = iter(places)

    def ask(tool, args):
        raise GuardrailInterrupt("Sure?", tool, args)

    def change(_tool, _args):
        return GuardrailResult.modify_args({"place": next(left), "deep": False})

    return [InputGuardrail(ask, "ask"), InputGuardrail(change, "change")]


async def approved(agent, paused):
    """Approve what a run waits for, and go on."""
    state = paused.to_state()
    state.approve("c1")
    return await run_agent(agent, state)


async def test_an_approved_call_runs_with_what_was_approved():
    """TS-GUARD-015: the person was shown what the guardrails had left, and the tool gets that."""
    agent, _, seen = desk('{"place":"a"}', *asking_for("b", "b"))
    paused = await run_agent(agent, "Go")
    assert json.loads(paused.interruptions[0].arguments) == {"place": "b", "deep": False}
    assert ((await approved(agent, paused)).final_output, seen) == ("Done.", [("b", False)])


async def test_other_arguments_after_the_approval_are_asked_about_anew():
    """TS-GUARD-015: nothing runs before they are approved too."""
    agent, _, seen = desk('{"place":"a"}', *asking_for("b", "c", "c"))
    again = await approved(agent, await run_agent(agent, "Go"))
    assert (json.loads(again.interruptions[0].arguments), seen) == ({"place": "c", "deep": False}, [])
    assert ((await approved(agent, again)).final_output, seen) == ("Done.", [("c", False)])
