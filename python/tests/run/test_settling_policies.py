"""Calls that may have run: what their tools say of them, so that no person has to find out."""

import asyncio
import functools
import json
from pathlib import Path

import pytest

import timestep
from timestep import (
    Agent,
    GuardrailResult,
    OutputGuardrail,
    RunStateStore,
    Settled,
    StateConflictError,
    ToolContext,
    ToolError,
    UserError,
    function_tool,
    run_agent,
)
from timestep.codec.digest import call_digest
from timestep.testing import ScriptedModel, tool_call

pytestmark = pytest.mark.timeout(5)
CASES = Path(__file__).resolve().parents[3] / "conformance" / "cases" / "loop"
#: A file of an SDK whose run has lost sight of a call that may have run.
FORGOTTEN = CASES / "forgotten-call-settled.json"


class Desk:
    """An agent whose first payment is broken off, and what became of it."""

    def __init__(self, in_doubt, *answers, **options):
        self.begun, self.paid, self.keys = asyncio.Event(), [], []

        @function_tool(in_doubt=in_doubt, **options)
        async def pay(ctx: ToolContext, amount: int) -> str:
            """Pay."""
            self.paid.append((amount, ctx.attempt))
            self.keys.append(ctx.idempotency_key)
            if len(self.paid) == 1:
                self.begun.set()
                await asyncio.Event().wait()
            return f"paid {amount}"

        self.tool = pay
        self.agent = self.with_answers(tool_call("pay", {"amount": 5}, "c1"), *answers)

    def with_answers(self, *answers):
        """Return the agent with another script."""
        return Agent("Desk", ScriptedModel(list(answers)), tools=[self.tool])

    async def broken_off(self, agent=None, **options):
        """Return the state of a run that was stopped while it paid."""
        handle = run_agent(agent or self.agent, "Pay.", **options)
        running = asyncio.ensure_future(handle.result())
        await self.begun.wait()
        handle.cancel()
        return (await running).to_state()


def rows(result):
    """Return who has decided what, by the record of a run."""
    return [(row.action, row.subject, row.by, bool(row.at)) for row in result.state.document.provenance]


async def found_later(ctx):
    """Find a payment, asynchronously."""
    await asyncio.sleep(0)
    return Settled.output(f"receipt {ctx.tool_arguments}")


LOST = "The tool pay was broken off. It may have had an effect; nobody knows."


@pytest.mark.parametrize(
    ("policy", "how", "told", "paid"),
    [
        ("retry", "retry", "paid 5", [(5, 0), (5, 1)]),
        ("fail", "fail", LOST, [(5, 0)]),
        (lambda _: Settled.retry(), "retry", "paid 5", [(5, 0), (5, 1)]),
        (lambda _: Settled.fail("The bank refused."), "fail", "The bank refused.", [(5, 0)]),
        (lambda _: Settled.output({"receipt": 7}), "output", '{"receipt":7}', [(5, 0)]),
        (found_later, "output", 'receipt {"amount":5}', [(5, 0)]),
        (functools.partial(found_later), "output", 'receipt {"amount":5}', [(5, 0)]),
    ],
    ids=["retry", "fail", "found-not-run", "found-failed", "found-run", "asynchronous", "partial"],
)
async def test_a_call_in_doubt_is_settled_by_its_tool(policy, how, told, paid):
    """TS-DUR-020, TS-DUR-021: no person is asked, the run goes on, and the record says what a policy has decided."""
    desk = Desk(policy, "Done.")
    result = await run_agent(desk.agent, await desk.broken_off())
    assert (result.final_output, desk.paid) == ("Done.", paid)
    assert result["tool_calls"][0]["output"] == told
    assert rows(result) == [("decided", f"c1: {how}", "policy", True)]


@pytest.mark.parametrize("policy", ["ask", lambda _: None], ids=["ask", "not-found"])
async def test_what_a_tool_leaves_open_is_for_a_person(policy):
    """TS-DUR-020: the run waits as without a policy, nothing is recorded, and a person settles the call."""
    desk = Desk(policy, "Done.")
    result = await run_agent(desk.agent, await desk.broken_off())
    assert [(item.call_id, item.state) for item in result.interruptions] == [("c1", "indeterminate")]
    assert rows(result) == []
    state = result.to_state()
    state.settle("c1", "output", "paid, says Eve", by="eve")
    result = await run_agent(desk.agent, state)
    assert (result.final_output, desk.paid) == ("Done.", [(5, 0)])
    assert rows(result) == [("decided", "c1: output", "eve", True)]


