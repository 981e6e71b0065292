"""Arguments against a JSON Schema that was given with a tool."""

import pytest

from timestep import Tool
from timestep.errors import ModelBehaviorError
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
    [{"type": "nothing"}, {"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}}, {"$ref": "#/$defs/none"}],
    ids=["no-schema", "elsewhere", "nowhere"],
)
def test_a_schema_that_can_not_be_gone_by_refuses_nothing(schema):
    """TS-TOOL-031: whether a value fits is not known then; nothing is fetched to find out."""
    assert misfit(schema, {"a": 1}) is None


@pytest.mark.asyncio
async def test_what_does_not_fit_does_not_reach_the_body():
    """TS-TOOL-031: a tool with a schema of its own is asked only with arguments that fit it."""
    reached = []
    tool = Tool("where", "", PLACE, lambda _, arguments: reached.append(arguments))
    with pytest.raises(ModelBehaviorError, match=r"`place\.city`: 5 is not") as raised:
        await tool.invoke(None, '{"place": {"city": 5}}', "c1")
    assert raised.value.code == "tool-arguments"
    assert reached == []
    await tool.invoke(None, '{"place": {"city": "Oakland"}}', "c2")
    assert reached == ['{"place": {"city": "Oakland"}}']
