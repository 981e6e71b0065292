"""Two validators and our readers on the same documents: those of the examples, and generated ones."""

import json
from collections import Counter
from pathlib import Path

import jsonschema
import jsonschema_rs
import msgspec
import pytest
from referencing import Registry, Resource

from timestep.codec import document, strict_json
from timestep.errors import TimestepError
from timestep.state import read
from timestep.types import effects
from timestep.types.events import event_from_json
from timestep_conformance.generate import Generator

FOLDER = Path(__file__).resolve().parents[3] / "spec/schema/v1"
SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.schema.json"))}
#: All but the one that only holds parts of others.
DOCUMENTS = [
    name for name, schema in SCHEMAS.items() if schema.keys() - {"$schema", "$id", "title", "description", "$defs"}
]
FILE_OF = {schema["title"]: name for name, schema in SCHEMAS.items()}
STATE = "run-state.schema.json"
FIRST_REGISTRY = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)
SECOND_REGISTRY = jsonschema_rs.Registry([(schema["$id"], schema) for schema in SCHEMAS.values()])
FIRST = {name: jsonschema.Draft202012Validator(SCHEMAS[name], registry=FIRST_REGISTRY) for name in DOCUMENTS}
SECOND = {name: jsonschema_rs.Draft202012Validator(SCHEMAS[name], registry=SECOND_REGISTRY) for name in DOCUMENTS}
EXAMPLES = sorted(path for path in (FOLDER / "examples").glob("*/*/*.json") if ".expect." not in path.name)


def leaves(errors):
    """Yield the errors that have no cause of their own."""
    for error in errors:
        yield from leaves(error.context) if error.context else [error]


def first(name, value):
    """Return the places that `jsonschema` refuses."""
    return {tuple(map(str, error.absolute_path)) for error in leaves(FIRST[name].iter_errors(value))}


def second(name, value):
    """Return the places that `jsonschema-rs` refuses."""
    return {tuple(map(str, error.instance_path)) for error in SECOND[name].iter_errors(value)}


def agreed(name, value):
    """Tell whether both accept a value; they agree on that, and on a place where they refuse it."""
    one, other = first(name, value), second(name, value)
    assert bool(one) == bool(other), (name, value, one, other)
    assert not one or one & other, (name, value, one, other)
    return not one


def only_line_ends(name, value):
    """Tell whether all that is wrong is a line feed behind a text of a pattern: see the test of it."""
    errors = list(SECOND[name].iter_errors(value))
    return bool(errors) and all(error.kind.name == "pattern" and str(error.instance).endswith("\n") for error in errors)


# --- two validators


@pytest.mark.parametrize("kind", sorted({path.parent.parent.name for path in EXAMPLES}))
def test_two_validators_agree_on_the_examples(kind):
    """TS-STATE-001: valid and inconsistent examples pass both validators, invalid ones neither, at a common place."""
    for path in EXAMPLES:
        if path.parent.parent.name == kind:
            value = json.loads(path.read_text(encoding="utf-8"))
            assert agreed(FILE_OF[kind], value) == (path.parent.name != "invalid"), path


def test_two_validators_accept_a_thousand_generated_documents():
    """Documents that are made to be valid are: of every schema, and in the eyes of both validators."""
    generator = Generator(SCHEMAS, seed=11)
    for number in range(1000):
        name = DOCUMENTS[number % len(DOCUMENTS)]
        value = generator.document(name)
        assert agreed(name, value), (name, value)


def test_two_validators_agree_on_a_thousand_documents_with_one_change():
    """One change makes most documents invalid, and both validators say of the same ones so, and where."""
    generator = Generator(SCHEMAS, seed=12)
    refused = 0
    for number in range(1000):
        name = DOCUMENTS[number % len(DOCUMENTS)]
        value = generator.mutant(name)
        if not only_line_ends(name, value):
            refused += not agreed(name, value)
    assert refused > 800  # the rest is 3.0 for 3, or stands where the document may have something else too


