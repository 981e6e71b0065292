"""The schemas of typed functions, held against those the Agents SDK derives, and against what providers enforce."""

import dataclasses
import enum
import importlib.util
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import pydantic
import pytest
from annotated_types import Ge, Len
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from timestep import ToolContext, UserError, function_tool
from timestep.tools.docstring import documentation
from timestep.tools.schema import schema_of, strict

HERE = Path(__file__).parent


def load_samples():
    """Load the functions both packages are given; test modules are no package."""
    spec = importlib.util.spec_from_file_location("sample_functions", HERE / "sample_functions.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_functions"] = module
    spec.loader.exec_module(module)
    return module


SAMPLES = load_samples()
CASES = [("strict", function) for function in SAMPLES.STRICT] + [("loose", function) for function in SAMPLES.LOOSE]


@pytest.fixture(scope="module")
def by_sdk(sdk_python):
    """Return what the SDK derives, from an interpreter of its own."""
    answer = subprocess.run(
        [sdk_python, HERE / "derive_with_sdk.py"], capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def compared(schema, *, names=False):
    """Return a schema without what says nothing: titles, orders of sets, `const` for one value, open by saying so."""
    if isinstance(schema, list):
        return [compared(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    if names:
        return {name: compared(member) for name, member in schema.items()}
    found = {
        key: compared(value, names=key in ("properties", "$defs")) for key, value in schema.items() if key != "title"
    }
    if "const" in found:
        found["enum"] = [found.pop("const")]
    for key in ("enum", "required"):
        if key in found:
            found[key] = sorted(found[key], key=repr)
    if found.get("additionalProperties") is True:
        del found["additionalProperties"]
    return found


@pytest.mark.parametrize(("mode", "function"), CASES, ids=[f"{mode}-{each.__name__}" for mode, each in CASES])
def test_a_schema_is_the_one_the_agents_sdk_derives(by_sdk, mode, function):
    """TS-TOOL-020: the same function has the same description and schema under both packages."""
    tool = function_tool(function, strict=mode == "strict")
    description, schema = by_sdk[mode][function.__name__]
    assert tool.description == (description or "")
    assert compared(tool.params_json_schema) == compared(schema)


def objects_in(schema):
    """Yield each object schema."""
    if isinstance(schema, list):
        for member in schema:
            yield from objects_in(member)
    elif isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for member in schema.values():
            yield from objects_in(member)


@pytest.mark.parametrize("function", SAMPLES.STRICT, ids=lambda each: each.__name__)
def test_a_strict_schema_is_closed_and_valid(function):
    """TS-TOOL-021: every object is closed and requires all members, no `$ref` has siblings, and it is JSON Schema."""
    schema = function_tool(function).params_json_schema
    Draft202012Validator.check_schema(schema)
    for each in objects_in(schema):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
    assert all(len(each) == 1 for each in references_in(schema))


def references_in(schema):
    """Yield each schema that is a reference."""
    members = schema if isinstance(schema, list) else schema.values() if isinstance(schema, dict) else []
    if isinstance(schema, dict) and "$ref" in schema:
        yield schema
    for member in members:
        yield from references_in(member)


class City(pydantic.BaseModel):
    """A city."""

    name: str
    size: int | None = None


class Trip(pydantic.BaseModel):
    """A journey."""

    stops: list[City]


def test_a_pydantic_model_brings_its_own_schema():
    """TS-TOOL-020: a parameter that is a pydantic model is described by the model, its definitions at the top."""

    @function_tool
    def plan(trip: Trip, home: City | None = None) -> str:
        """Plan."""
        return f"{trip}{home}"

    schema = plan.params_json_schema
    Draft202012Validator.check_schema(schema)
    assert set(schema["$defs"]) == {"City"}
    assert schema["properties"]["trip"]["properties"]["stops"]["items"] == {"$ref": "#/$defs/City"}
    Draft202012Validator(schema).validate({"trip": {"stops": [{"name": "Oslo", "size": None}]}, "home": None})


def test_constraints_of_other_libraries_are_kept():
    """TS-TOOL-020: limits stated with annotated_types, pydantic or msgspec all reach the model."""

    @function_tool
    def count(
        a: Annotated[int, Ge(1)],
        b: Annotated[str, pydantic.Field(description="a text", max_length=3)],
        c: Annotated[list[int], Len(1, 2)],
        d: Annotated[float, msgspec.Meta(lt=2, description="small")],
    ) -> str:
        """Count."""
        return f"{a}{b}{c}{d}"

    assert count.params_json_schema["properties"] == {
        "a": {"type": "integer", "minimum": 1},
        "b": {"type": "string", "maxLength": 3, "description": "a text"},
        "c": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
        "d": {"type": "number", "exclusiveMaximum": 2, "description": "small"},
    }


def test_the_context_is_no_parameter():
    """TS-TOOL-020: a first parameter annotated as the context is not shown to the model, by whatever name it goes."""

    @function_tool
    def look(anything: ToolContext[dict[str, int]], city: str) -> str:
        """Look."""
        return f"{anything}{city}"

    @function_tool
    def late(ctx: "ToolContext[None]", city: "str") -> "str":
        """Look."""
        return f"{ctx}{city}"

    assert list(look.params_json_schema["properties"]) == ["city"]
    assert list(late.params_json_schema["properties"]) == ["city"]


def open_object(counts: dict[str, int]) -> str:
    """Count."""
    return str(counts)


def inside_a_list(counts: list[dict[str, int]]) -> str:
    """Count."""
    return str(counts)


def keywords(**more: int) -> str:
    """Count."""
    return str(more)


def context_second(city: str, ctx: ToolContext[None]) -> str:
    """Look."""
    return f"{city}{ctx}"


def unresolvable(city: "Nowhere") -> str:  # noqa: F821
    """Look."""
    return city


def no_json(thing: object, callback: complex) -> str:
    """Look."""
    return f"{thing}{callback}"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (open_object, "open_object.counts is an open object"),
        (inside_a_list, "open object"),
        (keywords, "takes **more, which has no strict schema"),
        (context_second, "takes the context as 'ctx', which is not its first parameter"),
        (unresolvable, "annotation that can't be resolved: name 'Nowhere'"),
        (no_json, "no_json has no JSON Schema: the type 'object' has no JSON form"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_function_without_a_schema_is_refused(function, said):
    """TS-TOOL-020, TS-TOOL-021: the refusal says what is wrong, and comes when the tool is made."""
    with pytest.raises(UserError, match=r".") as caught:
        function_tool(function)
    assert said in caught.value.message
    assert caught.value.code == "tool-schema"


@pytest.mark.parametrize("function", [open_object, keywords])
def test_strict_can_be_turned_off(function):
    """TS-TOOL-021: with strict=False an open object is allowed, and the provider is told so."""
    tool = function_tool(strict=False)(function)
    assert tool.definition()["strict"] is False
    Draft202012Validator.check_schema(tool.params_json_schema)


class Pair(NamedTuple):
    """Two."""

    left: int
    right: str


class Grade(enum.StrEnum):
    """Three."""

    A = "a"
    B = "b"


@dataclasses.dataclass
class Empty:
    """None."""


def hints():
    """Give types a tool may take, with values of them."""
    leaves = st.sampled_from([int, str, bool, float, Grade, Pair, Empty, datetime, Literal["x", "y"], Literal[1]])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(lambda each: list[each]),
            inner.map(lambda each: each | None),
            st.tuples(inner, inner).map(lambda two: tuple[two[0], two[1]]),
        ),
        max_leaves=4,
    )


@given(hints())
def test_any_combination_of_types_has_a_valid_strict_schema(hint):
    """TS-TOOL-021: whatever types are combined, the schema is JSON Schema, and strict already."""
    schema = strict({"type": "object", "properties": {"it": schema_of(hint)}})
    Draft202012Validator.check_schema(schema)
    assert strict(schema) == schema


@given(st.text(max_size=200))
def test_any_docstring_can_be_read(text):
    """TS-TOOL-020: a docstring of any form is read without an error, and gives texts."""

    def function(a: Any) -> None:
        del a

    function.__doc__ = text
    told = documentation(function)
    assert isinstance(told.description, str)
    assert all(isinstance(value, str) for value in told.parameters.values())
