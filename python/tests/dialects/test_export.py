"""States of our own loop in the SDKs' words: what is refused or reported by name, and where a stopped run goes on."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from timestep import (
    Agent,
    GuardrailInterrupt,
    GuardrailResult,
    Handoff,
    InputGuardrail,
    MaxTurnsExceeded,
    MemorySession,
    RunConfig,
    function_tool,
    run_agent,
)
from timestep.dialects.export import unwritten
from timestep.errors import ConversionError
from timestep.state import native, read, write
from timestep.testing import ScriptedModel, handoff_to, tool_call
from timestep.types import state

pytestmark = pytest.mark.timeout(5)
FAMILIES = ("openai-agents-python", "openai-agents-js")


@function_tool(needs_approval=True)
def send(to: str) -> str:
    """Send a mail."""
    return f"sent to {to}"


@function_tool
def look(at: str) -> str:
    """Look at something."""
    return f"saw {at}"


def sender(*answers, **options):
    """Return an agent that may send mail, with a script."""
    return Agent("Mail", ScriptedModel([*answers]), tools=[send, look], **options)


MAIL = tool_call("send", {"to": "ann"}, "c1")
LOOK = tool_call("look", {"at": "bees"}, "c2")


async def paused(*answers, agent=None, **options):
    """Run until the first stop, and return the state there."""
    return (await run_agent(agent or sender(*(answers or [MAIL])), "Go", **options)).state


async def limited(*answers):
    """Return the state of a run that has used up its one turn."""
    with pytest.raises(MaxTurnsExceeded) as stopped:
        await run_agent(sender(*(answers or [LOOK])), "Go", max_turns=1)
    return stopped.value.state


def outer_agent(inner):
    """Return an agent that asks another one."""
    return Agent(
        "Outer", ScriptedModel([tool_call("ask", {"input": "Go"}, "c0")]), tools=[inner.as_tool("ask", "Ask.")]
    )


def changed(given, **members):
    """Return a state with other members in its first run."""
    first, *others = given.document.runs
    return native(replace(given.document, runs=[replace(first, **members), *others]))


def with_call(given, **members):
    """Return a state with other members in the last call of its first run."""
    *others, last = given.document.runs[0].calls
    return changed(given, calls=[*others, replace(last, **members)])


def refusal(given):
    """Return what both writers say to a state that can't cross."""
    said = set()
    for family in FAMILIES:
        with pytest.raises(ConversionError) as refused:
            write(given, family)
        assert (refused.value.code, refused.value.requirement) == ("cannot-cross", "TS-VERS-033")
        said.add(refused.value.message)
    (message,) = said
    return message


def step(given, family):
    """Return the type of the step that a state is written with."""
    written = json.loads(write(given, family).data)
    return (written.get("current_step") or written.get("currentStep"))["type"]


def dropped(given, family):
    """Return what is reported as dropped, with its count."""
    report = write(given, family).report
    return {row.subject: row.count for row in report.rows if row.action == "dropped"}


# --- what is refused


async def test_a_turn_under_way_is_refused():
    """Outputs that wait for their turn to end, and a failure that is to stop it, have no place in either file."""
    given = await paused()
    run = given.document.runs[0]
    output = {"type": "function_call_output", "call_id": "c1", "output": "sent"}
    for members in (
        {"waiting": [state.Waiting(item=1, outputs=[output])]},
        {"stop": state.Stop(code="tool-failed", message="no")},
    ):
        assert refusal(changed(given, **members)).startswith(f"run {run.id}: it was saved while calls of a turn")


async def test_an_output_that_was_not_checked_is_refused():
    """A run that stopped between its output and the guardrails of that would lose the output."""
    given = await limited()
    accepted = state.Step(type="interrupted", reason="limit", output="Done.", seq=0)
    assert "before its output was checked" in refusal(changed(given, step=accepted))


async def test_changed_arguments_of_a_waiting_call_are_refused():
    """RULINGS R9: an SDK would run what the model wrote, not what was approved; the call is named."""

    async def other(_tool, _args):
        return GuardrailResult.modify_args({"to": "bob"})

    given = await paused(agent=sender(MAIL, guardrails=[InputGuardrail(other)]))
    assert refusal(given) == "call c1: a guardrail has changed its arguments, and an SDK would run the model's"
    given.approve("c1")
    assert refusal(given).startswith("call c1")


async def test_changed_arguments_of_a_call_that_has_run_are_history():
    """The output is there, and no SDK runs the call again."""

    async def other(tool, _args):
        return GuardrailResult.modify_args({"at": "wasps"}) if tool == "look" else GuardrailResult.proceed()

    given = await paused(agent=sender([LOOK, MAIL], guardrails=[InputGuardrail(other)]))
    assert [call.arguments for call in given.document.runs[0].calls] == ['{"at":"wasps"}', None]
    for family in FAMILIES:
        assert b"saw wasps" in write(given, family).data


async def test_a_delegation_under_way_is_refused():
    """No SDK knows runs with a conversation of their own below a call."""
    boss = Agent("Boss", ScriptedModel([handoff_to("Mail", {"message": "Mail Ann."}, "c0")]))
    boss.handoffs = [Handoff(sender(MAIL), mode="delegate")]
    assert refusal(await paused(agent=boss)).startswith("call c0: no SDK has runs with a conversation of their own")


async def test_a_call_that_was_never_begun_is_refused():
    """Written as a run that asks the model next, it would leave a call that nobody answers."""
    given = with_call(await limited(), state="requested", outputs=[])
    assert refusal(given) == "call c2: the run was stopped before it was carried out; go on with it first"