async def test_asking_again_without_word_leaves_the_state_as_it_was():
    """TS-DUR-020: each time the run is gone on with the policy is asked, until it knows."""
    known, asked = [], []

    def find(ctx):
        asked.append(ctx.call_id)
        return Settled.output("found") if known else None

    desk = Desk(find, "Done.")
    state = (await run_agent(desk.agent, await desk.broken_off())).to_state()
    for _ in range(2):
        assert (await run_agent(desk.agent, state)).interruptions  # the same copy: nothing was done with it
    known.append(True)
    assert (await run_agent(desk.agent, state)).final_output == "Done."
    assert asked == ["c1"] * 4


async def test_a_policy_is_told_what_the_tool_was_told():
    """TS-DUR-022, TS-TOOL-034: key, arguments and context value are those of the attempt that was broken off."""
    seen = []

    def find(ctx):
        seen.append((ctx.idempotency_key, ctx.attempt, ctx.tool_name, ctx.tool_arguments, ctx.context))
        return Settled.retry()

    desk = Desk(find, "Done.")
    result = await run_agent(desk.agent, await desk.broken_off(), context={"bank": "B"})
    assert result.final_output == "Done."
    assert desk.keys == [seen[0][0]] * 2
    assert seen == [(desk.keys[0], 0, "pay", '{"amount":5}', {"bank": "B"})]


async def test_a_result_that_was_found_passes_the_guardrails_of_the_real_one():
    """TS-DUR-023, TS-GUARD-002: output guardrails see it, may change or withhold it, and their word is kept."""
    seen = []

    def redact(name, args, result):
        seen.append((name, args, result))
        return GuardrailResult.modify_result({"receipt": "***"})

    desk = Desk(lambda _: Settled.output({"receipt": 7}), "Done.", output_guardrails=[OutputGuardrail(redact)])
    result = await run_agent(desk.agent, await desk.broken_off())
    assert seen == [("pay", {"amount": 5}, {"receipt": 7})]
    assert result["tool_calls"][0]["output"] == '{"receipt":"***"}'
    kept = result.state.document.runs[0].guardrails.results
    assert [(each.name, each.position, each.item) for each in kept] == [("redact", "tool_output", 1)]


async def test_a_result_that_was_found_can_be_withheld():
    """TS-DUR-023: the model is told so, and the call has completed, as with the tool's own result."""

    def withhold(*_):
        return GuardrailResult.block("Receipts are secret.")

    desk = Desk(lambda _: Settled.output("receipt 7"), "Done.", output_guardrails=[OutputGuardrail(withhold)])
    result = await run_agent(desk.agent, await desk.broken_off())
    told = result["tool_calls"][0]["output"]
    assert "Receipts are secret." in told
    assert "receipt 7" not in told
    assert [call.state for call in result.state.document.runs[0].calls] == ["completed"]


async def test_each_call_is_asked_about_once():
    """TS-DUR-020: what one policy leaves open is not asked again because another one has settled its call."""
    asked, begun = [], asyncio.Event()

    def find(ctx):
        asked.append(ctx.call_id)
        return None if ctx.call_id == "c1" else Settled.output("found")

    ran = []

    @function_tool(in_doubt=find)
    async def pay() -> str:
        """Pay."""
        ran.append(1)
        if len(ran) == 2:
            begun.set()
        await asyncio.Event().wait()
        return ""

    agent = Agent("A", ScriptedModel([[tool_call("pay", {}, "c1"), tool_call("pay", {}, "c2")]]), tools=[pay])
    handle = run_agent(agent, "Go")
    running = asyncio.ensure_future(handle.result())
    await begun.wait()
    handle.cancel()
    result = await run_agent(agent, (await running).to_state())
    assert asked == ["c1", "c2"]
    assert [(item.call_id, item.state) for item in result.interruptions] == [("c1", "indeterminate")]
    assert rows(result) == [("decided", "c2: output", "policy", True)]


async def beside(policy, approver=None):
    """Stop a run while it pays, and waits for a person to let it send; go on with it."""
    desk, sent, seen = Desk(policy), [], []

    @function_tool(needs_approval=True)
    async def send() -> str:
        """Send."""
        sent.append(1)
        return "sent"

    desk.agent.model = ScriptedModel([[tool_call("pay", {"amount": 5}, "c1"), tool_call("send", {}, "c2")], "Done."])
    desk.agent.tools.append(send)
    state = await desk.broken_off()

    def decide(asked):
        seen.append(asked.call_id)
        return approver(asked)

    result = await run_agent(desk.agent, state, approver=decide if approver else None)
    return result, desk, sent, seen


async def test_an_approver_decides_beside_the_policies():
    """TS-DUR-020, TS-APPR-033: it is asked about what waits for a decision alone, and both go on."""
    result, desk, sent, seen = await beside("retry", approver=lambda _: True)
    assert (result.final_output, len(desk.paid), sent, seen) == ("Done.", 2, [1], ["c2"])


