"""Models that fail, refuse, break off or say nothing: what the caller is told, and how the run goes on."""

import pytest

from timestep import Agent, MaxTurnsExceeded, MemorySession, ModelBehaviorError, ModelError, function_tool, run_agent
from timestep.errors import AgentsException
from timestep.providers.protocol import ModelResponse
from timestep.testing import ScriptedModel, ScriptError, message, tool_call

pytestmark = pytest.mark.timeout(5)
REFUSAL = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "I won't."}]}


@function_tool
def tick() -> str:
    """Tick."""
    return "tock"


async def stopped(agent, *given, **options):
    """Run an agent that stops with an error, and return the error."""
    with pytest.raises(AgentsException) as raised:
        await run_agent(agent, *given, **options)
    return raised.value


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_fails_stops_the_run_which_can_be_resumed(stream):
    """The caller gets the very error; resumed, the model is asked the same again, in the same turn."""
    down = ModelError("down", code="model-unavailable")
    model = ScriptedModel([tool_call("tick", {}, "c1"), down, "Hello."])
    agent = Agent("A", model, tools=[tick])
    with pytest.raises(ModelError) as raised:
        await (await run_agent(agent, "Hi", stream=stream))
    assert raised.value is down
    assert raised.value.state.document.runs[0].turn.count == 2
    result = await run_agent(agent, raised.value.state)
    assert (result.final_output, result.state.document.runs[0].turn.count) == ("Hello.", 2)
    assert model.requests[1].input == model.requests[2].input
    assert model.requests[1].key == model.requests[2].key


async def test_a_failed_model_is_told_in_the_result():
    """RULINGS R2: `errors` has the code."""
    handle = run_agent(Agent("A", ScriptedModel([ModelError("down", code="model-unavailable")])), "Hi", stream=True)
    result = await handle
    with pytest.raises(ModelError):
        await result
    assert result["errors"] == [{"code": "model-unavailable", "message": "down"}]
    assert (result.is_complete, result.interruptions, result.final_output) == (False, [], None)


async def test_a_resumed_question_does_not_use_up_a_turn():
    """The last turn may be asked for again; it is the same one."""
    agent = Agent("A", ScriptedModel([ModelError("down"), "Hello."]))
    error = await stopped(agent, "Hi", max_turns=1)
    assert (await run_agent(agent, error.state)).final_output == "Hello."


async def test_an_error_that_is_no_model_error_is_raised_as_it_is():
    """A fault in the model's code is the caller's; the state before the question can be resumed."""
    answers = iter([ZeroDivisionError("oh"), "Hello."])
    agent = Agent("A", ScriptedModel([lambda _request: next(answers)] * 2))
    handle = run_agent(agent, "Hi")
    with pytest.raises(ZeroDivisionError):
        await handle
    assert (await run_agent(agent, handle.state)).final_output == "Hello."


async def test_a_refusal_stops_the_run():
    """A refusal is no answer: the caller is told what the model said, and may go on with the state."""
    agent = Agent("A", ScriptedModel([REFUSAL, "All right."]))
    error = await stopped(agent, "Hi")
    assert (type(error).__name__, error.code, error.message) == ("ModelBehaviorError", "model-refusal", "I won't.")
    assert (await run_agent(agent, error.state)).final_output == "All right."


async def test_a_text_beside_a_refusal_is_an_answer():
    """What the model said besides refusing is the output."""
    part = {"type": "output_text", "text": "Ask a doctor.", "annotations": []}
    item = {**REFUSAL, "content": [*REFUSAL["content"], part]}
    assert (await run_agent(Agent("A", ScriptedModel([item])), "Hi")).final_output == "Ask a doctor."


async def test_an_answer_that_was_cut_off_stops_the_run():
    """Half of an answer is none: the caller is told the reason."""
    cut = ModelResponse(output=[message("Hel")], status="incomplete", reason="max_output_tokens")
    agent = Agent("A", ScriptedModel([cut, "Hello."]))
    error = await stopped(agent, "Hi")
    assert (error.code, isinstance(error, ModelBehaviorError)) == ("model-incomplete", True)
    assert "max_output_tokens" in error.message
    assert (await run_agent(agent, error.state)).final_output == "Hello."


