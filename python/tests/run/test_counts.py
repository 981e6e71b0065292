"""Numbers that get into a run from models and callers: what no saved run could hold does not."""

import json

import pytest

import timestep
from timestep import Agent, RunConfig, UserError, run_agent
from timestep.errors import ModelError
from timestep.providers.ollama_answer import Line
from timestep.providers.ollama_answer import usage_of as ollama_usage
from timestep.providers.protocol import ModelResponse
from timestep.providers.responses_answer import usage_of
from timestep.testing import ScriptedModel, tool_call
from timestep.testing.scripted import message
from timestep.types.base import LARGEST
from timestep.types.state import Usage

pytestmark = pytest.mark.timeout(5)
ONE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
BAD = [-1, LARGEST + 1, 1.0, 1.5, True, None, "1"]


def answer(item, **counts):
    """Return an answer with these counts."""
    return ModelResponse(output=[item], usage=Usage(**(ONE | counts)))


def saved_again(state):
    """Write a state, read it back, and return its document as JSON."""
    data = timestep.write(state, "timestep").data
    timestep.read(data)
    return json.loads(data)


@pytest.mark.parametrize(
    "counts",
    [
        *({"input_tokens": bad} for bad in BAD),
        {"requests": LARGEST + 1},
        {"output_tokens_details": {"reasoning_tokens": -1}},
        {"input_tokens_details": {"cached_tokens": float("nan")}},
        {"input_tokens_details": 5},
        {"entries": [Usage(input_tokens=-1, output_tokens=0, total_tokens=0)]},
    ],
    ids=str,
)
async def test_an_answer_whose_counts_no_state_could_hold_is_none(counts):
    """TS-CORE-010: the run can be saved, read and gone on with, as after any failed model."""
    agent = Agent("A", ScriptedModel([answer(message("Hi."), **counts), "Done."]))
    with pytest.raises(ModelError, match="usage that can't be kept") as failed:
        await run_agent(agent, "Hi")
    assert failed.value.code == "model-answer"
    saved_again(failed.value.state)
    assert (await run_agent(agent, failed.value.state)).final_output == "Done."


async def test_counts_add_up_to_no_more_than_a_state_can_hold():
    """TS-CORE-010: a sum beyond the largest integer stays at it."""
    details = {"input_tokens_details": {"cached_tokens": LARGEST}}
    most = {"input_tokens": LARGEST, "output_tokens": LARGEST, "total_tokens": LARGEST, "requests": LARGEST}
    model = ScriptedModel(
        [answer(tool_call("none", {}, "c1"), **most | details), answer(message("Hi"), **most | details)]
    )
    result = await run_agent(Agent("A", model), "Hi")
    assert saved_again(result.to_state())["usage"] == most | details


@pytest.mark.parametrize("bad", [*BAD, 10**30, {"a": 1}], ids=str)
def test_counts_that_a_server_can_not_mean_are_as_good_as_untold(bad):
    """TS-CORE-010: an answer is not lost for them."""
    told = usage_of({"input_tokens": bad, "output_tokens": 3, "total_tokens": bad, "output_tokens_details": {"a": bad}})
    assert (told.input_tokens, told.output_tokens, told.total_tokens) == (0, 3, 3)
    assert told.output_tokens_details == ({"a": bad} if not isinstance(bad, int) else {})
    assert ollama_usage(Line(prompt_eval_count=bad, eval_count=3)) == Usage(
        input_tokens=0, output_tokens=3, total_tokens=3, requests=1
    )


@pytest.mark.parametrize("bad", [-1, LARGEST + 1, 1.0, True, "1"], ids=str)
@pytest.mark.parametrize("name", ["max_turns", "max_tokens", "max_output", "max_depth"])
async def test_a_bound_that_no_state_could_hold_is_refused(name, bad):
    """TS-CORE-010: before the model is asked, by the option's name."""
    options = {"max_turns": bad} if name == "max_turns" else {"run_config": RunConfig(**{name: bad})}
    with pytest.raises(UserError, match=f"{name} is") as refused:
        await run_agent(Agent("A", ScriptedModel([])), "Hi", **options)
    assert refused.value.code == "run-option"


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), True, "1"], ids=str)
async def test_a_time_that_no_state_could_hold_is_refused(bad):
    """TS-CORE-004: NaN and Infinity would make a state that can't be written."""
    with pytest.raises(UserError, match="max_seconds is"):
        await run_agent(Agent("A", ScriptedModel([])), "Hi", run_config=RunConfig(max_seconds=bad))


@pytest.mark.parametrize("bad", [-1, LARGEST + 1, 1.0, True, "1"], ids=str)
def test_turns_of_a_nested_run_are_a_number_too(bad):
    """TS-CORE-010: an agent's tool is refused where it is made."""
    with pytest.raises(UserError, match="max_turns is"):
        Agent("A").as_tool(max_turns=bad)


@pytest.mark.parametrize("most", [None, 0, LARGEST])
async def test_the_largest_bounds_are_kept(most):
    """TS-CORE-010: and none at all."""
    config = RunConfig(max_tokens=most or None, max_output=most, max_depth=most, max_seconds=1e6)
    model = ScriptedModel(["Done."])
    state = (await run_agent(Agent("A", model), "Hi", max_turns=most or None, run_config=config)).to_state()
    assert saved_again(state)["runs"][0]["limits"].get("max_depth") == most
