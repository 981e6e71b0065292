"""Runs that wait for a person: what is asked, what a decision does, and what going on with a state means."""

import json

import pytest

import timestep
from timestep import Agent, ApprovalError, GuardrailInterrupt, GuardrailResult, InputGuardrail, function_tool, run_agent
from timestep.errors import StateConflictError, UserError
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)


class Mail:
    """An agent whose tool sends mail once a person has agreed, and the mail that was sent."""

    def __init__(self, *answers, needs_approval=True, guardrails=()):
        self.sent = []
        self.model = ScriptedModel(answers)

        @function_tool(needs_approval=needs_approval)
        async def send(to: str) -> str:
            """Send a mail."""
            self.sent.append(to)
            return f"sent to {to}"

        self.agent = Agent("Mail", self.model, tools=[send], guardrails=guardrails)

    def outputs(self):
        """Return the outputs that the model was told with its last question."""
        return [item["output"] for item in self.model.requests[-1].input if item.get("type") == "function_call_output"]


def call(to, call_id):
    """Return a call that would send mail."""
    return tool_call("send", {"to": to}, call_id)


async def asked(desk, **options):
    """Run until the first stop, and return the state there."""
    result = await run_agent(desk.agent, "Write to them.", **options)
    assert result.final_output is None
    return result.state


async def test_a_call_that_needs_approval_waits_and_nothing_runs():
    """RULINGS R10: the run pauses; the interruption says who wants to run what with which arguments."""
    desk = Mail(call("ann", "c1"))
    result = await run_agent(desk.agent, "Write to them.")
    (waiting,) = result.interruptions
    assert (waiting.agent, waiting.tool, waiting.call_id, waiting.state) == ("Mail", "send", "c1", "pending")
    assert json.loads(waiting.arguments) == {"to": "ann"}
    assert (desk.sent, result.is_complete, result.final_output) == ([], False, None)


async def test_an_approved_call_runs_once_and_the_run_ends():
    """RULINGS R9: the tool runs with the arguments that were approved; the model is asked with its output."""
    desk = Mail(call("ann", "c1"), "Done.")
    state = await asked(desk)
    state.approve(state.get_interruptions()[0])
    result = await run_agent(desk.agent, state)
    assert (result.final_output, desk.sent, desk.outputs()) == ("Done.", ["ann"], ["sent to ann"])


async def test_a_resume_without_a_decision_asks_again():
    """RULINGS R11, TS-TRANS-052: the same interruption, no question to the model, nothing dropped."""
    desk = Mail(call("ann", "c1"))
    state = await asked(desk)
    again = await run_agent(desk.agent, state)
    assert [item.path for item in again.interruptions] == [item.path for item in state.get_interruptions()]
    assert len(desk.model.requests) == 1


async def test_a_resume_without_a_decision_leaves_the_state_usable():
    """RULINGS R11: whoever looks first and decides then loses nothing."""
    desk = Mail(call("ann", "c1"), "Done.")
    state = await asked(desk)
    await run_agent(desk.agent, state)
    state.approve("c1")
    assert (await run_agent(desk.agent, state)).final_output == "Done."


async def test_a_rejected_call_is_told_to_the_model_by_the_default_text():
    """RULINGS R9: the tool does not run, the model is told, the run goes on."""
    desk = Mail(call("ann", "c1"), "Very well.")
    state = await asked(desk)
    state.reject("c1")
    result = await run_agent(desk.agent, state)
    assert (result.final_output, desk.sent) == ("Very well.", [])
    assert desk.outputs() == ["Tool execution was not approved."]


async def test_a_rejected_call_is_told_with_the_message_of_who_rejected():
    """RULINGS N3: `rejection_message` is what the model is told."""
    desk = Mail(call("ann", "c1"), "Very well.")
    state = await asked(desk)
    state.reject("c1", rejection_message="Ann has left.")
    await run_agent(desk.agent, state)
    assert desk.outputs() == ["Ann has left."]


async def test_a_rejection_is_told_as_an_error_of_the_tool(watched):
    """TS-EVENT-001: readers of the resumed run see that the call was rejected, and what the model is told."""
    desk = Mail(call("ann", "c1"), "Very well.")
    state = await asked(desk)
    state.reject("c1", rejection_message="Ann has left.")
    result = await run_agent(desk.agent, state)
    (error,) = [event for event in watched if event["type"] == "tool_error"]
    assert (error["code"], error["call_id"]) == ("call-rejected", "c1")
    assert result["tool_calls"][0]["output"] == "Ann has left."


