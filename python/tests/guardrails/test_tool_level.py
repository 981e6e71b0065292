"""Guardrails on the calls of tools: before a call and after it."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep import CodecError, GuardrailInterrupt, GuardrailResult, InputGuardrail, OutputGuardrail, UserError
from timestep.guardrails.runner import run_input_guardrails, run_output_guardrails

pytestmark = pytest.mark.timeout(5)


def answering(answer, name=""):
    """Return an input guardrail that always answers the same."""

    def guard(tool_name, args):  # noqa: ARG001
        return answer

    return InputGuardrail(guard, name or "guard")


def adding(key, value):
    """Return an input guardrail that adds an argument."""

    async def guard(tool_name, args):  # noqa: ARG001
        return GuardrailResult.modify_args({**args, key: value})

    return InputGuardrail(guard, f"add_{key}")


def asking(prompt="Sure?"):
    """Return an input guardrail that wants a person asked."""

    async def guard(tool_name, args):
        raise GuardrailInterrupt(prompt, tool_name, args)

    return InputGuardrail(guard, "ask")


async def email_approval_guardrail(tool_name: str, args: dict) -> GuardrailResult:
    """Require approval for external e-mail domains."""
    recipient = args.get("recipient", "")
    if "@" in recipient and not recipient.endswith("@company.com"):
        raise GuardrailInterrupt(prompt=f"Send to {recipient}?", tool_name=tool_name, args=args)
    return GuardrailResult.proceed()


async def test_a_guardrail_asks_about_some_calls_only():
    """FEATURES 94: an external address raises an interrupt, an internal one proceeds."""
    guard = InputGuardrail(email_approval_guardrail)
    assert guard.name == "email_approval_guardrail"
    outside = await run_input_guardrails([guard], "send_email", {"recipient": "alice@external.com"})
    inside = await run_input_guardrails([guard], "send_email", {"recipient": "bob@company.com"})
    assert (outside.behavior, outside.prompts) == ("ask", ["Send to alice@external.com?"])
    assert (inside.behavior, inside.prompts, inside.changed) == ("allow", [], None)
    assert [(each.name, each.behavior) for each in inside.records] == [("email_approval_guardrail", "allow")]


@pytest.mark.parametrize(
    "interrupt",
    [GuardrailInterrupt("Ask", "t", {"a": 1}), GuardrailInterrupt(tool_name="t", args={"a": 1}, prompt="Ask")],
)
def test_an_interrupt_is_built_by_position_or_keyword(interrupt):
    """FEATURES 87, 94: prompt, tool name and arguments, which survive a copy and pickling."""
    for each in (interrupt, copy.copy(interrupt), pickle.loads(pickle.dumps(interrupt))):
        assert (str(each), each.prompt, each.tool_name, each.args) == ("Ask", "Ask", "t", {"a": 1})
    assert isinstance(interrupt, Exception)


async def test_each_guardrail_sees_what_the_one_before_changed():
    """TS-GUARD-013, TS-GUARD-010: in order, and the tool gets what the last one left, as compact JSON."""
    seen = []

    def watch(tool_name, args):
        seen.append((tool_name, args))
        return GuardrailResult.proceed()

    guards = [adding("b", "é"), InputGuardrail(watch), adding("c", 3)]
    outcome = await run_input_guardrails(guards, "transfer_to_x", {"a": 1})
    assert seen == [("transfer_to_x", {"a": 1, "b": "é"})]
    assert (outcome.behavior, outcome.changed) == ("allow", '{"a":1,"b":"é","c":3}')
    assert [each.behavior for each in outcome.records] == ["modify", "allow", "modify"]


async def test_only_an_answer_changes_the_arguments():
    """TS-GUARD-011: a guardrail that changes the dict it was shown changes nothing."""

    def sneaky(tool_name, args):  # noqa: ARG001
        args["to"]["name"] = "eve"
        return GuardrailResult.proceed()

    outcome = await run_input_guardrails([InputGuardrail(sneaky)], "t", {"to": {"name": "bob"}})
    assert (outcome.args, outcome.changed) == ({"to": {"name": "bob"}}, None)


async def test_the_same_arguments_are_no_change():
    """TS-GUARD-011: equal JSON in another order keeps the model's text; True for 1 does not."""
    same = await run_input_guardrails([answering(GuardrailResult.modify_args({"b": 2, "a": 1}))], "t", {"a": 1, "b": 2})
    other = await run_input_guardrails([answering(GuardrailResult.modify_args({"a": True}))], "t", {"a": 1})
    assert (same.changed, same.records[0].behavior) == (None, "allow")
    assert (other.changed, other.records[0].behavior) == ('{"a":true}', "modify")


