"""Arguments against a JSON Schema that was given with a tool."""

import pytest

from timestep import Agent, Tool, run_agent
from timestep.errors import ModelBehaviorError
from timestep.testing import ScriptedModel, tool_call
from timestep.tools.fitting import misfit

PLACE = {
    "type": "object",
    "properties": {"place": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    "required": ["place"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"place": {"city": "Oakland"}}, None),
        ({"place": {"city": 5}}, "`place.city`: 5 is not of type 'string'"),
        ({"place": {}}, "`place`: 'city' is a required property"),
        ({}, "'place' is a required property"),
        ({"place": {"city": "x"}, "day": 1}, "Additional properties are not allowed ('day' was unexpected)"),
    ],
    ids=["fits", "wrong", "missing-below", "missing", "unknown"],
)
def test_the_place_and_what_is_wrong_are_told(value, told):
    """TS-TOOL-031: the model is told the argument and what is wrong with it."""
    assert misfit(PLACE, value) == told


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nothing"},
        {"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}},
        {"$ref": "#/$defs/none"},
        {"$ref": "#"},
        {"properties": {"b": {"type": "string", "pattern": "^\\p{L}+$"}}},
    ],
    ids=["no-schema", "elsewhere", "nowhere", "for-ever", "pattern-of-another-language"],
)
def test_a_schema_that_can_not_be_gone_by_refuses_nothing(schema):
    """TS-TOOL-031: whether a value fits is not known then; nothing is fetched to find out."""
    assert misfit(schema, {"a": 1, "b": "x"}) is None


def test_a_long_value_is_not_repeated_whole():
    """TS-TOOL-031: what the model is told is short, and says at its end what is wrong."""
    told = misfit({"properties": {"a": {"type": "integer"}}}, {"a": "x" * 100_000})
    assert len(told) < 500
    assert told.endswith("is not of type 'integer'")


def where(reached):
    """Return a tool that notes what it is asked."""
    return Tool("where", "", PLACE, lambda _, arguments: reached.append(arguments) or "there")


@pytest.mark.parametrize("arguments", ['{"place": {"city": 5}}', "{", "[]"])
def test_what_does_not_fit_is_told_to_the_model(arguments):
    """TS-TOOL-031: what a tool with a schema of its own is not asked with has a code, and words for the model."""
    with pytest.raises(ModelBehaviorError, match="Correct them and call the tool again") as raised:
        where([]).check(arguments)
    assert raised.value.code == "tool-arguments"


@pytest.mark.asyncio
@pytest.mark.parametrize("compat", [None, "openai-agents-python", "openai-agents-js"])
async def test_what_does_not_fit_does_not_reach_the_body(compat):
    """TS-TOOL-031: the model is told, and asked again; with `compat` the body gets the text, as in both SDKs."""
    reached = []
    wrong, right = '{"place": {"city": 5}}', '{"place": {"city": "Oakland"}}'
    model = ScriptedModel([tool_call("where", wrong), tool_call("where", right), "Found."])
    result = await run_agent(Agent(name="Guide", tools=[where(reached)], model=model), "Where?", compat=compat)
    assert result.final_output == "Found."
    assert reached == ([right] if compat is None else [wrong, right])
