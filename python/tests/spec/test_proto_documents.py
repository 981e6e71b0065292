"""Every document goes through its message and comes back: the real SDKs' states, and generated ones."""

import importlib
import json
from decimal import Decimal

import pytest

import timestep
from timestep.codec import document, proto, strict_json
from timestep.errors import StateFormatError
from timestep_conformance.generate import Generator

#: Message -> its schema, and how many documents are made of it.
MADE = {
    "RunState": ("run-state.schema.json", 1000),
    "Event": ("event.schema.json", 400),
    "Effect": ("effect.schema.json", 200),
    "StreamEvent": ("stream-event.schema.json", 300),
    "RoutingRules": ("routing-rules.schema.json", 200),
    "ResolvedModel": ("resolved-model.schema.json", 100),
}


def saved_states(repo_root):
    """Yield name and bytes of every file of the SDKs, those of older releases too."""
    for path in sorted((repo_root / "fixtures").glob("*/*/*.json")):
        yield path.name, path.read_bytes()
    for path in sorted((repo_root / "fixtures").glob("*/*.tar.xz")):
        for name, data in importlib.import_module("archives").unpack(path).items():
            yield f"{path.name}: {name}", data


def test_every_state_of_the_sdks_comes_back_from_its_message(repo_root, monkeypatch):
    """TS-PROTO-008: what the real SDKs saved, written in binary form, is the same document when it is read again."""
    monkeypatch.syspath_prepend(str(repo_root / "tools" / "sdk"))
    seen = 0
    for name, data in saved_states(repo_root):
        try:
            state = timestep.read(data, assume=["finished"])
        except timestep.TimestepError:
            continue  # a session, an outcome, or a state that is refused
        if isinstance(state, timestep.RunState):
            found = document.decode(timestep.write(state, "timestep").data)
            assert document.decode(proto.decode("RunState", proto.encode_state(found))) == found, name
            seen += 1
    assert seen > 2000


@pytest.mark.parametrize("kind", MADE)
def test_every_generated_document_comes_back_from_its_message(repo_root, kind):
    """TS-PROTO-005, TS-PROTO-008, TS-PROTO-011: whatever its schema allows, unknown fields of any name included."""
    schemas = {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in (repo_root / "spec/schema/v1").glob("*.schema.json")
    }
    file, count = MADE[kind]
    generator = Generator(schemas, seed=6)
    written = refused = 0
    for number in range(count):
        value = generator.document(file)
        try:
            data = proto.encode(kind, value)
        except StateFormatError as error:
            refused += "has more digits than a double" in error.message
            continue
        written += 1
        found = strict_json.loads(proto.decode(kind, data))
        assert lean(found) == lean(value), number
        assert proto.encode(kind, found) == data
    assert written + refused == count
    assert refused < count / 20


def lean(value):
    """Return a value to compare: numbers by decimal value, and an object's empty lists and objects left out.

    An absent list or object means the same as an empty one.
    """
    if isinstance(value, dict):
        return {name: lean(member) for name, member in value.items() if member not in ([], {})}
    if isinstance(value, list):
        return [lean(member) for member in value]
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