async def test_a_block_ends_the_row():
    """TS-GUARD-012: nobody after it is asked, and the model is told why."""
    reached = []
    guards = [
        adding("b", 2),
        answering(GuardrailResult.block("not on Sundays"), "sunday"),
        InputGuardrail(lambda *call: reached.append(call), "later"),
    ]
    outcome = await run_input_guardrails(guards, "t", {"a": 1})
    assert (outcome.behavior, outcome.message, reached) == ("reject", "Tool call blocked: not on Sundays", [])
    assert [(each.name, each.behavior, each.message) for each in outcome.records] == [
        ("add_b", "modify", None),
        ("sunday", "reject", "not on Sundays"),
    ]
    silent = await run_input_guardrails([answering(GuardrailResult.block())], "t", {})
    assert silent.message == "Tool call blocked."


async def test_a_person_is_asked_once_about_what_would_run():
    """TS-GUARD-014: guardrails after an interrupt still change or block the call before anybody is asked."""
    outcome = await run_input_guardrails([asking("A?"), adding("b", 2), asking("B?")], "t", {"a": 1})
    assert (outcome.behavior, outcome.prompts, outcome.args) == ("ask", ["A?", "B?"], {"a": 1, "b": 2})
    blocked = await run_input_guardrails([asking(), answering(GuardrailResult.block("no"))], "t", {})
    assert (blocked.behavior, blocked.prompts) == ("reject", [])


async def test_an_approved_call_is_not_asked_about_again():
    """TS-GUARD-016, TS-GUARD-015, RULINGS R9: the interrupt is answered for these arguments, and for no others."""
    guards = [asking(), adding("b", 2)]
    again = await run_input_guardrails(guards, "t", {"a": 1}, approved={"b": 2, "a": 1})
    other = await run_input_guardrails(guards, "t", {"a": 1}, approved={"a": 1})
    changed = await run_input_guardrails([adding("b", 2)], "t", {"a": 1}, approved={"a": 1})
    blocked = await run_input_guardrails([answering(GuardrailResult.block("no"))], "t", {}, approved={})
    assert (again.behavior, again.changed, again.prompts) == ("allow", '{"a":1,"b":2}', [])
    assert (other.behavior, other.prompts) == ("ask", ["Sure?"])
    assert (changed.behavior, changed.prompts) == ("ask", [])
    assert blocked.behavior == "reject"


@pytest.mark.parametrize(
    "answer", [None, True, "proceed", GuardrailResult.modify_result({}), GuardrailResult.modify_args(["a"])]
)
async def test_an_answer_that_is_none_stops_the_call(answer):
    """TS-GUARD-001: what can't be read, or makes no sense before a call, is refused and never taken for a pass."""
    with pytest.raises(UserError, match="the guardrail guard answered") as caught:
        await run_input_guardrails([answering(answer)], "t", {})
    assert caught.value.code == "guardrail-answer"


async def test_an_error_in_a_guardrail_stops_the_call():
    """TS-GUARD-001: a guardrail that fails has not let anything pass."""

    def broken(tool_name, args):
        raise KeyError(tool_name, args)

    with pytest.raises(KeyError):
        await run_input_guardrails([InputGuardrail(broken)], "t", {})
    with pytest.raises(CodecError):
        await run_input_guardrails([answering(GuardrailResult.modify_args({"a": object()}))], "t", {})
    with pytest.raises(UserError, match="needs a function"):
        InputGuardrail("email")