async def test_a_policy_settles_what_stands_beside_a_call_that_waits():
    """TS-DUR-020: the run goes on as far as it can, and waits for the person who is to decide."""
    result, desk, sent, _ = await beside("retry")
    assert [(item.call_id, item.state) for item in result.interruptions] == [("c2", "pending")]
    assert (len(desk.paid), sent) == (2, [])


async def test_a_call_of_a_nested_run_is_settled_too():
    """TS-DUR-020: the run above waits for nobody, and the record names the call by its path."""
    desk = Desk("retry", "Inner done.")
    boss = Agent(
        "Boss", ScriptedModel([tool_call("ask_desk", {"input": "Pay."}, "n1"), "All done."]),
        tools=[desk.agent.as_tool("ask_desk", "Ask.")],
    )  # fmt: skip
    result = await run_agent(boss, await desk.broken_off(boss))
    assert (result.final_output, len(desk.paid)) == ("All done.", 2)
    assert rows(result) == [("decided", "n1/c1: retry", "policy", True)]


async def test_a_retry_passes_the_rules_again_and_needs_no_second_approval():
    """TS-DUR-025: what a person has approved is the same call; guardrails are asked about it again."""
    checked, seen = [], []

    def rule(_ctx, _args, call_id):
        checked.append(call_id)
        return True

    desk = Desk("retry", "Done.", needs_approval=rule)
    handle = run_agent(desk.agent, "Pay.", approver=lambda asked: seen.append(asked.call_id) or True)
    running = asyncio.ensure_future(handle.result())
    await desk.begun.wait()
    handle.cancel()
    result = await run_agent(desk.agent, (await running).to_state())
    assert (result.final_output, len(desk.paid), seen) == ("Done.", 2, ["c1"])
    assert len(checked) == 2


@pytest.mark.parametrize(
    "answer", [True, "retry", Settled, Settled.fail(None), 0], ids=["true", "text", "class", "no-text", "zero"]
)
async def test_an_answer_that_cannot_be_read_settles_nothing(answer):
    """TS-DUR-022: it is an error, and the call stays in doubt."""
    desk = Desk(lambda _: answer)
    with pytest.raises(UserError) as raised:
        await run_agent(desk.agent, await desk.broken_off())
    assert (raised.value.code, raised.value.requirement) == ("settle-answer", "TS-DUR-022")
    assert len(desk.paid) == 1
    assert [item.state for item in raised.value.state.get_interruptions()] == ["indeterminate"]


def unreadable(_ctx):
    """Give what has no JSON form."""
    return Settled.output(object())


def down(_ctx):
    """Fail, as a bank that does not answer."""
    raise ConnectionError("the bank does not answer")


def empty(_ctx):
    """Raise what would leave whoever waits for a thread without an answer."""
    raise StopIteration


@pytest.mark.parametrize(
    ("policy", "code", "said"),
    [
        (down, "settle-failed", "call c1 of pay was not found out: ConnectionError: the bank does not answer"),
        (empty, "settle-failed", "RuntimeError"),
        (unreadable, "tool-result", "no JSON"),
    ],
)
async def test_a_policy_that_fails_leaves_the_call_in_doubt(policy, code, said):
    """TS-DUR-024: the run stops with a typed error whose state can be gone on with; nothing has run or was told."""
    desk = Desk(policy, "Done.")
    with pytest.raises(ToolError) as raised:
        await run_agent(desk.agent, await desk.broken_off())
    assert raised.value.code == code
    assert said in str(raised.value)
    state = raised.value.state
    assert [item.state for item in state.get_interruptions()] == ["indeterminate"]
    assert (len(desk.paid), state.document.provenance) == (1, [])
    desk.tool.in_doubt = lambda _: Settled.output("found")
    assert (await run_agent(desk.agent, state)).final_output == "Done."


async def test_a_guardrail_that_fails_on_a_found_result_leaves_the_call_in_doubt():
    """TS-DUR-024: the result is not passed on unchecked."""

    def broken(*_):
        raise LookupError("no rules")

    desk = Desk(lambda _: Settled.output("x"), output_guardrails=[OutputGuardrail(broken)])
    with pytest.raises(ToolError) as raised:
        await run_agent(desk.agent, await desk.broken_off())
    assert isinstance(raised.value.__cause__, LookupError)
    assert [item.state for item in raised.value.state.get_interruptions()] == ["indeterminate"]


async def test_a_run_that_is_stopped_while_a_policy_looks_stays_in_doubt():
    """TS-DUR-024: nothing is concluded from a question that was not answered."""
    looking = asyncio.Event()

    async def find(_ctx):
        looking.set()
        await asyncio.Event().wait()

    desk = Desk(find)
    handle = run_agent(desk.agent, await desk.broken_off())
    running = asyncio.ensure_future(handle.result())
    await looking.wait()
    handle.cancel()
    result = await running
    assert [item.state for item in result.state.get_interruptions()] == ["indeterminate"]
    assert (len(desk.paid), rows(result)) == (1, [])