async def test_a_second_interruption_after_a_resume():
    """The model may ask for more: each stop is decided and resumed in its turn."""
    desk = Mail(call("ann", "c1"), call("bob", "c2"), "Done.")
    state = await asked(desk)
    state.approve("c1")
    second = await run_agent(desk.agent, state)
    assert [item.call_id for item in second.interruptions] == ["c2"]
    state = second.to_state()
    state.approve("c2")
    assert (await run_agent(desk.agent, state)).final_output == "Done."
    assert desk.sent == ["ann", "bob"]


async def test_of_two_calls_the_one_decided_runs_and_the_other_waits_on():
    """A partial decision is taken: nothing is lost, and the model is not asked before both are answered."""
    desk = Mail([call("ann", "c1"), call("bob", "c2")], "Done.")
    state = await asked(desk)
    assert [item.call_id for item in state.get_interruptions()] == ["c1", "c2"]
    state.approve("c2")
    second = await run_agent(desk.agent, state)
    assert ([item.call_id for item in second.interruptions], desk.sent) == (["c1"], ["bob"])
    assert len(desk.model.requests) == 1
    state = second.to_state()
    state.reject("c1")
    result = await run_agent(desk.agent, state)
    assert (result.final_output, desk.sent) == ("Done.", ["bob"])
    assert sorted(desk.outputs()) == ["Tool execution was not approved.", "sent to bob"]


async def test_a_call_that_needs_nobody_runs_beside_one_that_waits(watched):
    """What may run, runs; its output is kept for the model until the other call is decided."""
    desk = Mail(
        [call("ann", "c1"), call("boss", "c2")], "Done.", needs_approval=lambda _ctx, args, _id: args["to"] == "boss"
    )
    state = await asked(desk)
    assert ([item.call_id for item in state.get_interruptions()], desk.sent) == (["c2"], ["ann"])
    assert [event["call_id"] for event in watched if event["type"] == "approval"] == ["c2"]
    state.approve("c2")
    await run_agent(desk.agent, state)
    assert desk.outputs() == ["sent to ann", "sent to boss"]
    assert desk.sent == ["ann", "boss"]


async def test_a_standing_approval_holds_for_later_calls():
    """`always_approve` lets later calls of the tool run without asking."""
    desk = Mail(call("ann", "c1"), call("bob", "c2"), "Done.")
    state = await asked(desk)
    state.approve("c1", always_approve=True)
    result = await run_agent(desk.agent, state)
    assert (result.final_output, desk.sent) == ("Done.", ["ann", "bob"])


async def test_a_standing_rejection_holds_for_later_calls():
    """`always_reject` keeps later calls of the tool from running without asking."""
    desk = Mail(call("ann", "c1"), call("bob", "c2"), "Very well.")
    state = await asked(desk)
    state.reject("c1", always_reject=True)
    result = await run_agent(desk.agent, state)
    assert (result.final_output, desk.sent) == ("Very well.", [])
    assert desk.outputs() == ["Tool execution was not approved."] * 2


async def test_a_state_that_was_resumed_is_refused():
    """RULINGS R17: going on from one state object twice would run the tool twice."""
    desk = Mail(call("ann", "c1"), "Done.")
    state = await asked(desk)
    state.approve("c1")
    await run_agent(desk.agent, state)
    with pytest.raises(StateConflictError) as raised:
        await run_agent(desk.agent, state)
    assert (raised.value.code, desk.sent) == ("state-conflict", ["ann"])


async def test_of_two_resumers_of_one_state_one_goes_on():
    """RULINGS R17: without a store too, one state object is gone on with once."""
    desk = Mail(call("ann", "c1"), "Done.")
    state = await asked(desk)
    state.approve("c1")
    first, second = run_agent(desk.agent, state), run_agent(desk.agent, state)
    assert (await first).final_output == "Done."
    with pytest.raises(StateConflictError):
        await second
    assert desk.sent == ["ann"]


async def test_a_finished_run_gives_its_stored_result():
    """TS-DUR-046, TS-STATE-026: it is resumed as often as one likes, and no model is asked."""
    desk = Mail("Hello.")
    state = (await run_agent(desk.agent, "Hi")).to_state()
    for _ in range(2):
        again = await run_agent(desk.agent, state)
        assert (again.final_output, again.is_complete) == ("Hello.", True)
    assert len(desk.model.requests) == 1


async def test_a_decision_on_a_call_that_does_not_wait_is_refused():
    """TS-APPR-031: a name that nothing has is an error that lists what waits."""
    desk = Mail(call("ann", "c1"))
    state = await asked(desk)
    with pytest.raises(ApprovalError) as raised:
        state.approve("c9")
    assert (raised.value.code, raised.value.help) == ("call-unknown", "waiting: c1")