async def test_a_nested_run_that_was_stopped_between_its_turns_is_refused():
    """An SDK finds nested runs by the calls that wait in them, and none waits here."""
    inner = Agent("Inner", ScriptedModel([LOOK, "Done."]), tools=[look])
    outer, asked = outer_agent(inner), []

    async def stop(given):
        asked.append(given.agent.name)
        if asked == ["Outer", "Inner", "Inner"]:
            handle.cancel()
            await asyncio.Event().wait()
        return given

    handle = run_agent(outer, "Go", run_config=RunConfig(call_model_input_filter=stop))
    stopped = (await handle).to_state()
    nested = stopped.document.runs[1]
    assert (nested.step.reason, nested.calls[0].state) == ("cancelled", "completed")
    assert refusal(stopped) == f"run {nested.id}: a nested run was stopped between its turns; go on with it first"


# --- where a stopped run goes on


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("reason", ["limit", "error", "cancelled"])
async def test_a_stopped_run_asks_the_model_next(family, reason):
    """Whatever stopped it: the SDKs write such a run as one that runs again."""
    given = await limited()
    given = changed(given, step=replace(given.document.runs[0].step, reason=reason))
    assert step(given, family) == "next_step_run_again"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("decision", ["pending", "approve", "reject"])
async def test_a_stopped_run_with_a_waiting_call_still_waits(family, decision):
    """A call that is not answered, decided or not, is not forgotten because the run was stopped."""
    given = await paused()
    given = changed(given, step=replace(given.document.runs[0].step, reason="cancelled"))
    if decision != "pending":
        getattr(given, decision)("c1")
    assert step(given, family) == "next_step_interruption"


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_stopped_run_with_a_waiting_call_below_still_waits(family):
    """What waits in a nested run is not forgotten either."""
    given = await paused(agent=outer_agent(sender(MAIL)))
    given = changed(given, step=replace(given.document.runs[0].step, reason="cancelled"))
    assert step(given, family) == "next_step_interruption"


# --- what is reported


@pytest.mark.parametrize("family", FAMILIES)
async def test_questions_of_guardrails_are_reported(family):
    """The call waits all the same; that a guardrail asked, and what, no SDK keeps."""

    async def ask(tool, args):
        raise GuardrailInterrupt("Really?", tool, args)

    given = await paused(agent=sender(LOOK, guardrails=[InputGuardrail(ask)]))
    assert dropped(given, family)["questions of guardrails"] == 1
    assert step(given, family) == "next_step_interruption"
    written = json.loads(write(given, family).data)
    results = written.get("tool_input_guardrail_results", written.get("toolInputGuardrailResults"))
    assert (results, "Really?" in json.dumps(written)) == ([], False)


@pytest.mark.parametrize("family", FAMILIES)
async def test_limits_besides_turns_are_reported(family):
    """The SDKs bound turns alone; what is not bounded is not reported."""
    given = await paused(run_config=RunConfig(max_tokens=1000, max_output=50))
    assert dropped(given, family) == {"limits on tokens, seconds and outputs": 2}
    assert dropped(await paused(), family) == {}


@pytest.mark.parametrize("family", FAMILIES)
async def test_what_the_session_lacks_is_reported_and_given(family):
    """Our sessions get a turn when it has ended, an SDK's at a pause; what is missing is counted, and can be had."""
    session = MemorySession("s")
    given = await paused([LOOK, MAIL], session=session)
    assert dropped(given, family) == {"items that the session has not got yet": 4}
    kinds = [item.get("type", item.get("role")) for item in unwritten(given.document)]
    assert (await session.get_items(), kinds) == ([], ["user", *["function_call"] * 2, "function_call_output"])
    written = json.loads(write(given, family).data)
    # @openai/agents counts the placeholder of the question too.
    counted = written.get("current_turn_persisted_item_count", written.get("currentTurnPersistedItemCount"))
    assert counted == (3 if family == FAMILIES[0] else 4)


async def test_a_rejected_call_is_still_missing_in_the_session():
    """It will be answered; a call that never is, and what a filter made of the conversation, stay out of sessions."""
    given = await paused(session=MemorySession("s"))
    given.reject("c1")
    assert [item.get("call_id") for item in unwritten(given.document)] == [None, "c1"]
    ignored = with_call(given, state="cancelled")
    assert [item.get("call_id") for item in unwritten(ignored.document)] == [None]
    first, *others = given.document.runs[0].log
    filtered = changed(given, log=[replace(first, source="filter"), *others])
    assert [item.get("call_id") for item in unwritten(filtered.document)] == ["c1"]


async def test_nothing_is_missing_without_a_session_or_after_the_end(repo_root):
    """A run without a session, a run that has ended, and a state that an SDK has written lack nothing."""
    assert unwritten((await paused()).document) == []
    assert unwritten((await paused("Done.", session=MemorySession("s"))).document) == []
    imported = read(repo_root / "fixtures" / "openai-agents-python" / "0.24.0" / "session_write_pending.undecided.json")
    first = imported.document.runs[0]
    assert first.session.through < len(first.log)
    assert unwritten(imported.document) == []


@pytest.mark.parametrize("family", FAMILIES)
async def test_the_model_sees_the_session_before_the_input(family):
    """What the session held stands in the SDK's input, before what the run was given."""
    session = MemorySession("s")
    await session.add_items([{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello!"}])
    written = json.loads(write(await paused(session=session), family).data)
    given = written.get("original_input") or written["originalInput"]
    texts = [item["content"] if isinstance(item["content"], str) else item["content"][0]["text"] for item in given]
    assert texts == ["Hello.", "Hello!", "Go"]
    assert len(written.get("generated_items") or written["generatedItems"]) == 2  # the call, and that it waits
