"""A schema that a testee gives is judged by what it takes, and by its form where it has to be strict."""

import pytest

from timestep_conformance.matching import difference

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
LIST = {"type": "object", "properties": {"a": {"type": "array", "items": {"properties": {}}}}, "required": ["a"]}
REFERRED = {"$defs": {"s": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/s", "description": "x"}}}


@pytest.mark.parametrize(
    ("wanted", "schema"),
    [
        ({"all": [{"a": "x"}], "none": [{}, {"a": 1}, {"a": "x", "b": 1}]}, CLOSED),
        ({"strict": True, "none": [1]}, CLOSED),
        ({"all": [{"a": "x"}], "none": [{"a": 1}]}, REFERRED),
        ({"all": [1, "x", None]}, {}),
        ({"all": [1]}, True),
    ],
)
def test_a_schema_is_judged_by_what_it_takes(wanted, schema):
    """TS-TOOL-020: whatever its words are, it takes each of these values and none of those."""
    assert difference({"$takes": wanted}, schema) is None


@pytest.mark.parametrize(
    ("wanted", "schema", "told"),
    [
        ({"all": [{"a": 1}]}, CLOSED, "refuses {'a': 1}"),
        ({"none": [{"a": "x"}]}, CLOSED, "takes {'a': 'x'}"),
        ({"strict": True}, CLOSED | {"additionalProperties": True}, "not closed"),
        ({"strict": True}, CLOSED | {"required": []}, "not all members are required"),
        ({"strict": True}, LIST | {"additionalProperties": False}, "not closed"),
        ({"strict": True}, REFERRED | {"required": ["a"], "additionalProperties": False}, "siblings"),
        ({"all": []}, {"type": "text"}, "no JSON Schema"),
        ({"all": []}, [1], "no JSON Schema"),
    ],
)
def test_what_is_wrong_with_a_schema_is_told(wanted, schema, told):
    """TS-TOOL-020, TS-TOOL-021: a value on the wrong side, or an object inside that is not strict."""
    found = difference({"$takes": wanted}, schema, at="/parameters")
    assert found is not None
    assert told in found.told
    assert found.pointer == "/parameters"