ARGS = st.dictionaries(st.text(max_size=3), st.integers() | st.booleans() | st.none() | st.lists(st.integers()))


@given(ARGS, st.lists(ARGS, max_size=4))
async def test_the_row_is_the_last_change(args, changes):
    """TS-GUARD-010: whatever is changed on the way, the outcome is what the last guardrail left."""
    guards = [answering(GuardrailResult.modify_args(each)) for each in changes]
    outcome = await run_input_guardrails(guards, "t", args)
    assert outcome.args == (changes[-1] if changes else args)
    assert len(outcome.records) == len(changes)


# --- after the call


def giving(answer):
    """Return an output guardrail that always answers the same."""

    def guard(tool_name, args, result):  # noqa: ARG001
        return answer

    return OutputGuardrail(guard)


async def sanitize(tool_name: str, args: dict, result: dict) -> GuardrailResult:  # noqa: ARG001
    """Mask a password."""
    text = str(result.get("result", ""))
    if "password" in text.lower():
        return GuardrailResult.modify_result({"result": text.replace("password=secret123", "password=***")})
    return GuardrailResult.proceed()


@pytest.mark.parametrize(
    ("result", "behavior", "expected"),
    [
        ({"result": "a, password=secret123"}, "modify", {"result": "a, password=***"}),
        ("a, password=secret123", "modify", "a, password=***"),
        ({"result": "a"}, "allow", {"result": "a"}),
        ("a", "allow", "a"),
        (None, "allow", None),
        ([1], "allow", [1]),
    ],
)
async def test_a_result_is_masked_before_the_model_sees_it(result, behavior, expected):
    """FEATURES 99, TS-GUARD-020: a result that is no object is shown as one, and is itself again afterwards."""
    outcome = await run_output_guardrails([OutputGuardrail(sanitize)], "get_user_info", {}, result)
    assert (outcome.behavior, outcome.result) == (behavior, expected)
    assert [(each.position, each.behavior) for each in outcome.records] == [("tool_output", behavior)]


async def test_each_output_guardrail_sees_what_the_one_before_changed():
    """TS-GUARD-020: in order, with copies that only an answer can replace."""
    seen = []

    def watch(tool_name, args, result):
        seen.append((tool_name, dict(args), dict(result)))
        args.clear()
        result.clear()
        return GuardrailResult.proceed()

    guards = [giving(GuardrailResult.modify_result({"n": 2})), OutputGuardrail(watch), OutputGuardrail(watch)]
    outcome = await run_output_guardrails(guards, "t", {"a": 1}, "x")
    assert seen == [("t", {"a": 1}, {"n": 2})] * 2
    assert outcome.result == {"n": 2}


async def test_a_result_may_be_withheld():
    """TS-GUARD-021, FEATURES 111: the model is told so, and nobody after it sees the result."""
    outcome = await run_output_guardrails([giving(GuardrailResult.block("private")), giving(None)], "t", {}, "x")
    assert (outcome.behavior, outcome.result) == ("reject", "Tool result withheld: private")
    assert outcome.records[0].message == "private"


@pytest.mark.parametrize("answer", [None, GuardrailResult.modify_args({})])
async def test_an_answer_that_is_none_withholds_the_result(answer):
    """TS-GUARD-001: as before the call."""
    with pytest.raises(UserError, match="answered"):
        await run_output_guardrails([giving(answer)], "t", {}, "x")


async def test_it_is_too_late_to_ask_after_the_call():
    """TS-GUARD-022: an output guardrail that wants a person asked is wrong, for the tool has run."""

    def late(tool_name, args, result):  # noqa: ARG001
        raise GuardrailInterrupt("Sure?", tool_name, args)

    with pytest.raises(UserError, match="the tool has run"):
        await run_output_guardrails([OutputGuardrail(late)], "t", {}, "x")
