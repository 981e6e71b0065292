"""The JSON Schemas of the specification: sound, at their own addresses, and in the portable subset."""

import json
import re
from pathlib import Path

import pytest

from spec_checks import schemas
from spec_checks.schema_files import Place, SchemaFiles, line_of
from spec_checks.subset import outside

from .copies import copy, planted, swapped

FOLDER = "spec/schema/v1"
STEP, USAGE, COMMON = (f"{FOLDER}/{name}.schema.json" for name in ("step", "usage", "common"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory, repo_root):
    """Return the root of a copy of a few schemas."""
    return copy(repo_root, tmp_path_factory.mktemp("schemas"), STEP, USAGE, COMMON)


def test_the_schemas_are_sound_and_portable(repo_root):
    """Each schema passes the meta-schema, has its own address, leads nowhere dead, and keeps to the portable subset."""
    assert [fault.message for fault in schemas.faults(repo_root)] == []


def with_keyword(**keywords):
    """Return a change that adds keywords to a schema."""
    return lambda text: json.dumps({**json.loads(text), **keywords}, indent=2)


#: Fault -> the changes of files, and what is reported.
PLANTED = {
    "refused by the meta-schema": (
        {COMMON: swapped('"integer"', '"whole"')},
        (COMMON, "refused by the meta-schema: 'whole' is not valid under any of the given schemas"),
    ),
    "of another draft": (
        {USAGE: swapped("draft/2020-12", "draft/2019-09")},
        (USAGE, "$schema is not https://json-schema.org/draft/2020-12/schema"),
    ),
    "with the address of another": (
        {USAGE: swapped("v1/usage.schema.json", "v1/use.schema.json")},
        (USAGE, "$id is not https://timestep-ai.github.io/timestep/spec/v1/usage.schema.json"),
    ),
    "with the title of another": (
        {USAGE: swapped('"title": "Usage"', '"title": "Step"')},
        (USAGE, "step.schema.json has the title 'Step' as well"),
    ),
    "without a description": (
        {COMMON: swapped('"description": "Parts that several documents share; see core.md.",', "")},
        (COMMON, "there is no description"),
    ),
    "in a file of another style": (
        {f"{FOLDER}/Use_2.schema.json": lambda _: '{"title": "Use", "description": "It.", "$schema": "", "$id": ""}'},
        (f"{FOLDER}/Use_2.schema.json", "the file is not named in lower-case words with hyphens"),
    ),
    "with a reference to no part": (
        {COMMON: swapped('"digest": {', '"sha": {')},
        (STEP, "common.schema.json#/$defs/digest: there is no such schema"),
    ),
    "with a reference to no file": (
        {STEP: swapped("common.schema.json#/$defs/digest", "parts.schema.json#/$defs/digest")},
        (STEP, "parts.schema.json#/$defs/digest: there is no such schema"),
    ),
    "with a reference to what is no schema": (
        {STEP: swapped("common.schema.json#/$defs/digest", "common.schema.json#/title")},
        (STEP, "common.schema.json#/title: there is no such schema"),
    ),
    "outside the portable subset": (
        {USAGE: with_keyword(unevaluatedProperties=False)},
        (USAGE, "unevaluatedProperties is outside the portable subset"),
    ),
    "that is no JSON": ({USAGE: lambda _: "{"}, (USAGE, "usage.schema.json: Expecting property name")),
    "that is no object": ({USAGE: lambda _: "[]"}, (USAGE, "it is no object")),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_fault_in_a_schema_is_found(copied, reported, case):
    """Each kind of fault in a schema is reported, with its file and line."""
    changes, (file, message) = PLANTED[case]
    expected = re.compile(rf"{re.escape(file)}:[0-9]+: {re.escape(message)}")
    with planted(copied, changes):
        assert [line for line in reported(copied, schemas) if expected.match(line)] != []


UNPORTABLE = {
    "$dynamicRef": {"$dynamicRef": "#x"},
    "$dynamicAnchor": {"$dynamicAnchor": "x"},
    "$recursiveRef": {"$recursiveRef": "#"},
    "$vocabulary": {"$vocabulary": {}},
    "$anchor": {"$anchor": "x"},
    "unevaluatedItems": {"properties": {"a": {"unevaluatedItems": False}}},
    "oneOf": {"allOf": [{"oneOf": [{}, {}]}]},
    "anyOf": {"else": {"anyOf": [{}, {}]}},
    "format": {"items": {"format": "date-time"}},
    "dependentRequired": {"$defs": {"a": {"dependentRequired": {}}}},
    "contains": {"prefixItems": [{"contains": {}}]},
    "contentEncoding": {"additionalProperties": {"contentEncoding": "base64"}},
    "patternProperties": {"not": {"patternProperties": {}}},
    "class of characters by property": {"items": {"pattern": r"^\p{L}+$"}},
    "class of characters by letter": {"propertyNames": {"pattern": r"^\w+$"}},
    "edge of a word": {"then": {"pattern": r"a\b"}},
    "look-ahead": {"if": {"pattern": "^(?=a)"}},
    "look-behind": {"if": {"pattern": "(?<!a)b"}},
    "group with a name": {"pattern": "(?<a>b)"},
    "group of an earlier text": {"pattern": r"(a)\1"},
    "schema that is none": {"items": [{}]},
}


@pytest.mark.parametrize("case", UNPORTABLE)
def test_what_is_outside_the_portable_subset_is_found_wherever_it_stands(case):
    """A keyword or part of a pattern that is not in the subset is told once, in whatever it stands."""
    assert len(list(outside(UNPORTABLE[case]))) == 1


def test_what_is_inside_the_subset_is_let_pass():
    """Names of members are no keywords, values are no schemas, and punctuation in a pattern may be escaped."""
    schema = {
        "properties": {"oneOf": {"const": {"format": 1}}, "pattern": {"enum": [{"anyOf": []}]}},
        "$defs": {"contains": {"pattern": r"^(?:[a-z]|\.|\u0000|\\)+$", "default": {"contains": {}}}},
        "additionalProperties": False,
    }
    assert list(outside(schema)) == []


def test_the_line_of_a_part_is_found():
    """A path leads to the line where its member or element begins; one that leads on to nothing, to what is around."""
    text = '{\n "a": 1,\n "b": [\n  {"c": {"a": "}"}},\n  {\n   "a": []\n  }\n ]\n}'
    paths = [("a",), ("b",), ("b", "0", "c", "a"), ("b", "1"), ("b", "1", "a"), ("b", "1", "z"), ("z",), ()]
    assert [line_of(text, path) for path in paths] == [2, 3, 4, 5, 6, 5, 1, 1]


def test_a_reference_may_lead_within_its_file_to_another_or_be_whole():
    """References are resolved as in RFC 6901 and RFC 3986, whichever way they are written."""
    files = SchemaFiles(Path("nowhere"))
    base = "https://timestep-ai.github.io/timestep/spec/v1/"
    assert files.target("a.schema.json", "#") == Place("a.schema.json")
    assert files.target("a.schema.json", "#/$defs/x~1y/%25") == Place("a.schema.json", ("$defs", "x/y", "%"))
    assert files.target("a.schema.json", "b.schema.json#/$defs/x") == Place("b.schema.json", ("$defs", "x"))
    assert files.target("a.schema.json", base + "b.schema.json") == Place("b.schema.json")