# --- the rule of a tool


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_predicate_says_which_calls_are_asked_about(asynchronous):
    """TS-TOOL-033: it is given context, arguments and call id; it may be asynchronous."""
    seen = []

    def rule(ctx, args, call_id):
        seen.append((ctx.context, args, call_id))
        return args["to"] == "boss"

    async def slow_rule(ctx, args, call_id):
        return rule(ctx, args, call_id)

    desk = Mail(call("ann", "c1"), call("boss", "c2"), needs_approval=slow_rule if asynchronous else rule)
    state = await asked(desk, context="mine")
    assert ([item.call_id for item in state.get_interruptions()], desk.sent) == (["c2"], ["ann"])
    assert seen == [("mine", {"to": "ann"}, "c1"), ("mine", {"to": "boss"}, "c2")]


async def test_a_predicate_is_not_asked_again_about_an_approved_call():
    """RULINGS R9: guardrails are asked again after an approval; what a person has answered is not."""
    seen = []
    look = InputGuardrail(lambda _tool, _args: GuardrailResult.proceed(), "look")
    desk = Mail(call("ann", "c1"), "Done.", needs_approval=lambda *_: seen.append(1) or True, guardrails=[look])
    state = await asked(desk)
    state.approve("c1")
    assert (await run_agent(desk.agent, state)).final_output == "Done."
    assert len(seen) == 1


async def test_a_predicate_that_raises_keeps_the_call_from_running():
    """TS-TOOL-033: an answer that did not come is no yes; the model is told that the call failed."""

    def rule(_ctx, _args, _call_id):
        raise RuntimeError("the rules are out")

    desk = Mail(call("ann", "c1"), "I could not.", needs_approval=rule)
    result = await run_agent(desk.agent, "Write to them.")
    assert (result.final_output, desk.sent) == ("I could not.", [])
    assert "the rules are out" in desk.outputs()[0]


@pytest.mark.parametrize("answer", [None, 0, "", "no"])
async def test_a_predicate_that_answers_neither_yes_nor_no_stops_the_run(answer):
    """TS-TOOL-033: whoever forgot to return something is told; the call has not run."""
    desk = Mail(call("ann", "c1"), needs_approval=lambda _ctx, _args, _id: answer)
    with pytest.raises(UserError, match="neither True nor False") as raised:
        await run_agent(desk.agent, "Write to them.")
    assert (raised.value.requirement, desk.sent) == ("TS-TOOL-033", [])
    assert raised.value.state is not None


# --- guardrails that ask


def asks_about(*names):
    """Return a guardrail that asks about mail to some people."""

    def check(tool, args):
        if args["to"] in names:
            raise GuardrailInterrupt(f"Write to {args['to']}?", tool, args)
        return GuardrailResult.proceed()

    return InputGuardrail(check, "ask")


async def test_a_guardrail_that_asks_makes_the_call_wait_with_its_question():
    """RULINGS R10: a GuardrailInterrupt pauses the run; its prompt is shown."""
    desk = Mail(call("ann", "c1"), "Done.", needs_approval=False, guardrails=[asks_about("ann")])
    state = await asked(desk)
    assert state.get_interruptions()[0].prompts == ["Write to ann?"]
    state.approve("c1")
    assert (await run_agent(desk.agent, state)).final_output == "Done."
    assert desk.sent == ["ann"]


async def test_an_approved_call_is_not_asked_about_again():
    """RULINGS R9, TS-GUARD-015: the guardrail runs again, but its question about these arguments is answered."""
    runs = []

    def check(tool, args):
        runs.append(args)
        raise GuardrailInterrupt("Sure?", tool, args)

    desk = Mail(call("ann", "c1"), "Done.", needs_approval=False, guardrails=[InputGuardrail(check)])
    state = await asked(desk)
    state.approve("c1")
    result = await run_agent(desk.agent, state)
    assert (result.final_output, len(runs), desk.sent) == ("Done.", 2, ["ann"])


async def test_arguments_that_change_after_the_approval_are_asked_about_again():
    """RULINGS R9: what was approved is not what would run, so the call waits again with the new arguments."""
    people = iter(["ann", "bob", "bob"])

    def check(_tool, _args):
        return GuardrailResult.modify_args({"to": next(people)})

    desk = Mail(call("x", "c1"), "Done.", guardrails=[InputGuardrail(check)])
    state = await asked(desk)
    assert json.loads(state.get_interruptions()[0].arguments) == {"to": "ann"}
    state.approve("c1")
    second = await run_agent(desk.agent, state)
    assert (json.loads(second.interruptions[0].arguments), desk.sent) == ({"to": "bob"}, [])
    state = second.to_state()
    state.approve("c1")
    assert (await run_agent(desk.agent, state)).final_output == "Done."
    assert desk.sent == ["bob"]


