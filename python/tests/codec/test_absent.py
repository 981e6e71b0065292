"""Absence: an optional field without a value is left out by every writer, and null there is refused."""

import json
import typing
from pathlib import Path

import msgspec
import pytest

from timestep.codec import document
from timestep.errors import StateFormatError
from timestep.state import read
from timestep.types import effects, events, findings, state

EXAMPLES = Path(__file__).resolve().parents[3] / "spec" / "schema" / "v1" / "examples"
ENVELOPE = {"format": "timestep.run-state", "format_version": "1.0", "requires": []}


def parts(hint):
    """Return the types that a type is made of."""
    args = typing.get_args(hint)
    return [part for arg in args for part in parts(arg)] if args else [hint]


def is_record(hint):
    """Tell whether a type is a record with fields."""
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)


def skeleton(kind):
    """Return a record with every record that can stand in it, and nothing else."""
    found = {}
    for name, hint in typing.get_type_hints(kind).items():
        inner = next((part for part in parts(hint) if is_record(part) and part is not kind), None)
        if inner is not None:
            field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
            found[field.encode_name] = [skeleton(inner)] if typing.get_origin(hint) is list else skeleton(inner)
    return found


def places(kind, path=()):
    """Yield each record of a document by its path."""
    yield kind, path
    for name, hint in typing.get_type_hints(kind).items():
        inner = next((part for part in parts(hint) if is_record(part) and part is not kind), None)
        if inner is not None:
            field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
            many = (0,) if typing.get_origin(hint) is list else ()
            yield from places(inner, (*path, field.encode_name, *many))


def left_out():
    """Yield the path of each field of a document that has no value unless it is given one."""
    for kind, path in places(state.Document):
        for field in msgspec.structs.fields(kind):
            if field.default is None:
                yield (*path, field.encode_name)


@pytest.mark.parametrize("path", sorted(left_out(), key=str), ids=lambda path: "/".join(map(str, path)))
def test_null_is_refused_where_a_field_is_to_be_left_out(path):
    """TS-CORE-012: in every record of a document, at its place."""
    value = skeleton(state.Document) | ENVELOPE
    owner = value
    for token in path[:-1]:
        owner = owner[token]
    owner[path[-1]] = None
    with pytest.raises(StateFormatError) as refused:
        document.from_json(value)
    pointer = "".join(f"/{token}" for token in path)
    assert (refused.value.code, refused.value.pointer) == ("null-optional", pointer)


def test_null_in_a_leftover_and_in_a_header_of_items_is_refused():
    """TS-CORE-012: also in what stands under the name of a dialect, and before a session's items."""
    leftover = {"at": "/x", "covers": "absent", "value": 1}
    finished = json.loads((EXAMPLES / "RunState" / "valid" / "finished.json").read_bytes())
    assert read(json.dumps(finished | {"ext": {"a": [leftover | {"value": None}]}})).document.ext["a"][0].value is None
    header = {"format": "timestep.session-items", "format_version": "1.0", "session_id": None}
    for text in (json.dumps(header | {"items": []}), json.dumps(header) + '\n{"role":"user","content":"Hi"}\n'):
        with pytest.raises(StateFormatError) as refused:
            read(text)
        assert (refused.value.code, refused.value.requirement) == ("null-optional", "TS-CORE-012")


@pytest.mark.parametrize("path", sorted((EXAMPLES / "Event" / "valid").glob("*.json")), ids=lambda path: path.stem)
def test_null_is_refused_in_an_event_of_the_loop(path):
    """TS-CORE-012: in the event, and in the records in it."""
    value = json.loads(path.read_bytes())
    event = events.event_from_json(value)
    for field in msgspec.structs.fields(event):
        if field.default is None:
            with pytest.raises(msgspec.ValidationError, match=rf"\.{field.encode_name}`"):
                events.event_from_json(value | {field.encode_name: None})
        inner = getattr(event, field.name)
        for hidden in msgspec.structs.fields(inner) if is_record(type(inner)) else ():
            if hidden.default is None:
                with pytest.raises(msgspec.ValidationError, match=rf"\.{hidden.encode_name}`"):
                    events.event_from_json(
                        value | {field.encode_name: value[field.encode_name] | {hidden.encode_name: None}}
                    )


def test_null_is_a_value_where_the_specification_says_so():
    """TS-CORE-012: no limit, no namespace, and any JSON of a caller."""
    path = EXAMPLES / "RunState" / "valid" / "finished.json"
    value = json.loads(path.read_bytes())
    value["runs"][0]["limits"]["max_turns"] = None
    value["runs"][0]["tool_input"] = None
    value["runs"][0]["step"]["output"] = None
    value["context"] = {"kind": "json", "value": None}
    value["runs"][0]["log"][0]["item"]["x-mine"] = None
    kept = read(json.dumps(value)).document
    written = document.to_json(kept)
    assert (kept.runs[0].limits.max_turns, kept.context.value) == (None, None)
    for at in ("limits", "tool_input", "step", "log"):
        assert written["runs"][0][at] == value["runs"][0][at]
    assert written["context"] == value["context"]


WRITTEN = sorted(
    {
        kind
        for module in (state, findings, effects, events)
        for kind in vars(module).values()
        if is_record(kind) and kind.__module__ == module.__name__
    },
    key=lambda kind: f"{kind.__module__}.{kind.__name__}",
)


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.__name__)
def test_a_field_without_a_value_is_not_written(kind):
    """TS-CORE-012: of a record, only what is required is written when nothing else is given."""
    required = {field.name: "x" for field in msgspec.structs.fields(kind) if field.required}
    names = {field.encode_name for field in msgspec.structs.fields(kind) if field.required}
    written = msgspec.to_builtins(kind(**required))
    assert written.keys() - {"type"} == names - {"type"}
    assert None not in written.values()


def test_a_null_is_not_written_for_an_optional_field_that_was_given_none(repo_root):
    """TS-CORE-012: every document that is written is one that the reader takes."""
    for path in sorted((repo_root / "fixtures" / "openai-agents-js" / "0.20.0").glob("*.undecided.json"))[:20]:
        found = read(path).document
        assert document.decode(document.encode(found)) == found