async def test_the_record_is_in_the_store_before_the_tool_runs_again():
    """TS-DUR-021, TS-TRANS-004: whoever goes on from there knows that it has run twice, and by whose word."""
    stored, begun = [], asyncio.Event()
    store = RunStateStore(connection=":memory:")

    @function_tool(in_doubt="retry")
    async def pay() -> str:
        """Pay."""
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        stored.append((await store.load()).document)
        return "paid"

    agent = Agent("A", ScriptedModel([tool_call("pay", {}, "c1"), "Done."]), tools=[pay])
    handle = run_agent(agent, "Go", state_store=store)
    running = asyncio.ensure_future(handle.result())
    await begun.wait()
    handle.cancel()
    await running
    assert (await run_agent(agent, await store.load(), state_store=store)).final_output == "Done."
    (document,) = stored
    assert [(row.subject, row.by) for row in document.provenance] == [("c1: retry", "policy")]
    assert [(call.state, call.attempt) for call in document.runs[0].calls] == [("started", 1)]


async def test_a_stale_copy_asks_no_policy():
    """TS-STORE-003: whoever loaded before another went on is refused before anything is asked or run."""
    asked = []

    def find(ctx):
        asked.append(ctx.call_id)
        return Settled.output("found")

    store = RunStateStore(connection=":memory:")
    desk = Desk("ask", "Done.")
    await desk.broken_off(state_store=store)
    await run_agent(desk.agent, await store.load(), state_store=store)
    desk.tool.in_doubt = find
    stale, fresh = await store.load(), await store.load()
    assert (await run_agent(desk.agent, fresh, state_store=store)).final_output == "Done."
    with pytest.raises(StateConflictError):
        await run_agent(desk.agent, stale, state_store=store)
    assert asked == ["c1"]


@pytest.mark.parametrize(
    ("policy", "told"),
    [(lambda _: Settled.output("found"), "found"), ("fail", LOST), (lambda _: Settled.retry(), None), ("retry", None)],
    ids=["found", "fail", "found-not-run", "retry"],
)
async def test_a_call_of_an_earlier_turn_can_be_found_out_and_not_run_again(policy, told):
    """TS-DUR-026: an SDK has forgotten it; a policy that would run it again leaves it to a person."""
    ran = []

    @function_tool(in_doubt=policy)
    async def pay(amount: int) -> str:
        """Pay."""
        ran.append(amount)
        return ""

    state = timestep.read(json.dumps(json.loads(FORGOTTEN.read_text(encoding="utf-8"))["start"]), trusted=True)
    result = await run_agent(Agent("Assistant", ScriptedModel(["Done."]), tools=[pay]), state)
    assert (result.final_output, ran) == ("Done." if told else None, [])
    if told:
        assert result["tool_calls"][0]["output"] == told
    else:
        assert [(item.call_id, item.state) for item in result.interruptions] == [("c1", "indeterminate")]


async def test_a_call_of_an_agent_that_is_not_there_any_more_is_for_a_person():
    """TS-DUR-020: its tool can't be asked."""
    document = json.loads(FORGOTTEN.read_text(encoding="utf-8"))["start"]
    document["agents"].append({"key": "Old", "name": "Old"})
    (run,) = document["runs"]
    run["log"][1]["agent"] = "Old"
    run["calls"][0]["digest"] = call_digest("r1", "Old", ["function", None, "pay"], "c1", '{"amount":5}')
    state = timestep.read(json.dumps(document), trusted=True)
    result = await run_agent(Agent("Assistant", ScriptedModel([])), state)
    assert [(item.agent, item.state) for item in result.interruptions] == [("Old", "indeterminate")]


async def test_a_file_that_nobody_vouches_for_gets_no_second_run_without_a_decision():
    """TS-DUR-025, TS-SEC-002: the approval in it is dropped, so a policy's retry waits for a person."""
    desk = Desk("retry", needs_approval=True)
    handle = run_agent(desk.agent, "Pay.", approver=lambda _: True)
    running = asyncio.ensure_future(handle.result())
    await desk.begun.wait()
    handle.cancel()
    state = timestep.read(timestep.write((await running).to_state(), "timestep").data)
    result = await run_agent(desk.agent, state)
    assert [(item.call_id, item.state) for item in result.interruptions] == [("c1", "pending")]
    assert len(desk.paid) == 1


async def test_readers_are_told_what_was_found(watched):
    """TS-EVENT-004: a result that was found ends the call for them, as the tool's own would."""
    desk = Desk(lambda _: Settled.output("found"), "Done.")
    await run_agent(desk.agent, await desk.broken_off())
    told = [event for event in watched if event["type"] == "tool_result"]
    assert [(event["call_id"], event["output"]) for event in told] == [("c1", "found")]