def test_validators_differ_in_a_line_feed_at_the_end():
    """`$` is the end in ECMA 262 and so in JSON Schema; `jsonschema` takes Python's, also before a last line feed."""
    value = json.loads((FOLDER / "examples/Origin/valid/imported.json").read_text(encoding="utf-8"))
    value["sha256"] += "\n"
    assert only_line_ends("origin.schema.json", value)
    assert first("origin.schema.json", value) == set()


# --- our readers


def taken(reader, value):
    """Tell whether a reader takes a value."""
    try:
        reader(strict_json.loads(json.dumps(value).encode()))
    except (TimestepError, msgspec.ValidationError):
        return False
    return True


def as_effect(value):
    """Read an effect as the loop makes it."""
    return msgspec.convert(value, effects.AnyEffect)


def has(value, test):
    """Tell whether a test holds for a value or one within it."""
    return test(value) or any(has(part, test) for part in parts(value))


def fraction(value):
    """Tell whether a number is written as 3.0: to a schema it is an integer, to TS-CORE-010 none."""
    return isinstance(value, float) and value == int(value)


def own_name(value):
    """Tell whether an object has a member that our records have for their own use, which only run states get around."""
    return isinstance(value, dict) and "unknown" in value


def test_the_reader_takes_every_generated_run_state():
    """TS-STATE-001, TS-VERS-004: what the schema allows is read, and written so that it reads the same again."""
    generator = Generator(SCHEMAS, seed=13)
    for _ in range(500):
        once = document.decode(json.dumps(generator.document(STATE)).encode())
        assert document.decode(document.encode(once)) == once


def test_the_reader_refuses_of_changed_run_states_only_what_the_schema_refuses():
    """TS-CORE-010: the one thing that the reader of shapes refuses besides is an integer with a fraction, 3.0 for 3."""
    generator = Generator(SCHEMAS, seed=14)
    taken_of = Counter()
    for _ in range(1000):
        value = generator.mutant(STATE)
        valid, reads = SECOND[STATE].is_valid(value), taken(document.from_json, value)
        assert reads or not valid or has(value, fraction), value
        taken_of[valid] += reads
    assert taken_of[False] < 300  # bounds and patterns: the rules that come after the shape
    assert taken_of[True]


#: Valid states whose parts fit each other, so that nothing but the one change can be against them.
CONSISTENT = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES if path.match("RunState/valid/*")]


def test_the_whole_reader_refuses_whatever_the_schema_refuses():
    """TS-STATE-001: a state that is consistent and has one thing changed is refused wherever the schema refuses it."""
    generator = Generator(SCHEMAS, seed=15)
    refused = 0
    for number in range(3000):
        value = generator.mutant(STATE, of=CONSISTENT[number % len(CONSISTENT)])
        places = second(STATE, value)
        if places and isinstance(value, dict):  # a list is no state, and can be one of session items
            refused += 1
            assert not taken(whole, value), places
    assert refused > 2000


def whole(value):
    """Read a run state and check that its parts fit each other."""
    return read(json.dumps(value).encode())


@pytest.mark.parametrize(("name", "reader"), [("event", event_from_json), ("effect", as_effect)])
def test_events_and_effects_are_read_as_their_schemas_say(name, reader):
    """TS-TRANS-010: each event and effect that the schema allows is read, and none with a type or member of its own."""
    generator = Generator(SCHEMAS, seed=16)
    file = f"{name}.schema.json"
    for _ in range(500):
        value = generator.document(file)
        assert taken(reader, value) or has(value, own_name), value
    refused = 0
    for _ in range(500):
        value = generator.mutant(file)
        errors = list(SECOND[file].iter_errors(value))
        assert taken(reader, value) <= (not any(about_itself(error) for error in errors)), value
        refused += bool(errors)
        assert errors or taken(reader, value) or has(value, fraction) or has(value, own_name), value
    assert refused > 400


def parts(value):
    """Return the values within a value."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def about_itself(error):
    """Tell whether a refusal is about the members of an event or effect, and not about bounds and what is within."""
    names = {"required", "additionalProperties", "enum", "const", "type"}
    return error.kind.name in names and len(error.instance_path) <= (error.kind.name in {"enum", "const", "type"})