async def test_a_call_that_was_cut_off_does_not_run():
    """Half of the arguments is another call: the model is told, and may call again."""
    ran = []

    @function_tool
    def delete(path: str = "/") -> str:
        """Delete."""
        ran.append(path)
        return "gone"

    cut = ModelResponse(output=[tool_call("delete", {}, "c1")], status="incomplete", reason="max_output_tokens")
    model = ScriptedModel([cut, "I stop."])
    result = await run_agent(Agent("A", model, tools=[delete]), "Go")
    assert (result.final_output, ran) == ("I stop.", [])
    assert "cut off" in model.requests[-1].input[-1]["output"]


async def test_an_answer_that_failed_stops_the_run():
    """A host that reports a failure has given no answer; calls in it do not run."""
    ran = []

    @function_tool
    def delete() -> str:
        """Delete."""
        ran.append(1)
        return "gone"

    failed = ModelResponse(output=[tool_call("delete", {}, "c1")], status="failed", reason="server_error")
    session = MemorySession()
    agent = Agent("A", ScriptedModel([failed, "Sorry."]), tools=[delete])
    error = await stopped(agent, "Hi", session)
    assert (error.code, error.message, ran) == ("model-failed", "server_error", [])
    assert (await run_agent(agent, error.state, session)).final_output == "Sorry."


async def test_an_empty_answer_is_asked_for_again():
    """An answer with nothing in it is rarely meant; the turns bound how often."""
    model = ScriptedModel([ModelResponse(output=[]), "Hello."])
    assert (await run_agent(Agent("A", model), "Hi")).final_output == "Hello."
    error = await stopped(Agent("A", ScriptedModel([ModelResponse(output=[])] * 3)), "Hi", max_turns=3)
    assert isinstance(error, MaxTurnsExceeded)


async def test_a_script_that_has_ended_says_so():
    """The double's own error reaches the test that uses it."""
    with pytest.raises(ScriptError, match="asked 1 times"):
        await run_agent(Agent("A", ScriptedModel([])), "Hi")


async def test_usage_is_added_up_over_turns_and_resumes():
    """`usage` counts all that the run has asked, also where it was stopped in between."""
    model = ScriptedModel([tool_call("tick", {}, "c1"), ModelError("down"), "Hello."])
    agent = Agent("A", model, tools=[tick])
    error = await stopped(agent, "Hi")
    result = await run_agent(agent, error.state)
    assert result.usage.requests == 2


async def test_no_model_is_an_error_that_says_what_to_do(monkeypatch):
    """Without a provider the default one is asked; without a key it says so."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr("timestep.loop.scene._default", None)
    error = await stopped(Agent("A", "gpt-4.1"), "Hi")
    assert "OPENAI_API_KEY" in error.render()


NO_ANSWERS = {
    "nothing": None,
    "text": "Hello.",
    "object": {"output": []},
    "texts": ModelResponse(output=["Hello."]),
    "no-type": ModelResponse(output=[{"content": "Hello."}]),
    "call-without-id": ModelResponse(output=[{"type": "function_call", "name": "tick", "arguments": "{}"}]),
    "call-with-number": ModelResponse(output=[{**tool_call("tick"), "call_id": 5}]),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
async def test_an_answer_that_is_none_is_a_failed_model(answer, stream):
    """What a model of one's own gives is held to the protocol; nothing of it is kept, and resuming asks again."""

    class Own:
        answers = iter([answer, ModelResponse(output=[message("Hello.")])])

        async def respond(self, _request):
            return next(self.answers)

        async def stream(self, request):
            yield await self.respond(request)

    agent = Agent("A", Own(), tools=[tick])
    handle = run_agent(agent, "Hi", stream=stream)
    with pytest.raises(ModelError) as raised:
        await (await handle)
    assert raised.value.code == "model-answer"
    assert len(raised.value.state.document.runs[0].log) == 1
    assert (await run_agent(agent, raised.value.state)).final_output == "Hello."
