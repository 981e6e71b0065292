"""The JSON Schemas of the specification: sound, portable, able to refuse, and in step with types and readers."""

import copy
import json
import re
import types
import typing
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from timestep.codec import document, strict_json
from timestep.codec.pointer import join
from timestep.dialects import invariants
from timestep.errors import TimestepError
from timestep.types import effects, events, findings, state
from timestep.types.base import Record

SPEC = Path(__file__).resolve().parents[3] / "spec"
BASE = "https://timestep-ai.github.io/timestep/spec/v1/"
SCHEMAS = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in (SPEC / "schema/v1").glob("*.schema.json")
}
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values())
FILE_OF = {schema["title"]: name for name, schema in SCHEMAS.items()}
EXAMPLES = sorted((SPEC / "schema/v1/examples").glob("*/*/*.json"))
VALID = [path for path in EXAMPLES if path.parent.name == "valid"]
INVALID = [path for path in EXAMPLES if path.parent.name == "invalid" and not path.name.endswith(".expect.json")]
EXPECTED = {path: json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8")) for path in INVALID}


def validator(kind):
    """Return the validator for a type by its title."""
    return Draft202012Validator(SCHEMAS[FILE_OF[kind]], registry=REGISTRY)


def pointers(kind, value):
    """Return the places that a schema refuses; an unknown member's place is its own."""
    found = set()
    for error in leaves(validator(kind).iter_errors(value)):
        path = list(error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            found |= {join([*path, name]) for name in error.instance if name not in known}
        else:
            found.add(join(path))
    return found


def leaves(errors):
    """Yield the errors that have no cause of their own."""
    for error in errors:
        yield from leaves(error.context) if error.context else [error]


def name_of(path):
    """Return an example's name for the test report."""
    return f"{path.parent.parent.name}-{path.stem}"


# --- the schemas themselves


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_a_sound_2020_12_schema_with_its_own_id(name):
    """Each schema passes the meta-schema and has the address that its file name says."""
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMAS[name]["$id"] == BASE + name


UNPORTABLE = {
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$vocabulary",
    "unevaluatedProperties",
    "unevaluatedItems",
}


def unportable(value, path=()):
    """Yield what some validators don't have, or read otherwise."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in UNPORTABLE:
                yield f"{join(path)}: {key}"
            if key == "pattern" and isinstance(inner, str) and re.search(r"\\[pPdDwWsSbB]|\(\?", inner):
                yield f"{join(path)}: pattern {inner}"
            yield from unportable(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from unportable(inner, (*path, index))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_keeps_to_the_portable_subset(name):
    """No schema uses dynamic references, look-around, or character classes that differ between languages."""
    assert list(unportable(SCHEMAS[name])) == []


@pytest.mark.parametrize(
    "planted", [{"$dynamicRef": "#x"}, {"items": [{"pattern": r"^\p{L}+$"}]}, {"if": {"pattern": "^(?=a)"}}]
)
def test_a_planted_unportable_keyword_is_found(planted):
    """The check for the portable subset is able to fail."""
    assert len(list(unportable(planted))) == 1


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_reference_leads_somewhere(name):
    """Each `$ref` resolves."""
    resolver = REGISTRY.resolver(SCHEMAS[name]["$id"])
    text = json.dumps(SCHEMAS[name])
    for target in re.findall(r'"\$ref": "([^"]+)"', text):
        assert resolver.lookup(target).contents is not None


# --- the examples


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_a_valid_example_validates(path):
    """Every valid example passes the schema of its type."""
    value = json.loads(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator(path.parent.parent.name).iter_errors(value)] == []


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_an_invalid_example_is_refused_at_its_place(path):
    """Every invalid example is refused by the schema, at the pointer that stands beside it."""
    value = json.loads(path.read_text(encoding="utf-8"))
    assert EXPECTED[path]["pointer"] in pointers(path.parent.parent.name, value)


@pytest.mark.parametrize("path", [path for path in INVALID if "code" in EXPECTED[path]], ids=name_of)
def test_an_invalid_state_is_refused_by_the_reader_with_its_code(path):
    """TS-STATE-001: the reader refuses the same states, at the same place, with the code that stands beside them."""
    with pytest.raises(TimestepError) as raised:
        invariants.check(document.decode(path.read_bytes()))
    assert {"code": raised.value.code, "pointer": raised.value.pointer} == EXPECTED[path]


@pytest.mark.parametrize("path", [path for path in VALID if path.parent.parent.name == "RunState"], ids=name_of)
def test_a_valid_state_is_read_and_written_back_whole(path):
    """TS-VERS-004: the reader takes every valid state, and loses nothing of it."""
    data = path.read_bytes()
    assert strict_json.loads(document.encode(document.decode(data))) == strict_json.loads(data)


INCONSISTENT = sorted(path for path in EXAMPLES if path.parent.name == "inconsistent" and ".expect." not in path.name)


@pytest.mark.parametrize("path", INCONSISTENT, ids=name_of)
def test_what_a_schema_cannot_tell_is_refused_by_the_reader(path):
    """TS-STATE-001: parts that don't fit each other pass the schema, and are refused by the rules of the prose."""
    expected = json.loads(path.with_suffix(".expect.json").read_text(encoding="utf-8"))
    assert pointers("RunState", json.loads(path.read_text(encoding="utf-8"))) == set()
    with pytest.raises(TimestepError) as raised:
        invariants.check(document.decode(path.read_bytes()))
    assert {"code": raised.value.code, "pointer": raised.value.pointer} == expected


def test_the_valid_states_keep_the_rules_that_no_schema_can_tell():
    """The valid examples are consistent as well."""
    states = [path for path in VALID if path.parent.parent.name == "RunState"]
    assert [invariants.check(document.decode(path.read_bytes())) for path in states] == [[] for _ in states]


MAIN = {
    "RunState", "Item", "Call", "Approval", "Step", "Usage", "GuardrailResult", "Origin", "SessionItems", "Finding",
    "LossReport", "Event", "Effect", "StreamEvent",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(MAIN))
def test_the_main_types_have_enough_examples(kind):
    """Three valid and five invalid examples at the least."""
    assert sum(path.parent.parent.name == kind for path in VALID) >= 3
    assert sum(path.parent.parent.name == kind for path in INVALID) >= 5


def test_every_expectation_belongs_to_an_example_and_names_a_registered_code():
    """No `.expect.json` is left over, and its code is in errors.json."""
    registered = json.loads((SPEC / "errors.json").read_text(encoding="utf-8"))["codes"]
    for path in EXAMPLES:
        if path.name.endswith(".expect.json"):
            assert path.with_name(path.name.replace(".expect.json", ".json")).is_file()
            assert json.loads(path.read_text(encoding="utf-8")).get("code", "state-shape") in registered


# --- the record types


def at(name, *path):
    """Return a part of a schema file."""
    part = SCHEMAS[f"{name}.schema.json"]
    for key in path:
        part = part[key]
    return part


#: Record type -> its place in the schemas.
PLACES = {
    state.Document: ("run-state",),
    state.Agent: ("run-state", "$defs", "agent"),
    state.Context: ("run-state", "$defs", "context"),
    state.Provenance: ("run-state", "$defs", "provenance"),
    state.Leftover: ("run-state", "$defs", "leftover"),
    state.Trace: ("run-state", "$defs", "trace"),
    state.Run: ("run",),
    state.Entry: ("run", "$defs", "entry"),
    state.Response: ("run", "$defs", "response"),
    state.AnsweredBy: ("run", "$defs", "answered_by"),
    state.Turn: ("run", "$defs", "turn"),
    state.Limits: ("run", "$defs", "limits"),
    state.Input: ("run", "$defs", "input"),
    state.Parent: ("run", "$defs", "parent"),
    state.Server: ("run", "$defs", "server"),
    state.Staged: ("run", "$defs", "staged"),
    state.Settings: ("run", "$defs", "settings"),
    state.SessionMark: ("run", "$defs", "session"),
    state.Guardrails: ("run", "$defs", "guardrails"),
    state.Waiting: ("run", "$defs", "waiting"),
    state.Stop: ("run", "$defs", "stop"),
    state.Usage: ("usage",),
    state.Origin: ("origin",),
    state.Call: ("call",),
    state.McpRecipient: ("call", "$defs", "recipient"),
    state.Approval: ("approval",),
    state.GuardrailResult: ("guardrail-result",),
    state.Step: ("step",),
    findings.Finding: ("finding",),
    findings.LossReport: ("loss-report",),
    findings.LossRow: ("loss-report", "$defs", "row"),
}


def drift(struct, schema):
    """List where a type and its schema differ: fields, requiredness, enums, the rule for unknown fields."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct) if field.name != "unknown"}
    properties = schema["properties"]
    found = [f"{name}: only in the type" for name in fields.keys() - properties.keys()]
    found += [f"{name}: only in the schema" for name in properties.keys() - fields.keys()]
    required = {name for name, field in fields.items() if field.required}
    found += [f"{name}: required on one side only" for name in required ^ set(schema.get("required", []))]
    for name in fields.keys() & properties.keys():
        told = enumeration(properties[name])
        if told is not None and told != literals(fields[name].type):
            found.append(f"{name}: {sorted(map(str, told))} are not the type's values")
        if told is None and closed(fields[name].type):
            found.append(f"{name}: the schema has no enumeration")
    if (schema.get("additionalProperties") is False) == issubclass(struct, Record):
        found.append("unknown fields are allowed on one side only")
    return sorted(found)


def enumeration(schema):
    """Return the values a property is limited to."""
    if "const" in schema:
        return {schema["const"]}
    if "then" in schema and "enum" in (schema["then"] if isinstance(schema["then"], dict) else {}):
        return set(schema["then"]["enum"])
    return set(schema["enum"]) if "enum" in schema else None


def literals(annotation):
    """Return the literal values a type allows, booleans included where they stand beside texts."""
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        inner = typing.get_args(annotation)
        texts = set().union(*(literals(part) for part in inner))
        return texts | ({True, False} if bool in inner else set()) if texts else texts
    return set()


def closed(annotation):
    """Tell whether a type allows only listed values."""
    return bool(literals(annotation))


@pytest.mark.parametrize("struct", PLACES, ids=lambda struct: struct.__name__)
def test_record_types_and_schemas_agree(struct):
    """Names, requiredness, enum values and the rule for unknown fields (TS-VERS-005) are the same in both."""
    schema = at(*PLACES[struct])
    if struct.__module__ == findings.__name__:
        schema = {
            **schema,
            "additionalProperties": False,
        }  # reports are written, not read: unknown fields don't come up
    assert drift(struct, schema) == []


def test_every_record_type_has_a_schema():
    """A new record type must be given its place above."""
    own = {value for value in vars(state).values() if isinstance(value, type) and value.__module__ == state.__name__}
    assert {struct for struct in own if issubclass(struct, msgspec.Struct)} <= PLACES.keys()


#: Kind of tagged record -> its schema, and the types that it lists.
UNIONS = {"event": typing.get_args(events.AnyEvent), "effect": typing.get_args(effects.AnyEffect)}
TAGGED = [(name, struct) for name, structs in UNIONS.items() for struct in structs]


@pytest.mark.parametrize(("name", "struct"), TAGGED, ids=[struct.__name__ for _, struct in TAGGED])
def test_events_and_effects_agree_with_their_schemas(name, struct):
    """TS-TRANS-010: names, requiredness and enum values of each event and effect are the same in type and schema."""
    schema = copy.deepcopy(at(name, "$defs", struct.__struct_config__.tag))
    assert schema["properties"].pop("type") == {"const": struct.__struct_config__.tag}
    schema["required"].remove("type")
    assert drift(struct, schema) == []


@pytest.mark.parametrize("name", UNIONS)
def test_a_schema_lists_every_event_or_effect_and_no_other(name):
    """The type list, the branches and the definitions of the schema are the tags of the types."""
    tags = [struct.__struct_config__.tag for struct in UNIONS[name]]
    branches = [branch["if"]["properties"]["type"]["const"] for branch in at(name, "allOf")]
    assert at(name, "properties", "type", "enum") == branches == list(at(name, "$defs")) == tags


@pytest.mark.parametrize(
    "path", [path for path in VALID if path.parent.parent.name in {"Event", "Effect"}], ids=name_of
)
def test_a_valid_event_or_effect_is_read_and_written_back_whole(path):
    """Every example becomes a value of its type, and the same JSON again."""
    value = json.loads(path.read_text(encoding="utf-8"))
    union = events.AnyEvent if path.parent.parent.name == "Event" else effects.AnyEffect
    assert json.loads(msgspec.json.encode(msgspec.convert(value, union))) == value


def changed(*path, to):
    """Return a change that puts a value into a schema, or takes one out."""

    def change(schema):
        for key in path[:-1]:
            schema = schema[key]
        if to is None:
            del schema[path[-1]]
        else:
            schema[path[-1]] = to

    return change


PLANTED = {
    "field added to the schema": (changed("properties", "retry", to={}), "retry: only in the schema"),
    "field lost from the schema": (changed("properties", "digest", to=None), "digest: only in the type"),
    "field no longer required": (lambda schema: schema["required"].remove("state"), "state: required on one side only"),
    "field newly required": (lambda schema: schema["required"].append("attempt"), "attempt: required on one side only"),
    "enum value added": (lambda schema: schema["properties"]["effect"]["enum"].append("never"), "effect: "),
    "enum value lost": (lambda schema: schema["properties"]["state"]["enum"].remove("blocked"), "state: "),
    "enum lost": (changed("properties", "role", to={"type": "string"}), "role: the schema has no enumeration"),
    "literal beside a record lost": (
        lambda schema: schema["properties"]["mcp"]["then"]["enum"].append("none"),
        "mcp: ",
    ),
    "unknown fields allowed": (changed("additionalProperties", to=None), "unknown fields are allowed on one side only"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_planted_drift_is_found(case):
    """Each kind of drift between the type and the schema of a call is reported, once."""
    change, expected = PLANTED[case]
    schema = copy.deepcopy(at("call"))
    change(schema)
    assert [line.startswith(expected) for line in drift(state.Call, schema)] == [True]


def test_planted_drift_in_the_type_is_found():
    """A field that only the type has, and one that only it requires, are reported."""
    grown = msgspec.defstruct("Origin", [("extra", str)], bases=(state.Origin,), frozen=True, kw_only=True)
    assert drift(grown, at("origin")) == ["extra: only in the type", "extra: required on one side only"]