async def test_a_guardrail_may_block_after_the_approval():
    """RULINGS R9: an approval overrules questions, not refusals."""
    answers = iter([GuardrailResult.proceed(), GuardrailResult.block("too late")])
    desk = Mail(call("ann", "c1"), "Very well.", guardrails=[InputGuardrail(lambda _tool, _args: next(answers), "g")])
    state = await asked(desk)
    state.approve("c1")
    await run_agent(desk.agent, state)
    assert (desk.sent, desk.outputs()) == ([], ["Tool call blocked: too late"])


# --- an approver


async def test_an_approver_decides_in_place():
    """RULINGS R10: with an approver the run does not pause; it is given the interruption."""
    seen = []

    async def approver(interruption):
        seen.append((interruption.call_id, interruption.prompts))
        return True

    desk = Mail(call("ann", "c1"), "Done.", needs_approval=False, guardrails=[asks_about("ann")])
    result = await run_agent(desk.agent, "Write to them.", approver=approver)
    assert (result.final_output, desk.sent, seen) == ("Done.", ["ann"], [("c1", ["Write to ann?"])])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (False, "Tool execution was not approved."),
        (("reject", "Not today."), "Not today."),
        (("reject", None), "Tool execution was not approved."),
    ],
)
async def test_an_approver_may_reject(answer, told):
    """RULINGS R10: with a reason for the model or without one."""
    desk = Mail(call("ann", "c1"), "Very well.")
    await run_agent(desk.agent, "Write to them.", approver=lambda _asked: answer)
    assert (desk.sent, desk.outputs()) == ([], [told])


async def test_an_approver_that_does_not_know_leaves_the_call_waiting():
    """RULINGS R10: None is no decision; the run pauses for a person."""
    desk = Mail([call("ann", "c1"), call("bob", "c2")], "Done.")
    answers = {"c1": True, "c2": None}
    result = await run_agent(desk.agent, "Write.", approver=lambda asked: answers[asked.call_id])
    assert ([item.call_id for item in result.interruptions], desk.sent) == (["c2"], ["ann"])


@pytest.mark.parametrize("answer", ["yes", 1, 0, ("approve",), [True]])
async def test_an_approver_whose_answer_can_not_be_read_approves_nothing(answer):
    """TS-APPR-033: the run stops with an error, and nothing has run."""
    desk = Mail(call("ann", "c1"))
    with pytest.raises(UserError, match="the approver answered") as raised:
        await run_agent(desk.agent, "Write to them.", approver=lambda _asked: answer)
    assert desk.sent == []
    assert [item.call_id for item in raised.value.state.get_interruptions()] == ["c1"]


async def test_an_approver_that_raises_decides_nothing():
    """Its error comes as it is; the run waits where it was."""

    def broken(_asked):
        raise LookupError("nobody there")

    desk = Mail(call("ann", "c1"), "Done.")
    handle = run_agent(desk.agent, "Write to them.", approver=broken)
    with pytest.raises(LookupError, match="nobody there"):
        await handle
    state = handle.state
    state.approve("c1")
    assert (await run_agent(desk.agent, state)).final_output == "Done."
    assert desk.sent == ["ann"]


async def test_an_approver_is_asked_about_calls_of_nested_runs_too():
    """RULINGS N4: by their paths; the same call id above and below is two calls."""
    inner = Mail(call("ann", "c1"), "Sent.")
    inner.agent.name = "Inner"
    outer = Mail([tool_call("ask", {"input": "?"}, "a1"), call("bob", "c1")], "Done.")
    outer.agent.tools.append(inner.agent.as_tool("ask"))
    seen = []
    result = await run_agent(outer.agent, "Go", approver=lambda asked: seen.append(asked.path) or True)
    assert (result.final_output, sorted(seen)) == ("Done.", ["a1/c1", "c1"])
    assert (inner.sent, outer.sent) == (["ann"], ["bob"])


# --- files


async def test_the_decisions_of_a_file_that_nobody_vouches_for_are_asked_again():
    """RULINGS N1: what stands in a file approves nothing, unless the caller trusts it."""
    desk = Mail(call("ann", "c1"), "Done.")
    state = await asked(desk)
    state.approve("c1")
    data = timestep.write(state, "timestep").data
    again = await run_agent(desk.agent, timestep.read(data))
    assert ([item.call_id for item in again.interruptions], desk.sent) == (["c1"], [])
    trusted = await run_agent(desk.agent, timestep.read(data, trusted=True))
    assert (trusted.final_output, desk.sent) == ("Done.", ["ann"])


async def test_a_decision_on_a_state_that_was_read_holds():
    """RULINGS N1: what is decided after reading is the caller's own word."""
    desk = Mail(call("ann", "c1"), "Done.")
    state = timestep.read(timestep.write(await asked(desk), "timestep").data)
    state.approve("c1")
    assert (await run_agent(desk.agent, state)).final_output == "Done."
