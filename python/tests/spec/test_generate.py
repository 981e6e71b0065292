"""The generator of documents: all that schemas allow occurs, the same comes again, and what it can't make it names."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from timestep_conformance import patterns, samples
from timestep_conformance.generate import Generator
from timestep_conformance.schemas import SchemaError, Schemas

FOLDER = Path(__file__).resolve().parents[3] / "spec/schema/v1"
SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.schema.json"))}
STATE = "run-state.schema.json"
READER = Schemas(SCHEMAS)


def labels(value, name):
    """Yield the identity of each object in a schema file, and its place."""
    if isinstance(value, dict):
        yield id(value), name
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from labels(inner, f"{name}/{key}")


LABELS = {key: label for name, schema in SCHEMAS.items() for key, label in labels(schema, name)}


def below(part):
    """Yield the schemas that a schema leads to: for the same value, for its members, for its items."""
    if "$ref" in part.schema:
        yield READER.part(part.schema["$ref"], part.file)
    yield from (part.inner(inner) for inner in part.members().values())
    yield from (part.at(name) for name in ("items", "additionalProperties", "then", "else"))
    yield from part.all("allOf") + part.all("prefixItems")


def allowed(part, known):
    """List what a schema, and those it leads to, let occur: members there and absent, values, lengths of lists."""
    label = LABELS.get(id(part.schema))
    if label is None or label in known:
        return
    known.add(label)
    values = part.schema.get("enum", []) + ([part.schema["const"]] if "const" in part.schema else [])
    yield from ((label, "value", json.dumps(value)) for value in values)
    for name, inner in part.members().items():
        if not part.inner(inner).never():
            yield label, "there", name
            if name not in part.names("required"):
                yield label, "absent", name
    if part.members() and part.schema.get("type") == "object" and not part.at("additionalProperties").never():
        yield label, "there", "a member of no name that is known"
    if "items" in part.schema and not part.at("items").never():
        sizes = {min(max(size, part.schema.get("minItems", 0)), part.schema.get("maxItems", 2)) for size in (0, 1, 2)}
        yield from ((label, "items", size) for size in sizes)
    for inner in below(part):
        yield from allowed(inner, known)


def holding(value, part):
    """Yield the schemas that hold for a value, those of the branches it takes included."""
    for flat in READER.flat([part]):
        yield flat
        if "if" in flat.schema:
            yield from holding(value, flat.at("then" if READER.conforms(value, flat.at("if")) else "else"))


def occurring(value, part):
    """List what occurs in a value, in the words of `allowed`."""
    for held in holding(value, part):
        label = LABELS.get(id(held.schema))
        if "enum" in held.schema or "const" in held.schema:
            yield label, "value", json.dumps(value)
        if isinstance(value, dict):
            yield from ((label, "there" if name in value else "absent", name) for name in held.members())
            if value.keys() - held.members():
                yield label, "there", "a member of no name that is known"
            for name, inner in value.items():
                yield from occurring(inner, held.member(name))
        if isinstance(value, list):
            yield label, "items", min(len(value), 2)
            for place, inner in enumerate(value):
                yield from occurring(inner, held.item(place))


def test_all_that_the_schema_of_a_run_state_allows_occurs():
    """Each member there and absent, each value of an enumeration, lists of none, one and more, in 2,000 documents."""
    part = READER.part(STATE)
    expected = set(allowed(part, set()))
    assert len(expected) > 300  # the enumeration is no empty one
    generator = Generator(SCHEMAS, seed=1)
    left = set(expected)
    for _ in range(2000):
        left.difference_update(occurring(generator.document(STATE), part))
        if not left:
            break
    assert sorted(map(str, left)) == []


def test_what_readers_stumble_over_occurs_in_fields_that_nobody_knows():
    """TS-VERS-004: fields of unknown names are among the documents, with values of every kind and odd names."""
    generator = Generator(SCHEMAS, seed=2)
    text = "".join(json.dumps(generator.document(STATE), ensure_ascii=False) for _ in range(500))
    for name in ("x_later", "__proto__", "unknown", "start", "🦜"):
        assert f'"{name}": ' in text
    for number in samples.NUMBERS:
        assert json.dumps(number) in text


def test_the_same_seed_gives_the_same_documents_in_every_process():
    """What comes out depends on schemas and seed alone, not on the order in which a process keeps names."""
    code = (
        "import json, pathlib, sys; from timestep_conformance.generate import Generator\n"
        "files = pathlib.Path(sys.argv[1]).glob('*.schema.json')\n"
        "schemas = {path.name: json.loads(path.read_text('utf-8')) for path in files}\n"
        "made = Generator(schemas, 3)\n"
        "print(json.dumps([(made.document(name), made.mutant(name)) for name in sorted(schemas)]))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, FOLDER],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
            timeout=20,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    made = Generator(SCHEMAS, 3)
    assert json.loads(told[0]) == [[made.document(name), made.mutant(name)] for name in sorted(SCHEMAS)]
    assert json.loads(told[0]) != [[made.document(name), made.mutant(name)] for name in sorted(SCHEMAS)]


#: Schemas of a kind the specification does not have yet, and such that are hard to meet.
HARD = {
    "one of": {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}},
    "any of": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "integer", "minimum": 7}]},
    "not": {"type": "string", "not": {"enum": ["", "a"]}},
    "members that must differ": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
    "bounded members": {
        "type": "object",
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": {"type": "null"},
    },
    "a condition in a branch": {
        "type": "object",
        "properties": {"a": {"enum": [1, 2]}, "b": {"enum": [1, 2]}, "c": {}},
        "if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
        "then": {"if": {"properties": {"b": {"const": 1}}, "required": ["b"]}, "then": {"required": ["c"]}},
        "else": {"properties": {"c": {"not": {}}}},
    },
    "a list within itself": {"type": "array", "items": {"$ref": "#"}},
    "any value": {},
}


@pytest.mark.parametrize("case", HARD)
def test_documents_meet_schemas_that_are_hard_to_meet(case):
    """Choices, negations, nested conditions, bounds and recursion give valid documents."""
    generator, validator = Generator({"x.json": HARD[case]}, seed=4), jsonschema_rs.Draft202012Validator(HARD[case])
    for _ in range(200):
        value = generator.document("x.json")
        assert validator.is_valid(value), value


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"patternProperties": {"^x": {}}}, "patternProperties"),
        ({"$ref": "other.json"}, "other.json"),
        ({"type": "string", "pattern": "^(?=a)b$"}, r"^(?=a)b$"),
        ({"type": "string", "pattern": r"^\d$"}, r"^\d$"),
        ({"type": "string", "pattern": "^a(b$"}, "^a(b$"),
        ({"type": "object", "required": ["a"], "additionalProperties": False}, "required"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "integer"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "5 to 4"),
        ({"if": {"minProperties": 1}, "then": {"type": "object"}}, "minProperties"),
    ],
)
def test_what_cannot_be_made_is_an_error_that_names_it(schema, named):
    """A keyword or pattern that the generator doesn't know, and a schema that nothing meets, are told."""
    with pytest.raises((SchemaError, patterns.PatternError), match=re.escape(named)):
        [Generator({"x.json": schema}, seed=seed).document("x.json") for seed in range(20)]


def test_a_text_for_a_pattern_matches_it():
    """Every pattern of the schemas gets texts that it is found in, as a validator reads it."""
    found = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(SCHEMAS)))
    assert found
    rng = random.Random(5)
    for pattern in map(json.loads, found):
        validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
        for _ in range(100):
            assert validator.is_valid(patterns.text_for(pattern, rng)), pattern


def test_a_mutant_of_a_document_differs_from_it_in_one_place():
    """A mutant is the document but for one change, and the document stays as it was."""
    generator = Generator(SCHEMAS, seed=6)
    for _ in range(200):
        value = generator.document(STATE)
        before = json.dumps(value)
        changed = generator.mutant(STATE, of=value)
        assert json.dumps(value) == before != json.dumps(changed)
        assert len(list(changes(value, changed))) == 1


def changes(one, other):
    """Yield the innermost places where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one:
            yield from changes(one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from changes(left, right)
    elif json.dumps(one) != json.dumps(other):
        yield one, other
