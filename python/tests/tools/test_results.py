"""What tools give back, as the model is sent it."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timestep import ModelBehaviorError, ToolError, UserError
from timestep.codec import strict_json
from timestep.tools.output_type import output_type_of
from timestep.tools.results import output_of, plain_json


@dataclass
class Point:
    """A point."""

    x: int
    y: str


class Colour(enum.Enum):
    """A colour."""

    RED = "red"


class City(pydantic.BaseModel):
    """A city."""

    name: str


class Note(msgspec.Struct):
    """A note."""

    text: str


@pytest.mark.parametrize(
    ("value", "output", "compat"),
    [
        ("sunny", "sunny", "sunny"),
        ("", "", ""),
        ({"n": 3, "é": "ü"}, '{"n":3,"é":"ü"}', "{'n': 3, 'é': 'ü'}"),
        (None, "null", "None"),
        (True, "true", "True"),
        (2**70, "1180591620717411303424", "1180591620717411303424"),
        ([1, (2, 3)], "[1,[2,3]]", "[1, (2, 3)]"),
        ([], "[]", "[]"),
        (Decimal("1.50"), '"1.50"', "1.50"),
        ({1: "a"}, '{"1":"a"}', "{1: 'a'}"),
        (Point(1, "b"), '{"x":1,"y":"b"}', "Point(x=1, y='b')"),
        (Colour.RED, '"red"', "Colour.RED"),
        (City(name="Oslo"), '{"name":"Oslo"}', "name='Oslo'"),
        (Note("hi"), '{"text":"hi"}', "Note(text='hi')"),
        (datetime(2026, 1, 2, tzinfo=UTC), '"2026-01-02T00:00:00Z"', "2026-01-02 00:00:00+00:00"),
        ([{"type": "text"}], '[{"type":"text"}]', "[{'type': 'text'}]"),
        ({"type": "text", "text": "a", "n": 1}, '{"type":"text","text":"a","n":1}', None),
        ([{"type": "text", "text": "a"}, 3], '[{"type":"text","text":"a"},3]', None),
    ],
)
def test_a_result_becomes_text(value, output, compat):
    """TS-TOOL-030: strings stay, all else is compact JSON; for the Python SDK's text, `str()`."""
    assert output_of(value) == output
    if compat is not None:
        assert output_of(value, compat="openai-agents-python") == compat


class ToolOutputImage(pydantic.BaseModel):
    """As the Agents SDK has it."""

    type: str = "image"
    image_url: str | None = None
    file_id: str | None = None
    detail: str | None = None


@pytest.mark.parametrize(
    ("value", "output"),
    [
        ({"type": "text", "text": "a"}, [{"type": "input_text", "text": "a"}]),
        ([{"type": "input_text", "text": "a"}], [{"type": "input_text", "text": "a"}]),
        (ToolOutputImage(image_url="data:,x"), [{"type": "input_image", "image_url": "data:,x"}]),
        (
            ({"type": "image", "file_id": "f", "detail": "low"}, {"type": "file", "file_data": "x", "filename": "a"}),
            [
                {"type": "input_image", "file_id": "f", "detail": "low"},
                {"type": "input_file", "file_data": "x", "filename": "a"},
            ],
        ),
    ],
)
@pytest.mark.parametrize("compat", [None, "openai-agents-python"])
def test_structured_items_become_content(value, output, compat):
    """TS-TOOL-030: text, image and file items, alone or in a list, are sent as content items."""
    assert output_of(value, compat=compat) == output


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}, object(), Path, {"a": object()}, "a\ud800"])
def test_a_result_without_json_form_is_a_failure(value):
    """TS-TOOL-030: what has no JSON form is an error that says the tool has run, and never half a text."""
    with pytest.raises(ToolError, match="The tool has run") as caught:
        output_of(value)
    assert caught.value.code == "tool-result"


def test_a_result_that_contains_itself_is_a_failure():
    """TS-TOOL-030: endless nesting ends in the same error."""
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ToolError, match="The tool has run"):
        plain_json(endless)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON.filter(lambda value: not isinstance(value, str)))
def test_the_text_of_a_json_result_reads_back(value):
    """TS-TOOL-030: the text is strict JSON of the same value."""
    output = output_of(value)
    if isinstance(output, str):
        assert strict_json.loads(output) == value


# --- output types


@dataclass
class Answer:
    """An answer."""

    text: str
    score: int | None = None


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (Answer, '{"text":"a","score":null}', Answer("a")),
        (City, '{"name":"Oslo"}', City(name="Oslo")),
        (list[int], '{"response":[1,2]}', [1, 2]),
        (int | None, '{"response":null}', None),
        (Colour, '{"response":"red"}', Colour.RED),
    ],
)
def test_a_final_output_is_read_as_its_type(type_, text, value):
    """TS-TOOL-037: the schema is a strict object, and what it allows reads back as the type."""
    output = output_type_of(type_)
    assert output.schema["type"] == "object"
    assert output.schema["additionalProperties"] is False
    assert output.parse(text) == value


@pytest.mark.parametrize("text", ["", "no", "[1]", '{"text":1}', '{"text":"a","text":"b"}'])
def test_a_final_output_of_another_type_is_refused(text):
    """TS-TOOL-037: text that is not of the type is an error of the model."""
    with pytest.raises(ModelBehaviorError, match="the final output is no Answer") as caught:
        output_type_of(Answer).parse(text)
    assert caught.value.code == "output-type"


def test_text_needs_no_output_type():
    """TS-TOOL-037: an agent without an output type, or with str, gives text; an open type is refused."""
    assert output_type_of(None) is None
    assert output_type_of(str) is None
    with pytest.raises(UserError, match="open object"):
        output_type_of(dict[str, int])
