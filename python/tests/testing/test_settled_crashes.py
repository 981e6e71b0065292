"""Crashes at every boundary of runs with tools that may not run twice, and that say what became of their calls."""

import copy
from collections import Counter

import pytest

from timestep import Agent, RunStateStore, Settled, ToolContext, function_tool, run_agent
from timestep.testing import ScriptedModel, crash_points, tool_call

pytestmark = pytest.mark.timeout(20)


class Bank:
    """Pays once for each key it is given, and can say what it has paid; `asked` are the keys it was asked for."""

    def __init__(self):
        self.paid, self.asked = Counter(), []

    def find(self, ctx):
        """Say what became of a call."""
        self.asked.append(ctx.idempotency_key)
        return Settled.output("paid") if self.paid[ctx.idempotency_key] else Settled.retry()

    @staticmethod
    def doubts(state):
        """Tell whether a state was cut off inside a payment."""
        return any(call.state == "started" for call in state.document.runs[0].calls)

    def agent(self, in_doubt):
        """Return an agent that pays, as each process makes it; what its model answers depends on the question alone."""

        @function_tool(in_doubt=in_doubt)
        async def pay(ctx: ToolContext) -> str:
            """Pay."""
            self.paid[ctx.idempotency_key] += 1
            return "paid"

        def answer(request):
            outputs = [item for item in request.input if item.get("type") == "function_call_output"]
            return tool_call("pay", {}, f"c{len(outputs)}") if len(outputs) < 2 else "All done."

        return Agent("Payer", ScriptedModel([answer] * 9), tools=[pay])


@pytest.mark.parametrize("stored", [False, True], ids=["state", "store"])
async def test_a_tool_that_finds_out_pays_once_whatever_crash(stored):
    """TS-DUR-020: each crash leads to the same end, with each payment made once and no person asked."""
    found = Counter()
    for crash in crash_points():
        bank, store = Bank(), RunStateStore(connection=":memory:") if stored else None
        with crash:
            result = await run_agent(bank.agent(bank.find), "Pay twice.", state_store=store)
        if crash.happened:
            kept = await store.load() if store and await store.list() else None if store else crash.state
            result = await run_agent(bank.agent(bank.find), kept or "Pay twice.", state_store=store)
        assert (result.final_output, result.interruptions) == ("All done.", []), crash
        assert [call["output"] for call in result["tool_calls"]] == ["paid", "paid"]
        assert sorted(bank.paid.values()) == [1, 1], crash
        rows = [(row.subject.partition(": ")[2], row.by) for row in result.state.document.provenance]
        assert len(rows) == len(bank.asked)
        found.update(rows)
    # Of each payment: a crash just before it, and one just after. What is not kept yet is no crash between them; in a
    # store that is so until the next turn is prepared, which asks nobody here.
    assert found == {("retry", "policy"): 2, ("output", "policy"): 6 if stored else 2}


@pytest.mark.parametrize(
    ("policy", "most", "rest"), [("retry", 2, "All done."), ("fail", 1, "All done."), ("ask", 1, None)]
)
async def test_other_policies_end_as_they_say_whatever_crash(policy, most, rest):
    """TS-DUR-020: `retry` may pay twice, `fail` and `ask` never do, and only `ask` has a person asked."""
    doubted = 0
    for crash in crash_points():
        bank = Bank()
        with crash:
            await run_agent(bank.agent(policy), "Pay twice.")
        if not crash.happened:
            continue
        result = await run_agent(bank.agent(policy), crash.state or "Pay twice.")
        assert max(bank.paid.values(), default=0) <= most
        in_doubt = bool(result.interruptions) or bool(result.state.document.provenance)
        doubted += in_doubt
        assert result.final_output == (rest if in_doubt else "All done.")
    assert doubted == 4


async def test_a_second_crash_is_gone_on_from_too():
    """TS-DUR-021: wherever the run dies first, and wherever it dies once more when it is gone on with."""
    tries = Counter()
    for crash in crash_points():
        bank = Bank()
        with crash:
            await run_agent(bank.agent(bank.find), "Pay twice.")
        if crash.state is None or not bank.doubts(crash.state):
            continue
        for again in crash_points():
            bank_now = copy.deepcopy(bank)
            with again:
                result = await run_agent(bank_now.agent(bank_now.find), crash.state)
            if again.happened:
                result = await run_agent(bank_now.agent(bank_now.find), again.state or crash.state)
            assert (result.final_output, sorted(bank_now.paid.values())) == ("All done.", [1, 1]), (crash, again)
            tries[crash.number] += 1
    assert len(tries) == 4
    assert min(tries.values()) > 5
